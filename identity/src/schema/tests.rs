use proptest::prelude::*;
use serde_json::{Value, json};
use tacit_circuits::attribute;

use super::*;

fn person() -> Schema {
    Schema::person().unwrap()
}

fn document() -> Value {
    serde_json::from_slice(include_bytes!("shipped/person.json")).unwrap()
}

fn parse(document: &Value) -> Result<Schema, SchemaError> {
    Schema::parse(document.to_string().as_bytes())
}

/// Every way to spoil the shipped schema, with the error that must come.
#[test]
fn each_defect_of_a_schema_has_its_own_error() {
    let with = |change: &dyn Fn(&mut Value)| {
        let mut document = document();
        change(&mut document);
        parse(&document).unwrap_err()
    };
    assert_eq!(
        with(&|d| d["tacit"] = json!("credential")),
        SchemaError::NotASchema
    );
    assert_eq!(with(&|d| d["version"] = json!(2)), SchemaError::Version(2));
    assert_eq!(
        with(&|d| d["name"] = json!("Person!")),
        SchemaError::Field("name")
    );
    assert_eq!(with(&|d| d["name"] = json!("")), SchemaError::Field("name"));
    assert_eq!(
        with(&|d| d["revision"] = json!(0)),
        SchemaError::Field("revision")
    );
    assert_eq!(
        with(&|d| d["title"] = json!("a\u{1}b")),
        SchemaError::Field("title")
    );
    assert_eq!(with(&|d| d["claims"] = json!({})), SchemaError::Count);
    let shape = |e| {
        assert!(
            matches!(e, SchemaError::Json(JsonError::Shape { .. })),
            "{e:?}"
        )
    };
    shape(with(&|d| d["extra"] = json!(1)));
    shape(with(&|d| d["claims"]["country"]["extra"] = json!(1)));
    shape(with(&|d| d["claims"]["country"]["type"] = json!("float")));
    shape(with(&|d| d["claims"]["country"]["slot"] = json!(256)));
    shape(with(&|d| d["claims"]["country"]["slot"] = json!(-1)));
    let add = |name: &str, slot: u8| {
        with(&|d| {
            d["claims"][name] =
                json!({"slot": slot, "type": "integer", "required": false, "title": "x"})
        })
    };
    for name in [
        "age", "in", "reveal", "id", "type", "@id", "Upper", "a-b", "", "é",
    ] {
        assert_eq!(add(name, 15), SchemaError::ClaimName(name.into()));
    }
    assert_eq!(add("more", 16), SchemaError::Slot("more".into()));
    assert_eq!(
        add("more", 10),
        SchemaError::SlotTwice("nationality".into())
    );
}

#[test]
fn the_id_is_that_of_the_content_and_not_of_its_layout() {
    let id = person().id().unwrap();
    assert_eq!(
        Schema::parse(&person().canonical_bytes().unwrap())
            .unwrap()
            .id()
            .unwrap(),
        id
    );
    assert_eq!(
        Schema::parse_registered(&person().canonical_bytes().unwrap()),
        Ok(person())
    );
    assert_eq!(
        Schema::parse_registered(include_bytes!("shipped/person.json")),
        Err(SchemaError::NotCanonical)
    );
    let mut other = document();
    other["revision"] = json!(2);
    assert_ne!(parse(&other).unwrap().id().unwrap(), id);
    assert_eq!(id.to_string().parse::<SchemaId>(), Ok(id));
}

#[test]
fn claims_fill_their_slots_and_the_rest_is_absent() {
    let schema = person();
    let text = br#"{"givenName":"Ada","familyName":"L","birthdate":"1990-12-10","country":"GB","level":3,"resident":true}"#;
    let claims = Claims::parse(&schema, text).unwrap();
    let attributes = claims.attributes(&schema);
    assert_eq!(attributes[0], attribute::from_text("Ada").unwrap());
    assert_eq!(attributes[3], attribute::from_country("GB").unwrap());
    assert_eq!(attributes[4], attribute::from_i64(3));
    assert_eq!(attributes[6], attribute::from_bool(true));
    assert_eq!(
        attributes
            .iter()
            .filter(|a| **a == attribute::absent())
            .count(),
        10
    );
    assert_eq!(
        Claims::from_json(&schema, &claims.to_json()).unwrap(),
        claims
    );
    assert!(!format!("{claims:?}").contains("Ada"));
}

#[test]
fn claims_that_do_not_fit_are_named_without_their_values() {
    let schema = person();
    let parse = |change: Value| {
        let mut claims = json!({"givenName": "Ada", "familyName": "L", "birthdate": "1990-12-10", "country": "GB"});
        for (name, value) in change.as_object().unwrap() {
            claims[name] = value.clone();
        }
        Claims::parse(&schema, claims.to_string().as_bytes()).unwrap_err()
    };
    assert_eq!(
        parse(json!({"shoe": 43})),
        SchemaError::UnknownClaim("shoe".into())
    );
    for (name, value) in [
        ("birthdate", json!("1990-02-30")),
        ("birthdate", json!(19900210)),
        ("country", json!("Germany")),
        ("country", json!("de")),
        ("level", json!("3")),
        ("level", Value::Null),
        ("resident", json!(1)),
        ("givenName", json!("a\u{7}b")),
        ("givenName", json!("x".repeat(1025))),
    ] {
        let error = parse(json!({ name: value }));
        assert!(
            matches!(&error, SchemaError::WrongType { claim, .. } if claim == name),
            "{error:?}"
        );
    }
    let missing = Claims::parse(&schema, br#"{"givenName":"Ada"}"#).unwrap_err();
    assert_eq!(missing, SchemaError::Missing("birthdate".into()));
    assert_eq!(
        Claims::parse(&schema, b"[]").unwrap_err(),
        SchemaError::NotClaims
    );
    let twice = Claims::parse(&schema, br#"{"country":"DE","country":"FR"}"#).unwrap_err();
    assert!(matches!(
        twice,
        SchemaError::Json(JsonError::DuplicateKey { .. })
    ));
}

proptest! {
    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = Schema::parse(&bytes);
        let _ = Claims::parse(&person(), &bytes);
    }
}
