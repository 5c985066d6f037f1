//! Looking through blocks for what concerns the wallet: its own leaves, by E, and uses of its grants, by nullifier.

use std::collections::BTreeMap;

use tacit_circuits::commit::use_nullifier;
use tacit_circuits::types::{EndTag, Position, Timestamp, UseNullifier};
use tacit_ledger::action::Action;
use tacit_ledger::block::Block;
use tacit_ledger::ids::RequestId;

use super::SyncReport;
use super::seen::{NewLeaf, SeenLeaf};
use crate::derive::{ChainKeys, Counter};
use crate::leaf;
use crate::state::{FoundLeaf, GrantEntry, Progress, State, Use};

/// How many counters beyond the newest known one a scan looks for. A seed finds its leaves again as long as no more than
/// this many steps in a row were given up before they reached the chain.
pub(crate) const LOOKAHEAD: u32 = 512;

/// How long after the end of a grant uses of it are still looked for, in seconds: an access may be proven at an anchor
/// before the end and reach the chain after it.
const GRACE_SECS: u64 = 3600;

/// Looks through the blocks of one step.
pub(super) struct Scanner<'a> {
    state: &'a State,
    keys: &'a ChainKeys,
    next: Counter,
    end_tags: EndTags<'a>,
    nullifiers: Option<BTreeMap<UseNullifier, (Counter, u16)>>,
    leaves: Vec<SeenLeaf>,
    uses: Vec<Use>,
}

/// What a scan found.
pub(super) struct Findings {
    next: Counter,
    leaves: Vec<SeenLeaf>,
    uses: Vec<Use>,
}

impl<'a> Scanner<'a> {
    pub fn new(state: &'a State, keys: &'a ChainKeys) -> Self {
        let end_tags = EndTags {
            keys,
            known: BTreeMap::new(),
            covered: 0,
        };
        Scanner {
            state,
            keys,
            next: state.next,
            end_tags,
            nullifiers: None,
            leaves: Vec::new(),
            uses: Vec::new(),
        }
    }

    pub fn read(&mut self, block: &Block) {
        for (index, tx) in block.txs.0.iter().enumerate() {
            if let Some(new) = NewLeaf::of(tx) {
                self.leaf(block, new, tx.request_id);
            }
            if let Action::Access(access) = &tx.action {
                self.access(block, index, &access.nullifier);
            }
        }
    }

    pub fn finish(self) -> Findings {
        Findings {
            next: self.next,
            leaves: self.leaves,
            uses: self.uses,
        }
    }

    fn leaf(&mut self, block: &Block, new: NewLeaf, request: RequestId) {
        let Some(counter) = self.end_tags.find(&new.end_tag, self.next) else {
            return;
        };
        if let Some(next) = counter.next().filter(|next| *next > self.next) {
            self.next = next;
        }
        let found = FoundLeaf {
            counter,
            leaf: new.leaf,
            kind: new.kind,
            height: block.header.height,
            position: None,
            ended: false,
        };
        let own_request = request.0 == self.keys.request_id(counter);
        self.leaves.push(SeenLeaf {
            found,
            new,
            own_request,
        });
    }

    fn access(&mut self, block: &Block, index: usize, nullifier: &UseNullifier) {
        let time = block.header.time.timestamp();
        let table = self
            .nullifiers
            .get_or_insert_with(|| nullifiers(self.state, self.keys, time));
        if let Some((grant, number)) = table.get(nullifier) {
            let index = u32::try_from(index).unwrap_or(u32::MAX);
            self.uses.push(Use {
                grant: *grant,
                number: *number,
                height: block.header.height,
                index,
                time,
            });
        }
    }
}

impl Findings {
    /// Enters what was found.
    pub fn enter(self, state: &mut State, keys: &ChainKeys, report: &mut SyncReport) {
        state.next = state.next.max(self.next);
        for seen in self.leaves {
            seen.enter(state, keys, report);
        }
        for used in self.uses {
            if !state.uses.contains(&used) {
                state.uses.push_over_oldest(used);
                report.uses.push(used);
            }
        }
    }
}

/// Where the record of a grant stands.
pub(crate) fn record_position(state: &State, grant: &GrantEntry) -> Option<Position> {
    state
        .records
        .iter()
        .find(|record| record.counter == grant.terms.record)?
        .progress
        .position()
}

/// The E of this seed's counters, computed as far as they are needed.
struct EndTags<'a> {
    keys: &'a ChainKeys,
    known: BTreeMap<EndTag, Counter>,
    covered: u32,
}

impl EndTags<'_> {
    fn find(&mut self, end_tag: &EndTag, next: Counter) -> Option<Counter> {
        let until = next.0.saturating_add(LOOKAHEAD);
        for counter in self.covered..until {
            self.known
                .insert(leaf::end_tag(self.keys, Counter(counter)), Counter(counter));
        }
        self.covered = self.covered.max(until);
        self.known.get(end_tag).copied()
    }
}

/// The nullifiers of all uses of the grants that may be used at a time or after it.
fn nullifiers(
    state: &State,
    keys: &ChainKeys,
    time: Timestamp,
) -> BTreeMap<UseNullifier, (Counter, u16)> {
    let mut table = BTreeMap::new();
    for grant in state.grants.iter() {
        if grant.terms.not_after.saturating_add(GRACE_SECS) < time
            || grant.progress == Progress::Planned
        {
            continue;
        }
        let Some(position) = record_position(state, grant) else {
            continue;
        };
        let leaf = leaf::grant(keys, grant, position).leaf;
        let salt = keys.body_salt(grant.counter, &grant.plan);
        for number in 0..grant.terms.max_uses {
            table.insert(
                use_nullifier(salt.expose(), &leaf, number),
                (grant.counter, number),
            );
        }
    }
    table
}
