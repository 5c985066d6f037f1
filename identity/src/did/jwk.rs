//! `did:jwk`: the DID is a public JWK in base64url (did:jwk method).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::{Did, DidError};
use crate::json;
use crate::jwk::{Jwk, JwkError, Usage};
use crate::public_key::PublicKey;

/// The document: one method `#0`, of the relations that its key can serve and that its member `use` allows.
pub(super) fn document(did: &Did) -> Result<Value, DidError> {
    let refused = |error| DidError::NotDidJwk(error);
    let bytes = URL_SAFE_NO_PAD
        .decode(did.identifier())
        .map_err(|_| refused(JwkError::NotAnObject))?;
    let value =
        json::parse(&bytes, super::MAX_DID_BYTES).map_err(|_| refused(JwkError::NotAnObject))?;
    let jwk = Jwk::from_json(&value).map_err(refused)?;
    let url = format!("{did}#0");
    let mut document = json!({
        "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/suites/jws-2020/v1"],
        "id": did.as_str(),
        "verificationMethod": [{
            "id": url,
            "type": "JsonWebKey2020",
            "controller": did.as_str(),
            "publicKeyJwk": value
        }]
    });
    if jwk.for_signatures().is_some() {
        for relation in [
            "assertionMethod",
            "authentication",
            "capabilityInvocation",
            "capabilityDelegation",
        ] {
            document[relation] = json!([url]);
        }
    }
    // Ed25519 agrees on no keys; P-256 does both unless its owner says otherwise.
    let agrees = !matches!(jwk.key, PublicKey::Ed25519(_));
    if agrees && jwk.usage != Some(Usage::Signature) {
        document["keyAgreement"] = json!([url]);
    }
    Ok(document)
}
