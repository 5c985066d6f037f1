//! Documents signed under DIDs of every method, each signed with the same Ed25519 key.

use serde_json::{Value, json};
use tacit_circuits::types::{Digest32, MemberId, Secret, Timestamp};
use tacit_identity::did::{
    DidKey, MemberDid, MemberState, ResolvedMember, Resolver, Sources, Unavailable,
    key_to_multibase,
};
use tacit_identity::keys::VerifyKey;
use tacit_identity::proof::{ProofHash, ProofSigner, ProofValue};
use tacit_identity::public_key::PublicKey;
use tacit_identity::signer::HolderSigner;

use super::*;
use crate::context::Contexts;

const NOW: Timestamp = Timestamp(1_795_262_400);
fn member() -> MemberDid {
    MemberDid {
        chain: Digest32([0xc4; 32]),
        member: MemberId::new(7).unwrap(),
    }
}

fn holder() -> HolderSigner {
    HolderSigner::new(&Secret::new([3; 32]))
}

fn key() -> VerifyKey {
    *holder().did().key()
}

/// Signs as somebody else says who one is.
struct As {
    did: String,
    method: String,
}

impl ProofSigner for As {
    fn did(&self) -> String {
        self.did.clone()
    }

    fn verification_method(&self) -> String {
        self.method.clone()
    }

    fn sign_proof(&self, hash: &ProofHash) -> ProofValue {
        holder().sign_proof(hash)
    }
}

/// A web server with one document and a chain with one member.
struct World {
    document: Value,
    active: bool,
}

impl Sources for World {
    fn file(&self, url: &str) -> Result<Option<Vec<u8>>, Unavailable> {
        let there = url == "https://example.com/.well-known/did.json";
        Ok(there.then(|| self.document.to_string().into_bytes()))
    }

    fn member(&self, did: &MemberDid) -> Result<Option<MemberState>, Unavailable> {
        let member = ResolvedMember {
            name: "Bank".into(),
            active: self.active,
            issuer: true,
            platform: false,
            signing_key: key(),
            earlier_signing_keys: Vec::new(),
            hpke_key: [9; 32],
        };
        Ok((*did == self::member()).then_some(MemberState {
            member,
            since: Vec::new(),
            proof: None,
        }))
    }
}

fn world() -> World {
    let method = json!({
        "id": "#k",
        "type": "Multikey",
        "controller": "did:web:example.com",
        "publicKeyMultibase": key_to_multibase(&key())
    });
    World {
        document: json!({
            "id": "did:web:example.com",
            "verificationMethod": [method],
            "assertionMethod": ["#k"]
        }),
        active: true,
    }
}

fn signers() -> Vec<As> {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    let jwk = PublicKey::Ed25519(key()).to_jwk().to_string();
    let jwk = format!("did:jwk:{}", URL_SAFE_NO_PAD.encode(jwk));
    let signer = |did: String, method: String| As { did, method };
    vec![
        signer(
            DidKey::new(key()).to_string(),
            DidKey::new(key()).verification_method(),
        ),
        signer(jwk.clone(), format!("{jwk}#0")),
        signer("did:web:example.com".into(), "did:web:example.com#k".into()),
        signer(member().to_string(), member().verification_method(&key())),
    ]
}

fn check(signer: &As, world: &World, purpose: Purpose) -> Result<VerifiedDocument, IntegrityError> {
    let contexts = Contexts::bundled().unwrap();
    let document = json!({
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "type": ["VerifiableCredential"],
        "issuer": signer.did,
        "credentialSubject": {"id": "did:example:ada"}
    });
    let created = "2026-11-01T00:00:00Z".parse().unwrap();
    let options = ProofOptions::new(Suite::EddsaJcs2022, purpose, created);
    let secured = secure(&document, &options, signer, &contexts).unwrap();
    let expected = Expected::purpose(purpose, NOW);
    verify(&secured, &expected, &Resolver::new(world, NOW), &contexts)
}

#[test]
fn documents_signed_under_every_method_verify() {
    for signer in signers() {
        let verified = check(&signer, &world(), Purpose::AssertionMethod).unwrap();
        let [proof] = verified.proofs.as_slice() else {
            panic!("one proof")
        };
        assert_eq!(proof.controller, signer.did);
    }
}

#[test]
fn keys_are_good_for_what_their_documents_say() {
    let [_, jwk, web, member] = signers()
        .try_into()
        .unwrap_or_else(|_| panic!("four signers"));
    assert!(check(&jwk, &world(), Purpose::Authentication).is_ok());
    let purpose = Purpose::Authentication;
    let refused = IntegrityError::NotAuthorized(purpose);
    assert_eq!(check(&web, &world(), purpose), Err(refused));
    let purpose = Purpose::CapabilityInvocation;
    let refused = IntegrityError::NotAuthorized(purpose);
    assert_eq!(check(&member, &world(), purpose), Err(refused));
    let suspended = World {
        active: false,
        ..world()
    };
    let purpose = Purpose::AssertionMethod;
    let refused = IntegrityError::NotAuthorized(purpose);
    assert_eq!(check(&member, &suspended, purpose), Err(refused));
}

#[test]
fn keys_that_ended_and_methods_of_others_are_refused() {
    let [_, _, web, _] = signers()
        .try_into()
        .unwrap_or_else(|_| panic!("four signers"));
    let with = |name: &str, value: &str| {
        let mut world = world();
        world.document["verificationMethod"][0][name] = json!(value);
        check(&web, &world, Purpose::AssertionMethod)
    };
    assert!(with("expires", "2026-11-21T12:00:01Z").is_ok());
    assert_eq!(
        with("expires", "2026-11-21T12:00:00Z"),
        Err(IntegrityError::KeyEnded)
    );
    assert_eq!(
        with("revoked", "2020-01-01T00:00:00Z"),
        Err(IntegrityError::KeyEnded)
    );
    let other = "did:web:example.org";
    assert_eq!(
        with("controller", other),
        Err(IntegrityError::UnknownMethod)
    );
    let p256 = "zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169";
    assert_eq!(
        with("publicKeyMultibase", p256),
        Err(IntegrityError::UnknownMethod)
    );
    assert_eq!(
        with("privateKeyMultibase", "z"),
        Err(IntegrityError::UnknownMethod)
    );
}
