//! One simulated machine: a disk, a clock that may be off, and the node that runs on it.

use super::{
    mischief::{Mischief, Mischievous},
    world::{Setup, World, seed_of},
};
use crate::{
    chain::Chain,
    config::{MempoolLimits, Pace},
    engine::{
        Core, Directory, EngineConfig, Evidence, EvidenceRecord, Identity, Unmark, VotesFrom, Wire,
        blocking, start_with,
    },
    error::SubmitError,
    fault::Fault,
    handle::TxReceipt,
    mempool::{Entry, Mempool, admit},
    snapshot::{SnapshotStream, restore_in_memory},
    storage::{BlockLog, FaultyFile, MemoryIndex, SidecarLog},
};
use commonware_cryptography::{Signer as _, ed25519};
use commonware_p2p::{
    Address, PeerSetSubscription, Provider, TrackedPeers,
    simulated::{Control, Manager, Oracle, Receiver, Sender},
};
use commonware_runtime::{Handle, Quota, Spawner as _, Supervisor as _, deterministic::Context};
use commonware_utils::{NZU32, ordered::Map};
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tacit_ledger::{block::Sidecar, ids::Height, tx::Tx};

/// Messages a second and peer on each channel.
const RATE: u32 = 4096;
/// Channels of the network.
const CHANNELS: u64 = 7;

type Channel = (
    Sender<ed25519::PublicKey, Context>,
    Receiver<ed25519::PublicKey>,
);
/// A machine's side of the network.
pub(super) type Port<S> =
    Wire<Peers, Control<ed25519::PublicKey, Context>, S, Receiver<ed25519::PublicKey>>;

/// The peers of the simulated network: all machines, from the beginning.
#[derive(Clone, Debug)]
pub(super) struct Peers(Manager<ed25519::PublicKey, Context>);

impl Provider for Peers {
    type PublicKey = ed25519::PublicKey;

    async fn peer_set(&mut self, id: u64) -> Option<TrackedPeers<ed25519::PublicKey>> {
        self.0.peer_set(id).await
    }

    async fn subscribe(&mut self) -> PeerSetSubscription<ed25519::PublicKey> {
        self.0.subscribe().await
    }
}

impl Directory for Peers {
    fn track(&mut self, _: u64, _: Map<ed25519::PublicKey, Address>) {}
}

/// What stays when a node dies.
#[derive(Clone)]
struct Disk {
    blocks: Arc<FaultyFile>,
    sidecars: Arc<FaultyFile>,
    /// What it began with, if it was not genesis.
    snapshot: Option<Arc<[u8]>>,
}

impl Disk {
    fn new(snapshot: Option<Arc<[u8]>>) -> Self {
        Self {
            blocks: Arc::new(FaultyFile::default()),
            sidecars: Arc::new(FaultyFile::default()),
            snapshot,
        }
    }

    /// The disk after a power cut: `keeps` says which unsynced sectors reached it.
    fn after_power_cut(&self, mut keeps: impl FnMut() -> bool) -> Self {
        let mut cut = |file: &FaultyFile| {
            let bytes = file.power_cut(|_| keeps());
            Arc::new(FaultyFile::with(bytes))
        };
        Self {
            blocks: cut(&self.blocks),
            sidecars: cut(&self.sidecars),
            snapshot: self.snapshot.clone(),
        }
    }

    /// The disk after the process was killed: everything written is there.
    fn after_kill(&self) -> Self {
        let copy = |file: &FaultyFile| Arc::new(FaultyFile::with(file.bytes()));
        Self {
            blocks: copy(&self.blocks),
            sidecars: copy(&self.sidecars),
            snapshot: self.snapshot.clone(),
        }
    }
}

/// A node that runs.
struct Running {
    core: Core,
    task: Handle<()>,
}

