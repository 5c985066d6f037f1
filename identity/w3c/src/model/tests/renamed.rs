//! What was signed as RDF, written in other words: the proof would still verify, but who reads by name would see less.

use super::*;
use crate::rdf::{canonicalize, unchecked};

const END: &str = "https://www.w3.org/2018/credentials#validUntil";
const STATUS: &str = "https://www.w3.org/2018/credentials#credentialStatus";

fn signed() -> Value {
    let mut options = options(Purpose::AssertionMethod);
    options.expires = Some("2027-01-01T00:00:00Z".parse().unwrap());
    issue_credential(credential(), &options, &signer(1), &contexts()).unwrap()
}

fn check(document: Value) -> Result<VerifiedCredential, ModelError> {
    verify_credential(document, NOW, &did_keys, &contexts())
}

fn take(document: &mut Value, member: &str) -> Value {
    document.as_object_mut().unwrap().remove(member).unwrap()
}

fn add_context(document: &mut Value, context: Value) {
    document["@context"].as_array_mut().unwrap().push(context);
}

/// The end of validity as RDF has it, outside of the term that says so.
fn end(document: &mut Value) -> Value {
    json!({"@value": take(document, "validUntil"), "@type": "http://www.w3.org/2001/XMLSchema#dateTime"})
}

fn statements(document: &Value) -> String {
    let mut unsecured = document.clone();
    take(&mut unsecured, "proof");
    unchecked(&unsecured, &contexts()).unwrap()
}

/// Says what the signed document says, to JSON-LD, and is refused all the same.
fn is_another_form_of(good: &Value, changed: Value) {
    assert_eq!(statements(good), statements(&changed), "{changed}");
    is_refused(changed);
}

fn is_refused(document: Value) {
    let shown = document.to_string();
    match check(document).map(drop) {
        Err(ModelError::Terms(_) | ModelError::Integrity(IntegrityError::Rdf(_))) => {}
        other => panic!("{other:?}: {shown}"),
    }
}

#[test]
fn members_by_their_iri() {
    let mut changed = signed();
    let value = end(&mut changed);
    changed[END] = value;
    is_another_form_of(&signed(), changed);
    let mut changed = signed();
    changed[STATUS] = take(&mut changed, "credentialStatus");
    is_another_form_of(&signed(), changed);
    let mut changed = signed();
    let expires = take(&mut changed["proof"], "expires");
    changed["proof"]["https://w3id.org/security#expiration"] =
        json!({"@value": expires, "@type": "http://www.w3.org/2001/XMLSchema#dateTime"});
    is_refused(changed);
}

#[test]
fn identifiers_and_types_by_their_keywords() {
    for (name, keyword) in [("id", "@id"), ("type", "@type")] {
        for place in ["", "/credentialStatus", "/proof"] {
            let mut changed = signed();
            let node = changed.pointer_mut(place).unwrap();
            if node.get(name).is_some() {
                node[keyword] = take(node, name);
                assert!(check(changed).is_err(), "{place} {keyword}");
            }
        }
    }
    let mut changed = credential();
    changed["credentialStatus"] = json!({
        "type": "BitstringStatusListEntry", "statusPurpose": "revocation", "statusListIndex": "5",
        "statusListCredential": "https://example.org/list"
    });
    let mut changed = issue_credential(
        changed,
        &options(Purpose::AssertionMethod),
        &signer(1),
        &contexts(),
    )
    .unwrap();
    changed["credentialStatus"]["type"] =
        json!("https://www.w3.org/ns/credentials/status#BitstringStatusListEntry");
    is_refused(changed);
}

