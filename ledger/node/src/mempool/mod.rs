//! Transactions on their way into a block.

mod admission;
mod keys;
mod pool;
mod proofs;

pub(crate) use admission::Admission;
pub use keys::ProofKeys;
pub(crate) use pool::{Mempool, Receipts};
pub(crate) use proofs::{Checker, Collector, ProofMemory};
