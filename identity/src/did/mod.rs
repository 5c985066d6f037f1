//! Decentralized identifiers: `did:key`, `did:jwk`, `did:web`, `did:webvh` and our own `did:tacit`; documents and their resolution.
//!
//! DID Core 1.1, Controlled Identifiers 1.0, DID Resolution (see `docs/spec/did.md` for the versions). Nothing is fetched here: what
//! other places hold comes through the trait [`Sources`].
//!
//! | file | what it holds |
//! | --- | --- |
//! | `syntax` | DIDs and DID URLs as text |
//! | `key`, `jwk` | methods whose DID is the key |
//! | `member` | `did:tacit`: members of a chain |
//! | `location`, `web`, `webvh` | methods whose documents stand on web servers |
//! | `document` | documents: ours and those of others |
//! | `resolve`, `result` | from a DID to its document, its metadata or the reason why not |
//! | `dereference` | from a DID URL to what it names: a document, a part of it, the places of services |
//!
//! Every DID has one accepted text. A DID URL of a member's or person's key names the key itself after `#`, so a signature says
//! which key made it and a rotated key is told from a stranger's.

/// Serde as the one text.
macro_rules! serde_as_text {
    ($($name:ident),*) => {$(
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                <String as serde::Deserialize>::deserialize(from)?.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}

mod dereference;
mod document;
mod jwk;
mod key;
mod location;
mod member;
mod resolve;
mod result;
mod syntax;
mod web;
mod webvh;

pub use dereference::{Content, DereferenceOptions, Dereferenced, URI_LIST};
pub use document::{DidDocument, DocumentError, MAX_DOCUMENT_BYTES, Method, Relation};
pub use key::{DidKey, key_from_multibase, key_to_multibase};
pub use member::{MemberDid, MemberResolver, MemberState, ResolvedMember};
pub use resolve::{Accept, FoundMethod, NoSources, Options, Resolver, Sources, Unavailable};
pub use result::{DocumentMetadata, Resolution, ResolveError};
pub use syntax::{Did, DidUrl, MAX_DID_BYTES, percent_decode};
pub use web::url as did_web_url;
pub use webvh::{LogError, LogFault, MAX_LOG_BYTES, MAX_WITNESS_BYTES};

use crate::jwk::JwkError;

/// The context of the documents that are made here.
const DID_CONTEXT: &str = "https://www.w3.org/ns/did/v1.1";

/// Why a DID or DID URL was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DidError {
    /// Not a `did:key` of an Ed25519 key.
    #[error("not a did:key of an Ed25519 key")]
    NotDidKey,
    /// Not `did:tacit:<chain id>:<member id>` in its one form.
    #[error("not a DID of the form did:tacit:<chain id, 64 hexadecimal digits>:<member id>")]
    NotMemberDid,
    /// Not a DID by the syntax of DID Core, or longer than [`MAX_DID_BYTES`].
    #[error("not a DID of the form did:<method>:<identifier>")]
    NotDid,
    /// Not a DID URL by the syntax of DID Core, or longer than [`MAX_DID_BYTES`].
    #[error("not a DID URL of the form did:<method>:<identifier>[/path][?query][#fragment]")]
    NotDidUrl,
    /// A `did:jwk` that is not a public JWK in base64url.
    #[error("not a did:jwk: {0}")]
    NotDidJwk(JwkError),
    /// A `did:web` or `did:webvh` whose identifier names no host and path.
    #[error("the DID names no host with an optional port and path: {0}")]
    Location(&'static str),
    /// Not a DID followed by `#` and a key.
    #[error("not a verification method of the form <DID>#<key>")]
    NotMethod,
}

#[cfg(test)]
mod tests;
