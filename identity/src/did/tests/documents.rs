//! Rules of DID Core for documents of others: one test for each.

use serde_json::{Value, json};

use super::super::*;
use crate::json;

const DID: &str = "did:web:example.com";
const KEY: &str = "z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK";

fn method(id: &str) -> Value {
    json!({"id": id, "type": "Multikey", "controller": DID, "publicKeyMultibase": KEY})
}

fn good() -> Value {
    json!({
        "@context": ["https://www.w3.org/ns/did/v1.1"],
        "id": DID,
        "alsoKnownAs": ["https://example.com/", "did:example:a"],
        "controller": [DID, "did:example:b"],
        "verificationMethod": [method("#a"), method("did:web:example.com#b")],
        "assertionMethod": ["#a", method("#c")],
        "authentication": ["did:web:example.com#b", "did:example:b#else"],
        "service": [
            {"id": "#s", "type": ["A", "B"], "serviceEndpoint": ["https://example.com", {"uri": "https://example.com"}]},
            {"id": "urn:x:y", "type": "A", "serviceEndpoint": {"a": 1}}
        ]
    })
}

fn read(value: Value) -> Result<DidDocument, DocumentError> {
    DidDocument::from_json(value, &DID.parse().unwrap())
}

fn with(pointer: &str, name: &str, value: Value) -> DocumentError {
    let mut document = good();
    document.pointer_mut(pointer).unwrap()[name] = value;
    read(document).unwrap_err()
}

fn in_method(name: &str, value: Value) -> Result<Method, DocumentError> {
    let mut document = good();
    document["verificationMethod"][0][name] = value;
    let document = read(document)?;
    Ok(document.method("did:web:example.com#a").unwrap().clone())
}

#[test]
fn methods_serve_the_relations_that_name_them() {
    let document = read(good()).unwrap();
    assert_eq!(document.as_json(), &good());
    let url = |fragment: &str| format!("{DID}#{fragment}");
    let authorizes = |relation, fragment| document.authorizes(relation, &url(fragment));
    assert!(authorizes(Relation::AssertionMethod, "a"));
    assert!(authorizes(Relation::AssertionMethod, "c"));
    assert!(authorizes(Relation::Authentication, "b"));
    assert!(!authorizes(Relation::Authentication, "a"));
    assert!(!authorizes(Relation::Authentication, "c"));
    assert!(!authorizes(Relation::AssertionMethod, "b"));
    assert_eq!(document.methods().count(), 3);
    assert_eq!(document.find(&url("c")), Some(&method("#c")));
    assert_eq!(document.find(&url("s")).unwrap()["type"], json!(["A", "B"]));
    assert_eq!(document.find(&url("d")), None);
}

#[test]
fn each_broken_rule_refuses_the_document() {
    assert_eq!(read(json!([])), Err(DocumentError::NotAnObject));
    assert_eq!(
        with("", "id", json!("did:web:example.org")),
        DocumentError::OtherId
    );
    assert_eq!(with("", "id", json!(1)), DocumentError::OtherId);
    for (name, bad) in [
        ("controller", json!("https://example.com")),
        ("controller", json!([1])),
        ("alsoKnownAs", json!("https://example.com")),
        ("alsoKnownAs", json!(["no uri"])),
        ("verificationMethod", json!({})),
        ("verificationMethod", json!(["#a"])),
        ("assertionMethod", json!("#a")),
        ("assertionMethod", json!(["a"])),
        ("keyAgreement", json!([null])),
        ("authentication", json!(vec!["#a"; 65])),
        ("service", json!({})),
        (
            "service",
            json!([{"id": "s", "type": "A", "serviceEndpoint": "https://a.example"}]),
        ),
        (
            "service",
            json!([{"id": "#s", "serviceEndpoint": "https://a.example"}]),
        ),
        (
            "service",
            json!([{"id": "#s", "type": "A", "serviceEndpoint": [1]}]),
        ),
        ("service", json!(["#s"])),
    ] {
        let error = with("", name, bad.clone());
        assert_eq!(error, DocumentError::Member(name), "{bad}");
    }
    let first = "/verificationMethod/0";
    for (name, bad) in [
        ("id", json!("a")),
        ("id", Value::Null),
        ("type", json!("")),
        ("type", json!(["Multikey"])),
        ("controller", json!("me")),
        ("publicKeyMultibase", json!(1)),
        ("publicKeyJwk", json!("{}")),
        ("expires", json!("tomorrow")),
        ("revoked", json!("2026-01-01")),
    ] {
        let mut document = good();
        if name == "publicKeyJwk" {
            let method = document
                .pointer_mut(first)
                .unwrap()
                .as_object_mut()
                .unwrap();
            method.remove("publicKeyMultibase");
        }
        document.pointer_mut(first).unwrap()[name] = bad;
        assert_eq!(read(document), Err(DocumentError::Method(name)), "{name}");
    }
    for secret in [
        "privateKeyJwk",
        "privateKeyMultibase",
        "secretKeyMultibase",
        "secretKeyJwk",
    ] {
        assert_eq!(with(first, secret, json!("z")), DocumentError::Secret);
    }
    assert_eq!(
        with(first, "publicKeyJwk", json!({})),
        DocumentError::TwoKeys
    );
    assert_eq!(
        with("", "authentication", json!([method("#a")])),
        DocumentError::SameId
    );
    assert_eq!(with("/service/0", "id", json!("#a")), DocumentError::SameId);
    let secret = json!({"kty": "OKP", "crv": "Ed25519", "x": "x", "d": "d"});
    let mut document = good();
    document["verificationMethod"][0] =
        json!({"id": "#a", "type": "JsonWebKey", "controller": DID, "publicKeyJwk": secret});
    assert_eq!(read(document), Err(DocumentError::Secret));
}

