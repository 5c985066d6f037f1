//! Leave that the holder gave to a platform.

use tacit_circuits::types::{AuditKeyId, CategorySet, Digest32, MemberId, Nym, Purpose, Timestamp};

use super::Progress;
use crate::codec::codec_struct;
use crate::derive::{Counter, Plan};

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
    record, grantee, purpose, categories, not_before, not_after, max_uses, audit_key, audit_nym
});

/// A grant and its leaf.
#[derive(Debug, PartialEq, Eq)]
pub struct GrantEntry {
    /// Counter of the leaf: names the grant in this wallet.
    pub counter: Counter,
    /// What the leaf says; with the counter it gives the keys.
    pub plan: Plan,
    /// The terms.
    pub terms: GrantedTerms,
    /// Digest of the signed request it answers.
    pub request: Digest32,
    /// How far the leaf is.
    pub progress: Progress,
}
codec_struct!(GrantEntry { counter, plan, terms, request, progress });
