//! Finding where leaves stand of which only the value is known.

use std::collections::BTreeMap;

use tacit_circuits::tree::note::{BUCKET_LEAVES, NoteBucket};
use tacit_circuits::types::{Leaf, Position};
use tacit_ledger::header::Header;

use super::{LedgerSource, SyncError, SyncReport, TreePart};
use crate::derive::ChainKeys;
use crate::error::WalletError;
use crate::leaf;
use crate::state::{FoundLeaf, Progress, State};
use crate::sync::scan::record_position;
use crate::wallet::Wallet;

impl Wallet {
    /// Looks through the buckets, newest first, for the leaves that the scan saw and nobody gave a position for.
    pub(super) fn locate(
        &mut self,
        source: &mut dyn LedgerSource,
        anchor: &Header,
        report: &mut SyncReport,
    ) -> Result<(), WalletError> {
        let mut missing: Vec<Leaf> = self
            .state
            .found
            .iter()
            .filter(|found| found.position.is_none() && found.height <= anchor.height)
            .map(|found| found.leaf)
            .collect();
        if missing.is_empty() {
            return Ok(());
        }
        let leaves = self.counters(source, report)?.leaves;
        let last = leaves.saturating_sub(1) / BUCKET_LEAVES as u64;
        let mut positions = BTreeMap::new();
        for index in (0..=u32::try_from(last).unwrap_or(NoteBucket::COUNT - 1)).rev() {
            let bucket = read_bucket(source, index, anchor)?;
            let first = u64::from(index) * BUCKET_LEAVES as u64;
            for (position, leaf) in (first..).zip(&bucket.leaves) {
                if let (Some(at), Ok(position)) = (
                    missing.iter().position(|m| m == leaf),
                    u32::try_from(position),
                ) {
                    missing.swap_remove(at);
                    positions.insert(*leaf, Position(position));
                }
            }
            if missing.is_empty() {
                break;
            }
        }
        self.note(|state, keys| {
            for found in state.found.iter_mut() {
                found.position = found
                    .position
                    .or_else(|| positions.get(&found.leaf).copied());
            }
            settle(state, keys, report);
            Ok(())
        })
    }
}

/// Turns found leaves that are the wallet's own, by counter and value, into its own final ones.
fn settle(state: &mut State, keys: &ChainKeys, report: &mut SyncReport) {
    let found: Vec<FoundLeaf> = state.found.iter().copied().collect();
    for FoundLeaf {
        counter,
        leaf,
        position,
        ..
    } in found
    {
        let Some(position) = position else { continue };
        let mut own = false;
        for record in state.records.iter_mut() {
            if record.counter == counter && leaf::record(keys, record).leaf == leaf {
                own = true;
                record.progress = Progress::Final(position);
            }
        }
        let of_records: Vec<Option<Position>> = state
            .grants
            .iter()
            .map(|grant| record_position(state, grant))
            .collect();
        for (grant, of_record) in state.grants.iter_mut().zip(of_records) {
            if grant.counter == counter
                && of_record.is_some_and(|at| leaf::grant(keys, grant, at).leaf == leaf)
            {
                own = true;
                grant.progress = Progress::Final(position);
            }
        }
        if own {
            report.confirmed.push(counter);
            state.found.retain(|found| found.leaf != leaf);
        }
    }
}

/// A bucket as of an anchor, verified.
pub(super) fn read_bucket(
    source: &mut dyn LedgerSource,
    index: u32,
    anchor: &Header,
) -> Result<NoteBucket, SyncError> {
    let part: TreePart = source.note_bucket(index, anchor.height)?;
    if part.height != anchor.height {
        return Err(SyncError::Moved);
    }
    let bucket: NoteBucket = tacit_ledger::codec::decode_slice(&part.bytes)
        .map_err(|_| SyncError::Malformed("bucket"))?;
    if bucket.index != index {
        return Err(SyncError::Malformed("bucket"));
    }
    if bucket.root() != anchor.note_root {
        return Err(SyncError::Malformed("bucket"));
    }
    Ok(bucket)
}
