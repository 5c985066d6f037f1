//! The reviewers' audit key.

use super::point::{Point, PointError, SCALAR_BYTES, Scalar, scalar_from_bytes, scalar_to_bytes};
use crate::field::Fr;
use crate::poseidon;
use crate::tags;
use crate::types::{AuditKeyId, Secret};
use ark_ff::{UniformRand, Zero};
use ark_std::rand::{CryptoRng, RngCore};
use bytes::BufMut;
use commonware_codec::{FixedSize, Read, Write};
use thiserror::Error;
use zeroize::Zeroizing;

/// Why bytes are no audit secret key.
#[derive(Debug, Error, PartialEq, Eq, Clone, Copy)]
#[non_exhaustive]
pub enum SecretKeyError {
    /// Not below the subgroup's order.
    #[error("audit secret key is not canonical")]
    NotCanonical,
    /// Zero opens nothing and everything.
    #[error("audit secret key is zero")]
    Zero,
}

/// The key A = a·G that grants and accesses are encrypted to. In the prime-order subgroup and not the identity, always.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AuditPublicKey(Point);

impl AuditPublicKey {
    /// Reads affine coordinates; refuses what is off the curve, outside the subgroup, or the identity.
    pub fn from_coordinates(x: Fr, y: Fr) -> Result<Self, PointError> {
        Point::from_coordinates(x, y).map(Self)
    }

    /// The key's point A.
    pub fn point(&self) -> &Point {
        &self.0
    }

    /// The key's id, `H("audit-key"; A.x, A.y)`: enters every audit pseudonym, so pseudonyms under two keys cannot be
    /// linked.
    pub fn id(&self) -> AuditKeyId {
        AuditKeyId(poseidon::hash(tags::AUDIT_KEY, &self.0.coordinates()))
    }
}

impl FixedSize for AuditPublicKey {
    const SIZE: usize = Point::SIZE;
}

impl Write for AuditPublicKey {
    fn write(&self, buf: &mut impl BufMut) {
        self.0.write(buf);
    }
}

impl Read for AuditPublicKey {
    type Cfg = ();

    fn read_cfg(
        buf: &mut impl commonware_codec::Buf,
        cfg: &(),
    ) -> Result<Self, commonware_codec::Error> {
        Point::read_cfg(buf, cfg).map(Self)
    }
}

/// The secret a behind an audit key.
///
/// Arithmetic with it is that of arkworks and takes time that depends on the secret: open audits where no adversary
/// measures.
pub struct AuditSecretKey {
    scalar: Secret<Scalar>,
    public: AuditPublicKey,
}

impl AuditSecretKey {
    /// A fresh key.
    pub fn generate(rng: &mut (impl RngCore + CryptoRng)) -> Self {
        loop {
            if let Ok(key) = Self::from_scalar(Scalar::rand(rng)) {
                return key;
            }
        }
    }

    /// Reads 32 canonical big-endian bytes.
    pub fn from_bytes(bytes: &[u8; SCALAR_BYTES]) -> Result<Self, SecretKeyError> {
        Self::from_scalar(scalar_from_bytes(bytes).ok_or(SecretKeyError::NotCanonical)?)
    }

    /// 32 big-endian bytes, wiped when dropped.
    pub fn to_bytes(&self) -> Zeroizing<[u8; SCALAR_BYTES]> {
        Zeroizing::new(scalar_to_bytes(self.scalar.expose()))
    }

    /// The key to register.
    pub fn public(&self) -> AuditPublicKey {
        self.public
    }

    pub(super) fn scalar(&self) -> &Scalar {
        self.scalar.expose()
    }

    fn from_scalar(scalar: Scalar) -> Result<Self, SecretKeyError> {
        if scalar.is_zero() {
            return Err(SecretKeyError::Zero);
        }
        let public = Point::from_scalar(&scalar)
            .map(AuditPublicKey)
            .ok_or(SecretKeyError::Zero)?;
        Ok(Self {
            scalar: Secret::new(scalar),
            public,
        })
    }
}

impl std::fmt::Debug for AuditSecretKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "AuditSecretKey(of {:?})", self.public)
    }
}
