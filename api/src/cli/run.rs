//! The command tree and the process around it.

use clap::{Parser, Subcommand};
use std::process::ExitCode;

use crate::bench;
use crate::cli::output::{Format, Output};
use crate::cli::{audit, issuer, node, platform, vault, verify, wallet};
use crate::errors::{ApiError, ApiResult, catalogue as reason};
use crate::logging;

/// Prove facts about yourself, share documents under grants, and audit all of it.
#[derive(Parser)]
#[command(
    name = "tacit",
    version,
    disable_help_subcommand = true,
    max_term_width = 100
)]
struct Arguments {
    /// How results are printed.
    #[arg(long, value_enum, default_value_t, global = true)]
    format: Format,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Found a chain, run its validator, admit members.
    #[command(subcommand)]
    Node(node::NodeCommand),
    /// Keep sealed objects, carry requests, relay transactions.
    #[command(subcommand)]
    Vault(vault::VaultCommand),
    /// Register schemas, offer credentials, issue and revoke them.
    #[command(subcommand)]
    Issuer(issuer::IssuerCommand),
    /// Measure what the pieces cost on this machine.
    #[command(subcommand)]
    Bench(bench::BenchCommand),
    /// Hold credentials and documents; prove, share, revoke, and see who read what.
    #[command(subcommand)]
    Wallet(wallet::WalletCommand),
    /// Ask people for data, and read it under a grant.
    #[command(subcommand)]
    Platform(platform::PlatformCommand),
    /// Register the reviewers' key; open grants and accesses, for a stated purpose.
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    /// Check a presentation's bundle, with no network.
    #[command(after_help = "Example: tacit verify proof.json --net net")]
    Verify(verify::VerifyArgs),
}

/// What every command is given.
#[derive(Clone, Copy, Debug)]
pub struct Context {
    /// Where results go.
    pub output: Output,
}

/// Runs the command line of this process. Errors are one line on stderr.
pub fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and usage errors, in clap's own words and with its exit status.
            drop(error.print());
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let context = Context {
        output: Output::new(arguments.format),
    };
    logging::start(context.output.is_json());
    match block_on(run(arguments.command, &context)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command, context: &Context) -> ApiResult<()> {
    match command {
        Command::Node(command) => node::run(command, context).await,
        Command::Vault(command) => vault::run(command, context).await,
        Command::Issuer(command) => issuer::run(command, context).await,
        Command::Bench(command) => bench::run(command, context).await,
        Command::Wallet(command) => wallet::run(command, context).await,
        Command::Platform(command) => platform::run(command, context).await,
        Command::Audit(command) => audit::run(command, context).await,
        Command::Verify(args) => verify::run(&args, context),
    }
}

fn block_on(work: impl Future<Output = ApiResult<()>>) -> ApiResult<()> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| ApiError::new(&reason::INTERNAL, format!("no runtime: {}", error.kind())))?
        .block_on(work)
}
