//! Options, metadata, errors; members; keys behind DID URLs.

use ed25519_dalek::SigningKey;
use serde_json::{Value, json};
use tacit_circuits::types::{Digest32, MemberId};

use super::super::*;
use super::{JWK_P256, JWK_X25519, NOW, resolver};
use crate::keys::VerifyKey;
use crate::public_key::PublicKey;

const CHAIN: Digest32 = Digest32([0xc4; 32]);

fn key(byte: u8) -> VerifyKey {
    VerifyKey::of(&SigningKey::from_bytes(&[byte; 32]))
}

/// A chain with one member, 7.
struct Chain(MemberState);

impl Sources for Chain {
    fn member(&self, did: &MemberDid) -> Result<Option<MemberState>, Unavailable> {
        Ok((*did == member_did()).then(|| self.0.clone()))
    }
}

fn member_did() -> MemberDid {
    MemberDid {
        chain: CHAIN,
        member: MemberId::new(7).unwrap(),
    }
}

fn chain(active: bool, earlier: &[u8]) -> Chain {
    Chain(MemberState {
        member: ResolvedMember {
            name: "Bank".into(),
            active,
            issuer: true,
            platform: false,
            signing_key: key(1),
            earlier_signing_keys: earlier.iter().map(|byte| key(*byte)).collect(),
            hpke_key: [9; 32],
        },
        since: (1..=earlier.len() + 1)
            .map(|month| format!("2026-0{month}-01T00:00:00Z").parse().unwrap())
            .collect(),
        proof: Some(json!({"type": "TacitStateProof"})),
    })
}

fn options(pairs: &[(&str, &str)]) -> Result<Options, ResolveError> {
    let mut options = Options::default();
    for (name, value) in pairs {
        options.set(name, value)?;
    }
    Ok(options)
}

fn resolve(chain: &Chain, pairs: &[(&str, &str)]) -> Resolution {
    let did = member_did().to_string();
    Resolver::new(chain, NOW).resolve(&did, &options(pairs).unwrap())
}

#[test]
fn only_the_current_key_of_an_active_member_serves() {
    let resolution = resolve(&chain(true, &[2, 3]), &[]);
    let did = member_did();
    let document = resolution.document.unwrap();
    let url = |byte| did.verification_method(&key(byte));
    assert_eq!(document.as_json()["assertionMethod"], json!([url(1)]));
    for byte in [1, 2, 3] {
        let serves = byte == 1;
        assert!(document.method(&url(byte)).is_some());
        assert_eq!(
            document.authorizes(Relation::AssertionMethod, &url(byte)),
            serves
        );
        assert_eq!(
            document.authorizes(Relation::Authentication, &url(byte)),
            serves
        );
    }
    let agreement = &document.as_json()["keyAgreement"][0];
    let agreement = document.method(agreement.as_str().unwrap()).unwrap();
    assert!(matches!(agreement.key, Some(PublicKey::X25519(_))) && !agreement.signs);
    assert_eq!(resolution.proof, [json!({"type": "TacitStateProof"})]);
    assert_eq!(resolution.metadata.version_id.as_deref(), Some("3"));
}

#[test]
fn a_suspended_member_is_there_and_its_keys_serve_nothing() {
    let chain = chain(false, &[]);
    let resolution = resolve(&chain, &[]);
    assert_eq!(
        resolution.to_json()["didDocumentMetadata"]["memberActive"],
        json!(false)
    );
    assert_eq!(resolution.http_status(), 200);
    let document = resolution.document.unwrap();
    for relation in Relation::ALL {
        for method in document.methods() {
            assert!(!document.authorizes(relation, &method.id));
        }
    }
    let url = member_did().verification_method(&key(1));
    let used = Resolver::new(&chain, NOW).verification_key(&url, Relation::AssertionMethod);
    assert!(matches!(used, Err(ResolveError::Unusable(_))));
}

