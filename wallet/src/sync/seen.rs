//! Deciding whether a leaf that carries an E of this wallet is the wallet's.
//!
//! K and E are public once they have been sent, so anybody can copy them into a leaf of other content. What nobody can do
//! is to get such a copy onto the chain under the request id that the wallet sent, after the wallet's own; or, for a
//! credential, under the issuer's number. So a leaf counts as the wallet's when its content is what the wallet sent, or
//! when it came under the counter's own request id, or, for a credential, from the issuer that was asked.

use tacit_circuits::commit;
use tacit_circuits::types::{EndTag, HolderKey, Leaf, LeafKind, MemberId};
use tacit_ledger::action::Action;
use tacit_ledger::tx::{Authorization, Tx};

use super::SyncReport;
use super::scan::record_position;
use crate::derive::{ChainKeys, Counter};
use crate::leaf;
use crate::state::{Answer, Decision, FoundLeaf, HeldCredential, Progress, State};

/// Most leaves without known content that a wallet keeps for one counter: one is its own, others are copies.
const MAX_FOUND_PER_COUNTER: usize = 4;

/// The leaf that a transaction adds: computed as every node computes it.
pub(super) struct NewLeaf {
    pub kind: LeafKind,
    pub controller: Option<MemberId>,
    pub holder_key: HolderKey,
    pub end_tag: EndTag,
    pub leaf: Leaf,
}

/// A leaf with an E of this wallet, seen in a block.
pub(super) struct SeenLeaf {
    pub found: FoundLeaf,
    pub new: NewLeaf,
    /// Whether it came under the request id that belongs to the counter.
    pub own_request: bool,
}

impl NewLeaf {
    pub fn of(tx: &Tx) -> Option<Self> {
        let (kind, controller, holder_key, body, end_tag) = match &tx.action {
            Action::Issue(a) => (
                LeafKind::Credential,
                Some(signer(tx)?),
                a.holder_key,
                a.body,
                a.end_tag,
            ),
            Action::RegisterRecord(a) => (LeafKind::Record, None, a.holder_key, a.body, a.end_tag),
            Action::Grant(a) => (LeafKind::Grant, None, a.holder_key, a.body, a.end_tag),
            _ => return None,
        };
        let leaf = commit::leaf(kind, controller, &holder_key, &body, &end_tag);
        Some(NewLeaf {
            kind,
            controller,
            holder_key,
            end_tag,
            leaf,
        })
    }
}

fn signer(tx: &Tx) -> Option<MemberId> {
    match tx.authorization {
        Authorization::Member(signed) => Some(signed.member),
        _ => None,
    }
}

impl SeenLeaf {
    /// Enters the leaf if it is the wallet's.
    pub fn enter(self, state: &mut State, keys: &ChainKeys, report: &mut SyncReport) {
        let counter = self.found.counter;
        match known(state, keys, counter) {
            // Its place is known or claimed, and looked up in the tree.
            Known::Content { leaf, placed: true } if leaf == self.found.leaf => return,
            Known::Content {
                leaf,
                placed: false,
            } if leaf == self.found.leaf => {}
            // An older copy of this wallet sent other content under this counter. What the wallet has planned under it never
            // reaches the chain while the chain remembers the request id: it needs a number of its own.
            Known::Content { placed: false, .. } if self.own_request => {
                displace(state, counter);
                report.displaced.push(counter);
                report.found.push(counter);
            }
            Known::Content { .. } => return,
            Known::Asked { issuer, holder_key } => {
                let from_issuer =
                    self.new.kind == LeafKind::Credential && self.new.controller == Some(issuer);
                if !from_issuer || self.new.holder_key != holder_key {
                    return;
                }
            }
            Known::Nothing => {
                if self.new.kind != LeafKind::Credential && !self.own_request {
                    return;
                }
                report.found.push(counter);
            }
        }
        let of_counter = state
            .found
            .iter()
            .filter(|found| found.counter == counter)
            .count();
        let is_new = state
            .found
            .iter()
            .all(|found| found.leaf != self.found.leaf);
        if is_new && of_counter < MAX_FOUND_PER_COUNTER {
            state.found.push_over_oldest(self.found);
        }
    }
}

/// Drops what was planned under a counter. A request that it was for waits for an answer again.
fn displace(state: &mut State, counter: Counter) {
    state.records.retain(|record| record.counter != counter);
    state.grants.retain(|grant| grant.counter != counter);
    let of_grant = |answer: &Answer| match answer.decision {
        Decision::Approved { grant, .. } => grant == counter && answer.sealed.is_none(),
        Decision::Denied(_) => false,
    };
    if let Some(answer) = state.answers.take(of_grant) {
        state.incoming.push_over_oldest(answer.to);
    }
}

/// What the wallet knows of a counter.
enum Known {
    Nothing,
    /// A credential that was asked for: its content is the issuer's to say.
    Asked {
        issuer: MemberId,
        holder_key: HolderKey,
    },
    /// A leaf of known content; `placed` when it is known or claimed where it stands.
    Content {
        leaf: Leaf,
        placed: bool,
    },
}

fn known(state: &State, keys: &ChainKeys, counter: Counter) -> Known {
    let placed = |progress: &Progress| !matches!(progress, Progress::Planned | Progress::Sent(_));
    if let Some(record) = state
        .records
        .iter()
        .find(|record| record.counter == counter)
    {
        return Known::Content {
            leaf: leaf::record(keys, record).leaf,
            placed: placed(&record.progress),
        };
    }
    if let Some(grant) = state.grants.iter().find(|grant| grant.counter == counter)
        && let Some(position) = record_position(state, grant)
    {
        return Known::Content {
            leaf: leaf::grant(keys, grant, position).leaf,
            placed: placed(&grant.progress),
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
        }) => Known::Content {
            leaf: issued.leaf,
            placed: true,
        },
        Some(asked) => Known::Asked {
            issuer: asked.issuer,
            holder_key: leaf::holder_key(keys, &asked.origin()),
        },
        None => Known::Nothing,
    }
}
