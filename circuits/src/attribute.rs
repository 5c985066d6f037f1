//! How claims become field elements.
//!
//! Numbers, dates and booleans are signed 64-bit integers shifted into 0..2^64, so that order is kept and range checks
//! are sound. Texts are hashes. [`absent`] lies outside the 64-bit range: a slot without a value satisfies no predicate.

use crate::calendar::Date;
use crate::field::{Fr, fr_to_u64};
use crate::{poseidon, tags};
use ark_ff::{Field, PrimeField};

/// Number of attribute slots of a credential.
pub const SLOTS: usize = 16;

/// Longest text attribute, in bytes of UTF-8.
pub const MAX_TEXT_BYTES: usize = 1024;

/// The reserved element of a slot without a value: 2^64.
pub fn absent() -> Fr {
    Fr::from(2u64).pow([64])
}

/// A signed integer: v + 2^63.
pub fn from_i64(value: i64) -> Fr {
    Fr::from((value as u64) ^ (1 << 63))
}

/// The signed integer an element stands for, if it stands for one.
pub fn to_i64(value: &Fr) -> Option<i64> {
    fr_to_u64(value).map(|shifted| (shifted ^ (1 << 63)) as i64)
}

/// A date: days since 1970-01-01 as a signed integer.
pub fn from_date(date: Date) -> Fr {
    from_i64(date.days())
}

/// A boolean: 0 or 1 as a signed integer.
pub fn from_bool(value: bool) -> Fr {
    from_i64(i64::from(value))
}

/// A country as its two upper-case ASCII letters (ISO 3166-1 alpha-2), read as a big-endian number. `None` for anything
/// else.
pub fn from_country(code: &str) -> Option<Fr> {
    match code.as_bytes() {
        [a @ b'A'..=b'Z', b @ b'A'..=b'Z'] => {
            Some(from_i64(i64::from(u16::from_be_bytes([*a, *b]))))
        }
        _ => None,
    }
}

/// A text: the hash of its length in bytes and its UTF-8 bytes in chunks of 31. `None` if longer than
/// [`MAX_TEXT_BYTES`]. Normalise the text before: different bytes are different texts.
pub fn from_text(text: &str) -> Option<Fr> {
    if text.len() > MAX_TEXT_BYTES {
        return None;
    }
    let mut inputs = vec![Fr::from(text.len() as u64)];
    inputs.extend(text.as_bytes().chunks(31).map(Fr::from_be_bytes_mod_order));
    Some(poseidon::hash(tags::TEXT, &inputs))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn absent_is_no_integer() {
        assert_eq!(to_i64(&absent()), None);
        assert_eq!(to_i64(&from_i64(i64::MAX)), Some(i64::MAX));
    }

    #[test]
    fn countries_are_two_upper_case_letters() {
        assert_eq!(from_country("DE"), Some(from_i64(0x4445)));
        for bad in ["de", "D", "DEU", "", "D1", "ÄÖ"] {
            assert_eq!(from_country(bad), None, "{bad}");
        }
    }

    #[test]
    fn texts_differ_by_trailing_zeros_and_length() {
        assert_ne!(from_text("a"), from_text("\0a"));
        assert_ne!(from_text(""), from_text("\0"));
        assert!(from_text(&"x".repeat(MAX_TEXT_BYTES)).is_some());
        assert!(from_text(&"x".repeat(MAX_TEXT_BYTES + 1)).is_none());
    }

    proptest! {
        #[test]
        fn order_of_integers_is_order_of_elements(a: i64, b: i64) {
            prop_assert_eq!(a.cmp(&b), from_i64(a).into_bigint().cmp(&from_i64(b).into_bigint()));
            prop_assert_eq!(to_i64(&from_i64(a)), Some(a));
        }
    }
}
