//! Presentations: what a verifier asks to be proven, and the proof that answers it.
//!
//! The verifier sends words ([`ProofTerms`]), never numbers. Both sides compute the statement's public inputs from the
//! words, the schema and the anchor by the same function ([`PresentationRequest::public`]); what a presentation carries is
//! compared, never believed. Scope and challenge contain the verifier's authenticated identity, so a verifier can
//! neither ask for another's pseudonym nor pass a proof on as its own.

mod answer;
mod request;
mod terms;

pub use answer::{Presentation, Revealed, Shown};
pub use request::{PresentationRequest, SignedPresentationRequest, Verifier};
pub use terms::{MAX_ISSUERS, MAX_LABEL_BYTES, ProofTerms};

use crate::json::JsonError;
use crate::predicate::PredicateError;

/// Longest presentation or request for one, in bytes.
pub const MAX_PRESENTATION_BYTES: usize = 64 * 1024;

/// Why a presentation or a request for one was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PresentationError {
    /// Not acceptable JSON, or not the fields of the document.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// The predicates are not acceptable.
    #[error(transparent)]
    Predicate(#[from] PredicateError),
    /// Another kind of document.
    #[error("not a {0}")]
    Kind(&'static str),
    /// A version that this software does not know.
    #[error("{0} version {1} is not known")]
    Version(&'static str, u32),
    /// The label is too long or has control characters.
    #[error("the label has more than {MAX_LABEL_BYTES} bytes, or control characters")]
    Label,
    /// The issuers are none, too many, or not rising.
    #[error("issuers must be 1 to {MAX_ISSUERS} different members in rising order")]
    Issuers,
    /// The verifier has no key that could sign, or is not the member that signs.
    #[error("only a member can sign, and only in its own name")]
    NotTheVerifier,
    /// Made for another chain.
    #[error("it is for another chain")]
    OtherChain,
    /// The ledger has no such member.
    #[error("the verifier is not a member")]
    UnknownMember,
    /// The member is suspended.
    #[error("the verifier is suspended")]
    Suspended,
    /// The signature is not by the verifier's current key.
    #[error("the request is not signed by the verifier's current key")]
    Signature,
    /// The challenge has expired.
    #[error("the request for this proof has expired")]
    Expired,
    /// The schema at hand is not the one named.
    #[error("the schema is not the one that the request names")]
    OtherSchema,
    /// A claim to be revealed has no value, or the value is not of its type.
    #[error("claim `{0}` is to be revealed and has no value of its type")]
    Reveal(String),
    /// A claim is revealed that nobody asked for.
    #[error("claim `{0}` is revealed and was not asked for")]
    NotAsked(String),
    /// The presentation answers another request.
    #[error(
        "the presentation answers another request (other verifier, label, predicates, nonce or expiry)"
    )]
    OtherRequest,
    /// The presentation's anchor is not the trusted one.
    #[error("the presentation's anchor is not the ledger's at that height")]
    OtherAnchor,
    /// The anchor is older than the verifier accepts.
    #[error("the presentation is as of an older time than accepted")]
    OldAnchor,
    /// The proof does not verify.
    #[error("the proof does not verify")]
    Proof,
}

#[cfg(test)]
mod tests;
