//! The cryptographic ground of Tacit: field, hashes, commitments, trees, and the zero-knowledge statements over them.
//!
//! Pure: no input or output, no clock, no system randomness. Time and randomness are arguments.
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`tags`] | every domain tag of the workspace |
//! | [`field`] | the scalar field and its canonical bytes |
//! | [`types`] | ids, commitments and secrets as types |
//! | [`vocabulary`] | the closed lists of purposes and data categories |
//! | [`attribute`], [`calendar`] | how claims become field elements; dates and ages |
//! | [`poseidon`] | the in-circuit hash, natively |
//! | [`commit`] | holder keys, bodies, leaves, pseudonyms, nullifiers, receipts |
//! | [`tree`] | the note tree, the ended tree, the platform tree |
//! | [`audit`] | encryption of terms to the reviewers |
//! | [`grant`], [`access`] | the statements of protocol sections 4.2 and 4.3 |
//! | [`r1cs`], [`gadgets`] | constraint systems and what circuits are built from |
//! | [`statement`] | what every statement has in common |
//! | [`show`] | the statement of protocol section 4.1 |
//! | [`open`] | the statement that a holder key opens |
//! | [`keys`] | Groth16 keys |
//! | [`prove`], [`verify`], [`BatchVerifier`], [`Proof`] | proofs of any statement |
//! | [`mod@bench`] | what benchmarks call |
//! | [`pins`] | what is pinned of each statement |
//! | [`context`] | what a proof is bound to |

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod access;
pub mod attribute;
pub mod audit;
pub mod bench;
pub mod calendar;
pub mod commit;
pub mod context;
pub mod field;
pub mod gadgets;
pub mod grant;
pub mod keys;
pub mod open;
pub mod pins;
mod points;
pub mod poseidon;
mod proof;
mod prover;
pub mod r1cs;
mod sample;
pub mod show;
pub mod statement;
pub mod tags;
#[cfg(test)]
mod testing;
pub mod tree;
pub mod types;
mod verifier;
pub mod vocabulary;

pub use proof::Proof;
pub use prover::{Entropy, ProveError, prove};
pub use verifier::{BatchVerifier, VerifyError, verify};
