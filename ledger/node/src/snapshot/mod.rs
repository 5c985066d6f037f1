//! A state at a certified height as one file, so that a node can join without executing the whole chain.
//!
//! The file holds what the state root covers and the leaves of the three trees; everything else follows from these and is
//! computed again by whoever takes the file. Nothing of it is used before all roots are those of a certified header.

mod export;
mod file;
mod links;
mod restore;

pub use export::SnapshotStream;
pub(crate) use export::{Export, Exports, Piece};
pub use file::check;
pub(crate) use links::{FILE as HANDOVERS, at_end_of};
pub use restore::restore;
#[cfg(feature = "simulation")]
pub(crate) use restore::restore_in_memory;

use crate::{error::NodeError, storage::StorageError};
use std::{io, path::PathBuf, sync::Arc};
use tacit_ledger::{light::LightError, state::StateError};

/// First bytes of a snapshot file.
const MAGIC: [u8; 4] = *b"TCSN";
/// Version of the format.
const VERSION: u8 = 1;
/// Longest value of a state; blocks bound what a transaction can write far below it.
const MAX_VALUE: usize = 64 << 10;

/// Why a snapshot is not made or not taken.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SnapshotError {
    /// The file cannot be read.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// The operating system's reason.
        source: Arc<io::Error>,
    },
    /// The file is of another version.
    #[error("the snapshot has format version {0}, which this program cannot read: use a newer one")]
    UnknownVersion(u8),
    /// The file is damaged or was changed.
    #[error("the snapshot is damaged: {0}")]
    Damaged(&'static str),
    /// Its header is not certified.
    #[error("the snapshot's header is not certified: {0}")]
    Header(#[from] LightError),
    /// Its state is not the one of the header.
    #[error("the snapshot's {0} is not the one of its certified header")]
    OtherState(&'static str),
    /// The folder has a chain already.
    #[error("{0} holds a chain already: a snapshot is for an empty folder")]
    NotEmpty(PathBuf),
    /// This node fails.
    #[error(transparent)]
    Node(#[from] NodeError),
}

impl From<StorageError> for SnapshotError {
    fn from(error: StorageError) -> Self {
        Self::Node(error.into())
    }
}

impl From<StateError> for SnapshotError {
    fn from(error: StateError) -> Self {
        Self::Node(error.into())
    }
}
