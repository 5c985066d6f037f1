//! `did:key`: the DID is the key (did:key method 1.0). Persons here have one of an Ed25519 key; others may have P-256 or X25519.

use core::fmt;
use core::str::FromStr;

use serde_json::{Value, json};

use super::{DID_CONTEXT, DidError};
use crate::keys::VerifyKey;
use crate::public_key::PublicKey;

/// A public key as `publicKeyMultibase`: multicodec Ed25519, base58btc.
pub fn key_to_multibase(key: &VerifyKey) -> String {
    PublicKey::Ed25519(*key).to_multibase()
}

/// Reads what [`key_to_multibase`] writes, and nothing else.
pub fn key_from_multibase(text: &str) -> Option<VerifyKey> {
    match PublicKey::from_multibase(text)? {
        PublicKey::Ed25519(key) => Some(key),
        _ => None,
    }
}

/// `did:key` of an Ed25519 key: a person's identifier that needs no registry.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct DidKey(VerifyKey);

impl DidKey {
    /// The DID of a key.
    pub fn new(key: VerifyKey) -> Self {
        Self(key)
    }

    /// The key.
    pub fn key(&self) -> &VerifyKey {
        &self.0
    }

    /// The DID URL of its one verification method.
    pub fn verification_method(&self) -> String {
        format!("{self}#{}", key_to_multibase(&self.0))
    }

    /// The DID document.
    pub fn document(&self) -> Value {
        document_of(&PublicKey::Ed25519(self.0))
    }
}

impl fmt::Display for DidKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "did:key:{}", key_to_multibase(&self.0))
    }
}

impl fmt::Debug for DidKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for DidKey {
    type Err = DidError;

    fn from_str(text: &str) -> Result<Self, DidError> {
        text.strip_prefix("did:key:")
            .and_then(key_from_multibase)
            .map(Self)
            .ok_or(DidError::NotDidKey)
    }
}

serde_as_text!(DidKey);

/// The document of a `did:key` of any kind.
pub(super) fn document(did: &str) -> Result<Value, DidError> {
    let key = did
        .strip_prefix("did:key:")
        .and_then(PublicKey::from_multibase)
        .ok_or(DidError::NotDidKey)?;
    Ok(document_of(&key))
}

/// One method, of the relations that its key can serve: no X25519 key is derived from an Ed25519 one, so that a key has one use.
fn document_of(key: &PublicKey) -> Value {
    let multikey = key.to_multibase();
    let did = format!("did:key:{multikey}");
    let url = format!("{did}#{multikey}");
    let method = json!({
        "id": url,
        "type": "Multikey",
        "controller": did,
        "publicKeyMultibase": multikey
    });
    match key {
        PublicKey::X25519(_) => json!({
            "@context": [DID_CONTEXT],
            "id": did,
            "verificationMethod": [method],
            "keyAgreement": [url]
        }),
        PublicKey::Ed25519(_) | PublicKey::P256(_) => json!({
            "@context": [DID_CONTEXT],
            "id": did,
            "verificationMethod": [method],
            "authentication": [url],
            "assertionMethod": [url],
            "capabilityDelegation": [url],
            "capabilityInvocation": [url]
        }),
    }
}
