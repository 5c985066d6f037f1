//! Requests for data between a platform and a person: what is asked, answered and withdrawn.
//!
//! Canonical bytes and signatures are made here; sealing them to a key is the vault crate's. A request reaches the wallet
//! as a link or file, or through an inbox. The answer is a [`Reply`]; it needs no signature, because it names the
//! [`RequestId`], which contains the request's secret nonce, and is sealed to the request's reply key.

mod answer;
mod approval;
mod sharing;
mod state;
mod withdrawal;

pub use answer::{Denial, DenialReason, Reply};
pub use approval::{Approval, GrantOpening, RecordOpening};
pub use sharing::{
    MAX_REQUEST_SECS, RequestId, SharingRequest, SignedSharingRequest, VerifiedRequest,
};
pub use state::{Outcome, RequestLife, RequestState};
pub use withdrawal::Withdrawal;

use crate::presentation::PresentationError;
use crate::wire::WireError;

/// Why a request, an answer or a change of state was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError {
    /// Not the bytes of the message expected.
    #[error(transparent)]
    Wire(#[from] WireError),
    /// The text is not a request link.
    #[error("not a request link: tacit:request: followed by base64url")]
    Link,
    /// Made for another chain.
    #[error("the request is for another chain")]
    OtherChain,
    /// The ledger has no such member.
    #[error("the requester is not a member")]
    UnknownMember,
    /// The member may not ask for data.
    #[error("the requester does not have the role of a platform")]
    NotAPlatform,
    /// The member is suspended.
    #[error("the requester is suspended")]
    Suspended,
    /// The signature is not by the member's current key over this request.
    #[error("the request is not signed by the member's current key")]
    Signature,
    /// The time for an answer is over.
    #[error("the request has expired")]
    Expired,
    /// The expiry is farther away than [`MAX_REQUEST_SECS`].
    #[error("the request would stay open for too long")]
    ExpiryTooFar,
    /// The purpose is not in the vocabulary.
    #[error("the purpose is not in the vocabulary")]
    Purpose,
    /// No category, or one that is not in the vocabulary.
    #[error("the request names no data category, or one that is not in the vocabulary")]
    Categories,
    /// The longest validity is zero.
    #[error("the longest validity is zero")]
    Validity,
    /// The number of uses is zero or over the greatest a grant can have.
    #[error("the number of uses must be 1 to 4096")]
    Uses,
    /// The reply key is all zeros.
    #[error("the reply key is not usable")]
    ReplyKey,
    /// What is to be shown is not acceptable.
    #[error(transparent)]
    Terms(#[from] PresentationError),
    /// The answer or withdrawal belongs to another request.
    #[error("it belongs to another request")]
    OtherRequest,
    /// The grant is to another member, for another purpose, or for more than was asked.
    #[error("the grant differs from the request in: {0}")]
    Grant(&'static str),
    /// The record of the package is not what the grant is about.
    #[error("the record does not fit the grant: {0}")]
    Record(&'static str),
    /// The approval has no presentation although the request wants one.
    #[error("the approval lacks the proof that was asked for")]
    NoPresentation,
    /// The request has come to another end already.
    #[error("the request is already {0}")]
    AlreadyDecided(RequestState),
}

#[cfg(test)]
mod tests;
