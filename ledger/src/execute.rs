//! Executing blocks: one pure function for proposing, voting and replaying.

use crate::block::{Block, MAX_BLOCK_TX_BYTES, MAX_BLOCK_TXS, Txs};
use crate::check::{CheckContext, CheckedTx, check};
use crate::env::{Env, TreeChanges};
use crate::genesis::ChainSpec;
use crate::header::{Header, is_anchor};
use crate::ids::{BlockId, BlockTime, Height, TxId};
use crate::keys;
use crate::merkle::tx_root;
use crate::outcome::{Outcome, TxResult};
use crate::proofs::ProofCheck;
use crate::reject::Reject;
use crate::request;
use crate::state::{self, AnchorRecord, Changes, Counters, Overlay, StateError, StateRead};
use crate::tx::Tx;
use commonware_codec::EncodeSize;
use tacit_circuits::types::{AnchorView, Digest32};

/// What a block does.
#[derive(Clone, Debug)]
pub struct Executed {
    /// The block.
    pub block: Block,
    /// What it writes; apply to the state it was executed on, in one step.
    pub changes: Changes,
    /// What its transactions did, in order.
    pub results: Vec<TxResult>,
}

/// What a proposer gets: its block, and the candidates that it left out for a reason.
#[derive(Clone, Debug)]
pub struct Proposed {
    /// The block.
    pub executed: Executed,
    /// Candidates that the rules refuse, with the reason. Candidates that just had no room are not listed.
    pub rejected: Vec<(TxId, Reject)>,
}

/// The genesis block: no transactions, the empty trees, the first anchor. It is final by definition.
///
/// # Errors
/// [`StateError`] does not happen on an empty state in memory; it is passed on where it comes from.
pub fn genesis(spec: &ChainSpec) -> Result<Executed, StateError> {
    let empty = state::MemoryState::new();
    let mut overlay = Overlay::new(&empty);
    let counters = Counters {
        height: Height(0),
        time: spec.time(),
        members: 0,
        leaves: 0,
        ended: 0,
        anchors: 0,
        openings: 0,
        oldest_requests: Height(1),
    };
    let header = finish(
        &mut overlay,
        spec,
        counters,
        Place {
            parent: BlockId(Digest32([0; 32])),
            anchor: Height(0),
        },
        &[],
    )?;
    Ok(Executed {
        block: Block {
            header,
            txs: Txs::default(),
        },
        changes: overlay.into_changes(),
        results: Vec::new(),
    })
}

/// Builds a block from candidates, in their order, leaving out those that the rules refuse and those without room.
///
/// `view` is the state after `parent`. Every proof of a candidate must hold when it goes to a [`ProofCheck`] that defers,
/// so give only candidates whose proofs were verified before, or one that verifies at once.
///
/// # Errors
/// [`BlockError`] when the time is not after the parent's, or the state fails.
pub fn propose(
    view: &dyn StateRead,
    spec: &ChainSpec,
    parent: &Header,
    time: BlockTime,
    candidates: Vec<Tx>,
    proofs: &mut dyn ProofCheck,
) -> Result<Proposed, BlockError> {
    let mut building = Building::new(view, spec, parent, time)?;
    let mut rejected = Vec::new();
    for tx in candidates {
        if building.is_full_for(&tx) {
            continue;
        }
        let id = tx.id();
        match building.add(tx, proofs) {
            Ok(()) => {}
            Err(Reject::State(error)) => return Err(error.into()),
            Err(reject) => rejected.push((id, reject)),
        }
    }
    Ok(Proposed {
        executed: building.finish()?,
        rejected,
    })
}

/// Executes a block that somebody proposed, and checks that its header is exactly the one that follows.
///
/// `view` is the state after `parent`. Deterministic: no clock is asked, so how far ahead the time may be is the node's
/// concern (it waits). Sidecars are not looked at, see [`Block::audit_digests`].
///
/// # Errors
/// [`BlockError`] names the rule that is broken.
pub fn execute(
    view: &dyn StateRead,
    spec: &ChainSpec,
    parent: &Header,
    block: Block,
    proofs: &mut dyn ProofCheck,
) -> Result<Executed, BlockError> {
    let Block { header, txs } = block;
    if header.chain != spec.id() {
        return Err(BlockError::Chain);
    }
    if header.parent != parent.id() || header.height != parent.height.next() {
        return Err(BlockError::Parent);
    }
    if txs.0.len() > MAX_BLOCK_TXS
        || txs.0.iter().map(EncodeSize::encode_size).sum::<usize>() > MAX_BLOCK_TX_BYTES
    {
        return Err(BlockError::TooLarge);
    }
    let mut building = Building::new(view, spec, parent, header.time)?;
    for (index, tx) in txs.0.into_iter().enumerate() {
        match building.add(tx, proofs) {
            Ok(()) => {}
            Err(Reject::State(error)) => return Err(error.into()),
            Err(reject) => {
                return Err(BlockError::Tx {
                    index,
                    reject: Box::new(reject),
                });
            }
        }
    }
    let executed = building.finish()?;
    match header_difference(&executed.block.header, &header) {
        None => Ok(executed),
        Some(field) => Err(BlockError::Header { field }),
    }
}

