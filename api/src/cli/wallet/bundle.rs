//! `tacit wallet bundle`: what a holder shows to somebody without a network.

use clap::{Args, Subcommand};
use std::path::PathBuf;
use tacit_ledger::ids::Height;
use tacit_wallet::derive::Counter;

use super::args::WalletPlace;
use crate::cli::bundle::Written;
use crate::cli::run::Context;
use crate::errors::ApiResult;

/// The bundles that a wallet makes.
#[derive(Debug, Subcommand)]
pub enum BundleCommand {
    /// One of your grants: its terms, and whether it is live. Whoever gets the file sees every use of the grant from then on.
    #[command(
        after_help = "Example: tacit wallet bundle grant --grant 2 --out grant.json --dir w --net net"
    )]
    Grant(GrantArgs),
    /// That nobody used one of your grants in a range of heights. Whoever gets the file sees every use of the grant, and the
    /// node that is asked learns that these uses belong together.
    #[command(
        after_help = "Example: tacit wallet bundle absence --grant 2 --from 100 --out absence.json --dir w --net net"
    )]
    Absence(AbsenceArgs),
}

/// Arguments of `wallet bundle grant`.
#[derive(Clone, Debug, Args)]
pub struct GrantArgs {
    #[command(flatten)]
    #[allow(missing_docs)]
    pub place: WalletPlace,
    /// The grant, by its number in the wallet.
    #[arg(long)]
    pub grant: u32,
    /// File to write the bundle to.
    #[arg(long)]
    pub out: PathBuf,
}

/// Arguments of `wallet bundle absence`.
#[derive(Clone, Debug, Args)]
pub struct AbsenceArgs {
    #[command(flatten)]
    #[allow(missing_docs)]
    pub place: WalletPlace,
    /// The grant, by its number in the wallet.
    #[arg(long)]
    pub grant: u32,
    /// First height.
    #[arg(long, default_value_t = 1)]
    pub from: u64,
    /// Last height; the newest without.
    #[arg(long)]
    pub to: Option<u64>,
    /// File to write the bundle to.
    #[arg(long)]
    pub out: PathBuf,
}

/// Runs one of the commands.
///
/// # Errors
/// When the grant is not on the chain, was used in the range, or the node does not deliver.
pub async fn run(command: BundleCommand, context: &Context) -> ApiResult<()> {
    let written = match command {
        BundleCommand::Grant(args) => {
            let mut holder = args.place.open(context).await?;
            let bundle = holder.grant_bundle(Counter(args.grant)).await?;
            Written::new(&bundle, &args.out)?
        }
        BundleCommand::Absence(args) => {
            let mut holder = args.place.open(context).await?;
            let range = (Height(args.from), args.to.map(Height));
            let bundle = holder.absence_bundle(Counter(args.grant), range).await?;
            Written::new(&bundle, &args.out)?
        }
    };
    written.print(context.output)
}
