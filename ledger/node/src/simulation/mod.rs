//! The whole network in one process with virtual time: engine, state machine, mempool and catch-up of every validator run as
//! they do on machines, while a seed decides what goes wrong. The same seed gives the same run.
//!
//! What is simulated is what lies around the nodes: network, clocks, disks and power. Proofs are verified; they are made with
//! the trapdoor of the simulated chain's keys, because real ones take a second each.

mod clients;
#[cfg(test)]
mod hostile_tests;
mod machine;
mod mischief;
mod scenario;
mod trapdoor;
pub(crate) mod world;

pub use mischief::Mischief;

use commonware_runtime::{Runner as _, deterministic};
use scenario::Scenario;
use std::{
    collections::BTreeMap,
    time::{Duration, UNIX_EPOCH},
};

/// What happened in a simulated network that kept all promises.
#[derive(Clone, Debug)]
pub struct Report {
    /// The seed.
    pub seed: u64,
    /// Number of validators.
    pub validators: usize,
    /// What one of them did wrong all the time.
    pub mischief: Option<Mischief>,
    /// Simulated time.
    pub virtual_time: Duration,
    /// Height that was reached.
    pub height: u64,
    /// Transactions that clients know to be final.
    pub transactions: u64,
    /// Faults by their kind.
    pub faults: BTreeMap<&'static str, u64>,
    /// Proven misbehaviour that an honest node recorded.
    pub evidence: u64,
    /// Digest of everything the runtime did: equal for two runs of one seed.
    pub state: String,
}

impl Report {
    fn new(seed: u64, validators: usize, mischief: Option<Mischief>) -> Self {
        Self {
            seed,
            validators,
            mischief,
            virtual_time: Duration::ZERO,
            height: 0,
            transactions: 0,
            faults: BTreeMap::new(),
            evidence: 0,
            state: String::new(),
        }
    }
}

/// A promise that did not hold.
#[derive(Clone, Debug, thiserror::Error)]
#[error("seed {seed}: {what}")]
pub struct Violation {
    /// Running this seed again shows it again.
    pub seed: u64,
    /// Which one, and where.
    pub what: String,
}

/// Simulates the network of a seed.
///
/// # Errors
/// [`Violation`] when two nodes finalize different blocks, an acknowledged transaction is not on the chain exactly once, a
/// state root or a sidecar is missing or differs, a false proof becomes final, an honest node stops or is shut out, or the
/// network stands still with at most f of 3f + 1 validators faulty.
pub fn run(seed: u64) -> Result<Report, Violation> {
    let config = deterministic::Config::default()
        .with_seed(seed)
        .with_start_time(UNIX_EPOCH + Duration::from_secs(world::START))
        .with_timeout(Some(Duration::from_secs(3600)));
    let runner = deterministic::Runner::new(config);
    let played =
        runner.start(|context| async move { Scenario::new(context, seed).await?.play().await });
    played.map_err(|what| Violation { seed, what })
}