/// See the module.
pub(super) struct Machine {
    name: String,
    pub(super) key: ed25519::PrivateKey,
    pub(super) mischief: Option<Mischief>,
    disk: Disk,
    pub(super) skew_ms: i64,
    /// There until it is first switched on.
    unused: Option<Unmark>,
    /// On a disk of its own: it survives whatever happens to the node.
    evidence: Arc<Evidence>,
    running: Option<Running>,
}

impl Machine {
    /// The n-th validator's machine, switched off.
    pub(super) fn new(n: usize, twin: bool, mischief: Option<Mischief>) -> Setup<Self> {
        let suffix = if twin { "t" } else { "" };
        Ok(Self {
            name: format!("n{n}{suffix}-"),
            key: EngineConfig::private_key(&seed_of(n)).map_err(|error| error.to_string())?,
            mischief,
            disk: Disk::new(None),
            skew_ms: 0,
            unused: Some(Box::new(|| Ok(()))),
            evidence: Arc::default(),
            running: None,
        })
    }

    pub(super) fn is_running(&self) -> bool {
        self.running.is_some()
    }

    /// Takes a place on the network.
    pub(super) async fn channels(
        key: &ed25519::PrivateKey,
        oracle: &Oracle<ed25519::PublicKey, Context>,
    ) -> Setup<Vec<Channel>> {
        let control = oracle.control(key.public_key());
        let mut channels = Vec::new();
        for channel in 0..CHANNELS {
            let registered = control.register(channel, Quota::per_second(NZU32!(RATE)));
            channels.push(registered.await.map_err(|error| error.to_string())?);
        }
        Ok(channels)
    }

    /// Connects channels in their order.
    pub(super) fn port<S>(
        &self,
        oracle: &Oracle<ed25519::PublicKey, Context>,
        channels: Vec<(S, Receiver<ed25519::PublicKey>)>,
    ) -> Setup<Port<S>> {
        let mut channels = channels.into_iter();
        let mut next = || channels.next().ok_or("a channel is missing".to_owned());
        Ok(Wire {
            directory: Peers(oracle.manager()),
            guard: oracle.control(self.key.public_key()),
            votes: next()?,
            certificates: next()?,
            resolver: next()?,
            blocks: next()?,
            backfill: next()?,
            transactions: next()?,
            sidecars: next()?,
        })
    }

    /// Switches the machine on.
    pub(super) fn start<D, B, S, R>(
        &mut self,
        context: &Context,
        world: &Arc<World>,
        wire: Wire<D, B, S, R>,
    ) -> Setup<()>
    where
        D: Directory,
        B: crate::engine::Guard,
        S: crate::engine::Outbound,
        R: crate::engine::Inbound,
    {
        let id = *world.spec.id().as_bytes();
        let blocks = BlockLog::over(self.disk.blocks.clone(), &id).map_err(text)?;
        let sidecars = SidecarLog::over(self.disk.sidecars.clone(), &id).map_err(text)?;
        let index = match &self.disk.snapshot {
            Some(file) => restore_in_memory(file, &world.spec, &blocks).map_err(text)?,
            None => MemoryIndex::default(),
        };
        let chain = Chain::in_memory(
            blocks,
            sidecars,
            Box::new(index),
            world.spec.clone(),
            world.proof_keys()?,
        );
        let core = Core {
            chain: Arc::new(chain.map_err(text)?),
            pool: Arc::new(Mempool::new(MempoolLimits::default())),
            fault: Fault::default(),
            evidence: self.evidence.clone(),
            votes_from: VotesFrom::default(),
            pace: Pace {
                block_interval: Duration::from_millis(100),
                sidecar_retention: None,
            },
            prefix: self.name.clone(),
            skew_ms: self.skew_ms,
        };
        let identity = Identity {
            key: self.key.clone(),
            addresses: BTreeMap::new(),
            unused: self.unused.take(),
        };
        let (mischief, world, shared) = (self.mischief, world.clone(), core.clone());
        let task = context
            .child("node")
            .with_attribute("machine", &self.name)
            .spawn(move |context| async move {
                let fault = shared.fault.clone();
                let around = |app| Mischievous::new(app, mischief, world);
                match start_with(&context, shared, identity, wire, around).await {
                    Ok(tasks) => {
                        let ended = Handle::select(tasks).await;
                        fault.set(crate::error::NodeError::Stopped(format!("{ended:?}")));
                    }
                    Err(error) => fault.set(error),
                }
            });
        self.running = Some(Running { core, task });
        Ok(())
    }

