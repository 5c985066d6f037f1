//! Slots: one sealed backup of a wallet for each key that has one. What a slot may hold, and which put follows which.
//!
//! A slot is named by the hash of its owner's key, so nobody can ask for another's: to the vault a slot that is not there
//! and a key that never had one are the same. Each put names the version that it replaces, so two copies of one wallet
//! cannot overwrite each other unseen. Sizes come in few classes: a size tells little about what is in it.

use bytes::BufMut;
use commonware_codec::{Buf, Error as CodecError, FixedSize, Read, ReadExt, Write};

use crate::bytes::bytes32;
use crate::ids::CallerKey;
use crate::keys;

/// Bytes that a sealed backup may have, ascending.
pub const SIZES: [u64; 5] = [64 << 10, 256 << 10, 1 << 20, 4 << 20, 16 << 20];

/// Bytes of the longest sealed backup.
pub const MAX_SIZE: u64 = SIZES[SIZES.len() - 1];

bytes32!(
    /// Name of a slot: the tagged hash of its owner's key. The key is used for nothing else.
    SlotName
);
bytes32!(
    /// Digest of the sealed bytes in a slot.
    SlotDigest
);

impl SlotName {
    /// The slot that belongs to a key.
    pub fn of(key: &CallerKey) -> Self {
        keys::slot_name(key)
    }
}

/// Number of a put to a slot, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Revision(pub u64);

impl Revision {
    /// The revision of a put that replaces a version, or is the first; `None` at the end of the range.
    #[must_use]
    pub fn after(replaces: Option<&SlotVersion>) -> Option<Self> {
        let before = replaces.map_or(0, |version| version.revision.0);
        before.checked_add(1).map(Revision)
    }
}

impl std::fmt::Display for Revision {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// One content of a slot. The digest tells it from that of another copy, also after a slot was deleted and begun anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlotVersion {
    /// Which put it came with.
    pub revision: Revision,
    /// Digest of the sealed bytes.
    pub digest: SlotDigest,
}

/// A version and its size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlotContent {
    /// The version.
    pub version: SlotVersion,
    /// Length of the sealed bytes, one of [`SIZES`].
    pub size: u64,
}

impl FixedSize for SlotVersion {
    const SIZE: usize = 8 + SlotDigest::SIZE;
}

impl Write for SlotVersion {
    fn write(&self, buf: &mut impl BufMut) {
        self.revision.0.write(buf);
        self.digest.write(buf);
    }
}

impl Read for SlotVersion {
    type Cfg = ();

    fn read_cfg(buf: &mut impl Buf, (): &()) -> Result<Self, CodecError> {
        let revision = u64::read(buf)?;
        if revision == 0 {
            return Err(CodecError::Invalid("SlotVersion", "revisions begin at 1"));
        }
        Ok(Self {
            revision: Revision(revision),
            digest: SlotDigest::read(buf)?,
        })
    }
}

impl FixedSize for SlotContent {
    const SIZE: usize = SlotVersion::SIZE + 8;
}

impl Write for SlotContent {
    fn write(&self, buf: &mut impl BufMut) {
        self.version.write(buf);
        self.size.write(buf);
    }
}

impl Read for SlotContent {
    type Cfg = ();

    fn read_cfg(buf: &mut impl Buf, (): &()) -> Result<Self, CodecError> {
        let content = Self {
            version: SlotVersion::read(buf)?,
            size: u64::read(buf)?,
        };
        if !SIZES.contains(&content.size) {
            return Err(CodecError::Invalid("SlotContent", "size"));
        }
        Ok(content)
    }
}

/// What a put means for a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Put {
    /// It comes next: this is the version that the slot holds afterwards.
    Next(SlotVersion),
    /// The very same put came before, and its answer was lost.
    Repeated(SlotVersion),
    /// It replaces another version than the one that is there: somebody else with the key has written.
    Stale,
}

impl Put {
    /// Looks at a put of bytes with this digest that is to replace a version, where `current` is in the slot.
    pub fn of(
        current: Option<&SlotVersion>,
        replaces: Option<&SlotVersion>,
        digest: SlotDigest,
    ) -> Self {
        let Some(revision) = Revision::after(replaces) else {
            return Self::Stale;
        };
        let put = SlotVersion { revision, digest };
        if current == Some(&put) {
            Self::Repeated(put)
        } else if current == replaces {
            Self::Next(put)
        } else {
            Self::Stale
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(revision: u64, digest: u8) -> Option<SlotVersion> {
        Some(SlotVersion {
            revision: Revision(revision),
            digest: SlotDigest([digest; 32]),
        })
    }

    #[test]
    fn a_put_follows_the_version_that_it_names_and_no_other() {
        let put = |current: Option<SlotVersion>, replaces: Option<SlotVersion>, digest| {
            let digest = SlotDigest([digest; 32]);
            Put::of(current.as_ref(), replaces.as_ref(), digest)
        };
        let next = |revision, digest| Put::Next(version(revision, digest).unwrap());
        let repeated = |revision, digest| Put::Repeated(version(revision, digest).unwrap());
        assert_eq!(put(None, None, 1), next(1, 1));
        assert_eq!(put(None, version(1, 1), 2), Put::Stale);
        assert_eq!(put(version(1, 1), None, 1), repeated(1, 1));
        assert_eq!(put(version(1, 1), None, 2), Put::Stale);
        assert_eq!(put(version(1, 1), version(1, 1), 1), next(2, 1));
        assert_eq!(put(version(1, 1), version(1, 2), 3), Put::Stale);
        assert_eq!(put(version(2, 1), version(1, 1), 2), Put::Stale);
        assert_eq!(put(version(2, 1), version(3, 1), 2), Put::Stale);
        let last = version(u64::MAX, 1);
        assert_eq!(put(last, last, 2), Put::Stale);
    }

    #[test]
    fn keys_have_names_of_their_own() {
        let name = |key: u8| SlotName::of(&CallerKey([key; 32]));
        assert_ne!(name(1), name(2));
        assert_ne!(name(1).as_bytes(), &[1; 32]);
    }
}
