use proptest::prelude::*;
use serde_json::{Value, json};
use tacit_circuits::field::{self, Fr};
use tacit_circuits::types::{Leaf, Timestamp};

use super::*;
use crate::schema::Schema;
use crate::testing::*;

type E = CredentialError;

fn document() -> Value {
    serde_json::from_slice(&credential().to_json().unwrap()).unwrap()
}

fn check(document: &Value) -> Result<(), E> {
    let credential = Credential::parse(document.to_string().as_bytes())?;
    credential.verify(&CHAIN, &person(), &members()).map(drop)
}

/// The error after one change to a good credential, without a new signature.
fn changed(change: impl Fn(&mut Value)) -> E {
    let mut document = document();
    change(&mut document);
    check(&document).unwrap_err()
}

/// The error after one change that the issuer itself signed.
fn signed(change: impl Fn(&mut Value)) -> E {
    let mut document = document();
    document.as_object_mut().unwrap().remove("proof");
    change(&mut document);
    let signer = issuer(1);
    let method = signer.did().verification_method(&signer.verify_key());
    let secured = crate::proof::secure(
        document,
        &method,
        "2026-11-21T12:00:00Z".parse().unwrap(),
        signer.key(),
    )
    .unwrap();
    check(&secured).unwrap_err()
}

#[test]
fn a_credential_verifies_and_gives_its_claims() {
    let credential = credential();
    assert_eq!(
        credential.verify(&CHAIN, &person(), &members()).unwrap(),
        claims()
    );
    let again = Credential::parse(&credential.to_json().unwrap()).unwrap();
    assert_eq!(again, credential);
    assert_eq!(credential.leaf(), draft().leaf());
    assert_eq!(
        document()["@context"],
        json!([
            "https://www.w3.org/ns/credentials/v2",
            "urn:tacit:context:v1"
        ])
    );
    let shown = format!("{credential:?} {:?} {:?}", draft(), terms(1, claims()));
    assert!(
        !shown.contains("Lovelace") && !shown.contains("1990"),
        "{shown}"
    );
}

#[test]
fn the_context_document_defines_the_terms_that_the_base_context_does_not() {
    let context: Value = serde_json::from_str(TACIT_CONTEXT_DOCUMENT).unwrap();
    let terms = &context["@context"];
    for term in [
        "TacitCredential",
        "TacitSchema",
        "TacitEndedTree",
        "commitment",
    ] {
        assert!(!terms[term].is_null(), "{term}");
    }
    for (member, _) in document()["commitment"].as_object().unwrap() {
        assert!(
            member == "type" || !terms["TacitLeaf"]["@context"][member].is_null(),
            "{member}"
        );
    }
}

#[test]
fn documents_that_are_not_such_credentials_are_refused_each_by_its_own_error() {
    assert_eq!(
        changed(|d| d["@context"] = json!(["https://www.w3.org/ns/credentials/v2"])),
        E::Context
    );
    assert_eq!(
        changed(|d| d["@context"] = json!([TACIT_CONTEXT, W3C_CONTEXT])),
        E::Context
    );
    assert_eq!(
        changed(|d| d["@context"] = json!([W3C_CONTEXT, TACIT_CONTEXT, "urn:other"])),
        E::Context
    );
    assert_eq!(
        changed(|d| d["type"] = json!(["VerifiableCredential"])),
        E::Type
    );
    assert_eq!(
        changed(|d| d["credentialStatus"]["type"] = json!("BitstringStatusListEntry")),
        E::InnerType("credentialStatus")
    );
    assert_eq!(changed(|d| d["id"] = json!("urn:uuid:1")), E::Id("id"));
    assert_eq!(
        changed(|d| d["commitment"]["position"] = json!(1)),
        E::Id("id")
    );
    assert_eq!(
        changed(|d| d["credentialStatus"]["id"] = json!("urn:x")),
        E::Id("credentialStatus")
    );
    assert_eq!(
        changed(|d| d["validUntil"] = d["validFrom"].clone()),
        E::Validity
    );
    let shape = |e| assert!(matches!(e, E::Json(JsonError::Shape { .. })), "{e:?}");
    shape(changed(|d| d["holder"] = json!("did:key:z")));
    shape(changed(|d| d["issuer"] = json!("https://issuer.example")));
    shape(changed(|d| {
        d["credentialSubject"]["id"] = json!("did:example:1")
    }));
    shape(changed(|d| d["validFrom"] = json!("2026-01-01")));
    shape(changed(|d| {
        drop(d.as_object_mut().unwrap().remove("validUntil"))
    }));
    shape(changed(|d| {
        d["commitment"]["body"] = json!("ff".repeat(32))
    }));
    assert_eq!(
        changed(|d| drop(d.as_object_mut().unwrap().remove("proof"))),
        E::Proof(ProofError::NotOneProof)
    );
    assert_eq!(
        changed(|d| d["proof"]["cryptosuite"] = json!("x")),
        E::Proof(ProofError::Cryptosuite)
    );
    assert_eq!(
        changed(|d| d["proof"]["proofPurpose"] = json!("authentication")),
        E::Proof(ProofError::Purpose)
    );
    let text = document()
        .to_string()
        .replacen('{', "{\"id\":\"urn:x\",", 1);
    assert!(matches!(
        Credential::parse(text.as_bytes()),
        Err(E::Json(JsonError::DuplicateKey { .. }))
    ));
    let long = vec![b' '; MAX_CREDENTIAL_BYTES + 1];
    assert!(matches!(
        Credential::parse(&long),
        Err(E::Json(JsonError::TooLarge { .. }))
    ));
}

