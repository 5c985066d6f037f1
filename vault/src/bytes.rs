//! One macro for the 32-byte names of this crate, so that every one of them has the same encoding and the same
//! text form (64 lower-case hexadecimal digits).

/// Error of reading a 32-byte name from text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected 64 lower-case hexadecimal digits")]
pub struct ParseHexError;

/// Reads 64 lower-case hexadecimal digits: one text form per value, so upper case is refused.
pub(crate) fn parse_hex32(text: &str) -> Result<[u8; 32], ParseHexError> {
    if text.bytes().any(|c| c.is_ascii_uppercase()) {
        return Err(ParseHexError);
    }
    let mut bytes = [0; 32];
    hex::decode_to_slice(text, &mut bytes).map_err(|_| ParseHexError)?;
    Ok(bytes)
}

/// Declares a public newtype over `[u8; 32]` with codec, hexadecimal text and serde in that text form.
macro_rules! bytes32 {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; 32]);

        impl $name {
            /// The 32 bytes.
            pub const fn as_bytes(&self) -> &[u8; 32] {
                &self.0
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(&::hex::encode(self.0))
            }
        }

        impl ::std::fmt::Debug for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = $crate::bytes::ParseHexError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                $crate::bytes::parse_hex32(text).map(Self)
            }
        }

        impl ::commonware_codec::FixedSize for $name {
            const SIZE: usize = 32;
        }

        impl ::commonware_codec::Write for $name {
            fn write(&self, buf: &mut impl ::bytes::BufMut) {
                buf.put_slice(&self.0);
            }
        }

        impl ::commonware_codec::Read for $name {
            type Cfg = ();

            fn read_cfg(
                buf: &mut impl ::commonware_codec::Buf,
                _: &(),
            ) -> Result<Self, ::commonware_codec::Error> {
                Ok(Self(<[u8; 32] as ::commonware_codec::Read>::read_cfg(buf, &())?))
            }
        }

        impl ::serde::Serialize for $name {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $name {
            fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <::std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                text.parse().map_err(::serde::de::Error::custom)
            }
        }
    };
}
pub(crate) use bytes32;
