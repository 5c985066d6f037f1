//! What was signed as RDF, written in other words: the proof would still verify, but who reads by name would see less.

use super::*;
use crate::rdf::canonicalize;

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
    is_refused(changed);
    let mut changed = signed();
    changed[STATUS] = take(&mut changed, "credentialStatus");
    is_refused(changed);
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
    is_refused(changed);
}

#[test]
fn claims_by_another_name_of_their_vocabulary() {
    let claims = "https://www.w3.org/ns/credentials/examples#";
    let mut changed = signed();
    let degree = take(&mut changed["credentialSubject"][0], "degree");
    changed["credentialSubject"][0]["spouse"] = degree;
    add_context(&mut changed, json!({"spouse": format!("{claims}degree")}));
    is_refused(changed);
    let mut same = signed();
    add_context(&mut same, json!({"degree": format!("{claims}degree")}));
    check(same).unwrap();
}

/// A node that names the credential could carry what belongs to it.
#[test]
fn members_in_another_place() {
    let mut related = credential();
    related["termsOfUse"][0]["about"] = json!({"id": related["id"]});
    let good = issue_credential(
        related,
        &options(Purpose::AssertionMethod),
        &signer(1),
        &contexts(),
    )
    .unwrap();
    check(good.clone()).unwrap();
    let mut moved = good;
    let status = take(&mut moved, "credentialStatus");
    let about = &mut moved["termsOfUse"][0]["about"];
    about["type"] = json!("VerifiableCredential");
    about["credentialStatus"] = status;
    is_refused(moved);
}

/// Without the rules above these would be the same statements: the tests test what they say.
#[test]
fn only_names_differ() {
    let good = signed();
    let mut changed = good.clone();
    add_context(&mut changed, json!({"more": "urn:example:more"}));
    let quads = |document: &Value| {
        let mut unsecured = document.clone();
        take(&mut unsecured, "proof");
        canonicalize(&unsecured, &contexts()).unwrap()
    };
    assert_eq!(quads(&good), quads(&changed));
    check(changed).unwrap();
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
        let own = json!({"@context": [{"more": "urn:example:more"}], "more": "x"});
        many["credentialSubject"] = Value::Array(vec![own; n]);
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
