//! `tacit demo`: the whole story on this machine, with one process for every command of every role.
//!
//! Nothing here has a short cut: servers are processes of this very program, and every role acts through the commands that
//! people type, in a folder of its own. Only the thief uses the library, because no command steals.

mod chain;
mod claims;
mod plants;
mod report;
pub(crate) mod stage;
mod story;
mod thief;

use clap::Args;
use std::path::PathBuf;

pub use report::Report;

use crate::cli::run::Context;
use crate::errors::{ApiError, ApiResult, catalogue as reason};
use stage::Stage;

/// Arguments of `demo`.
#[derive(Clone, Debug, Args)]
pub struct DemoArgs {
    /// Other claims for the person (JSON object, schema `person`).
    #[arg(long, value_name = "FILE")]
    pub person: Option<PathBuf>,
    /// Another document to share.
    #[arg(long, value_name = "FILE")]
    pub document: Option<PathBuf>,
    /// Validators of the chain, each a process of its own.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=16))]
    pub validators: u16,
    /// Keep everything in this folder, which must be empty or not there yet.
    #[arg(long, value_name = "DIR")]
    pub keep: Option<PathBuf>,
    /// Leak one value on purpose: the search must find it, and the demo must fail.
    #[arg(long)]
    pub plant: bool,
}

/// Runs the command.
///
/// # Errors
/// STORY_FAILED when a step did not do what the story says, PLAINTEXT_FOUND when a planted value was found.
pub async fn run(args: &DemoArgs, context: &Context) -> ApiResult<()> {
    let report = play(args, context).await?;
    context.output.result(&report, Report::to_string)?;
    report.require_as_told()
}

/// `demo`: plays the story.
///
/// # Errors
/// When a step fails that must succeed. A step that must be refused and is not is no error here: see
/// [`Report::require_as_told`].
pub async fn play(args: &DemoArgs, context: &Context) -> ApiResult<Report> {
    let mut stage = Stage::new(args.keep.as_deref(), context)?;
    let told = story::tell(&mut stage, args, context).await;
    stage.stop().await;
    told.map_err(|error| match stage.kept() {
        Some(_) => error,
        None => ApiError::new(
            &reason::STORY_FAILED,
            format!("{error}; with --keep DIR everything stays for a look"),
        ),
    })
}
