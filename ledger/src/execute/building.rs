//! A block while it grows, and what every block writes at its end.

use super::{BlockError, Executed};
use crate::block::{Block, MAX_BLOCK_TX_BYTES, MAX_BLOCK_TXS, Txs};
use crate::check::{CheckContext, check};
use crate::env::{Env, TreeChanges};
use crate::genesis::ChainSpec;
use crate::header::{Header, is_anchor};
use crate::ids::{BlockId, BlockTime, Height, TxId, ValidatorsHash};
use crate::keys;
use crate::merkle::tx_root;
use crate::outcome::TxResult;
use crate::proofs::ProofCheck;
use crate::reject::Reject;
use crate::request;
use crate::state::{self, AnchorRecord, Counters, Overlay, StateError, StateRead};
use crate::tx::Tx;
use commonware_codec::EncodeSize;
use tacit_circuits::types::AnchorView;

/// A block while it grows.
pub(super) struct Building<'a> {
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
    pub fn new(
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
        let mut state = Overlay::new(view);
        state::enter_epoch(&mut state, spec, counters.height)?;
        Ok(Self {
            spec,
            parent,
            state,
            leaves_before: counters.leaves,
            counters,
            trees: TreeChanges::default(),
            txs: Vec::new(),
            bytes: 0,
            results: Vec::new(),
        })
    }

    pub fn is_full_for(&self, tx: &Tx) -> bool {
        self.txs.len() >= MAX_BLOCK_TXS || self.bytes + tx.encode_size() > MAX_BLOCK_TX_BYTES
    }

    /// Checks and applies one transaction; a refused one leaves no trace.
    pub fn add(&mut self, tx: Tx, proofs: &mut dyn ProofCheck) -> Result<(), Reject> {
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

    pub fn finish(mut self) -> Result<Executed, StateError> {
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
            validators: self.parent.validators_of_child(self.spec.epochs()),
            scheduled: self.parent.next_validators,
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
pub(super) struct Place {
    pub parent: BlockId,
    pub anchor: Height,
    /// Hash of the set that certifies the block.
    pub validators: ValidatorsHash,
    /// Hash of the set that was scheduled when the block began.
    pub scheduled: ValidatorsHash,
}

/// Writes what every block writes, commits to the state and makes the header.
pub(super) fn finish(
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
    let next_validators = state::commit_validators(overlay, spec, height, place.scheduled)?;
    state::write(overlay, keys::counters(), &counters);
    let state_root = state::commit(overlay, height)?;
    Ok(Header {
        chain: spec.id(),
        height,
        epoch: spec.epochs().of(height),
        time,
        parent: place.parent,
        anchor: place.anchor,
        note_root,
        ended_root,
        platform_root,
        state_root,
        tx_root: tx_root(ids),
        validators: place.validators,
        next_validators,
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
