//! From a DID to its document, from a DID URL to what it names, from a verification method to its key.
//!
//! Pure: what web servers and the chain hold comes through [`Sources`], the time is an argument.

use core::cell::RefCell;

use serde_json::Value;
use tacit_circuits::types::Timestamp;

use super::{
    Did, DidDocument, DidUrl, DocumentMetadata, MemberDid, MemberState, Relation, Resolution,
    ResolveError, jwk, key, web, webvh,
};
use crate::datetime::DateTime;
use crate::public_key::PublicKey;
use crate::time::DateTimeStamp;

/// Why a place gives no answer: whether there is such a DID is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unavailable {
    /// It cannot be asked now.
    #[error("the place where the document stands cannot be asked now")]
    Now,
    /// It is none of those that are asked at all.
    #[error("the place where the document stands is not among those that are asked here")]
    NotAsked,
}

/// What others hold. Answers are bounded by whoever gives them, and checked here.
pub trait Sources {
    /// What stands at an https URL: `did.json`, `did.jsonl` or `did-witness.json`; `None` when there is nothing.
    ///
    /// # Errors
    /// [`Unavailable`].
    fn file(&self, url: &str) -> Result<Option<Vec<u8>>, Unavailable> {
        let _ = url;
        Ok(None)
    }

    /// A member of a chain; `None` when the chain is another one or has no such member.
    ///
    /// # Errors
    /// [`Unavailable`].
    fn member(&self, did: &MemberDid) -> Result<Option<MemberState>, Unavailable> {
        let _ = did;
        Ok(None)
    }
}

/// No sources: enough for `did:key` and `did:jwk`.
#[derive(Debug, Clone, Copy)]
pub struct NoSources;

impl Sources for NoSources {}

/// Media types that the caller takes: an `Accept` header (RFC 9110, section 12.5.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accept(String);

impl Accept {
    /// The media type when the caller names none.
    pub const DEFAULT: &'static str = "application/did";

    /// Media types of documents. They have the same bytes here: every document is JSON with an `@context` where it has one.
    pub(super) const KNOWN: [&'static str; 3] = [
        Self::DEFAULT,
        "application/did+ld+json",
        "application/did+json",
    ];

    /// What the header says.
    pub fn new(header: &str) -> Self {
        Self(header.to_owned())
    }

    /// The representation of a document that the caller likes best; `None` when it takes none.
    fn choose(&self) -> Option<&'static str> {
        self.among(&Self::KNOWN)
    }

    /// The media type that the caller likes best among some; the first of them for who takes any.
    pub(super) fn among(&self, known: &[&'static str]) -> Option<&'static str> {
        let mut best: Option<(u16, &'static str)> = None;
        for range in self.0.split(',').take(32) {
            let mut parts = range.split(';').map(str::trim);
            let name = parts.next().unwrap_or_default();
            let quality = parts
                .find_map(|part| part.strip_prefix("q="))
                .map_or(Some(1000), quality);
            let any = ["*/*", "application/*"].contains(&name);
            let mut known = known.iter().copied();
            let known = known.find(|known| any || name.eq_ignore_ascii_case(known));
            if let (Some(quality @ 1..), Some(known)) = (quality, known)
                && best.is_none_or(|(most, _)| quality > most)
            {
                best = Some((quality, known));
            }
        }
        best.map(|(_, known)| known)
    }
}

/// Thousandths of a weight `0.8`; `None` for what is no weight.
fn quality(text: &str) -> Option<u16> {
    let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
    let digits = rest.len() <= 3 && rest.bytes().all(|c| c.is_ascii_digit());
    let thousandths: u16 = format!("{rest:0<3}").parse().ok()?;
    match whole {
        "0" if digits => Some(thousandths),
        "1" if digits && thousandths == 0 => Some(1000),
        _ => None,
    }
}

/// Options of a resolution.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// Media types that the caller takes; any when there is none.
    pub accept: Option<Accept>,
    /// The version with this id.
    pub version_id: Option<String>,
    /// The version that held at this time.
    pub version_time: Option<DateTime>,
    /// The version with this number (`did:webvh`, `did:tacit`).
    pub version_number: Option<u64>,
}

impl Options {
    /// Adds an option by its name in URLs.
    ///
    /// # Errors
    /// [`ResolveError::Options`] for a malformed value, for one given twice and for two that name versions;
    /// [`ResolveError::Feature`] for an option that is not known here.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), ResolveError> {
        let versioned = self.version_id.is_some()
            || self.version_time.is_some()
            || self.version_number.is_some();
        match name {
            "versionId" if !versioned && !value.is_empty() => {
                self.version_id = Some(value.to_owned());
            }
            "versionTime" if !versioned => {
                let time = value.parse();
                self.version_time = Some(time.map_err(|_| ResolveError::Options("versionTime"))?);
            }
            "versionNumber" if !versioned => {
                let number = value.parse();
                self.version_number =
                    Some(number.map_err(|_| ResolveError::Options("versionNumber"))?);
            }
            "versionId" => return Err(ResolveError::Options("versionId")),
            "versionTime" => return Err(ResolveError::Options("versionTime")),
            "versionNumber" => return Err(ResolveError::Options("versionNumber")),
            "accept" if self.accept.is_none() => self.accept = Some(Accept::new(value)),
            "accept" => return Err(ResolveError::Options("accept")),
            _ => {
                return Err(ResolveError::Feature(
                    "resolution options other than versionId, versionTime, versionNumber and accept",
                ));
            }
        }
        Ok(())
    }
}

