//! The note tree: append-only, arity 4, 16 levels, 2^32 positions in order.
//!
//! Holds every credential, record, grant and certificate. Wallets read it in buckets of 4096 leaves, so that nobody
//! learns which leaf is theirs.

use super::nodes::{NodeStore, Shape, Siblings, TreeError};
use crate::field::{read_fr, write_fr};
use crate::tags;
use crate::types::redacted;
use crate::types::{Leaf, NoteRoot, Position};
use bytes::BufMut;
use commonware_codec::{Buf, EncodeSize, Error, FixedSize, Read, ReadExt, Write};
use std::collections::BTreeSet;
use std::sync::OnceLock;

/// Levels above the leaves.
pub const LEVELS: usize = 16;
/// Levels inside a bucket.
pub const BUCKET_LEVELS: usize = 6;
/// Leaves of a bucket.
pub const BUCKET_LEAVES: usize = 4096;
/// Positions of the whole tree.
pub const CAPACITY: u64 = 1 << 32;

fn shape() -> &'static Shape {
    static CELL: OnceLock<Shape> = OnceLock::new();
    CELL.get_or_init(|| Shape::new(tags::NOTE_NODE, LEVELS as u8))
}

/// The root of the tree without leaves.
pub fn empty_root() -> NoteRoot {
    NoteRoot(shape().zeros[LEVELS])
}

/// The tree's root.
pub fn root<S: NodeStore>(store: &S) -> Result<NoteRoot, S::Error> {
    shape().root(store).map(NoteRoot)
}

/// Appends leaves to a tree of `size` leaves and returns the new root; the first new leaf gets position `size`.
///
/// Each node above the new leaves is computed once, so a batch costs little more than a third of a hash a leaf.
pub fn append<S: NodeStore>(
    store: &mut S,
    size: u64,
    leaves: &[Leaf],
) -> Result<NoteRoot, TreeError<S::Error>> {
    let end = size
        .checked_add(leaves.len() as u64)
        .filter(|end| *end <= CAPACITY)
        .ok_or(TreeError::Full)?;
    for (index, leaf) in (size..end).zip(leaves) {
        store.set(0, index, leaf.0)?;
    }
    Ok(NoteRoot(
        shape().update(store, (size..end).collect::<BTreeSet<_>>())?,
    ))
}

/// The path of a leaf.
pub fn path<S: NodeStore>(store: &S, position: Position) -> Result<NotePath, TreeError<S::Error>> {
    let siblings = shape().siblings(store, 0, LEVELS as u8, u64::from(position.0))?;
    let siblings = siblings.try_into().map_err(|_| TreeError::Inconsistent)?;
    Ok(NotePath { position, siblings })
}

/// The way from a leaf to the root.
#[derive(Clone, PartialEq, Eq)]
pub struct NotePath {
    /// The leaf's position.
    pub position: Position,
    /// The three siblings at each level, from the leaf's level up.
    pub siblings: [Siblings; LEVELS],
}
redacted!(NotePath);

impl NotePath {
    /// The root that this path leads to from the leaf.
    pub fn root(&self, leaf: &Leaf) -> NoteRoot {
        NoteRoot(shape().climb(leaf.0, u64::from(self.position.0), &self.siblings))
    }

    /// Whether the leaf stands at the path's position under the root.
    pub fn verify(&self, leaf: &Leaf, root: &NoteRoot) -> bool {
        self.root(leaf) == *root
    }
}

/// A bucket: 4096 consecutive leaves and the path above them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteBucket {
    /// The bucket holds positions `index * 4096` and following; below 2^20.
    pub index: u32,
    /// The leaves so far, at most 4096.
    pub leaves: Vec<Leaf>,
    /// The siblings of the path from the bucket's root to the tree's root.
    pub upper: [Siblings; LEVELS - BUCKET_LEVELS],
}

impl NoteBucket {
    /// How many buckets the tree has room for.
    pub const COUNT: u32 = (CAPACITY / BUCKET_LEAVES as u64) as u32;

    /// The bucket that holds a position.
    pub fn index_of(position: Position) -> u32 {
        position.0 / BUCKET_LEAVES as u32
    }

