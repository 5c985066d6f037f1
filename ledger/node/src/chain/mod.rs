//! The chain of this node: what is final, and what may become final.
//!
//! The finalized state lives in the index; blocks that were executed and are not final yet are held as changes on top of
//! it, by block id. Everything here blocks, and is called off the async threads.

mod commit;
mod extend;
mod history;
mod open;
mod retention;
mod roster;
mod view;

use crate::{
    error::NodeError,
    mempool::ProofMemory,
    metrics::Metrics,
    snapshot::{Export, Exports, Piece},
    storage::{BlockLog, Index, SidecarLog},
};
use history::History;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard},
};
use tacit_ledger::{
    genesis::ChainSpec,
    header::Header,
    ids::{BlockId, Height, TxId},
    outcome::TxResult,
    state::{Changes, StateRead},
    verifier::ProofKeys,
};
use tokio::sync::watch;
pub(crate) use view::View;

#[cfg(feature = "simulation")]
pub(crate) use commit::enter;
pub(crate) use extend::{Extension, Verdict};
pub(crate) use open::{Part, VOTES, read_block};
pub(crate) use roster::{Entrance, Roster, address_of};

/// See the module.
pub(crate) struct Chain {
    spec: ChainSpec,
    keys: ProofKeys,
    blocks: Arc<BlockLog>,
    sidecars: Arc<SidecarLog>,
    index: Box<dyn Index>,
    proofs: ProofMemory,
    genesis: Header,
    /// The newest block whose changes are in the index. Readers hold it while they read; committing takes it alone.
    tip: RwLock<Tip>,
    pending: Mutex<BTreeMap<BlockId, Arc<Pending>>>,
    history: Mutex<History>,
    height: watch::Sender<Height>,
    metrics: Metrics,
    dir: PathBuf,
    exports: Exports,
}

/// The newest finalized block.
#[derive(Clone, Debug)]
pub(crate) struct Tip {
    pub(crate) id: BlockId,
    pub(crate) header: Header,
}

impl Tip {
    fn new(header: Header) -> Self {
        Self {
            id: header.id(),
            header,
        }
    }
}

/// A block that was executed and is not final yet.
struct Pending {
    header: Header,
    changes: Arc<Changes>,
    results: Vec<TxResult>,
}

/// Where the state after a block can be read.
enum Standing<'a> {
    /// From here, with the transactions of the blocks that are not final.
    At(View<'a>, BTreeSet<TxId>),
    /// The block or one of its ancestors was not executed here.
    Unknown,
    /// Something else became final at its height.
    Abandoned,
}

impl Chain {
    /// The chain's constants.
    pub(crate) fn spec(&self) -> &ChainSpec {
        &self.spec
    }

    /// What this node counts.
    pub(crate) fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// The data folder.
    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// The log of blocks.
    pub(crate) fn blocks(&self) -> &Arc<BlockLog> {
        &self.blocks
    }

    /// The store of sidecars.
    pub(crate) fn sidecars(&self) -> &Arc<SidecarLog> {
        &self.sidecars
    }

    /// The genesis header.
    pub(crate) fn genesis(&self) -> &Header {
        &self.genesis
    }

    /// The newest finalized block.
    pub(crate) fn tip(&self) -> Tip {
        self.read_tip().clone()
    }

    /// Tells of every new finalized height.
    pub(crate) fn subscribe(&self) -> watch::Receiver<Height> {
        self.height.subscribe()
    }

    /// Reads the finalized state; it does not change meanwhile.
    pub(crate) fn read<T>(&self, read: impl FnOnce(&Header, &dyn StateRead) -> T) -> T {
        let tip = self.read_tip();
        read(&tip.header, &View::finalized(self.index.as_ref()))
    }

    /// Reads the trees as of an anchor; `None` when the height is no anchor that is remembered. Only what is in the trees may
    /// be read, and the number of leaves.
    pub(crate) fn read_anchor<T>(
        &self,
        height: Height,
        read: impl FnOnce(&Header, &dyn StateRead) -> T,
    ) -> Option<T> {
        let tip = self.read_tip();
        let (header, values) = self.lock_history().at(height, &tip.header)?;
        let view = View::with(self.index.as_ref(), vec![Arc::new(values)]);
        Some(read(&header, &view))
    }

    /// Whether the trees can be read as of an anchor.
    pub(crate) fn has_anchor(&self, height: Height) -> bool {
        let tip = self.read_tip();
        self.lock_history().knows(height, &tip.header)
    }

    /// What was verified before, and the keys to verify with.
    pub(crate) fn proofs(&self) -> (&ProofMemory, &ProofKeys) {
        (&self.proofs, &self.keys)
    }

    /// Puts the index on the disk and lets go of it.
    pub(crate) fn close(&self) -> Result<(), NodeError> {
        Ok(self.index.close()?)
    }

    /// The state after the block `id` of this height.
    fn standing<'a>(&'a self, tip: &Tip, id: BlockId, height: Height) -> Standing<'a> {
        let pending = self.lock_pending();
        let (mut id, mut height) = (id, height);
        let mut layers = Vec::new();
        let mut txs = BTreeSet::new();
        while height > tip.header.height {
            let Some(block) = pending.get(&id) else {
                return Standing::Unknown;
            };
            layers.push(block.changes.clone());
            txs.extend(block.results.iter().map(|result| result.id));
            id = block.header.parent;
            height = Height(height.0 - 1);
        }
        match id == tip.id && height == tip.header.height {
            true => Standing::At(View::with(self.index.as_ref(), layers), txs),
            false => Standing::Abandoned,
        }
    }

    /// Begins a snapshot of the state after the newest block.
    pub(crate) fn begin_export(&self) -> (Header, Arc<Mutex<Export>>) {
        let tip = self.read_tip();
        (tip.header.clone(), self.exports.begin())
    }

    /// The next entries of a snapshot; nothing at its end.
    ///
    /// # Errors
    /// When it was overtaken, or the index fails.
    pub(crate) fn read_export(&self, export: &Mutex<Export>) -> Result<Option<Piece>, NodeError> {
        let _tip = self.read_tip();
        let mut export = export.lock().unwrap_or_else(PoisonError::into_inner);
        export.read(self.index.as_ref())
    }

    fn lock_history(&self) -> MutexGuard<'_, History> {
        self.history.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read_tip(&self) -> RwLockReadGuard<'_, Tip> {
        self.tip.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock_pending(&self) -> std::sync::MutexGuard<'_, BTreeMap<BlockId, Arc<Pending>>> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
