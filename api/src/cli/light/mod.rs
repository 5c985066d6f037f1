//! `tacit light`: a light client at the command line. It trusts a genesis and no node.

mod key;

use clap::{Args, Subcommand};
use std::path::PathBuf;

use crate::cli::bundle::Written;
use crate::cli::run::Context;
use crate::errors::ApiResult;
use crate::follower::Follower;
use crate::net::NetDir;

/// The light client's commands.
#[derive(Debug, Subcommand)]
pub enum LightCommand {
    /// Read a value of the state, or that there is none, with the proof.
    #[command(
        after_help = "Example: tacit light state member 3 --net net --out member.json",
        long_about = format!("Read a value of the state, or that there is none, with the proof.\n\nKeys: {}", key::FORMS)
    )]
    State(StateArgs),
    /// Read a transaction by the request id that its sender chose, with the proof of its place.
    #[command(
        after_help = "Example: tacit light transaction 00112233445566778899aabbccddeeff --net net --out tx.json"
    )]
    Transaction(TransactionArgs),
}

/// Arguments of `light state`.
#[derive(Clone, Debug, Args)]
pub struct StateArgs {
    /// The key: a word and what it names.
    #[arg(required = true, num_args = 1..=2)]
    pub key: Vec<String>,
    /// The net folder, with the genesis that you trust and a node that you need not.
    #[arg(long)]
    pub net: PathBuf,
    /// File to write the bundle to.
    #[arg(long)]
    pub out: PathBuf,
}

/// Arguments of `light transaction`.
#[derive(Clone, Debug, Args)]
pub struct TransactionArgs {
    /// The request id, in hexadecimal digits.
    pub request: String,
    /// The net folder, with the genesis that you trust and a node that you need not.
    #[arg(long)]
    pub net: PathBuf,
    /// File to write the bundle to.
    #[arg(long)]
    pub out: PathBuf,
}

/// Runs one of the commands.
///
/// # Errors
/// When the node does not deliver, or delivers what its certificate does not cover.
pub async fn run(command: LightCommand, context: &Context) -> ApiResult<()> {
    match command {
        LightCommand::State(args) => {
            let key = key::parse(&args.key)?;
            let follower = Follower::connect(&NetDir::new(&args.net), None).await?;
            Written::new(&follower.state_bundle(key).await?, &args.out)?.print(context.output)
        }
        LightCommand::Transaction(args) => {
            let id = key::request_id(&args.request)?;
            let follower = Follower::connect(&NetDir::new(&args.net), None).await?;
            let bundle = follower.transaction_bundle(id).await?;
            Written::new(&bundle, &args.out)?.print(context.output)
        }
    }
}
