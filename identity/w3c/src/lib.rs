//! Identity that other people's software accepts: W3C Verifiable Credentials 2.0, Data Integrity 1.0, Bitstring Status List 1.0.
//!
//! Pure, like `tacit-identity` below it: no input or output, no clock, no randomness; contexts are bundled, keys are found by a
//! function that the caller gives.
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`context`] | the JSON-LD contexts that documents may name, pinned |
//! | [`rdf`] | from JSON-LD to canonical N-Quads, nothing dropped, work bounded |
//! | [`integrity`] | Data Integrity proofs of both EdDSA suites, alone, in sets and in chains |
//! | [`model`] | the rules of the data model for credentials and presentations, and their verification |
//! | [`status`] | Bitstring Status Lists |
//! | [`time`], [`url`] | `xsd:dateTimeStamp`; what counts as a URL |
//!
//! Every error has a stable code, its method `reason`; those that HTTP answers name have a problem type, their method `problem`.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod context;
pub mod integrity;
pub mod model;
mod problem;
pub mod rdf;
pub mod status;
pub mod url;

pub use tacit_identity::time;
