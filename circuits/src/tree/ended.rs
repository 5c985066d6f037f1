//! The ended tree: one bit for each position of the note tree; a set bit means "ended" and is never cleared.
//!
//! Leaves are words of 64 bits. Bits 0 to 5 of a position select the bit in its word, 6 to 19 the word in its shard
//! (7 levels), 20 to 31 the shard (6 levels). Wallets read whole shards, so that nobody learns which bit is theirs.

use super::nodes::{NodeStore, Shape, Siblings, TreeError};
use super::note::{read_siblings, write_siblings};
use crate::field::{Fr, fr_to_u64};
use crate::tags;
use crate::types::redacted;
use crate::types::{EndedRoot, Position};
use bytes::BufMut;
use commonware_codec::{Buf, Error, FixedSize, Read, ReadExt, Write};
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// Bits of a word.
pub const WORD_BITS: usize = 64;
/// Levels inside a shard.
pub const SHARD_LEVELS: usize = 7;
/// Words of a shard.
pub const SHARD_WORDS: usize = 16_384;
/// Levels above the words.
pub const LEVELS: usize = 13;
/// How many shards there are.
pub const SHARDS: u16 = 4096;

fn shape() -> &'static Shape {
    static CELL: OnceLock<Shape> = OnceLock::new();
    CELL.get_or_init(|| Shape::new(tags::ENDED_NODE, LEVELS as u8))
}

fn word_index(position: Position) -> u64 {
    u64::from(position.0 >> 6)
}

fn bit_in_word(position: Position) -> u32 {
    position.0 & 63
}

/// The root of the tree without a set bit.
pub fn empty_root() -> EndedRoot {
    EndedRoot(shape().zeros[LEVELS])
}

/// The tree's root.
pub fn root<S: NodeStore>(store: &S) -> Result<EndedRoot, S::Error> {
    shape().root(store).map(EndedRoot)
}

fn word<S: NodeStore>(store: &S, index: u64) -> Result<u64, TreeError<S::Error>> {
    store.get(0, index)?.map_or(Ok(0), |word| {
        fr_to_u64(&word).ok_or(TreeError::Inconsistent)
    })
}

/// Whether the bit of this position is set.
pub fn is_ended<S: NodeStore>(store: &S, position: Position) -> Result<bool, TreeError<S::Error>> {
    Ok(word(store, word_index(position))? >> bit_in_word(position) & 1 == 1)
}

/// Sets bits and returns the new root. Setting a bit twice changes nothing.
pub fn set_bits<S: NodeStore>(
    store: &mut S,
    positions: &[Position],
) -> Result<EndedRoot, TreeError<S::Error>> {
    let mut masks = BTreeMap::<u64, u64>::new();
    for position in positions {
        *masks.entry(word_index(*position)).or_default() |= 1 << bit_in_word(*position);
    }
    for (index, mask) in &masks {
        let new = word(store, *index)? | mask;
        store.set(0, *index, Fr::from(new))?;
    }
    Ok(EndedRoot(
        shape().update(store, masks.into_keys().collect())?,
    ))
}

/// The path of a position's word.
pub fn path<S: NodeStore>(store: &S, position: Position) -> Result<EndedPath, TreeError<S::Error>> {
    let siblings = shape().siblings(store, 0, LEVELS as u8, word_index(position))?;
    let siblings = siblings.try_into().map_err(|_| TreeError::Inconsistent)?;
    Ok(EndedPath {
        position,
        word: word(store, word_index(position))?,
        siblings,
    })
}

/// The way from a position's word to the root.
#[derive(Clone, PartialEq, Eq)]
pub struct EndedPath {
    /// The position whose bit is meant.
    pub position: Position,
    /// The word that holds the bit; bit n of the word stands for a position that is n modulo 64.
    pub word: u64,
    /// The three siblings at each level, from the words' level up.
    pub siblings: [Siblings; LEVELS],
}
redacted!(EndedPath);

impl EndedPath {
    /// The root that this path leads to.
    pub fn root(&self) -> EndedRoot {
        EndedRoot(shape().climb(
            Fr::from(self.word),
            word_index(self.position),
            &self.siblings,
        ))
    }