#[test]
fn what_the_issuer_signed_must_still_fit_schema_and_leaf() {
    assert_eq!(
        signed(|d| d["commitment"]["leaf"] = d["commitment"]["body"].clone()),
        E::LeafMismatch
    );
    assert_eq!(
        signed(|d| d["credentialSubject"]["shoe"] = json!(43)),
        E::Claims(SchemaError::UnknownClaim("shoe".into()))
    );
    assert!(matches!(
        signed(|d| d["credentialSubject"]["level"] = json!("3")),
        E::Claims(SchemaError::WrongType { .. })
    ));
    assert_eq!(
        signed(|d| d["credentialSchema"]["id"] = json!("urn:x")),
        E::Id("credentialSchema")
    );
    let zero = format!("urn:tacit:schema:{}", "0".repeat(64));
    assert_eq!(
        signed(|d| d["credentialSchema"]["id"] = json!(zero)),
        E::OtherSchema
    );
}

#[test]
fn a_context_that_the_proof_does_not_cover_is_refused() {
    let mut document = document();
    document.as_object_mut().unwrap().remove("proof");
    document["@context"] = json!([W3C_CONTEXT]);
    let (signer, created) = (issuer(1), "2026-11-21T12:00:00Z".parse().unwrap());
    let method = signer.did().verification_method(&signer.verify_key());
    let mut secured = crate::proof::secure(document, &method, created, signer.key()).unwrap();
    secured["@context"] = json!([W3C_CONTEXT, TACIT_CONTEXT]);
    assert_eq!(check(&secured).unwrap_err(), E::Context);
}

#[test]
fn signatures_by_others_are_refused() {
    let credential = credential();
    let verify = |members: &std::collections::BTreeMap<_, _>| {
        credential.verify(&CHAIN, &person(), members).map(drop)
    };
    assert_eq!(
        credential
            .verify(&OTHER_CHAIN, &person(), &members())
            .unwrap_err(),
        E::OtherChain
    );
    let mut changed = members();
    changed.remove(&member(1));
    assert_eq!(verify(&changed), Err(E::UnknownIssuer));
    changed = members();
    changed.get_mut(&member(1)).unwrap().issuer = false;
    assert_eq!(verify(&changed), Err(E::NotAnIssuer));
    changed = members();
    changed.get_mut(&member(1)).unwrap().active = false;
    assert_eq!(verify(&changed), Err(E::SuspendedIssuer));
    // A rotated key still verifies as an earlier key, a key that never was the issuer's does not.
    changed = members();
    let old = changed[&member(1)].signing_key;
    changed.get_mut(&member(1)).unwrap().signing_key = signer(9).verify_key();
    assert_eq!(verify(&changed), Err(E::ForeignKey));
    changed.get_mut(&member(1)).unwrap().earlier_signing_keys = vec![old];
    assert_eq!(verify(&changed), Ok(()));

    // Signed by member 2 in member 1's name: by its own method, then under member 1's DID.
    let resigned = |method: String| {
        let mut document = document();
        document.as_object_mut().unwrap().remove("proof");
        check(
            &crate::proof::secure(
                document,
                &method,
                "2026-11-21T12:00:00Z".parse().unwrap(),
                issuer(2).key(),
            )
            .unwrap(),
        )
    };
    let key = issuer(2).verify_key();
    assert_eq!(
        resigned(did(2).verification_method(&key)),
        Err(E::OtherSigner)
    );
    assert_eq!(
        resigned(did(1).verification_method(&key)),
        Err(E::ForeignKey)
    );
    assert_eq!(
        resigned(did(1).verification_method(&issuer(1).verify_key())),
        Err(E::Proof(ProofError::Signature))
    );
    assert!(matches!(resigned("did:key:z#z".into()), Err(E::Did(_))));
    assert_eq!(
        issuer(2)
            .sign_credential(&draft(), POSITION, NOW)
            .unwrap_err(),
        E::OtherSigner
    );
}

