//! DID documents, ours and those of others: which keys a DID has, and what each may be used for (DID Core 1.1, Controlled
//! Identifiers 1.0).
//!
//! A document is refused when it breaks a rule of its form, is another DID's, or holds a secret. Of what is well formed and not
//! understood (a kind of key, a service) nothing is concluded.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::{Map, Value};

use super::{Did, DidUrl};
use crate::json::JsonError;
use crate::jwk::{Jwk, JwkError};
use crate::public_key::PublicKey;
use crate::time::DateTimeStamp;

/// Longest document accepted, in bytes.
pub const MAX_DOCUMENT_BYTES: usize = 256 * 1024;

/// Most verification methods, services, controllers, and entries of a relation.
const MAX_ITEMS: usize = 64;

/// What a controller lets a key do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Relation {
    /// Stating claims: credentials.
    AssertionMethod,
    /// Showing who one is: presentations.
    Authentication,
    /// Agreeing on keys.
    KeyAgreement,
    /// Using a capability.
    CapabilityInvocation,
    /// Handing a capability on.
    CapabilityDelegation,
}

impl Relation {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::AssertionMethod,
        Self::Authentication,
        Self::KeyAgreement,
        Self::CapabilityInvocation,
        Self::CapabilityDelegation,
    ];

    /// Its name in documents and proofs.
    pub fn name(self) -> &'static str {
        match self {
            Self::AssertionMethod => "assertionMethod",
            Self::Authentication => "authentication",
            Self::KeyAgreement => "keyAgreement",
            Self::CapabilityInvocation => "capabilityInvocation",
            Self::CapabilityDelegation => "capabilityDelegation",
        }
    }
}

impl fmt::Display for Relation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Why a document was refused. Of its text nothing is repeated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DocumentError {
    /// Not acceptable JSON.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// Not an object.
    #[error("a DID document is a JSON object")]
    NotAnObject,
    /// `id` is missing or another DID.
    #[error("the document's `id` is not the DID that was resolved")]
    OtherId,
    /// A member does not have the form that DID Core gives it.
    #[error("member `{0}` of the document is malformed or has more than {MAX_ITEMS} entries")]
    Member(&'static str),
    /// A member of a verification method does not have its form.
    #[error("member `{0}` of a verification method is missing or malformed")]
    Method(&'static str),
    /// A verification method has its key in two forms.
    #[error("a verification method has both `publicKeyJwk` and `publicKeyMultibase`")]
    TwoKeys,
    /// A verification method holds a secret key.
    #[error("a verification method holds a secret key")]
    Secret,
    /// Two verification methods or services have one `id`.
    #[error("two verification methods or services have the same `id`")]
    SameId,
}

/// A verification method.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Method {
    /// Its absolute DID URL.
    pub id: String,
    /// Who may change it; `None` when the document does not say, and then it serves nothing.
    pub controller: Option<String>,
    /// Its type, such as `Multikey`.
    pub kind: String,
    /// The key, when it is of a kind that is known here.
    pub key: Option<PublicKey>,
    /// False for a key that its owner restricts to key agreement.
    pub signs: bool,
    /// The key counts for nothing from this time on: the earlier of `expires` and `revoked`.
    pub ends: Option<DateTimeStamp>,
}

/// A checked document.
#[derive(Debug, Clone, PartialEq)]
pub struct DidDocument {
    json: Value,
    did: String,
    methods: BTreeMap<String, Method>,
    relations: BTreeSet<(Relation, String)>,
    /// Where each method and service stands in `json`: a JSON pointer.
    places: BTreeMap<String, String>,
}

impl DidDocument {
    /// Checks a document that came through [`crate::json::parse`].
    ///
    /// # Errors
    /// [`DocumentError`] names the first rule broken.
    pub fn from_json(json: Value, did: &Did) -> Result<Self, DocumentError> {
        let members = json.as_object().ok_or(DocumentError::NotAnObject)?;
        if members.get("id").and_then(Value::as_str) != Some(did.as_str()) {
            return Err(DocumentError::OtherId);
        }
        let mut reader = Reader {
            did: did.as_str(),
            methods: BTreeMap::new(),
            relations: BTreeSet::new(),
            places: BTreeMap::new(),
        };
        reader.read(members)?;
        let Reader {
            methods,
            relations,
            places,
            ..
        } = reader;
        Ok(Self {
            did: did.to_string(),
            methods,
            relations,
            places,
            json,
        })
    }

