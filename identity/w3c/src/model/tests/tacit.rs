//! The credentials that this system issues are credentials for everybody else.

use tacit_circuits::commit;
use tacit_circuits::field::Fr;
use tacit_circuits::types::{Digest32, MemberId, Position};
use tacit_identity::credential::{CredentialTerms, Draft};
use tacit_identity::did::MemberDid;
use tacit_identity::proof::ProofSigner;
use tacit_identity::schema::{Claims, Schema};
use tacit_identity::signer::IssuerSigner;

use super::*;
use crate::rdf;

fn issuer() -> IssuerSigner {
    let did = MemberDid {
        chain: Digest32([0xc4; 32]),
        member: MemberId::new(7).unwrap(),
    };
    IssuerSigner::new(did, &Secret::new([7; 32]))
}

fn members(url: &str) -> Option<VerificationMethod> {
    (url == issuer().verification_method()).then(|| VerificationMethod {
        controller: ProofSigner::did(&issuer()),
        key: issuer().verify_key(),
        purposes: vec![Purpose::AssertionMethod],
        ends: None,
    })
}

fn issued() -> Value {
    let schema = Schema::person().unwrap();
    let claims = r#"{"givenName":"Ada","familyName":"Lovelace","birthdate":"1990-12-10","country":"DE","resident":true}"#;
    let terms = CredentialTerms {
        issuer: issuer().did(),
        subject: signer(2).did(),
        holder_key: commit::holder_key(&Fr::from(11u64), &Fr::from(12u64)),
        end_tag: commit::end_tag(&Fr::from(13u64)),
        claims: Claims::parse(&schema, claims.as_bytes()).unwrap(),
        valid_from: Timestamp(NOW.0 - 10),
        valid_until: Timestamp(NOW.0 + 10),
        salt: Fr::from(77u64),
    };
    let draft = Draft::new(&schema, terms).unwrap();
    let credential = issuer()
        .sign_credential(&draft, Position(4711), NOW)
        .unwrap();
    read(&credential.to_json().unwrap()).unwrap()
}

#[test]
fn our_credentials_keep_every_rule_and_verify() {
    let verified = verify_credential(issued(), NOW, &members, &contexts()).unwrap();
    assert_eq!(verified.credential.subjects(), [did(2)]);
    assert_eq!(
        verify_credential(issued(), Timestamp(NOW.0 + 11), &members, &contexts()),
        Err(ModelError::NoLongerValid)
    );
}

#[test]
fn every_term_of_our_credentials_is_defined() {
    let mut document = issued();
    document.as_object_mut().unwrap().remove("proof");
    let quads = rdf::canonicalize(&document, &contexts()).unwrap();
    for statement in [
        "<urn:tacit:claim:givenName> \"Ada\"",
        "<urn:tacit:term:commitment>",
        "<urn:tacit:term:position> \"4711\"^^<http://www.w3.org/2001/XMLSchema#nonNegativeInteger>",
        "<https://www.w3.org/2018/credentials#credentialSchema> <urn:tacit:schema:",
    ] {
        assert!(quads.contains(statement), "{statement}\n{quads}");
    }
    let options = ProofOptions::new(
        Suite::EddsaRdfc2022,
        Purpose::AssertionMethod,
        "2026-11-01T00:00:00Z".parse().unwrap(),
    );
    let signed = issue_credential(document, &options, &issuer(), &contexts()).unwrap();
    verify_credential(signed, NOW, &members, &contexts()).unwrap();
}
