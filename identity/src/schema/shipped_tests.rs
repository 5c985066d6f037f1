//! Each shipped schema: a credential of its example is issued and proves its predicates, and nothing that does not hold.

use serde_json::Value;
use tacit_circuits::show::Show;
use tacit_circuits::types::{MemberId, Timestamp};
use tacit_circuits::{Entropy, commit, field::Fr, prove};

use super::{Claims, Shipped};
use crate::credential::Draft;
use crate::presentation::{Presentation, PresentationRequest, ProofTerms, Revealed, Verifier};
use crate::schema::Schema;
use crate::testing::*;

fn claims(shipped: &Shipped, schema: &Schema) -> Claims {
    Claims::parse(schema, shipped.example.as_bytes()).unwrap()
}

fn request(schema: &Schema, query: &str) -> PresentationRequest {
    PresentationRequest {
        chain: CHAIN,
        verifier: Verifier::Anyone,
        terms: ProofTerms {
            label: "shop".into(),
            schema: schema.id().unwrap(),
            issuers: vec![MemberId::new(1).unwrap()],
            query: query.into(),
            oldest_anchor: Timestamp(NOW.0 - 60),
        },
        channel: None,
        nonce: [3; 32],
        expires: Timestamp(NOW.0 + 600),
    }
}

/// The presentation of a query; `None` when it does not hold.
fn present(schema: &Schema, draft: &Draft, claims: &Claims, query: &str) -> Option<Presentation> {
    let request = request(schema, query);
    let (anchor, path) = ledger_of(draft);
    let revealed = Revealed::of(&request.compile(schema, &anchor).unwrap(), claims).unwrap();
    let nym = commit::show_nym(&Fr::from(11u64), &request.scope());
    let public = request.public(schema, &anchor, nym, &revealed).unwrap();
    let witness = witness_of(draft, path);
    let proof = prove::<Show>(show_key(), &public, &witness, Entropy::new([8; 32])).ok()?;
    Some(Presentation::new(request, &revealed, anchor, nym, proof))
}

#[test]
fn examples_are_issued_and_prove_their_predicates() {
    for shipped in Shipped::ALL {
        let name = shipped.name;
        let schema = shipped.schema().unwrap();
        assert_eq!((schema.name(), schema.revision()), (name, 1));
        let claims = claims(&shipped, &schema);
        let draft = Draft::new(&schema, terms(1, claims.clone())).unwrap();
        let credential = issuer(1).sign_credential(&draft, POSITION, NOW).unwrap();
        let stated = credential.verify(&CHAIN, &schema, &members()).unwrap();
        assert_eq!(stated, claims, "{name}");
        let presentation = present(&schema, &draft, &claims, shipped.query);
        let presentation =
            presentation.unwrap_or_else(|| panic!("{name} proves {}", shipped.query));
        let (anchor, _) = ledger_of(&draft);
        let key = show_key().verifying_key();
        let shown = presentation.verify(&schema, &anchor, key).unwrap();
        assert!(!shown.sentences().is_empty());
        // For another schema the proof says nothing.
        let other = Shipped::ALL
            .iter()
            .find(|other| other.name != name)
            .unwrap();
        let other = other.schema().unwrap();
        assert!(presentation.verify(&other, &anchor, key).is_err(), "{name}");
    }
}

#[test]
fn what_does_not_hold_is_not_proven() {
    for (name, query) in [
        ("proof-of-age", "ageOver65 = true"),
        ("proof-of-age", "ageOver12 = true"),
        ("loyalty", "tier >= 3"),
        ("kyc", "sanctioned = true"),
        ("student", "enrolledSince < 2024-10-01"),
    ] {
        let shipped = Shipped::find(name).unwrap();
        let schema = shipped.schema().unwrap();
        let claims = claims(shipped, &schema);
        let draft = Draft::new(&schema, terms(1, claims.clone())).unwrap();
        assert!(
            present(&schema, &draft, &claims, query).is_none(),
            "{query}"
        );
    }
}

/// Ids are hashes of the documents: a changed document orphans every credential under it.
#[test]
fn shipped_documents_never_change() {
    let ids: Vec<String> = Shipped::ALL
        .iter()
        .map(|shipped| {
            format!(
                "{} {}",
                shipped.name,
                shipped.schema().unwrap().id().unwrap()
            )
        })
        .collect();
    assert_eq!(ids, IDS);
    assert_eq!(Shipped::find("other"), None);
    assert_eq!(Shipped::ALL[0].schema(), Schema::person());
}

const IDS: [&str; 8] = [
    "person 100ed142130406b70a72533e538b0a0a3834114f0d2a83430b89be725e7917ed",
    "pid 1dae77ad4fff4ad10662929f36c6e49f47541bc40c9930b3e92c22eb666756d7",
    "proof-of-age 608c4b4c88d794c3a4e9ab7e87de64008d6b5f4e8bd65667023e3dffb2207f6a",
    "address 3e7387b75eb95bf941882aae57fe8cda21a4a21bd033f3204d8b2a96869903b8",
    "employment 47251d841ba9b2a93e06f22e457b0dbd52a47edc6885e79f0088866867aa5f0e",
    "student 3a4a14223f9cde171946abfccb8fa185871fa3bb9a5f8071148ca4e30c1b0990",
    "loyalty 341f5bae78e5e58624d44e23fddf207e2351d478356218d86561e3985563eacc",
    "kyc 277ed6e64bc8284a05240762a2990bbb3cd18a8c99ad0e0ac18b8edbac26adeb",
];

/// Every claim of every schema is described in the specification, and nothing else is.
#[test]
fn the_specification_names_every_claim() {
    let text = include_str!("../../../docs/spec/schemas.md");
    for shipped in Shipped::ALL {
        let heading = format!("\n## `{}`", shipped.name);
        let chapter = text
            .split(&heading)
            .nth(1)
            .unwrap_or_else(|| panic!("{heading}"));
        let chapter = chapter.split("\n## ").next().unwrap();
        let schema = shipped.schema().unwrap();
        for (name, rule) in schema.claims() {
            let kind = serde_json::to_value(rule.kind).unwrap();
            let Value::String(kind) = kind else { panic!() };
            let required = if rule.required { "yes" } else { "" };
            let row = format!("| {} | `{name}` | {kind} | {required} |", rule.slot);
            assert!(chapter.contains(&row), "{}: {row}", shipped.name);
        }
        let rows = chapter
            .lines()
            .filter(|line| line.starts_with("| ") && line.contains("| `"))
            .count();
        assert_eq!(rows, schema.claims().count(), "{}", shipped.name);
        assert!(chapter.contains(shipped.query), "{}", shipped.name);
    }
}
