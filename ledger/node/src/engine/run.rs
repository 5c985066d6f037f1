//! Wiring and running the engine, on a thread of its own with its own async runtime.

use super::{
    application::App,
    block::{EngineBlock, digest_of},
    commit::{self, Committer, Deliveries},
    network::{self, Network},
    stores::LogStore,
};
use crate::{
    chain::{Chain, VOTES},
    error::NodeError,
    fault::Fault,
    mempool::Mempool,
    storage::StorageError,
};
use ::tokio::sync::oneshot;
use commonware_broadcast::buffered;
use commonware_codec::DecodeExt as _;
use commonware_consensus::{
    marshal::{
        self, Start,
        core::Actor as Marshal,
        resolver::p2p as backfill,
        standard::{Inline, Standard},
    },
    simplex::{
        self,
        config::{Floor, ForwardPolicy, SkipBudget, SkipPolicy},
        elector::RoundRobin,
        scheme::ed25519::Scheme,
    },
    types::{Epoch, FixedEpocher, ViewDelta},
};
use commonware_cryptography::{
    Digested, Sha256, Signer as _, certificate::ConstantProvider, ed25519, sha256::Digest,
};
use commonware_parallel::Sequential;
use commonware_runtime::{
    Handle, Runner as _, Spawner as _, Supervisor as _, buffer::paged::CacheRef, tokio,
};
use commonware_utils::{NZDuration, NZU16, NZU64, NZUsize, ordered::Set};
use std::{
    net::SocketAddr,
    num::{NonZeroU64, NonZeroUsize},
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    sync::Arc,
    thread::JoinHandle,
    time::Duration,
};
use tacit_ledger::{
    block::{Block, Txs},
    certificate::consensus_namespace,
    header::Header,
};

/// How long a leader may wait for something to propose. An idle leader passes its turn on, which costs one vote.
const LEADER_TIMEOUT: Duration = Duration::from_secs(3);
/// How long a proposal may take to be agreed upon.
const CERTIFICATION_TIMEOUT: Duration = Duration::from_secs(6);
/// When a leader that was not heard of is passed over at once.
const SKIP_TIMEOUT: Duration = Duration::from_secs(20);
/// Bounded queues between the engine's parts.
const MAILBOX: NonZeroUsize = NZUsize!(1024);
/// Read and write buffers of the engine's journals, in bytes.
const BUFFER: NonZeroUsize = NZUsize!(65_536);
/// Views of which votes and candidates are kept.
const VIEWS_KEPT: ViewDelta = ViewDelta::new(16);
/// One epoch: this version never changes the validator set.
const EPOCH_BLOCKS: NonZeroU64 = NZU64!(u64::MAX);

/// What the engine needs to know.
pub(crate) struct EngineConfig {
    /// Folder for the engine's own journals.
    pub(crate) dir: PathBuf,
    /// This validator's seed.
    pub(crate) key: ed25519::PrivateKey,
    /// Where to listen.
    pub(crate) listen: SocketAddr,
    /// The other validators.
    pub(crate) peers: Vec<(ed25519::PublicKey, SocketAddr)>,
}

impl EngineConfig {
    /// The engine's form of a validator's seed.
    pub(crate) fn private_key(seed: &[u8; 32]) -> Result<ed25519::PrivateKey, NodeError> {
        ed25519::PrivateKey::decode(commonware_codec::Copying(seed))
            .map_err(|_| NodeError::NotAValidator)
    }

    /// The engine's form of a validator's key.
    pub(crate) fn public_key(bytes: &[u8; 32]) -> Result<ed25519::PublicKey, NodeError> {
        ed25519::PublicKey::decode(commonware_codec::Copying(bytes)).map_err(|_| NodeError::Peers)
    }
}

/// The running engine.
pub(crate) struct Engine {
    stop: oneshot::Sender<()>,
    thread: JoinHandle<()>,
}

impl Engine {
    /// Stops the engine and waits for it. Blocks.
    pub(crate) fn stop(self) {
        // The engine may have stopped by itself.
        let _ = self.stop.send(());
        let _ = self.thread.join();
    }
}

