//! A node's configuration file: TOML, every field documented in the file that [`write::text`] makes, and nothing secret.
//!
//! Relative paths are relative to the file's folder. What is wrong is told with the file's and the field's name.

mod raw;
pub mod write;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tacit_ledger::signature::ValidatorKey;
use tacit_node::MempoolLimits;

use crate::errors::ApiResult;
use crate::files;

/// Usual name of the file.
pub const FILE: &str = "node.toml";
/// Largest file, in bytes.
pub const MAX_FILE: u64 = 64 << 10;
/// Most nodes that one follows.
pub const MAX_UPSTREAMS: usize = 16;

/// What a node is started with, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeFile {
    /// The chain's genesis file.
    pub genesis: PathBuf,
    /// Folder of the chain's data.
    pub data: PathBuf,
    /// Whether it votes, or follows others.
    pub part: Part,
    /// How clients reach it.
    pub grpc: Grpc,
    /// Where its numbers can be read; nowhere when absent.
    pub metrics: Option<SocketAddr>,
    /// How much may wait to get into a block.
    pub mempool: MempoolLimits,
    /// How long sidecars are kept, by block time; for ever when absent.
    pub sidecar_retention: Option<Duration>,
    /// File whose first line is the password of the node's secrets.
    pub password_file: Option<PathBuf>,
}

/// What a node does on its chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// It proposes and votes.
    Validator(Validator),
    /// It follows nodes, verifies and serves what they have, and does not vote.
    Follower(Follower),
}

/// A validator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Validator {
    /// Folder with the sealed seed of its consensus key.
    pub keys: PathBuf,
    /// Where it listens for the other validators.
    pub listen: SocketAddr,
    /// Other addresses ("host:port") than the chain says, by consensus key.
    pub peers: BTreeMap<ValidatorKey, String>,
    /// Shortest time from one block to the next.
    pub min_block_interval: Duration,
}

/// A full node that does not vote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Follower {
    /// Endpoint files of the nodes it follows; the first one that answers and tells the truth is used.
    pub upstreams: Vec<PathBuf>,
    /// Folder of the organisation as which it forwards transactions.
    pub member: Option<PathBuf>,
}

/// The public interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grpc {
    /// Where it listens; port 0 takes a free one.
    pub listen: SocketAddr,
    /// "host:port" under which clients reach it, where that is another address.
    pub advertise: Option<String>,
    /// Folder of its TLS certificate, made at the first start.
    pub tls: PathBuf,
    /// File into which it writes its endpoint for clients.
    pub endpoint: Option<PathBuf>,
}

impl NodeFile {
    /// Reads a configuration file.
    ///
    /// # Errors
    /// FILE_INVALID with the file, the field and what it must be.
    pub fn read(path: &Path) -> ApiResult<Self> {
        let text = files::read_text(path, MAX_FILE)?;
        let folder = path.parent().unwrap_or(Path::new(""));
        Self::parse(&text, folder).map_err(|why| files::invalid(path, why))
    }

    /// Reads the text of a configuration file that lies in `folder`.
    ///
    /// # Errors
    /// One sentence that names line or field and what it must be.
    pub fn parse(text: &str, folder: &Path) -> Result<Self, String> {
        raw::parse(text).and_then(|raw| raw.check(folder))
    }

    /// The same node as a follower of these nodes.
    pub fn following(mut self, upstreams: Vec<PathBuf>) -> Self {
        let member = match self.part {
            Part::Follower(follower) => follower.member,
            Part::Validator(_) => None,
        };
        self.part = Part::Follower(Follower { upstreams, member });
        self
    }
}

#[cfg(test)]
mod tests;
