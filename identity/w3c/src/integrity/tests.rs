use ed25519_dalek::SigningKey;
use proptest::prelude::*;
use serde_json::{Value, json};
use tacit_circuits::types::Secret;
use tacit_identity::did::DidKey;
use tacit_identity::keys::VerifyKey;
use tacit_identity::proof::ProofSigner;
use tacit_identity::signer::HolderSigner;

use super::*;
use crate::context::Contexts;

const NOW: Timestamp = Timestamp(1_795_262_400);

fn signer(byte: u8) -> HolderSigner {
    HolderSigner::new(&Secret::new([byte; 32]))
}

fn contexts() -> Contexts {
    Contexts::bundled().unwrap()
}

/// Every `did:key`, for both purposes of credentials and presentations.
pub(super) fn did_keys(url: &str) -> Option<VerificationMethod> {
    let did: DidKey = url.split_once('#')?.0.parse().ok()?;
    (did.verification_method() == url).then(|| VerificationMethod {
        controller: did.to_string(),
        key: *did.key(),
        purposes: vec![Purpose::AssertionMethod, Purpose::Authentication],
        ends: None,
    })
}

fn document() -> Value {
    json!({
        "@context": ["https://www.w3.org/ns/credentials/v2", "https://www.w3.org/ns/credentials/examples/v2"],
        "id": "urn:uuid:0b9f3c52-2a6f-4f3a-8a52-5b1f3bb0f6a1",
        "type": ["VerifiableCredential", "AlumniCredential"],
        "name": [{"@value": "Abschluss", "@language": "de"}, {"@value": "Degree", "@language": "en"}],
        "issuer": {"id": "did:example:issuer", "name": "Issuer"},
        "validFrom": "2023-01-01T00:00:00Z",
        "credentialSubject": [
            {"id": "did:example:ada", "alumniOf": {"id": "did:example:school", "name": "School"}, "year": 1990, "honours": true},
            {"id": "did:example:bob", "spouse": "did:example:ada"}
        ]
    })
}

fn options(suite: Suite) -> ProofOptions {
    ProofOptions::new(
        suite,
        Purpose::AssertionMethod,
        "2026-11-01T00:00:00Z".parse().unwrap(),
    )
}

fn signed(options: &ProofOptions) -> Value {
    secure(&document(), options, &signer(1), &contexts()).unwrap()
}

fn expected() -> Expected<'static> {
    Expected::purpose(Purpose::AssertionMethod, NOW)
}

fn check(document: &Value) -> Result<VerifiedDocument, IntegrityError> {
    verify(document, &expected(), &did_keys, &contexts())
}

const SUITES: [Suite; 2] = [Suite::EddsaJcs2022, Suite::EddsaRdfc2022];

#[test]
fn what_is_signed_verifies_and_comes_back_without_proofs() {
    for suite in SUITES {
        let verified = check(&signed(&options(suite))).unwrap();
        assert_eq!(verified.document, document());
        let [proof] = verified.proofs.as_slice() else {
            panic!("one proof")
        };
        assert_eq!(proof.suite, suite);
        assert_eq!(proof.controller, ProofSigner::did(&signer(1)));
    }
}

/// Places of all scalars.
fn scalars(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => members
            .iter()
            .for_each(|(key, value)| scalars(value, &format!("{at}/{key}"), found)),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .for_each(|(n, value)| scalars(value, &format!("{at}/{n}"), found)),
        _ => found.push(at.to_owned()),
    }
}

fn other(value: &Value) -> Value {
    match value {
        Value::String(text) => json!(format!("{text}x")),
        Value::Number(number) => json!(number.as_i64().unwrap() + 1),
        Value::Bool(value) => json!(!value),
        other => other.clone(),
    }
}

