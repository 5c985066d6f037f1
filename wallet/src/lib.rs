//! The holder's side of Tacit: secrets, credentials, paths, proving and sharing.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod derive;
pub mod file;
pub mod seed;
#[cfg(test)]
mod testing;
