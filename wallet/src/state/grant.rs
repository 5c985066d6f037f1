//! Leave that the holder gave to a platform.

use tacit_circuits::types::{AuditKeyId, CategorySet, MemberId, Nym, Purpose, Timestamp};

use tacit_identity::request::RequestId;
use tacit_ledger::text::Name;

use super::Progress;
use crate::codec::{Text, codec_struct, terse_debug};
use crate::derive::{Counter, Generation, Plan};
use crate::leaf::Origin;

/// Most bytes of a member's name.
pub const MAX_NAME: usize = Name::MAX_BYTES;

/// The terms of a grant, as decided by the holder before anything was proven.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GrantedTerms {
    /// The record, by its counter in this wallet.
    pub record: Counter,
    /// Who may read.
    pub grantee: MemberId,
    /// What for.
    pub purpose: Purpose,
    /// What the record may be about.
    pub categories: CategorySet,
    /// From this time on.
    pub not_before: Timestamp,
    /// Before this time.
    pub not_after: Timestamp,
    /// How often.
    pub max_uses: u16,
    /// The reviewers' key at the time of the decision.
    pub audit_key: AuditKeyId,
    /// The holder's pseudonym towards the reviewers, for that key and the year of the decision.
    pub audit_nym: Nym,
}
codec_struct!(GrantedTerms {
    record,
    grantee,
    purpose,
    categories,
    not_before,
    not_after,
    max_uses,
    audit_key,
    audit_nym
});

/// A grant and its leaf.
#[derive(PartialEq, Eq)]
pub struct GrantEntry {
    /// Counter of the leaf: names the grant in this wallet.
    pub counter: Counter,
    /// Generation of the holder's secret in K.
    pub generation: Generation,
    /// What the leaf says; with the counter it gives the keys.
    pub plan: Plan,
    /// The terms.
    pub terms: GrantedTerms,
    /// The grantee's name on the ledger at the time of the decision.
    pub grantee_name: Text<MAX_NAME>,
    /// The request it answers.
    pub request: RequestId,
    /// How far the leaf is.
    pub progress: Progress,
}
codec_struct!(GrantEntry {
    counter,
    generation,
    plan,
    terms,
    grantee_name,
    request,
    progress
});
terse_debug!(GrantEntry { counter, progress });

impl GrantEntry {
    /// What the secrets of its leaf follow from.
    pub(crate) fn origin(&self) -> Origin<'_> {
        Origin {
            generation: self.generation,
            counter: self.counter,
            plan: &self.plan,
        }
    }
}
