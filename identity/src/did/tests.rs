//! Texts of DIDs and the documents that are made here; `tests/` has the methods and rules of others.

mod dereferencing;
mod documents;
mod resolving;
mod web;
mod webvh;

use ed25519_dalek::SigningKey;
use proptest::prelude::*;
use serde_json::{Value, json};
use tacit_circuits::types::{Digest32, MemberId, Timestamp};

use super::*;
use crate::keys::VerifyKey;
use crate::multibase;

const NOW: Timestamp = Timestamp(1_795_262_400);

pub(super) fn resolver() -> Resolver<'static> {
    Resolver::new(&NoSources, NOW)
}

pub(super) fn document(did: &str) -> Value {
    let found = resolver().resolve(did, &Options::default());
    found.document.unwrap().as_json().clone()
}

fn key(byte: u8) -> VerifyKey {
    VerifyKey::of(&SigningKey::from_bytes(&[byte; 32]))
}

// RFC 8037, appendix A: the public key, and its did:key as the did:key method specification writes it.
#[test]
fn known_did_key() {
    let bytes =
        hex::decode("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a").unwrap();
    let key = VerifyKey::from_bytes(&bytes.try_into().unwrap()).unwrap();
    let did = DidKey::new(key);
    assert_eq!(
        did.to_string(),
        "did:key:z6MktwupdmLXVVqTzCw4i46r4uGyosGXRnR3XjN4Zq7oMMsw"
    );
    assert_eq!(did.to_string().parse(), Ok(did));
}

#[test]
fn did_keys_that_are_refused() {
    let good = DidKey::new(key(1)).to_string();
    let small_order = format!("did:key:{}", {
        let mut bytes = vec![0xed, 0x01, 1];
        bytes.resize(34, 0);
        multibase::encode(&bytes)
    });
    let x25519 = format!("did:key:{}", {
        let mut bytes = vec![0xec, 0x01];
        bytes.extend(key(1).to_bytes());
        multibase::encode(&bytes)
    });
    for bad in [
        "",
        "did:key:",
        "did:key:z6Mk",
        &good[..good.len() - 1],
        &format!("{good}1"),
        &small_order,
        &x25519,
    ] {
        assert_eq!(bad.parse::<DidKey>(), Err(DidError::NotDidKey), "{bad}");
    }
}

#[test]
fn member_dids_have_one_text() {
    let did = MemberDid {
        chain: Digest32([0xab; 32]),
        member: MemberId::new(7).unwrap(),
    };
    let text = did.to_string();
    assert_eq!(text.parse(), Ok(did));
    let url = did.verification_method(&key(1));
    assert_eq!(
        MemberDid::parse_verification_method(&url),
        Ok((did, key(1)))
    );
    let chain = "ab".repeat(32);
    for bad in [
        format!("did:tacit:{chain}:07"),
        format!("did:tacit:{chain}:+7"),
        format!("did:tacit:{chain}:0"),
        format!("did:tacit:{chain}:4294967296"),
        format!("did:tacit:{}:7", chain.to_uppercase()),
        format!("did:tacit:{chain}:7#x"),
        format!("did:tacit:{}:7", &chain[2..]),
        "did:key:z6Mk".to_owned(),
    ] {
        assert_eq!(
            bad.parse::<MemberDid>(),
            Err(DidError::NotMemberDid),
            "{bad}"
        );
    }
    assert_eq!(
        MemberDid::parse_verification_method(&text),
        Err(DidError::NotMethod)
    );
}

// did:key method, section 3.1: the document of an Ed25519 key, without the X25519 key that the example derives from it.
#[test]
fn published_document_of_an_ed25519_key() {
    let key = "z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK";
    let did = format!("did:key:{key}");
    let url = format!("{did}#{key}");
    assert_eq!(
        document(&did),
        json!({
            "@context": ["https://www.w3.org/ns/did/v1.1"],
            "id": did,
            "verificationMethod": [
                {"id": url, "type": "Multikey", "controller": did, "publicKeyMultibase": key}
            ],
            "authentication": [url],
            "assertionMethod": [url],
            "capabilityDelegation": [url],
            "capabilityInvocation": [url]
        })
    );
}

// did:key method, test vectors.
#[test]
fn published_did_keys_of_other_kinds() {
    for did in [
        "did:key:zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169",
        "did:key:zDnaerx9CtbPJ1q36T5Ln5wYt3MQYeGRG5ehnPAmxcf5mDZpv",
    ] {
        let document = document(did);
        assert!(
            document.get("assertionMethod").is_some() && document.get("keyAgreement").is_none()
        );
    }
    let x25519 = document("did:key:z6LSeu9HkTHSfLLeUs2nnzUSNedgDUevfNQgQjQC23ZCit6F");
    assert!(x25519.get("keyAgreement").is_some());
    for relation in ["assertionMethod", "authentication", "capabilityInvocation"] {
        assert_eq!(x25519.get(relation), None);
    }
}

