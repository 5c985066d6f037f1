//! What the rest of the program may ask of a running node.

use crate::{
    chain::{Chain, read_block},
    engine::{Engine, Evidence, EvidenceRecord},
    error::{NodeError, SubmitError},
    fault::Fault,
    mempool::{Admission, Mempool},
    metrics::Metrics,
    snapshot::{self, SnapshotStream},
    storage::{FolderLock, StorageError, Stored},
};
use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};
use tacit_circuits::{
    field::Fr,
    tree::{NodeStore as _, TreeError, ended::EndedShard, note::NoteBucket},
    types::{AuditDigest, MemberId},
};
use tacit_ledger::{
    block::{Block, Sidecar},
    certificate::Certificate,
    codec::decode_slice,
    genesis::ChainSpec,
    handover::Handover,
    header::Header,
    ids::{BlockId, Epoch, Height, TxId},
    keys::StateKey,
    outcome::Outcome,
    request::RequestRecord,
    state::{self, EndedNodes, NoteNodes, PlatformNodes, StateError, StateProof, StateRead},
    tx::Tx,
};
use tokio::sync::watch;

/// Where a transaction stands on the chain, and what it did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TxReceipt {
    /// The transaction.
    pub id: TxId,
    /// Height of its block.
    pub height: Height,
    /// Its place in the block, from 0.
    pub index: u32,
    /// What it did.
    pub outcome: Outcome,
}

impl From<RequestRecord> for TxReceipt {
    fn from(record: RequestRecord) -> Self {
        Self {
            id: record.tx,
            height: record.height,
            index: record.index,
            outcome: record.outcome,
        }
    }
}

/// A value of the finalized state with its proof.
#[derive(Clone, Debug)]
pub struct ProvenValue {
    /// Header whose state root the proof leads to.
    pub header: Header,
    /// The value, or that there is none.
    pub value: Option<Vec<u8>>,
    /// Inclusion or non-inclusion.
    pub proof: StateProof,
}

/// A running node. Clones are handles to the same node.
#[derive(Clone)]
pub struct NodeHandle(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) chain: Arc<Chain>,
    pub(crate) pool: Arc<Mempool>,
    pub(crate) admission: Admission,
    pub(crate) fault: Fault,
    pub(crate) evidence: Arc<Evidence>,
    pub(crate) ended: watch::Receiver<bool>,
    pub(crate) running: Mutex<Option<(Running, FolderLock)>>,
}

/// What makes the chain grow.
pub(crate) enum Running {
    /// A validator's engine.
    Engine(Engine),
    /// Whoever brings a follower blocks; told when the node ends.
    Follower(watch::Sender<bool>),
}

impl Running {
    fn stop(self) {
        match self {
            Self::Engine(engine) => engine.stop(),
            Self::Follower(ended) => {
                ended.send_replace(true);
            }
        }
    }
}

impl Inner {
    fn is_follower(&self) -> bool {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        matches!(*running, Some((Running::Follower(_), _)))
    }

    /// Stops the engine and lets go of the data folder. Blocks; does nothing the second time.
    fn stop(&self) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((running, lock)) = running.take() else {
            return;
        };
        self.pool.close();
        running.stop();
        if let Err(error) = self.chain.close() {
            tracing::warn!(%error, "the index was not flushed; it is brought up at the next start");
        }
        drop(lock);
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.stop();
    }
}

impl NodeHandle {
    /// The chain's constants.
    pub fn spec(&self) -> &ChainSpec {
        self.0.chain.spec()
    }

