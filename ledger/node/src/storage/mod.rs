//! The data folder.
//!
//! The block log is the truth; the index is derived from it and can always be thrown away.

mod blocks;
mod error;
#[cfg(any(test, feature = "simulation"))]
mod fault;
mod file;
mod index;
#[cfg(test)]
mod index_tests;
#[cfg(test)]
mod kill_tests;
mod lock;
mod log;
#[cfg(any(test, feature = "simulation"))]
mod memory;
mod record;
mod redb_index;
mod sidecars;

pub(crate) use blocks::{BlockLog, Stored};
pub use error::StorageError;
#[cfg(feature = "simulation")]
pub(crate) use fault::FaultyFile;
pub(crate) use file::sync_folder;
pub(crate) use index::{Batch, Index, IndexTip};
pub(crate) use lock::FolderLock;
#[cfg(feature = "simulation")]
pub(crate) use memory::MemoryIndex;
pub(crate) use redb_index::{RedbIndex, move_aside};
pub(crate) use sidecars::SidecarLog;
