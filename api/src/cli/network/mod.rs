//! `tacit network`: making networks of several validators and deciding about them; and running a node from its
//! configuration file.

pub mod candidate;
pub mod change;
pub mod development;
pub mod init;
pub mod lists;
pub mod serve;
pub mod votes;

use clap::Subcommand;
use std::path::{Path, PathBuf};

use crate::cli::run::Context;
use crate::errors::ApiResult;
use crate::files;

/// File beside a consensus key that has signed nothing yet. The node removes it before its first vote.
const UNUSED: &str = "unused";

/// Where the mark of an unused consensus key is.
pub(super) fn unused_mark(keys: &Path) -> PathBuf {
    keys.join(UNUSED)
}

/// Marks a consensus key that was just made.
///
/// # Errors
/// When the file cannot be written.
pub(super) fn mark_unused(keys: &Path) -> ApiResult<()> {
    let what = "This consensus key has signed nothing yet. The node removes this file before its first vote: never put it back.\n";
    files::write_atomic(&unused_mark(keys), what.as_bytes())
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum NetworkCommand {
    /// Make keys, one genesis file and a configuration for each validator of a new development network.
    #[command(
        after_help = "Example: tacit network init --validators 4 --out consortium\n\nThe proving keys come from a setup by one party, so the network is marked as a development chain; keys from a ceremony come later."
    )]
    Init(init::InitArgs),
    /// Make the keys of a validator that is to join, and the validator.json that the others add.
    #[command(
        after_help = "Example: tacit network candidate --dir validator-5 --name \"validator 5\" --address node5.example.org:7000"
    )]
    Candidate(candidate::CandidateArgs),
    /// Propose a change of the validators, the members or the policy, as a validator's operator.
    #[command(
        after_help = "Example: tacit network propose --dir validator-1/governance --net net add-validator validator-5/validator.json"
    )]
    Propose(votes::ProposeArgs),
    /// Vote for a proposal. The vote that completes a quorum enacts it.
    #[command(
        after_help = "Example: tacit network approve 3 --digest 5f… --dir validator-2/governance --net net"
    )]
    Approve(votes::ApproveArgs),
    /// Take an own proposal back.
    #[command(
        after_help = "Example: tacit network withdraw 3 --dir validator-1/governance --net net"
    )]
    Withdraw(votes::WithdrawArgs),
    /// List the proposals that are open, with the votes that are missing.
    #[command(after_help = "Example: tacit network proposals --net net")]
    Proposals(lists::ListArgs),
    /// List the validators of this epoch and, where they differ, of the next; the policy, and the audit key.
    #[command(after_help = "Example: tacit network validators --net net")]
    Validators(lists::ListArgs),
    /// List the members with their roles and keys, and whether they are suspended.
    #[command(after_help = "Example: tacit network members --net net")]
    Members(lists::ListArgs),
}

/// Runs one of the commands.
///
/// # Errors
/// Those of the command.
pub async fn run(command: NetworkCommand, context: &Context) -> ApiResult<()> {
    match command {
        NetworkCommand::Init(args) => {
            let made = init::init(&args, context).await?;
            context.output.result(&made, init::Made::to_string)?;
            if let Some(first) = made.validators.first() {
                let config = first.config.display();
                context.output.note(&format!(
                    "next, on each machine: tacit node --config {config}"
                ));
            }
            Ok(())
        }
        NetworkCommand::Candidate(args) => {
            let made = candidate::make(&args)?;
            context.output.result(&made, candidate::Made::to_string)
        }
        NetworkCommand::Propose(args) => {
            let voted = votes::propose(&args).await?;
            context.output.result(&voted, votes::Voted::to_string)
        }
        NetworkCommand::Approve(args) => {
            let voted = votes::approve(&args).await?;
            context.output.result(&voted, votes::Voted::to_string)
        }
        NetworkCommand::Withdraw(args) => {
            let voted = votes::withdraw(&args).await?;
            context.output.result(&voted, votes::Voted::to_string)
        }
        NetworkCommand::Proposals(args) => {
            let listed = lists::proposals(&args).await?;
            context.output.result(&listed, lists::Proposals::to_string)
        }
        NetworkCommand::Validators(args) => {
            let listed = lists::validators(&args).await?;
            context.output.result(&listed, lists::Standing::to_string)
        }
        NetworkCommand::Members(args) => {
            let listed = lists::members(&args).await?;
            context.output.result(&listed, lists::Members::to_string)
        }
    }
}
