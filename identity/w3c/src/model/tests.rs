use serde_json::json;
use sha2::{Digest, Sha256, Sha384, Sha512};
use tacit_circuits::types::{Secret, Timestamp};
use tacit_identity::did::DidKey;
use tacit_identity::signer::HolderSigner;

use super::*;
use crate::context::Contexts;
use crate::integrity::{ProofOptions, Purpose, Suite, VerificationMethod, secure};
use crate::rdf::RdfError;

const NOW: Timestamp = Timestamp(1_795_262_400);

fn contexts() -> Contexts {
    Contexts::bundled().unwrap()
}

fn signer(byte: u8) -> HolderSigner {
    HolderSigner::new(&Secret::new([byte; 32]))
}

fn did(byte: u8) -> String {
    signer(byte).did().to_string()
}

fn did_keys(url: &str) -> Option<VerificationMethod> {
    let did: DidKey = url.split_once('#')?.0.parse().ok()?;
    (did.verification_method() == url).then(|| VerificationMethod {
        controller: did.to_string(),
        key: *did.key(),
        purposes: vec![Purpose::AssertionMethod, Purpose::Authentication],
        ends: None,
    })
}

fn options(purpose: Purpose) -> ProofOptions {
    let created = "2026-11-01T00:00:00Z".parse().unwrap();
    ProofOptions::new(Suite::EddsaRdfc2022, purpose, created)
}

/// A credential with every member that the data model knows.
fn credential() -> Value {
    json!({
        "@context": ["https://www.w3.org/ns/credentials/v2", "https://www.w3.org/ns/credentials/examples/v2"],
        "id": "urn:uuid:8e2b9d1c-5f8e-4a59-8b0d-1d0c4c1a2b3f",
        "type": ["VerifiableCredential", "ExampleDegreeCredential"],
        "name": "Degree",
        "description": [{"@value": "Abschluss", "@language": "de"}, {"@value": "Degree", "@language": "en"}],
        "issuer": {"id": did(1), "name": {"@value": "School", "@language": "en"}},
        "validFrom": "2026-01-01T00:00:00Z",
        "validUntil": "2027-01-01T02:00:00+02:00",
        "credentialSubject": [{"id": did(2), "degree": "BSc"}, {"id": "did:example:b", "spouse": did(2)}],
        "credentialSchema": {"id": "https://example.org/schema.json", "type": "JsonSchema"},
        "credentialStatus": {"id": "https://example.org/status#1", "type": "ExampleStatus"},
        "relatedResource": [{
            "id": "https://example.org/photo.png",
            "digestSRI": format!("sha256-{}", base64(&Sha256::digest(b"photo"))),
            "mediaType": "image/png"
        }],
        "refreshService": {"id": "https://example.org/refresh", "type": "ExampleRefresh"},
        "termsOfUse": [{"id": "https://example.org/terms", "type": "ExamplePolicy"}],
        "evidence": [{"id": "https://example.org/evidence", "type": ["ExampleEvidence"]}]
    })
}

fn base64(bytes: &[u8]) -> String {
    base64::Engine::encode(&base64::engine::general_purpose::STANDARD, bytes)
}

fn parse(document: Value) -> Result<Credential, ModelError> {
    Credential::parse(document, &contexts())
}

/// What is said of the credential when one member is another.
fn with(member: &str, value: Value) -> Result<Credential, ModelError> {
    let mut document = credential();
    document[member] = value;
    parse(document)
}

fn without(member: &str) -> Result<Credential, ModelError> {
    let mut document = credential();
    document.as_object_mut().unwrap().remove(member);
    parse(document)
}

fn ok(result: Result<Credential, ModelError>) {
    assert_eq!(result.map(drop), Ok(()));
}

fn refused(result: Result<Credential, ModelError>) -> ModelError {
    result.unwrap_err()
}

#[test]
fn a_credential_with_every_member_is_read() {
    let read = parse(credential()).unwrap();
    assert_eq!(read.issuer(), did(1));
    assert_eq!(read.subjects(), [did(2), "did:example:b".to_owned()]);
    assert_eq!(
        read.types(),
        ["VerifiableCredential", "ExampleDegreeCredential"]
    );
    assert_eq!(read.status().len(), 1);
    assert!(!read.is_secured());
    assert!(!format!("{read:?}").contains("BSc"));
    assert_eq!(refused(parse(json!([]))), ModelError::NotAnObject);
}