    /// A path of zeros: the shape without the content, for the setup.
    pub(crate) fn blank() -> Self {
        Self {
            position: Position(0),
            word: 0,
            siblings: [Siblings::default(); LEVELS],
        }
    }

    /// Whether the word stands at its place under the root.
    pub fn verify(&self, root: &EndedRoot) -> bool {
        self.root() == *root
    }

    /// Whether the position's bit is set.
    pub fn is_ended(&self) -> bool {
        self.word >> bit_in_word(self.position) & 1 == 1
    }
}

/// A shard: 2^20 bits and the path above them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndedShard {
    index: u16,
    words: Vec<u64>,
    upper: [Siblings; LEVELS - SHARD_LEVELS],
}

impl EndedShard {
    /// The shard that holds a position's bit.
    pub fn index_of(position: Position) -> u16 {
        (position.0 >> 20) as u16
    }

    /// Takes a shard out of the tree.
    pub fn read<S: NodeStore>(store: &S, index: u16) -> Result<Self, TreeError<S::Error>> {
        if index >= SHARDS {
            return Err(TreeError::BeyondTree(u64::from(index) << 20));
        }
        let start = u64::from(index) * SHARD_WORDS as u64;
        // A shard that was never written has no node, and its words need not be looked up.
        let touched = store.get(SHARD_LEVELS as u8, u64::from(index))?.is_some();
        let words = match touched {
            true => (start..start + SHARD_WORDS as u64)
                .map(|i| word(store, i))
                .collect::<Result<_, _>>()?,
            false => vec![0; SHARD_WORDS],
        };
        let upper = shape().siblings(store, SHARD_LEVELS as u8, LEVELS as u8, u64::from(index))?;
        Ok(Self {
            index,
            words,
            upper: upper.try_into().map_err(|_| TreeError::Inconsistent)?,
        })
    }

    /// The shard's index: it holds the bits of positions `index * 2^20` and following.
    pub fn index(&self) -> u16 {
        self.index
    }

    /// Whether a position's bit is set; `None` for a position of another shard.
    pub fn is_ended(&self, position: Position) -> Option<bool> {
        let word = self
            .words
            .get(word_index(position) as usize % SHARD_WORDS)?;
        (Self::index_of(position) == self.index).then_some(word >> bit_in_word(position) & 1 == 1)
    }

    /// Computes the nodes inside the shard, once for any number of paths.
    pub fn opened(&self) -> OpenedShard<'_> {
        let nodes = shape().subtree(
            self.words.iter().map(|word| Fr::from(*word)).collect(),
            SHARD_LEVELS as u8,
        );
        let top = shape().subtree_root(&nodes);
        let root = EndedRoot(shape().climb(top, u64::from(self.index), &self.upper));
        OpenedShard {
            shard: self,
            nodes,
            root,
        }
    }

    /// The root of the whole tree that this shard leads to. Compare it with the root of a certified header.
    pub fn root(&self) -> EndedRoot {
        self.opened().root
    }
}

/// A shard with its inner nodes.
pub struct OpenedShard<'a> {
    shard: &'a EndedShard,
    nodes: Vec<Vec<Fr>>,
    root: EndedRoot,
}

impl OpenedShard<'_> {
    /// The root of the whole tree that the shard leads to.
    pub fn root(&self) -> EndedRoot {
        self.root
    }

    /// The path of a position of this shard; `None` for a position of another.
    pub fn path(&self, position: Position) -> Option<EndedPath> {
        if EndedShard::index_of(position) != self.shard.index {
            return None;
        }
        let inside = word_index(position) % SHARD_WORDS as u64;
        let word = *self.shard.words.get(inside as usize)?;
        let mut siblings = shape().subtree_siblings(&self.nodes, inside);
        siblings.extend(self.shard.upper);
        siblings.try_into().ok().map(|siblings| EndedPath {
            position,
            word,
            siblings,
        })
    }
}

impl FixedSize for EndedPath {
    const SIZE: usize = Position::SIZE + 8 + LEVELS * 3 * 32;
}

