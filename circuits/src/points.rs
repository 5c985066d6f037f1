//! Strict encoding of curve points: compressed, canonical, in the prime-order subgroup, not the identity.

use ark_ec::AffineRepr;
use ark_serialize::{CanonicalDeserialize, CanonicalSerialize};

/// Bytes of a compressed point of G1.
pub(crate) const G1_BYTES: usize = 48;
/// Bytes of a compressed point of G2.
pub(crate) const G2_BYTES: usize = 96;

/// Reads one point; `None` unless the bytes are exactly the one encoding of a point of the prime-order subgroup that is
/// not the identity.
pub(crate) fn read<P: AffineRepr + CanonicalDeserialize>(bytes: &[u8]) -> Option<P> {
    let point = P::deserialize_compressed(bytes).ok()?;
    let canonical = encode(&point) == bytes;
    (canonical && !point.is_zero()).then_some(point)
}

/// The encoding of a point.
pub(crate) fn encode<P: CanonicalSerialize>(point: &P) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(point.compressed_size());
    // Writing into a vector cannot fail; a failure would leave bytes that no reader accepts.
    let _ = point.serialize_compressed(&mut bytes);
    bytes
}
