//! `did:web`: places, and documents that stand there.

use std::collections::BTreeMap;

use serde_json::json;

use super::super::*;
use super::NOW;

/// A web server in memory.
pub(super) struct Files(pub(super) BTreeMap<String, Vec<u8>>);

impl Sources for Files {
    fn file(&self, url: &str) -> Result<Option<Vec<u8>>, Unavailable> {
        match url {
            "https://down.example/.well-known/did.json" => Err(Unavailable::Now),
            url => Ok(self.0.get(url).cloned()),
        }
    }
}

fn served(url: &str, body: &str) -> Files {
    Files([(url.to_owned(), body.as_bytes().to_vec())].into())
}

fn resolve(files: &Files, did: &str) -> Result<DidDocument, ResolveError> {
    Resolver::new(files, NOW)
        .resolve(did, &Options::default())
        .document
}

// did:web method, section 3.2: examples.
#[test]
fn published_places() {
    for (did, url) in [
        (
            "did:web:w3c-ccg.github.io",
            "https://w3c-ccg.github.io/.well-known/did.json",
        ),
        (
            "did:web:w3c-ccg.github.io:user:alice",
            "https://w3c-ccg.github.io/user/alice/did.json",
        ),
        (
            "did:web:example.com%3A3000:user:alice",
            "https://example.com:3000/user/alice/did.json",
        ),
        (
            "did:web:example.com%3A3000",
            "https://example.com:3000/.well-known/did.json",
        ),
        (
            "did:web:localhost%3a8443",
            "https://localhost:8443/.well-known/did.json",
        ),
        (
            "did:web:Example.COM:%C3%A9",
            "https://example.com/%C3%A9/did.json",
        ),
    ] {
        let files = served(url, &json!({"id": did}).to_string());
        assert!(resolve(&files, did).is_ok(), "{did}");
    }
}

#[test]
fn places_that_lead_elsewhere_are_refused() {
    let files = Files(BTreeMap::new());
    for bad in [
        "127.0.0.1",
        "127.1",
        "0x7f.1",
        "2130706433",
        "1%2E2%2E3%2E4",
        "%5B%3A%3A1%5D",
        "example.com%3A0",
        "example.com%3A65536",
        "example.com%3A",
        "example.com%3A%2B80",
        "example.com%3A80%3A80",
        "user%40example.com",
        "example.com%2Fpath",
        "example.com%23x",
        "example.com%3Fx",
        "example.com%00",
        "%E4%BE%8B.jp",
        "-a.example",
        "a..example",
        "example.com:..",
        "example.com:%2E%2E",
        "example.com:.",
        "example.com:a%2Fb",
        "example.com:a%5Cb",
        "example.com:%00",
        "example.com::a",
        "example.com:%20a",
        "example.com:%FF",
    ] {
        let error = resolve(&files, &format!("did:web:{bad}")).unwrap_err();
        assert!(
            matches!(error, ResolveError::Did(DidError::Location(_))),
            "{bad}: {error:?}"
        );
    }
    // Decoded once, not twice.
    let did = "did:web:example.com:%252E%252E";
    let url = "https://example.com/%252E%252E/did.json";
    assert!(resolve(&served(url, &json!({"id": did}).to_string()), did).is_ok());
}

#[test]
fn what_stands_there_is_checked() {
    let did = "did:web:example.com";
    let url = "https://example.com/.well-known/did.json";
    let read = |body: &str| resolve(&served(url, body), did).unwrap_err();
    assert_eq!(
        resolve(&Files(BTreeMap::new()), did).unwrap_err().name(),
        "NOT_FOUND"
    );
    assert_eq!(
        resolve(&Files(BTreeMap::new()), "did:web:down.example"),
        Err(ResolveError::Unavailable(Unavailable::Now))
    );
    assert_eq!(
        read(r#"{"id":"did:web:example.org"}"#),
        ResolveError::Document(DocumentError::OtherId)
    );
    let long = format!(
        r#"{{"id":"{did}","x":"{}"}}"#,
        "x".repeat(MAX_DOCUMENT_BYTES)
    );
    for bad in [
        "",
        "<html>",
        r#"{"id":"did:web:example.com","a":1,"a":2}"#,
        r#"{"a":1.5}"#,
        &long,
    ] {
        let error = read(bad);
        assert!(
            matches!(error, ResolveError::Document(DocumentError::Json(_))),
            "{error:?}"
        );
        assert_eq!(error.name(), "INVALID_DID_DOCUMENT");
    }
}
