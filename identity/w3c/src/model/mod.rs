//! Verifiable Credentials Data Model 2.0: the rules for credentials and presentations, beside those of their proofs.
//!
//! [`Credential`] and [`Presentation`] are documents whose form has been checked. [`verify_credential`] and
//! [`verify_presentation`] check form, proofs, issuer or holder, and validity; status is [`crate::status`].

mod credential;
mod fields;
mod issue;
mod presentation;
mod related;
mod verify;

use serde_json::Value;
use tacit_identity::json::{self, JsonError};

use crate::integrity::IntegrityError;
use crate::rdf::RdfError;

pub use credential::Credential;
pub use issue::{issue_credential, present};
pub use presentation::{Enveloped, Held, Presentation};
pub use related::{Digests, RelatedResource};
pub(crate) use verify::verify_parsed;
pub use verify::{
    PresentationPolicy, VerifiedCredential, VerifiedPresentation, verify_credential,
    verify_presentation,
};

/// Longest credential or presentation, in bytes.
pub const MAX_DOCUMENT_BYTES: usize = 256 * 1024;

/// Most credentials of one presentation, and most values of any member that takes several.
pub const MAX_VALUES: usize = 64;

/// Why a credential or presentation was refused. Names of members are repeated, values never.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// Not acceptable JSON.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// The document is not an object.
    #[error("a credential or presentation is a JSON object")]
    NotAnObject,
    /// A required member is missing.
    #[error("`{0}` is missing")]
    Missing(&'static str),
    /// A member does not have the form that the data model gives it.
    #[error("`{0}` does not have the form that the data model asks for")]
    Malformed(&'static str),
    /// `@context` is not a list that begins with the base context, without repetition.
    #[error(
        "@context must be a list of known contexts, the first of them https://www.w3.org/ns/credentials/v2"
    )]
    Context,
    /// A context that is not bundled.
    #[error("the context `{0}` is not known here; contexts are never fetched")]
    UnknownContext(String),
    /// `type` does not say that the document is of this kind.
    #[error("`type` must have the value {0}")]
    Type(&'static str),
    /// A member that must be a URL is none.
    #[error("`{0}` is not a URL")]
    NotAUrl(&'static str),
    /// An object in this member has no `type`.
    #[error("every value of `{0}` must have a `type`")]
    Untyped(&'static str),
    /// A time is not an `xsd:dateTimeStamp`.
    #[error("`{0}` is not a time with its zone, like 2026-01-31T00:00:00Z")]
    Time(&'static str),
    /// `validUntil` lies before `validFrom`.
    #[error("validFrom lies after validUntil")]
    Validity,
    /// More than [`MAX_VALUES`] values.
    #[error("`{0}` has more than {MAX_VALUES} values")]
    TooMany(&'static str),
    /// Two related resources have one `id`.
    #[error("two related resources have the same `id`")]
    RelatedTwice,
    /// A related resource has no digest, or one that is malformed.
    #[error(
        "a related resource needs a digestSRI or digestMultibase with SHA-256, SHA-384 or SHA-512"
    )]
    RelatedDigest,
    /// A resource is not the one that the issuer meant.
    #[error("the related resource is not the one of its digest")]
    RelatedChanged,
    /// A term is not defined, or redefined, or an identifier is malformed.
    #[error(transparent)]
    Terms(#[from] RdfError),
    /// A proof does not verify.
    #[error(transparent)]
    Integrity(#[from] IntegrityError),
    /// None of the proofs is by the issuer.
    #[error("no proof of the credential is by a key of its issuer")]
    NotByIssuer,
    /// None of the proofs is by the holder.
    #[error("no proof of the presentation is by a key of its holder")]
    NotByHolder,
    /// A credential without proof that the holder does not state as issuer.
    #[error("a credential without proof must be the holder's own, in a presentation with `holder`")]
    Unsecured,
    /// Before `validFrom`.
    #[error("the credential is not valid yet")]
    NotYetValid,
    /// After `validUntil`.
    #[error("the credential is not valid any more")]
    NoLongerValid,
    /// The presenter is the subject of none of a credential's claims.
    #[error("a credential is about somebody else than the holder of the presentation")]
    NotTheSubject,
    /// An enveloped document, which another verifier opens.
    #[error("the document is enveloped: open the envelope and verify what is in it")]
    Enveloped,
}

impl ModelError {
    /// The stable reason code.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Json(error) => error.reason(),
            Self::NotAnObject => "VC_NOT_AN_OBJECT",
            Self::Missing(_) => "VC_MISSING",
            Self::Malformed(_) => "VC_MALFORMED",
            Self::Context => "VC_CONTEXT",
            Self::UnknownContext(_) => "CONTEXT_UNKNOWN",
            Self::Type(_) => "VC_TYPE",
            Self::NotAUrl(_) => "VC_NOT_A_URL",
            Self::Untyped(_) => "VC_UNTYPED",
            Self::Time(_) => "VC_TIME",
            Self::Validity => "VC_VALIDITY",
            Self::TooMany(_) => "VC_TOO_MANY",
            Self::RelatedTwice => "VC_RELATED_TWICE",
            Self::RelatedDigest => "VC_RELATED_DIGEST",
            Self::RelatedChanged => "VC_RELATED_CHANGED",
            Self::Terms(error) => error.reason(),
            Self::Integrity(error) => error.reason(),
            Self::NotByIssuer => "VC_NOT_BY_ISSUER",
            Self::NotByHolder => "VP_NOT_BY_HOLDER",
            Self::Unsecured => "VP_UNSECURED_CREDENTIAL",
            Self::NotYetValid => "VC_NOT_YET_VALID",
            Self::NoLongerValid => "VC_NO_LONGER_VALID",
            Self::NotTheSubject => "VP_NOT_THE_SUBJECT",
            Self::Enveloped => "VC_ENVELOPED",
        }
    }
}

/// Reads a document of at most [`MAX_DOCUMENT_BYTES`] as strict JSON.
///
/// # Errors
/// [`ModelError::Json`].
pub fn read(bytes: &[u8]) -> Result<Value, ModelError> {
    Ok(json::parse(bytes, MAX_DOCUMENT_BYTES)?)
}

#[cfg(test)]
mod tests;
