//! The building blocks of circuits. Each has a native twin with the same domain tag, and a test that both agree.

mod choose;
mod live;
mod poseidon;
mod range;

pub use choose::{distance_to_set, in_set, is_zero, mux, non_zero};
pub use live::{LiveBits, climb, ended_root, is_clear, note_root};
pub use poseidon::hash;
pub use range::{bits_of, gated_range, range};
