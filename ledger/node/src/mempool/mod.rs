//! Transactions on their way into a block.

mod admission;
mod pool;
mod proofs;

pub(crate) use admission::{Admission, Entry, admit, admit_batch};
pub(crate) use pool::{Carried, Mempool, Origin, Receipts};
pub(crate) use proofs::{Checker, Collector, ProofMemory};
