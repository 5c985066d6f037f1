//! Points of Jubjub's prime-order subgroup, and their one byte encoding.
//!
//! Jubjub is the twisted Edwards curve `-x² + y² = 1 + d·x²·y²` over the field that circuits compute in (Zcash protocol
//! specification, section 5.4.9.3). Its cofactor is 8: a point may lie on the curve and yet outside the subgroup of
//! prime order, where an audit key would open nothing. So there is one type for points, and no way to make one
//! without the checks.

use crate::field::{Fr, fr_to_hex, read_fr, write_fr};
use ark_ec::{AffineRepr, CurveGroup, PrimeGroup};
use ark_ed_on_bls12_381::{EdwardsAffine, EdwardsProjective};
use ark_ff::{BigInt, BigInteger, PrimeField, Zero};
use bytes::{Buf, BufMut};
use commonware_codec::{FixedSize, Read, Write};
use thiserror::Error;

/// A scalar: an integer modulo the order of Jubjub's prime-order subgroup (252 bits).
pub use ark_ed_on_bls12_381::Fr as Scalar;

/// Length in bytes of an encoded scalar.
pub const SCALAR_BYTES: usize = 32;

/// Why two field elements are no usable point.
#[derive(Debug, Error, PartialEq, Eq, Clone, Copy)]
#[non_exhaustive]
pub enum PointError {
    /// The coordinates do not satisfy the curve equation.
    #[error("point is not on Jubjub")]
    OffCurve,
    /// The neutral element: everybody's secret would be the same.
    #[error("point is the identity")]
    Identity,
    /// On the curve, with a component of small order.
    #[error("point is outside the prime-order subgroup")]
    SmallOrder,
}

/// A point of the prime-order subgroup that is not the identity.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Point(EdwardsAffine);

impl Point {
    /// Reads affine coordinates; refuses what is off the curve, outside the subgroup, or the identity.
    pub fn from_coordinates(x: Fr, y: Fr) -> Result<Self, PointError> {
        let point = EdwardsAffine::new_unchecked(x, y);
        if !point.is_on_curve() {
            return Err(PointError::OffCurve);
        }
        if point.is_zero() {
            return Err(PointError::Identity);
        }
        if !point.is_in_correct_subgroup_assuming_on_curve() {
            return Err(PointError::SmallOrder);
        }
        Ok(Self(point))
    }

    /// Affine coordinates (x, y).
    pub fn coordinates(&self) -> [Fr; 2] {
        [self.0.x, self.0.y]
    }

    /// The subgroup's generator G.
    pub fn generator() -> Self {
        Self(EdwardsAffine::generator())
    }

    /// `scalar · G`, unless the scalar is zero.
    pub fn from_scalar(scalar: &Scalar) -> Option<Self> {
        Self::from_group(EdwardsProjective::generator() * scalar)
    }

    /// `scalar · self`, unless the scalar is zero.
    pub fn times(&self, scalar: &Scalar) -> Option<Self> {
        Self::from_group(self.group() * scalar)
    }

    pub(super) fn group(&self) -> EdwardsProjective {
        self.0.into_group()
    }

    /// For sums of subgroup points: only the identity remains to be refused.
    fn from_group(group: EdwardsProjective) -> Option<Self> {
        (!group.is_zero()).then(|| Self(group.into_affine()))
    }
}

impl std::fmt::Debug for Point {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "Point({}, {})",
            fr_to_hex(&self.0.x),
            fr_to_hex(&self.0.y)
        )
    }
}

impl FixedSize for Point {
    const SIZE: usize = 64;
}

impl Write for Point {
    fn write(&self, buf: &mut impl BufMut) {
        write_fr(&self.0.x, buf);
        write_fr(&self.0.y, buf);
    }
}

impl Read for Point {
    type Cfg = ();

    fn read_cfg(
        buf: &mut impl commonware_codec::Buf,
        _: &(),
    ) -> Result<Self, commonware_codec::Error> {
        let x = read_fr(buf)?;
        let y = read_fr(buf)?;
        Self::from_coordinates(x, y)
            .map_err(|error| commonware_codec::Error::Wrapped("Jubjub point", Box::new(error)))
    }
}

/// The canonical bytes of a scalar: 32, big-endian.
pub(super) fn scalar_to_bytes(scalar: &Scalar) -> [u8; SCALAR_BYTES] {
    let mut out = [0u8; SCALAR_BYTES];
    for (chunk, limb) in out.rchunks_exact_mut(8).zip(scalar.into_bigint().0) {
        chunk.copy_from_slice(&limb.to_be_bytes());
    }
    out
}

/// Reads a scalar; `None` when it is not below the subgroup's order.
pub(super) fn scalar_from_bytes(bytes: &[u8; SCALAR_BYTES]) -> Option<Scalar> {
    let mut limbs = [0u64; 4];
    for (limb, chunk) in limbs.iter_mut().zip(bytes.rchunks_exact(8)) {
        *limb = chunk
            .iter()
            .fold(0, |acc, byte| (acc << 8) | u64::from(*byte));
    }
    Scalar::from_bigint(BigInt(limbs))
}

/// Reads a scalar from a buffer.
pub(super) fn read_scalar(buf: &mut impl Buf) -> Result<Scalar, commonware_codec::Error> {
    if buf.remaining() < SCALAR_BYTES {
        return Err(commonware_codec::Error::EndOfBuffer);
    }
    let mut bytes = [0u8; SCALAR_BYTES];
    buf.copy_to_slice(&mut bytes);
    scalar_from_bytes(&bytes).ok_or(commonware_codec::Error::Invalid(
        "Jubjub scalar",
        "not canonical",
    ))
}

/// A number below 2^251 as a scalar; such numbers are below the subgroup's order.
pub(super) fn scalar_from_bits_le(bits: &[bool]) -> Scalar {
    Scalar::from_le_bytes_mod_order(&BigInt::<4>::from_bits_le(bits).to_bytes_le())
}
