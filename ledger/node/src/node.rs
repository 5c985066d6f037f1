//! Starting a node.

use crate::{
    chain::{Chain, Part},
    config::NodeConfig,
    engine::{self, Core, EngineConfig, Evidence, Unmark, VotesFrom},
    error::NodeError,
    fault::Fault,
    handle::{Inner, NodeHandle, Running},
    mempool::{Admission, Mempool},
    storage::{FolderLock, StorageError, sync_folder},
};
use commonware_cryptography::Signer as _;
use commonware_p2p::Address;
use std::{
    collections::BTreeMap,
    net::TcpListener,
    path::Path,
    sync::{Arc, Mutex},
};
use tokio::sync::watch;

/// One validator of a chain.
pub struct Node;

impl Node {
    /// Starts a node, continuing what is in its data folder.
    ///
    /// # Errors
    /// [`NodeError`] with what to do.
    pub async fn start(config: NodeConfig) -> Result<NodeHandle, NodeError> {
        let task = tokio::task::spawn_blocking(move || start(config));
        task.await
            .unwrap_or_else(|error| Err(NodeError::Stopped(error.to_string())))
    }
}

fn start(config: NodeConfig) -> Result<NodeHandle, NodeError> {
    let engine_config = check(&config)?;
    let lock = FolderLock::take(&config.dir)?;
    let chain = Arc::new(Chain::open(
        &config.dir,
        Part::Validator,
        config.spec,
        config.proof_keys,
        config.progress.as_ref(),
    )?);
    let pool = Arc::new(Mempool::new(config.mempool));
    let core = Core {
        chain: chain.clone(),
        pool: pool.clone(),
        fault: Fault::default(),
        evidence: Arc::new(Evidence::open(&config.dir.join("evidence.jsonl"))?),
        votes_from: VotesFrom::default(),
        pace: config.pace,
        prefix: String::new(),
        skew_ms: 0,
    };
    let (ended, has_ended) = watch::channel(false);
    let closing = pool.clone();
    let engine = engine::start(engine_config, core.clone(), move || {
        closing.close();
        ended.send_replace(true);
    })?;
    Ok(NodeHandle(Arc::new(Inner {
        admission: Admission::new(chain.clone(), pool.clone()),
        chain,
        pool,
        fault: core.fault,
        evidence: core.evidence,
        ended: has_ended,
        running: Mutex::new(Some((Running::Engine(engine), lock))),
    })))
}

/// Checks keys and addresses before anything is touched.
fn check(config: &NodeConfig) -> Result<EngineConfig, NodeError> {
    let key = EngineConfig::private_key(config.validator.seed())?;
    let peers = config.peers.iter().map(|peer| {
        let address = Address::from(peer.address);
        Ok((engine::public_key(&peer.key)?, address))
    });
    let addresses: BTreeMap<_, _> = peers.collect::<Result<_, NodeError>>()?;
    if addresses.len() != config.peers.len() || addresses.contains_key(&key.public_key()) {
        return Err(NodeError::Peers);
    }
    // The engine could only panic over this.
    TcpListener::bind(config.listen).map_err(|error| NodeError::Listen {
        address: config.listen,
        why: error.to_string(),
    })?;
    Ok(EngineConfig {
        dir: config.dir.join("engine"),
        key,
        listen: config.listen,
        addresses,
        unused: config.unused_mark.as_deref().and_then(mark),
    })
}

/// Whether the mark is there, and how to take it away for good.
fn mark(path: &Path) -> Option<Unmark> {
    let path = path.to_path_buf();
    path.exists().then(|| {
        let unmark = move || {
            let folder = path
                .parent()
                .filter(|folder| !folder.as_os_str().is_empty());
            std::fs::remove_file(&path)
                .and_then(|()| sync_folder(folder.unwrap_or(Path::new("."))))
                .map_err(|error| StorageError::io("cannot remove", &path, error).into())
        };
        Box::new(unmark) as Unmark
    })
}
