//! What all trees share: node stores, zero subtrees, updates, paths.

use crate::field::Fr;
use crate::poseidon::hash;
use crate::tags::Tag;
use ark_ff::AdditiveGroup;
use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use thiserror::Error;

/// Children of a node.
pub const ARITY: usize = 4;

/// The three other children beside a path's node, in the order of their index.
pub type Siblings = [Fr; ARITY - 1];

/// Where a tree keeps its nodes.
pub trait NodeStore {
    /// Why reading or writing failed.
    type Error;

    /// The node at this level (0 = leaves) and index, or `None` if it was never set.
    fn get(&self, level: u8, index: u64) -> Result<Option<Fr>, Self::Error>;

    /// Sets the node at this level and index.
    fn set(&mut self, level: u8, index: u64, node: Fr) -> Result<(), Self::Error>;
}

/// A node store in memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MemoryNodes(BTreeMap<(u8, u64), Fr>);

impl NodeStore for MemoryNodes {
    type Error = Infallible;

    fn get(&self, level: u8, index: u64) -> Result<Option<Fr>, Infallible> {
        Ok(self.0.get(&(level, index)).copied())
    }

    fn set(&mut self, level: u8, index: u64, node: Fr) -> Result<(), Infallible> {
        self.0.insert((level, index), node);
        Ok(())
    }
}

/// Why a tree could not be changed or read.
#[derive(Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum TreeError<E> {
    /// The tree has no room for so many leaves.
    #[error("the tree is full")]
    Full,
    /// No leaf has this position yet.
    #[error("position {0} is beyond the tree")]
    BeyondTree(u64),
    /// The store holds something that is no node of this tree.
    #[error("the node store is inconsistent")]
    Inconsistent,
    /// The store failed.
    #[error("node store: {0}")]
    Store(#[from] E),
}

/// Roots of all-zero subtrees by level, from level 0 (a zero leaf) to level `levels`.
pub(super) fn zero_roots(tag: Tag, levels: u8) -> Vec<Fr> {
    let mut roots = vec![Fr::ZERO];
    for level in 0..usize::from(levels) {
        roots.push(hash(tag, &[roots[level]; ARITY]));
    }
    roots
}

/// A tree's shape: its node tag, its number of levels above the leaves, its zero subtrees.
pub(super) struct Shape {
    pub tag: Tag,
    pub levels: u8,
    pub zeros: Vec<Fr>,
}

impl Shape {
    pub(super) fn new(tag: Tag, levels: u8) -> Self {
        Self {
            tag,
            levels,
            zeros: zero_roots(tag, levels),
        }
    }

    pub(super) fn node<S: NodeStore>(
        &self,
        store: &S,
        level: u8,
        index: u64,
    ) -> Result<Fr, S::Error> {
        Ok(store
            .get(level, index)?
            .unwrap_or(self.zeros[usize::from(level)]))
    }

    pub(super) fn root<S: NodeStore>(&self, store: &S) -> Result<Fr, S::Error> {
        self.node(store, self.levels, 0)
    }

    /// Recomputes every node above the changed leaves, each once, and returns the new root.
    pub(super) fn update<S: NodeStore>(
        &self,
        store: &mut S,
        changed: BTreeSet<u64>,
    ) -> Result<Fr, S::Error> {
        let mut changed = changed;
        for level in 0..self.levels {
            changed = changed.iter().map(|index| index / ARITY as u64).collect();
            for parent in &changed {
                let mut children = [Fr::ZERO; ARITY];
                for (i, child) in children.iter_mut().enumerate() {
                    *child = self.node(store, level, parent * ARITY as u64 + i as u64)?;
                }
                store.set(level + 1, *parent, hash(self.tag, &children))?;
            }
        }
        self.root(store)
    }

    /// The siblings of the path from a node up to (not including) the level `to`.
    pub(super) fn siblings<S: NodeStore>(
        &self,
        store: &S,
        from: u8,
        to: u8,
        index: u64,
    ) -> Result<Vec<Siblings>, S::Error> {
        let mut index = index;
        let mut out = Vec::with_capacity(usize::from(to - from));
        for level in from..to {
            let (parent, own) = (index / ARITY as u64, index % ARITY as u64);
            let mut siblings = [Fr::ZERO; ARITY - 1];
            let others = (0..ARITY as u64).filter(|i| *i != own);
            for (sibling, i) in siblings.iter_mut().zip(others) {
                *sibling = self.node(store, level, parent * ARITY as u64 + i)?;
            }
            out.push(siblings);
            index = parent;
        }
        Ok(out)
    }

    /// The node reached from `node` at `index` through the siblings.
    pub(super) fn climb(&self, node: Fr, index: u64, siblings: &[Siblings]) -> Fr {
        let mut index = index;
        siblings.iter().fold(node, |node, siblings| {
            let children = children(node, (index % ARITY as u64) as usize, siblings);
            index /= ARITY as u64;
            hash(self.tag, &children)
        })
    }

    /// All levels of the full subtree over these leaves: `out[0]` are the leaves, the last is the subtree's root.
    pub(super) fn subtree(&self, leaves: Vec<Fr>, levels: u8) -> Vec<Vec<Fr>> {
        let mut out = vec![leaves];
        for level in 0..usize::from(levels) {
            let below = &out[level];
            let above = below
                .chunks(ARITY)
                .map(|chunk| {
                    let zero = self.zeros[level];
                    let children: [Fr; ARITY] =
                        std::array::from_fn(|i| chunk.get(i).copied().unwrap_or(zero));
                    // Whole shards are mostly zero: do not hash zeros again.
                    if children == [zero; ARITY] {
                        self.zeros[level + 1]
                    } else {
                        hash(self.tag, &children)
                    }
                })
                .collect();
            out.push(above);
        }
        out
    }

    /// The root of a subtree that [`Shape::subtree`] computed.
    pub(super) fn subtree_root(&self, subtree: &[Vec<Fr>]) -> Fr {
        let top = subtree.len() - 1;
        subtree[top].first().copied().unwrap_or(self.zeros[top])
    }

    /// The siblings of the path from a leaf to the root inside a subtree that [`Shape::subtree`] computed.
    pub(super) fn subtree_siblings(&self, subtree: &[Vec<Fr>], index: u64) -> Vec<Siblings> {
        let mut index = index as usize;
        let mut out = Vec::with_capacity(subtree.len() - 1);
        for (level, nodes) in subtree[..subtree.len() - 1].iter().enumerate() {
            let (parent, own) = (index / ARITY, index % ARITY);
            let mut others = (0..ARITY).filter(|i| *i != own);
            out.push(std::array::from_fn(|_| {
                let other = others.next().and_then(|i| nodes.get(parent * ARITY + i));
                other.copied().unwrap_or(self.zeros[level])
            }));
            index = parent;
        }
        out
    }
}

/// The four children of a node, `node` at its place among its siblings.
pub(crate) fn children(node: Fr, place: usize, siblings: &Siblings) -> [Fr; ARITY] {
    std::array::from_fn(|i| match i.cmp(&place) {
        std::cmp::Ordering::Less => siblings[i],
        std::cmp::Ordering::Equal => node,
        std::cmp::Ordering::Greater => siblings[i - 1],
    })
}