    /// The document.
    pub fn as_json(&self) -> &Value {
        &self.json
    }

    /// The DID.
    pub fn did(&self) -> &str {
        &self.did
    }

    /// The method of an absolute DID URL.
    pub fn method(&self, url: &str) -> Option<&Method> {
        self.methods.get(url)
    }

    /// All methods, by URL.
    pub fn methods(&self) -> impl Iterator<Item = &Method> {
        self.methods.values()
    }

    /// True when the document names the method under the relation.
    pub fn authorizes(&self, relation: Relation, url: &str) -> bool {
        self.relations.contains(&(relation, url.to_owned()))
    }

    /// The method or service of an absolute DID URL, as it stands in the document.
    pub fn find(&self, url: &str) -> Option<&Value> {
        self.json.pointer(self.places.get(url)?)
    }
}

struct Reader<'a> {
    did: &'a str,
    methods: BTreeMap<String, Method>,
    relations: BTreeSet<(Relation, String)>,
    places: BTreeMap<String, String>,
}

impl Reader<'_> {
    fn read(&mut self, members: &Map<String, Value>) -> Result<(), DocumentError> {
        one_or_many(members, "controller", |text| text.parse::<Did>().is_ok())?;
        for also in list(members, "alsoKnownAs")? {
            if !also.as_str().is_some_and(is_uri) {
                return Err(DocumentError::Member("alsoKnownAs"));
            }
        }
        for (at, method) in list(members, "verificationMethod")?.iter().enumerate() {
            self.method(method, format!("/verificationMethod/{at}"))?;
        }
        for relation in Relation::ALL {
            let name = relation.name();
            for (at, entry) in list(members, name)?.iter().enumerate() {
                let url = match entry {
                    Value::String(url) => self.url(url).ok_or(DocumentError::Member(name))?,
                    Value::Object(_) => self.method(entry, format!("/{name}/{at}"))?,
                    _ => return Err(DocumentError::Member(name)),
                };
                self.relations.insert((relation, url));
            }
        }
        for (at, service) in list(members, "service")?.iter().enumerate() {
            self.service(service, format!("/service/{at}"))?;
        }
        Ok(())
    }

    /// The absolute form of a DID URL: a fragment alone belongs to this document.
    fn url(&self, text: &str) -> Option<String> {
        let url = if text.starts_with('#') {
            format!("{}{text}", self.did)
        } else {
            text.to_owned()
        };
        url.parse::<DidUrl>().is_ok().then_some(url)
    }

    fn method(&mut self, value: &Value, place: String) -> Result<String, DocumentError> {
        let members = value
            .as_object()
            .ok_or(DocumentError::Member("verificationMethod"))?;
        let text = |name: &'static str| match members.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.as_str())),
            Some(_) => Err(DocumentError::Method(name)),
        };
        let secret = |name: &String| name.starts_with("private") || name.starts_with("secret");
        if members.keys().any(secret) {
            return Err(DocumentError::Secret);
        }
        let id = text("id")?
            .and_then(|id| self.url(id))
            .ok_or(DocumentError::Method("id"))?;
        let kind = text("type")?.filter(|kind| !kind.is_empty());
        let kind = kind.ok_or(DocumentError::Method("type"))?;
        let controller = match text("controller")? {
            Some(controller) if controller.parse::<Did>().is_err() => {
                return Err(DocumentError::Method("controller"));
            }
            controller => controller.map(str::to_owned),
        };
        let time = |name| {
            let read = |text| DateTimeStamp::parse(text).ok_or(DocumentError::Method(name));
            text(name)?.map(read).transpose()
        };
        let ends = [time("expires")?, time("revoked")?]
            .into_iter()
            .flatten()
            .min();
        let multibase = text("publicKeyMultibase")?;
        let jwk = match (members.get("publicKeyJwk"), multibase) {
            (Some(_), Some(_)) => return Err(DocumentError::TwoKeys),
            (Some(jwk), None) => match Jwk::from_json(jwk) {
                Ok(jwk) => Some(jwk),
                Err(JwkError::Private) => return Err(DocumentError::Secret),
                Err(JwkError::NotAnObject) => return Err(DocumentError::Method("publicKeyJwk")),
                Err(_) => None,
            },
            (None, _) => None,
        };
        let key = key(kind, multibase, jwk.as_ref());
        let method = Method {
            id: id.clone(),
            controller,
            kind: kind.to_owned(),
            key,
            signs: jwk.is_none_or(|jwk| jwk.for_signatures().is_some())
                && !matches!(key, None | Some(PublicKey::X25519(_))),
            ends,
        };
        self.place(&id, place)?;
        self.methods.insert(id.clone(), method);
        Ok(id)
    }

    fn service(&mut self, value: &Value, place: String) -> Result<(), DocumentError> {
        let refused = DocumentError::Member("service");
        let texts = |value: &Value| match value {
            Value::String(text) => !text.is_empty(),
            Value::Array(items) => !items.is_empty() && items.iter().all(Value::is_string),
            _ => false,
        };
        let endpoints = |value: &Value| match value {
            Value::String(text) => !text.is_empty(),
            Value::Object(_) => true,
            Value::Array(items) => {
                !items.is_empty()
                    && items
                        .iter()
                        .all(|item| item.is_string() || item.is_object())
            }
            _ => false,
        };
        let has = |name, fits: &dyn Fn(&Value) -> bool| value.get(name).is_some_and(fits);
        let id = value.get("id").and_then(Value::as_str).unwrap_or_default();
        let id = match self.url(id) {
            Some(url) => url,
            None if is_uri(id) => id.to_owned(),
            None => return Err(refused),
        };
        if !has("type", &texts) || !has("serviceEndpoint", &endpoints) {
            return Err(refused);
        }
        self.place(&id, place)
    }

    fn place(&mut self, id: &str, place: String) -> Result<(), DocumentError> {
        match self.places.insert(id.to_owned(), place) {
            None => Ok(()),
            Some(_) => Err(DocumentError::SameId),
        }
    }
}

