use std::sync::OnceLock;

use proptest::prelude::*;
use serde_json::{Value, json};
use tacit_circuits::commit;
use tacit_circuits::field::Fr;
use tacit_circuits::keys::insecure_development_setup;
use tacit_circuits::show::{Show, ShowWitness};
use tacit_circuits::tree::LivePath;
use tacit_circuits::types::{AnchorView, MemberId, Timestamp};
use tacit_circuits::{Entropy, prove};

use super::*;
use crate::testing::show_key as key;
use crate::testing::*;

type E = PresentationError;

const QUERY: &str = "age >= 18, country in [DE, FR], income in 1000..5000, level != 2, reveal country, reveal familyName";

fn request() -> PresentationRequest {
    PresentationRequest {
        chain: CHAIN,
        verifier: Verifier::Member(did(3)),
        terms: ProofTerms {
            label: "shop".into(),
            schema: person().id().unwrap(),
            issuers: vec![member(1), member(2)],
            query: QUERY.into(),
            oldest_anchor: Timestamp(NOW.0 - 60),
        },
        channel: None,
        nonce: [3; 32],
        expires: Timestamp(NOW.0 + 600),
    }
}

fn ledger() -> (AnchorView, LivePath) {
    ledger_of(&draft())
}

fn witness(path: LivePath) -> ShowWitness {
    witness_of(&draft(), path)
}

fn present(request: &PresentationRequest) -> Presentation {
    let (anchor, path) = ledger();
    let schema = person();
    let revealed = Revealed::of(&request.compile(&schema, &anchor).unwrap(), &claims()).unwrap();
    let nym = commit::show_nym(&Fr::from(11u64), &request.scope());
    let public = request.public(&schema, &anchor, nym, &revealed).unwrap();
    let proof = prove::<Show>(key(), &public, &witness(path), Entropy::new([8; 32])).unwrap();
    Presentation::new(request.clone(), &revealed, anchor, nym, proof)
}

/// One good presentation, for the tests that spoil it.
fn good() -> Presentation {
    static GOOD: OnceLock<Presentation> = OnceLock::new();
    GOOD.get_or_init(|| present(&request())).clone()
}

fn verify(presentation: &Presentation) -> Result<Shown, E> {
    presentation.verify(&person(), &ledger().0, key().verifying_key())
}

#[test]
fn a_presentation_survives_its_file_and_says_in_words_what_it_proves() {
    let read = Presentation::parse(&good().to_json().unwrap()).unwrap();
    assert_eq!(read, good());
    assert_eq!(read.answers(&request(), NOW), Ok(()));
    let shown = verify(&read).unwrap();
    assert_eq!(shown.verifier, Verifier::Member(did(3)));
    assert_eq!(shown.issuers, [member(1), member(2)]);
    assert_eq!(
        shown.sentences(),
        [
            "age is at least 18 (born on or before 2008-11-21)",
            "country is one of DE, FR",
            "income is from 1000 to 5000",
            "level is not 2",
            "country is DE (revealed)",
            "familyName is Lovelace (revealed)",
        ]
    );
    assert!(!format!("{shown:?} {read:?}").contains("Lovelace"));
}

#[test]
fn a_proof_for_one_verifier_label_nonce_channel_or_text_is_none_for_another() {
    let document: Value = serde_json::from_slice(&good().to_json().unwrap()).unwrap();
    let changes: [(&str, Value); 8] = [
        ("/request/verifier", json!(did(4))),
        ("/request/verifier", json!("anyone")),
        ("/request/terms/label", json!("bank")),
        ("/request/terms/query", json!(QUERY.replace("18", "21"))),
        ("/request/terms/issuers", json!([1, 2, 3])),
        ("/request/nonce", json!("00".repeat(32))),
        ("/request/channel", json!("00".repeat(32))),
        ("/request/chain", json!(OTHER_CHAIN)),
    ];
    for (path, value) in changes {
        let mut changed = document.clone();
        *changed.pointer_mut(path).unwrap() = value;
        let read = Presentation::parse(changed.to_string().as_bytes()).unwrap();
        assert_eq!(
            read.answers(&request(), NOW),
            Err(E::OtherRequest),
            "{path}"
        );
        assert_eq!(verify(&read), Err(E::Proof), "{path}");
    }
    assert_eq!(
        good().answers(&request(), request().expires),
        Err(E::Expired)
    );
}

