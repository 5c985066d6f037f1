//! Starting a node.

use crate::{
    chain::{Chain, Part},
    config::NodeConfig,
    engine::{self, EngineConfig},
    error::NodeError,
    fault::Fault,
    handle::{Inner, NodeHandle, Running},
    mempool::{Admission, Mempool},
    storage::FolderLock,
};
use commonware_cryptography::Signer as _;
use std::{
    collections::BTreeSet,
    net::TcpListener,
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
    let fault = Fault::default();
    let (ended, has_ended) = watch::channel(false);
    let closing = pool.clone();
    let engine = engine::start(
        engine_config,
        chain.clone(),
        pool.clone(),
        fault.clone(),
        move || {
            closing.close();
            ended.send_replace(true);
        },
    )?;
    Ok(NodeHandle(Arc::new(Inner {
        admission: Admission::new(chain.clone(), pool.clone()),
        chain,
        pool,
        fault,
        ended: has_ended,
        running: Mutex::new(Some((Running::Engine(engine), lock))),
    })))
}

/// Checks keys and addresses before anything is touched.
fn check(config: &NodeConfig) -> Result<EngineConfig, NodeError> {
    let key = EngineConfig::private_key(config.validator.seed())?;
    let me = key.public_key();
    let expected: BTreeSet<&[u8; 32]> = config
        .spec
        .validators()
        .keys()
        .iter()
        .map(|key| key.as_bytes())
        .collect();
    if !expected.iter().any(|key| me.as_ref() == key.as_slice()) {
        return Err(NodeError::NotAValidator);
    }
    let named: BTreeSet<&[u8; 32]> = config
        .peers
        .iter()
        .map(|peer| peer.key.as_bytes())
        .collect();
    let others: BTreeSet<&[u8; 32]> = expected
        .into_iter()
        .filter(|key| me.as_ref() != key.as_slice())
        .collect();
    if named != others || named.len() != config.peers.len() {
        return Err(NodeError::Peers);
    }
    let peers = config
        .peers
        .iter()
        .map(|peer| Ok((EngineConfig::public_key(peer.key.as_bytes())?, peer.address)));
    let peers = peers.collect::<Result<_, NodeError>>()?;
    // The engine could only panic over this.
    TcpListener::bind(config.listen).map_err(|error| NodeError::Listen {
        address: config.listen,
        why: error.to_string(),
    })?;
    Ok(EngineConfig {
        dir: config.dir.join("engine"),
        key,
        listen: config.listen,
        peers,
    })
}