    /// Kills the node; with a power cut what was not synced is lost as chance decides.
    pub(super) fn kill(&mut self, power_cut: Option<&mut dyn FnMut() -> bool>) {
        if let Some(running) = self.running.take() {
            running.task.abort();
        }
        self.disk = match power_cut {
            Some(keeps) => self.disk.after_power_cut(keeps),
            None => self.disk.after_kill(),
        };
    }

    /// The disk of a machine that is off is replaced by an empty one, or by one with a snapshot.
    pub(super) fn replace_disk(&mut self, snapshot: Option<Arc<[u8]>>) {
        self.disk = Disk::new(snapshot);
        self.name.push_str("new-");
    }

    /// Whether it began with a snapshot, on the disk that it has.
    pub(super) fn has_snapshot(&self) -> bool {
        self.disk.snapshot.is_some()
    }

    /// A snapshot of the node's newest block, if it has the certificate.
    pub(super) fn snapshot(&self) -> Setup<Option<Arc<[u8]>>> {
        let Some(chain) = self.chain() else {
            return Ok(None);
        };
        let Some(mut stream) = SnapshotStream::begin(chain.clone()).map_err(text)? else {
            return Ok(None);
        };
        let mut file = Vec::new();
        while let Some(piece) = stream.next_piece().map_err(text)? {
            file.extend(piece);
        }
        Ok(Some(file.into()))
    }

    /// Whether the node votes on the next block, if it is one of the validators.
    pub(super) fn votes(&self) -> bool {
        let running = self.running.as_ref();
        running.is_some_and(|running| {
            let roster = running.core.chain.roster();
            let from = running.core.votes_from.get();
            roster.is_ok_and(|roster| from.is_some_and(|from| from <= roster.epoch))
        })
    }

    /// Why the node stopped by itself, if it did.
    pub(super) fn failure(&self) -> Option<String> {
        let running = self.running.as_ref()?;
        running.core.fault.get().map(|error| error.to_string())
    }

    /// The node's chain, while it runs.
    pub(super) fn chain(&self) -> Option<&Arc<Chain>> {
        self.running.as_ref().map(|running| &running.core.chain)
    }

    /// Height of the node's newest final block.
    pub(super) fn height(&self) -> Option<Height> {
        self.chain().map(|chain| chain.tip().header.height)
    }

    /// Whom this node caught, and how often.
    pub(super) fn evidence(&self) -> Vec<EvidenceRecord> {
        self.evidence.records()
    }

    /// Sends a transaction to the node as a client does; the answer comes when it is final.
    pub(super) fn submit(
        &self,
        context: &Context,
        tx: Tx,
        sidecar: Option<Sidecar>,
    ) -> Option<Answer> {
        let core = self.running.as_ref()?.core.clone();
        let task = context.child("client").spawn(move |context| async move {
            let (chain, pool, now) = (core.chain.clone(), core.pool.clone(), core.now(&context));
            let entry = blocking(&context, move || Ok(admit(&chain, &pool, now, tx, sidecar)));
            match entry.await.map_err(SubmitError::from)?? {
                Entry::Done(receipt) => Ok(receipt),
                Entry::Waits(receipts) => receipts.await.unwrap_or(Err(SubmitError::Interrupted)),
            }
        });
        Some(task)
    }
}

fn text(error: impl ToString) -> String {
    error.to_string()
}

/// What a client waits for.
pub(super) type Answer = Handle<Result<TxReceipt, SubmitError>>;
