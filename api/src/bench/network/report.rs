//! What was measured.

use serde::Serialize;
use std::fmt;
use std::time::Duration;

/// A network's figures.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Validators.
    pub(super) validators: u16,
    /// The machine that all of them shared with their clients.
    pub(super) machine: Machine,
    /// How to do the same by hand.
    pub(super) commands: Vec<String>,
    /// Whether this is an optimised build.
    pub(super) build: &'static str,
    /// Making one proof before, in milliseconds.
    pub(super) prove_ms: f64,
    /// Transactions one at a time.
    pub(super) low_load: Phase,
    /// As many as the network takes.
    pub(super) full_load: Phase,
    /// Time in proof verification over the time of full load, mean of the validators. Several threads count several times.
    pub(super) proof_share: f64,
    /// The same with one validator killed.
    pub(super) one_killed: Option<Killed>,
    /// Memory of each validator after full load.
    pub(super) memory: Vec<Memory>,
    /// What a development chain has to say.
    pub(super) warning: &'static str,
}

/// Times from submission to finality, as clients see them.
#[derive(Debug, Serialize)]
pub(super) struct Phase {
    /// Transactions, each with a proof.
    pub(super) transactions: usize,
    /// From the first submission to the last answer.
    pub(super) seconds: f64,
    /// Transactions a second.
    pub(super) per_second: f64,
    /// Median.
    pub(super) p50_ms: f64,
    /// 95th percentile.
    pub(super) p95_ms: f64,
    /// The slowest.
    pub(super) max_ms: f64,
}

/// Full load without one validator.
#[derive(Debug, Serialize)]
pub(super) struct Killed {
    /// The figures.
    pub(super) load: Phase,
    /// Its rate over the full rate.
    pub(super) of_full_rate: f64,
}

/// Memory of a process in bytes; `null` where the system does not say.
#[derive(Debug, Serialize)]
pub(super) struct Memory {
    /// Whose.
    pub(super) validator: String,
    /// Resident now.
    pub(super) resident_bytes: Option<u64>,
    /// Most so far.
    pub(super) peak_bytes: Option<u64>,
}

/// Where it was measured.
#[derive(Debug, Serialize)]
pub(super) struct Machine {
    /// Threads that run at a time.
    pub(super) processors: usize,
    /// The processor's name.
    pub(super) model: Option<String>,
    /// Operating system and architecture.
    pub(super) system: String,
}

impl Machine {
    /// This one.
    pub(super) fn this() -> Self {
        let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let model = cpu.lines().find_map(|line| line.strip_prefix("model name"));
        Self {
            processors: std::thread::available_parallelism().map_or(1, usize::from),
            model: model.map(|text| text.trim_start_matches([' ', '\t', ':']).to_owned()),
            system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
        }
    }
}

/// Whether this is an optimised build.
pub(super) fn build() -> &'static str {
    match cfg!(debug_assertions) {
        true => "debug: no figures to quote",
        false => "release",
    }
}

impl Phase {
    /// From milliseconds of each transaction; `took` is their sum unless they ran at the same time.
    pub(super) fn of(mut times: Vec<f64>, took: Option<Duration>) -> Self {
        times.sort_by(f64::total_cmp);
        let at = |part: f64| {
            let rank = (times.len() as f64 * part).ceil().max(1.0) as usize - 1;
            times.get(rank).copied().unwrap_or_default()
        };
        let seconds = took.map_or_else(
            || times.iter().sum::<f64>() / 1e3,
            |took| took.as_secs_f64(),
        );
        Self {
            transactions: times.len(),
            seconds,
            per_second: times.len() as f64 / seconds.max(f64::EPSILON),
            p50_ms: at(0.5),
            p95_ms: at(0.95),
            max_ms: at(1.0),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for command in &self.commands {
            writeln!(f, "$ {command}")?;
        }
        let machine = &self.machine;
        let model = machine.model.as_deref().unwrap_or("unknown processor");
        writeln!(
            f,
            "{} threads, {model}, {}; {}",
            machine.processors, machine.system, self.build
        )?;
        writeln!(
            f,
            "{} validators; one proof took {:.0} ms to make",
            self.validators, self.prove_ms
        )?;
        writeln!(
            f,
            "low load: finality p50 {:.0} ms, p95 {:.0} ms ({} transactions)",
            self.low_load.p50_ms, self.low_load.p95_ms, self.low_load.transactions
        )?;
        writeln!(
            f,
            "full load: {:.1} transactions a second, p50 {:.0} ms, p95 {:.0} ms ({} transactions); {:.0} % of the time in proof \
             verification",
            self.full_load.per_second,
            self.full_load.p50_ms,
            self.full_load.p95_ms,
            self.full_load.transactions,
            100.0 * self.proof_share
        )?;
        if let Some(killed) = &self.one_killed {
            writeln!(
                f,
                "one validator killed: {:.1} transactions a second, {:.0} % of the full rate",
                killed.load.per_second,
                100.0 * killed.of_full_rate
            )?;
        }
        for memory in &self.memory {
            let mb = |bytes: Option<u64>| bytes.map_or(0.0, |bytes| bytes as f64 / 1e6);
            let (now, peak) = (mb(memory.resident_bytes), mb(memory.peak_bytes));
            writeln!(
                f,
                "{}: {now:.0} MB resident, {peak:.0} MB peak",
                memory.validator
            )?;
        }
        write!(f, "{}", self.warning)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_times_that_were_measured() {
        let phase = Phase::of(
            (1..=100).rev().map(f64::from).collect(),
            Some(Duration::from_secs(4)),
        );
        assert_eq!(
            (phase.p50_ms, phase.p95_ms, phase.max_ms),
            (50.0, 95.0, 100.0)
        );
        assert_eq!(phase.per_second, 25.0);
        let one = Phase::of(vec![7.0], None);
        assert_eq!((one.p50_ms, one.p95_ms, one.max_ms), (7.0, 7.0, 7.0));
    }
}
