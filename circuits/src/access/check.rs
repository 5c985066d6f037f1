//! The access statement, natively. The circuit demands the same, clause by clause.

use super::{AccessPublic, AccessWitness};
use crate::audit::gadget::terms::TIME_BITS;
use crate::commit::{MAX_USES, platform_commitment, platform_leaf};
use crate::statement::FormError;
use crate::tree::ended::EndedPath;
use crate::tree::platform::PlatformPath;
use thiserror::Error;

/// A clause of the access statement that does not hold.
#[derive(Debug, Error, PartialEq, Eq, Clone, Copy)]
#[non_exhaustive]
pub enum Clause {
    /// The public part says nothing that could be proven.
    #[error(transparent)]
    Form(#[from] FormError),
    /// The grant's leaf (kind, no controller, K, body, end tag) is not in the note tree at this anchor.
    #[error("there is no such grant in the note tree at this anchor")]
    Membership,
    /// The grant's path in the ended tree does not lead to the anchor's root.
    #[error("the grant's path does not lead to the anchor's ended root")]
    GrantEndedRoot,
    /// The grant was ended.
    #[error("the grant has been ended")]
    GrantLive,
    /// The path in the ended tree, read at the position that the terms name, does not lead to the anchor's root.
    #[error("the record's path does not lead to the anchor's ended root")]
    RecordEndedRoot,
    /// The record was ended.
    #[error("the record has been ended")]
    RecordLive,
    /// The prover does not know the secret behind the grantee's entry under the platform root.
    #[error("the prover is not the grantee, or the grantee is no active platform")]
    Grantee,
    /// A time of the terms is 2^40 seconds or more.
    #[error("a time is out of range")]
    TimeRange,
    /// The grant does not hold yet.
    #[error("the grant does not hold yet")]
    NotBefore,
    /// The grant holds no longer.
    #[error("the grant has expired")]
    NotAfter,
    /// The grant's number of uses is 0 or above 4096: no grant statement let it through.
    #[error("the grant's number of uses is out of range")]
    MaxUses,
    /// All uses are spent: the index is not below the number of uses.
    #[error("the grant has no such use")]
    UseIndex,
    /// The nullifier is not that of this use.
    #[error("the nullifier is not that of this use")]
    Nullifier,
    /// The receipt does not say this access.
    #[error("the receipt does not open to this access")]
    Receipt,
    /// The digest is not that of the terms' ciphertext under the audit key.
    #[error("the audit digest is not that of these terms")]
    AuditDigest,
}

/// Whether the statement holds; if not, the first clause that is broken.
pub(super) fn check(public: &AccessPublic, witness: &AccessWitness) -> Result<(), Clause> {
    let (body, anchor) = (&witness.body, &public.anchor);
    public.check_form()?;
    let path = &witness.path;
    // Paths are read at the places that the terms name, as the circuit reads them; where they say they are counts for
    // nothing.
    let record_path = EndedPath {
        position: body.record,
        ..witness.record_path.clone()
    };
    let entry_path = PlatformPath {
        member: body.grantee,
        ..witness.platform_path.clone()
    };
    demand(
        path.note_root(&witness.grant_leaf()) == anchor.note_root,
        Clause::Membership,
    )?;
    demand(
        path.ended_root() == anchor.ended_root,
        Clause::GrantEndedRoot,
    )?;
    demand(!path.is_ended(), Clause::GrantLive)?;
    demand(
        record_path.verify(&anchor.ended_root),
        Clause::RecordEndedRoot,
    )?;
    demand(!record_path.is_ended(), Clause::RecordLive)?;
    let commitment = platform_commitment(witness.platform_secret.expose());
    let entry = platform_leaf(body.grantee, &commitment);
    demand(
        entry_path.verify(&entry, &anchor.platform_root),
        Clause::Grantee,
    )?;
    let times = body.not_before.0 | body.not_after.0;
    demand(times >> TIME_BITS == 0, Clause::TimeRange)?;
    demand(body.not_before <= anchor.time, Clause::NotBefore)?;
    demand(anchor.time < body.not_after, Clause::NotAfter)?;
    demand((1..=MAX_USES).contains(&body.max_uses), Clause::MaxUses)?;
    demand(witness.use_index < body.max_uses, Clause::UseIndex)?;
    demand(public.nullifier == witness.nullifier(), Clause::Nullifier)?;
    demand(
        public.receipt == witness.receipt(anchor.time).commit(),
        Clause::Receipt,
    )?;
    let ciphertext = witness
        .audit_ciphertext(public)
        .ok_or(Clause::AuditDigest)?;
    demand(
        public.audit_digest == ciphertext.digest(),
        Clause::AuditDigest,
    )
}

fn demand(holds: bool, clause: Clause) -> Result<(), Clause> {
    if holds { Ok(()) } else { Err(clause) }
}
