//! Fixtures: an issuer and a holder, each with a key of either kind, and a credential with every sort of hidden claim.

mod dids;
mod hostile;
mod issuing;
mod rules;
mod vectors;

pub(crate) use vectors::rfc_person_identification_data;

use serde_json::{Map, Value, json};
use tacit_circuits::types::{Secret, Timestamp};

use super::status::StatusReference;
use super::*;
use crate::public_key::{P256Signer, PublicKey};
use crate::signer::HolderSigner;
pub(super) use crate::testing::NOW;

pub(super) const ISSUER: &str = "https://issuer.example";
pub(super) const AUDIENCE: &str = "https://shop.example";
pub(super) const NONCE: &str = "nonce-1";

pub(super) fn ed25519(byte: u8) -> HolderSigner {
    HolderSigner::new(&Secret::new([byte; 32]))
}

pub(super) fn p256(byte: u8) -> P256Signer {
    P256Signer::new(&Secret::new([byte; 32])).unwrap()
}

/// The issuer's Ed25519 key is 1, the holder's 2.
pub(super) fn issuer_key() -> PublicKey {
    TokenKey::from(&ed25519(1)).public_key()
}

pub(super) fn holder_key() -> PublicKey {
    TokenKey::from(&ed25519(2)).public_key()
}

/// The one key of the one issuer.
pub(super) fn keys(request: &KeyRequest<'_>) -> Option<PublicKey> {
    (request.issuer == Some(ISSUER)).then(issuer_key)
}

pub(super) fn object(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

/// Salts that count.
pub(super) fn salts() -> impl FnMut() -> [u8; SALT_BYTES] {
    let mut counter = 0u128;
    move || {
        counter += 1;
        counter.to_le_bytes()
    }
}

pub(super) fn path(json: Value) -> ClaimPath {
    ClaimPath::from_json(&json).unwrap()
}

pub(super) fn claims() -> Map<String, Value> {
    object(json!({
        "sub": "person-1",
        "name": "Ada",
        "age": 36,
        "nationalities": ["DE", "FR", "GB"],
        "address": {"street": "Main St 1", "city": "London", "geo": {"lat": 51, "lon": 0}},
        "degrees": [{"title": "BSc", "year": 1835}, {"title": "MSc", "year": 1838}],
        "member": true
    }))
}

/// Hidden members and elements, nested ones within hidden and within open ones, decoys.
pub(super) fn draft() -> Draft {
    let mut draft = Draft::new("https://issuer.example/person", claims());
    draft.issuer = Some(ISSUER.to_owned());
    draft.issued_at = Some(Timestamp(NOW.0 - 100));
    draft.valid_from = Some(Timestamp(NOW.0 - 100));
    draft.valid_until = Some(Timestamp(NOW.0 + 1000));
    draft.holder_key = Some(holder_key());
    draft.status = Some(StatusReference {
        uri: "https://issuer.example/status/1".to_owned(),
        index: 3,
    });
    draft.disclosable = vec![
        path(json!(["name"])),
        path(json!(["age"])),
        path(json!(["nationalities", null])),
        path(json!(["address"])),
        path(json!(["address", "street"])),
        path(json!(["address", "geo", "lat"])),
        path(json!(["degrees", 1])),
        path(json!(["degrees", null, "year"])),
    ];
    draft.decoys = vec![
        (ClaimPath::top(), 3),
        (path(json!(["nationalities"])), 2),
        (path(json!(["address", "geo"])), 1),
    ];
    draft
}

pub(super) fn issued() -> String {
    Issuer::new(&ed25519(1), Some("key-1"))
        .issue(&draft(), &mut salts())
        .unwrap()
}

pub(super) fn held() -> Holder {
    Holder::receive(&issued(), &keys, NOW, 0).unwrap()
}

pub(super) fn binding() -> KeyBinding<'static> {
    KeyBinding {
        audience: AUDIENCE,
        nonce: NONCE,
        issued_at: NOW,
    }
}

/// What a verifier expects that asks for a key binding.
pub(super) fn expected() -> Expected<'static> {
    Expected {
        key_binding: Some(ExpectedBinding {
            nonce: NONCE,
            max_age_secs: 300,
        }),
        ..unbound()
    }
}

/// What a verifier expects that asks for none.
pub(super) fn unbound() -> Expected<'static> {
    Expected {
        audience: AUDIENCE,
        now: NOW,
        leeway_secs: 0,
        key_binding: None,
    }
}

/// Everything shown, with key binding.
pub(super) fn presented() -> String {
    held()
        .present_bound(&[ClaimPath::top()], &binding(), (&ed25519(2)).into())
        .unwrap()
}

/// A token with any header and payload, signed with the Ed25519 key of this byte.
pub(super) fn token(byte: u8, header: &Value, payload: &Value) -> String {
    use ed25519_dalek::Signer as _;
    let text = |value: &Value| base64url::encode(value.to_string().as_bytes());
    let input = format!("{}.{}", text(header), text(payload));
    let signature = ed25519(byte).key().sign(input.as_bytes()).to_bytes();
    format!("{input}.{}", base64url::encode(&signature))
}

/// A text as a disclosure, and its digest.
pub(super) fn disclosure(content: &Value) -> (String, String) {
    let text = base64url::encode(content.to_string().as_bytes());
    let digest = HashAlgorithm::Sha256.digest(text.as_bytes());
    (text, digest)
}

/// An SD-JWT VC by the issuer with this payload besides the required claims, and these disclosures.
pub(super) fn credential_with(payload: Value, disclosures: &[&str]) -> String {
    let mut all = object(json!({"iss": ISSUER, "vct": "urn:example:type"}));
    all.extend(object(payload));
    let header = json!({"alg": "EdDSA", "typ": CREDENTIAL_TYPE});
    let jwt = token(1, &header, &Value::Object(all));
    parts::presented(&jwt, disclosures.iter().copied())
}

pub(super) fn verify_unbound(text: &str) -> Result<Map<String, Value>, SdJwtError> {
    verify(text, &keys, &unbound()).map(|verified| verified.credential.claims())
}

pub(super) fn refusal(text: &str) -> SdJwtError {
    match verify_unbound(text) {
        Err(error) => error,
        Ok(_) => panic!("accepted: {text}"),
    }
}