#[test]
fn any_changed_single_value_is_refused() {
    for suite in SUITES {
        let mut all = options(suite);
        all.expires = Some("2027-01-01T00:00:00Z".parse().unwrap());
        all.challenge = Some("challenge".to_owned());
        all.domain = vec!["https://verifier.example".to_owned()];
        all.id = Some("urn:uuid:5e8a1f4e-93b0-4f0e-9a43-9e6f7d1c2b3a".to_owned());
        let good = signed(&all);
        check(&good).unwrap();
        let mut places = Vec::new();
        scalars(&good, "", &mut places);
        assert!(places.len() > 20);
        for place in places {
            let mut changed = good.clone();
            let value = changed.pointer_mut(&place).unwrap();
            *value = other(value);
            assert!(check(&changed).is_err(), "{}: {place}", suite.name());
        }
    }
}

#[test]
fn added_and_removed_members_are_refused() {
    for suite in SUITES {
        let good = signed(&options(suite));
        for key in ["id", "name", "validFrom", "credentialSubject"] {
            let mut changed = good.clone();
            changed.as_object_mut().unwrap().remove(key);
            assert_eq!(check(&changed), Err(IntegrityError::Signature), "{key}");
        }
        let mut changed = good.clone();
        let contexts = changed["@context"].as_array_mut().unwrap();
        contexts.push(json!({"alumniOf": "urn:x:other"}));
        assert!(check(&changed).is_err());
        let mut changed = good.clone();
        changed["extra"] = json!("x");
        assert!(check(&changed).is_err());
        let mut changed = good.clone();
        changed["proof"]["nonce"] = json!("x");
        assert_eq!(check(&changed), Err(IntegrityError::Signature));
        let mut changed = good;
        changed["proof"].as_object_mut().unwrap().remove("created");
        assert_eq!(check(&changed), Err(IntegrityError::Signature));
    }
}

#[test]
fn each_option_that_does_not_fit_has_its_own_error() {
    for suite in SUITES {
        let mut asked = options(suite);
        asked.challenge = Some("7".to_owned());
        asked.domain = vec!["https://a.example".into(), "https://b.example".into()];
        asked.expires = Some("2026-11-21T12:00:00Z".parse().unwrap());
        let good = signed(&asked);
        let before = Timestamp(NOW.0 - 1);
        let with = |purpose, challenge, domain, now| {
            let expected = Expected {
                purpose,
                challenge,
                domain,
                now,
            };
            verify(&good, &expected, &did_keys, &contexts()).map(drop)
        };
        let purpose = Purpose::AssertionMethod;
        assert_eq!(
            with(
                purpose,
                Some("7"),
                &["https://b.example", "https://a.example"],
                before
            ),
            Ok(())
        );
        assert_eq!(
            with(Purpose::Authentication, Some("7"), &[], before),
            Err(IntegrityError::Purpose(Purpose::Authentication))
        );
        assert_eq!(
            with(purpose, Some("8"), &[], before),
            Err(IntegrityError::Challenge)
        );
        assert_eq!(
            with(purpose, None, &["https://a.example"], before),
            Err(IntegrityError::Domain)
        );
        assert_eq!(with(purpose, None, &[], NOW), Err(IntegrityError::Expired));

        let bare = signed(&options(suite));
        let bound = Expected {
            challenge: Some("7"),
            ..expected()
        };
        assert_eq!(
            verify(&bare, &bound, &did_keys, &contexts()),
            Err(IntegrityError::Challenge)
        );
        let bound = Expected {
            domain: &["https://a.example"],
            ..expected()
        };
        assert_eq!(
            verify(&bare, &bound, &did_keys, &contexts()),
            Err(IntegrityError::Domain)
        );
    }
}

