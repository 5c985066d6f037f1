//! Transactions on their way into a block.

mod admission;
mod pool;
mod proofs;

pub(crate) use admission::Admission;
pub(crate) use pool::{Mempool, Receipts};
pub(crate) use proofs::{Checker, Collector, ProofMemory};
