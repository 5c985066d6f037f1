//! `did:web`: the document stands on a web server (did:web method). Whoever controls the server or its name controls the DID.

use super::location::Location;
use super::{Did, DidDocument, DidError, DocumentError, MAX_DOCUMENT_BYTES};
use crate::json;

/// The https URL of the document of a `did:web`.
///
/// # Errors
/// [`DidError::Location`] for a host, port or path that would lead elsewhere.
pub fn url(did: &Did) -> Result<String, DidError> {
    Ok(Location::parse(did.identifier())?.url("did.json"))
}

/// Reads the document that was found there.
pub(super) fn read(did: &Did, bytes: &[u8]) -> Result<DidDocument, DocumentError> {
    DidDocument::from_json(json::parse(bytes, MAX_DOCUMENT_BYTES)?, did)
}