#[test]
fn malformed_proofs_have_their_own_errors() {
    let good = signed(&options(Suite::EddsaJcs2022));
    let with = |name: &str, value: Value| {
        let mut document = good.clone();
        document["proof"][name] = value;
        check(&document).unwrap_err()
    };
    let option = IntegrityError::Option;
    assert_eq!(
        with("type", json!("Ed25519Signature2020")),
        IntegrityError::Type
    );
    assert_eq!(with("type", json!(["DataIntegrityProof"])), option("type"));
    assert_eq!(
        with("cryptosuite", json!("ecdsa-rdfc-2019")),
        IntegrityError::Cryptosuite
    );
    assert_eq!(with("cryptosuite", json!(7)), option("cryptosuite"));
    assert_eq!(
        with("created", json!("2026-11-01T00:00:00")),
        option("created")
    );
    assert_eq!(with("expires", json!("tomorrow")), option("expires"));
    assert_eq!(with("proofValue", json!("z111")), option("proofValue"));
    assert_eq!(
        with("verificationMethod", json!("key-1")),
        option("verificationMethod")
    );
    assert_eq!(
        with("verificationMethod", json!({})),
        option("verificationMethod")
    );
    assert_eq!(with("proofPurpose", json!(null)), option("proofPurpose"));
    assert_eq!(with("id", json!("x y")), option("id"));
    assert_eq!(with("challenge", json!(7)), option("challenge"));
    assert_eq!(with("domain", json!([7])), option("domain"));
    assert_eq!(with("nonce", json!(7)), option("nonce"));
    assert_eq!(
        with("@context", json!(["urn:other"])),
        IntegrityError::Context
    );
    assert_eq!(
        with("previousProof", json!("urn:x")),
        IntegrityError::PreviousProof
    );

    let no_proof = |proof: Value| {
        let mut document = good.clone();
        document["proof"] = proof;
        check(&document).unwrap_err()
    };
    for bad in [json!(null), json!([]), json!("x"), json!(["x"])] {
        assert_eq!(no_proof(bad), IntegrityError::NoProof);
    }
    let many = vec![good["proof"].clone(); MAX_PROOFS + 1];
    assert_eq!(no_proof(json!(many)), IntegrityError::NoProof);
    assert_eq!(check(&document()), Err(IntegrityError::NoProof));
    assert_eq!(check(&json!([])), Err(IntegrityError::NotAnObject));
}

#[test]
fn keys_count_for_what_their_controller_lets_them_do_and_as_long_as_they_live() {
    let good = signed(&options(Suite::EddsaJcs2022));
    let method = |change: fn(&mut VerificationMethod)| {
        let resolver = move |url: &str| {
            let mut method = did_keys(url)?;
            change(&mut method);
            Some(method)
        };
        verify(&good, &expected(), &resolver, &contexts()).map(drop)
    };
    assert_eq!(method(|_| ()), Ok(()));
    assert_eq!(
        method(|m| m.purposes = vec![Purpose::Authentication]),
        Err(IntegrityError::NotAuthorized(Purpose::AssertionMethod))
    );
    assert_eq!(
        method(|m| m.ends = Some(NOW)),
        Err(IntegrityError::KeyEnded)
    );
    assert_eq!(method(|m| m.ends = Some(Timestamp(NOW.0 + 1))), Ok(()));
    assert_eq!(
        method(|m| m.key = VerifyKey::of(&SigningKey::from_bytes(&[9; 32]))),
        Err(IntegrityError::Signature)
    );
    let nobody = |_: &str| None;
    assert_eq!(
        verify(&good, &expected(), &nobody, &contexts()).map(drop),
        Err(IntegrityError::UnknownMethod)
    );
}

fn chain(suite: Suite) -> Value {
    let id = |n: u8| format!("urn:uuid:00000000-0000-4000-8000-00000000000{n}");
    let mut document = document();
    for (n, previous) in [
        (1, vec![]),
        (2, vec![]),
        (3, vec![id(1), id(2)]),
        (4, vec![id(3)]),
    ] {
        let mut next = options(suite);
        next.id = Some(id(n));
        next.previous = previous;
        document = secure(&document, &next, &signer(n), &contexts()).unwrap();
    }
    document
}

