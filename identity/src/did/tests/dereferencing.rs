//! DID URLs: fragments, services, versions, relationships, and what has no answer.

use serde_json::{Value, json};

use super::super::*;
use super::NOW;
use super::web::Files;

const DID: &str = "did:web:example.com";

/// A document with two keys and three services, one of them with a relative name.
fn web() -> Files {
    let document = json!({
        "@context": ["https://www.w3.org/ns/did/v1.1"],
        "id": DID,
        "verificationMethod": [
            method("#signs"),
            method("#idle")
        ],
        "assertionMethod": ["#signs"],
        "service": [
            {"id": "#files", "type": "Files", "serviceEndpoint": "https://files.example/a/b?x=1"},
            {"id": format!("{DID}#mail"), "type": ["Mail", "Inbox"],
             "serviceEndpoint": ["https://mail.example/in#box", {"uri": "x"}, "mailto:a@mail.example"]},
            {"id": "https://agent.example/#me", "type": "Mail", "serviceEndpoint": {"uri": "x"}}
        ]
    });
    let url = "https://example.com/.well-known/did.json".to_owned();
    Files([(url, document.to_string().into_bytes())].into())
}

fn method(id: &str) -> Value {
    json!({
        "id": id,
        "type": "Multikey",
        "controller": DID,
        "publicKeyMultibase": "z6MktwupdmLXVVqTzCw4i46r4uGyosGXRnR3XjN4Zq7oMMsw"
    })
}

/// What `DID` and the rest lead to, with these options.
fn dereference(rest: &str, options: &[(&str, &str)]) -> Dereferenced {
    let mut read = DereferenceOptions::default();
    for (name, value) in options {
        read.set(name, value).unwrap();
    }
    Resolver::new(&web(), NOW).dereference(&format!("{DID}{rest}"), &read)
}

fn content(rest: &str) -> Result<Content, &'static str> {
    let answer = dereference(rest, &[]);
    answer.content.map_err(|error| error.name())
}

fn places(rest: &str) -> Result<Vec<String>, &'static str> {
    let answer = dereference(rest, &[("accept", URI_LIST)]);
    match answer.content {
        Ok(Content::Places(places)) => Ok(places),
        Ok(other) => panic!("{other:?}"),
        Err(error) => Err(error.name()),
    }
}

#[test]
fn a_fragment_names_a_part_with_the_documents_context() {
    let Ok(Content::Document(document)) = content("") else {
        panic!("a document")
    };
    let Ok(Content::Part(part)) = content("#signs") else {
        panic!("a part")
    };
    assert_eq!(part["@context"], document["@context"]);
    assert_eq!(part["id"], "#signs");
    let Ok(Content::Part(part)) = content("#files") else {
        panic!("a part")
    };
    assert_eq!(part["type"], "Files");
    assert_eq!(content("#nobody"), Err("NOT_FOUND"));
    assert_eq!(content("#"), Err("NOT_FOUND"));
    let json = dereference("#signs", &[]).to_json();
    assert_eq!(
        json["dereferencingMetadata"],
        json!({"contentType": "application/did"})
    );
}

#[test]
fn services_are_selected_by_name_and_type() {
    let selected = |rest: &str| match content(rest) {
        Ok(Content::Document(document)) => {
            assert_eq!(document["verificationMethod"].as_array().unwrap().len(), 2);
            document["service"].as_array().unwrap().len()
        }
        other => panic!("{rest}: {other:?}"),
    };
    for one in [
        "?service=files",
        "?service=%23files",
        "?service=did%3Aweb%3Aexample.com%23files",
        "?service=did:web:example.com%23mail",
        "?service=https%3A%2F%2Fagent.example%2F%23me",
        "?serviceType=Inbox",
        "?service=mail&serviceType=Mail",
    ] {
        assert_eq!(selected(one), 1, "{one}");
    }
    assert_eq!(selected("?serviceType=Mail"), 2);
    for none in [
        "?service=Files",
        "?service=mail&serviceType=Files",
        "?service=",
    ] {
        assert_eq!(selected(none), 0, "{none}");
    }
    // Methods stay, and of the services those that were selected.
    assert!(content("?service=files#signs").is_ok());
    assert!(content("?service=files#files").is_ok());
    assert_eq!(content("?service=files#mail"), Err("NOT_FOUND"));
}