#[test]
fn versions_of_a_member() {
    let chain = chain(true, &[2]);
    let first = resolve(&chain, &[("versionId", "1")]);
    assert_eq!(first.metadata.next_version_id.as_deref(), Some("2"));
    assert_eq!(first.metadata.updated, None);
    let url = member_did().verification_method(&key(2));
    let document = first.document.unwrap();
    assert!(document.authorizes(Relation::AssertionMethod, &url));
    assert_eq!(document.methods().count(), 1);
    let version = |pairs: &[(&str, &str)]| {
        let resolution = resolve(&chain, pairs);
        resolution
            .document
            .map(|_| resolution.metadata.version_id.unwrap())
    };
    assert_eq!(version(&[("versionNumber", "2")]), Ok("2".to_owned()));
    assert_eq!(
        version(&[("versionTime", "2026-01-31T23:59:59Z")]),
        Ok("1".to_owned())
    );
    assert_eq!(
        version(&[("versionTime", "2026-02-01T00:00:00Z")]),
        Ok("2".to_owned())
    );
    for missing in [
        ("versionTime", "2025-12-31T23:59:59Z"),
        ("versionId", "3"),
        ("versionId", "0"),
        ("versionId", "01"),
        ("versionId", "+1"),
        ("versionId", "x"),
        ("versionNumber", "0"),
    ] {
        assert_eq!(
            version(&[missing]).unwrap_err().name(),
            "NOT_FOUND",
            "{missing:?}"
        );
    }
    // Between rotations, and what is known about the times of the version that held.
    let mut several = super::resolving::chain(true, &[2, 3]);
    let second = resolve(&several, &[("versionTime", "2026-02-15T00:00:00Z")]);
    let json = second.to_json();
    assert_eq!(
        json["didDocumentMetadata"],
        json!({
            "created": "2026-01-01T00:00:00Z",
            "updated": "2026-02-01T00:00:00Z",
            "nextUpdate": "2026-03-01T00:00:00Z",
            "versionId": "2",
            "nextVersionId": "3",
            "memberName": "Bank",
            "memberActive": true
        })
    );
    let url = member_did().verification_method(&key(2));
    assert!(
        second
            .document
            .unwrap()
            .authorizes(Relation::AssertionMethod, &url)
    );
    several.0.since.clear();
    let unknown = resolve(&several, &[("versionTime", "2026-02-01T00:00:00Z")]);
    assert_eq!(
        unknown.document.unwrap_err().name(),
        "FEATURE_NOT_SUPPORTED"
    );
}

#[test]
fn errors_as_the_standard_names_them() {
    let error = |did: &str, pairs: &[(&str, &str)]| {
        let resolution = resolver().resolve(did, &options(pairs).unwrap());
        let json = resolution.to_json();
        assert_eq!(
            (&json["didDocument"], &json["didDocumentMetadata"]),
            (&Value::Null, &json!({}))
        );
        let problem = json["didResolutionMetadata"]["error"]["type"]
            .as_str()
            .unwrap()
            .to_owned();
        (
            problem.rsplit_once('#').unwrap().1.to_owned(),
            resolution.http_status(),
        )
    };
    let named = |name: &str, status| (name.to_owned(), status);
    assert_eq!(error("no did", &[]), named("INVALID_DID", 400));
    assert_eq!(error("did:key:z6Mk", &[]), named("INVALID_DID", 400));
    assert_eq!(
        error("did:example:a", &[]),
        named("METHOD_NOT_SUPPORTED", 501)
    );
    assert_eq!(error("did:web:example.com", &[]), named("NOT_FOUND", 404));
    assert_eq!(
        error(&member_did().to_string(), &[]),
        named("NOT_FOUND", 404)
    );
    let takes = [("accept", "text/html, application/did;q=0")];
    assert_eq!(
        error(JWK_P256, &takes),
        named("REPRESENTATION_NOT_SUPPORTED", 406)
    );
    assert_eq!(
        error(JWK_P256, &[("versionId", "1")]),
        named("FEATURE_NOT_SUPPORTED", 501)
    );
    for bad in [
        [("versionTime", "yesterday"), ("accept", "*/*")],
        [("versionNumber", "-1"), ("accept", "*/*")],
        [("versionId", ""), ("accept", "*/*")],
        [("versionId", "1"), ("versionTime", "2026-01-01T00:00:00Z")],
        [("versionId", "1"), ("versionNumber", "1")],
        [("accept", "*/*"), ("accept", "*/*")],
    ] {
        assert_eq!(
            options(&bad).unwrap_err().name(),
            "INVALID_OPTIONS",
            "{bad:?}"
        );
    }
    assert_eq!(
        options(&[("hl", "x")]).unwrap_err().name(),
        "FEATURE_NOT_SUPPORTED"
    );
}

