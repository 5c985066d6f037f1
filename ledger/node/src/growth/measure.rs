//! Blocks of grants on a filled state.

use super::{Measured, index_folder, read_header, text};
use crate::{
    chain::{Chain, Verdict},
    handle::disk_bytes,
    mempool::Collector,
    simulation::world::World,
    storage::RedbIndex,
};
use serde::Serialize;
use std::{
    path::Path,
    time::{Duration, Instant},
};
use tacit_circuits::{
    tree::note::NoteBucket,
    types::{AnchorView, Position},
};
use tacit_ledger::{
    execute,
    header::Header,
    ids::BlockTime,
    state::{self, NoteNodes},
    tx::Tx,
};

/// Blocks that are measured; figures are medians.
const BLOCKS: u64 = 21;
/// Grants in a block.
const GRANTS: u64 = 64;

/// What was measured. Times in milliseconds.
#[derive(Clone, Debug, Serialize)]
pub struct Growth {
    /// Notes in the tree before.
    pub notes: u64,
    /// Grants in a block.
    pub grants: u64,
    /// Opening the index.
    pub open_ms: f64,
    /// Verifying a block's proofs as one batch.
    pub verify_ms: f64,
    /// Executing a block whose proofs are known: rules, trees, state root.
    pub execute_ms: f64,
    /// Entering a final block into the index.
    pub commit_ms: f64,
    /// Reading a bucket of 4096 leaves, as wallets do.
    pub bucket_ms: f64,
    /// Memory of this process at the end, as the system counts it.
    pub resident_bytes: Option<u64>,
    /// Most memory it had.
    pub peak_bytes: Option<u64>,
    /// Bytes of the index on the disk.
    pub index_bytes: u64,
}

/// Runs blocks of grants on what [`super::fill`] made.
///
/// # Errors
/// In words, when the folder holds no filled state or a block is refused.
pub fn measure(dir: &Path) -> Result<Growth, String> {
    let world = World::new(1)?;
    let opened = Instant::now();
    let index = RedbIndex::open(&index_folder(dir)).map_err(text)?;
    let open_ms = ms(opened.elapsed());
    let tip = read_header(dir)?;
    let chain =
        Chain::over(dir, Box::new(index), tip, &world.spec, world.proof_keys()?).map_err(text)?;
    let notes = chain
        .read(|_, view| state::counters(view))
        .map_err(text)?
        .leaves;

    let run = Run {
        world: &world,
        chain: &chain,
    };
    let anchor = run.anchor()?;
    let mut verify = Vec::new();
    let (mut executed, mut committed, mut buckets) = (Vec::new(), Vec::new(), Vec::new());
    for n in 0..BLOCKS {
        let grants = (n * GRANTS..(n + 1) * GRANTS).map(|n| Ok(world.grant(n, &anchor)?.0));
        let block = run.block(grants.collect::<Measured<_>>()?, 100)?;
        verify.push(block.verify);
        executed.push(block.execute);
        committed.push(block.commit);
        // Buckets all over the tree.
        let position = u32::try_from(notes * n / BLOCKS).map_err(text)?;
        let index = NoteBucket::index_of(Position(position));
        let started = Instant::now();
        chain
            .read(|_, view| NoteBucket::read(&NoteNodes(view), notes, index))
            .map_err(|error| format!("{error:?}"))?;
        buckets.push(started.elapsed());
    }
    chain.close().map_err(text)?;
    Ok(Growth {
        notes,
        grants: GRANTS,
        open_ms,
        verify_ms: median(verify),
        execute_ms: median(executed),
        commit_ms: median(committed),
        bucket_ms: median(buckets),
        resident_bytes: memory("VmRSS:"),
        peak_bytes: memory("VmHWM:"),
        index_bytes: disk_bytes(&index_folder(dir)),
    })
}

struct Run<'a> {
    world: &'a World,
    chain: &'a Chain,
}

/// How long a block took.
struct Took {
    verify: Duration,
    execute: Duration,
    commit: Duration,
    header: Header,
}

impl Run<'_> {
    /// Makes the next block final.
    fn block(&self, txs: Vec<Tx>, after_ms: u64) -> Measured<Took> {
        let parent = self.chain.tip().header;
        let time = BlockTime(parent.time.0 + after_ms);
        let (memory, keys) = self.chain.proofs();
        let mut proofs = Collector::new(memory);
        let count = txs.len();
        let proposed = self
            .chain
            .read(|_, view| {
                execute::propose(view, &self.world.spec, &parent, time, txs, &mut proofs)
            })
            .map_err(text)?;
        let block = proposed.executed.block;
        if block.txs.0.len() != count {
            return Err(format!("refused: {:?}", proposed.rejected.first()));
        }
        let started = Instant::now();
        if !proofs.verify(keys) {
            return Err("a proof does not verify".into());
        }
        let verify = started.elapsed();
        let started = Instant::now();
        match self.chain.judge(&parent, block.clone()).map_err(text)? {
            Verdict::Valid => {}
            Verdict::Invalid(why) => return Err(why),
            Verdict::Unknown | Verdict::Abandoned => return Err("the block has no parent".into()),
        }
        let execute = started.elapsed();
        let started = Instant::now();
        self.chain.commit(&block).map_err(text)?;
        Ok(Took {
            verify,
            execute,
            commit: started.elapsed(),
            header: block.header,
        })
    }

    /// An empty block that is late enough to be an anchor, so that grants can name it.
    fn anchor(&self) -> Measured<AnchorView> {
        let interval = u64::from(self.world.spec.genesis().anchor_interval_secs);
        let header = self.block(Vec::new(), interval * 1000)?.header;
        header.anchor_view().ok_or("the block is no anchor".into())
    }
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    ms(times.get(times.len() / 2).copied().unwrap_or_default())
}

/// A line of the system's status of this process.
fn memory(name: &str) -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}
