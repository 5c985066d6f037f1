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

/// `Debug` that shows the name of a type and nothing of its value: for what is no key and still nobody else's business,
/// such as attributes, and the place of a leaf in the tree.
macro_rules! redacted {
    ($($name:ident),*) => {$(
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(redacted)"))
            }
        }
    )*};
}
pub(crate) use redacted;

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
    fn debug_of_what_witnesses_hold_shows_only_the_kind() {
        use crate::access::Access;
        use crate::bench::Sample;
        use crate::grant::Grant;
        use crate::show::Show;
        let (_, show) = Show::sample().unwrap();
        let (_, grant) = Grant::sample().unwrap();
        let (_, access) = Access::sample().unwrap();
        let shown = format!(
            "{:?} {:?} {:?} {:?} {:?} {:?}",
            show.body, show.path, grant.body, grant.path, access.body, access.record_path
        );
        assert!(!shown.contains(|c: char| c.is_ascii_digit()), "{shown}");
        assert_eq!(shown.matches("(redacted)").count(), 6, "{shown}");
    }

    #[test]
    fn equality_is_equality() {
        assert_eq!(Secret::new(Fr::from(1u64)), Secret::new(Fr::from(1u64)));
        assert_ne!(Secret::new(Fr::from(1u64)), Secret::new(Fr::from(2u64)));
    }
}
