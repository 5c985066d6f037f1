//! Secrets that cannot be printed, copied by accident, or left in memory.

use crate::field::{Fr, fr_to_bytes};
use std::fmt;
use subtle::ConstantTimeEq;
use zeroize::Zeroize;

/// Comparison in time that does not depend on the values.
pub trait ConstantTime {
    /// Whether the two values are equal.
    fn constant_time_eq(&self, other: &Self) -> bool;
}

impl ConstantTime for Fr {
    fn constant_time_eq(&self, other: &Self) -> bool {
        fr_to_bytes(self).ct_eq(&fr_to_bytes(other)).into()
    }
}

impl<const N: usize> ConstantTime for [u8; N] {
    fn constant_time_eq(&self, other: &Self) -> bool {
        self.as_slice().ct_eq(other.as_slice()).into()
    }
}

/// A secret value: `Debug` is redacted, memory is zeroized on drop, equality takes constant time. It has no `Clone` and
/// no serde on purpose; reading it takes a visible [`Secret::expose`].
pub struct Secret<T: Zeroize>(T);

impl<T: Zeroize> Secret<T> {
    /// Takes a value into keeping.
    pub fn new(value: T) -> Self {
        Self(value)
    }

    /// The value itself.
    pub fn expose(&self) -> &T {
        &self.0
    }
}

impl<T: Zeroize> Drop for Secret<T> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl<T: Zeroize> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(redacted)")
    }
}

impl<T: Zeroize + ConstantTime> PartialEq for Secret<T> {
    fn eq(&self, other: &Self) -> bool {
        self.0.constant_time_eq(&other.0)
    }
}

impl<T: Zeroize + ConstantTime> Eq for Secret<T> {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_nothing_of_the_value() {
        let secret = Secret::new([0xabu8; 32]);
        assert_eq!(format!("{secret:?}"), "Secret(redacted)");
        assert_eq!(
            format!("{:?}", Secret::new(Fr::from(424_242u64))),
            "Secret(redacted)"
        );
    }

    #[test]
    fn equality_is_equality() {
        assert_eq!(Secret::new(Fr::from(1u64)), Secret::new(Fr::from(1u64)));
        assert_ne!(Secret::new(Fr::from(1u64)), Secret::new(Fr::from(2u64)));
    }
}
