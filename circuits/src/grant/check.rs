//! The grant statement, natively. The circuit demands the same, clause by clause.

use super::{GrantPublic, GrantWitness};
use crate::audit::AuditCiphertext;
use crate::audit::gadget::terms::TIME_BITS;
use crate::commit::{GrantBody, MAX_USES, audit_nym};
use crate::statement::FormError;
use thiserror::Error;

/// A clause of the grant statement that does not hold.
#[derive(Debug, Error, PartialEq, Eq, Clone, Copy)]
#[non_exhaustive]
pub enum Clause {
    /// The public part says nothing that could be proven.
    #[error(transparent)]
    Form(#[from] FormError),
    /// The record's leaf (kind, no controller, K of the prover's secret, body, end tag) is not in the note tree at this
    /// anchor.
    #[error("the prover has no such record in the note tree at this anchor")]
    Membership,
    /// The path in the ended tree does not lead to the anchor's root.
    #[error("the record's path does not lead to the anchor's ended root")]
    EndedRoot,
    /// The record was ended.
    #[error("the record has been ended")]
    Live,
    /// The grant's K does not open to the secret behind the record's K.
    #[error("the grant's holder key does not open to the record owner's secret")]
    HolderKey,
    /// The public body does not open to the terms.
    #[error("the grant's body does not open to the terms")]
    Body,
    /// The terms name another position.
    #[error("the terms name another record")]
    RecordPosition,
    /// The record's category is not among the terms' categories.
    #[error("the terms leave out the record's category")]
    Category,
    /// A time of the terms is 2^40 seconds or more.
    #[error("a time is out of range")]
    TimeRange,
    /// The grant ends before or when it begins.
    #[error("the grant ends before it begins")]
    Order,
    /// The grant is longer than the policy allows.
    #[error("the grant lasts longer than the policy allows")]
    Duration,
    /// The grant begins too far from the anchor's time.
    #[error("the grant starts too far from now")]
    Start,
    /// The policy does not list the purpose.
    #[error("the policy does not allow the purpose")]
    Purpose,
    /// The number of uses is 0 or above 4096.
    #[error("the number of uses is out of range")]
    MaxUses,
    /// The terms hold another pseudonym than the owner's for this audit key and year.
    #[error("the audit pseudonym is not the owner's")]
    AuditNym,
    /// The digest is not that of the terms' ciphertext under the audit key.
    #[error("the audit digest is not that of these terms")]
    AuditDigest,
}

/// Whether the statement holds; if not, the first clause that is broken.
pub(super) fn check(public: &GrantPublic, witness: &GrantWitness) -> Result<(), Clause> {
    let path = &witness.path;
    // The circuit takes the record's position from the path, so what the witness's body says of it does not count.
    let body = GrantBody {
        record: path.position,
        ..witness.body.clone()
    };
    let (terms, policy, now) = (body.terms(), &public.policy, public.anchor.time.0);
    let (start, end) = (terms.not_before.0, terms.not_after.0);
    public.check_form()?;

    demand(
        path.note_root(&witness.record_leaf()) == public.anchor.note_root,
        Clause::Membership,
    )?;
    demand(
        path.ended_root() == public.anchor.ended_root,
        Clause::EndedRoot,
    )?;
    demand(!path.is_ended(), Clause::Live)?;
    demand(public.holder_key == witness.holder_key(), Clause::HolderKey)?;
    demand(
        public.body == body.commit() || public.body != witness.body.commit(),
        Clause::RecordPosition,
    )?;
    demand(public.body == body.commit(), Clause::Body)?;
    demand(
        terms.categories.contains(witness.record_body.category),
        Clause::Category,
    )?;
    demand((start | end) >> TIME_BITS == 0, Clause::TimeRange)?;
    demand(start < end, Clause::Order)?;
    demand(end - start <= policy.max_duration_secs, Clause::Duration)?;
    demand(
        start.abs_diff(now) <= policy.max_start_offset_secs,
        Clause::Start,
    )?;
    demand(policy.purposes.contains(terms.purpose), Clause::Purpose)?;
    demand((1..=MAX_USES).contains(&terms.max_uses), Clause::MaxUses)?;
    let nym = audit_nym(witness.sk.expose(), &public.audit_key.id().0, public.year());
    demand(terms.audit_nym == nym, Clause::AuditNym)?;
    let (key, domain) = (&public.audit_key, public.leaf().0);
    let ciphertext = AuditCiphertext::encrypt(key, witness.sk.expose(), &domain, &terms.words())
        .ok_or(Clause::AuditDigest)?;
    demand(
        public.audit_digest == ciphertext.digest(),
        Clause::AuditDigest,
    )
}

fn demand(holds: bool, clause: Clause) -> Result<(), Clause> {
    if holds { Ok(()) } else { Err(clause) }
}
