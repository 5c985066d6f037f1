//! Bounded texts of member organisations: public on the chain, so short, and printable wherever they are shown.

use bytes::BufMut;
use commonware_codec::{Buf, EncodeSize, Error, RangeCfg, Read, Write};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::Ipv6Addr;

macro_rules! text {
    ($(#[$doc:meta])* $name:ident, $max:expr, $allowed:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Longest text in bytes of UTF-8.
            pub const MAX_BYTES: usize = $max;

            /// Takes a text that is not empty, not too long and has nothing forbidden.
            ///
            /// # Errors
            /// [`TextError`] says which of the three it is.
            pub fn new(text: impl Into<String>) -> Result<Self, TextError> {
                let text = text.into();
                if text.is_empty() {
                    return Err(TextError::Empty);
                }
                if text.len() > Self::MAX_BYTES {
                    return Err(TextError::TooLong { max: Self::MAX_BYTES });
                }
                if !$allowed(&text) {
                    return Err(TextError::Forbidden);
                }
                Ok(Self(text))
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = TextError;
            fn try_from(text: String) -> Result<Self, TextError> {
                Self::new(text)
            }
        }

        impl From<$name> for String {
            fn from(text: $name) -> String {
                text.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl Write for $name {
            fn write(&self, buf: &mut impl BufMut) {
                self.0.as_bytes().write(buf);
            }
        }

        impl EncodeSize for $name {
            fn encode_size(&self) -> usize {
                self.0.as_bytes().encode_size()
            }
        }

        impl Read for $name {
            type Cfg = ();
            fn read_cfg(buf: &mut impl Buf, _: &()) -> Result<Self, Error> {
                let bytes = Vec::<u8>::read_cfg(buf, &(RangeCfg::new(1..=Self::MAX_BYTES), ()))?;
                let text = String::from_utf8(bytes).map_err(|_| Error::Invalid(stringify!($name), "not UTF-8"))?;
                Self::new(text).map_err(|e| Error::Wrapped(stringify!($name), Box::new(e)))
            }
        }
    };
}

text!(
    /// Name of a chain, member or validator: 1 to 64 bytes. Printable ASCII only, so that no two names look alike.
    Name,
    64,
    printable
);
text!(
    /// Purpose a reviewer states for opening audit records: 1 to 200 bytes without control characters. It is public.
    Purpose,
    200,
    without_control
);
text!(
    /// A schema document (canonical JSON made by the identity crate): 1 to 16384 bytes. The ledger only stores and
    /// hashes it.
    SchemaDocument,
    16 * 1024,
    without_control
);

text!(
    /// A warning that a bundle carries: 1 to 200 bytes of printable ASCII.
    Warning,
    200,
    printable
);
text!(
    /// Where a validator is reached by the others: `host:port`, 3 to 255 bytes. The host is a DNS name, an IPv4 address or
    /// an IPv6 address in brackets; the port is 1 to 65535 without leading zeros.
    PeerAddress,
    255,
    host_and_port
);

fn printable(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_graphic() || c == ' ')
}

fn without_control(text: &str) -> bool {
    !text.chars().any(char::is_control)
}

fn host_and_port(text: &str) -> bool {
    let Some((host, port)) = text.rsplit_once(':') else {
        return false;
    };
    let port_is_canonical = port
        .parse::<u16>()
        .is_ok_and(|number| number != 0 && number.to_string() == port);
    let inside = host
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    let host_is_usable = match inside {
        Some(address) => address.parse::<Ipv6Addr>().is_ok(),
        None => {
            !host.is_empty()
                && host
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '.')
        }
    };
    port_is_canonical && host_is_usable
}

/// Why a text is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TextError {
    /// The text is empty.
    #[error("the text is empty")]
    Empty,
    /// The text is longer than allowed.
    #[error("the text is longer than {max} bytes")]
    TooLong {
        /// Longest allowed, in bytes.
        max: usize,
    },
    /// The text has a control character, one outside the allowed set, or not the form it must have.
    #[error("the text has a character or form that is not allowed")]
    Forbidden,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_name_a_host_and_a_port() {
        for good in ["127.0.0.1:1", "node-1.example.org:65535", "[::1]:9000"] {
            assert!(PeerAddress::new(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            ":1",
            "host",
            "host:",
            "host:0",
            "host:01",
            "host:+1",
            "host:65536",
            "a b:1",
            "::1:1",
            "[x]:1",
            "[::1:1",
            "h@t:1",
            "hos\u{1f600}:1",
        ] {
            assert!(PeerAddress::new(bad).is_err(), "{bad}");
        }
        assert!(PeerAddress::new(format!("{}:1", "a".repeat(253))).is_ok());
        assert!(PeerAddress::new(format!("{}:1", "a".repeat(254))).is_err());
    }
}
