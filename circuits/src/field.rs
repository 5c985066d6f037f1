//! The scalar field of BLS12-381 and its one byte encoding: 32 bytes, big-endian, canonical.

use crate::poseidon;
use crate::tags;
use crate::types::Digest32;
use ark_ff::{BigInteger, PrimeField};
use bytes::BufMut;
use commonware_codec::Buf;
use thiserror::Error;

/// An element of the scalar field of BLS12-381, the field that circuits compute in.
pub use ark_bls12_381::Fr;

/// Length in bytes of an encoded field element.
pub const FIELD_BYTES: usize = 32;

/// Why bytes are no field element.
#[derive(Debug, Error, PartialEq, Eq, Clone, Copy)]
#[non_exhaustive]
pub enum FieldError {
    /// The number is not below the field's order, so it would stand for another element.
    #[error("field element is not canonical (not below the field's order)")]
    NotCanonical,
    /// The text is not 64 lower-case hexadecimal digits.
    #[error("field element is not 64 lower-case hexadecimal digits")]
    NotHex,
}

/// The canonical bytes of a field element.
pub fn fr_to_bytes(value: &Fr) -> [u8; FIELD_BYTES] {
    let mut out = [0u8; FIELD_BYTES];
    for (chunk, limb) in out.rchunks_exact_mut(8).zip(value.into_bigint().0) {
        chunk.copy_from_slice(&limb.to_be_bytes());
    }
    out
}

/// Reads a field element; refuses numbers that are not below the field's order.
pub fn fr_from_bytes(bytes: &[u8; FIELD_BYTES]) -> Result<Fr, FieldError> {
    let mut limbs = [0u64; 4];
    for (limb, chunk) in limbs.iter_mut().zip(bytes.rchunks_exact(8)) {
        *limb = chunk
            .iter()
            .fold(0, |acc, byte| (acc << 8) | u64::from(*byte));
    }
    Fr::from_bigint(ark_ff::BigInt(limbs)).ok_or(FieldError::NotCanonical)
}

/// A field element as 64 lower-case hexadecimal digits.
pub fn fr_to_hex(value: &Fr) -> String {
    hex::encode(fr_to_bytes(value))
}

/// Reads 64 lower-case hexadecimal digits as a canonical field element.
pub fn fr_from_hex(text: &str) -> Result<Fr, FieldError> {
    fr_from_bytes(&bytes_from_hex(text).ok_or(FieldError::NotHex)?)
}

/// Reads 64 lower-case hexadecimal digits; one text for one value, so upper case is refused.
pub(crate) fn bytes_from_hex(text: &str) -> Option<[u8; 32]> {
    let mut out = [0u8; 32];
    let lower = text
        .bytes()
        .all(|c| c.is_ascii_digit() || (b'a'..=b'f').contains(&c));
    (lower && hex::decode_to_slice(text, &mut out).is_ok()).then_some(out)
}

/// A 256-bit digest as two 128-bit limbs, the high limb first.
pub fn digest_limbs(digest: &[u8; 32]) -> [Fr; 2] {
    let (high, low) = digest.split_at(16);
    [
        Fr::from_be_bytes_mod_order(high),
        Fr::from_be_bytes_mod_order(low),
    ]
}

/// A 256-bit digest as one field element: the hash of its limbs.
pub fn digest_to_fr(digest: &Digest32) -> Fr {
    poseidon::hash(tags::DIGEST, &digest_limbs(&digest.0))
}

/// The value as an unsigned 64-bit number, if it is one.
pub fn fr_to_u64(value: &Fr) -> Option<u64> {
    let number = value.into_bigint();
    (number.num_bits() <= 64).then_some(number.0[0])
}

/// Writes a field element's canonical bytes.
pub fn write_fr(value: &Fr, buf: &mut impl BufMut) {
    buf.put_slice(&fr_to_bytes(value));
}

/// Reads a field element's canonical bytes.
pub fn read_fr(buf: &mut impl Buf) -> Result<Fr, commonware_codec::Error> {
    if buf.remaining() < FIELD_BYTES {
        return Err(commonware_codec::Error::EndOfBuffer);
    }
    let mut bytes = [0u8; FIELD_BYTES];
    buf.copy_to_slice(&mut bytes);
    fr_from_bytes(&bytes)
        .map_err(|_| commonware_codec::Error::Invalid("field element", "not canonical"))
}

/// For `#[serde(with = "…")]`: a field element as 64 lower-case hexadecimal digits.
pub mod serde_hex {
    use super::{Fr, fr_from_hex, fr_to_hex};
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    /// Writes the digits.
    pub fn serialize<S: Serializer>(value: &Fr, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&fr_to_hex(value))
    }

    /// Reads the digits; refuses what is not canonical.
    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Fr, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(from)?;
        fr_from_hex(&text).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ark_ff::{Field, Zero};
    use proptest::prelude::*;

    fn modulus_bytes() -> [u8; 32] {
        let mut out = [0u8; 32];
        out.copy_from_slice(&Fr::MODULUS.to_bytes_be());
        out
    }

    #[test]
    fn the_order_itself_and_x_plus_order_are_refused() {
        assert_eq!(
            fr_from_bytes(&modulus_bytes()),
            Err(FieldError::NotCanonical)
        );
        let mut plus_one = modulus_bytes();
        plus_one[31] += 1;
        assert_eq!(fr_from_bytes(&plus_one), Err(FieldError::NotCanonical));
        assert_eq!(fr_from_bytes(&[0xff; 32]), Err(FieldError::NotCanonical));
        let mut below = modulus_bytes();
        below[31] -= 1;
        assert_eq!(fr_from_bytes(&below), Ok(-Fr::ONE));
    }

    #[test]
    fn hex_has_one_form() {
        let value = -Fr::ONE;
        let text = fr_to_hex(&value);
        assert_eq!(fr_from_hex(&text), Ok(value));
        assert_eq!(fr_from_hex(&text.to_uppercase()), Err(FieldError::NotHex));
        assert_eq!(fr_from_hex(&text[1..]), Err(FieldError::NotHex));
    }

    #[test]
    fn u64_only_when_it_fits() {
        assert_eq!(fr_to_u64(&Fr::from(u64::MAX)), Some(u64::MAX));
        assert_eq!(fr_to_u64(&(Fr::from(u64::MAX) + Fr::ONE)), None);
        assert_eq!(fr_to_u64(&Fr::zero()), Some(0));
    }

    proptest! {
        #[test]
        fn bytes_round_trip(bytes: [u8; 32]) {
            let value = Fr::from_be_bytes_mod_order(&bytes);
            prop_assert_eq!(fr_from_bytes(&fr_to_bytes(&value)), Ok(value));
        }

        #[test]
        fn limbs_are_injective(a: [u8; 32], b: [u8; 32]) {
            prop_assert_eq!(a == b, digest_limbs(&a) == digest_limbs(&b));
        }
    }
}
