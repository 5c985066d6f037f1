//! Merkle trees of arity 4 over Poseidon: the note tree, the ended tree, the platform tree.
//!
//! All trees share one machinery: nodes live in a [`NodeStore`] addressed by level (0 = leaves) and index; a node that
//! is missing is the root of an all-zero subtree.

pub mod ended;
mod live;
mod nodes;
pub mod note;
pub mod platform;

pub use live::LivePath;
pub(crate) use nodes::{ARITY, children};
pub use nodes::{MemoryNodes, NodeStore, Siblings, TreeError};