/// A verification method that its controller vouches for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundMethod {
    /// The DID whose document names it.
    pub controller: String,
    /// The key; one that makes signatures.
    pub key: PublicKey,
    /// What it may be used for.
    pub relations: Vec<Relation>,
    /// The key counts for nothing from this time on.
    pub ends: Option<DateTimeStamp>,
}

/// Resolves DIDs at one time.
pub struct Resolver<'a> {
    sources: &'a dyn Sources,
    now: Timestamp,
    /// The document that a method was looked for in last: a log is verified once for all its keys that a document names.
    last: RefCell<Option<(Did, Result<Resolution, ResolveError>)>>,
}

impl<'a> Resolver<'a> {
    /// A resolver over these sources. `now` is the time at which entries of logs would lie in the future and keys have ended.
    pub fn new(sources: &'a dyn Sources, now: Timestamp) -> Self {
        let last = RefCell::default();
        Self { sources, now, last }
    }

    /// Resolves a DID.
    pub fn resolve(&self, did: &str, options: &Options) -> Resolution {
        self.try_resolve(did, options)
            .unwrap_or_else(Resolution::failed)
    }

    /// The verification method of a DID URL, as proofs and tokens name it: a DID and a fragment, nothing between them.
    ///
    /// # Errors
    /// [`ResolveError::Unusable`] for a method that is there and can verify nothing; else as resolving.
    pub fn method(&self, url: &str) -> Result<FoundMethod, ResolveError> {
        let parsed: DidUrl = url.parse().map_err(ResolveError::Url)?;
        if !parsed.is_plain() || parsed.fragment.is_none() {
            return Err(ResolveError::Unusable(
                "it is not named by a DID and a fragment",
            ));
        }
        let resolution = self.newest(parsed.did)?;
        if resolution.metadata.deactivated {
            return Err(ResolveError::Deactivated);
        }
        let document = resolution.document?;
        let method = document
            .method(url)
            .ok_or(ResolveError::NotFound("no such verification method"))?;
        if method.controller.as_deref() != Some(document.did()) {
            return Err(ResolveError::Unusable("its controller is another one"));
        }
        let key = method
            .key
            .filter(|_| method.signs)
            .ok_or(ResolveError::Unusable(
                "its key makes no signatures known here",
            ))?;
        let relations = Relation::ALL.into_iter();
        Ok(FoundMethod {
            controller: document.did().to_owned(),
            key,
            relations: relations
                .filter(|relation| document.authorizes(*relation, url))
                .collect(),
            ends: method.ends,
        })
    }

