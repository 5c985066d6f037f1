//! The ledger of Tacit: a pure state machine. No input or output, no clock, no randomness of its own.
//!
//! A transaction's way: bytes → [`tx::Tx`] (decoded, bounded) → [`check::CheckedTx`] (signature and proofs verified) →
//! applied in [`mod@execute`] → [`block::Block`]. Nothing else changes a [`state`].
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`ids`], [`text`], [`signature`] | identifiers, bounded texts, public keys and signatures |
//! | [`genesis`], [`epoch`], [`validators`], [`member`] | the constants of a chain, who certifies when, who takes part |
//! | [`tx`], [`action`], [`outcome`], [`request`] | what can be asked of the ledger, and what comes back |
//! | [`governance`] | what validators decide together |
//! | [`check`], [`proofs`], [`verifier`], [`reject`] | authenticity, the seam to the proof system, reasons to refuse |
//! | [`keys`], [`state`] | the state's keys, reading and writing it, its root and proofs about it |
//! | [`header`], [`block`], [`merkle`], [`mod@execute`] | blocks and their execution |
//! | [`certificate`], [`light`], [`handover`] | finality, following a chain without a node, which set certifies when |
//! | [`mod@bundle`], [`audit`] | proofs that verify offline; the reviewers' report |

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod action;
pub mod audit;
pub mod block;
pub mod bundle;
pub mod certificate;
pub mod check;
pub mod codec;
mod env;
pub mod epoch;
pub mod execute;
pub mod genesis;
pub mod governance;
pub mod handover;
pub mod header;
pub mod ids;
pub mod keys;
pub mod light;
pub mod member;
pub mod merkle;
pub mod outcome;
pub mod proofs;
pub mod reject;
pub mod request;
pub mod signature;
pub mod state;
pub mod text;
pub mod tx;
pub mod validators;
pub mod verifier;

#[cfg(test)]
mod tests;
