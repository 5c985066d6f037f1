use serde_json::json;

use super::*;

fn contexts() -> Contexts {
    Contexts::bundled().unwrap()
}

fn credential() -> Value {
    json!({
        "@context": ["https://www.w3.org/ns/credentials/v2", "https://www.w3.org/ns/credentials/examples/v2"],
        "id": "urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33",
        "type": ["VerifiableCredential", "AlumniCredential"],
        "issuer": "https://vc.example/issuers/5678",
        "validFrom": "2023-01-01T00:00:00Z",
        "credentialSubject": {"id": "did:example:abcdefgh", "alumniOf": "The School of Examples"}
    })
}

fn plain() -> Value {
    let mut document = credential();
    document["@context"] = json!(["https://www.w3.org/ns/credentials/v2"]);
    document["type"] = json!(["VerifiableCredential"]);
    document["credentialSubject"] = json!({"id": "did:example:abcdefgh"});
    document
}

fn refused(document: &Value) -> RdfError {
    canonicalize(document, &contexts()).unwrap_err()
}

#[test]
fn scoped_terms_become_statements() {
    let quads = canonicalize(&credential(), &contexts()).unwrap();
    assert!(quads.contains(
        "<https://www.w3.org/ns/credentials/examples#alumniOf> \"The School of Examples\""
    ));
    assert!(quads.contains("<https://www.w3.org/2018/credentials#validFrom> \"2023-01-01T00:00:00Z\"^^<http://www.w3.org/2001/XMLSchema#dateTime>"));
    assert_eq!(quads.lines().count(), 6);
    canonicalize(&plain(), &contexts()).unwrap();
}

#[test]
fn undefined_terms_and_types_are_refused_wherever_they_stand() {
    let undefined = |name: &str| RdfError::UndefinedTerm(name.to_owned());
    let mut document = plain();
    document["favouriteColour"] = json!("red");
    assert_eq!(refused(&document), undefined("favouriteColour"));

    let mut document = plain();
    document["credentialSubject"]["alumniOf"] = json!({"id": "urn:x"});
    assert_eq!(refused(&document), undefined("alumniOf"));

    let mut document = plain();
    document["type"] = json!(["VerifiableCredential", "AlumniCredential"]);
    assert_eq!(refused(&document), undefined("AlumniCredential"));

    // A presentation's `verifiableCredential` forgets all terms: inside it nothing is defined without a context of its own.
    let mut inner = credential();
    inner["@context"] = json!("https://www.w3.org/ns/credentials/v2");
    let presentation = json!({
        "@context": ["https://www.w3.org/ns/credentials/v2", "https://www.w3.org/ns/credentials/examples/v2"],
        "type": "VerifiablePresentation",
        "verifiableCredential": [inner]
    });
    assert!(matches!(refused(&presentation), RdfError::UndefinedTerm(_)));
    let mut presentation = presentation;
    presentation["verifiableCredential"] = json!([credential()]);
    canonicalize(&presentation, &contexts()).unwrap();
    presentation["verifiableCredential"][0]
        .as_object_mut()
        .unwrap()
        .remove("@context");
    assert!(matches!(refused(&presentation), RdfError::UndefinedTerm(_)));
}

#[test]
fn protected_terms_cannot_be_redefined() {
    let mut document = credential();
    document["@context"] =
        json!(["https://www.w3.org/ns/credentials/v2", {"issuer": "urn:not:the:issuer"}]);
    document["type"] = json!(["VerifiableCredential"]);
    document["credentialSubject"] = json!({"id": "did:example:a"});
    // `issuer` is scoped to the type: the definition of the document is the outer one and does not count.
    let quads = unchecked(&document, &contexts()).unwrap();
    assert!(quads.contains("<https://www.w3.org/2018/credentials#issuer>"));
    document["@context"] =
        json!(["https://www.w3.org/ns/credentials/v2", {"name": "urn:not:the:name"}]);
    assert_eq!(
        check(&document, &contexts()),
        Err(RdfError::JsonLd("protected term redefinition".to_owned()))
    );
}

