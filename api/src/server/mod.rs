//! The services. Each file holds one service and turns messages into calls of the crates below, and nothing else.

pub mod connections;
pub mod run;
