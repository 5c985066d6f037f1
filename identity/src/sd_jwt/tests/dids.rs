//! Issuers that are DIDs.

use super::*;
use crate::did::{NoSources, Resolver, Sources, Unavailable};

fn issue(key: TokenKey<'_>, issuer: &str, key_id: Option<&str>) -> String {
    let mut draft = draft();
    draft.issuer = Some(issuer.to_owned());
    Issuer::new(key, key_id)
        .issue(&draft, &mut salts())
        .unwrap()
}

fn outcome(text: &str, sources: &dyn Sources) -> Result<PublicKey, SdJwtError> {
    let issuers = DidIssuers(Resolver::new(sources, NOW));
    verify(text, &issuers, &unbound()).map(|verified| verified.issuer_key)
}

const UNKNOWN: SdJwtError = SdJwtError::KeyUnknown(Part::Issuer);

#[test]
fn keys_of_did_key_and_did_jwk() {
    let signer = ed25519(1);
    let did = signer.did().to_string();
    let key = did.strip_prefix("did:key:").unwrap();
    let full = format!("{did}#{key}");
    let hash = format!("#{key}");
    for key_id in [None, Some(full.as_str()), Some(hash.as_str()), Some(key)] {
        let text = issue((&signer).into(), &did, key_id);
        assert_eq!(outcome(&text, &NoSources), Ok(issuer_key()), "{key_id:?}");
    }
    let signer = p256(1);
    let public = PublicKey::P256(signer.public_key());
    let did = format!("did:key:{}", public.to_multibase());
    assert_eq!(
        outcome(&issue((&signer).into(), &did, None), &NoSources),
        Ok(public)
    );
    let did = format!(
        "did:jwk:{}",
        base64url::encode(public.to_jwk().to_string().as_bytes())
    );
    assert_eq!(
        outcome(&issue((&signer).into(), &did, Some("#0")), &NoSources),
        Ok(public)
    );
    assert_eq!(
        outcome(&issue((&signer).into(), &did, None), &NoSources),
        Ok(public)
    );
}

#[test]
fn keys_of_others_are_none_of_the_issuers() {
    let signer = ed25519(1);
    let did = signer.did().to_string();
    let other = ed25519(9).did().to_string();
    let key = other.strip_prefix("did:key:").unwrap();
    for key_id in [
        format!("{other}#{key}"),
        key.to_owned(),
        format!("{did}#x"),
        format!("{did}?a=b#{key}"),
        did.clone(),
    ] {
        let text = issue((&signer).into(), &did, Some(&key_id));
        assert_eq!(outcome(&text, &NoSources), Err(UNKNOWN), "{key_id}");
    }
    // The right name, and another's signature.
    let text = issue((&ed25519(9)).into(), &did, None);
    assert_eq!(
        outcome(&text, &NoSources),
        Err(SdJwtError::Signature(Part::Issuer))
    );
    for issuer in [
        "https://issuer.example",
        "did:web:issuer.example",
        "did:key:z6Mk",
        "x",
    ] {
        let text = issue((&signer).into(), issuer, None);
        assert_eq!(outcome(&text, &NoSources), Err(UNKNOWN), "{issuer}");
    }
}

/// A `did:web` with one key for assertions, or with two, or with one for other purposes.
struct Web(Value);

impl Sources for Web {
    fn file(&self, url: &str) -> Result<Option<Vec<u8>>, Unavailable> {
        assert_eq!(url, "https://issuer.example/.well-known/did.json");
        Ok(Some(self.0.to_string().into_bytes()))
    }
}

#[test]
fn documents_say_what_a_key_may_do() {
    let did = "did:web:issuer.example";
    let method = |name: &str, byte: u8| {
        let key = TokenKey::from(&ed25519(byte)).public_key();
        json!({"id": format!("{did}#{name}"), "type": "Multikey", "controller": did,
            "publicKeyMultibase": key.to_multibase()})
    };
    let document = |methods: Value, assertion: Value| {
        Web(json!({
            "@context": ["https://www.w3.org/ns/did/v1"],
            "id": did, "verificationMethod": methods, "assertionMethod": assertion
        }))
    };
    let one = document(
        json!([method("a", 1), method("b", 9)]),
        json!([format!("{did}#a")]),
    );
    let both = document(
        json!([method("a", 1), method("b", 9)]),
        json!([format!("{did}#a"), format!("{did}#b")]),
    );
    let none = document(json!([method("a", 1)]), json!([]));
    let text = |key_id| issue((&ed25519(1)).into(), did, key_id);
    assert_eq!(outcome(&text(Some("a")), &one), Ok(issuer_key()));
    assert_eq!(outcome(&text(None), &one), Ok(issuer_key()));
    assert_eq!(
        outcome(&text(Some("b")), &one),
        Err(UNKNOWN),
        "not for assertions"
    );
    assert_eq!(outcome(&text(Some("a")), &both), Ok(issuer_key()));
    assert_eq!(
        outcome(&text(None), &both),
        Err(UNKNOWN),
        "which of the two"
    );
    assert_eq!(outcome(&text(Some("a")), &none), Err(UNKNOWN));
    assert_eq!(outcome(&text(None), &none), Err(UNKNOWN));
}
