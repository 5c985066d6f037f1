//! Opening the data folder: locks are held, the log is verified, the index is brought up to it.

use super::{Chain, Tip, commit::enter, view::View};
use crate::{
    config::{Progress, ProgressFn},
    error::NodeError,
    mempool::ProofMemory,
    metrics::Metrics,
    snapshot::{Exports, HANDOVERS},
    storage::{BlockLog, Index, IndexTip, RedbIndex, SidecarLog, StorageError, Stored, move_aside},
};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, RwLock},
};
use tacit_ledger::{
    block::Block,
    execute::{self, Executed},
    genesis::ChainSpec,
    header::Header,
    ids::Height,
    proofs::Final,
    state,
    verifier::ProofKeys,
};
use tokio::sync::watch;

/// Folders of the engine's journals of votes begin so; the epoch follows.
pub(crate) const VOTES: &str = "simplex-";
/// Blocks between two reports of progress.
const REPORT_EVERY: u64 = 256;

/// What a node does with its chain. A folder serves one part only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// It votes, and keeps a journal of its votes.
    Validator,
    /// It takes what is final.
    Follower,
}

impl Chain {
    /// Opens the chain in `dir`.
    ///
    /// # Errors
    /// [`NodeError`] with what to do. A broken index is no error: it is rebuilt.
    pub(crate) fn open(
        dir: &Path,
        part: Part,
        spec: ChainSpec,
        keys: ProofKeys,
        progress: Option<&ProgressFn>,
    ) -> Result<Self, NodeError> {
        let id = *spec.id().as_bytes();
        let blocks = BlockLog::open(&dir.join("blocks.log"), &id)?;
        check_parts(dir, part, &blocks)?;
        let sidecars = SidecarLog::open(&dir.join("sidecars.log"), &id)?;
        let replay = Replay::new(&spec, &blocks, progress)?;
        let (index, tip) = replay.open_index(&dir.join("index"))?;
        let genesis = replay.genesis.block.header;
        let stores = Stores {
            blocks,
            sidecars,
            index,
            dir: dir.to_path_buf(),
        };
        Ok(Self::new(stores, spec, keys, genesis, tip))
    }

    /// A chain over logs that are not on a disk, with an index in memory.
    ///
    /// # Errors
    /// As [`Chain::open`].
    #[cfg(feature = "simulation")]
    pub(crate) fn in_memory(
        blocks: BlockLog,
        sidecars: SidecarLog,
        index: Box<dyn Index>,
        spec: ChainSpec,
        keys: ProofKeys,
    ) -> Result<Self, NodeError> {
        let replay = Replay::new(&spec, &blocks, None)?;
        let tip = replay.bring_up(index.as_ref())?;
        let genesis = replay.genesis.block.header;
        let stores = Stores {
            blocks,
            sidecars,
            index,
            dir: PathBuf::new(),
        };
        Ok(Self::new(stores, spec, keys, genesis, tip))
    }

    /// A chain over an index that stands at `tip`, with empty logs in `dir`.
    ///
    /// # Errors
    /// When the logs cannot be made.
    #[cfg(feature = "simulation")]
    pub(crate) fn over(
        dir: &Path,
        index: Box<dyn Index>,
        tip: Header,
        spec: &ChainSpec,
        keys: ProofKeys,
    ) -> Result<Self, NodeError> {
        let id = *spec.id().as_bytes();
        let stores = Stores {
            blocks: BlockLog::open(&dir.join("blocks.log"), &id)?,
            sidecars: SidecarLog::open(&dir.join("sidecars.log"), &id)?,
            index,
            dir: dir.to_path_buf(),
        };
        let genesis = execute::genesis(spec)?.block.header;
        Ok(Self::new(stores, spec.clone(), keys, genesis, tip))
    }

    fn new(stores: Stores, spec: ChainSpec, keys: ProofKeys, genesis: Header, tip: Header) -> Self {
        let (height, _) = watch::channel(tip.height);
        let metrics = Metrics::default();
        metrics.at(&tip);
        Self {
            blocks: Arc::new(stores.blocks),
            sidecars: Arc::new(stores.sidecars),
            index: stores.index,
            keys,
            proofs: ProofMemory::new(metrics.clone()),
            genesis,
            tip: RwLock::new(Tip::new(tip)),
            pending: Mutex::new(BTreeMap::new()),
            history: Mutex::default(),
            height,
            spec,
            metrics,
            dir: stores.dir,
            exports: Exports::default(),
        }
    }
}

/// Where a chain is kept.
struct Stores {
    blocks: BlockLog,
    sidecars: SidecarLog,
    index: Box<dyn Index>,
    dir: PathBuf,
}

/// The engine's journals of votes and the block log come and go together: the log has the genesis block before the first
/// journal exists, and a journal exists before any block after it, but where the log begins with a snapshot. A follower has
/// no journal: the engine would not know of the blocks it adds.
fn check_parts(dir: &Path, part: Part, blocks: &BlockLog) -> Result<(), StorageError> {
    let (engine, log) = (dir.join("engine"), dir.join("blocks.log"));
    match (has_votes(&engine), blocks.last_block()) {
        (true, _) if part == Part::Follower => Err(StorageError::Votes(engine)),
        (false, _) if part == Part::Follower => Ok(()),
        (false, Some(1..)) if !began_with_snapshot(dir, blocks) => Err(StorageError::PartMissing {
            missing: engine,
            present: log,
        }),
        (true, None) => Err(StorageError::PartMissing {
            missing: log,
            present: engine,
        }),
        _ => Ok(()),
    }
}

