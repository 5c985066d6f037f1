//! Verification: who signed, when, for what.

use super::*;

fn signed_by(byte: u8, document: &Value) -> Value {
    secure(
        document,
        &options(Purpose::AssertionMethod),
        &signer(byte),
        &contexts(),
    )
    .unwrap()
}

fn check(document: Value) -> Result<VerifiedCredential, ModelError> {
    verify_credential(document, NOW, &did_keys, &contexts())
}

#[test]
fn a_credential_by_its_issuer_verifies() {
    let verified = check(signed_by(1, &credential())).unwrap();
    assert_eq!(verified.proofs.len(), 1);
    // Somebody who signs beside the issuer does no harm.
    check(signed_by(2, &signed_by(1, &credential()))).unwrap();
}

#[test]
fn a_credential_without_a_proof_of_its_issuer_is_refused() {
    assert_eq!(
        check(signed_by(2, &credential())),
        Err(ModelError::NotByIssuer)
    );
    assert_eq!(
        check(credential()),
        Err(ModelError::Integrity(IntegrityError::NoProof))
    );
    let mut changed = signed_by(1, &credential());
    changed["issuer"] = json!(did(2));
    assert_eq!(
        check(changed),
        Err(ModelError::Integrity(IntegrityError::Signature))
    );
    let authentication = secure(
        &credential(),
        &options(Purpose::Authentication),
        &signer(1),
        &contexts(),
    )
    .unwrap();
    assert_eq!(
        check(authentication),
        Err(ModelError::Integrity(IntegrityError::Purpose(
            Purpose::AssertionMethod
        )))
    );
}

#[test]
fn a_credential_is_valid_from_the_first_to_the_second_time() {
    let document = signed_by(1, &credential());
    let at = |text: &str| {
        let time: tacit_identity::datetime::DateTime = text.parse().unwrap();
        verify_credential(document.clone(), time.timestamp(), &did_keys, &contexts()).map(drop)
    };
    assert_eq!(at("2025-12-31T23:59:59Z"), Err(ModelError::NotYetValid));
    assert_eq!(at("2026-01-01T00:00:00Z"), Ok(()));
    assert_eq!(at("2027-01-01T00:00:00Z"), Ok(()));
    assert_eq!(at("2027-01-01T00:00:01Z"), Err(ModelError::NoLongerValid));
}

#[test]
fn forms_are_checked_before_proofs() {
    let mut document = signed_by(1, &credential());
    document["credentialSubject"] = json!({});
    assert_eq!(
        check(document),
        Err(ModelError::Malformed("credentialSubject"))
    );
}
