//! The buckets and shards of the wallet's own leaves: confirms what a relay claimed, learns what was ended, and keeps the
//! paths for proofs.

use std::collections::{BTreeMap, BTreeSet};

use tacit_circuits::tree::LivePath;
use tacit_circuits::tree::ended::EndedShard;
use tacit_circuits::tree::note::NoteBucket;
use tacit_circuits::types::{Leaf, Position};
use tacit_ledger::codec::decode_slice;
use tacit_ledger::header::Header;

use super::{LeafPaths, LedgerSource, Snapshot, SyncError, SyncReport};
use crate::derive::Counter;
use crate::error::WalletError;
use crate::leaf;
use crate::state::{Progress, State};
use crate::sync::scan::record_position;
use crate::wallet::Wallet;

/// A leaf that the wallet calls its own, and where it should stand.
struct Own {
    counter: Counter,
    leaf: Leaf,
    position: Position,
    /// Seen there before; otherwise only claimed.
    confirmed: bool,
}

/// What the trees say about an own leaf.
enum Verdict {
    /// It stands there and is live.
    Live(Box<LeafPaths>),
    /// It stands there and is ended.
    Ended,
    /// The note tree does not reach so far yet.
    Later,
    /// Another leaf stands there.
    Other,
}

impl Wallet {
    pub(super) fn look_up(
        &mut self,
        source: &mut dyn LedgerSource,
        anchor: &Header,
        report: &mut SyncReport,
    ) -> Result<(), WalletError> {
        let Some(view) = anchor.anchor_view() else {
            return Ok(());
        };
        let own = self.own_leaves();
        let verdicts = read(source, anchor, &own)?;
        let mut leaves = BTreeMap::new();
        let mut changes = Vec::new();
        for own in own {
            match verdicts.get(&own.position) {
                Some(Verdict::Other) if own.confirmed => {
                    return Err(SyncError::OtherLeaf(own.position).into());
                }
                Some(Verdict::Live(paths)) if paths.leaf == own.leaf => {
                    leaves.insert(own.position, (**paths).clone());
                    if !own.confirmed {
                        report.confirmed.push(own.counter);
                        changes.push((own.counter, Change::Confirmed));
                    }
                }
                Some(Verdict::Ended) => {
                    report.ended.push(own.counter);
                    changes.push((own.counter, Change::Ended));
                }
                Some(Verdict::Other) => {
                    report.refuted.push(own.counter);
                    changes.push((own.counter, Change::Refuted));
                }
                _ => {}
            }
        }
        if !changes.is_empty() {
            self.note(|state, _| {
                for (counter, change) in &changes {
                    enter(state, *counter, *change);
                }
                Ok(())
            })?;
        }
        self.view.snapshot = Some(Snapshot {
            anchor: view,
            leaves,
        });
        Ok(())
    }

    /// Every leaf that is not known to be ended, with the place where it should stand.
    fn own_leaves(&self) -> Vec<Own> {
        let (state, keys) = (&self.state, &self.keys);
        let of = |counter: Counter, leaf: Leaf, progress: &Progress| match progress {
            Progress::Claimed(_, position) => Some(Own {
                counter,
                leaf,
                position: *position,
                confirmed: false,
            }),
            Progress::Final(position) => Some(Own {
                counter,
                leaf,
                position: *position,
                confirmed: true,
            }),
            Progress::Planned | Progress::Sent(_) | Progress::Ended(_) => None,
        };
        let records = state
            .records
            .iter()
            .filter_map(|r| of(r.counter, leaf::record(keys, r).leaf, &r.progress));
        let grants = state.grants.iter().filter_map(|grant| {
            let leaf = leaf::grant(keys, grant, record_position(state, grant)?).leaf;
            of(grant.counter, leaf, &grant.progress)
        });
        let credentials = state.credentials.iter().filter_map(|credential| {
            let issued = credential.issued.as_ref().filter(|issued| !issued.ended)?;
            let (leaf, position) = (issued.leaf, issued.position);
            Some(Own {
                counter: credential.counter,
                leaf,
                position,
                confirmed: issued.confirmed,
            })
        });
        let found = state.found.iter().filter_map(|found| {
            let position = found.position.filter(|_| !found.ended)?;
            Some(Own {
                counter: found.counter,
                leaf: found.leaf,
                position,
                confirmed: true,
            })
        });
        records
            .chain(grants)
            .chain(credentials)
            .chain(found)
            .collect()
    }
}

