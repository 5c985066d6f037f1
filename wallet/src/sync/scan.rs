//! Looking through blocks for what concerns the wallet: its own leaves, by E, and uses of its grants, by nullifier.

use std::collections::BTreeMap;

use tacit_circuits::commit::{self, use_nullifier};
use tacit_circuits::types::{EndTag, Leaf, LeafKind, MemberId, Position, Timestamp, UseNullifier};
use tacit_ledger::action::Action;
use tacit_ledger::block::Block;
use tacit_ledger::tx::{Authorization, Tx};

use super::SyncReport;
use crate::derive::{ChainKeys, Counter};
use crate::error::WalletError;
use crate::leaf;
use crate::state::{FoundLeaf, GrantEntry, HeldCredential, Progress, State, Use};

/// How many counters beyond the newest known one a scan looks for. A seed finds its leaves again as long as no more than
/// this many steps in a row were given up before they reached the chain.
pub(crate) const LOOKAHEAD: u32 = 256;

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
    leaves: Vec<FoundLeaf>,
    uses: Vec<Use>,
}

/// What a scan found.
pub(super) struct Findings {
    next: Counter,
    leaves: Vec<FoundLeaf>,
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
            if let Some((kind, end_tag, leaf)) = new_leaf(tx) {
                self.leaf(block, kind, &end_tag, leaf);
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

    fn leaf(&mut self, block: &Block, kind: LeafKind, end_tag: &EndTag, leaf: Leaf) {
        let Some(counter) = self.end_tags.find(end_tag, self.next) else {
            return;
        };
        if let Some(next) = counter.next().filter(|next| *next > self.next) {
            self.next = next;
        }
        let height = block.header.height;
        self.leaves.push(FoundLeaf {
            counter,
            leaf,
            kind,
            height,
            position: None,
            ended: false,
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
    pub fn enter(
        self,
        state: &mut State,
        keys: &ChainKeys,
        report: &mut SyncReport,
    ) -> Result<(), WalletError> {
        state.next = state.next.max(self.next);
        for found in self.leaves {
            enter_leaf(found, state, keys, report)?;
        }
        for used in self.uses {
            if !state.uses.contains(&used) {
                state
                    .uses
                    .push(used)
                    .map_err(|_| WalletError::Full("use"))?;
                report.uses.push(used);
            }
        }
        Ok(())
    }
}

fn enter_leaf(
    found: FoundLeaf,
    state: &mut State,
    keys: &ChainKeys,
    report: &mut SyncReport,
) -> Result<(), WalletError> {
    match known_leaf(state, keys, found.counter) {
        // On its way or here already: whether it stands where it should is looked up in the tree.
        Known::Leaf {
            leaf,
            waiting: false,
        } if leaf == found.leaf => return Ok(()),
        Known::Leaf {
            leaf,
            waiting: true,
        } if leaf == found.leaf => {}
        // An older copy of this wallet gave the counter to other content. What was not final under it yet never will be
        // under this number: its E is taken.
        Known::Leaf { .. } => {
            state.records.retain(|record| {
                record.counter != found.counter || record.progress.position().is_some()
            });
            state.grants.retain(|grant| {
                grant.counter != found.counter || grant.progress.position().is_some()
            });
            report.displaced.push(found.counter);
            report.found.push(found.counter);
        }
        Known::Asked => {}
        Known::Nothing => report.found.push(found.counter),
    }
    if state.found.iter().any(|known| known.leaf == found.leaf) {
        return Ok(());
    }
    state
        .found
        .push(found)
        .map_err(|_| WalletError::Full("found leaf"))
}

/// What the wallet knows of a counter.
enum Known {
    Nothing,
    /// A credential that was asked for: its leaf is the issuer's to say.
    Asked,
    /// A leaf of its own making; `waiting` when nobody has told where it stands.
    Leaf {
        leaf: Leaf,
        waiting: bool,
    },
}

fn known_leaf(state: &State, keys: &ChainKeys, counter: Counter) -> Known {
    let waiting = |progress: &Progress| matches!(progress, Progress::Planned | Progress::Sent(_));
    if let Some(record) = state
        .records
        .iter()
        .find(|record| record.counter == counter)
    {
        return Known::Leaf {
            leaf: leaf::record(keys, record).leaf,
            waiting: waiting(&record.progress),
        };
    }
    if let Some(grant) = state.grants.iter().find(|grant| grant.counter == counter)
        && let Some(position) = record_position(state, grant)
    {
        return Known::Leaf {
            leaf: leaf::grant(keys, grant, position).leaf,
            waiting: waiting(&grant.progress),
        };
    }
    match state
        .credentials
        .iter()
        .find(|credential| credential.counter == counter)
    {
        Some(HeldCredential {
            issued: Some(issued),
            ..
        }) => Known::Leaf {
            leaf: issued.leaf,
            waiting: false,
        },
        Some(_) => Known::Asked,
        None => Known::Nothing,
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

/// The leaf that a transaction adds, if it adds one: computed as every node computes it.
fn new_leaf(tx: &Tx) -> Option<(LeafKind, EndTag, Leaf)> {
    let (kind, controller, key, body, end_tag) = match &tx.action {
        Action::Issue(issue) => (
            LeafKind::Credential,
            Some(signer(tx)?),
            &issue.holder_key,
            &issue.body,
            issue.end_tag,
        ),
        Action::RegisterRecord(record) => (
            LeafKind::Record,
            None,
            &record.holder_key,
            &record.body,
            record.end_tag,
        ),
        Action::Grant(grant) => (
            LeafKind::Grant,
            None,
            &grant.holder_key,
            &grant.body,
            grant.end_tag,
        ),
        _ => return None,
    };
    Some((
        kind,
        end_tag,
        commit::leaf(kind, controller, key, body, &end_tag),
    ))
}

fn signer(tx: &Tx) -> Option<MemberId> {
    match tx.authorization {
        Authorization::Member(signed) => Some(signed.member),
        _ => None,
    }
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