#[test]
fn a_holder_accepts_only_the_opening_of_this_credential() {
    let (credential, opening, schema) = (credential(), draft().opening(POSITION), person());
    let (key, end) = keys();
    let leaf = credential.leaf();
    assert_eq!(
        credential.accept(&schema, &opening, (&key, &end), &leaf),
        Ok(())
    );
    let read = CredentialOpening::parse(&opening.to_json().unwrap()).unwrap();
    assert_eq!(read, opening);
    assert_eq!(format!("{opening:?}"), "CredentialOpening(redacted)");
    let decided = terms(1, claims());
    assert_eq!(format!("{decided:?}"), "CredentialTerms(redacted)");

    let other_key = tacit_circuits::types::HolderKey(Fr::from(1u64));
    assert_eq!(
        credential.accept(&schema, &opening, (&other_key, &end), &leaf),
        Err(E::OtherHolder)
    );
    assert_eq!(
        credential.accept(&schema, &opening, (&key, &end), &Leaf(Fr::from(1u64))),
        Err(E::LedgerLeaf)
    );

    let file: Value = serde_json::from_slice(&opening.to_json().unwrap()).unwrap();
    let with = |field: &str, value: Value| {
        let mut file = file.clone();
        file[field] = value;
        CredentialOpening::parse(file.to_string().as_bytes())
            .and_then(|opening| credential.check_opening(&schema, &opening))
    };
    let slot = |slot: usize, value: Value| {
        let mut attributes = file["attributes"].clone();
        attributes[slot] = value;
        with("attributes", attributes)
    };
    let element = json!(field::fr_to_hex(&Fr::from(5u64)));
    assert_eq!(with("salt", element.clone()), Err(E::OpeningBody));
    assert_eq!(with("position", json!(1)), Err(E::OpeningPosition));
    assert_eq!(with("issuer", json!(did(2))), Err(E::OpeningIssuer));
    assert_eq!(with("schema", element.clone()), Err(E::OpeningSchema));
    assert_eq!(with("validUntil", json!(NOW.0)), Err(E::OpeningValidity));
    assert_eq!(
        slot(2, Value::Null),
        Err(E::OpeningMissing("birthdate".into()))
    );
    assert_eq!(slot(12, element.clone()), Err(E::OpeningExtra(12)));
    assert_eq!(slot(5, element), Err(E::OpeningValue("income".into())));
    assert_eq!(with("tacit", json!("x")), Err(E::NotAnOpening));
    assert_eq!(with("version", json!(2)), Err(E::OpeningVersion(2)));
    assert!(matches!(
        with("salt", json!("ff".repeat(32))),
        Err(E::Json(_))
    ));
    assert!(matches!(with("extra", json!(1)), Err(E::Json(_))));
}

#[test]
fn drafts_are_checked() {
    let mut terms = terms(1, claims());
    terms.valid_until = terms.valid_from;
    assert_eq!(Draft::new(&person(), terms).unwrap_err(), E::Validity);
    let mut terms = crate::testing::terms(1, claims());
    terms.valid_until = Timestamp(u64::MAX);
    assert_eq!(Draft::new(&person(), terms).unwrap_err(), E::Validity);
    let other = br#"{"tacit":"schema","version":1,"name":"x","revision":1,"title":"x",
        "claims":{"level":{"slot":0,"type":"integer","required":true,"title":"x"}}}"#;
    let other = Schema::parse(other).unwrap();
    assert!(matches!(
        Draft::new(&other, crate::testing::terms(1, claims())),
        Err(E::Claims(_))
    ));
}

/// Every scalar of a document, by its path.
fn scalars(value: &Value, path: String, out: &mut Vec<String>) {
    match value {
        Value::Object(members) => members
            .iter()
            .for_each(|(name, v)| scalars(v, format!("{path}/{name}"), out)),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .for_each(|(i, v)| scalars(v, format!("{path}/{i}"), out)),
        _ => out.push(path),
    }
}

