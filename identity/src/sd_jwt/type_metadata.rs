//! Type metadata: the document behind `vct`, and its digest in `vct#integrity` (SD-JWT VC; W3C Subresource Integrity for the form
//! of digests). Nothing is fetched: documents are the caller's.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256, Sha384, Sha512};

use super::{ClaimPath, SdJwtError};
use crate::json::{self, JsonError};
use crate::schema::Schema;

/// Longest `…#integrity` accepted.
const MAX_INTEGRITY_BYTES: usize = 1024;

/// The digest of a document: what stands in `vct#integrity`.
pub fn integrity(document: &[u8]) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(document)))
}

/// Checks that a document is the one that a credential means: its bytes have one of the digests of the strongest hash among
/// them.
///
/// # Errors
/// [`SdJwtError::Integrity`], also when no digest is of SHA-256, SHA-384 or SHA-512.
pub fn check_integrity(integrity: &str, document: &[u8]) -> Result<(), SdJwtError> {
    if integrity.len() > MAX_INTEGRITY_BYTES {
        return Err(SdJwtError::Integrity);
    }
    let digests = |prefix: &str| -> Vec<&str> {
        let hashes = integrity.split_ascii_whitespace();
        let of_prefix = hashes.filter_map(|hash| hash.strip_prefix(prefix));
        // What follows a question mark are options, of which none is defined.
        of_prefix
            .map(|hash| hash.split('?').next().unwrap_or(hash))
            .collect()
    };
    let strongest = [
        (digests("sha512-"), Sha512::digest(document).to_vec()),
        (digests("sha384-"), Sha384::digest(document).to_vec()),
        (digests("sha256-"), Sha256::digest(document).to_vec()),
    ];
    let named = strongest.iter().find(|(named, _)| !named.is_empty());
    let (named, computed) = named.ok_or(SdJwtError::Integrity)?;
    let fits = |text: &&str| {
        STANDARD
            .decode(text)
            .is_ok_and(|digest| digest == *computed)
    };
    if named.iter().any(fits) {
        Ok(())
    } else {
        Err(SdJwtError::Integrity)
    }
}

/// The type of credentials under one of our schemas: named by the schema's content, so another schema is another type.
///
/// # Errors
/// None for a checked schema.
pub fn credential_type(schema: &Schema) -> Result<String, JsonError> {
    Ok(format!("urn:tacit:vct:{}", schema.id()?))
}

/// The type metadata document of a schema, in canonical form: its name, and each claim's path and title. Every claim may be
/// made disclosable, and the required ones are mandatory.
///
/// # Errors
/// None for a checked schema.
pub fn document(schema: &Schema) -> Result<Vec<u8>, JsonError> {
    let claims = schema.claims().map(|(name, rule)| {
        json!({
            "path": [name],
            "display": [{"locale": "en", "label": rule.title}],
            "mandatory": rule.required,
            "sd": "allowed",
        })
    });
    json::canonical(&json!({
        "vct": credential_type(schema)?,
        "name": schema.title(),
        "display": [{"locale": "en", "name": schema.title()}],
        "claims": claims.collect::<Vec<Value>>(),
    }))
}

/// The paths of all claims of a schema: what [`Draft::disclosable`](super::Draft::disclosable) is when everything can be hidden.
pub fn claim_paths(schema: &Schema) -> Vec<ClaimPath> {
    schema.claims().map(|(name, _)| name.into()).collect()
}
