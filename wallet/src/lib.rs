//! The holder's side of Tacit: secrets, credentials, documents, grants, and what the chain says about them.
//!
//! | module | what |
//! | --- | --- |
//! | [`mod@seed`], [`mod@derive`] | the one secret to keep, and everything that follows from it |
//! | [`mod@file`], [`state`] | the encrypted file and what is in it: every leaf with the journal of its way to the chain |
//! | [`persona`] | several persons that one wallet is towards others |
//! | [`wallet`] | an open wallet: its other methods stand in the modules below |
//! | [`mod@backup`] | the whole wallet under a passphrase: restored elsewhere, moved to another device |
//! | [`slot`] | the backup at a vault, and a wallet recovered from its seed alone |
//! | [`sync`] | reading the chain without telling which leaf is one's own |
//! | [`issuance`], [`mod@prove`] | getting credentials, proving facts from them |
//! | [`present`] | showing a credential in plain |
//! | [`record`] | documents: sealing them, their leaves |
//! | [`inbox`], [`review`], [`share`], [`grant`], [`answer`] | a request: taken in, looked at, decided, granted, answered |
//! | [`mod@rotate`] | a new secret behind what comes next |
//! | [`access_log`] | who read what |
//! | [`unfinished`] | what was begun and cut off |
//! | [`error`] | what can go wrong |
//!
//! No clock, no network, no thread: a node is read through [`sync::LedgerSource`], time is the chain's, randomness is
//! given, and the only input and output is the wallet file. Every change is on disk before the method that makes it
//! returns, and every step that was cut off is taken again by calling the same method again.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod access_log;
pub mod answer;
pub mod backup;
pub mod codec;
pub mod derive;
mod end;
pub mod error;
pub mod file;
pub mod grant;
pub mod inbox;
pub mod issuance;
mod leaf;
pub mod persona;
pub mod present;
pub mod prove;
pub mod record;
pub mod review;
pub mod rotate;
pub mod seed;
pub mod share;
pub mod slot;
pub mod state;
mod statement;
pub mod sync;
mod terms;
#[cfg(test)]
mod testing;
pub mod unfinished;
pub mod wallet;

pub use error::WalletError;
pub use wallet::Wallet;
