//! DID documents, and the keys in them: `did:key` from itself, `did:tacit` from the chain with its proof, the issuer's own.

use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tacit_identity::datetime::DateTime;
use tacit_identity::did::{DidKey, MemberDid, key_from_multibase};
use tacit_ledger::codec::decode_slice;
use tacit_ledger::keys;
use tacit_ledger::member::MemberRecord;
use tacit_w3c::integrity::{Purpose, VerificationMethod};

use crate::bundle_file;
use crate::errors::{ApiError, catalogue as reason};
use crate::follower::Follower;
use crate::resolve;

/// Longest DID, in bytes.
pub const MAX_DID_BYTES: usize = 2048;

/// Most DIDs that are looked up on the chain for one document.
const MAX_LOOK_UPS: usize = 16;

/// Most methods that are looked at in one DID document.
const MAX_METHODS: usize = 64;

/// Finds DID documents.
pub struct Resolver {
    chain: Option<Arc<Follower>>,
    own: Option<(String, Value)>,
}

/// A DID document and what is known about it.
#[derive(Clone, Debug)]
pub struct Resolved {
    /// The document.
    pub document: Value,
    /// `didDocumentMetadata`.
    pub document_metadata: Value,
    /// What `didResolutionMetadata` has beside the content type: for `did:tacit` the proof.
    pub resolution_metadata: Map<String, Value>,
}

/// Why a DID was not resolved, by the names of DID Resolution.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ResolveError {
    /// The text is no DID, or breaks its method's rules.
    #[error("the DID cannot be read")]
    InvalidDid,
    /// An option that cannot be met.
    #[error("the DID has no versions that could be asked for")]
    InvalidOptions,
    /// There is no such DID.
    #[error("there is no document of this DID")]
    NotFound,
    /// The method is not known here.
    #[error("DIDs of this method are not resolved here")]
    MethodNotSupported,
    /// The chain could not be read.
    #[error(transparent)]
    Failed(#[from] ApiError),
}

impl ResolveError {
    /// The type of the error (DID Resolution, section on errors).
    pub fn kind(&self) -> &'static str {
        match self {
            Self::InvalidDid => "https://www.w3.org/ns/did#INVALID_DID",
            Self::InvalidOptions => "https://www.w3.org/ns/did#INVALID_OPTIONS",
            Self::NotFound => "https://www.w3.org/ns/did#NOT_FOUND",
            Self::MethodNotSupported => "https://www.w3.org/ns/did#METHOD_NOT_SUPPORTED",
            Self::Failed(_) => "https://www.w3.org/ns/did#INTERNAL_ERROR",
        }
    }
}

impl From<ResolveError> for ApiError {
    fn from(error: ResolveError) -> Self {
        let reason = match error {
            ResolveError::Failed(error) => return error,
            ResolveError::InvalidDid | ResolveError::InvalidOptions => &reason::DID_INVALID,
            ResolveError::NotFound => &reason::DID_UNKNOWN,
            ResolveError::MethodNotSupported => &reason::DID_METHOD_UNSUPPORTED,
        };
        Self::new(reason, error.to_string())
    }
}

impl Resolver {
    /// A resolver; without a chain no `did:tacit` is found. `own` is a DID whose document is given.
    pub fn new(chain: Option<Arc<Follower>>, own: Option<(String, Value)>) -> Self {
        Self { chain, own }
    }

    /// Resolves a DID.
    ///
    /// # Errors
    /// [`ResolveError`].
    pub async fn resolve(&self, did: &str) -> Result<Resolved, ResolveError> {
        if did.len() > MAX_DID_BYTES {
            return Err(ResolveError::InvalidDid);
        }
        let known = |document| Resolved {
            document,
            document_metadata: json!({}),
            resolution_metadata: Map::new(),
        };
        // A did:tacit is what the chain says, also when it is our own.
        if did.starts_with("did:tacit:") {
            let did: MemberDid = did.parse().map_err(|_| ResolveError::InvalidDid)?;
            return self.member(&did).await;
        }
        if let Some((_, document)) = self.own.as_ref().filter(|(own, _)| own == did) {
            return Ok(known(document.clone()));
        }
        match method_of_did(did).ok_or(ResolveError::InvalidDid)? {
            "key" => {
                let key: DidKey = did.parse().map_err(|_| ResolveError::InvalidDid)?;
                Ok(known(key.document()))
            }
            _ => Err(ResolveError::MethodNotSupported),
        }
    }

    async fn member(&self, did: &MemberDid) -> Result<Resolved, ResolveError> {
        let chain = self
            .chain
            .as_ref()
            .ok_or(ResolveError::MethodNotSupported)?;
        if chain.spec().id().0 != did.chain {
            return Err(ResolveError::NotFound);
        }
        let bundle = chain.state_bundle(keys::member(did.member)).await?;
        let value = bundle.state.value().ok_or(ResolveError::NotFound)?;
        let record: MemberRecord = decode_slice(value).map_err(ApiError::internal)?;
        let proof = bundle_file::to_json(&bundle)?;
        let mut resolution_metadata = Map::new();
        resolution_metadata.insert("height".to_owned(), bundle.state.height().0.into());
        resolution_metadata.insert(
            "proof".to_owned(),
            serde_json::from_slice(&proof).map_err(ApiError::internal)?,
        );
        Ok(Resolved {
            document: did.document(&resolve::resolved(&record)?),
            document_metadata: json!({ "versionId": record.past_keys.0.len().to_string() }),
            resolution_metadata,
        })
    }

