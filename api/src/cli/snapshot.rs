//! `tacit snapshot`: the state of a running chain as a file, from which a node joins.

use clap::{Args, Subcommand};
use serde::Serialize;
use std::fmt;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use tacit_ledger::header::Header;
use tacit_ledger::ids::{BlockId, ChainId, Height};
use tacit_node::snapshot;
use tacit_proto::v1::StreamSnapshotRequest;
use tacit_proto::v1::sync_service_client::SyncServiceClient;

use crate::cli::run::Context;
use crate::client::connect::connect;
use crate::errors::{ApiError, ApiResult, catalogue as reason};
use crate::follower::genesis_file;
use crate::upstream::read_endpoint;
use crate::{files, limits};

/// The commands.
#[derive(Debug, Subcommand)]
pub enum SnapshotCommand {
    /// Fetch a snapshot from a running node. The file counts only when the chain's validators certified its header.
    #[command(
        after_help = "Example: tacit snapshot fetch --from net/node.json --genesis net/genesis.json --out state.snapshot"
    )]
    Fetch(FetchArgs),
}

/// Arguments of `snapshot fetch`.
#[derive(Clone, Debug, Args)]
pub struct FetchArgs {
    /// Endpoint file of the node.
    #[arg(long, value_name = "FILE")]
    pub from: PathBuf,
    /// The chain's genesis file.
    #[arg(long, value_name = "FILE")]
    pub genesis: PathBuf,
    /// File to write; it must not be there yet.
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
}

/// A snapshot that was fetched.
#[derive(Debug, Serialize)]
pub struct Fetched {
    /// The chain.
    pub chain: ChainId,
    /// Height of the block after which this is the state.
    pub height: Height,
    /// The block.
    pub block: BlockId,
    /// Length of the file.
    pub bytes: u64,
    /// The file.
    pub file: PathBuf,
}

impl fmt::Display for Fetched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "snapshot of height {} in {} ({} bytes)",
            self.height,
            self.file.display(),
            self.bytes
        )
    }
}

/// Runs one of the commands.
///
/// # Errors
/// Those of the command.
pub async fn run(command: SnapshotCommand, context: &Context) -> ApiResult<()> {
    match command {
        SnapshotCommand::Fetch(args) => {
            let fetched = fetch(&args).await?;
            context.output.result(&fetched, Fetched::to_string)
        }
    }
}

/// `snapshot fetch`: fetches and checks a snapshot.
///
/// # Errors
/// When the node cannot be reached, or sends what is no certified snapshot; then no file is left.
pub async fn fetch(args: &FetchArgs) -> ApiResult<Fetched> {
    if args.out.exists() {
        let what = format!("{} is there already", args.out.display());
        return Err(ApiError::new(&reason::FILE_EXISTS, what));
    }
    let spec = genesis_file(&args.genesis)?;
    let endpoint = read_endpoint(&args.from)?;
    if endpoint.chain != spec.id() {
        return Err(ApiError::plain(&reason::CHAIN_MISMATCH));
    }
    let part = part_of(&args.out)?;
    let fetched = async {
        let connection = connect(&endpoint, None).await?;
        let mut client = SyncServiceClient::new(connection)
            .max_decoding_message_size(limits::SNAPSHOT_CHUNK + 1024);
        let stream = client.stream_snapshot(StreamSnapshotRequest {}).await?;
        let bytes = write(&part, stream.into_inner()).await?;
        let (file, chain) = (part.clone(), spec.clone());
        let header = tokio::task::spawn_blocking(move || snapshot::check(&file, &chain))
            .await
            .map_err(ApiError::internal)??;
        Ok((bytes, header))
    };
    let named = |(bytes, header): (u64, Header)| {
        std::fs::rename(&part, &args.out).map_err(|error| files::failed(&args.out, &error))?;
        Ok(Fetched {
            chain: spec.id(),
            height: header.height,
            block: header.id(),
            bytes,
            file: args.out.clone(),
        })
    };
    let result = fetched.await.and_then(named);
    if result.is_err() {
        // What is left of it is good for nothing.
        drop(std::fs::remove_file(&part));
    }
    result
}

fn part_of(out: &Path) -> ApiResult<PathBuf> {
    let name = out
        .file_name()
        .ok_or_else(|| files::invalid(out, "not a file name"))?;
    let mut name = name.to_owned();
    name.push(".part");
    Ok(out.with_file_name(name))
}

async fn write(
    path: &Path,
    mut stream: tonic::Streaming<tacit_proto::v1::StreamSnapshotResponse>,
) -> ApiResult<u64> {
    let failed = |error| files::failed(path, &error);
    let mut file = File::create(path).map_err(failed)?;
    let mut bytes = 0u64;
    loop {
        let message = tokio::time::timeout(limits::STREAM_IDLE_TIMEOUT, stream.message()).await;
        let message = message.map_err(|_| ApiError::plain(&reason::TIMEOUT))??;
        let Some(message) = message else { break };
        bytes += message.chunk.len() as u64;
        if bytes > limits::MAX_SNAPSHOT {
            return Err(ApiError::plain(&reason::SNAPSHOT_INVALID));
        }
        // Pieces are small: the disk takes one faster than the network brings the next.
        file.write_all(&message.chunk).map_err(failed)?;
    }
    file.sync_all().map_err(failed)?;
    Ok(bytes)
}
