//! The platform tree: who may read under grants. Arity 4, 8 levels; a member's id is its index.
//!
//! An entry is `H("platform-leaf"; member id, secret commitment)`, and zero for ids that are no platform or a suspended
//! one. Nobody knows a preimage of zero, so a suspended platform proves no access.

use super::nodes::{NodeStore, Shape, Siblings, TreeError};
use super::note::{read_siblings, write_siblings};
use crate::commit::platform_leaf;
use crate::field::Fr;
use crate::tags;
use crate::types::{MemberId, PlatformRoot};
use ark_ff::AdditiveGroup;
use bytes::BufMut;
use commonware_codec::{Buf, Error, FixedSize, Read, ReadExt, Write};
use std::collections::BTreeSet;
use std::sync::OnceLock;

/// Levels above the entries.
pub const LEVELS: usize = 8;
/// How many ids the tree has room for: platforms have ids below this.
pub const CAPACITY: u32 = 1 << (2 * LEVELS);

fn shape() -> &'static Shape {
    static CELL: OnceLock<Shape> = OnceLock::new();
    CELL.get_or_init(|| Shape::new(tags::PLATFORM_NODE, LEVELS as u8))
}

fn index(member: MemberId) -> Option<u64> {
    (member.get() < CAPACITY).then_some(u64::from(member.get()))
}

/// The root of the tree without platforms.
pub fn empty_root() -> PlatformRoot {
    PlatformRoot(shape().zeros[LEVELS])
}

/// The tree's root.
pub fn root<S: NodeStore>(store: &S) -> Result<PlatformRoot, S::Error> {
    shape().root(store).map(PlatformRoot)
}

/// Enters a platform by its secret's commitment, or empties its entry (`None`: suspended), and returns the new root.
pub fn set_entry<S: NodeStore>(
    store: &mut S,
    member: MemberId,
    secret_commitment: Option<&Fr>,
) -> Result<PlatformRoot, TreeError<S::Error>> {
    let entry = secret_commitment.map_or(Fr::ZERO, |commitment| platform_leaf(member, commitment));
    set_leaf(store, member, entry)
}

/// Enters a leaf as it stands in another copy of the tree, and returns the new root.
pub fn set_leaf<S: NodeStore>(
    store: &mut S,
    member: MemberId,
    leaf: Fr,
) -> Result<PlatformRoot, TreeError<S::Error>> {
    let index = index(member).ok_or(TreeError::BeyondTree(u64::from(member.get())))?;
    store.set(0, index, leaf)?;
    Ok(PlatformRoot(
        shape().update(store, BTreeSet::from([index]))?,
    ))
}

/// The path of a member's entry.
pub fn path<S: NodeStore>(
    store: &S,
    member: MemberId,
) -> Result<PlatformPath, TreeError<S::Error>> {
    let index = index(member).ok_or(TreeError::BeyondTree(u64::from(member.get())))?;
    let siblings = shape().siblings(store, 0, LEVELS as u8, index)?;
    let siblings = siblings.try_into().map_err(|_| TreeError::Inconsistent)?;
    Ok(PlatformPath { member, siblings })
}

/// The way from a member's entry to the root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlatformPath {
    /// The member; its id is the entry's index.
    pub member: MemberId,
    /// The three siblings at each level, from the entries' level up.
    pub siblings: [Siblings; LEVELS],
}

impl PlatformPath {
    /// The root that this path leads to from an entry; `None` for a member whose id the tree has no room for.
    pub fn root(&self, entry: &Fr) -> Option<PlatformRoot> {
        Some(PlatformRoot(shape().climb(
            *entry,
            index(self.member)?,
            &self.siblings,
        )))
    }

    /// A path of zeros: the shape without the content, for the setup.
    pub(crate) fn blank() -> Self {
        Self {
            member: MemberId::FIRST,
            siblings: [Siblings::default(); LEVELS],
        }
    }

    /// Whether the entry stands at the member's place under the root.
    pub fn verify(&self, entry: &Fr, root: &PlatformRoot) -> bool {
        self.root(entry).as_ref() == Some(root)
    }
}

impl FixedSize for PlatformPath {
    const SIZE: usize = MemberId::SIZE + LEVELS * 3 * 32;
}

impl Write for PlatformPath {
    fn write(&self, buf: &mut impl BufMut) {
        self.member.write(buf);
        write_siblings(&self.siblings, buf);
    }
}

impl Read for PlatformPath {
    type Cfg = ();

    fn read_cfg(buf: &mut impl Buf, (): &()) -> Result<Self, Error> {
        let member = MemberId::read(buf)?;
        if index(member).is_none() {
            return Err(Error::Invalid("PlatformPath", "member beyond the tree"));
        }
        Ok(Self {
            member,
            siblings: read_siblings(buf)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::MemoryNodes;
    use super::*;
    use commonware_codec::{DecodeExt, Encode};

    fn member(id: u32) -> MemberId {
        MemberId::new(id).unwrap()
    }

    #[test]
    fn an_entry_is_found_at_its_own_id_only() {
        let mut store = MemoryNodes::default();
        assert_eq!(root(&store).unwrap(), empty_root());
        let commitment = Fr::from(77u64);
        set_entry(&mut store, member(5), Some(&commitment)).unwrap();
        let root = set_entry(&mut store, member(CAPACITY - 1), Some(&commitment)).unwrap();
        for id in [5, CAPACITY - 1] {
            let entry = platform_leaf(member(id), &commitment);
            let path = path(&store, member(id)).unwrap();
            assert!(path.verify(&entry, &root));
            assert!(!path.verify(&Fr::ZERO, &root));
            let moved = PlatformPath {
                member: member(id ^ 1),
                ..path.clone()
            };
            assert!(!moved.verify(&entry, &root));
            assert_eq!(PlatformPath::decode(path.encode()).unwrap(), path);
        }
    }

    #[test]
    fn suspension_empties_the_entry() {
        let mut store = MemoryNodes::default();
        set_entry(&mut store, member(9), Some(&Fr::from(1u64))).unwrap();
        assert_eq!(
            set_entry(&mut store, member(9), None).unwrap(),
            empty_root()
        );
        assert!(
            path(&store, member(9))
                .unwrap()
                .verify(&Fr::ZERO, &empty_root())
        );
    }

    #[test]
    fn ids_beyond_the_tree_are_refused_by_every_way_in() {
        let mut store = MemoryNodes::default();
        let beyond = member(CAPACITY);
        assert_eq!(
            set_entry(&mut store, beyond, None),
            Err(TreeError::BeyondTree(u64::from(CAPACITY)))
        );
        assert!(path(&store, beyond).is_err());
        let stray = PlatformPath {
            member: beyond,
            ..path(&store, member(1)).unwrap()
        };
        assert_eq!(stray.root(&Fr::ZERO), None);
        assert!(PlatformPath::decode(stray.encode()).is_err());
    }
}
