//! Ids, times and small sets.

use crate::field::{Fr, bytes_from_hex};
use bytes::BufMut;
use commonware_codec::{Buf, Error, FixedSize, Read, ReadExt, Write};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::num::NonZeroU32;
use thiserror::Error as ThisError;

/// A number outside the range its type allows.
#[derive(Debug, ThisError, PartialEq, Eq, Clone, Copy)]
#[error("{0} out of range")]
pub struct OutOfRange(pub &'static str);

/// Codec, for a type that is one checked integer.
macro_rules! integer_codec {
    ($name:ident, $int:ty, |$value:ident| $to:expr, |$raw:ident| $from:expr) => {
        impl FixedSize for $name {
            const SIZE: usize = <$int>::SIZE;
        }

        impl Write for $name {
            fn write(&self, buf: &mut impl BufMut) {
                let $value = self;
                let raw: $int = $to;
                raw.write(buf);
            }
        }

        impl Read for $name {
            type Cfg = ();

            fn read_cfg(buf: &mut impl Buf, (): &()) -> Result<Self, Error> {
                let $raw = <$int>::read(buf)?;
                let read: Result<Self, OutOfRange> = $from;
                read.map_err(|_| Error::Invalid(stringify!($name), "out of range"))
            }
        }
    };
}

/// A member of the consortium. Never zero; ids are never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MemberId(NonZeroU32);

impl MemberId {
    /// Member 1, the first there can be.
    pub const FIRST: Self = Self(NonZeroU32::MIN);

    /// The member with this number; zero is no member.
    pub fn new(id: u32) -> Result<Self, OutOfRange> {
        NonZeroU32::new(id).map(Self).ok_or(OutOfRange("member id"))
    }

    /// The number.
    pub fn get(self) -> u32 {
        self.0.get()
    }
}

impl TryFrom<u32> for MemberId {
    type Error = OutOfRange;

    fn try_from(id: u32) -> Result<Self, OutOfRange> {
        Self::new(id)
    }
}

impl fmt::Display for MemberId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

integer_codec!(MemberId, u32, |id| id.get(), |raw| MemberId::new(raw));

/// A position in the note tree, and the index of its bit in the ended tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Position(pub u32);

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

integer_codec!(Position, u32, |position| position.0, |raw| Ok(Position(
    raw
)));

/// Seconds since 1970-01-01T00:00:00Z.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Timestamp(pub u64);

impl Timestamp {
    /// The time so many seconds later, or the last time there is.
    pub fn saturating_add(self, seconds: u64) -> Self {
        Self(self.0.saturating_add(seconds))
    }

    /// The time so many seconds earlier, or the first time there is.
    pub fn saturating_sub(self, seconds: u64) -> Self {
        Self(self.0.saturating_sub(seconds))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

integer_codec!(Timestamp, u64, |time| time.0, |raw| Ok(Timestamp(raw)));

/// A calendar year (UTC) of the common era.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Year(pub u16);

integer_codec!(Year, u16, |year| year.0, |raw| Ok(Year(raw)));

/// What a leaf of the note tree stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[repr(u8)]
pub enum LeafKind {
    /// Facts an issuer stated about a holder.
    Credential = 1,
    /// A document of a holder.
    Record = 2,
    /// Leave given to a platform to read a record.
    Grant = 3,
    /// A certificate about a thing.
    Certificate = 4,
}

impl TryFrom<u8> for LeafKind {
    type Error = OutOfRange;

    fn try_from(raw: u8) -> Result<Self, OutOfRange> {
        match raw {
            1 => Ok(Self::Credential),
            2 => Ok(Self::Record),
            3 => Ok(Self::Grant),
            4 => Ok(Self::Certificate),
            _ => Err(OutOfRange("leaf kind")),
        }
    }
}

integer_codec!(LeafKind, u8, |kind| *kind as u8, |raw| LeafKind::try_from(
    raw
));

/// A small number (0 to 31) of a closed vocabulary, and sets of such numbers.
macro_rules! vocabulary_type {
    ($(#[$doc:meta])* $name:ident, $(#[$set_doc:meta])* $set:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "u8", into = "u8")]
        pub struct $name(u8);

        impl $name {
            /// How many numbers there are.
            pub const LIMIT: u8 = 32;

            /// The entry with number 0.
            pub const FIRST: Self = Self(0);

            /// The entry with this number, which must be below 32.
            pub const fn new(number: u8) -> Result<Self, OutOfRange> {
                if number < Self::LIMIT { Ok(Self(number)) } else { Err(OutOfRange($what)) }
            }

            /// The number.
            pub const fn get(self) -> u8 {
                self.0
            }
        }

        impl TryFrom<u8> for $name {
            type Error = OutOfRange;

            fn try_from(raw: u8) -> Result<Self, OutOfRange> {
                Self::new(raw)
            }
        }

        impl From<$name> for u8 {
            fn from(value: $name) -> u8 {
                value.0
            }
        }

        integer_codec!($name, u8, |value| value.0, |raw| $name::new(raw));

        $(#[$set_doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $set(pub u32);

        impl $set {
            /// The empty set.
            pub const EMPTY: Self = Self(0);

            /// Whether the set holds this entry.
            pub const fn contains(self, entry: $name) -> bool {
                self.0 >> entry.0 & 1 == 1
            }

            /// The set with this entry added.
            #[must_use]
            pub const fn with(self, entry: $name) -> Self {
                Self(self.0 | 1 << entry.0)
            }

            /// Whether every entry of this set is in the other.
            pub const fn is_subset_of(self, other: Self) -> bool {
                self.0 & !other.0 == 0
            }

            /// Whether the set is empty.
            pub const fn is_empty(self) -> bool {
                self.0 == 0
            }

            /// The entries, in rising order.
            pub fn iter(self) -> impl Iterator<Item = $name> {
                (0..$name::LIMIT).map($name).filter(move |entry| self.contains(*entry))
            }
        }

        impl FromIterator<$name> for $set {
            fn from_iter<I: IntoIterator<Item = $name>>(entries: I) -> Self {
                entries.into_iter().fold(Self::EMPTY, Self::with)
            }
        }

        integer_codec!($set, u32, |set| set.0, |raw| Ok($set(raw)));
    };
}

vocabulary_type!(
    /// A purpose of the closed vocabulary: why data is used.
    Purpose,
    /// A set of purposes as a bit mask: bit n stands for purpose n.
    PurposeSet,
    "purpose"
);
vocabulary_type!(
    /// A data category of the closed vocabulary: what a record is about.
    Category,
    /// A set of data categories as a bit mask: bit n stands for category n.
    CategorySet,
    "category"
);

/// A 256-bit digest. Text form: 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest32(pub [u8; 32]);

impl Digest32 {
    /// The digest as two 128-bit limbs, the high limb first.
    pub fn limbs(&self) -> [Fr; 2] {
        crate::field::digest_limbs(&self.0)
    }
}

impl fmt::Display for Digest32 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Digest32 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest32({self})")
    }
}

impl std::str::FromStr for Digest32 {
    type Err = OutOfRange;

    fn from_str(text: &str) -> Result<Self, OutOfRange> {
        bytes_from_hex(text)
            .map(Self)
            .ok_or(OutOfRange("digest (64 lower-case hexadecimal digits)"))
    }
}

impl Serialize for Digest32 {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest32 {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(from)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl FixedSize for Digest32 {
    const SIZE: usize = 32;
}

impl Write for Digest32 {
    fn write(&self, buf: &mut impl BufMut) {
        self.0.write(buf);
    }
}

impl Read for Digest32 {
    type Cfg = ();

    fn read_cfg(buf: &mut impl Buf, (): &()) -> Result<Self, Error> {
        <[u8; 32]>::read(buf).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use commonware_codec::{Copying, DecodeExt, Encode};

    #[test]
    fn out_of_range_numbers_are_refused_by_every_way_in() {
        assert!(MemberId::new(0).is_err());
        assert!(MemberId::decode(Copying(&[0u8; 4])).is_err());
        assert!(Purpose::new(32).is_err());
        assert!(Purpose::decode(Copying(&[32u8])).is_err());
        assert!(LeafKind::decode(Copying(&[0u8])).is_err());
        assert!(LeafKind::decode(Copying(&[5u8])).is_err());
    }

    #[test]
    fn sets_hold_what_was_put_in() {
        let (a, b) = (Category::new(0).unwrap(), Category::new(31).unwrap());
        let set = CategorySet::EMPTY.with(a).with(b);
        assert_eq!(set.iter().collect::<Vec<_>>(), [a, b]);
        assert!(CategorySet::EMPTY.with(b).is_subset_of(set));
        assert!(!set.is_subset_of(CategorySet::EMPTY.with(b)));
    }

    #[test]
    fn digests_have_one_text_form() {
        let digest = Digest32([0xab; 32]);
        assert_eq!(digest.to_string().parse::<Digest32>(), Ok(digest));
        assert!(
            digest
                .to_string()
                .to_uppercase()
                .parse::<Digest32>()
                .is_err()
        );
        assert_eq!(Digest32::decode(digest.encode()).unwrap(), digest);
    }
}