    /// The key of a DID URL, when it may be used for this now.
    ///
    /// # Errors
    /// As [`Resolver::method`], and [`ResolveError::Unusable`] for another purpose or a key that has ended.
    pub fn verification_key(
        &self,
        url: &str,
        relation: Relation,
    ) -> Result<PublicKey, ResolveError> {
        let method = self.method(url)?;
        if !method.relations.contains(&relation) {
            return Err(ResolveError::Unusable(
                "its controller has not authorised it for this",
            ));
        }
        if method.ends.is_some_and(|end| end <= self.now.into()) {
            return Err(ResolveError::Unusable("it has expired or was revoked"));
        }
        Ok(method.key)
    }

    fn newest(&self, did: Did) -> Result<Resolution, ResolveError> {
        if let Some((last, resolution)) = &*self.last.borrow()
            && *last == did
        {
            return resolution.clone();
        }
        let resolution = self.try_resolve(did.as_str(), &Options::default());
        self.last.replace(Some((did, resolution.clone())));
        resolution
    }

    pub(super) fn try_resolve(
        &self,
        did: &str,
        options: &Options,
    ) -> Result<Resolution, ResolveError> {
        let did: Did = did.parse()?;
        let content_type = match &options.accept {
            None => Accept::DEFAULT,
            Some(accept) => accept.choose().ok_or(ResolveError::Representation)?,
        };
        let plain = |document: Value| -> Result<Found, ResolveError> {
            unversioned(options)?;
            Ok(Found {
                document: Ok(DidDocument::from_json(document, &did)?),
                metadata: DocumentMetadata::default(),
                proof: Vec::new(),
            })
        };
        let found = match did.method() {
            "key" => plain(key::document(did.as_str())?)?,
            "jwk" => plain(jwk::document(&did)?)?,
            "web" => {
                let url = web::url(&did)?;
                unversioned(options)?;
                let bytes = self.file(&url)?.ok_or(NO_FILE)?;
                Found {
                    document: Ok(web::read(&did, &bytes)?),
                    metadata: DocumentMetadata::default(),
                    proof: Vec::new(),
                }
            }
            "webvh" => self.webvh(&did, options)?,
            "tacit" => self.member(&did, options)?,
            _ => return Err(ResolveError::Method),
        };
        Ok(Resolution {
            document: found.document,
            content_type,
            metadata: found.metadata,
            proof: found.proof,
        })
    }

    fn file(&self, url: &str) -> Result<Option<Vec<u8>>, ResolveError> {
        Ok(self.sources.file(url)?)
    }

    fn webvh(&self, did: &Did, options: &Options) -> Result<Found, ResolveError> {
        let (log_url, witness_url) = webvh::urls(did)?;
        let log = self.file(&log_url)?.ok_or(NO_FILE)?;
        let witness = match webvh::wants_witnesses(&log) {
            false => None,
            // A store that has the log and no proofs has no proofs; whether they are needed is seen when the log is verified.
            true => match self.sources.file(&witness_url) {
                Err(Unavailable::NotAsked) => None,
                file => file?,
            },
        };
        let (document, metadata) = webvh::read(did, &log, witness.as_deref(), options, self.now)?;
        Ok(Found {
            document,
            metadata,
            proof: Vec::new(),
        })
    }

    fn member(&self, did: &Did, options: &Options) -> Result<Found, ResolveError> {
        let member_did: MemberDid = did.as_str().parse()?;
        let state = self
            .sources
            .member(&member_did)?
            .ok_or(ResolveError::NotFound("the chain has no such member"))?;
        let version = state.select(options)?;
        let document = state.member.version(&member_did, version);
        let document = document.ok_or(ResolveError::NotFound("no such version"))?;
        Ok(Found {
            document: Ok(DidDocument::from_json(document, did)?),
            metadata: state.metadata(version),
            proof: state.proof.into_iter().collect(),
        })
    }
}

const NO_FILE: ResolveError = ResolveError::NotFound("there is no file at the DID's place");

struct Found {
    document: Result<DidDocument, ResolveError>,
    metadata: DocumentMetadata,
    proof: Vec<Value>,
}

/// Methods without versions have no answer to options that name one.
fn unversioned(options: &Options) -> Result<(), ResolveError> {
    let Options {
        accept: _,
        version_id,
        version_time,
        version_number,
    } = options;
    if version_id.is_some() || version_time.is_some() || version_number.is_some() {
        return Err(ResolveError::Feature(
            "versions of a DID whose method keeps none",
        ));
    }
    Ok(())
}