#[test]
fn sets_and_chains_verify_and_every_link_counts() {
    for suite in SUITES {
        let good = chain(suite);
        assert_eq!(check(&good).unwrap().proofs.len(), 4);
        // A set: any member can go. A chain: nothing that a later proof covers can.
        for gone in 0..4 {
            let mut shorter = good.clone();
            shorter["proof"].as_array_mut().unwrap().remove(gone);
            let result = check(&shorter).map(drop);
            let fits = if gone == 3 {
                Ok(())
            } else {
                Err(IntegrityError::PreviousProof)
            };
            assert_eq!(result, fits, "{}: {gone}", suite.name());
        }
        let mut renamed = good.clone();
        renamed["proof"][2]["previousProof"] =
            json!("urn:uuid:00000000-0000-4000-8000-000000000001");
        assert_eq!(check(&renamed), Err(IntegrityError::Signature));
        let mut twice = good.clone();
        let first = twice["proof"][0].clone();
        twice["proof"].as_array_mut().unwrap().push(first);
        assert_eq!(check(&twice), Err(IntegrityError::PreviousProof));
        // A covered proof that is replaced by another valid one breaks the chain.
        let mut replaced = document();
        let mut other = options(suite);
        other.id = Some("urn:uuid:00000000-0000-4000-8000-000000000001".into());
        replaced = secure(&replaced, &other, &signer(9), &contexts()).unwrap();
        let mut changed = good;
        changed["proof"][0] = replaced["proof"].clone();
        assert_eq!(check(&changed), Err(IntegrityError::Signature));
    }
}

#[test]
fn proofs_that_cannot_be_made() {
    let mut next = options(Suite::EddsaJcs2022);
    next.previous = vec!["urn:none".into()];
    let refused = |document: &Value, options: &ProofOptions| {
        secure(document, options, &signer(1), &contexts()).unwrap_err()
    };
    assert_eq!(refused(&document(), &next), IntegrityError::PreviousProof);
    next = options(Suite::EddsaJcs2022);
    next.id = Some("not a url".into());
    assert_eq!(refused(&document(), &next), IntegrityError::Option("id"));
    assert_eq!(
        refused(&json!(1), &options(Suite::EddsaJcs2022)),
        IntegrityError::NotAnObject
    );
    let mut undefined = document();
    undefined["@context"] = json!("https://www.w3.org/ns/credentials/v2");
    assert!(matches!(
        refused(&undefined, &options(Suite::EddsaRdfc2022)),
        IntegrityError::Rdf(RdfError::UndefinedTerm(_))
    ));
}

/// The same document with members, and elements of sets, in another order.
fn shuffled(value: &Value, seed: &mut u64) -> String {
    let mut next = || {
        *seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        *seed >> 33
    };
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().map(|(k, v)| (next(), k, v)).collect();
            members.sort_by_key(|(key, ..)| *key);
            let inner: Vec<String> = members
                .into_iter()
                .map(|(n, key, value)| {
                    let space = ["", " ", "\n", "\t  "][usize::try_from(n % 4).unwrap()];
                    format!(
                        "{space}{}{space}:{space}{}",
                        json!(key),
                        shuffled(value, seed)
                    )
                })
                .collect();
            format!("{{{}}}", inner.join(","))
        }
        Value::Array(items) => {
            let inner: Vec<String> = items.iter().map(|item| shuffled(item, seed)).collect();
            format!("[ {} ]", inner.join(" , "))
        }
        scalar => scalar.to_string(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn order_of_members_and_white_space_do_not_matter(mut seed in any::<u64>()) {
        for suite in SUITES {
            let text = shuffled(&chain(suite), &mut seed);
            let read = tacit_identity::json::parse(text.as_bytes(), 65536).unwrap();
            prop_assert!(check(&read).is_ok());
        }
    }

    #[test]
    fn hostile_documents_never_panic(text in "[\\[\\]{}\",:@a-cidtyp0-9 ]{0,60}", keys in proptest::collection::vec("@?[a-z]{1,9}", 0..6)) {
        let mut document = document();
        for key in &keys {
            document[key.as_str()] = serde_json::from_str(&text).unwrap_or(json!({key.as_str(): [[{}]]}));
        }
        let _ = crate::rdf::canonicalize(&document, &contexts());
        document["credentialSubject"] = json!([[document.clone()], {"@list": [keys]}]);
        let _ = crate::rdf::canonicalize(&document, &contexts());
    }
}