/// Reads the buckets and shards in which the leaves stand, each once, in order of their numbers.
fn read(
    source: &mut dyn LedgerSource,
    anchor: &Header,
    own: &[Own],
) -> Result<BTreeMap<Position, Verdict>, SyncError> {
    let mut verdicts = BTreeMap::new();
    let mut notes = BTreeMap::new();
    let buckets: BTreeSet<u32> = own
        .iter()
        .map(|own| NoteBucket::index_of(own.position))
        .collect();
    for index in buckets {
        let bucket = super::locate::read_bucket(source, index, anchor)?;
        let opened = bucket.opened();
        for own in own
            .iter()
            .filter(|own| NoteBucket::index_of(own.position) == index)
        {
            let inside = own.position.0 as usize % tacit_circuits::tree::note::BUCKET_LEAVES;
            match (bucket.leaves.get(inside), opened.path(own.position)) {
                (Some(leaf), Some(path)) if *leaf == own.leaf => {
                    notes.insert(own.position, (*leaf, path));
                }
                (Some(_), _) => {
                    verdicts.insert(own.position, Verdict::Other);
                }
                (None, _) => {
                    verdicts.insert(own.position, Verdict::Later);
                }
            }
        }
    }
    let shards: BTreeSet<u16> = own
        .iter()
        .map(|own| EndedShard::index_of(own.position))
        .collect();
    for index in shards {
        let shard = read_shard(source, index, anchor)?;
        let opened = shard.opened();
        if opened.root() != anchor.ended_root {
            return Err(SyncError::Malformed("shard"));
        }
        for (position, (leaf, note)) in notes
            .iter()
            .filter(|(at, _)| EndedShard::index_of(**at) == index)
        {
            let ended = opened
                .path(*position)
                .ok_or(SyncError::Malformed("shard"))?;
            let verdict = match ended.is_ended() {
                true => Verdict::Ended,
                false => {
                    let path = LivePath::new(note, &ended).ok_or(SyncError::Malformed("shard"))?;
                    Verdict::Live(Box::new(LeafPaths { leaf: *leaf, path }))
                }
            };
            verdicts.insert(*position, verdict);
        }
    }
    Ok(verdicts)
}

fn read_shard(
    source: &mut dyn LedgerSource,
    index: u16,
    anchor: &Header,
) -> Result<EndedShard, SyncError> {
    let part = source.ended_shard(index, anchor.height)?;
    if part.height != anchor.height {
        return Err(SyncError::Moved);
    }
    let shard: EndedShard = decode_slice(&part.bytes).map_err(|_| SyncError::Malformed("shard"))?;
    if shard.index() != index {
        return Err(SyncError::Malformed("shard"));
    }
    Ok(shard)
}

#[derive(Clone, Copy)]
enum Change {
    Confirmed,
    Ended,
    Refuted,
}

fn enter(state: &mut State, counter: Counter, change: Change) {
    let next = |progress: &mut Progress| {
        let old = std::mem::replace(progress, Progress::Planned);
        *progress = match (change, old) {
            (Change::Confirmed, Progress::Claimed(_, position)) => Progress::Final(position),
            (Change::Ended, Progress::Claimed(_, position) | Progress::Final(position)) => {
                Progress::Ended(position)
            }
            (Change::Refuted, Progress::Claimed(submission, _)) => Progress::Sent(submission),
            (_, other) => other,
        };
    };
    state
        .records
        .iter_mut()
        .filter(|r| r.counter == counter)
        .for_each(|r| next(&mut r.progress));
    state
        .grants
        .iter_mut()
        .filter(|g| g.counter == counter)
        .for_each(|g| next(&mut g.progress));
    state
        .found
        .iter_mut()
        .filter(|f| f.counter == counter)
        .for_each(|f| f.ended |= matches!(change, Change::Ended));
    for credential in state
        .credentials
        .iter_mut()
        .filter(|c| c.counter == counter)
    {
        if let Some(issued) = &mut credential.issued {
            issued.confirmed = true;
            issued.ended |= matches!(change, Change::Ended);
        }
        if matches!(change, Change::Refuted) {
            credential.issued = None;
        }
    }
}