#[test]
fn identifiers_are_absolute() {
    for bad in ["x", "", "#frag", "/path", "../x"] {
        let mut document = plain();
        document["credentialSubject"]["id"] = json!(bad);
        assert_eq!(refused(&document), RdfError::NotAnIri, "{bad}");
    }
    for bad in ["did:example:a b", "urn:<>", "https://ex ample/"] {
        for field in ["id", "issuer"] {
            let mut document = plain();
            document[field] = json!(bad);
            assert_eq!(refused(&document), RdfError::NotAnIri, "{bad}");
        }
    }
}

#[test]
fn what_rdf_would_not_say_is_refused() {
    let feature = |name: &str| RdfError::Feature(name.to_owned());
    let mut document = plain();
    document["name"] = Value::Null;
    assert_eq!(refused(&document), feature("null"));
    document["name"] = json!({"@value": "x", "@language": "en", "@direction": "ltr"});
    assert_eq!(refused(&document), feature("@direction"));
    document["name"] = json!({"@list": ["x"]});
    assert_eq!(refused(&document), feature("@list"));
    for graph in ["proof", "verifiableCredential"] {
        for bad in [json!("urn:x"), json!(7), json!([{"@value": "x"}])] {
            let mut document = plain();
            document[graph] = bad;
            assert_eq!(refused(&document), feature(graph));
        }
    }
    document["name"] = json!([["x"], "y"]);
    assert_eq!(refused(&document), feature("list in a list"));
    document["name"] = json!({"@value": "x", "@index": "en"});
    assert_eq!(refused(&document), feature("@index"));
    document["name"] = json!({"@value": "x", "@unheardOf": "en"});
    assert_eq!(refused(&document), feature("@unheardOf"));
    document["name"] = json!({"@value": "x", "@language": "not a language"});
    assert_eq!(refused(&document), feature("@language"));
    document["name"] =
        json!([{"@value": "x", "@language": "en"}, {"@value": "y", "@language": "de"}]);
    canonicalize(&document, &contexts()).unwrap();
}

#[test]
fn contexts_are_known_or_plain() {
    let mut document = plain();
    document["@context"] = json!([
        "https://www.w3.org/ns/credentials/v2",
        "https://example.org/other"
    ]);
    assert_eq!(
        refused(&document),
        RdfError::UnknownContext("https://example.org/other".to_owned())
    );
    document.as_object_mut().unwrap().remove("@context");
    assert_eq!(refused(&document), RdfError::NoContext);
    for bad in [
        json!(null),
        json!(7),
        json!({"gone": null}),
        json!({"idx": "@index"}),
        json!({"@vocab": null}),
        json!({"@vocab": ""}),
        json!({"@base": "https://x.example/"}),
        json!({"@import": "https://www.w3.org/ns/credentials/v2"}),
        json!({"x": {"@id": "urn:x", "@context": {}}}),
        json!({"x": {"@id": "urn:x", "@container": "@index"}}),
        json!({"x": {"@reverse": "urn:x"}}),
        json!({"x": {"@type": "@id"}}),
        json!({"x": {"@id": "urn:x", "@type": "@vocab"}}),
        json!({"x": {"@id": "urn:x", "@type": "http://www.w3.org/2001/XMLSchema#boolean"}}),
        json!({"kind": "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"}),
        json!({"x": "y"}),
    ] {
        let mut document = plain();
        document["@context"] = json!(["https://www.w3.org/ns/credentials/v2", bad]);
        assert!(
            matches!(
                check(&document, &contexts()),
                Err(RdfError::InlineContext(_))
            ),
            "{bad}"
        );
    }
    let mut document = plain();
    document["@context"] =
        json!(["https://www.w3.org/ns/credentials/v2", {"level": "urn:example:level"}]);
    document["credentialSubject"]["level"] = json!(3);
    let quads = canonicalize(&document, &contexts()).unwrap();
    assert!(quads.contains("<urn:example:level> \"3\""));
}

/// Nodes without names that all point at one another.
fn clique(nodes: usize) -> Value {
    let names: Vec<String> = (0..nodes).map(|n| format!("_:n{n}")).collect();
    let subjects: Vec<Value> = names
        .iter()
        .map(|name| {
            let others: Vec<Value> = names
                .iter()
                .filter(|n| *n != name)
                .map(|n| json!({"id": n}))
                .collect();
            json!({"id": name, "knows": others})
        })
        .collect();
    let mut document = credential();
    document["credentialSubject"] = Value::Array(subjects);
    document
}