#[test]
fn representations() {
    let chosen = |header: &str| {
        let options = options(&[("accept", header)]).unwrap();
        resolver().resolve(JWK_P256, &options).content_type
    };
    assert_eq!(
        resolver()
            .resolve(JWK_P256, &Options::default())
            .content_type,
        "application/did"
    );
    assert_eq!(chosen("*/*"), "application/did");
    assert_eq!(
        chosen("text/html, application/did+ld+json;q=0.5"),
        "application/did+ld+json"
    );
    assert_eq!(
        chosen("application/did;q=0.2, application/did+json;q=0.9"),
        "application/did+json"
    );
    assert_eq!(
        chosen("application/did+json;q=7, */*;q=0.001"),
        "application/did"
    );
}

#[test]
fn keys_serve_what_their_controller_says() {
    let key = |url: &str, relation| resolver().verification_key(url, relation);
    let p256 = format!("{JWK_P256}#0");
    assert!(matches!(
        key(&p256, Relation::AssertionMethod),
        Ok(PublicKey::P256(_))
    ));
    let x25519 = format!("{JWK_X25519}#0");
    for url in [
        JWK_P256.to_owned(),
        format!("{JWK_P256}?versionId=1#0"),
        format!("{JWK_P256}/a#0"),
        x25519,
    ] {
        assert!(
            matches!(
                key(&url, Relation::AssertionMethod),
                Err(ResolveError::Unusable(_))
            ),
            "{url}"
        );
    }
    let chain = chain(true, &[2]);
    let resolver = Resolver::new(&chain, NOW);
    let did = member_did();
    let current = did.verification_method(&self::key(1));
    let earlier = did.verification_method(&self::key(2));
    assert_eq!(
        resolver.verification_key(&current, Relation::Authentication),
        Ok(PublicKey::Ed25519(self::key(1)))
    );
    let refused = |url: &str, relation| resolver.verification_key(url, relation).unwrap_err();
    assert!(matches!(
        refused(&current, Relation::CapabilityInvocation),
        ResolveError::Unusable(_)
    ));
    assert!(matches!(
        refused(&earlier, Relation::AssertionMethod),
        ResolveError::Unusable(_)
    ));
    let stranger = did.verification_method(&self::key(3));
    assert!(matches!(
        refused(&stranger, Relation::AssertionMethod),
        ResolveError::NotFound(_)
    ));
}

#[test]
fn controllers_and_ends_are_heeded() {
    let url = "https://example.com/.well-known/did.json";
    let key = "z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK";
    let with = |name: &str, value: Value| {
        let mut method = json!({"id": "#k", "type": "Multikey", "controller": "did:web:example.com", "publicKeyMultibase": key});
        method[name] = value;
        let document = json!({"id": "did:web:example.com", "assertionMethod": [method]});
        let body = document.to_string().into_bytes();
        let files = super::web::Files([(url.to_owned(), body)].into());
        let resolver = Resolver::new(&files, NOW);
        resolver.verification_key("did:web:example.com#k", Relation::AssertionMethod)
    };
    assert!(with("expires", json!("2027-01-01T00:00:00Z")).is_ok());
    for (name, value) in [
        ("expires", json!("2026-11-21T12:00:00Z")),
        ("revoked", json!("2020-01-01T00:00:00Z")),
        ("controller", json!("did:web:example.org")),
    ] {
        assert!(
            matches!(with(name, value), Err(ResolveError::Unusable(_))),
            "{name}"
        );
    }
}
