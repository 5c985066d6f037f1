//! Data Integrity 1.0: proofs embedded in JSON documents, alone, in sets and in chains.
//!
//! [`secure`] adds a proof, [`verify`] checks all proofs of a document. Both know the EdDSA suites of vc-di-eddsa 1.0. Who may use
//! a key for what is decided by [`MethodResolver`], the caller's function.

mod create;
mod dids;
mod options;
mod suite;
mod verify;

use tacit_circuits::types::Timestamp;
use tacit_identity::json::JsonError;
use tacit_identity::keys::VerifyKey;

use crate::rdf::RdfError;

pub use create::{ProofOptions, secure};
pub use suite::Suite;
/// What a proof is for: the relation between its key and the key's controller.
pub use tacit_identity::did::Relation as Purpose;
pub use verify::{Expected, VerifiedDocument, VerifiedProof, verify};

/// Most proofs of one document.
pub const MAX_PROOFS: usize = 16;

/// The type of every proof.
pub const PROOF_TYPE: &str = "DataIntegrityProof";

/// A key that a controller document vouches for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerificationMethod {
    /// The DID or URL whose document names the method under the purposes below.
    pub controller: String,
    /// The key.
    pub key: VerifyKey,
    /// What the controller lets the key do.
    pub purposes: Vec<Purpose>,
    /// The key counts for nothing from this time on: expired or revoked.
    pub ends: Option<Timestamp>,
}

/// Finds verification methods: [`tacit_identity::did::Resolver`], or a map in tests.
pub trait MethodResolver {
    /// The method of this URL, or `None` when there is none that can be trusted.
    fn resolve(&self, url: &str) -> Option<VerificationMethod>;
}

impl<F: Fn(&str) -> Option<VerificationMethod>> MethodResolver for F {
    fn resolve(&self, url: &str) -> Option<VerificationMethod> {
        self(url)
    }
}

/// Why a proof was not made or not accepted. Values are never repeated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IntegrityError {
    /// The document is not an object.
    #[error("a secured document is a JSON object")]
    NotAnObject,
    /// No `proof`, or not one to [`MAX_PROOFS`] objects.
    #[error("`proof` must be one object or a list of 1 to {MAX_PROOFS} objects")]
    NoProof,
    /// A proof lacks an option, or the option has the wrong type.
    #[error("proof option `{0}` is missing or malformed")]
    Option(&'static str),
    /// Another proof type.
    #[error("proof type is not DataIntegrityProof")]
    Type,
    /// A cryptosuite that is not known here.
    #[error("unknown cryptosuite: eddsa-jcs-2022 and eddsa-rdfc-2022 are accepted")]
    Cryptosuite,
    /// The proof is for another purpose.
    #[error("the proof is not for `{0}`")]
    Purpose(Purpose),
    /// Past its `expires`.
    #[error("the proof has expired")]
    Expired,
    /// Made for another challenge, or for none.
    #[error("the proof is not over the expected challenge")]
    Challenge,
    /// Made for another domain, or for none.
    #[error("the proof is not for the expected domain")]
    Domain,
    /// The proof has an `@context` that is not the document's.
    #[error("the proof's @context differs from the document's")]
    Context,
    /// `previousProof` names no proof of the document, or two proofs have one `id`.
    #[error("`previousProof` does not name exactly one proof of the document")]
    PreviousProof,
    /// The verification method is not found.
    #[error("the proof's verification method cannot be resolved")]
    UnknownMethod,
    /// The controller does not let the key do this.
    #[error("the controller has not authorised the key for `{0}`")]
    NotAuthorized(Purpose),
    /// The key has expired or was revoked.
    #[error("the proof's key has expired or was revoked")]
    KeyEnded,
    /// The signature does not fit: another key, or a changed document.
    #[error("the signature does not verify: the document was changed or signed by another key")]
    Signature,
    /// The document has no canonical RDF.
    #[error(transparent)]
    Rdf(#[from] RdfError),
    /// The document has no canonical JSON.
    #[error(transparent)]
    Json(#[from] JsonError),
}

impl IntegrityError {
    /// The stable reason code.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::NotAnObject => "PROOF_NOT_AN_OBJECT",
            Self::NoProof => "PROOF_NONE",
            Self::Option(_) => "PROOF_OPTION_MISSING",
            Self::Type => "PROOF_TYPE",
            Self::Cryptosuite => "PROOF_CRYPTOSUITE",
            Self::Purpose(_) => "PROOF_PURPOSE",
            Self::Expired => "PROOF_EXPIRED",
            Self::Challenge => "PROOF_CHALLENGE",
            Self::Domain => "PROOF_DOMAIN",
            Self::Context => "PROOF_CONTEXT",
            Self::PreviousProof => "PROOF_PREVIOUS",
            Self::UnknownMethod => "PROOF_METHOD_UNKNOWN",
            Self::NotAuthorized(_) => "PROOF_METHOD_NOT_AUTHORIZED",
            Self::KeyEnded => "PROOF_KEY_ENDED",
            Self::Signature => "PROOF_SIGNATURE",
            Self::Rdf(error) => error.reason(),
            Self::Json(error) => error.reason(),
        }
    }
}

#[cfg(test)]
mod did_tests;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod vectors;
