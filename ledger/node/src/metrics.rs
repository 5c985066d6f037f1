//! What a node counts for its operator: progress, load and faults, never who did what in a transaction.
//!
//! Names follow Prometheus' conventions (base units, `_total` for counters). Cloning gives a handle to the same numbers.

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{
        counter::Counter,
        family::Family,
        gauge::Gauge,
        histogram::{Histogram, exponential_buckets},
    },
    registry::Registry,
};
use std::{
    sync::atomic::{AtomicI64, AtomicU64},
    time::Duration,
};
use tacit_ledger::{header::Header, ids::BlockTime};

/// Bounds of the histograms in seconds: 5 ms to some 80 s, doubling.
const BUCKETS: (f64, f64, u16) = (0.005, 2.0, 15);

/// Label that names a validator.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByValidator {
    validator: String,
    key: String,
}

/// See the module.
#[derive(Clone, Debug)]
pub struct Metrics {
    height: Gauge,
    tip_time: Gauge<f64, AtomicU64>,
    blocks: Counter,
    transactions: Counter,
    block_lag: Histogram,
    finality: Histogram,
    proofs: Counter,
    proof_seconds: Counter<f64, AtomicU64>,
    refused_blocks: Counter,
    equivocations: Family<ByValidator, Counter>,
    peers: Gauge,
    mempool_txs: Gauge,
    mempool_bytes: Gauge,
    disk_bytes: Gauge<i64, AtomicI64>,
}

impl Default for Metrics {
    fn default() -> Self {
        let seconds = || {
            let (start, factor, count) = BUCKETS;
            Histogram::new(exponential_buckets(start, factor, count))
        };
        Self {
            height: Gauge::default(),
            tip_time: Gauge::default(),
            blocks: Counter::default(),
            transactions: Counter::default(),
            block_lag: seconds(),
            finality: seconds(),
            proofs: Counter::default(),
            proof_seconds: Counter::default(),
            refused_blocks: Counter::default(),
            equivocations: Family::default(),
            peers: Gauge::default(),
            mempool_txs: Gauge::default(),
            mempool_bytes: Gauge::default(),
            disk_bytes: Gauge::default(),
        }
    }
}

impl Metrics {
    /// Makes the numbers readable through a registry.
    pub fn register(&self, registry: &mut Registry) {
        registry.register(
            "height",
            "Height of the newest final block",
            self.height.clone(),
        );
        registry.register(
            "tip_time_seconds",
            "Time of the newest final block, in seconds since 1970",
            self.tip_time.clone(),
        );
        registry.register(
            "blocks",
            "Blocks that became final here since the start",
            self.blocks.clone(),
        );
        registry.register(
            "transactions",
            "Transactions in these blocks",
            self.transactions.clone(),
        );
        registry.register(
            "block_lag_seconds",
            "From a block's time to its finality here, by this machine's clock",
            self.block_lag.clone(),
        );
        registry.register(
            "finality_seconds",
            "From a transaction's submission here to its finality here",
            self.finality.clone(),
        );
        registry.register(
            "proofs_verified",
            "Proofs that this node verified",
            self.proofs.clone(),
        );
        registry.register(
            "proof_verification_seconds",
            "Time spent on verifying them",
            self.proof_seconds.clone(),
        );
        registry.register(
            "refused_blocks",
            "Proposed blocks that break a rule",
            self.refused_blocks.clone(),
        );
        registry.register(
            "equivocations",
            "Conflicting votes or proposals of a validator that this node has evidence of",
            self.equivocations.clone(),
        );
        registry.register(
            "peers",
            "Validators this node is connected to",
            self.peers.clone(),
        );
        registry.register(
            "mempool_transactions",
            "Transactions that wait for a block",
            self.mempool_txs.clone(),
        );
        registry.register(
            "mempool_bytes",
            "Bytes of them, sidecars included",
            self.mempool_bytes.clone(),
        );
        registry.register(
            "disk_bytes",
            "Bytes of the data folder",
            self.disk_bytes.clone(),
        );
    }

    /// A block became final here. While a node catches up, the lag is how far behind it was.
    pub(crate) fn committed(&self, header: &Header, txs: usize, now: BlockTime) {
        self.at(header);
        self.blocks.inc();
        self.transactions.inc_by(txs as u64);
        let lag = Duration::from_millis(now.0.saturating_sub(header.time.0));
        self.block_lag.observe(lag.as_secs_f64());
    }

    /// The newest final block, as found at the start.
    pub(crate) fn at(&self, header: &Header) {
        self.height.set(signed(header.height.0));
        self.tip_time
            .set(Duration::from_millis(header.time.0).as_secs_f64());
    }

    /// A transaction that was submitted here became final here.
    pub(crate) fn finalized(&self, after: Duration) {
        self.finality.observe(after.as_secs_f64());
    }

    /// Proofs were verified.
    pub(crate) fn verified(&self, proofs: usize, took: Duration) {
        self.proofs.inc_by(proofs as u64);
        self.proof_seconds.inc_by(took.as_secs_f64());
    }

    /// A proposed block broke a rule.
    pub(crate) fn refused_block(&self) {
        self.refused_blocks.inc();
    }

    /// How often there is evidence that a validator signed two things of which it may sign one: by its name, and by its
    /// consensus key in hex.
    pub(crate) fn equivocations(&self, name: &str, key: &str, proven: u64) {
        let label = ByValidator {
            validator: name.to_owned(),
            key: key.to_owned(),
        };
        let counter = self.equivocations.get_or_create(&label);
        counter.inc_by(proven.saturating_sub(counter.get()));
    }

    /// How many validators this node is connected to.
    pub fn peers(&self, connected: usize) {
        self.peers.set(signed(connected as u64));
    }

    /// What waits and what lies on the disk.
    pub(crate) fn load(&self, mempool_txs: usize, mempool_bytes: usize, disk_bytes: u64) {
        self.mempool_txs.set(signed(mempool_txs as u64));
        self.mempool_bytes.set(signed(mempool_bytes as u64));
        self.disk_bytes.set(signed(disk_bytes));
    }
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_has_each_number_under_its_name() {
        let (metrics, mut registry) = (Metrics::default(), Registry::with_prefix("tacit"));
        metrics.register(&mut registry);
        metrics.refused_block();
        metrics.equivocations("Example Bank", "5f", 1);
        metrics.equivocations("Example Bank", "5f", 2);
        metrics.equivocations("Example Bank", "77", 1);
        metrics.peers(3);
        metrics.load(2, 700, 1 << 40);
        metrics.verified(5, Duration::from_millis(250));
        metrics.finalized(Duration::from_millis(400));
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &registry).unwrap();
        for line in [
            "tacit_refused_blocks_total 1",
            "tacit_equivocations_total{validator=\"Example Bank\",key=\"5f\"} 2",
            "tacit_equivocations_total{validator=\"Example Bank\",key=\"77\"} 1",
            "tacit_peers 3",
            "tacit_mempool_transactions 2",
            "tacit_disk_bytes 1099511627776",
            "tacit_proofs_verified_total 5",
            "tacit_proof_verification_seconds_total 0.25",
            "tacit_finality_seconds_count 1",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}: {text}");
        }
    }
}