#[test]
fn what_is_not_understood_serves_nothing() {
    for (name, value) in [
        ("type", json!("EcdsaSecp256k1VerificationKey2019")),
        ("type", json!("JsonWebKey")),
        ("type", json!("X25519KeyAgreementKey2020")),
        ("publicKeyMultibase", json!("z6Mk")),
        ("publicKeyMultibase", json!("uAAAA")),
    ] {
        assert_eq!(in_method(name, value).unwrap().key, None, "{name}");
    }
    let of_2020 = in_method("type", json!("Ed25519VerificationKey2020")).unwrap();
    assert!(of_2020.key.is_some() && of_2020.signs);
}

#[test]
fn keys_end_at_the_earlier_of_expiry_and_revocation() {
    let mut document = good();
    document["verificationMethod"][0]["expires"] = json!("2026-02-01T00:00:00Z");
    document["verificationMethod"][0]["revoked"] = json!("2026-01-01T01:00:00.5+01:00");
    let document = read(document).unwrap();
    let ends = document.method("did:web:example.com#a").unwrap().ends;
    assert_eq!(
        ends.unwrap().timestamp(),
        "2026-01-01T00:00:00Z"
            .parse::<crate::datetime::DateTime>()
            .unwrap()
            .timestamp()
    );
    assert_eq!(document.method("did:web:example.com#b").unwrap().ends, None);
}

#[test]
fn jwks_of_documents() {
    let jwk = json!({"kty": "EC", "crv": "P-256",
        "x": "acbIQiuMs3i8_uszEjJ2tpTtRM4EU3yz91PH6CdH2V0", "y": "_KcyLj9vWMptnmKtm46GqDz8wf74I5LKgrl2GzH3nSE"});
    let method = |kind: &str, jwk: &Value| {
        let mut document = good();
        document["verificationMethod"][0] =
            json!({"id": "#a", "type": kind, "controller": DID, "publicKeyJwk": jwk});
        read(document)
            .unwrap()
            .method("did:web:example.com#a")
            .unwrap()
            .clone()
    };
    for kind in ["JsonWebKey", "JsonWebKey2020"] {
        assert!(method(kind, &jwk).signs && method(kind, &jwk).key.is_some());
    }
    assert_eq!(method("Multikey", &jwk).key, None);
    let mut enc = jwk.clone();
    enc["use"] = json!("enc");
    assert!(!method("JsonWebKey", &enc).signs);
    let mut off_curve = jwk;
    off_curve["y"] = json!("_KcyLj9vWMptnmKtm46GqDz8wf74I5LKgrl2GzH3nSA");
    assert_eq!(method("JsonWebKey", &off_curve).key, None);
}

#[test]
fn hostile_texts_are_refused_before_they_are_documents() {
    let nested = format!("{}{}", "[".repeat(100), "]".repeat(100));
    let twice = r#"{"id":"did:web:example.com","id":"did:web:example.com"}"#;
    for bad in [nested.as_str(), twice, "{", "", "\u{feff}{}"] {
        assert!(json::parse(bad.as_bytes(), MAX_DOCUMENT_BYTES).is_err());
    }
}