/// Whether the log begins with a snapshot's block.
fn began_with_snapshot(dir: &Path, blocks: &BlockLog) -> bool {
    dir.join(HANDOVERS).exists() && blocks.first_block().is_some_and(|first| first > 0)
}

/// Whether there is a journal of votes, of whatever epoch.
fn has_votes(engine: &Path) -> bool {
    let entries = std::fs::read_dir(engine).into_iter().flatten().flatten();
    entries
        .filter_map(|entry| entry.file_name().into_string().ok())
        .any(|name| name.starts_with(VOTES))
}

/// Bringing an index up to the log.
struct Replay<'a> {
    spec: &'a ChainSpec,
    blocks: &'a BlockLog,
    genesis: Executed,
    progress: Option<&'a ProgressFn>,
}

impl<'a> Replay<'a> {
    fn new(
        spec: &'a ChainSpec,
        blocks: &'a BlockLog,
        progress: Option<&'a ProgressFn>,
    ) -> Result<Self, NodeError> {
        Ok(Self {
            spec,
            blocks,
            genesis: execute::genesis(spec)?,
            progress,
        })
    }

    fn open_index(&self, folder: &Path) -> Result<(Box<dyn Index>, Header), NodeError> {
        let first = RedbIndex::open(folder)
            .map_err(NodeError::from)
            .and_then(|index| {
                let tip = self.bring_up(&index)?;
                Ok((index, tip))
            });
        match first {
            Ok((index, tip)) => return Ok((Box::new(index), tip)),
            // Only what the index itself can be guilty of is cured by a new one.
            Err(NodeError::Storage(StorageError::Index(why))) => {
                tracing::warn!(%why, "discarding the index")
            }
            Err(error @ (NodeError::Replay { .. } | NodeError::State(_))) => {
                tracing::warn!(%error, "discarding the index")
            }
            Err(other) => return Err(other),
        }
        self.report(Progress::IndexDiscarded);
        move_aside(folder)?;
        let index = RedbIndex::open(folder)?;
        let tip = self.bring_up(&index)?;
        Ok((Box::new(index), tip))
    }

    /// Executes every block of the log that the index lacks.
    fn bring_up(&self, index: &dyn Index) -> Result<Header, NodeError> {
        let mut tip = match index.tip()? {
            Some(tip) => self.agree(index, tip)?,
            None => {
                // Without the blocks below a snapshot its state cannot be made again. To a validator they come in any order,
                // but after the genesis block.
                if let Some(first @ 2..) = self.blocks.first_block() {
                    return Err(StorageError::SnapshotNeeded(first).into());
                }
                enter(index, &self.genesis.block.header, &self.genesis.changes)?;
                self.genesis.block.header.clone()
            }
        };
        let start = tip.height.next();
        let Some(target) = self.blocks.row_end(start.0).map(Height) else {
            return Ok(tip);
        };
        for height in start.0..=target.0 {
            let Some(block) = read_block(self.blocks, Height(height))? else {
                break;
            };
            let view = View::finalized(index);
            let Executed { changes, block, .. } =
                execute::execute(&view, self.spec, &tip, block, &mut Final)
                    .map_err(|error| NodeError::replay(Height(height), error))?;
            enter(index, &block.header, &changes)?;
            tip = block.header;
            if height % REPORT_EVERY == 0 || height == target.0 {
                self.report(Progress::Indexing {
                    height: Height(height),
                    target,
                });
            }
        }
        index.flush()?;
        Ok(tip)
    }

    /// The header the index stands at, if log and index agree on it.
    fn agree(&self, index: &dyn Index, tip: IndexTip) -> Result<Header, NodeError> {
        let header = match tip.height {
            0 => self.genesis.block.header.clone(),
            height => match read_block(self.blocks, Height(height))? {
                Some(block) => block.header,
                None => {
                    let log = self.blocks.last_block().unwrap_or(0);
                    return Err(StorageError::AcknowledgedLost { log, index: height }.into());
                }
            },
        };
        let counters = state::counters(&View::finalized(index))?;
        match *header.state_root.as_bytes() == tip.state_root && counters.height == header.height {
            true => Ok(header),
            false => Err(StorageError::Index(format!(
                "its state at height {} is not the block's",
                tip.height
            ))
            .into()),
        }
    }

    fn report(&self, progress: Progress) {
        if let Some(report) = self.progress {
            report(progress);
        }
    }
}

/// A block of the log.
pub(crate) fn read_block(blocks: &BlockLog, height: Height) -> Result<Option<Block>, StorageError> {
    let Some(Stored { bytes, .. }) = blocks.block(height.0)? else {
        return Ok(None);
    };
    let undecodable = |e: commonware_codec::Error| StorageError::Undecodable {
        what: "block",
        why: e.to_string(),
    };
    Block::from_bytes(&bytes).map(Some).map_err(undecodable)
}
