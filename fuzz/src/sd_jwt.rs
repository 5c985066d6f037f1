//! SD-JWTs by a hostile issuer, and status lists.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signer, SigningKey};
use serde_json::Value;
use tacit_circuits::types::Timestamp;
use tacit_identity::keys::VerifyKey;
use tacit_identity::public_key::PublicKey;
use tacit_identity::sd_jwt::status::{EntryBits, StatusList};
use tacit_identity::sd_jwt::{
    CREDENTIAL_TYPE, Expected, Holder, KeyRequest, SdJwt, verify, verify_sd_jwt,
};

/// An SD-JWT: as text, and as lines of JSON, the payload and the disclosures, of which the issuer's signature is right.
pub fn sd_jwt(data: &[u8]) {
    let Some(text) = super::str(data) else {
        return;
    };
    if let Ok(read) = SdJwt::parse(text) {
        assert_eq!(read.to_string(), text);
    }
    let key = SigningKey::from_bytes(&[1; 32]);
    let base64 = |text: &str| URL_SAFE_NO_PAD.encode(text);
    let header = base64(&format!(r#"{{"alg":"EdDSA","typ":"{CREDENTIAL_TYPE}"}}"#));
    let mut lines = text.lines();
    let input = format!("{header}.{}", base64(lines.next().unwrap_or_default()));
    let signature = URL_SAFE_NO_PAD.encode(key.sign(input.as_bytes()).to_bytes());
    let disclosures: String = lines.map(|line| base64(line) + "~").collect();
    let text = format!("{input}.{signature}~{disclosures}");
    let keys = |_: &KeyRequest<'_>| Some(PublicKey::Ed25519(VerifyKey::of(&key)));
    let expected = Expected {
        audience: "https://shop.example",
        now: Timestamp(1_795_219_200),
        leeway_secs: 0,
        key_binding: None,
    };
    let Ok(verified) = verify_sd_jwt(&text, CREDENTIAL_TYPE, &keys, &expected) else {
        return;
    };
    assert!(is_processed(&Value::Object(verified.payload), 16));
    let Ok(credential) = verify(&text, &keys, &expected) else {
        return;
    };
    let held = Holder::receive(&text, &keys, expected.now, 0).expect("it verifies");
    let least = held.present(&[]).expect("nothing is asked for");
    let least = verify(&least, &keys, &expected).expect("a part verifies like the whole");
    assert!(least.credential.claims().len() <= credential.credential.claims().len());
}

/// Whether nothing of the format is left in a payload, and it is no deeper than that.
fn is_processed(value: &Value, depth: usize) -> bool {
    match value {
        Value::Object(members) => {
            let reserved = |name: &String| ["_sd", "...", "_sd_alg"].contains(&name.as_str());
            depth > 0
                && !members.keys().any(reserved)
                && members.values().all(|value| is_processed(value, depth - 1))
        }
        Value::Array(items) => {
            depth > 0 && items.iter().all(|value| is_processed(value, depth - 1))
        }
        _ => true,
    }
}

/// A compressed status list, as text.
pub fn status_list(data: &[u8]) {
    let Some(text) = super::str(data) else {
        return;
    };
    for bits in [1, 2, 4, 8].map(|bits| EntryBits::new(bits).expect("a size")) {
        if let Ok(list) = StatusList::decode(text, bits) {
            let written = list.encode().expect("what was read can be written");
            assert_eq!(StatusList::decode(&written, bits), Ok(list));
        }
    }
}