    /// Brings a transaction into a block; returns when it is final and on the disk. The same transaction sent again, also
    /// after a crash, gets the first outcome.
    ///
    /// # Errors
    /// [`SubmitError`] says whether and how to try again.
    pub async fn submit(&self, tx: Tx, sidecar: Option<Sidecar>) -> Result<TxReceipt, SubmitError> {
        self.check_running()?;
        if self.0.is_follower() {
            return Err(NodeError::Follower.into());
        }
        let started = Instant::now();
        match self.0.admission.submit(tx, sidecar).await {
            Ok(receipt) => {
                self.0.chain.metrics().finalized(started.elapsed());
                Ok(receipt)
            }
            Err(SubmitError::Interrupted) if self.0.fault.get().is_some() => {
                self.check_running()?;
                Err(SubmitError::Interrupted)
            }
            other => other,
        }
    }

    /// What this node counts, with the load as it is now.
    ///
    /// # Errors
    /// When the node has stopped.
    pub async fn metrics(&self) -> Result<Metrics, NodeError> {
        let (txs, bytes) = self.0.pool.occupancy();
        let mut proven: BTreeMap<(String, String), u64> = BTreeMap::new();
        for record in self.evidence() {
            *proven.entry((record.name, record.validator)).or_default() += 1;
        }
        self.run(move |chain| {
            let metrics = chain.metrics().clone();
            for ((name, key), count) in &proven {
                metrics.equivocations(name, key, *count);
            }
            metrics.load(txs, bytes, disk_bytes(chain.dir()));
            Ok(metrics)
        })
        .await
    }

    /// The newest finalized block's header and id.
    pub fn tip(&self) -> (BlockId, Header) {
        let tip = self.0.chain.tip();
        (tip.id, tip.header)
    }

    /// Validators that were caught signing two things that exclude each other.
    pub fn evidence(&self) -> Vec<EvidenceRecord> {
        self.0.evidence.records()
    }

    /// Tells of every new finalized height; closed when the node stops.
    pub fn subscribe(&self) -> watch::Receiver<Height> {
        self.0.chain.subscribe()
    }

