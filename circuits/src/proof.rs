//! Proofs: 192 bytes.

use crate::points::{self, G1_BYTES, G2_BYTES};
use ark_bls12_381::{G1Affine, G2Affine};
use blst::{blst_p1_affine, blst_p2_affine};
use bytes::BufMut;
use commonware_codec::{Buf, Error, FixedSize, Read, ReadExt, Write};
use std::fmt;

/// A Groth16 proof: the compressed points A (G1), B (G2), C (G1).
///
/// Anybody can turn a proof into another one of the same statement, so its bytes are never an identifier. Reading a proof
/// takes any 192 bytes; the points are checked, strictly, whenever it is verified.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Proof(pub [u8; Self::BYTES]);

impl Proof {
    /// Length in bytes.
    pub const BYTES: usize = 2 * G1_BYTES + G2_BYTES;

    pub(crate) fn new(a: &G1Affine, b: &G2Affine, c: &G1Affine) -> Option<Self> {
        let bytes = [points::encode(a), points::encode(b), points::encode(c)].concat();
        bytes.try_into().ok().map(Self)
    }

    /// The points; `None` unless each is canonically encoded, of prime order, and not the identity.
    pub(crate) fn points(&self) -> Option<(blst_p1_affine, blst_p2_affine, blst_p1_affine)> {
        let (a, rest) = self.0.split_at(G1_BYTES);
        let (b, c) = rest.split_at(G2_BYTES);
        Some((
            points::read_g1(a)?,
            points::read_g2(b)?,
            points::read_g1(c)?,
        ))
    }
}

impl fmt::Debug for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Proof({})", hex::encode(self.0))
    }
}

impl FixedSize for Proof {
    const SIZE: usize = Self::BYTES;
}

impl Write for Proof {
    fn write(&self, buf: &mut impl BufMut) {
        self.0.write(buf);
    }
}

impl Read for Proof {
    type Cfg = ();

    fn read_cfg(buf: &mut impl Buf, (): &()) -> Result<Self, Error> {
        <[u8; Self::BYTES]>::read(buf).map(Self)
    }
}