// did:jwk method, examples of P-256 and X25519.
const JWK_P256: &str = "did:jwk:eyJjcnYiOiJQLTI1NiIsImt0eSI6IkVDIiwieCI6ImFjYklRaXVNczNpOF91c3pFakoydHBUdFJNNEVVM3l6OTFQSDZDZEgyVjAiLCJ5IjoiX0tjeUxqOXZXTXB0bm1LdG00NkdxRHo4d2Y3NEk1TEtncmwyR3pIM25TRSJ9";
const JWK_X25519: &str = "did:jwk:eyJrdHkiOiJPS1AiLCJjcnYiOiJYMjU1MTkiLCJ1c2UiOiJlbmMiLCJ4IjoiM3A3YmZYdDl3YlRUVzJIQzdPUTFOei1EUThoYmVHZE5yZngtRkctSUswOCJ9";

#[test]
fn published_did_jwks() {
    let url = format!("{JWK_P256}#0");
    assert_eq!(
        document(JWK_P256),
        json!({
            "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/suites/jws-2020/v1"],
            "id": JWK_P256,
            "verificationMethod": [{
                "id": url,
                "type": "JsonWebKey2020",
                "controller": JWK_P256,
                "publicKeyJwk": {
                    "crv": "P-256",
                    "kty": "EC",
                    "x": "acbIQiuMs3i8_uszEjJ2tpTtRM4EU3yz91PH6CdH2V0",
                    "y": "_KcyLj9vWMptnmKtm46GqDz8wf74I5LKgrl2GzH3nSE"
                }
            }],
            "assertionMethod": [url],
            "authentication": [url],
            "capabilityInvocation": [url],
            "capabilityDelegation": [url],
            "keyAgreement": [url]
        })
    );
    let x25519 = document(JWK_X25519);
    assert_eq!(x25519["keyAgreement"], json!([format!("{JWK_X25519}#0")]));
    assert_eq!(x25519.get("assertionMethod"), None);
}

#[test]
fn hostile_did_jwks() {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    let did = |text: &str| format!("did:jwk:{}", URL_SAFE_NO_PAD.encode(text));
    let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
    let good = format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{x}"}}"#);
    assert!(document(&did(&good)).get("keyAgreement").is_none());
    let error = |did: &str| {
        let resolution = resolver().resolve(did, &Options::default());
        resolution.document.unwrap_err()
    };
    for bad in [
        format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{x}","d":"{x}"}}"#),
        format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{x}","x":"{x}"}}"#),
        format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{x}="}}"#),
        r#"{"kty":"oct","k":"AAAA"}"#.to_owned(),
        "[".repeat(500),
        good[1..].to_owned(),
    ] {
        let error = error(&did(&bad));
        assert!(
            matches!(error, ResolveError::Did(DidError::NotDidJwk(_))),
            "{bad}: {error:?}"
        );
    }
    assert_eq!(
        error(&did(&" ".repeat(2000))),
        ResolveError::Did(DidError::NotDid)
    );
    assert!(matches!(
        error("did:jwk:e30%3D"),
        ResolveError::Did(DidError::NotDidJwk(_))
    ));
}

#[test]
fn syntax_of_dids_and_their_urls() {
    for good in [
        "did:a:b",
        "did:example:a:b:c",
        "did:web:a%3A80",
        "did:example:%41.-_",
    ] {
        assert_eq!(good.parse::<Did>().unwrap().as_str(), good);
    }
    let long = format!("did:a:{}", "b".repeat(MAX_DID_BYTES));
    for bad in [
        "",
        "did:",
        "did:a",
        "did:a:",
        "did::b",
        "did:A:b",
        "DID:a:b",
        "did:a:b:",
        "did:a:b%",
        "did:a:b%4",
        "did:a:b%4g",
        "did:a:b c",
        "did:a:é",
        "did:a:b#c",
        "did:a:b/c",
        "did:a:b?c",
        " did:a:b",
        &long,
    ] {
        assert_eq!(bad.parse::<Did>(), Err(DidError::NotDid), "{bad:.40}");
    }
    let url: DidUrl = "did:a:b/c/d?versionId=1%2D2&x#e/f".parse().unwrap();
    assert_eq!((url.did.as_str(), url.path.as_str()), ("did:a:b", "/c/d"));
    let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    assert_eq!(url.parameters, [pair("versionId", "1-2"), pair("x", "")]);
    assert_eq!(url.fragment_url().as_deref(), Some("did:a:b#e/f"));
    for bad in [
        "did:a:b?x=1&x=2",
        "did:a:b?=1",
        "did:a:b?",
        "did:a:b#c#d",
        "did:a:b?x=%",
        "did:a:b?x=%ff",
        "did:a:b /",
        "#c",
        "b",
    ] {
        assert_eq!(bad.parse::<DidUrl>(), Err(DidError::NotDidUrl), "{bad}");
    }
}

proptest! {
    #[test]
    fn parsers_never_panic(text in "\\PC{0,80}") {
        let _ = text.parse::<DidKey>();
        let _ = text.parse::<MemberDid>();
        let _ = MemberDid::parse_verification_method(&text);
    }
}