#[test]
fn poisoned_graphs_are_refused_before_any_work() {
    let checked = |nodes: usize| {
        let quads = quads(&clique(nodes), &contexts(), Use::Understood).unwrap();
        poison::check(&quads.iter().collect())
    };
    assert_eq!(checked(5), Ok(()));
    assert_eq!(checked(6), Err(RdfError::Poisoned));
    assert_eq!(checked(60), Err(RdfError::Poisoned));
    // Signed documents have no labels to join them by.
    assert!(matches!(refused(&clique(2)), RdfError::Feature(_)));
}

#[test]
fn many_alike_nodes_in_a_usual_document_are_no_poison() {
    let results: Vec<Value> = (0..200)
        .map(|n| json!({"type": "Result", "mark": {"type": "Mark", "value": n % 7}}))
        .collect();
    let mut document = credential();
    document["credentialSubject"]["results"] = Value::Array(results);
    canonicalize(&document, &contexts()).unwrap();
}

#[test]
fn each_of_several_types_brings_its_terms() {
    let document = json!({"@context": {
        "@version": 1.1,
        "id": "@id",
        "type": "@type",
        "Cat": {"@id": "urn:x:Cat", "@context": {"purrs": "urn:x:purrs", "name": "urn:x:catName"}},
        "Pet": {"@id": "urn:x:Pet", "@context": {"owner": {"@id": "urn:x:owner", "@type": "@id"}}},
        "Old": {"@id": "urn:x:Old", "@context": {"age": "urn:x:age", "name": "urn:x:oldName"}},
        "name": "urn:x:name"
    }});
    let bytes = serde_json::to_vec(&document).unwrap();
    let mut contexts = contexts();
    let pin = hex::encode(<sha2::Sha256 as sha2::Digest>::digest(&bytes));
    contexts.add("urn:pets", &bytes, &pin).unwrap();
    let cat = json!({
        "@context": "urn:pets", "id": "urn:tom", "type": ["Pet", "Old", "Cat"],
        "purrs": true, "age": 9, "name": "Tom",
        "owner": {"id": "urn:ada", "name": "Ada"}
    });
    let quads = canonicalize(&cat, &contexts).unwrap();
    let mut expected = [
        "<urn:ada> <urn:x:name> \"Ada\" .",
        "<urn:tom> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <urn:x:Cat> .",
        "<urn:tom> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <urn:x:Old> .",
        "<urn:tom> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <urn:x:Pet> .",
        "<urn:tom> <urn:x:age> \"9\"^^<http://www.w3.org/2001/XMLSchema#integer> .",
        "<urn:tom> <urn:x:oldName> \"Tom\" .",
        "<urn:tom> <urn:x:owner> <urn:ada> .",
        "<urn:tom> <urn:x:purrs> \"true\"^^<http://www.w3.org/2001/XMLSchema#boolean> .",
    ];
    expected.sort_unstable();
    assert_eq!(quads.lines().collect::<Vec<_>>(), expected);
    let mut stranger = cat;
    stranger["owner"]["purrs"] = json!(true);
    assert_eq!(
        canonicalize(&stranger, &contexts),
        Err(RdfError::UndefinedTerm("purrs".to_owned()))
    );
}

#[test]
fn documents_cannot_write_what_is_taken_out_again() {
    let reserved = Err(RdfError::Feature("reserved name".to_owned()));
    for bad in ["tacit-combined://type/0", "\u{10FFFD}combined0"] {
        let mut document = plain();
        document["type"] = json!(["VerifiableCredential", bad]);
        assert_eq!(canonicalize(&document, &contexts()), reserved);
        let mut document = plain();
        document[bad] = json!("x");
        assert_eq!(canonicalize(&document, &contexts()), reserved);
    }
    for bad in [
        json!({"t": "tacit-combined:/"}),
        json!({"@vocab": "tacit-combined://type/"}),
    ] {
        let mut document = plain();
        document["@context"] = json!(["https://www.w3.org/ns/credentials/v2", bad]);
        document["type"] = json!(["VerifiableCredential", "t:/type/0"]);
        assert!(matches!(
            check(&document, &contexts()),
            Err(RdfError::InlineContext(_))
        ));
    }
}
