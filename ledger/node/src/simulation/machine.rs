//! One simulated machine: a disk, a clock that may be off, and the node that runs on it.

use super::{
    mischief::{Mischief, Mischievous},
    world::{Setup, World, seed_of},
};
use crate::{
    chain::Chain,
    config::{MempoolLimits, Pace},
    engine::{
        Core, Directory, EngineConfig, Evidence, EvidenceRecord, Identity, Wire, blocking,
        start_with,
    },
    error::SubmitError,
    fault::Fault,
    handle::TxReceipt,
    mempool::{Entry, Mempool, admit},
    storage::{BlockLog, FaultyFile, SidecarLog},
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
}

impl Disk {
    fn new() -> Self {
        Self {
            blocks: Arc::new(FaultyFile::default()),
            sidecars: Arc::new(FaultyFile::default()),
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
        }
    }

    /// The disk after the process was killed: everything written is there.
    fn after_kill(&self) -> Self {
        let copy = |file: &FaultyFile| Arc::new(FaultyFile::with(file.bytes()));
        Self {
            blocks: copy(&self.blocks),
            sidecars: copy(&self.sidecars),
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
            disk: Disk::new(),
            skew_ms: 0,
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
        let text = |error: crate::error::NodeError| error.to_string();
        let blocks = BlockLog::over(self.disk.blocks.clone(), &id);
        let sidecars = SidecarLog::over(self.disk.sidecars.clone(), &id);
        let chain = Chain::in_memory(
            blocks.map_err(|error| error.to_string())?,
            sidecars.map_err(|error| error.to_string())?,
            world.spec.clone(),
            world.proof_keys()?,
        );
        let core = Core {
            chain: Arc::new(chain.map_err(text)?),
            pool: Arc::new(Mempool::new(MempoolLimits::default())),
            fault: Fault::default(),
            evidence: self.evidence.clone(),
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

/// What a client waits for.
pub(super) type Answer = Handle<Result<TxReceipt, SubmitError>>;
