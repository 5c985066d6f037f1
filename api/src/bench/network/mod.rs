//! `tacit bench network`: a network of real processes on this machine, under grants with real proofs.

mod grants;
mod load;
mod report;

use clap::Args;
use std::time::{Duration, Instant};

use crate::cli::network::init;
use crate::cli::output::{Format, Output};
use crate::cli::run::Context;
use crate::demo::stage::{Role, Stage};
use crate::errors::{ApiError, ApiResult, catalogue as reason};
use load::Load;
pub use report::Report;
use report::{Killed, Machine, Memory, Phase};

const NETWORK: &str = "network";
const REVIEWER: Role = Role::new("reviewer", "audit", "reviewer");
const OPERATOR: Role = Role::new("operator", "node", "network/validator-1/governance");
/// Pause between two transactions at low load.
const PAUSE: Duration = Duration::from_millis(500);

/// Arguments of `bench network`.
#[derive(Clone, Copy, Debug, Args)]
pub struct NetworkArgs {
    /// Validators, each a process of its own.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=16))]
    pub validators: u16,
    /// Transactions at full load; as many again with one validator killed. Each takes some seconds of proving before.
    #[arg(long, default_value_t = 300, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub transactions: u32,
    /// Transactions one at a time, half a second apart.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub single: u32,
    /// Callers that wait for an answer at the same time, at full load.
    #[arg(long, default_value_t = 128, value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub callers: u16,
}

/// Measures a network.
///
/// # Errors
/// When a node or a transaction fails.
pub async fn measure(args: &NetworkArgs, context: &Context) -> ApiResult<Report> {
    // The stage tells a story; here its commands are silent, and their lines are in the report.
    let quiet = Context {
        output: Output::new(Format::Json),
    };
    let mut stage = Stage::new(None, &quiet)?;
    let measured = on_stage(args, context, &mut stage).await;
    stage.stop().await;
    measured
}

async fn on_stage(args: &NetworkArgs, context: &Context, stage: &mut Stage) -> ApiResult<Report> {
    let note = |text: &str| context.output.note(text);
    note("founding a network");
    stage.serve_network(args.validators, NETWORK).await?;
    stage.must(REVIEWER, &["init", "--name", "Load"]).await?;
    stage.admit(OPERATOR, &["reviewer/member.json"]).await?;
    stage.must(REVIEWER, &["key"]).await?;
    stage.audit_key(OPERATOR, "reviewer/audit-key.json").await?;
    let load = Load::connect(stage, args.validators).await?;
    let kills = args.validators > 1;
    let count = args.single + args.transactions * if kills { 2 } else { 1 };
    note(&format!("preparing {count} proofs"));
    let started = Instant::now();
    let mut grants = grants::prepare(&load, count, context).await?;
    let prove_ms = ms(started.elapsed()) / f64::from(count);

    note("one at a time");
    let mut single = Vec::new();
    for grant in grants.split_off(grants.len() - args.single as usize) {
        tokio::time::sleep(PAUSE).await;
        single.push(load.submit(0, &grant).await?);
    }
    note("full load");
    let second = match kills {
        true => grants.split_off(args.transactions as usize),
        false => Vec::new(),
    };
    let before = load.proof_seconds().await?;
    let full = load.press(grants, args.callers, args.validators).await?;
    let after = load.proof_seconds().await?;
    let memory = memory(stage, args.validators);
    let spent = after
        .iter()
        .zip(&before)
        .map(|(after, before)| after - before);
    let share = spent.sum::<f64>() / f64::from(args.validators) / full.seconds;
    let mut one_killed = None;
    if kills {
        note("full load, one validator killed");
        stage
            .kill(&format!("validator-{}", args.validators))
            .await?;
        let without = load
            .press(second, args.callers, args.validators - 1)
            .await?;
        one_killed = Some(Killed {
            of_full_rate: without.per_second / full.per_second,
            load: without,
        });
    }
    Ok(Report {
        validators: args.validators,
        machine: Machine::this(),
        commands: commands(args),
        build: report::build(),
        prove_ms,
        low_load: Phase::of(single, None),
        full_load: full,
        proof_share: share,
        one_killed,
        memory,
        warning: crate::logging::DEVELOPMENT_WARNING,
    })
}

/// What somebody types to do the same by hand.
fn commands(args: &NetworkArgs) -> Vec<String> {
    let network = format!(
        "tacit network init --validators {} --out {NETWORK}",
        args.validators
    );
    let nodes = "tacit node --config network/validator-N/node.toml, for each N".to_owned();
    let bench = format!(
        "tacit bench network --validators {} --transactions {} --single {} --callers {} --format json",
        args.validators, args.transactions, args.single, args.callers
    );
    vec![network, nodes, bench]
}

fn memory(stage: &Stage, validators: u16) -> Vec<Memory> {
    let names = (1..=validators).map(|number| format!("validator-{number}"));
    names
        .map(|name| Memory {
            resident_bytes: stage.memory(&name),
            peak_bytes: stage.peak_memory(&name),
            validator: name,
        })
        .collect()
}

fn ms(time: Duration) -> f64 {
    super::ms(time)
}

fn failed(what: impl Into<String>) -> ApiError {
    ApiError::new(&reason::STORY_FAILED, what)
}

/// Path of the n-th validator's configuration on stage.
fn config(number: u16) -> String {
    format!(
        "{NETWORK}/{}/{}",
        init::folder(number.into()),
        crate::node_config::FILE
    )
}