/// Whether the rules would accept a transaction in the next block after `view`: signature, proof, state. What a mempool
/// asks. Nothing is changed.
///
/// # Errors
/// [`Reject`] with the reason.
pub fn admit(
    view: &dyn StateRead,
    spec: &ChainSpec,
    time: BlockTime,
    tx: Tx,
    proofs: &mut dyn ProofCheck,
) -> Result<(CheckedTx, Outcome), Reject> {
    // Before the expensive proof: a repeated request is answered from memory.
    request::check_new(view, &tx.request_id, &tx.id())?;
    let checked = check(tx, &CheckContext { spec, view }, proofs)?;
    let counters = state::counters(view)?;
    let mut state = Overlay::new(view);
    let mut env = Env {
        spec,
        height: counters.height.next(),
        time,
        state: &mut state,
        counters,
        trees: TreeChanges::default(),
    };
    let outcome = checked.tx().action.apply(&mut env, checked.evidence())?;
    Ok((checked, outcome))
}

/// A block while it grows.
struct Building<'a> {
    spec: &'a ChainSpec,
    parent: &'a Header,
    state: Overlay<'a>,
    counters: Counters,
    trees: TreeChanges,
    leaves_before: u64,
    txs: Vec<Tx>,
    bytes: usize,
    results: Vec<TxResult>,
}

impl<'a> Building<'a> {
    fn new(
        view: &'a dyn StateRead,
        spec: &'a ChainSpec,
        parent: &'a Header,
        time: BlockTime,
    ) -> Result<Self, BlockError> {
        let mut counters = state::counters(view)?;
        if counters.height != parent.height || counters.time != parent.time {
            return Err(BlockError::View {
                state: counters.height,
                parent: parent.height,
            });
        }
        if time <= parent.time {
            return Err(BlockError::Time {
                time,
                parent: parent.time,
            });
        }
        counters.height = parent.height.next();
        counters.time = time;
        Ok(Self {
            spec,
            parent,
            state: Overlay::new(view),
            leaves_before: counters.leaves,
            counters,
            trees: TreeChanges::default(),
            txs: Vec::new(),
            bytes: 0,
            results: Vec::new(),
        })
    }

    fn is_full_for(&self, tx: &Tx) -> bool {
        self.txs.len() >= MAX_BLOCK_TXS || self.bytes + tx.encode_size() > MAX_BLOCK_TX_BYTES
    }

    /// Checks and applies one transaction; a refused one leaves no trace.
    fn add(&mut self, tx: Tx, proofs: &mut dyn ProofCheck) -> Result<(), Reject> {
        request::check_new(&self.state, &tx.request_id, &tx.id())?;
        let tx = check(
            tx,
            &CheckContext {
                spec: self.spec,
                view: &self.state,
            },
            proofs,
        )?;
        let mut scratch = Overlay::new(&self.state);
        let mut env = Env {
            spec: self.spec,
            height: self.counters.height,
            time: self.counters.time,
            state: &mut scratch,
            counters: self.counters.clone(),
            trees: TreeChanges::default(),
        };
        let outcome = tx.tx().action.apply(&mut env, tx.evidence())?;
        request::remember(&mut env, &tx, self.txs.len() as u32, outcome)?;
        let Env {
            counters, trees, ..
        } = env;
        let changes = scratch.into_changes();
        self.state.extend(changes);
        self.counters = counters;
        self.trees.extend(trees);
        self.results.push(TxResult {
            id: tx.id(),
            outcome,
        });
        let tx = tx.into_tx();
        self.bytes += tx.encode_size();
        self.txs.push(tx);
        Ok(())
    }

    fn finish(mut self) -> Result<Executed, StateError> {
        let mut env = Env {
            spec: self.spec,
            height: self.counters.height,
            time: self.counters.time,
            state: &mut self.state,
            counters: self.counters,
            trees: TreeChanges::default(),
        };
        request::forget_old(&mut env)?;
        let counters = env.counters;
        state::update_trees(&mut self.state, self.leaves_before, &self.trees)?;
        let interval = self.spec.genesis().anchor_interval_secs;
        let anchor = match is_anchor(self.parent.time, counters.time, interval) {
            true => counters.height,
            false => self.parent.anchor,
        };
        let ids: Vec<TxId> = self.results.iter().map(|result| result.id).collect();
        let place = Place {
            parent: self.parent.id(),
            anchor,
        };
        let header = finish(&mut self.state, self.spec, counters, place, &ids)?;
        Ok(Executed {
            block: Block {
                header,
                txs: Txs(self.txs),
            },
            changes: self.state.into_changes(),
            results: self.results,
        })
    }
}

