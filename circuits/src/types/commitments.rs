//! Field elements with a meaning: each kind its own type, the same 32 canonical bytes.

use crate::field::{
    FIELD_BYTES, Fr, fr_from_bytes, fr_to_bytes, fr_to_hex, read_fr, serde_hex, write_fr,
};
use bytes::BufMut;
use commonware_codec::{Buf, Error, FixedSize, Read, Write};
use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! field_types {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(#[serde(with = "serde_hex")] pub Fr);

        impl $name {
            /// The canonical bytes: 32, big-endian.
            pub fn to_bytes(&self) -> [u8; FIELD_BYTES] {
                fr_to_bytes(&self.0)
            }

            /// Reads canonical bytes; refuses numbers not below the field's order.
            pub fn from_bytes(bytes: &[u8; FIELD_BYTES]) -> Result<Self, crate::field::FieldError> {
                fr_from_bytes(bytes).map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&fr_to_hex(&self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self)
            }
        }

        impl FixedSize for $name {
            const SIZE: usize = FIELD_BYTES;
        }

        impl Write for $name {
            fn write(&self, buf: &mut impl BufMut) {
                write_fr(&self.0, buf);
            }
        }

        impl Read for $name {
            type Cfg = ();

            fn read_cfg(buf: &mut impl Buf, (): &()) -> Result<Self, Error> {
                read_fr(buf).map(Self)
            }
        }
    )*};
}

field_types! {
    /// Root of the note tree.
    NoteRoot;
    /// Root of the ended tree.
    EndedRoot;
    /// Root of the platform tree.
    PlatformRoot;
    /// A leaf of the note tree.
    Leaf;
    /// K: hides the holder's secret, fresh for every leaf.
    HolderKey;
    /// The commitment to what a leaf says.
    Body;
    /// E: whoever reveals its preimage ends the leaf.
    EndTag;
    /// A pseudonym.
    Nym;
    /// Marks one use of a grant as spent, without telling which grant.
    UseNullifier;
    /// The commitment to one access, opened to the vault only.
    Receipt;
    /// Id of an audit key.
    AuditKeyId;
    /// Digest of an audit ciphertext: its name on the chain.
    AuditDigest;
    /// What a proof is bound to.
    Context;
}

#[cfg(test)]
mod tests {
    use super::*;
    use commonware_codec::{Copying, DecodeExt, Encode};

    #[test]
    fn bytes_beyond_the_order_and_trailing_bytes_are_refused() {
        let bytes = Leaf(Fr::from(5u64)).encode();
        assert_eq!(Leaf::decode(bytes.clone()).unwrap(), Leaf(Fr::from(5u64)));
        assert!(Leaf::decode(Copying(&bytes[..31])).is_err());
        assert!(Leaf::decode([&bytes[..], &[0]].concat()).is_err());
        assert!(Leaf::decode(Copying(&[0xff; 32])).is_err());
    }
}
