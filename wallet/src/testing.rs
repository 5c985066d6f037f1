//! What the tests of this crate share.

use rand::{SeedableRng, rngs::StdRng};

/// Randomness that is the same in every run.
pub fn rng(seed: u64) -> StdRng {
    StdRng::seed_from_u64(seed)
}
