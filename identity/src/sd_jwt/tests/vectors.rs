//! The examples of RFC 9901: what the standard's authors issued and presented, with their keys.

use std::collections::BTreeMap;

use super::*;
use crate::jwk::Jwk;

/// RFC 9901, appendix A.5: the key of the issuer of all examples.
fn issuer(_: &KeyRequest<'_>) -> Option<PublicKey> {
    let jwk = json!({
        "kty": "EC",
        "crv": "P-256",
        "x": "b28d4MwZMjw8-00CG4xfnn9SLMVMM19SlqZpVb_uNtQ",
        "y": "Xv5zWwuoaTgdS6hV43yI6gBwTnjukmFQQnJ_kCxzqk8"
    });
    Some(Jwk::from_json(&jwk).unwrap().key)
}

/// A time at which every example is valid: when they were presented.
const THEN: Timestamp = Timestamp(1_748_537_243);

struct Example(BTreeMap<&'static str, Vec<&'static str>>);

impl Example {
    fn read(text: &'static str) -> Self {
        let mut fields = BTreeMap::<_, Vec<_>>::new();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let (name, content) = line.split_once(' ').unwrap();
            fields.entry(name).or_default().push(content);
        }
        Self(fields)
    }

    fn one(&self, name: &str) -> &'static str {
        self.0[name][0]
    }

    fn json(&self, name: &str) -> Value {
        serde_json::from_str(self.one(name)).unwrap()
    }

    fn token(&self, header: &str, payload: &str, signature: &str) -> String {
        let text = |name| base64url::encode(self.one(name).as_bytes());
        format!("{}.{}.{}", text(header), text(payload), self.one(signature))
    }

    fn disclosures(&self) -> Vec<String> {
        let texts = self.0["disclosure"].iter();
        texts
            .map(|text| base64url::encode(text.as_bytes()))
            .collect()
    }

    fn issued(&self) -> String {
        let jwt = self.token("header", "payload", "signature");
        parts::presented(&jwt, self.disclosures().iter().map(String::as_str))
    }

    fn is_bound(&self) -> bool {
        self.0.contains_key("kb_payload")
    }

    fn presented(&self) -> String {
        let all = self.disclosures();
        let shown: Vec<usize> = serde_json::from_value(self.json("shown")).unwrap();
        let jwt = self.token("header", "payload", "signature");
        let presented = parts::presented(&jwt, shown.iter().map(|i| all[*i].as_str()));
        if self.is_bound() {
            presented + &self.token("kb_header", "kb_payload", "kb_signature")
        } else {
            presented
        }
    }

    fn typ(&self) -> String {
        self.json("header")["typ"].as_str().unwrap().to_owned()
    }
}

fn expected(bound: bool) -> Expected<'static> {
    Expected {
        audience: "https://verifier.example.org",
        now: THEN,
        leeway_secs: 0,
        key_binding: bound.then_some(ExpectedBinding {
            nonce: "1234567890",
            max_age_secs: 0,
        }),
    }
}

fn examples() -> [Example; 5] {
    [
        include_str!("../../../tests/vectors/sd-jwt/rfc9901-5.txt"),
        include_str!("../../../tests/vectors/sd-jwt/rfc9901-a1.txt"),
        include_str!("../../../tests/vectors/sd-jwt/rfc9901-a2.txt"),
        include_str!("../../../tests/vectors/sd-jwt/rfc9901-a3.txt"),
        include_str!("../../../tests/vectors/sd-jwt/rfc9901-a4.txt"),
    ]
    .map(Example::read)
}

#[test]
fn presentations_of_the_rfc_verify_and_give_the_processed_payload() {
    for example in examples() {
        let bound = example.is_bound();
        let text = example.presented();
        let verified = verify_sd_jwt(&text, &example.typ(), &issuer, &expected(bound)).unwrap();
        assert_eq!(Value::Object(verified.payload), example.json("processed"));
        assert_eq!(verified.holder_key.is_some(), bound);
        assert_eq!(SdJwt::parse(&text).unwrap().to_string(), text);
        // The other way round it is refused: the verifier decides, not the presentation.
        let otherwise = verify_sd_jwt(&text, &example.typ(), &issuer, &expected(!bound));
        assert!(otherwise.is_err());
    }
}

#[test]
fn what_the_rfc_issued_verifies_with_all_disclosures() {
    for example in examples() {
        let text = example.issued();
        let verified = verify_sd_jwt(&text, &example.typ(), &issuer, &expected(false)).unwrap();
        assert_eq!(verified.header, object(example.json("header")));
        assert!(!Value::Object(verified.payload).to_string().contains("_sd"));
    }
}

#[test]
fn the_credential_of_the_rfc_is_a_credential() {
    let [.., example, _] = examples();
    let verified = verify(&example.presented(), &issuer, &expected(true)).unwrap();
    let credential = &verified.credential;
    assert_eq!(credential.credential_type(), "urn:eudi:pid:de:1");
    assert_eq!(
        credential.issuer(),
        Some("https://pid-issuer.bund.de.example")
    );
    assert_eq!(credential.holder_key(), verified.holder_key.as_ref());
    let claims = json!({"age_equal_or_over": {"18": true}, "nationalities": ["DE"]});
    assert_eq!(credential.claims(), object(claims));
    // Our holder would show the same.
    let held = Holder::receive(&example.issued(), &issuer, THEN, 0).unwrap();
    assert_eq!(held.disclosable().count(), 27);
    let paths = [
        path(json!(["age_equal_or_over", "18"])),
        "nationalities".into(),
    ];
    let ours = held.present(&paths).unwrap();
    let again = verify(&ours, &issuer, &expected(false)).unwrap();
    assert_eq!(again.credential.claims(), credential.claims());
}

/// The claims of the example with person identification data (appendix A.3), verified.
pub(crate) fn rfc_person_identification_data() -> Map<String, Value> {
    let [.., example, _] = examples();
    let verified = verify(&example.issued(), &issuer, &expected(false)).unwrap();
    verified.credential.claims()
}

/// RFC 9901, section 4.2: other texts of the same claim are other disclosures, and all are read.
#[test]
fn encodings_of_the_same_claim() {
    for (text, digest) in [
        (
            "WyJfMjZiYzRMVC1hYzZxMktJNmNCVzVlcyIsICJmYW1pbHlfbmFtZSIsICJNw7ZiaXVzIl0",
            Some("X9yH0Ajrdm1Oij4tWso9UzzKJvPoDxwmuEcO3XAdRC0"),
        ),
        (
            "WyJfMjZiYzRMVC1hYzZxMktJNmNCVzVlcyIsICJmYW1pbHlfbmFtZSIsICJNXHUwMGY2Yml1cyJd",
            None,
        ),
        (
            "WyJfMjZiYzRMVC1hYzZxMktJNmNCVzVlcyIsImZhbWlseV9uYW1lIiwiTcO2Yml1cyJd",
            None,
        ),
        (
            "WwoiXzI2YmM0TFQtYWM2cTJLSTZjQlc1ZXMiLAoiZmFtaWx5X25hbWUiLAoiTcO2Yml1cyIKXQ",
            None,
        ),
    ] {
        let read = Disclosure::parse(text).unwrap();
        assert_eq!(read.name(), Some("family_name"));
        assert_eq!(read.value(), &json!("Möbius"));
        let computed = read.digest(HashAlgorithm::Sha256);
        assert!(digest.is_none_or(|digest| digest == computed));
    }
}