    /// The document of a DID, for the keys in it: as [`Resolver::resolve`], without what shows it to others.
    async fn document(&self, did: &str) -> Result<Value, ResolveError> {
        match (did.parse::<MemberDid>(), &self.chain) {
            (Ok(did), Some(chain)) if chain.spec().id().0 == did.chain => {
                let record = chain
                    .member(did.member)
                    .await?
                    .ok_or(ResolveError::NotFound)?;
                Ok(did.document(&resolve::resolved(&record)?))
            }
            (Ok(_), _) => Err(ResolveError::NotFound),
            (Err(_), _) => Ok(self.resolve(did).await?.document),
        }
    }

    /// The verification methods that the proofs of a document name, as far as they can be had.
    ///
    /// # Errors
    /// Only when the chain cannot be read: a proof must not be called unknown for that.
    pub async fn methods_of(
        &self,
        document: &Value,
    ) -> Result<BTreeMap<String, VerificationMethod>, ApiError> {
        let mut urls = BTreeSet::new();
        proofs_of(document, &mut urls);
        for credential in values(document.get("verifiableCredential")) {
            proofs_of(credential, &mut urls);
        }
        let mut documents = BTreeMap::<String, Option<Value>>::new();
        let mut look_ups = 0;
        let mut methods = BTreeMap::new();
        for url in urls {
            let Some((did, _)) = url.split_once('#') else {
                continue;
            };
            if !documents.contains_key(did) {
                if did.starts_with("did:tacit:") {
                    look_ups += 1;
                    if look_ups > MAX_LOOK_UPS {
                        continue;
                    }
                }
                let document = match self.document(did).await {
                    Ok(document) => Some(document),
                    Err(ResolveError::Failed(error)) => return Err(error),
                    Err(_) => None,
                };
                documents.insert(did.to_owned(), document);
            }
            let document = documents.get(did).and_then(Option::as_ref);
            if let Some(method) = document.and_then(|document| method_in(document, did, url)) {
                methods.insert(url.to_owned(), method);
            }
        }
        Ok(methods)
    }
}

/// The name of a DID's method, when the text has the form of a DID.
fn method_of_did(did: &str) -> Option<&str> {
    let (method, rest) = did.strip_prefix("did:")?.split_once(':')?;
    let name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let id = |c: char| c.is_ascii_alphanumeric() || "._-:%".contains(c);
    let good = !method.is_empty() && method.chars().all(name);
    (good && !rest.is_empty() && !rest.ends_with(':') && rest.chars().all(id)).then_some(method)
}

fn values(value: Option<&Value>) -> &[Value] {
    match value {
        Some(Value::Array(items)) => items,
        Some(one) => std::slice::from_ref(one),
        None => &[],
    }
}

fn proofs_of<'a>(document: &'a Value, urls: &mut BTreeSet<&'a str>) {
    let methods = values(document.get("proof")).iter();
    urls.extend(methods.filter_map(|proof| proof.get("verificationMethod")?.as_str()));
}

/// A verification method of a DID document, when it is an Ed25519 key of the DID itself.
fn method_in(document: &Value, did: &str, url: &str) -> Option<VerificationMethod> {
    if document.get("id")?.as_str()? != did {
        return None;
    }
    let is = |value: &&Value| value.get("id").and_then(Value::as_str) == Some(url);
    let mut methods = values(document.get("verificationMethod"))
        .iter()
        .take(MAX_METHODS);
    let method = methods.find(is)?;
    let text = |name: &str| method.get(name).and_then(Value::as_str);
    if text("type") != Some("Multikey") || text("controller") != Some(did) {
        return None;
    }
    let ends = |name: &str| match method.get(name) {
        None => Some(None),
        Some(time) => time
            .as_str()?
            .parse::<DateTime>()
            .ok()
            .map(|time| Some(time.timestamp())),
    };
    let ends = [ends("expires")?, ends("revoked")?]
        .into_iter()
        .flatten()
        .min();
    let related = |purpose: &Purpose| {
        let named = values(document.get(purpose.name()));
        named.iter().any(|one| one.as_str() == Some(url))
    };
    let purposes = [
        Purpose::AssertionMethod,
        Purpose::Authentication,
        Purpose::CapabilityInvocation,
        Purpose::CapabilityDelegation,
    ];
    Some(VerificationMethod {
        controller: did.to_owned(),
        key: key_from_multibase(text("publicKeyMultibase")?)?,
        purposes: purposes.into_iter().filter(related).collect(),
        ends,
    })
}
