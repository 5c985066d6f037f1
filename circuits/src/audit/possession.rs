//! Schnorr proofs over Jubjub: that a reviewer holds the secret behind the audit key it registers, and that a share of
//! a decryption was computed with that secret (Chaum and Pedersen, CRYPTO 1992).
//!
//! Without a proof of possession a reviewer could register another's key, or a key that is a function of others'.

use super::key::{AuditPublicKey, AuditSecretKey};
use super::point::{Point, Scalar, read_scalar, scalar_to_bytes};
use crate::tags::{self, Tag, tagged_sha256};
use crate::types::Digest32;
use ark_ff::PrimeField;
use bytes::BufMut;
use commonware_codec::{EncodeFixed, FixedSize, Read, Write};

/// Proof that the maker knows the discrete logarithm of an audit key, bound to a context.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PossessionProof {
    /// Commitment T = t·G to the prover's nonce.
    commitment: Point,
    /// Response z = t + c·a.
    response: Scalar,
}

impl PossessionProof {
    /// Proves possession of `secret`. The context says where the proof counts (chain, member).
    ///
    /// The nonce is derived from secret, key and context, so no randomness can fail and none is needed. `None` only
    /// if the derived nonce is zero, which has probability 2^-252.
    pub fn prove(secret: &AuditSecretKey, context: &Digest32) -> Option<Self> {
        let key = secret.public();
        let nonce = derive_nonce(secret, &[&point_bytes(key.point()), &context.0]);
        let commitment = Point::from_scalar(&nonce)?;
        let challenge = possession_challenge(&key, &commitment, context);
        Some(Self {
            commitment,
            response: nonce + challenge * secret.scalar(),
        })
    }

    /// Whether z·G = T + c·A.
    pub fn verify(&self, key: &AuditPublicKey, context: &Digest32) -> bool {
        let challenge = possession_challenge(key, &self.commitment, context);
        Point::generator().group() * self.response
            == self.commitment.group() + key.point().group() * challenge
    }
}

impl FixedSize for PossessionProof {
    const SIZE: usize = 96;
}

impl Write for PossessionProof {
    fn write(&self, buf: &mut impl BufMut) {
        self.commitment.write(buf);
        buf.put_slice(&scalar_to_bytes(&self.response));
    }
}

impl Read for PossessionProof {
    type Cfg = ();

    fn read_cfg(
        buf: &mut impl commonware_codec::Buf,
        cfg: &(),
    ) -> Result<Self, commonware_codec::Error> {
        Ok(Self {
            commitment: Point::read_cfg(buf, cfg)?,
            response: read_scalar(buf)?,
        })
    }
}

fn possession_challenge(key: &AuditPublicKey, commitment: &Point, context: &Digest32) -> Scalar {
    challenge(
        tags::AUDIT_POSSESSION,
        &[
            &context.0,
            &point_bytes(key.point()),
            &point_bytes(commitment),
        ],
    )
}

/// Fiat-Shamir challenge: 256 bits reduced modulo the 252-bit order.
pub(super) fn challenge(tag: Tag, parts: &[&[u8]]) -> Scalar {
    Scalar::from_be_bytes_mod_order(&tagged_sha256(tag, parts).0)
}

/// Nonce of a proof: a secret function of the secret and of all that the proof is about (as in EdDSA).
pub(super) fn derive_nonce(secret: &AuditSecretKey, parts: &[&[u8]]) -> Scalar {
    let secret = secret.to_bytes();
    let half = |index: u8| {
        let index = [index];
        let all: Vec<&[u8]> = [&index[..], &secret[..]]
            .into_iter()
            .chain(parts.iter().copied())
            .collect();
        tagged_sha256(tags::AUDIT_PROOF_NONCE, &all).0
    };
    Scalar::from_be_bytes_mod_order(&[half(0), half(1)].concat())
}

/// A point's canonical bytes.
pub(super) fn point_bytes(point: &Point) -> [u8; Point::SIZE] {
    point.encode_fixed()
}