    /// Takes a bucket out of a tree of `size` leaves. A bucket beyond the tree is empty.
    pub fn read<S: NodeStore>(
        store: &S,
        size: u64,
        index: u32,
    ) -> Result<Self, TreeError<S::Error>> {
        if index >= Self::COUNT {
            return Err(TreeError::BeyondTree(
                u64::from(index) * BUCKET_LEAVES as u64,
            ));
        }
        let start = u64::from(index) * BUCKET_LEAVES as u64;
        let end = size.min(start + BUCKET_LEAVES as u64);
        let mut leaves = Vec::with_capacity(end.saturating_sub(start) as usize);
        for position in start..end {
            leaves.push(Leaf(
                store.get(0, position)?.ok_or(TreeError::Inconsistent)?,
            ));
        }
        let upper = shape().siblings(store, BUCKET_LEVELS as u8, LEVELS as u8, u64::from(index))?;
        Ok(Self {
            index,
            leaves,
            upper: upper.try_into().map_err(|_| TreeError::Inconsistent)?,
        })
    }

    /// The root of the whole tree that this bucket leads to. Compare it with the root of a certified header.
    pub fn root(&self) -> NoteRoot {
        self.opened().root
    }

    /// Computes the nodes inside the bucket, once for any number of paths.
    pub fn opened(&self) -> OpenedBucket<'_> {
        let nodes = shape().subtree(
            self.leaves.iter().map(|leaf| leaf.0).collect(),
            BUCKET_LEVELS as u8,
        );
        let top = shape().subtree_root(&nodes);
        let root = NoteRoot(shape().climb(top, u64::from(self.index), &self.upper));
        OpenedBucket {
            bucket: self,
            nodes,
            root,
        }
    }
}

/// A bucket with its inner nodes.
pub struct OpenedBucket<'a> {
    bucket: &'a NoteBucket,
    nodes: Vec<Vec<crate::field::Fr>>,
    root: NoteRoot,
}

impl OpenedBucket<'_> {
    /// The root of the whole tree that the bucket leads to.
    pub fn root(&self) -> NoteRoot {
        self.root
    }

    /// The path of a leaf of this bucket; `None` for a position outside it or without a leaf.
    pub fn path(&self, position: Position) -> Option<NotePath> {
        let inside = position.0 % BUCKET_LEAVES as u32;
        if NoteBucket::index_of(position) != self.bucket.index
            || inside as usize >= self.bucket.leaves.len()
        {
            return None;
        }
        let mut siblings = shape().subtree_siblings(&self.nodes, u64::from(inside));
        siblings.extend(self.bucket.upper);
        siblings
            .try_into()
            .ok()
            .map(|siblings| NotePath { position, siblings })
    }
}

pub(super) fn write_siblings(siblings: &[Siblings], buf: &mut impl BufMut) {
    siblings
        .iter()
        .flatten()
        .for_each(|sibling| write_fr(sibling, buf));
}

pub(super) fn read_siblings<const N: usize>(buf: &mut impl Buf) -> Result<[Siblings; N], Error> {
    let mut out = [Siblings::default(); N];
    for sibling in out.iter_mut().flatten() {
        *sibling = read_fr(buf)?;
    }
    Ok(out)
}

impl FixedSize for NotePath {
    const SIZE: usize = Position::SIZE + LEVELS * 3 * 32;
}

impl Write for NotePath {
    fn write(&self, buf: &mut impl BufMut) {
        self.position.write(buf);
        write_siblings(&self.siblings, buf);
    }
}

impl Read for NotePath {
    type Cfg = ();

    fn read_cfg(buf: &mut impl Buf, (): &()) -> Result<Self, Error> {
        Ok(Self {
            position: Position::read(buf)?,
            siblings: read_siblings(buf)?,
        })
    }
}

impl EncodeSize for NoteBucket {
    fn encode_size(&self) -> usize {
        4 + 2 + self.leaves.len() * Leaf::SIZE + self.upper.len() * 3 * 32
    }
}

impl Write for NoteBucket {
    fn write(&self, buf: &mut impl BufMut) {
        self.index.write(buf);
        (self.leaves.len() as u16).write(buf);
        self.leaves.iter().for_each(|leaf| leaf.write(buf));
        write_siblings(&self.upper, buf);
    }
}

impl Read for NoteBucket {
    type Cfg = ();

