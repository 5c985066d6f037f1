//! `tacit platform bundle`: what a platform shows to somebody without a network.

use clap::{Args, Subcommand};
use std::path::PathBuf;

use super::open;
use crate::cli::bundle::Written;
use crate::cli::place::Place;
use crate::cli::run::Context;
use crate::errors::ApiResult;

/// The bundles that a platform makes.
#[derive(Debug, Subcommand)]
pub enum BundleCommand {
    /// An access that you made: what you read, under which grant, and when.
    #[command(
        after_help = "Example: tacit platform bundle receipt --out receipt.json --dir shop --net net"
    )]
    Receipt(ReceiptArgs),
    /// A grant that you were given: its terms, and whether it is live.
    #[command(
        after_help = "Example: tacit platform bundle grant --out grant.json --dir shop --net net"
    )]
    Grant(GrantArgs),
}

/// Arguments of `platform bundle receipt`.
#[derive(Clone, Debug, Args)]
pub struct ReceiptArgs {
    /// Where.
    #[command(flatten)]
    pub place: Place,
    /// Id of the request, or the beginning of it; the newest when left out.
    pub request: Option<String>,
    /// Number of the use, from 0; the newest when left out.
    #[arg(long = "use")]
    pub number: Option<u16>,
    /// File to write the bundle to.
    #[arg(long)]
    pub out: PathBuf,
}

/// Arguments of `platform bundle grant`.
#[derive(Clone, Debug, Args)]
pub struct GrantArgs {
    /// Where.
    #[command(flatten)]
    pub place: Place,
    /// Id of the request, or the beginning of it; the newest when left out.
    pub request: Option<String>,
    /// File to write the bundle to.
    #[arg(long)]
    pub out: PathBuf,
}

/// Runs one of the commands.
///
/// # Errors
/// When there is no such grant or access, or the node does not deliver.
pub async fn run(command: BundleCommand, context: &Context) -> ApiResult<()> {
    let written = match command {
        BundleCommand::Receipt(args) => {
            let platform = open(&args.place, context).await?;
            let request = platform.find(args.request.as_deref())?;
            let bundle = platform.receipt_bundle(&request, args.number).await?;
            Written::new(&bundle, &args.out)?
        }
        BundleCommand::Grant(args) => {
            let platform = open(&args.place, context).await?;
            let request = platform.find(args.request.as_deref())?;
            Written::new(&platform.grant_bundle(&request).await?, &args.out)?
        }
    };
    written.print(context.output)
}
