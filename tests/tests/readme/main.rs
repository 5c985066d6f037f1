//! What the README promises: the demo and the tour, word by word.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod demo;
mod tour;
