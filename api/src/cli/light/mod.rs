//! `tacit light`: a light client at the command line. It trusts a genesis or a checkpoint, and no node.

mod key;

use clap::{Args, Subcommand};
use serde::Serialize;
use std::fmt;
use std::path::PathBuf;
use tacit_circuits::types::Timestamp;
use tacit_ledger::ids::{BlockId, ChainId, Epoch, Height};

use crate::bundle_file::{MAX_CHECKPOINT_FILE, checkpoint_to_json, parse_checkpoint};
use crate::cli::bundle::Written;
use crate::cli::output::utc;
use crate::cli::run::Context;
use crate::errors::ApiResult;
use crate::files;
use crate::follower::Follower;
use crate::net::NetDir;

/// The light client's commands.
#[derive(Debug, Subcommand)]
pub enum LightCommand {
    /// Follow the chain to its newest header, through changes of the validators, and write where that is.
    #[command(
        after_help = "Examples:\n  tacit light follow --net net --out checkpoint.json\n  tacit light follow --net net \
                      --checkpoint checkpoint.json --out checkpoint.json"
    )]
    Follow(FollowArgs),
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

/// Arguments of `light follow`.
#[derive(Clone, Debug, Args)]
pub struct FollowArgs {
    #[command(flatten)]
    #[allow(missing_docs)]
    pub place: LightPlace,
    /// File to write the checkpoint to.
    #[arg(long)]
    pub out: Option<PathBuf>,
}

/// What a light client starts from.
#[derive(Clone, Debug, Args)]
pub struct LightPlace {
    /// The net folder, with the genesis that you trust and a node that you need not.
    #[arg(long)]
    pub net: PathBuf,
    /// Start from this checkpoint, which you trust, and not from the genesis.
    #[arg(long, value_name = "FILE")]
    pub checkpoint: Option<PathBuf>,
}

impl LightPlace {
    async fn connect(&self) -> ApiResult<Follower> {
        let trusted = match &self.checkpoint {
            Some(path) => {
                let bytes = files::read(path, MAX_CHECKPOINT_FILE as u64)?;
                Some(parse_checkpoint(&bytes)?)
            }
            None => None,
        };
        Follower::connect_from(&NetDir::new(&self.net), trusted).await
    }
}

/// How far the chain was followed.
#[derive(Debug, Serialize)]
pub struct Followed {
    /// The chain.
    pub chain: ChainId,
    /// The newest header's height …
    pub height: Height,
    /// … and its time.
    pub time: Timestamp,
    /// Id of its block: compare it with others over another channel.
    pub block: BlockId,
    /// Its epoch.
    pub epoch: Epoch,
    /// Validators that certify this epoch.
    pub validators: usize,
    /// The checkpoint's file, if one was written.
    pub file: Option<PathBuf>,
}

impl fmt::Display for Followed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "followed to height {}, {} (epoch {}, {} validators)\nblock {}",
            self.height,
            utc(self.time),
            self.epoch,
            self.validators,
            self.block
        )?;
        match &self.file {
            Some(file) => write!(f, "\ncheckpoint in {}", file.display()),
            None => Ok(()),
        }
    }
}

/// Arguments of `light state`.
#[derive(Clone, Debug, Args)]
pub struct StateArgs {
    /// The key: a word and what it names.
    #[arg(required = true, num_args = 1..=2)]
    pub key: Vec<String>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub place: LightPlace,
    /// File to write the bundle to.
    #[arg(long)]
    pub out: PathBuf,
}

/// Arguments of `light transaction`.
#[derive(Clone, Debug, Args)]
pub struct TransactionArgs {
    /// The request id, in hexadecimal digits.
    pub request: String,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub place: LightPlace,
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
        LightCommand::Follow(args) => context
            .output
            .result(&follow(&args).await?, Followed::to_string),
        LightCommand::State(args) => {
            let key = key::parse(&args.key)?;
            let follower = args.place.connect().await?;
            Written::new(&follower.state_bundle(key).await?, &args.out)?.print(context.output)
        }
        LightCommand::Transaction(args) => {
            let id = key::request_id(&args.request)?;
            let follower = args.place.connect().await?;
            let bundle = follower.transaction_bundle(id).await?;
            Written::new(&bundle, &args.out)?.print(context.output)
        }
    }
}

/// `light follow`: follows the chain and says where it stands.
///
/// # Errors
/// When the node cannot be reached, or sends what its certificates do not cover.
pub async fn follow(args: &FollowArgs) -> ApiResult<Followed> {
    let follower = args.place.connect().await?;
    let checkpoint = follower.checkpoint().await;
    if let Some(out) = &args.out {
        let warning = follower.spec().warning();
        files::write_atomic(out, &checkpoint_to_json(&checkpoint, warning)?)?;
    }
    let header = &checkpoint.header;
    Ok(Followed {
        chain: header.chain,
        height: header.height,
        time: header.time.timestamp(),
        block: header.id(),
        epoch: header.epoch,
        validators: checkpoint.validators.keys().len(),
        file: args.out.clone(),
    })
}
