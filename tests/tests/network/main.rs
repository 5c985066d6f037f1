//! Several validators as processes, and the simulated network of a seed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod change;
mod faults;
mod follow;
mod requests;
mod simulation;
mod snapshot;
mod wiped;