/// Where a block stands among the others.
struct Place {
    parent: BlockId,
    anchor: Height,
}

/// Writes what every block writes, commits to the state and makes the header.
fn finish(
    overlay: &mut Overlay<'_>,
    spec: &ChainSpec,
    mut counters: Counters,
    place: Place,
    ids: &[TxId],
) -> Result<Header, StateError> {
    let (note_root, ended_root, platform_root) = state::roots(overlay)?;
    let (height, time) = (counters.height, counters.time);
    if place.anchor == height {
        let view = AnchorView {
            height: height.0,
            time: time.timestamp(),
            note_root,
            ended_root,
            platform_root,
        };
        enter_anchor(overlay, &mut counters, spec.genesis().anchors_kept, view)?;
    }
    state::write(overlay, keys::counters(), &counters);
    let state_root = state::commit(overlay, height)?;
    Ok(Header {
        chain: spec.id(),
        height,
        time,
        parent: place.parent,
        anchor: place.anchor,
        note_root,
        ended_root,
        platform_root,
        state_root,
        tx_root: tx_root(ids),
        validators: spec.validators().hash(),
    })
}

/// Enters an anchor and forgets the one that is now too many.
fn enter_anchor(
    overlay: &mut Overlay<'_>,
    counters: &mut Counters,
    kept: u32,
    view: AnchorView,
) -> Result<(), StateError> {
    let height = Height(view.height);
    let sequence = counters.anchors;
    state::write(
        overlay,
        keys::anchor(height),
        &AnchorRecord { sequence, view },
    );
    state::write(overlay, keys::anchor_sequence(sequence), &height);
    counters.anchors += 1;
    if let Some(old) = sequence.checked_sub(u64::from(kept)) {
        let key = keys::anchor_sequence(old);
        if let Some(height) = state::read::<Height>(overlay, &key)? {
            state::delete(overlay, keys::anchor(height));
            state::delete(overlay, key);
        }
    }
    Ok(())
}

/// Name of the first field in which two headers differ.
fn header_difference(expected: &Header, got: &Header) -> Option<&'static str> {
    let fields = [
        (expected.chain == got.chain, "chain"),
        (expected.height == got.height, "height"),
        (expected.time == got.time, "time"),
        (expected.parent == got.parent, "parent"),
        (expected.anchor == got.anchor, "anchor"),
        (expected.note_root == got.note_root, "note_root"),
        (expected.ended_root == got.ended_root, "ended_root"),
        (expected.platform_root == got.platform_root, "platform_root"),
        (expected.state_root == got.state_root, "state_root"),
        (expected.tx_root == got.tx_root, "tx_root"),
        (expected.validators == got.validators, "validators"),
        (expected == got, "header"),
    ];
    fields.iter().find(|(same, _)| !same).map(|(_, name)| *name)
}

/// Why a block is not valid.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BlockError {
    /// The block is of another chain.
    #[error("the block is of another chain")]
    Chain,
    /// The block does not follow its parent.
    #[error("the block does not follow the given parent")]
    Parent,
    /// The given state is not the one after the given parent: a mistake of the caller, no verdict about the block.
    #[error("the state is that of height {state}, the parent has height {parent}")]
    View {
        /// Height of the state.
        state: Height,
        /// Height of the parent.
        parent: Height,
    },
    /// The time is not after the parent's.
    #[error("the block's time {} is not after its parent's {}", time.0, parent.0)]
    Time {
        /// Time of the block.
        time: BlockTime,
        /// Time of the parent.
        parent: BlockTime,
    },
    /// The block has too many transactions or too many bytes of them.
    #[error("the block has too many transactions or bytes")]
    TooLarge,
    /// A transaction is refused.
    #[error("transaction {index} is refused: {reject}")]
    Tx {
        /// Its place, from 0.
        index: usize,
        /// Why.
        #[source]
        reject: Box<Reject>,
    },
    /// The header is not the one that follows from parent, state and transactions.
    #[error("the header's {field} is not the one that follows from parent, state and transactions")]
    Header {
        /// First field that differs.
        field: &'static str,
    },
    /// The state could not be read: no verdict about the block.
    #[error(transparent)]
    State(#[from] StateError),
}
