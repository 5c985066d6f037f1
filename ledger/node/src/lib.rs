//! One Tacit node: consensus engine, storage and mempool. All of the ledger's IO is here.
//!
//! [`Node::start`] gives a [`NodeHandle`]; [`NodeHandle::submit`] brings a transaction onto the chain and everything else
//! reads finalized state. The block log is the truth; the index can always be rebuilt from it.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

#[cfg(test)]
extern crate self as tacit_node;
#[cfg(test)]
#[path = "../tests/common/mod.rs"]
mod test_chain;

mod chain;
mod clock;
mod config;
mod engine;
mod error;
mod fault;
mod follow;
#[cfg(feature = "simulation")]
pub mod growth;
mod handle;
mod mempool;
mod metrics;
mod node;
#[cfg(feature = "simulation")]
pub mod simulation;
pub mod snapshot;
mod storage;

pub use config::{MempoolLimits, NodeConfig, Pace, Peer, Progress, ProgressFn, ValidatorSecret};
pub use engine::{EvidenceRecord, Misbehaviour};
pub use error::{NodeError, SubmitError};
pub use follow::{FollowConfig, FollowError, Follower};
pub use handle::{NodeHandle, ProvenValue, TxReceipt};
pub use metrics::Metrics;
pub use node::Node;
pub use storage::StorageError;
