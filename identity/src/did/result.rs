//! What resolving gives: documents, metadata, errors (DID Resolution, Candidate Recommendation Draft of 2026).

use serde_json::{Map, Value, json};

use super::{DidDocument, DidError, DocumentError, LogError, Unavailable};
use crate::datetime::DateTime;

/// Why a DID or DID URL has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ResolveError {
    /// The DID is malformed.
    #[error(transparent)]
    Did(#[from] DidError),
    /// The DID URL is malformed.
    #[error("{0}")]
    Url(DidError),
    /// The method is not known here.
    #[error("DID methods known here: key, jwk, web, webvh, tacit")]
    Method,
    /// There is no such DID, version, or part of a document.
    #[error("not found: {0}")]
    NotFound(&'static str),
    /// The DID is no longer used.
    #[error("the DID has been deactivated")]
    Deactivated,
    /// An option's value is malformed, or options contradict each other.
    #[error("option `{0}` is malformed or contradicts another")]
    Options(&'static str),
    /// Something that the standard leaves open and that is not done here.
    #[error("not supported here: {0}")]
    Feature(&'static str),
    /// No media type that the caller takes.
    #[error("none of the accepted media types can be given")]
    Representation,
    /// The document is malformed or of another DID.
    #[error("{0}")]
    Document(#[from] DocumentError),
    /// The log of a `did:webvh` does not verify.
    #[error("{0}")]
    Log(#[from] LogError),
    /// The verification method may not be used for this.
    #[error("the verification method is not usable: {0}")]
    Unusable(&'static str),
    /// The DID URL names no verification method, and one was asked for.
    #[error("the DID URL names no verification method")]
    NotAMethod,
    /// The document does not name the verification method under the relation that was asked for.
    #[error("the verification method is not authorised for this")]
    NotAuthorized,
    /// What holds the document gives no answer.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl ResolveError {
    /// The error's name in DID Resolution.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Did(_) | Self::Log(_) => "INVALID_DID",
            Self::Url(_) => "INVALID_DID_URL",
            Self::Method => "METHOD_NOT_SUPPORTED",
            Self::NotFound(_) | Self::Deactivated | Self::Unavailable(Unavailable::NotAsked) => {
                "NOT_FOUND"
            }
            Self::Options(_) => "INVALID_OPTIONS",
            Self::Feature(_) => "FEATURE_NOT_SUPPORTED",
            Self::Representation => "REPRESENTATION_NOT_SUPPORTED",
            Self::Document(_) | Self::Unusable(_) => "INVALID_DID_DOCUMENT",
            Self::NotAMethod => "INVALID_VERIFICATION_METHOD",
            Self::NotAuthorized => "INVALID_RELATIONSHIP_FOR_VERIFICATION_METHOD",
            Self::Unavailable(Unavailable::Now) => "INTERNAL_ERROR",
        }
    }

    /// The status of an HTTP answer (DID Resolution, HTTP(S) Binding).
    pub fn http_status(&self) -> u16 {
        match self {
            Self::Did(_) | Self::Log(_) | Self::Url(_) | Self::Options(_) => 400,
            Self::NotFound(_) | Self::Unavailable(Unavailable::NotAsked) => 404,
            Self::Representation => 406,
            Self::Deactivated => 410,
            Self::Document(_)
            | Self::Unusable(_)
            | Self::NotAMethod
            | Self::NotAuthorized
            | Self::Unavailable(Unavailable::Now) => 500,
            Self::Method | Self::Feature(_) => 501,
        }
    }

    /// Problem details (RFC 9457).
    pub fn problem(&self) -> Value {
        let title = match self.name() {
            "INVALID_DID" => "Invalid DID",
            "INVALID_DID_URL" => "Invalid DID URL",
            "METHOD_NOT_SUPPORTED" => "DID method not supported",
            "NOT_FOUND" => "Not found",
            "INVALID_OPTIONS" => "Invalid options",
            "FEATURE_NOT_SUPPORTED" => "Feature not supported",
            "REPRESENTATION_NOT_SUPPORTED" => "Representation not supported",
            "INVALID_DID_DOCUMENT" => "Invalid DID document",
            "INVALID_VERIFICATION_METHOD" => "Invalid verification method",
            "INVALID_RELATIONSHIP_FOR_VERIFICATION_METHOD" => {
                "Invalid relationship for verification method"
            }
            _ => "Internal error",
        };
        // The last two are names of Controlled Identifiers.
        let space = match self {
            Self::NotAMethod | Self::NotAuthorized => "https://w3id.org/security#",
            _ => "https://www.w3.org/ns/did#",
        };
        json!({
            "type": format!("{space}{}", self.name()),
            "title": title,
            "detail": self.to_string()
        })
    }
}

/// What is known about a document (DID Resolution, DID Document Metadata).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DocumentMetadata {
    /// When the DID was made.
    pub created: Option<DateTime>,
    /// When this version was made.
    pub updated: Option<DateTime>,
    /// When the next version was made.
    pub next_update: Option<DateTime>,
    /// True for a DID that is no longer used.
    pub deactivated: bool,
    /// The version of the document.
    pub version_id: Option<String>,
    /// The version after it.
    pub next_version_id: Option<String>,
    /// What the method adds.
    pub more: Map<String, Value>,
}

impl DocumentMetadata {
    pub(super) fn to_json(&self) -> Value {
        let mut out = self.more.clone();
        let mut put = |name: &str, value: Option<String>| {
            if let Some(value) = value {
                out.insert(name.to_owned(), Value::String(value));
            }
        };
        let time = |time: Option<DateTime>| time.map(|time| time.to_string());
        put("created", time(self.created));
        put("updated", time(self.updated));
        put("nextUpdate", time(self.next_update));
        put("versionId", self.version_id.clone());
        put("nextVersionId", self.next_version_id.clone());
        if self.deactivated {
            out.insert("deactivated".to_owned(), Value::Bool(true));
        }
        Value::Object(out)
    }
}

/// The answer to a DID: a document, or the reason why there is none.
#[derive(Debug, Clone, PartialEq)]
pub struct Resolution {
    /// The document.
    pub document: Result<DidDocument, ResolveError>,
    /// The document's media type.
    pub content_type: &'static str,
    /// What is known about the document; of a deactivated DID too.
    pub metadata: DocumentMetadata,
    /// Proofs that the document is what its registry says.
    pub proof: Vec<Value>,
}

impl Resolution {
    /// The answer that there is none.
    pub fn failed(error: ResolveError) -> Self {
        Self {
            document: Err(error),
            content_type: super::Accept::DEFAULT,
            metadata: DocumentMetadata::default(),
            proof: Vec::new(),
        }
    }

    /// The status of an HTTP answer: 410 for every answer about a deactivated DID.
    pub fn http_status(&self) -> u16 {
        match &self.document {
            _ if self.metadata.deactivated => 410,
            Ok(_) => 200,
            Err(error) => error.http_status(),
        }
    }

    /// The DID resolution result. A deactivated DID is no error there: it has metadata and no document.
    pub fn to_json(&self) -> Value {
        let mut resolution = Map::new();
        match &self.document {
            Err(ResolveError::Deactivated) => {}
            Err(error) => {
                resolution.insert("error".to_owned(), error.problem());
            }
            Ok(_) => {
                resolution.insert("contentType".to_owned(), self.content_type.into());
            }
        }
        if !self.proof.is_empty() {
            resolution.insert("proof".to_owned(), Value::Array(self.proof.clone()));
        }
        let document = self.document.as_ref().ok().map(DidDocument::as_json);
        json!({
            "didDocument": document,
            "didResolutionMetadata": resolution,
            "didDocumentMetadata": self.metadata.to_json()
        })
    }
}
