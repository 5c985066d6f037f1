//! A small world for the tests of grant and access: trees with many leaves, a holder, a platform, reviewers.

use crate::audit::AuditSecretKey;
use crate::commit::{self, RecordBody};
use crate::field::Fr;
use crate::tree::{LivePath, MemoryNodes, ended, note, platform};
use crate::types::{
    AnchorView, Category, Digest32, EndTag, HolderKey, Leaf, LeafKind, MemberId, Position,
    Timestamp,
};
use ark_ff::UniformRand;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

/// 2026-11-21T02:00:00Z.
pub(crate) const NOW: u64 = 1_795_226_400;

pub(crate) fn member(id: u32) -> MemberId {
    MemberId::new(id).unwrap()
}

/// Different elements for different numbers.
pub(crate) fn element(number: u64) -> Fr {
    Fr::rand(&mut ChaCha20Rng::seed_from_u64(number))
}

pub(crate) fn audit_secret() -> AuditSecretKey {
    AuditSecretKey::generate(&mut ChaCha20Rng::seed_from_u64(4242))
}

pub(crate) fn record_body() -> RecordBody {
    RecordBody {
        content_digest: Digest32([0xc0; 32]),
        key_commitment: Digest32([0x0c; 32]),
        category: Category::new(1).unwrap(),
        salt: element(1),
    }
}

/// Trees in memory.
#[derive(Default)]
pub(crate) struct World {
    notes: MemoryNodes,
    ended: MemoryNodes,
    platforms: MemoryNodes,
    size: u64,
}

impl World {
    /// A world with some leaves, some of them ended, and some platforms.
    pub(crate) fn new() -> Self {
        let mut world = Self::default();
        world.fill(77);
        for position in [0, 3, 64, 75, 78, 79, 81, 1 << 20] {
            world.end(Position(position));
        }
        for id in [1, 2, 3, 40_000] {
            let commitment = commit::platform_commitment(&platform_secret(id));
            platform::set_entry(&mut world.platforms, member(id), Some(&commitment)).unwrap();
        }
        world
    }

    pub(crate) fn fill(&mut self, count: u64) {
        for _ in 0..count {
            self.append(Leaf(Fr::from(1_000_000 + self.size)));
        }
    }

    pub(crate) fn append(&mut self, leaf: Leaf) -> Position {
        note::append(&mut self.notes, self.size, &[leaf]).unwrap();
        self.size += 1;
        Position(self.size as u32 - 1)
    }

    /// Appends a leaf of a kind under nobody's control.
    pub(crate) fn append_note(
        &mut self,
        kind: LeafKind,
        key: &HolderKey,
        body: &crate::types::Body,
        end: &EndTag,
    ) -> Position {
        self.append(commit::leaf(kind, None, key, body, end))
    }

    pub(crate) fn end(&mut self, position: Position) {
        ended::set_bits(&mut self.ended, &[position]).unwrap();
    }

    pub(crate) fn suspend(&mut self, id: u32) {
        platform::set_entry(&mut self.platforms, member(id), None).unwrap();
    }

    pub(crate) fn anchor(&self) -> AnchorView {
        AnchorView {
            height: 12,
            time: Timestamp(NOW),
            note_root: note::root(&self.notes).unwrap(),
            ended_root: ended::root(&self.ended).unwrap(),
            platform_root: platform::root(&self.platforms).unwrap(),
        }
    }

    pub(crate) fn path(&self, position: Position) -> LivePath {
        let note = note::path(&self.notes, position).unwrap();
        LivePath::new(&note, &self.ended_path(position)).unwrap()
    }

    pub(crate) fn ended_path(&self, position: Position) -> ended::EndedPath {
        ended::path(&self.ended, position).unwrap()
    }

    pub(crate) fn platform_path(&self, id: u32) -> platform::PlatformPath {
        platform::path(&self.platforms, member(id)).unwrap()
    }
}

/// The secret of a platform of the world.
pub(crate) fn platform_secret(id: u32) -> Fr {
    element(1_000 + u64::from(id))
}
