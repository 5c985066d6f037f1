//! Presentations: their form, their holder, what they hold.

use super::*;

fn credential_about(holder: u8) -> Value {
    let document = json!({
        "@context": ["https://www.w3.org/ns/credentials/v2", "https://www.w3.org/ns/credentials/examples/v2"],
        "type": ["VerifiableCredential"],
        "issuer": did(1),
        "credentialSubject": {"id": did(holder), "degree": "BSc"}
    });
    secure(
        &document,
        &options(Purpose::AssertionMethod),
        &signer(1),
        &contexts(),
    )
    .unwrap()
}

fn presentation() -> Value {
    json!({
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "id": "urn:uuid:313801ba-24b7-11ee-be02-ff560265cf9b",
        "type": ["VerifiablePresentation"],
        "holder": did(2),
        "verifiableCredential": [credential_about(2)]
    })
}

fn signed_by(byte: u8, document: &Value) -> Value {
    let mut options = options(Purpose::Authentication);
    options.challenge = Some("c1".to_owned());
    options.domain = vec!["https://verifier.example".to_owned()];
    secure(document, &options, &signer(byte), &contexts()).unwrap()
}

fn policy() -> PresentationPolicy<'static> {
    PresentationPolicy {
        challenge: Some("c1"),
        domain: &["https://verifier.example"],
        holder_is_subject: true,
        now: NOW,
    }
}

fn check(document: &Value) -> Result<VerifiedPresentation, ModelError> {
    verify_presentation(document.clone(), &policy(), &did_keys, &contexts())
}

fn parse_with(member: &str, value: Value) -> Result<(), ModelError> {
    let mut document = presentation();
    document[member] = value;
    Presentation::parse(document, &contexts()).map(drop)
}

const ENVELOPE: &str = "data:application/vc+sd-jwt,eyJhbGciOiJFUzI1NiJ9.e30.sig~";

fn envelope() -> Value {
    json!({
        "@context": "https://www.w3.org/ns/credentials/v2",
        "id": ENVELOPE,
        "type": "EnvelopedVerifiableCredential"
    })
}

#[test]
fn a_presentation_by_its_holder_verifies() {
    let verified = check(&signed_by(2, &presentation())).unwrap();
    assert_eq!(verified.credentials.len(), 1);
    assert_eq!(verified.presentation.holder(), Some(did(2).as_str()));
    let mut without = presentation();
    without.as_object_mut().unwrap().remove("holder");
    check(&signed_by(2, &without)).unwrap();
    without
        .as_object_mut()
        .unwrap()
        .remove("verifiableCredential");
    check(&signed_by(2, &without)).unwrap();
}

#[test]
fn each_defect_of_the_binding_has_its_own_error() {
    let integrity = |error| Err(ModelError::Integrity(error));
    let good = signed_by(2, &presentation());
    let with = |change: fn(&mut PresentationPolicy<'static>)| {
        let mut policy = policy();
        change(&mut policy);
        verify_presentation(good.clone(), &policy, &did_keys, &contexts()).map(drop)
    };
    assert_eq!(
        with(|p| p.challenge = Some("c2")),
        integrity(IntegrityError::Challenge)
    );
    assert_eq!(
        with(|p| p.domain = &["https://x.example"]),
        integrity(IntegrityError::Domain)
    );
    assert_eq!(
        check(&signed_by(3, &presentation())).map(drop),
        Err(ModelError::NotByHolder)
    );
    assert_eq!(
        check(&presentation()).map(drop),
        integrity(IntegrityError::NoProof)
    );
    let mut other = presentation();
    other["verifiableCredential"] = json!([credential_about(2), credential_about(3)]);
    let other = signed_by(2, &other);
    assert_eq!(check(&other).map(drop), Err(ModelError::NotTheSubject));
    let unbound = PresentationPolicy {
        holder_is_subject: false,
        ..policy()
    };
    verify_presentation(other, &unbound, &did_keys, &contexts()).unwrap();
    let assertion = secure(
        &presentation(),
        &options(Purpose::AssertionMethod),
        &signer(2),
        &contexts(),
    )
    .unwrap();
    assert_eq!(
        check(&assertion).map(drop),
        integrity(IntegrityError::Purpose(Purpose::Authentication))
    );
}

#[test]
fn credentials_inside_are_verified_too() {
    let mut document = presentation();
    document["verifiableCredential"][0]["credentialSubject"]["degree"] = json!("PhD");
    assert_eq!(
        check(&signed_by(2, &document)).map(drop),
        Err(ModelError::Integrity(IntegrityError::Signature))
    );
    // Changed after the presentation was signed: the presentation's own proof breaks.
    let mut document = signed_by(2, &presentation());
    document
        .as_object_mut()
        .unwrap()
        .remove("verifiableCredential");
    assert_eq!(
        check(&document).map(drop),
        Err(ModelError::Integrity(IntegrityError::Signature))
    );
}

