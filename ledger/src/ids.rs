//! Identifiers and quantities of the chain: what a bare digest or integer would leave ambiguous.

use crate::codec::codec_newtype;
use bytes::BufMut;
use commonware_codec::{Buf, Error, FixedSize, Read, ReadExt, Write};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::num::NonZeroU32;
use tacit_circuits::types::{Digest32, Timestamp};

macro_rules! digest_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Digest32);
        codec_newtype!($name(Digest32));
        impl $name {
            /// The 32 bytes of the digest.
            pub fn as_bytes(&self) -> &[u8; 32] {
                &self.0.0
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&hex::encode(self.0.0))
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }
    };
}

digest_id!(
    /// The chain: tagged hash of its canonical genesis. Bound into every signature and every proof's context.
    ChainId
);
digest_id!(
    /// A block: tagged hash of its header's canonical bytes. It is what validators sign.
    BlockId
);
digest_id!(
    /// A transaction: tagged hash of its canonical bytes, signature and proof included.
    TxId
);
digest_id!(
    /// Root of the authenticated state (Jellyfish Merkle tree with SHA-256).
    StateRoot
);
digest_id!(
    /// Root over the ids of a block's transactions and their number.
    TxRoot
);
digest_id!(
    /// Tagged hash of a validator set.
    ValidatorsHash
);

/// Height of a block; the genesis block has height 0.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Height(pub u64);
codec_newtype!(Height(u64));

impl Height {
    /// The height after this one; saturates at the end of the range, which no chain reaches.
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl fmt::Display for Height {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Number of an epoch, from 0: a stretch of blocks of fixed length in which the validator set does not change.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Epoch(pub u64);
codec_newtype!(Epoch(u64));

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Number of a validator, from 1. Never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ValidatorId(NonZeroU32);

impl ValidatorId {
    /// The validator with this number; `None` for zero, which nobody has.
    pub fn new(id: u32) -> Option<Self> {
        NonZeroU32::new(id).map(Self)
    }

    /// The number.
    pub fn get(self) -> u32 {
        self.0.get()
    }
}

impl fmt::Display for ValidatorId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Write for ValidatorId {
    fn write(&self, buf: &mut impl BufMut) {
        self.get().write(buf);
    }
}

impl FixedSize for ValidatorId {
    const SIZE: usize = u32::SIZE;
}

impl Read for ValidatorId {
    type Cfg = ();
    fn read_cfg(buf: &mut impl Buf, _: &()) -> Result<Self, Error> {
        Self::new(u32::read(buf)?).ok_or(Error::Invalid("ValidatorId", "zero"))
    }
}

/// Time of a block in milliseconds since 1970-01-01 UTC. Blocks may be faster than one a second, so their times are
/// finer than the [`Timestamp`]s of proofs, which count whole seconds.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct BlockTime(pub u64);
codec_newtype!(BlockTime(u64));

impl BlockTime {
    /// The first instant of a second.
    pub fn from_timestamp(at: Timestamp) -> Self {
        Self(at.0.saturating_mul(1000))
    }

    /// The second this instant lies in, rounded down.
    pub fn timestamp(self) -> Timestamp {
        Timestamp(self.0 / 1000)
    }
}

/// Chosen by the client, 16 random bytes: the same id with the same content has one effect, however often it is sent.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub [u8; 16]);
codec_newtype!(RequestId([u8; 16]));

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RequestId({self})")
    }
}