    /// The block at a height; `None` above the tip.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub async fn block(&self, height: Height) -> Result<Option<Block>, NodeError> {
        self.run(move |chain| {
            if height == Height(0) {
                return Ok(Some(Block {
                    header: chain.genesis().clone(),
                    txs: Default::default(),
                }));
            }
            // The log may be ahead of what is committed.
            match height <= chain.tip().header.height {
                true => Ok(read_block(chain.blocks(), height)?),
                false => Ok(None),
            }
        })
        .await
    }

    /// The header at a height; `None` above the tip.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub async fn header(&self, height: Height) -> Result<Option<Header>, NodeError> {
        Ok(self.block(height).await?.map(|block| block.header))
    }

    /// The certificate of the first block from `height` on that has one here, with that block's height. Follow headers up to
    /// it to show that `height` is final.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub async fn certificate_at_or_after(
        &self,
        height: Height,
    ) -> Result<Option<(Height, Certificate)>, NodeError> {
        self.run(move |chain| {
            let Some(found) = chain.blocks().finalization_from(height.0) else {
                return Ok(None);
            };
            // The log may be ahead of what can be read here.
            if Height(found) > chain.tip().header.height {
                return Ok(None);
            }
            let Some(Stored { bytes, .. }) = chain.blocks().finalization(found)? else {
                return Ok(None);
            };
            let certificate =
                decode_slice(&bytes).map_err(|why| undecodable("certificate", why))?;
            Ok(Some((Height(found), certificate)))
        })
        .await
    }

    /// Reads the finalized state. Everything read in one call belongs to the header given along.
    ///
    /// # Errors
    /// Those of the reader, and when the node is overloaded.
    pub async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Header, &dyn StateRead) -> Result<T, NodeError> + Send + 'static,
    ) -> Result<T, NodeError> {
        self.run(move |chain| chain.read(read)).await
    }

    /// Reads the trees as of an anchor; for the newest one it waits if that is not at hand yet.
    async fn read_anchor<T: Send + 'static>(
        &self,
        anchor: Option<Height>,
        read: impl FnOnce(&Header, &dyn StateRead) -> Result<T, NodeError> + Send + 'static,
    ) -> Result<T, NodeError> {
        let height = match anchor {
            Some(height) => height,
            None => self.newest_anchor().await?,
        };
        self.run(move |chain| {
            chain
                .read_anchor(height, read)
                .unwrap_or(Err(NodeError::AnchorUnknown(height)))
        })
        .await
    }

    /// Height of the newest anchor. The history of anchors begins when the node starts, so right after that it may be the
    /// next one.
    async fn newest_anchor(&self) -> Result<Height, NodeError> {
        let mut heights = self.subscribe();
        loop {
            heights.borrow_and_update();
            let height = self.0.chain.tip().header.anchor;
            if self.0.chain.has_anchor(height) {
                return Ok(height);
            }
            tokio::select! {
                _ = heights.changed() => {}
                error = self.failed() => return Err(error),
            }
        }
    }

    /// A value of the finalized state with its proof.
    ///
    /// # Errors
    /// When the key is not covered by the state root, or the state fails.
    pub async fn state_get_with_proof(&self, key: StateKey) -> Result<ProvenValue, NodeError> {
        self.read(move |header, view| {
            let (value, proof) = state::prove(view, header.height, &key)?;
            Ok(ProvenValue {
                header: header.clone(),
                value,
                proof,
            })
        })
        .await
    }

    /// A bucket of the note tree as of an anchor (the newest for `None`), with the anchor's header.
    ///
    /// # Errors
    /// [`NodeError::AnchorUnknown`] when the height is no recent anchor, and when the state fails.
    pub async fn note_bucket(
        &self,
        anchor: Option<Height>,
        index: u32,
    ) -> Result<(Header, NoteBucket), NodeError> {
        self.read_anchor(anchor, move |header, view| {
            let size = state::counters(view)?.leaves;
            Ok((
                header.clone(),
                NoteBucket::read(&NoteNodes(view), size, index).map_err(tree_error)?,
            ))
        })
        .await
    }

    /// A shard of the ended tree as of an anchor (the newest for `None`), with the anchor's header.
    ///
    /// # Errors
    /// As [`NodeHandle::note_bucket`].
    pub async fn ended_shard(
        &self,
        anchor: Option<Height>,
        index: u16,
    ) -> Result<(Header, EndedShard), NodeError> {
        self.read_anchor(anchor, move |header, view| {
            Ok((
                header.clone(),
                EndedShard::read(&EndedNodes(view), index).map_err(tree_error)?,
            ))
        })
        .await
    }

    /// All leaves of the platform tree as of an anchor (the newest for `None`), with the anchor's header.
    ///
    /// # Errors
    /// As [`NodeHandle::note_bucket`].
    pub async fn platform_tree(
        &self,
        anchor: Option<Height>,
    ) -> Result<(Header, Vec<(MemberId, Fr)>), NodeError> {
        let members = self
            .read(|_, view| Ok(state::counters(view)?.members))
            .await?;
        self.read_anchor(anchor, move |header, view| {
            let nodes = PlatformNodes(view);
            let mut leaves = Vec::new();
            for member in (1..=members).filter_map(|id| MemberId::new(id).ok()) {
                let leaf = nodes.get(0, u64::from(member.get()))?;
                leaves.extend(leaf.map(|leaf| (member, leaf)));
            }
            Ok((header.clone(), leaves))
        })
        .await
    }

    /// A sidecar; `None` when it never came or was erased.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn sidecar(&self, digest: AuditDigest) -> Result<Option<Sidecar>, NodeError> {
        self.run(move |chain| {
            let Some(bytes) = chain.sidecars().get(&digest.to_bytes())? else {
                return Ok(None);
            };
            let sidecar = decode_slice(&bytes).map_err(|why| undecodable("sidecar", why))?;
            Ok(Some(sidecar))
        })
        .await
    }

    /// Begins a snapshot of the newest block that has a certificate here; waits until there is one.
    ///
    /// # Errors
    /// When the node has stopped, or the log cannot be read.
    pub async fn snapshot(&self) -> Result<SnapshotStream, NodeError> {
        let mut heights = self.subscribe();
        loop {
            heights.borrow_and_update();
            let chain = self.0.chain.clone();
            if let Some(stream) = self.run(move |_| SnapshotStream::begin(chain)).await? {
                return Ok(stream);
            }
            tokio::select! {
                _ = heights.changed() => {}
                error = self.failed() => return Err(error),
            }
        }
    }

    /// The change of the validator set at the end of an epoch; nothing when the set stays. The epoch must be over.
    ///
    /// # Errors
    /// [`NodeError::NoCertificate`] when it cannot be shown here yet, and when log or state cannot be read.
    pub async fn handover(&self, epoch: Epoch) -> Result<Option<Handover>, NodeError> {
        self.run(move |chain| snapshot::at_end_of(chain, epoch))
            .await
    }

    /// Lowest height from which on all blocks are here: 1, or that of the snapshot the node began with.
    pub fn oldest(&self) -> Height {
        Height(self.0.chain.blocks().block_after(0).unwrap_or(1))
    }

    /// Erases the sidecars of blocks below `height` from this node's disk and returns how many there were. The chain does
    /// not change.
    ///
    /// # Errors
    /// When the store cannot be written; then all of them are still there.
    pub async fn erase_sidecars_below(&self, height: Height) -> Result<usize, NodeError> {
        self.run(move |chain| Ok(chain.sidecars().erase_below(height.0)?))
            .await
    }

    /// Returns when the node stopped by itself: the reason. Never returns while it works.
    pub async fn failed(&self) -> NodeError {
        let mut ended = self.0.ended.clone();
        // An error means that the engine thread is gone, which is the same.
        let _ = ended.wait_for(|ended| *ended).await;
        self.0
            .fault
            .get()
            .unwrap_or_else(|| NodeError::Stopped("it was shut down".into()))
    }

    /// Stops the node: whoever waits is let go, everything is on the disk, the data folder is free.
    pub async fn shutdown(&self) {
        let inner = self.0.clone();
        if tokio::task::spawn_blocking(move || inner.stop())
            .await
            .is_err()
        {
            tracing::warn!("the node did not stop cleanly");
        }
    }

    pub(crate) fn check_running(&self) -> Result<(), NodeError> {
        match self.0.fault.get() {
            Some(error) => Err(error),
            None if *self.0.ended.borrow() => Err(NodeError::Stopped("it was shut down".into())),
            None => Ok(()),
        }
    }

    /// Runs blocking work off the async threads.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Chain) -> Result<T, NodeError> + Send + 'static,
    ) -> Result<T, NodeError> {
        if self.0.fault.get().is_none() {
            // With a failure reads still work; after a shutdown nothing does.
            self.check_running()?;
        }
        let chain = self.0.chain.clone();
        let task = tokio::task::spawn_blocking(move || work(&chain));
        task.await
            .unwrap_or_else(|_| Err(NodeError::Stopped("a read was interrupted".into())))
    }
}

/// Bytes of all files below a folder; what cannot be looked at counts as nothing.
pub(crate) fn disk_bytes(folder: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return 0;
    };
    let sizes = entries.flatten().map(|entry| match entry.metadata() {
        Ok(data) if data.is_dir() => disk_bytes(&entry.path()),
        Ok(data) => data.len(),
        Err(_) => 0,
    });
    sizes.sum()
}

fn tree_error(error: TreeError<StateError>) -> NodeError {
    match error {
        TreeError::Store(error) => error.into(),
        other => NodeError::OutOfRange(other.to_string()),
    }
}

fn undecodable(what: &'static str, why: commonware_codec::Error) -> NodeError {
    StorageError::Undecodable {
        what,
        why: why.to_string(),
    }
    .into()
}