#[test]
fn members_by_another_name_that_the_document_defines() {
    let dated = json!({"@id": END, "@type": "http://www.w3.org/2001/XMLSchema#dateTime"});
    for (context, name) in [
        (json!({"stop": dated}), "stop"),
        (json!({"stop": END}), "stop"),
        (
            json!({"c": "https://www.w3.org/2018/credentials#", "stop": "c:validUntil"}),
            "stop",
        ),
        (
            json!({"c": "https://www.w3.org/2018/credentials#"}),
            "c:validUntil",
        ),
        (
            json!({"@vocab": "https://www.w3.org/2018/credentials#valid"}),
            "Until",
        ),
        (
            json!({"@vocab": "https://www.w3.org/2018/"}),
            "credentials#validUntil",
        ),
    ] {
        let mut changed = signed();
        let value = end(&mut changed);
        changed[name] = value;
        add_context(&mut changed, context);
        is_refused(changed);
    }
    let mut changed = signed();
    changed["credentialStatus"]["uri"] = take(&mut changed["credentialStatus"], "id");
    add_context(&mut changed, json!({"uri": "@id"}));
    is_another_form_of(&signed(), changed);
}

#[test]
fn claims_by_another_name_of_their_vocabulary() {
    let claims = "https://www.w3.org/ns/credentials/examples#";
    let mut changed = signed();
    let degree = take(&mut changed["credentialSubject"][0], "degree");
    changed["credentialSubject"][0]["rank"] = degree;
    add_context(&mut changed, json!({"rank": format!("{claims}degree")}));
    is_another_form_of(&signed(), changed);
}

fn issued(document: Value) -> Value {
    let options = options(Purpose::AssertionMethod);
    issue_credential(document, &options, &signer(1), &contexts()).unwrap()
}

/// A node that names the credential could carry what belongs to it.
#[test]
fn members_in_another_place() {
    let mut related = credential();
    related["termsOfUse"][0]["about"] = json!({"id": related["id"]});
    let good = issued(related);
    check(good.clone()).unwrap();
    let mut moved = good.clone();
    let status = take(&mut moved, "credentialStatus");
    let about = &mut moved["termsOfUse"][0]["about"];
    about["type"] = json!("VerifiableCredential");
    about["credentialStatus"] = status;
    is_another_form_of(&good, moved);
    // What is said of a subject stays with it.
    let mut known = credential();
    known["credentialSubject"][0]["knows"] = json!({"id": "did:example:b"});
    let good = issued(known);
    let mut moved = good.clone();
    let spouse = take(&mut moved["credentialSubject"][1], "spouse");
    moved["credentialSubject"][0]["knows"]["spouse"] = spouse;
    is_another_form_of(&good, moved);
}

#[test]
fn entries_cut_in_two() {
    let mut listed = credential();
    listed["credentialStatus"] = json!({
        "id": "https://example.org/list#5", "type": "BitstringStatusListEntry", "statusPurpose": "revocation",
        "statusListIndex": "5", "statusListCredential": "https://example.org/list"
    });
    let good = issued(listed);
    let mut changed = good.clone();
    let list = take(&mut changed["credentialStatus"], "statusListCredential");
    let mut other = json!({"id": "https://example.org/list#5", "type": "BitstringStatusListEntry"});
    other["statusListCredential"] = list;
    changed["credentialStatus"] = json!([changed["credentialStatus"], other]);
    is_another_form_of(&good, changed);
    // Nodes without a name get one.
    let mut changed = signed();
    changed["issuer"]["name"]["id"] = json!("_:n");
    assert!(check(changed).is_err());
    let mut nested = credential();
    nested["credentialSubject"][0]["degree"] = json!({"level": "BSc", "year": 2020});
    let good = issued(nested);
    let mut changed = good.clone();
    changed["credentialSubject"][0]["degree"] =
        json!([{"id": "_:d", "level": "BSc"}, {"id": "_:d", "year": 2020}]);
    is_another_form_of(&good, changed);
}

/// JSON-LD drops texts of the form of a keyword where it looks for an IRI.
#[test]
fn texts_like_keywords() {
    let mut changed = signed();
    changed["credentialSubject"][0]["license"] = json!({"id": "@MD", "type": ["MedicalLicense"]});
    is_another_form_of(&signed(), changed);
    let mut changed = signed();
    changed["credentialSubject"][0]["type"] = json!(["@administrator"]);
    is_another_form_of(&signed(), changed);
}

