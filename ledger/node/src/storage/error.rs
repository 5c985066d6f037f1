//! What can go wrong with the data folder.

use std::{io, path::PathBuf, sync::Arc};

/// A failure of the data folder. Every text says what the operator can do.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StorageError {
    /// Another process holds the data folder.
    #[error("data folder {0} is in use by another process: stop it, or choose another folder")]
    Locked(PathBuf),
    /// The folder was written for another chain.
    #[error("{0} belongs to another chain: choose the folder that matches the genesis file")]
    WrongChain(PathBuf),
    /// The file does not start with our magic bytes.
    #[error("{0} is not a Tacit log: move it out of the data folder")]
    NotALog(PathBuf),
    /// The file was written by a version this one cannot read.
    #[error("{path} has format version {version}, which this program cannot read: use a newer one")]
    UnknownVersion {
        /// The file.
        path: PathBuf,
        /// The version found.
        version: u8,
    },
    /// Bytes that were already acknowledged have changed on disk.
    #[error(
        "{path} is damaged at byte {offset}: restore the data folder from a backup, or start with an \
         empty folder and let the node catch up from the other validators"
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Offset of the first record that does not verify.
        offset: u64,
    },
    /// The index knows of blocks that the log no longer has.
    #[error(
        "the block log ends at height {log} but height {index} was acknowledged: restore blocks.log from \
         a backup, or start with an empty folder and let the node catch up from the other validators"
    )]
    AcknowledgedLost {
        /// Last height of the log.
        log: u64,
        /// Last height of the index.
        index: u64,
    },
    /// A part of the folder is gone.
    #[error(
        "{missing} is missing or empty although {present} is there: restore the whole data folder from one backup, for a \
         validator that forgets what it signed may sign the opposite"
    )]
    PartMissing {
        /// What is gone.
        missing: PathBuf,
        /// What shows that it was there.
        present: PathBuf,
    },
    /// The folder began with a snapshot whose state is lost.
    #[error(
        "the index is lost, and the block log begins only at height {0}: start with an empty folder and a new snapshot"
    )]
    SnapshotNeeded(u64),
    /// A follower was given a validator's folder.
    #[error("{0} belongs to a validator: a node that only follows needs a data folder of its own")]
    Votes(PathBuf),
    /// The file system is full.
    #[error(
        "no space left while writing {0}: free some space and start the node again, nothing was lost"
    )]
    DiskFull(PathBuf),
    /// A record is longer than the format allows.
    #[error("a record of {len} bytes is over the limit of {max}")]
    TooLarge {
        /// Length asked for.
        len: usize,
        /// Longest permitted.
        max: usize,
    },
    /// An earlier write or sync failed, so nothing more is written.
    #[error("{0} failed before and is closed for writing: start the node again")]
    Closed(PathBuf),
    /// Stored bytes verify but do not decode: written by something else.
    #[error("stored {what} does not decode: {why}")]
    Undecodable {
        /// What was read.
        what: &'static str,
        /// The decoder's reason.
        why: String,
    },
    /// The index failed and will be rebuilt at the next start.
    #[error(
        "the index failed ({0}): start the node again, it rebuilds the index from the block log"
    )]
    Index(String),
    /// Any other failure of the operating system.
    #[error("{what} {path}: {source}")]
    Io {
        /// What was attempted.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// The operating system's reason.
        source: Arc<io::Error>,
    },
}

impl StorageError {
    /// Wraps an operating system error; a full disk gets its own variant.
    pub(crate) fn io(what: &'static str, path: impl Into<PathBuf>, source: io::Error) -> Self {
        let path = path.into();
        match source.kind() {
            io::ErrorKind::StorageFull
            | io::ErrorKind::QuotaExceeded
            | io::ErrorKind::FileTooLarge => Self::DiskFull(path),
            _ => Self::Io {
                what,
                path,
                source: Arc::new(source),
            },
        }
    }
}
