//! The holder's side of Tacit: secrets, credentials, paths, proving and sharing.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod access_log;
pub mod codec;
pub mod derive;
mod end;
pub mod error;
pub mod file;
pub mod grant;
pub mod inbox;
pub mod issuance;
mod leaf;
pub mod prove;
pub mod record;
pub mod review;
pub mod seed;
pub mod share;
pub mod state;
mod statement;
pub mod sync;
#[cfg(test)]
mod testing;
pub mod wallet;
