//! Issuance: an issuer's offer, a holder's request with the proof that K opens, and the checks on it.
//!
//! K is a hash, so no signature or Schnorr proof shows that somebody knows what it opens to; the small statement `open`
//! does. Without it, somebody could have a credential issued under another person's K, seen on the ledger: useless to him,
//! but two leaves of one K would look like one person's. The request is also signed by the key of the person's
//! `did:key`, so nobody becomes the subject of a credential by another's word.

mod offer;
mod request;

pub use offer::IssuanceOffer;
pub use request::{IssuanceRequest, SignedIssuanceRequest, VerifiedIssuance};

use crate::json::JsonError;
use crate::wire::WireError;

/// Longest issuance request, in bytes.
pub const MAX_ISSUANCE_BYTES: usize = 8 * 1024;

/// Longest time that an issuance request may stay valid: 7 days, in seconds.
pub const MAX_ISSUANCE_SECS: u64 = 7 * 86_400;

/// Why an offer or an issuance request was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IssuanceError {
    /// Not acceptable JSON, or not the fields of the document.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// Not the bytes of an offer.
    #[error(transparent)]
    Wire(#[from] WireError),
    /// The text is not an offer link.
    #[error("not an offer link: tacit:offer: followed by base64url")]
    Link,
    /// Another kind of document.
    #[error("not an issuance request")]
    Kind,
    /// A version that this software does not know.
    #[error("issuance request version {0} is not known")]
    Version(u32),
    /// Made for another issuer or chain.
    #[error("the request is for another issuer or chain")]
    OtherIssuer,
    /// Made for another schema than the one offered.
    #[error("the request is for another schema than offered")]
    OtherSchema,
    /// Made for another offer.
    #[error("the request does not answer this offer")]
    OtherOffer,
    /// Request or offer have expired.
    #[error("the request or the offer has expired")]
    Expired,
    /// The expiry is farther away than [`MAX_ISSUANCE_SECS`].
    #[error("the request would stay valid for too long")]
    ExpiryTooFar,
    /// The signature is not by the key of the subject's DID.
    #[error("the request is not signed by the key of its subject")]
    Signature,
    /// The signer is not the subject.
    #[error("the request names another subject than its signer")]
    OtherSubject,
    /// The proof that K opens does not verify.
    #[error("the proof that the holder key opens does not verify")]
    Proof,
}

#[cfg(test)]
mod tests;