/// Another value of the same kind that reads as well.
fn altered(value: &Value) -> Value {
    match value {
        Value::Bool(b) => json!(!b),
        Value::Number(n) => json!(n.as_i64().unwrap() + 1),
        Value::String(text) => {
            let mut chars: Vec<char> = text.chars().collect();
            let last = chars
                .iter()
                .rposition(|c| c.is_ascii_alphanumeric())
                .unwrap();
            chars[last] = if chars[last] == '2' { '3' } else { '2' };
            json!(chars.into_iter().collect::<String>())
        }
        _ => unreachable!(),
    }
}

#[test]
fn any_single_changed_value_breaks_the_credential() {
    let good = document();
    let mut paths = Vec::new();
    scalars(&good, String::new(), &mut paths);
    assert!(paths.len() > 25, "{paths:?}");
    for path in paths {
        let mut document = good.clone();
        let place = document.pointer_mut(&path).unwrap();
        *place = altered(place);
        assert!(check(&document).is_err(), "{path}");
    }
}

/// The document with its members in another order and white space in between.
fn scrambled(value: &Value, seed: u64, out: &mut String) {
    let space = [" ", "\n", "\t", "", "  \r\n"][(seed % 5) as usize];
    let next = |i: usize| {
        seed.wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(i as u64 + 1)
            >> 3
    };
    match value {
        Value::Object(members) => {
            let mut order: Vec<_> = members.iter().collect();
            let turn = seed as usize % order.len().max(1);
            order.rotate_left(turn);
            if seed & 8 != 0 {
                order.reverse();
            }
            out.push('{');
            for (i, (name, member)) in order.into_iter().enumerate() {
                let comma = if i == 0 { "" } else { "," };
                out.push_str(&format!("{comma}{space}{}{space}:", json!(name)));
                scrambled(member, next(i), out);
            }
            out.push_str(&format!("{space}}}"));
        }
        Value::Array(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                out.push_str(if i == 0 { space } else { "," });
                scrambled(item, next(i), out);
            }
            out.push(']');
        }
        other => out.push_str(&format!("{space}{other}{space}")),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn order_and_white_space_change_nothing(seed: u64) {
        let mut text = String::new();
        scrambled(&document(), seed, &mut text);
        let read = Credential::parse(text.as_bytes()).unwrap();
        prop_assert_eq!(read.verify(&CHAIN, &person(), &members()).map(drop), Ok(()), "{}", text);
    }

    /// Any text a person can have as a name, with every character escaped that can be.
    #[test]
    fn unusual_texts_survive_escaping(name in "\\PC{0,40}") {
        let text = json!({"givenName": name, "familyName": "e\u{301}", "birthdate": "1990-12-10", "country": "DE"});
        let claims = crate::schema::Claims::parse(&person(), text.to_string().as_bytes()).unwrap();
        let draft = Draft::new(&person(), crate::testing::terms(1, claims.clone())).unwrap();
        let signed = issuer(1).sign_credential(&draft, POSITION, NOW).unwrap();
        let written = String::from_utf8(signed.to_json().unwrap()).unwrap();
        let mut escaped = String::new();
        for unit in written.encode_utf16() {
            match u8::try_from(unit) {
                Ok(byte) if byte.is_ascii() => escaped.push(char::from(byte)),
                _ => escaped.push_str(&format!("\\u{unit:04X}")),
            }
        }
        let read = Credential::parse(escaped.as_bytes()).unwrap();
        prop_assert_eq!(read.verify(&CHAIN, &person(), &members()).unwrap(), claims);
        // The same letter composed is another text.
        let composed = escaped.replace("e\\u0301", "\\u00E9");
        let read = Credential::parse(composed.as_bytes()).unwrap();
        prop_assert_eq!(read.verify(&CHAIN, &person(), &members()), Err(E::Proof(ProofError::Signature)));
    }

    #[test]
    fn any_flipped_byte_is_refused_or_changes_nothing(at in 0usize..4000, bit in 0u8..8) {
        let mut bytes = credential().to_json().unwrap();
        let at = at % bytes.len();
        bytes[at] ^= 1 << bit;
        if let Ok(read) = Credential::parse(&bytes) {
            let same = read == credential();
            prop_assert_eq!(read.verify(&CHAIN, &person(), &members()).is_ok(), same);
        }
    }

    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = Credential::parse(&bytes);
        let _ = CredentialOpening::parse(&bytes);
    }
}
