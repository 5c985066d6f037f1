//! A small world for the samples and tests of grant and access: trees with many leaves, a platform, reviewers.
//!
//! Everything is fixed. `None` comes only from a sample that is itself broken, which tests exclude.

use crate::audit::AuditSecretKey;
use crate::commit::{self, RecordBody};
use crate::field::Fr;
use crate::poseidon;
use crate::tags::Tag;
use crate::tree::{LivePath, MemoryNodes, ended, note, platform};
use crate::types::{
    AnchorView, Body, Category, Digest32, EndTag, HolderKey, Leaf, LeafKind, MemberId, Position,
    Timestamp,
};

/// The anchor's time: 2026-11-21T02:00:00Z.
pub(crate) const NOW: u64 = 1_795_226_400;

/// The platform that grants are given to: its id has a bit set in each half of the platform tree's 16.
pub(crate) const GRANTEE: u32 = 40_001;

/// Different elements for different numbers.
pub(crate) fn element(number: u64) -> Fr {
    poseidon::hash(Tag("sample"), &[Fr::from(number)])
}

/// The reviewers' key.
pub(crate) fn audit_secret() -> Option<AuditSecretKey> {
    AuditSecretKey::from_bytes(&[3; 32]).ok()
}

/// A record.
pub(crate) fn record_body() -> Option<RecordBody> {
    Some(RecordBody {
        content_digest: Digest32([0xc0; 32]),
        key_commitment: Digest32([0x0c; 32]),
        category: Category::new(1).ok()?,
        salt: element(1),
    })
}

/// The secret of a platform of the world.
pub(crate) fn platform_secret(id: u32) -> Fr {
    element(1_000 + u64::from(id))
}

/// Trees in memory.
pub(crate) struct World {
    notes: MemoryNodes,
    ended: MemoryNodes,
    platforms: MemoryNodes,
    size: u64,
}

impl World {
    /// Where the next leaf goes in a new world: somewhere in the middle of the tree.
    const START: u64 = 1_234_567;

    /// A world with some leaves, some ended bits around the next leaf, and some platforms.
    pub(crate) fn new() -> Option<Self> {
        let mut world = Self {
            notes: MemoryNodes::default(),
            ended: MemoryNodes::default(),
            platforms: MemoryNodes::default(),
            size: Self::START - 5,
        };
        world.fill(5)?;
        let next = Self::START as u32;
        for position in [
            next - 1,
            next + 1,
            next ^ 64,
            next ^ 1 << 20,
            5,
            u32::MAX - 1,
        ] {
            world.end(Position(position))?;
        }
        for id in [1, 2, 3, GRANTEE] {
            let commitment = commit::platform_commitment(&platform_secret(id));
            let member = MemberId::new(id).ok()?;
            platform::set_entry(&mut world.platforms, member, Some(&commitment)).ok()?;
        }
        Some(world)
    }

    /// Appends leaves without meaning.
    pub(crate) fn fill(&mut self, count: u64) -> Option<()> {
        for _ in 0..count {
            self.append(Leaf(element(2_000_000 + self.size)))?;
        }
        Some(())
    }

    fn append(&mut self, leaf: Leaf) -> Option<Position> {
        let position = Position(u32::try_from(self.size).ok()?);
        note::append(&mut self.notes, self.size, &[leaf]).ok()?;
        self.size += 1;
        Some(position)
    }

    /// Appends a leaf of a kind under nobody's control.
    pub(crate) fn append_note(
        &mut self,
        kind: LeafKind,
        key: &HolderKey,
        body: &Body,
        end: &EndTag,
    ) -> Option<Position> {
        self.append(commit::leaf(kind, None, key, body, end))
    }

    /// Sets a position's bit.
    pub(crate) fn end(&mut self, position: Position) -> Option<()> {
        ended::set_bits(&mut self.ended, &[position])
            .ok()
            .map(|_| ())
    }

    /// Empties a platform's entry.
    #[cfg(test)]
    pub(crate) fn suspend(&mut self, id: u32) {
        let member = MemberId::new(id).unwrap();
        platform::set_entry(&mut self.platforms, member, None).unwrap();
    }

    /// The world as it is, at [`NOW`].
    pub(crate) fn anchor(&self) -> Option<AnchorView> {
        Some(AnchorView {
            height: 42,
            time: Timestamp(NOW),
            note_root: note::root(&self.notes).ok()?,
            ended_root: ended::root(&self.ended).ok()?,
            platform_root: platform::root(&self.platforms).ok()?,
        })
    }

    /// A position's paths.
    pub(crate) fn path(&self, position: Position) -> Option<LivePath> {
        LivePath::new(
            &note::path(&self.notes, position).ok()?,
            &self.ended_path(position)?,
        )
    }

    /// A position's path in the ended tree.
    pub(crate) fn ended_path(&self, position: Position) -> Option<ended::EndedPath> {
        ended::path(&self.ended, position).ok()
    }

    /// The path of a member's entry in the platform tree.
    pub(crate) fn platform_path(&self, id: u32) -> Option<platform::PlatformPath> {
        platform::path(&self.platforms, MemberId::new(id).ok()?).ok()
    }
}