/// Starts the engine; `ended` is called when it stops for whatever reason.
pub(crate) fn start(
    config: EngineConfig,
    chain: Arc<Chain>,
    pool: Arc<Mempool>,
    fault: Fault,
    ended: impl FnOnce() + Send + 'static,
) -> Result<Engine, NodeError> {
    let (stop, stopped) = oneshot::channel();
    let runtime = tokio::Config::new()
        .with_storage_directory(config.dir.clone())
        .with_worker_threads(2)
        .with_max_blocking_threads(64);
    let dir = config.dir.clone();
    let body = move || {
        let reason = fault.clone();
        let ran = catch_unwind(AssertUnwindSafe(|| {
            tokio::Runner::new(runtime)
                .start(|context| run(context, config, chain, pool, fault, stopped));
        }));
        if let Err(panic) = ran {
            reason.set(panic_reason(panic.as_ref(), dir));
        }
        ended();
    };
    let thread = std::thread::Builder::new()
        .name("tacit-engine".into())
        .spawn(body)
        .map_err(|error| NodeError::Stopped(format!("cannot start a thread: {error}")))?;
    Ok(Engine { stop, thread })
}

/// The engine panics when its journals cannot be written; a full disk deserves better than that text.
fn panic_reason(panic: &(dyn std::any::Any + Send), dir: PathBuf) -> NodeError {
    let text = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or(panic.downcast_ref::<&str>().copied());
    let text = text.unwrap_or_default();
    // ENOSPC, EDQUOT and EFBIG, as the standard library writes them.
    match ["(os error 28)", "(os error 122)", "(os error 27)"]
        .iter()
        .any(|code| text.contains(code))
    {
        true => NodeError::Storage(StorageError::DiskFull(dir)),
        // A panic's text may hold anything; its place is in the log.
        false => NodeError::Stopped("the consensus engine failed".into()),
    }
}

async fn run(
    context: tokio::Context,
    config: EngineConfig,
    chain: Arc<Chain>,
    pool: Arc<Mempool>,
    fault: Fault,
    stopped: oneshot::Receiver<()>,
) {
    let tasks = match wire(&context, config, chain, pool, fault.clone()).await {
        Ok(tasks) => tasks,
        Err(error) => return fault.set(error),
    };
    ::tokio::select! {
        ended = Handle::select(tasks) => {
            fault.set(NodeError::Stopped(format!("a part of the consensus engine ended: {ended:?}")));
        }
        _ = stopped => {
            if let Err(error) = context.stop(0, Some(Duration::from_secs(5))).await {
                tracing::warn!(%error, "the engine did not stop in time");
            }
        }
    }
}