#[test]
fn a_holder_may_state_credentials_of_its_own() {
    let mut own = credential_about(2);
    own.as_object_mut().unwrap().remove("proof");
    let mut document = presentation();
    document["verifiableCredential"] = json!(own);
    assert_eq!(
        check(&signed_by(2, &document)).map(drop),
        Err(ModelError::Unsecured)
    );
    document["verifiableCredential"]["issuer"] = json!(did(2));
    let verified = check(&signed_by(2, &document)).unwrap();
    assert!(verified.credentials[0].proofs.is_empty());
    document.as_object_mut().unwrap().remove("holder");
    assert_eq!(
        check(&signed_by(2, &document)).map(drop),
        Err(ModelError::Unsecured)
    );
}

#[test]
fn rules_of_the_form() {
    assert_eq!(
        parse_with("type", json!(["VerifiablePresentation", "urn:x"])),
        Ok(())
    );
    assert_eq!(
        parse_with("type", json!("VerifiableCredential")),
        Err(ModelError::Type("VerifiablePresentation"))
    );
    assert_eq!(
        parse_with(
            "@context",
            json!(["https://www.w3.org/ns/credentials/examples/v2"])
        ),
        Err(ModelError::Context)
    );
    assert_eq!(parse_with("id", json!("x")), Err(ModelError::NotAUrl("id")));
    assert_eq!(parse_with("holder", json!({"id": did(2)})), Ok(()));
    for bad in [
        json!("x"),
        json!(7),
        json!({}),
        json!(null),
        json!([did(2)]),
    ] {
        assert_eq!(
            parse_with("holder", bad),
            Err(ModelError::NotAUrl("holder"))
        );
    }
    assert_eq!(parse_with("verifiableCredential", json!([])), Ok(()));
    for bad in [
        json!("urn:x"),
        json!(7),
        json!(null),
        json!([credential_about(2), "urn:x"]),
    ] {
        assert_eq!(
            parse_with("verifiableCredential", bad),
            Err(ModelError::Malformed("verifiableCredential"))
        );
    }
    assert_eq!(
        parse_with("verifiableCredential", json!([{}])),
        Err(ModelError::Context)
    );
    assert_eq!(
        parse_with("termsOfUse", json!({"id": "urn:x"})),
        Err(ModelError::Untyped("termsOfUse"))
    );
    let many = vec![envelope(); MAX_VALUES + 1];
    assert_eq!(
        parse_with("verifiableCredential", json!(many)),
        Err(ModelError::TooMany("verifiableCredential"))
    );
}

#[test]
fn envelopes_are_recognised_and_not_opened() {
    let mut document = presentation();
    document["verifiableCredential"] = json!([envelope()]);
    let signed = signed_by(2, &document);
    // What is in it is not known, so it cannot be about the holder.
    assert_eq!(check(&signed).map(drop), Err(ModelError::NotTheSubject));
    let unbound = PresentationPolicy {
        holder_is_subject: false,
        ..policy()
    };
    let verified = verify_presentation(signed, &unbound, &did_keys, &contexts()).unwrap();
    assert_eq!(verified.enveloped[0].media_type, "application/vc+sd-jwt");
    assert_eq!(verified.enveloped[0].data, "eyJhbGciOiJFUzI1NiJ9.e30.sig~");

    let refused = |member: &str, value: Value| {
        let mut envelope = envelope();
        envelope[member] = value;
        parse_with("verifiableCredential", envelope).unwrap_err()
    };
    assert_eq!(refused("@context", json!(null)), ModelError::Context);
    assert_eq!(
        refused(
            "@context",
            json!("https://www.w3.org/ns/credentials/examples/v2")
        ),
        ModelError::Context
    );
    assert_eq!(
        refused(
            "type",
            json!(["EnvelopedVerifiableCredential", "VerifiableCredential"])
        ),
        ModelError::Type("EnvelopedVerifiableCredential")
    );
    for bad in [
        json!("urn:x"),
        json!("data:,"),
        json!("data:application/jwt"),
        json!(7),
        json!(null),
    ] {
        assert_eq!(refused("id", bad), ModelError::NotAUrl("id"));
    }
    assert_eq!(parse(envelope()), Err(ModelError::Enveloped));
    let presentation = json!({
        "@context": "https://www.w3.org/ns/credentials/v2",
        "id": "data:application/vp+jwt,e30",
        "type": "EnvelopedVerifiablePresentation"
    });
    assert_eq!(
        Presentation::parse(presentation, &contexts()),
        Err(ModelError::Enveloped)
    );
}
