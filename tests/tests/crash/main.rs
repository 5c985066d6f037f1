//! Processes killed at every write, under load and in the middle of a transfer.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod download;
mod node;
mod panic;
mod sharing;
