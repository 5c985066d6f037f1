//! A person's wallet: its warnings, its copies, its loss.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod backup;
mod personas;
mod recovery;
mod warning;
