//! `tacit network`: making networks of several validators; and running a node from its configuration file.

pub mod development;
pub mod init;
pub mod serve;

use clap::Subcommand;

use crate::cli::run::Context;
use crate::errors::ApiResult;

/// The commands.
#[derive(Debug, Subcommand)]
pub enum NetworkCommand {
    /// Make keys, one genesis file and a configuration for each validator of a new development network.
    #[command(
        after_help = "Example: tacit network init --validators 4 --out consortium\n\nThe proving keys come from a setup by one party, so the network is marked as a development chain; keys from a ceremony come later."
    )]
    Init(init::InitArgs),
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
    }
}