#[test]
fn values_in_another_form() {
    let mut with = credential();
    with["credentialSubject"][0]["admin"] = json!(false);
    with["credentialSubject"][0]["year"] = json!(2020);
    let good = issued(with);
    let typed = |text: &str, kind: &str| json!({"@value": text, "@type": format!("http://www.w3.org/2001/XMLSchema#{kind}")});
    for (member, value) in [
        ("admin", typed("false", "boolean")),
        ("year", typed("2020", "integer")),
        ("year", json!([2020, 2020])),
        ("degree", json!({"@value": "BSc"})),
        ("degree", typed("BSc", "string")),
        ("admin", json!({"@value": false})),
    ] {
        let mut changed = good.clone();
        changed["credentialSubject"][0][member] = value;
        is_another_form_of(&good, changed);
    }
}

#[test]
fn identifiers_that_are_resolved() {
    let mut document = credential();
    document["termsOfUse"][0]["about"] = json!({"id": "//example.org/x"});
    assert_eq!(
        canonicalize(&document, &contexts()),
        Err(RdfError::NotAnIri)
    );
}

#[test]
fn usual_documents_name_a_node_more_than_once() {
    let mut own = credential();
    own["issuer"] = json!(did(1));
    own["credentialSubject"] = json!({"id": did(1), "degree": "BSc", "knows": {"id": did(1)}});
    own["evidence"][0]["verifier"] = json!(did(1));
    check(issued(own)).unwrap();
}

#[test]
fn members_that_say_nothing_in_rdf() {
    for nothing in [json!([]), json!({}), json!([{}])] {
        let mut changed = signed();
        changed["credentialSubject"][0]["criminalRecord"] = nothing;
        assert!(check(changed).is_err());
    }
}

#[test]
fn small_documents_stay_small() {
    let scoped = [
        "VerifiableCredential",
        "VerifiablePresentation",
        "verifiableCredential",
        "JsonSchema",
        "BitstringStatusList",
        "BitstringStatusListEntry",
        "statusMessage",
        "DataIntegrityProof",
    ];
    let pairs = (0..scoped.len()).flat_map(|a| (0..a).map(move |b| (a, b)));
    let typed: Vec<Value> = pairs
        .map(|(a, b)| json!({"type": [scoped[a], scoped[b]]}))
        .collect();
    let mut many = credential();
    many["evidence"] = Value::Array(typed);
    assert_eq!(canonicalize(&many, &contexts()), Err(RdfError::TooLarge));
    let places = |n: usize| {
        let mut many = credential();
        let own =
            |n| json!({"@context": "https://www.w3.org/ns/credentials/examples/v2", "number": n});
        many["credentialSubject"] = Value::Array((0..n).map(own).collect());
        canonicalize(&many, &contexts()).map(drop)
    };
    assert_eq!(places(400), Ok(()));
    assert_eq!(places(600), Err(RdfError::TooLarge));
    let mut typed = credential();
    typed["type"] = Value::Array((0..40_000).map(|n| json!(format!("T{n}"))).collect());
    assert_eq!(parse(typed), Err(ModelError::TooMany("type")));
}

#[test]
fn a_chain_names_each_proof_once() {
    let mut chained = options(Purpose::AssertionMethod);
    chained.id = Some("urn:example:first".to_owned());
    let first = issue_credential(credential(), &chained, &signer(1), &contexts()).unwrap();
    chained.id = None;
    chained.previous = vec!["urn:example:first".to_owned()];
    let mut twice = secure(&first, &chained, &signer(1), &contexts()).unwrap();
    check(twice.clone()).unwrap();
    for many in [2, 20_000] {
        twice["proof"][1]["previousProof"] = json!(vec!["urn:example:first"; many]);
        let refused = Err(ModelError::Integrity(IntegrityError::PreviousProof));
        assert_eq!(check(twice.clone()).map(drop), refused);
    }
}
