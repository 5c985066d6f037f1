//! Executing blocks: one pure function for proposing, voting and replaying.

mod building;
mod error;

pub use error::BlockError;

use crate::block::{Block, MAX_BLOCK_TX_BYTES, MAX_BLOCK_TXS, Txs};
use crate::check::{CheckContext, CheckedTx, check};
use crate::env::{Env, TreeChanges};
use crate::genesis::ChainSpec;
use crate::header::Header;
use crate::ids::{BlockId, BlockTime, Height, TxId};
use crate::keys;
use crate::outcome::{Outcome, TxResult};
use crate::proofs::ProofCheck;
use crate::reject::Reject;
use crate::request;
use crate::state::{self, Changes, Counters, Overlay, StateError, StateRead};
use crate::tx::Tx;
use building::{Building, Place, finish};
use commonware_codec::EncodeSize;
use error::header_difference;
use tacit_circuits::types::Digest32;

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
    state::begin_validators(&mut overlay, spec);
    state::write(&mut overlay, keys::policy(), &spec.genesis().policy);
    let counters = Counters {
        height: Height(0),
        time: spec.time(),
        members: 0,
        validators: u32::try_from(spec.first_validators().as_slice().len()).unwrap_or(u32::MAX),
        proposals: 0,
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
            validators: spec.validators().hash(),
            scheduled: spec.validators().hash(),
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
    let counters = state::counters(view)?;
    let height = counters.height.next();
    let mut state = Overlay::new(view);
    state::enter_epoch(&mut state, spec, height)?;
    let checked = check(tx, &CheckContext { spec, view: &state }, proofs)?;
    let mut env = Env {
        spec,
        height,
        time,
        state: &mut state,
        counters,
        trees: TreeChanges::default(),
    };
    let outcome = checked.tx().action.apply(&mut env, checked.evidence())?;
    Ok((checked, outcome))
}
