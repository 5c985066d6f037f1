//! One position's paths in the note tree and the ended tree together: what a proof of liveness needs.

use super::ended::{self, EndedPath};
use super::nodes::Siblings;
use super::note::{self, NotePath};
use crate::types::redacted;
use crate::types::{EndedRoot, Leaf, NoteRoot, Position};
use ark_ff::AdditiveGroup;

/// The two paths of one position.
#[derive(Clone, PartialEq, Eq)]
pub struct LivePath {
    /// The position in both trees.
    pub position: Position,
    /// Siblings in the note tree, from the leaf up.
    pub note: [Siblings; note::LEVELS],
    /// The word of the ended tree that holds the position's bit.
    pub word: u64,
    /// Siblings in the ended tree, from the word up.
    pub ended: [Siblings; ended::LEVELS],
}
redacted!(LivePath);

impl LivePath {
    /// Joins two paths; `None` if they are not of the same position.
    pub fn new(note: &NotePath, ended: &EndedPath) -> Option<Self> {
        (note.position == ended.position).then_some(Self {
            position: note.position,
            note: note.siblings,
            word: ended.word,
            ended: ended.siblings,
        })
    }

    /// A path of zeros: the shape without the content, for the setup.
    pub(crate) fn blank() -> Self {
        let zero = [crate::field::Fr::ZERO; 3];
        Self {
            position: Position(0),
            note: [zero; note::LEVELS],
            word: 0,
            ended: [zero; ended::LEVELS],
        }
    }

    fn ended_path(&self) -> EndedPath {
        EndedPath {
            position: self.position,
            word: self.word,
            siblings: self.ended,
        }
    }

    /// The note root that the path leads to from the leaf.
    pub fn note_root(&self, leaf: &Leaf) -> NoteRoot {
        NotePath {
            position: self.position,
            siblings: self.note,
        }
        .root(leaf)
    }

    /// The ended root that the path leads to.
    pub fn ended_root(&self) -> EndedRoot {
        self.ended_path().root()
    }

    /// Whether the position's bit is set.
    pub fn is_ended(&self) -> bool {
        self.ended_path().is_ended()
    }
}