    fn read_cfg(buf: &mut impl Buf, (): &()) -> Result<Self, Error> {
        let index = u32::read(buf)?;
        let count = usize::from(u16::read(buf)?);
        if index >= Self::COUNT {
            return Err(Error::Invalid("NoteBucket", "index beyond the tree"));
        }
        if count > BUCKET_LEAVES {
            return Err(Error::InvalidLength(count));
        }
        if buf.remaining() < count * Leaf::SIZE {
            return Err(Error::EndOfBuffer);
        }
        let mut leaves = Vec::with_capacity(count);
        for _ in 0..count {
            leaves.push(Leaf::read(buf)?);
        }
        Ok(Self {
            index,
            leaves,
            upper: read_siblings(buf)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::MemoryNodes;
    use super::*;
    use crate::field::Fr;
    use commonware_codec::{Copying, DecodeExt, Encode};

    fn leaves(range: std::ops::Range<u64>) -> Vec<Leaf> {
        range.map(|i| Leaf(Fr::from(i + 1_000_000))).collect()
    }

    #[test]
    fn one_by_one_and_in_a_batch_give_the_same_tree() {
        let (mut single, mut batch) = (MemoryNodes::default(), MemoryNodes::default());
        assert_eq!(root(&single).unwrap(), empty_root());
        let mut last = empty_root();
        for (i, leaf) in leaves(0..37).iter().enumerate() {
            last = append(&mut single, i as u64, &[*leaf]).unwrap();
        }
        append(&mut batch, 0, &leaves(0..5)).unwrap();
        assert_eq!(append(&mut batch, 5, &leaves(5..37)).unwrap(), last);
        assert_eq!(single, batch);
    }

    #[test]
    fn every_leaf_has_a_path_that_verifies_and_nothing_else_does() {
        let mut store = MemoryNodes::default();
        let all = leaves(0..23);
        let root = append(&mut store, 0, &all).unwrap();
        for (i, leaf) in all.iter().enumerate() {
            let path = path(&store, Position(i as u32)).unwrap();
            assert!(path.verify(leaf, &root));
            assert!(!path.verify(&all[(i + 1) % 23], &root));
            let moved = NotePath {
                position: Position(i as u32 ^ 1),
                ..path.clone()
            };
            assert!(!moved.verify(leaf, &root));
            for level in 0..LEVELS {
                for sibling in 0..3 {
                    let mut changed = path.clone();
                    changed.siblings[level][sibling] += Fr::from(1u64);
                    assert!(!changed.verify(leaf, &root));
                }
            }
            assert_eq!(NotePath::decode(path.encode()).unwrap(), path);
        }
    }

    #[test]
    fn a_bucket_gives_the_paths_of_its_leaves() {
        let mut store = MemoryNodes::default();
        let size = BUCKET_LEAVES as u64 + 9;
        let all = leaves(0..size);
        let root = append(&mut store, 0, &all).unwrap();
        for index in 0..3 {
            let bucket = NoteBucket::read(&store, size, index).unwrap();
            assert_eq!(NoteBucket::decode(bucket.encode()).unwrap(), bucket);
            let opened = bucket.opened();
            assert_eq!(opened.root(), root);
            for inside in [0u32, 1, 8, 9, 4095] {
                let position = Position(index * BUCKET_LEAVES as u32 + inside);
                let exists = u64::from(position.0) < size;
                let expected = exists.then(|| path(&store, position).unwrap());
                assert_eq!(opened.path(position), expected);
            }
            assert_eq!(
                opened.path(Position((index + 1) * BUCKET_LEAVES as u32)),
                None
            );
        }
        assert!(NoteBucket::read(&store, size, NoteBucket::COUNT).is_err());
    }

    #[test]
    fn hostile_buckets_are_refused_before_memory_is_taken() {
        let mut bytes = NoteBucket::COUNT.to_be_bytes().to_vec();
        bytes.extend([0, 0]);
        assert!(NoteBucket::decode(Copying(&bytes)).is_err());
        assert!(NoteBucket::decode(Copying(&[0u8, 0, 0, 0, 0xff, 0xff])).is_err());
        assert!(NoteBucket::decode(Copying(&[0u8, 0, 0, 0, 0x10, 0])).is_err());
    }

    #[test]
    fn a_full_tree_takes_no_more() {
        let mut store = MemoryNodes::default();
        assert_eq!(
            append(&mut store, CAPACITY, &leaves(0..1)),
            Err(TreeError::Full)
        );
        assert_eq!(
            append(&mut store, u64::MAX, &leaves(0..1)),
            Err(TreeError::Full)
        );
        assert!(append(&mut store, CAPACITY - 1, &leaves(0..1)).is_ok());
    }
}
