//! The show statement, checked natively: clause by clause, in the words of the protocol.

use super::{ShowPublic, ShowWitness};
use crate::commit;
use crate::statement::FormError;
use crate::types::LeafKind;
use thiserror::Error;

/// A clause of the show statement that does not hold.
#[derive(Debug, Error, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Clause {
    /// The public part says nothing that could be proven.
    #[error(transparent)]
    Form(#[from] FormError),
    /// The credential's leaf (issuer, holder key, body with this schema, end tag) is not in the note tree at this anchor.
    #[error("the credential is not in the note tree at this anchor")]
    Membership,
    /// The path in the ended tree does not lead to the anchor's root.
    #[error("the credential's path does not lead to the anchor's ended root")]
    EndedRoot,
    /// The credential was ended.
    #[error("the credential has been ended")]
    Live,
    /// The credential's issuer is not among the accepted ones.
    #[error("the credential's issuer is not accepted")]
    Issuer,
    /// The credential has another schema.
    #[error("the credential has another schema")]
    Schema,
    /// The pseudonym is not that of the holder in this scope.
    #[error("the pseudonym is not the holder's")]
    Nym,
    /// The credential is not valid yet.
    #[error("the credential is not valid yet")]
    ValidFrom,
    /// The credential is no longer valid.
    #[error("the credential has expired")]
    ValidUntil,
    /// A predicate (by its index) does not hold.
    #[error("predicate {0} does not hold")]
    Predicate(usize),
    /// A disclosed value (by its slot) is not the credential's.
    #[error("the value disclosed for slot {0} is not the credential's")]
    Disclosed(usize),
}

pub(super) fn check(public: &ShowPublic, witness: &ShowWitness) -> Result<(), Clause> {
    let ShowWitness {
        sk,
        rho,
        issuer,
        body,
        end,
        path,
    } = witness;
    let holds = |condition: bool, clause: Clause| if condition { Ok(()) } else { Err(clause) };
    public.check_form()?;
    holds(body.schema == public.schema, Clause::Schema)?;
    let key = commit::holder_key(sk.expose(), rho.expose());
    let leaf = commit::leaf(
        LeafKind::Credential,
        Some(*issuer),
        &key,
        &body.commit(),
        end,
    );
    holds(
        path.note_root(&leaf) == public.anchor.note_root,
        Clause::Membership,
    )?;
    holds(
        path.ended_root() == public.anchor.ended_root,
        Clause::EndedRoot,
    )?;
    holds(!path.is_ended(), Clause::Live)?;
    holds(public.issuers.contains(issuer), Clause::Issuer)?;
    holds(
        commit::show_nym(sk.expose(), &public.scope) == public.nym,
        Clause::Nym,
    )?;
    holds(body.valid_from <= public.anchor.time, Clause::ValidFrom)?;
    holds(public.anchor.time < body.valid_until, Clause::ValidUntil)?;
    for (i, predicate) in public.predicates.iter().enumerate() {
        let attribute = &body.attributes[usize::from(predicate.slot)];
        holds(
            predicate.holds(attribute, &public.set),
            Clause::Predicate(i),
        )?;
    }
    for (slot, (disclosed, attribute)) in public.disclosed.iter().zip(&body.attributes).enumerate()
    {
        holds(
            disclosed.is_none_or(|value| value == *attribute),
            Clause::Disclosed(slot),
        )?;
    }
    Ok(())
}