/// The key of a verification method; `None` for a type that is not known, or whose key is of another kind or malformed.
fn key(kind: &str, multibase: Option<&str>, jwk: Option<&Jwk>) -> Option<PublicKey> {
    let multikey = || multibase.and_then(PublicKey::from_multibase);
    match kind {
        "Multikey" => multikey(),
        "JsonWebKey" | "JsonWebKey2020" => jwk.map(|jwk| jwk.key),
        "Ed25519VerificationKey2020" => {
            multikey().filter(|key| matches!(key, PublicKey::Ed25519(_)))
        }
        "X25519KeyAgreementKey2020" => multikey().filter(|key| matches!(key, PublicKey::X25519(_))),
        _ => None,
    }
}

fn list<'a>(
    members: &'a Map<String, Value>,
    name: &'static str,
) -> Result<&'a [Value], DocumentError> {
    match members.get(name) {
        None => Ok(&[]),
        Some(Value::Array(items)) if items.len() <= MAX_ITEMS => Ok(items),
        Some(_) => Err(DocumentError::Member(name)),
    }
}

fn one_or_many(
    members: &Map<String, Value>,
    name: &'static str,
    fits: impl Fn(&str) -> bool,
) -> Result<(), DocumentError> {
    let fits = |value: &Value| value.as_str().is_some_and(&fits);
    let good = match members.get(name) {
        None => true,
        Some(Value::Array(items)) => items.len() <= MAX_ITEMS && items.iter().all(fits),
        Some(one) => fits(one),
    };
    good.then_some(()).ok_or(DocumentError::Member(name))
}

/// Good enough to be an identifier: a scheme, a colon, something behind it, and no white space.
fn is_uri(text: &str) -> bool {
    let in_scheme = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
    text.len() <= super::MAX_DID_BYTES
        && !text.contains(|c: char| c.is_whitespace() || c.is_control())
        && text.split_once(':').is_some_and(|(scheme, rest)| {
            scheme.starts_with(|c: char| c.is_ascii_alphabetic())
                && scheme.chars().all(in_scheme)
                && !rest.is_empty()
        })
}