#[test]
fn revealed_values_pseudonym_proof_and_anchor_cannot_be_changed() {
    let document: Value = serde_json::from_slice(&good().to_json().unwrap()).unwrap();
    let changed = |path: &str, value: Value| {
        let mut document = document.clone();
        let (parent, name) = path.rsplit_once('/').unwrap();
        document.pointer_mut(parent).unwrap()[name] = value;
        Presentation::parse(document.to_string().as_bytes())
            .and_then(|read| verify(&read))
            .unwrap_err()
    };
    assert_eq!(changed("/revealed/country", json!("FR")), E::Proof);
    assert_eq!(changed("/revealed/familyName", json!("Byron")), E::Proof);
    assert_eq!(
        changed("/revealed/familyName", json!(5)),
        E::Reveal("familyName".into())
    );
    assert_eq!(
        changed("/revealed/level", json!(3)),
        E::NotAsked("level".into())
    );
    assert_eq!(
        changed("/revealed/shoe", json!(3)),
        E::NotAsked("shoe".into())
    );
    assert_eq!(
        changed("/revealed", json!({"country": "DE"})),
        E::Reveal("familyName".into())
    );
    assert_eq!(changed("/nym", json!("00".repeat(32))), E::Proof);
    assert_eq!(changed("/proof", json!("00".repeat(192))), E::Proof);
    assert_eq!(changed("/anchor/height", json!(8)), E::OtherAnchor);
    assert_eq!(changed("/anchor/time", json!(NOW.0 + 1)), E::OtherAnchor);
    assert_eq!(changed("/tacit", json!("x")), E::Kind("presentation"));
    assert_eq!(changed("/version", json!(9)), E::Version("presentation", 9));
    assert!(matches!(
        changed("/request/terms/query", json!("age >= ")),
        E::Predicate(_)
    ));
    assert!(matches!(changed("/more", json!(1)), E::Json(_)));
    assert_eq!(
        changed("/request/terms/oldestAnchor", json!(NOW.0 + 1)),
        E::OldAnchor
    );
    assert_eq!(
        changed("/request/terms/schema", json!("00".repeat(32))),
        E::OtherSchema
    );
    // A key of another statement verifies nothing.
    let other = insecure_development_setup::<tacit_circuits::open::Open>().unwrap();
    assert_eq!(
        good()
            .verify(&person(), &ledger().0, other.verifying_key())
            .unwrap_err(),
        E::Proof
    );
}

#[test]
fn what_does_not_hold_cannot_be_presented() {
    let (anchor, path) = ledger();
    for query in [
        "age < 18",
        "country in [FR]",
        "level = 2",
        "email != \"x\"",
        "income > 4200",
    ] {
        let mut request = request();
        request.terms.query = query.into();
        let nym = commit::show_nym(&Fr::from(11u64), &request.scope());
        let public = request
            .public(&person(), &anchor, nym, &Revealed::default())
            .unwrap();
        let refused = prove::<Show>(
            key(),
            &public,
            &witness(path.clone()),
            Entropy::new([8; 32]),
        );
        assert!(refused.is_err(), "{query}");
    }
    let mut request = request();
    request.terms.query = "reveal email".into();
    let compiled = request.compile(&person(), &anchor).unwrap();
    assert_eq!(
        Revealed::of(&compiled, &claims()).unwrap_err(),
        E::Reveal("email".into())
    );
}

#[test]
fn requests_of_members_are_signed_and_verified() {
    let signed = signer(3).sign_presentation_request(request()).unwrap();
    let read = SignedPresentationRequest::parse(&signed.to_json().unwrap()).unwrap();
    let verify = |signed: SignedPresentationRequest| signed.verify(&CHAIN, &members(), NOW);
    assert_eq!(verify(read.clone()), Ok(request()));
    assert_eq!(
        read.clone().verify(&OTHER_CHAIN, &members(), NOW),
        Err(E::OtherChain)
    );
    assert_eq!(
        read.clone().verify(&CHAIN, &members(), request().expires),
        Err(E::Expired)
    );
    let mut changed = members();
    changed.get_mut(&member(3)).unwrap().active = false;
    assert_eq!(
        read.clone().verify(&CHAIN, &changed, NOW),
        Err(E::Suspended)
    );
    changed.remove(&member(3));
    assert_eq!(read.verify(&CHAIN, &changed, NOW), Err(E::UnknownMember));
    let document: Value = serde_json::from_slice(&signed.to_json().unwrap()).unwrap();
    for (path, value, error) in [
        ("/request/nonce", json!("00".repeat(32)), E::Signature),
        ("/request/terms/label", json!("bank"), E::Signature),
        ("/request/verifier", json!(did(4)), E::Signature),
        ("/request/verifier", json!("anyone"), E::NotTheVerifier),
        ("/signature", json!("00".repeat(64)), E::Signature),
        (
            "/tacit",
            json!("presentation"),
            E::Kind("presentation-request"),
        ),
    ] {
        let mut changed = document.clone();
        *changed.pointer_mut(path).unwrap() = value;
        let result =
            SignedPresentationRequest::parse(changed.to_string().as_bytes()).and_then(verify);
        assert_eq!(result, Err(error), "{path}");
    }
    assert_eq!(
        signer(4).sign_presentation_request(request()).unwrap_err(),
        E::NotTheVerifier
    );
    let anyone = PresentationRequest {
        verifier: Verifier::Anyone,
        ..request()
    };
    assert_ne!(anyone.scope(), request().scope());
    assert_eq!(
        signer(3).sign_presentation_request(anyone).unwrap_err(),
        E::NotTheVerifier
    );
}

proptest! {
    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = Presentation::parse(&bytes);
        let _ = SignedPresentationRequest::parse(&bytes);
    }

    #[test]
    fn bindings_and_scopes_differ_with_every_field(nonce: [u8; 32], expires: u64, id in 1u32..9, label in "[a-z]{0,8}") {
        let base = request();
        let member = MemberId::new(id).unwrap();
        let verifier = Verifier::Member(crate::did::MemberDid { chain: CHAIN, member });
        let mut other = PresentationRequest { nonce, expires: Timestamp(expires), verifier, ..base.clone() };
        other.terms.label = label;
        prop_assert_eq!(other == base, other.binding() == base.binding());
        let same_scope = other.verifier == base.verifier && other.terms.label == base.terms.label;
        prop_assert_eq!(same_scope, other.scope() == base.scope());
    }
}
