//! The services. Each file holds one service and turns messages into calls of the crates below, and nothing else.

pub mod audit;
pub mod backups;
pub mod connections;
pub mod credentials;
pub mod fields;
mod headers;
pub mod identity;
pub mod issuance;
pub mod ledger;
pub mod pace;
pub mod pages;
pub mod run;
pub mod sharing;
pub mod sync;
pub mod vault;
