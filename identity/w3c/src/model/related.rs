//! `relatedResource`: resources outside the credential whose bytes the issuer fixed by a digest.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::Value;
use sha2::{Digest, Sha256, Sha384, Sha512};

use super::ModelError;
use super::fields::{self, Object};

/// Most digests of one resource.
const MAX_DIGESTS: usize = 8;

/// Longest multihash as text; base58 takes quadratic time.
const MAX_MULTIHASH_TEXT: usize = 128;

/// A resource and its digests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelatedResource {
    /// Its URL.
    pub id: String,
    /// Its media type, when the issuer gave one.
    pub media_type: Option<String>,
    /// What its bytes must hash to.
    pub digests: Digests,
}

/// Digests of one resource, all of which must fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Digests(Vec<Vec<u8>>);

impl Digests {
    /// True when the resource hashes to every one of them.
    pub fn fit(&self, resource: &[u8]) -> bool {
        !self.0.is_empty()
            && self.0.iter().all(|digest| match digest.len() {
                32 => Sha256::digest(resource).as_slice() == digest,
                48 => Sha384::digest(resource).as_slice() == digest,
                64 => Sha512::digest(resource).as_slice() == digest,
                _ => false,
            })
    }
}

/// The related resources of a credential.
pub(super) fn parse(members: &Object) -> Result<Vec<RelatedResource>, ModelError> {
    let mut all: Vec<RelatedResource> = Vec::new();
    for object in fields::objects(members, "relatedResource")? {
        let id = fields::url(object, "id")?.ok_or(ModelError::NotAUrl("relatedResource"))?;
        if all.iter().any(|other| other.id == id) {
            return Err(ModelError::RelatedTwice);
        }
        let media_type = match object.get("mediaType") {
            None => None,
            Some(Value::String(text)) if !text.is_empty() => Some(text.clone()),
            Some(_) => return Err(ModelError::Malformed("mediaType")),
        };
        let digests = Digests(digests(object).ok_or(ModelError::RelatedDigest)?);
        all.push(RelatedResource {
            id,
            media_type,
            digests,
        });
    }
    Ok(all)
}

fn digests(object: &Object) -> Option<Vec<Vec<u8>>> {
    let mut all = Vec::new();
    for (member, read) in [
        ("digestSRI", sri as fn(&str) -> Option<Vec<u8>>),
        ("digestMultibase", multihash),
    ] {
        for text in object.get(member).map(fields::values).unwrap_or_default() {
            for one in text.as_str()?.split_ascii_whitespace() {
                all.push(read(one)?);
            }
        }
    }
    (1..=MAX_DIGESTS).contains(&all.len()).then_some(all)
}

/// Subresource Integrity: `sha256-`, `sha384-` or `sha512-` and base64.
fn sri(text: &str) -> Option<Vec<u8>> {
    let (name, digest) = text.split_once('-')?;
    let length = match name {
        "sha256" => 32,
        "sha384" => 48,
        "sha512" => 64,
        _ => return None,
    };
    let digest = STANDARD.decode(digest).ok()?;
    (digest.len() == length).then_some(digest)
}

/// A multihash of SHA-256, SHA-384 or SHA-512 in multibase base58btc or base64url.
fn multihash(text: &str) -> Option<Vec<u8>> {
    if text.len() > MAX_MULTIHASH_TEXT {
        return None;
    }
    let bytes = match text.split_at_checked(1)? {
        ("u", base64) => URL_SAFE_NO_PAD.decode(base64).ok()?,
        ("z", base58) => bs58::decode(base58).into_vec().ok()?,
        _ => return None,
    };
    let (code, digest) = bytes.split_first_chunk::<2>()?;
    let length = match code {
        [0x12, 32] => 32,
        [0x20, 48] => 48,
        [0x13, 64] => 64,
        _ => return None,
    };
    (digest.len() == length).then(|| digest.to_vec())
}