#[test]
fn rule_context() {
    const BASE: &str = "https://www.w3.org/ns/credentials/v2";
    const EXAMPLES: &str = "https://www.w3.org/ns/credentials/examples/v2";
    ok(with(
        "@context",
        json!([BASE, "https://www.w3.org/ns/credentials/undefined-terms/v2"]),
    ));
    ok(with(
        "@context",
        json!([BASE, {"level": "urn:x:level"}, EXAMPLES]),
    ));
    assert_eq!(refused(without("@context")), ModelError::Context);
    for bad in [
        json!(BASE),
        json!([]),
        json!([EXAMPLES, BASE]),
        json!([{"level": "urn:x:level"}, BASE]),
        json!(["https://www.w3.org/2018/credentials/v1"]),
        json!([BASE, BASE]),
        json!([BASE, 7]),
        json!([BASE, null]),
        json!([BASE, "no url"]),
        json!([BASE, [EXAMPLES]]),
        json!({"@vocab": "urn:x:"}),
    ] {
        assert_eq!(
            refused(with("@context", bad.clone())),
            ModelError::Context,
            "{bad}"
        );
    }
    assert_eq!(
        refused(with("@context", json!([BASE, "https://example.org/c"]))),
        ModelError::UnknownContext("https://example.org/c".to_owned())
    );
}

#[test]
fn rule_terms() {
    const BASE: &str = "https://www.w3.org/ns/credentials/v2";
    let mut document = credential();
    document["@context"] = json!([BASE]);
    assert!(matches!(
        refused(parse(document)),
        ModelError::Terms(RdfError::UndefinedTerm(_))
    ));
    let contexts_with = |one: Value| {
        let mut all = credential()["@context"].clone();
        all.as_array_mut().unwrap().push(one);
        with("@context", all)
    };
    ok(contexts_with(json!({"level": "urn:x:level"})));
    for bad in [
        json!({"VerifiableCredential": "urn:x:other"}),
        json!({"name": "urn:x:other"}),
        json!({"type": "urn:x:type"}),
        json!({"ExampleDegreeCredential": "https ://no-url#x"}),
        json!({"@vocab": null}),
        json!({"degree": null}),
    ] {
        assert!(
            matches!(refused(contexts_with(bad.clone())), ModelError::Terms(_)),
            "{bad}"
        );
    }
    // What RDF would not carry is no error of the form.
    ok(with(
        "credentialSubject",
        json!({"id": "urn:x", "degree": null, "marks": [[1], [2]]}),
    ));
}

#[test]
fn rule_id() {
    ok(without("id"));
    ok(with("id", json!("did:example:x#y")));
    for bad in [
        json!("x"),
        json!("a b"),
        json!(7),
        json!(["urn:x"]),
        json!({}),
        json!(null),
    ] {
        assert_eq!(
            refused(with("id", bad.clone())),
            ModelError::NotAUrl("id"),
            "{bad}"
        );
    }
}

#[test]
fn rule_type() {
    ok(with("type", json!("VerifiableCredential")));
    ok(with(
        "type",
        json!(["https://example.org/Type", "VerifiableCredential"]),
    ));
    assert_eq!(refused(without("type")), ModelError::Missing("type"));
    for bad in [json!(["Other"]), json!("VerifiablePresentation")] {
        assert_eq!(
            refused(with("type", bad)),
            ModelError::Type("VerifiableCredential")
        );
    }
    for bad in [
        json!([]),
        json!(7),
        json!(null),
        json!(["VerifiableCredential", 7]),
        json!(["VerifiableCredential", ""]),
        json!(["VerifiableCredential", "a b"]),
        json!(["VerifiableCredential", "relative/path"]),
        json!(["VerifiableCredential", "VerifiableCredential"]),
        json!(["VerifiableCredential", {"id": "urn:x"}]),
    ] {
        assert_eq!(
            refused(with("type", bad.clone())),
            ModelError::Malformed("type"),
            "{bad}"
        );
    }
}