#[test]
fn places_of_services_are_resolved_as_references_are() {
    let one = |rest: &str| places(rest).map(|places| places.join(" "));
    let at = |place: &str| Ok(place.to_owned());
    assert_eq!(one("?service=files"), at("https://files.example/a/b?x=1"));
    for (relative, place) in [
        ("c%3Fy%3D2", "https://files.example/a/c?y=2"),
        ("%2Fc%2Fd", "https://files.example/c/d"),
        ("../../../c", "https://files.example/c"),
        ("", "https://files.example/a/b?x=1"),
        ("%2F%2Ffiles.example%2Fc", "https://files.example/c"),
    ] {
        let rest = format!("?service=files&relativeRef={relative}");
        assert_eq!(one(&rest), at(place), "{relative}");
    }
    assert_eq!(
        one("?service=files&relativeRef=c#part"),
        at("https://files.example/a/c#part")
    );
    // Endpoints that are maps have no place.
    assert_eq!(
        one("?serviceType=Mail"),
        at("https://mail.example/in#box mailto:a@mail.example")
    );
    for none in [
        "?service=nobody",
        "?service=https%3A%2F%2Fagent.example%2F%23me",
        "?service=mail#two-fragments",
        "?service=files&relativeRef=%00",
        "?service=files&relativeRef=%5Bx",
        // A URL leads nowhere that the document does not name.
        "?service=files&relativeRef=%2F%2Fother.example%2Fc",
        "?service=files&relativeRef=%2F%2Ffiles.example%3A8443%2Fc",
        "?service=files&relativeRef=%2F%2Fme%40files.example%2Fc",
        "?service=files&relativeRef=http%3A%2F%2Ffiles.example%2Fc",
        "?service=files&relativeRef=javascript%3A1",
    ] {
        assert_eq!(one(none), Err("NOT_FOUND"), "{none}");
    }
    // Who asks for places of a document without services has asked for something else.
    assert_eq!(one(""), Err("REPRESENTATION_NOT_SUPPORTED"));
    let answer = dereference("?service=files", &[("accept", "text/uri-list, */*;q=0.1")]);
    assert_eq!((answer.content_type, answer.http_status()), (URI_LIST, 303));
    let answer = dereference("?service=files", &[("accept", "*/*")]);
    assert_eq!(answer.content_type, "application/did");
}

#[test]
fn a_relationship_that_is_asked_for_must_be_there() {
    let answer = |rest: &str, relation: &str| {
        let answer = dereference(rest, &[("verificationRelationship", relation)]);
        let status = answer.http_status();
        (
            answer.content.map(|_| ()).map_err(|error| error.name()),
            status,
        )
    };
    assert_eq!(answer("#signs", "assertionMethod"), (Ok(()), 200));
    let not_for_this = Err("INVALID_RELATIONSHIP_FOR_VERIFICATION_METHOD");
    assert_eq!(answer("#idle", "assertionMethod"), (not_for_this, 500));
    assert_eq!(answer("#signs", "authentication"), (not_for_this, 500));
    for no_method in ["", "#files", "#nobody"] {
        let error = Err("INVALID_VERIFICATION_METHOD");
        assert_eq!(answer(no_method, "assertionMethod"), (error, 500));
    }
    let mut options = DereferenceOptions::default();
    for bad in ["", "AssertionMethod", "verificationMethod"] {
        let refused = options.set("verificationRelationship", bad);
        assert_eq!(refused.unwrap_err().name(), "INVALID_OPTIONS");
    }
    let problem = dereference("#idle", &[("verificationRelationship", "assertionMethod")]);
    assert_eq!(
        problem.to_json()["dereferencingMetadata"]["error"]["type"],
        "https://w3id.org/security#INVALID_RELATIONSHIP_FOR_VERIFICATION_METHOD"
    );
}

#[test]
fn what_has_no_answer_says_why() {
    for (rest, error) in [
        ("/path", "NOT_FOUND"),
        ("?query=x", "NOT_FOUND"),
        ("?relativeRef=x", "NOT_FOUND"),
        ("?hl=x", "FEATURE_NOT_SUPPORTED"),
        ("?versionId=1", "FEATURE_NOT_SUPPORTED"),
        ("?versionTime=yesterday", "INVALID_OPTIONS"),
        ("?service=a&service=b", "INVALID_DID_URL"),
        ("?service=%f", "INVALID_DID_URL"),
        (" ", "INVALID_DID_URL"),
        ("##", "INVALID_DID_URL"),
    ] {
        assert_eq!(content(rest), Err(error), "{rest}");
        let json = dereference(rest, &[]).to_json();
        assert_eq!(
            (&json["contentStream"], &json["contentMetadata"]),
            (&Value::Null, &json!({}))
        );
    }
    let nowhere = Resolver::new(&NoSources, NOW).dereference(DID, &DereferenceOptions::default());
    assert_eq!(nowhere.content.unwrap_err().name(), "NOT_FOUND");
}
