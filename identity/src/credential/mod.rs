//! Verifiable credentials (W3C VC Data Model 2.0) that are bound to a leaf of the ledger.
//!
//! Two documents belong to one credential. [`Credential`] is what may be presented in plain: claims, issuer, validity,
//! the commitment's public parts and the issuer's signature. [`CredentialOpening`] is what opens the commitment: it is the
//! holder's alone and never stands in anything presentable. [`Credential::accept`] checks that both and the leaf on the
//! ledger say the same, so that what a person reads is what their proofs prove.

mod document;
mod draft;
mod opening;
mod verify;

pub use document::{Commitment, Credential};
pub use draft::{CredentialTerms, Draft};
pub use opening::CredentialOpening;

use crate::did::DidError;
use crate::json::JsonError;
use crate::proof::ProofError;
use crate::schema::SchemaError;

/// The base context of VC Data Model 2.0: always first.
pub const W3C_CONTEXT: &str = "https://www.w3.org/ns/credentials/v2";

/// The context of this software's terms: always second, and no third.
pub const TACIT_CONTEXT: &str = "urn:tacit:context:v1";

/// The document of [`TACIT_CONTEXT`], for readers that process JSON-LD. Nothing here reads it: the proof is over
/// canonical JSON, and the two contexts are compared by name.
pub const TACIT_CONTEXT_DOCUMENT: &str = include_str!("../../contexts/tacit-v1.jsonld");

/// Longest credential or opening, in bytes.
pub const MAX_CREDENTIAL_BYTES: usize = 64 * 1024;

/// Why a credential or an opening was refused. Values are never repeated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CredentialError {
    /// Not acceptable JSON, or not the fields of the document.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// The proof is not acceptable or does not verify.
    #[error(transparent)]
    Proof(#[from] ProofError),
    /// The claims do not fit the schema.
    #[error(transparent)]
    Claims(#[from] SchemaError),
    /// A DID is malformed.
    #[error(transparent)]
    Did(#[from] DidError),
    /// `@context` is not exactly the two known ones, in order.
    #[error("@context must be exactly [{W3C_CONTEXT}, {TACIT_CONTEXT}]")]
    Context,
    /// `type` is not that of these credentials.
    #[error("credential type must be exactly [VerifiableCredential, TacitCredential]")]
    Type,
    /// A type inside the credential is not the known one.
    #[error("the type in `{0}` is not known")]
    InnerType(&'static str),
    /// `id`, status or chain do not name the leaf of the commitment.
    #[error("`{0}` does not name the credential's leaf")]
    Id(&'static str),
    /// The validity is empty or out of the calendar.
    #[error("validFrom must lie before validUntil, both until the year 9999")]
    Validity,
    /// Issued on another chain.
    #[error("the credential is of another chain")]
    OtherChain,
    /// Issued under another schema than the one at hand.
    #[error("the credential is of another schema")]
    OtherSchema,
    /// The ledger has no such member.
    #[error("the issuer is not a member")]
    UnknownIssuer,
    /// The member may not issue.
    #[error("the member named as issuer does not have the role of an issuer")]
    NotAnIssuer,
    /// The issuer is suspended.
    #[error("the issuer is suspended")]
    SuspendedIssuer,
    /// The proof's verification method belongs to somebody else than the issuer.
    #[error("the proof is by another DID than the issuer")]
    OtherSigner,
    /// The proof's key never was the issuer's.
    #[error("the proof's key is not one of the issuer's keys on the ledger")]
    ForeignKey,
    /// The leaf is not the hash of the commitment's parts.
    #[error("the commitment's leaf does not follow from its parts")]
    LeafMismatch,
    /// Another kind of document.
    #[error("not a credential opening")]
    NotAnOpening,
    /// A version of the opening format that this software does not know.
    #[error("opening format version {0} is not known")]
    OpeningVersion(u32),
    /// Opening and credential name different issuers.
    #[error("the opening is of a credential by another issuer")]
    OpeningIssuer,
    /// Opening and credential name different chains or positions.
    #[error("the opening is of another leaf")]
    OpeningPosition,
    /// Opening and credential name different schemas.
    #[error("the opening is of another schema")]
    OpeningSchema,
    /// Opening and credential differ in validity.
    #[error("the opening has another validity than the credential")]
    OpeningValidity,
    /// The credential has a claim whose slot is empty in the opening.
    #[error("the opening has no value for claim `{0}`")]
    OpeningMissing(String),
    /// The opening has a value in a slot for which the credential has no claim.
    #[error("the opening has a value in slot {0}, the credential has no claim for it")]
    OpeningExtra(usize),
    /// The opening has another value than the credential.
    #[error("the opening has another value for claim `{0}` than the credential")]
    OpeningValue(String),
    /// The opening does not hash to the commitment's body.
    #[error("the opening does not open the credential's commitment")]
    OpeningBody,
    /// The commitment is to another holder key or end tag.
    #[error("the credential was issued to other keys than asked for")]
    OtherHolder,
    /// The ledger has another leaf at the position.
    #[error("the ledger has another leaf at the credential's position")]
    LedgerLeaf,
}

#[cfg(test)]
mod tests;