#[test]
fn rule_name_and_description() {
    for member in ["name", "description"] {
        for good in [
            json!("x"),
            json!({"@value": "x"}),
            json!({"@value": "x", "@language": "ar", "@direction": "rtl"}),
            json!([{"@value": "x", "@language": "en-GB"}, {"@value": "y", "@language": "de"}]),
        ] {
            ok(with(member, good));
        }
        for bad in [
            json!(7),
            json!({}),
            json!([]),
            json!({"@language": "en"}),
            json!({"@value": 7}),
            json!({"@value": "x", "@language": "no language"}),
            json!({"@value": "x", "@language": 7}),
            json!({"@value": "x", "@direction": "up"}),
            json!({"@value": "x", "@type": "urn:x"}),
            json!({"@value": "x", "url": "urn:x"}),
            json!([{"@value": "x"}, 7]),
        ] {
            let issuer = json!({"id": did(1), member: bad});
            assert!(
                matches!(refused(with("issuer", issuer)), ModelError::Malformed(m) if m == member)
            );
            assert!(
                matches!(refused(with(member, bad.clone())), ModelError::Malformed(m) if m == member),
                "{bad}"
            );
        }
    }
}

#[test]
fn rule_issuer() {
    ok(with("issuer", json!("https://example.org/issuer")));
    assert_eq!(refused(without("issuer")), ModelError::Missing("issuer"));
    for bad in [
        json!("x"),
        json!(7),
        json!(null),
        json!([did(1)]),
        json!({}),
        json!({"id": "x"}),
        json!({"id": [did(1)]}),
        json!({"name": "x"}),
    ] {
        assert_eq!(
            refused(with("issuer", bad.clone())),
            ModelError::NotAUrl("issuer"),
            "{bad}"
        );
    }
}

#[test]
fn rule_credential_subject() {
    ok(with("credentialSubject", json!({"degree": "BSc"})));
    ok(with("credentialSubject", json!({"id": "did:example:a"})));
    assert_eq!(
        refused(without("credentialSubject")),
        ModelError::Missing("credentialSubject")
    );
    for bad in [
        json!({}),
        json!([]),
        json!("did:example:a"),
        json!(null),
        json!([{"id": "urn:x"}, {}]),
        json!(["x"]),
    ] {
        assert_eq!(
            refused(with("credentialSubject", bad.clone())),
            ModelError::Malformed("credentialSubject"),
            "{bad}"
        );
    }
    assert_eq!(
        refused(with("credentialSubject", json!({"id": "x", "a": 1}))),
        ModelError::NotAUrl("id")
    );
    let many = vec![json!({"id": "urn:x"}); MAX_VALUES + 1];
    assert_eq!(
        refused(with("credentialSubject", json!(many))),
        ModelError::TooMany("credentialSubject")
    );
}

#[test]
fn rule_validity() {
    for member in ["validFrom", "validUntil"] {
        ok(without(member));
        for bad in [
            json!("2026-06-01"),
            json!("2026-06-01T00:00:00"),
            json!("x"),
            json!(7),
            json!(null),
            json!([]),
        ] {
            assert_eq!(refused(with(member, bad)), ModelError::Time(member));
        }
    }
    // The same moment in two zones is a validity; a second less is none.
    ok(with("validFrom", json!("2027-01-01T00:00:00Z")));
    assert_eq!(
        refused(with("validFrom", json!("2027-01-01T00:00:01Z"))),
        ModelError::Validity
    );
}

#[test]
fn rule_objects_with_types() {
    for member in [
        "credentialStatus",
        "refreshService",
        "termsOfUse",
        "evidence",
        "confidenceMethod",
        "renderMethod",
    ] {
        ok(with(member, json!({"type": "Example"})));
        ok(with(
            member,
            json!([{"type": "A"}, {"type": ["B", "C"], "id": "urn:x"}]),
        ));
        ok(without_if_there(member));
        assert_eq!(
            refused(with(member, json!({"id": "urn:x"}))),
            ModelError::Untyped(member)
        );
        assert_eq!(
            refused(with(member, json!([{"type": "A"}, {}]))),
            ModelError::Untyped(member)
        );
        assert_eq!(
            refused(with(member, json!({"type": "A", "id": "x"}))),
            ModelError::NotAUrl("id")
        );
        for bad in [
            json!("urn:x"),
            json!(7),
            json!(null),
            json!([]),
            json!(["urn:x"]),
        ] {
            assert_eq!(refused(with(member, bad)), ModelError::Malformed(member));
        }
    }
}

fn without_if_there(member: &str) -> Result<Credential, ModelError> {
    let mut document = credential();
    document.as_object_mut().unwrap().remove(member);
    parse(document)
}

