//! `tacit bench`: what the pieces cost on this machine, medians of runs beside a reference load of the same run.

mod network;
mod statements;

use clap::{Args, Subcommand};
use serde::Serialize;
use std::time::{Duration, Instant};

use crate::cli::run::Context;
use crate::errors::{ApiError, ApiResult};

/// The benchmarks.
#[derive(Debug, Subcommand)]
pub enum BenchCommand {
    /// Proving and verifying every statement, alone and in a batch of 64, beside a multi-scalar multiplication.
    #[command(after_help = "Example: tacit bench statements --format json")]
    Statements(RunsArgs),
    /// A network of real processes on this machine: finality, rate with real proofs, memory, and one validator killed.
    #[command(after_help = "Example: tacit bench network --validators 4 --format json")]
    Network(network::NetworkArgs),
}

/// How often each thing is measured.
#[derive(Clone, Copy, Debug, Args)]
pub struct RunsArgs {
    /// Runs of each; the median is reported.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub runs: u16,
}

/// Runs one of the benchmarks.
///
/// # Errors
/// When what is measured does not work.
pub async fn run(command: BenchCommand, context: &Context) -> ApiResult<()> {
    let context = *context;
    match command {
        BenchCommand::Statements(args) => {
            let measuring = move || statements::measure(args, &context);
            let measured = tokio::task::spawn_blocking(measuring).await;
            let measured = measured.map_err(ApiError::internal)??;
            context.output.result(&measured, ToString::to_string)
        }
        BenchCommand::Network(args) => {
            let measured = network::measure(&args, &context).await?;
            context.output.result(&measured, ToString::to_string)
        }
    }
}

/// Several runs of one thing, in milliseconds.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Figure {
    /// The fastest.
    pub min_ms: f64,
    /// The median.
    pub median_ms: f64,
    /// The slowest.
    pub max_ms: f64,
}

impl Figure {
    /// Measures a thing that succeeds, after one run that does not count.
    ///
    /// # Errors
    /// When the thing fails.
    fn of<T>(runs: RunsArgs, mut thing: impl FnMut() -> ApiResult<T>) -> ApiResult<Self> {
        thing()?;
        let mut times = Vec::new();
        for _ in 0..runs.runs.max(1) {
            let start = Instant::now();
            let result = std::hint::black_box(thing()?);
            times.push(start.elapsed());
            drop(result);
        }
        times.sort();
        let at = |index: usize| times.get(index).copied().map_or(0.0, ms);
        Ok(Self {
            min_ms: at(0),
            median_ms: at(times.len() / 2),
            max_ms: at(times.len() - 1),
        })
    }
}

fn ms(time: Duration) -> f64 {
    // Microseconds are as fine as a shared machine can tell.
    (time.as_secs_f64() * 1e6).round() / 1e3
}