/// Starts every part of the engine.
async fn wire(
    context: &tokio::Context,
    config: EngineConfig,
    chain: Arc<Chain>,
    pool: Arc<Mempool>,
    fault: Fault,
) -> Result<[Handle<()>; 5], NodeError> {
    let me = config.key.public_key();
    let validators: Set<ed25519::PublicKey> = Set::from_iter_dedup(
        config
            .peers
            .iter()
            .map(|(key, _)| key.clone())
            .chain([me.clone()]),
    );
    let count = u32::try_from(validators.len()).unwrap_or(u32::MAX);
    let namespace = consensus_namespace(&chain.spec().id());
    let scheme = Scheme::signer(&namespace, validators, config.key.clone())
        .ok_or(NodeError::NotAValidator)?;

    let largest = marshal::max_payload_size::<Standard<EngineBlock>, Scheme>(count, &())
        .max(simplex::max_payload_size::<Scheme, Digest>(count));
    let max_message = commonware_p2p::max_message_size(&[largest]);
    let Network {
        oracle,
        votes,
        certificates,
        resolver,
        blocks,
        backfill: fetches,
        task: network,
    } = network::start(
        context,
        config.key,
        &namespace,
        config.listen,
        config.peers,
        max_message,
    );

    let cache = CacheRef::new(NZU16!(4084), NZUsize!(1024));
    let fetcher = backfill::init(
        context.child("backfill"),
        backfill::Config {
            public_key: me.clone(),
            peer_provider: oracle.clone(),
            blocker: oracle.clone(),
            mailbox_size: MAILBOX,
            fetch_timeout: NZDuration!(Duration::from_secs(2)),
            fetch_retry_delay: Duration::from_millis(100),
            priority_requests: false,
            priority_responses: false,
        },
        fetches,
    );
    let (broadcast, buffer) = buffered::Engine::new(
        context.child("broadcast"),
        buffered::Config {
            public_key: me,
            mailbox_size: MAILBOX,
            deque_size: 16,
            priority: false,
            codec_config: (),
            peer_provider: oracle.clone(),
            strategy: Sequential,
        },
    );

    let genesis = genesis_block(chain.genesis())?;
    let first = digest_of(genesis.id());
    let store = LogStore::new(&chain, count, fault.clone());
    let epocher = FixedEpocher::new(EPOCH_BLOCKS);
    let (marshal, mailbox, _) = Marshal::init(
        context.child("marshal"),
        store.clone(),
        store,
        marshal::Config {
            provider: ConstantProvider::new(scheme.clone()),
            epocher: epocher.clone(),
            start: Start::Genesis(Digested::precomputed(genesis, first)),
            partition_prefix: "marshal".into(),
            mailbox_size: MAILBOX,
            view_retention: VIEWS_KEPT,
            prunable_items_per_section: NZU64!(64),
            page_cache: cache.clone(),
            replay_buffer: BUFFER,
            key_write_buffer: BUFFER,
            value_write_buffer: BUFFER,
            block_codec_config: (),
            max_repair: NZUsize!(32),
            max_pending_acks: NZUsize!(16),
            strategy: Sequential,
        },
    )
    .await;

    let app = App {
        chain: chain.clone(),
        pool: pool.clone(),
        fault: fault.clone(),
    };
    let inline = Inline::new(context.child("inline"), app, mailbox, epocher);
    let simplex = simplex::Engine::new(
        context.child("simplex"),
        simplex::config::Config {
            scheme,
            elector: RoundRobin::<Sha256>::default(),
            blocker: oracle,
            automaton: inline.clone(),
            relay: inline.clone(),
            reporter: inline,
            track_historical_votes: false,
            strategy: Sequential,
            partition: VOTES.into(),
            mailbox_size: MAILBOX,
            epoch: Epoch::zero(),
            floor: Floor::Genesis(first),
            replay_buffer: BUFFER,
            write_buffer: BUFFER,
            page_cache: cache,
            leader_timeout: LEADER_TIMEOUT,
            certification_timeout: CERTIFICATION_TIMEOUT,
            timeout_retry: LEADER_TIMEOUT,
            view_retention: VIEWS_KEPT,
            skip: SkipPolicy::Enabled {
                timeout: SKIP_TIMEOUT,
                budget: SkipBudget::Participants,
            },
            fetch_timeout: NZDuration!(Duration::from_secs(1)),
            fetch_retry_delay: Duration::from_millis(100),
            forward: ForwardPolicy::SilentVoters,
        },
    );

    let (committer, deliveries) = Committer::new();
    let committing = spawn_commits(context, deliveries, chain, pool, fault);
    Ok([
        committing,
        marshal.start(committer, buffer, fetcher),
        broadcast.start(blocks),
        simplex.start(votes, certificates, resolver),
        network,
    ])
}

fn spawn_commits(
    context: &tokio::Context,
    deliveries: Deliveries,
    chain: Arc<Chain>,
    pool: Arc<Mempool>,
    fault: Fault,
) -> Handle<()> {
    context
        .child("commit")
        .spawn(move |context| commit::run(context, deliveries, chain, pool, fault))
}

fn genesis_block(header: &Header) -> Result<EngineBlock, NodeError> {
    let block = Block {
        header: header.clone(),
        txs: Txs::default(),
    };
    EngineBlock::new(block, Vec::new()).map_err(|error| NodeError::Stopped(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_under_the_engine_is_told_as_such() {
        let full = std::io::Error::from_raw_os_error(28);
        let panic: Box<dyn std::any::Any + Send> = Box::new(format!("failed to persist: {full}"));
        let reason = panic_reason(panic.as_ref(), PathBuf::from("data"));
        assert!(
            matches!(reason, NodeError::Storage(StorageError::DiskFull(_))),
            "{reason}"
        );
        let panic: Box<dyn std::any::Any + Send> = Box::new("something else");
        let reason = panic_reason(panic.as_ref(), PathBuf::from("data")).to_string();
        assert!(reason.contains("engine failed") && !reason.contains("something else"));
    }
}
