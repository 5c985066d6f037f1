//! What callers of a node may be told.

use crate::storage::StorageError;
use tacit_ledger::{execute::BlockError, ids::Height, reject::Reject, state::StateError};

/// Why a node does not start, or cannot answer.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NodeError {
    /// The data folder fails.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The state cannot be read.
    #[error(transparent)]
    State(#[from] StateError),
    /// The validator's seed is no key.
    #[error("the validator's seed is no Ed25519 key")]
    NotAValidator,
    /// The peers are not other validators, each once.
    #[error("each peer must be another validator, named once, by its key")]
    Peers,
    /// A stored block does not lead to the state it claims.
    #[error(
        "stored block {height} does not execute ({why}): restore the data folder from a backup or use the program \
         version that wrote it"
    )]
    Replay {
        /// Height of the block.
        height: Height,
        /// The rule that is broken.
        why: String,
    },
    /// The newest block of the folder cannot be gone on from.
    #[error("the newest block of the data folder cannot be gone on from: {0}")]
    Checkpoint(String),
    /// The address is in use or not ours.
    #[error("cannot listen on {address}: {why}: choose another address or stop what uses it")]
    Listen {
        /// The address.
        address: std::net::SocketAddr,
        /// The operating system's reason.
        why: String,
    },
    /// The validators' change at this height cannot be shown yet.
    #[error("there is no certificate for height {0} here yet")]
    NoCertificate(Height),
    /// The chain moved on faster than the snapshot was read.
    #[error("the state changed too much while the snapshot was read: begin again")]
    SnapshotOvertaken,
    /// What was asked for lies beyond the tree.
    #[error("there is no such part of the tree: {0}")]
    OutOfRange(String),
    /// Not an anchor, or too old a one.
    #[error("the trees as of height {0} are not at hand: name a newer anchor")]
    AnchorUnknown(Height),
    /// A follower cannot put transactions into blocks.
    #[error("this node follows others and does not vote: send the transaction to a validator")]
    Follower,
    /// The node has stopped.
    #[error("the node has stopped: {0}")]
    Stopped(String),
}

impl NodeError {
    pub(crate) fn replay(height: Height, error: BlockError) -> Self {
        match error {
            BlockError::State(error) => error.into(),
            other => Self::Replay {
                height,
                why: other.to_string(),
            },
        }
    }
}

/// Why a transaction is not on the chain.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SubmitError {
    /// The ledger's rules refuse it.
    #[error(transparent)]
    Rejected(Reject),
    /// The audit ciphertext is missing, superfluous or not the one the transaction names.
    #[error(
        "the audit ciphertext must be the one whose digest stands in the transaction, and only there where one does"
    )]
    Sidecar,
    /// Too much is waiting. The transaction was not taken: try again later.
    #[error("the node is busy: try again in {retry_ms} ms")]
    Busy {
        /// When to try again, in milliseconds.
        retry_ms: u32,
    },
    /// The node stopped while the transaction was waiting. It may or may not get onto the chain: send it again.
    #[error("the node stopped before the transaction was final: send it again")]
    Interrupted,
    /// The node cannot work.
    #[error(transparent)]
    Node(#[from] NodeError),
}
