//! The command tree and the process around it.

use clap::{Parser, Subcommand};
use std::process::ExitCode;

use crate::bench;
use crate::cli::audit::AuditCommand;
use crate::cli::output::{Format, Output};
use crate::cli::{
    audit, issuer, light, network, node, platform, sd_jwt, snapshot, vault, verify, w3c, wallet,
};
use crate::demo::{self, DemoArgs};
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
    /// Found a chain, run a node, admit members.
    Node(node::NodeArgs),
    /// Make the files of a network of several validators.
    #[command(subcommand)]
    Network(network::NetworkCommand),
    /// Fetch the state of a running chain, for a node that joins it.
    #[command(subcommand)]
    Snapshot(snapshot::SnapshotCommand),
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
    /// Play the whole story on this machine: every role, every refusal, and a search for what must not be found.
    #[command(after_help = "Example: tacit demo --keep demo-data")]
    Demo(DemoArgs),
    /// Follow the chain without trusting a node, and prove what stands on it.
    #[command(subcommand)]
    Light(light::LightCommand),
    /// Credentials in the W3C's formats, for other people's software: issue, verify, serve over HTTP.
    #[command(subcommand)]
    W3c(w3c::W3cCommand),
    /// Credentials of which the holder shows parts (SD-JWT VC): issue, present, verify.
    #[command(subcommand)]
    SdJwt(sd_jwt::SdJwtCommand),
    /// Check a bundle of any kind, with no network.
    #[command(after_help = "Example: tacit verify proof.json --genesis net/genesis.json")]
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
        Err(error) => return not_a_command(&error),
    };
    let context = Context {
        output: Output::new(arguments.format),
    };
    logging::start(context.output.is_json());
    match block_on(run(arguments.command, &context)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error);
            ExitCode::FAILURE
        }
    }
}

/// Prints an error: one line, whatever a path or an argument in it looks like.
fn complain(error: &ApiError) {
    let text = error.to_string();
    eprintln!("error: {}", text.replace(char::is_control, " "));
}

/// Help and version as they are; anything else is a usage error.
fn not_a_command(error: &clap::Error) -> ExitCode {
    use clap::error::ErrorKind;
    let code = ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
    match error.kind() {
        ErrorKind::DisplayHelp
        | ErrorKind::DisplayVersion
        | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => drop(error.print()),
        _ => complain(&ApiError::new(&reason::USAGE, usage(&error.to_string()))),
    }
    code
}

/// What is wrong, of clap's many lines: those before the usage, put into one.
fn usage(text: &str) -> String {
    let lines = text.lines().map(str::trim);
    let wrong: Vec<&str> = lines
        .take_while(|line| !line.starts_with("Usage:") && !line.starts_with("For more"))
        .filter(|line| !line.is_empty())
        .collect();
    let wrong = wrong.join(" ");
    wrong.strip_prefix("error: ").unwrap_or(&wrong).to_owned()
}

async fn run(command: Command, context: &Context) -> ApiResult<()> {
    if context.output.is_csv() && !matches!(command, Command::Audit(AuditCommand::Report(_))) {
        let what = "--format csv is for audit report";
        return Err(ApiError::new(&reason::USAGE, what));
    }
    match command {
        Command::Node(args) => node::run(args, context).await,
        Command::Network(command) => network::run(command, context).await,
        Command::Snapshot(command) => snapshot::run(command, context).await,
        Command::Vault(command) => vault::run(command, context).await,
        Command::Issuer(command) => issuer::run(command, context).await,
        Command::Bench(command) => bench::run(command, context).await,
        Command::Wallet(command) => wallet::run(command, context).await,
        Command::Platform(command) => platform::run(command, context).await,
        Command::Audit(command) => audit::run(command, context).await,
        Command::Demo(args) => demo::run(&args, context).await,
        Command::Light(command) => light::run(command, context).await,
        Command::W3c(command) => w3c::run(command, context).await,
        Command::SdJwt(command) => sd_jwt::run(command, context).await,
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
