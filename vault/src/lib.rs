//! Sealed objects, sealed keys and messages, and the vault that keeps them without being able to read them.
//!
//! | module | what | IO |
//! | --- | --- | --- |
//! | [`object`] | the encrypted object: sealing and opening in constant memory | only `open_to_file` |
//! | [`envelope`] | HPKE: a data key for a grantee, requests and answers | no |
//! | [`hpke_keys`] | X25519 keys | no |
//! | [`ids`] | callers, sessions, addresses | no |
//! | [`serve`] | when an object is served under a receipt | no |
//! | [`inbox`] | requests and answers: states and bounds | no |
//! | [`slot`] | backups of wallets: names, revisions, sizes | no |
//! | [`keys`] | every key derivation and hash of the crate | no |
//! | [`store`] | the vault on disk | yes |
//!
//! The vault never asks the ledger: what the chain says and who a caller is are arguments.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod bytes;
pub mod envelope;
pub mod hpke_keys;
pub mod ids;
pub mod inbox;
pub mod keys;
pub mod object;
pub mod serve;
pub mod slot;
pub mod store;
#[cfg(test)]
mod test_rng;

pub use bytes::ParseHexError;