impl Write for EndedPath {
    fn write(&self, buf: &mut impl BufMut) {
        self.position.write(buf);
        self.word.write(buf);
        write_siblings(&self.siblings, buf);
    }
}

impl Read for EndedPath {
    type Cfg = ();

    fn read_cfg(buf: &mut impl Buf, (): &()) -> Result<Self, Error> {
        Ok(Self {
            position: Position::read(buf)?,
            word: u64::read(buf)?,
            siblings: read_siblings(buf)?,
        })
    }
}

impl FixedSize for EndedShard {
    const SIZE: usize = 2 + SHARD_WORDS * 8 + (LEVELS - SHARD_LEVELS) * 3 * 32;
}

impl Write for EndedShard {
    fn write(&self, buf: &mut impl BufMut) {
        self.index.write(buf);
        self.words.iter().for_each(|word| word.write(buf));
        write_siblings(&self.upper, buf);
    }
}

impl Read for EndedShard {
    type Cfg = ();

    fn read_cfg(buf: &mut impl Buf, (): &()) -> Result<Self, Error> {
        let index = u16::read(buf)?;
        if index >= SHARDS {
            return Err(Error::Invalid("EndedShard", "index beyond the tree"));
        }
        if buf.remaining() < SHARD_WORDS * 8 {
            return Err(Error::EndOfBuffer);
        }
        let words = (0..SHARD_WORDS)
            .map(|_| u64::read(buf))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            index,
            words,
            upper: read_siblings(buf)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::MemoryNodes;
    use super::*;
    use commonware_codec::{DecodeExt, Encode};
    use proptest::prelude::*;

    #[test]
    fn bits_are_set_once_and_stay() {
        let mut store = MemoryNodes::default();
        assert_eq!(root(&store).unwrap(), empty_root());
        let first = set_bits(&mut store, &[Position(5)]).unwrap();
        assert_ne!(first, empty_root());
        assert_eq!(set_bits(&mut store, &[Position(5)]).unwrap(), first);
        let second = set_bits(&mut store, &[Position(6), Position(u32::MAX)]).unwrap();
        assert_ne!(second, first);
        for (position, ended) in [
            (5, true),
            (6, true),
            (7, false),
            (u32::MAX, true),
            (u32::MAX - 1, false),
        ] {
            assert_eq!(is_ended(&store, Position(position)).unwrap(), ended);
        }
    }

    #[test]
    fn a_shard_gives_the_path_of_any_of_its_bits() {
        let mut store = MemoryNodes::default();
        let root = set_bits(&mut store, &[Position(77), Position((1 << 20) + 3)]).unwrap();
        for index in [0u16, 1, 2, SHARDS - 1] {
            let shard = EndedShard::read(&store, index).unwrap();
            assert_eq!(shard.encode().len(), EndedShard::SIZE);
            assert_eq!(EndedShard::decode(shard.encode()).unwrap(), shard);
            let opened = shard.opened();
            assert_eq!(opened.root(), root);
            for inside in [0u32, 3, 77, (1 << 20) - 1] {
                let position = Position((u32::from(index) << 20) + inside);
                let found = opened.path(position).unwrap();
                assert_eq!(found, path(&store, position).unwrap());
                assert!(found.verify(&root));
                assert_eq!(shard.is_ended(position), Some(found.is_ended()));
                assert_eq!(EndedPath::decode(found.encode()).unwrap(), found);
            }
            assert_eq!(opened.path(Position(u32::from(index + 1) << 20)), None);
        }
        assert!(EndedShard::read(&store, SHARDS).is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]
        #[test]
        fn every_bit_set_is_found_and_no_other(positions in proptest::collection::vec(any::<u32>(), 1..8), other: u32) {
            let mut store = MemoryNodes::default();
            let all: Vec<_> = positions.iter().copied().map(Position).collect();
            let root = set_bits(&mut store, &all).unwrap();
            for position in all.iter().copied().chain([Position(other)]) {
                let path = path(&store, position).unwrap();
                prop_assert!(path.verify(&root));
                prop_assert_eq!(path.is_ended(), all.contains(&position));
                let wrong = EndedPath { word: path.word ^ 1, ..path };
                prop_assert!(!wrong.verify(&root));
            }
        }
    }
}
