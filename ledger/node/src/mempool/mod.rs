//! Transactions on their way into a block.

mod admission;
mod pool;
mod proofs;

pub(crate) use admission::{Admission, admit_batch};
#[cfg(feature = "simulation")]
pub(crate) use admission::{Entry, admit};
pub(crate) use pool::{Carried, Mempool, Origin, Receipts};
pub(crate) use proofs::{Checker, Collector, ProofMemory};