#[test]
fn rule_credential_schema() {
    ok(with(
        "credentialSchema",
        json!([{"id": "urn:a", "type": "A"}, {"id": "urn:b", "type": "B"}]),
    ));
    assert_eq!(
        refused(with("credentialSchema", json!({"id": "urn:a"}))),
        ModelError::Untyped("credentialSchema")
    );
    assert_eq!(
        refused(with("credentialSchema", json!({"type": "A"}))),
        ModelError::NotAUrl("credentialSchema")
    );
    assert_eq!(
        refused(with("credentialSchema", json!({"type": "A", "id": "x"}))),
        ModelError::NotAUrl("id")
    );
}

#[test]
fn rule_related_resource() {
    let sri = |name: &str, digest: &[u8]| format!("{name}-{}", base64(digest));
    let multihash = |code: u8, digest: &[u8]| {
        let bytes = [&[code, u8::try_from(digest.len()).unwrap()], digest].concat();
        format!("z{}", bs58::encode(bytes).into_string())
    };
    let resource = |digests: Value| {
        let mut resource = json!({"id": "https://example.org/r"});
        resource
            .as_object_mut()
            .unwrap()
            .extend(digests.as_object().unwrap().clone());
        resource
    };
    for good in [
        json!({"digestSRI": sri("sha256", &Sha256::digest(b"r"))}),
        json!({"digestSRI": sri("sha384", &Sha384::digest(b"r"))}),
        json!({"digestSRI": sri("sha512", &Sha512::digest(b"r"))}),
        json!({"digestMultibase": multihash(0x12, &Sha256::digest(b"r"))}),
        json!({"digestMultibase": multihash(0x13, &Sha512::digest(b"r"))}),
        json!({"digestMultibase": multihash(0x12, &Sha256::digest(b"r")), "digestSRI": sri("sha384", &Sha384::digest(b"r"))}),
    ] {
        let read = with("relatedResource", resource(good)).unwrap();
        assert_eq!(read.check_related("https://example.org/r", b"r"), Ok(()));
        assert_eq!(
            read.check_related("https://example.org/r", b"s"),
            Err(ModelError::RelatedChanged)
        );
        assert_eq!(
            read.check_related("https://example.org/other", b"r"),
            Err(ModelError::Missing("relatedResource"))
        );
    }
    // Both digests must fit.
    let both = json!({"digestMultibase": multihash(0x12, &Sha256::digest(b"r")), "digestSRI": sri("sha384", &Sha384::digest(b"s"))});
    let read = with("relatedResource", resource(both)).unwrap();
    for bytes in [b"r", b"s"] {
        assert_eq!(
            read.check_related("https://example.org/r", bytes),
            Err(ModelError::RelatedChanged)
        );
    }
    for bad in [
        json!({}),
        json!({"digestSRI": "x"}),
        json!({"digestSRI": sri("md5", &[0; 16])}),
        json!({"digestSRI": sri("sha256", &[0; 31])}),
        json!({"digestSRI": 7}),
        json!({"digestMultibase": "zzz"}),
        json!({"digestMultibase": multihash(0x11, &[0; 20])}),
        json!({"digestMultibase": ""}),
        json!({"digestMultibase": "é"}),
    ] {
        assert_eq!(
            refused(with("relatedResource", resource(bad.clone()))),
            ModelError::RelatedDigest,
            "{bad}"
        );
    }
    let good = resource(json!({"digestSRI": sri("sha256", &[0; 32])}));
    assert_eq!(
        refused(with("relatedResource", json!([good, good]))),
        ModelError::RelatedTwice
    );
    let mut unnamed = good.clone();
    unnamed.as_object_mut().unwrap().remove("id");
    assert_eq!(
        refused(with("relatedResource", unnamed)),
        ModelError::NotAUrl("relatedResource")
    );
    let mut typed = good;
    typed["mediaType"] = json!(7);
    assert_eq!(
        refused(with("relatedResource", typed)),
        ModelError::Malformed("mediaType")
    );
    assert_eq!(
        refused(with("relatedResource", json!("urn:x"))),
        ModelError::Malformed("relatedResource")
    );
}

#[test]
fn rule_proof() {
    for bad in [json!("x"), json!([]), json!(["x"]), json!(null)] {
        assert_eq!(refused(with("proof", bad)), ModelError::Malformed("proof"));
    }
}

mod hostile;
mod presented;
mod renamed;
mod tacit;
mod verified;
