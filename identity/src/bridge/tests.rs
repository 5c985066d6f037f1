use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::testing::person;

const PID: &str = "urn:eudi:pid:de:1";

fn object(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

/// As the example of RFC 9901, appendix A.3.
fn pid() -> Map<String, Value> {
    object(json!({
        "given_name": "Erika",
        "family_name": "Mustermann",
        "birthdate": "1963-08-12",
        "address": {"street_address": "Heidestraße 17", "locality": "Köln", "country": "DE"},
        "nationalities": ["DE", "FR"],
        "age_equal_or_over": {"18": true},
        "sex": 2
    }))
}

fn mapping_document() -> Value {
    json!({
        "tacit": "mapping",
        "version": 1,
        "schema": person().id().unwrap(),
        "credential": PID,
        "claims": {
            "givenName": ["given_name"],
            "familyName": ["family_name"],
            "birthdate": ["birthdate"],
            "country": ["address", "country"],
            "nationality": ["nationalities", 1],
            "email": ["email"]
        }
    })
}

fn parse(document: &Value) -> Result<Mapping, BridgeError> {
    Mapping::parse(document.to_string().as_bytes(), &person())
}

fn mapped(claims: &Map<String, Value>) -> Result<Admitted, BridgeError> {
    let mapping = parse(&mapping_document()).unwrap();
    let types = ["urn:other", PID];
    let foreign = Foreign {
        types: &types,
        claims,
    };
    admit(&foreign, &person(), Some(&mapping))
}

fn named(claims: &Map<String, Value>) -> Result<Admitted, BridgeError> {
    admit(&Foreign { types: &[], claims }, &person(), None)
}

fn problem(claim: &str, misfit: Misfit) -> ClaimProblem {
    let claim = claim.to_owned();
    ClaimProblem { claim, misfit }
}

#[test]
fn a_mapping_takes_what_it_names_and_says_what_is_left() {
    let admitted = mapped(&pid()).unwrap();
    let wanted = json!({
        "givenName": "Erika", "familyName": "Mustermann", "birthdate": "1963-08-12", "country": "DE", "nationality": "FR"
    });
    assert_eq!(admitted.claims.to_json(), object(wanted));
    assert_eq!(admitted.unused, ["age_equal_or_over", "sex"]);
    // What the mapping does not name is not taken by its name.
    let mut more = pid();
    more.insert("level".into(), json!(3));
    assert!(mapped(&more).unwrap().claims.get("level").is_none());
}

#[test]
fn without_a_mapping_names_decide() {
    let claims = object(json!({
        "id": "did:example:a", "givenName": "Ada", "family_name": "Lovelace", "birthdate": "1990-12-10", "country": "DE",
        "documentNumber": "1", "document_number": "1"
    }));
    let admitted = named(&claims).unwrap();
    assert_eq!(
        admitted.claims.get("givenName").unwrap().to_json(),
        json!("Ada")
    );
    assert_eq!(
        admitted.claims.get("familyName").unwrap().to_json(),
        json!("Lovelace")
    );
    assert_eq!(
        admitted.claims.get("documentNumber").unwrap().to_json(),
        json!("1")
    );
    assert_eq!(admitted.unused, ["document_number", "id"]);
}

#[test]
fn every_claim_that_does_not_fit_is_named() {
    let claims = object(json!({
        "givenName": "Ada", "given_name": "Eve", "familyName": 7, "birthdate": "1990-13-10", "level": "3", "resident": null,
        "income": 1.5
    }));
    let Err(BridgeError::Claims(mut problems)) = named(&claims) else {
        panic!("accepted");
    };
    problems.sort_by(|a, b| a.claim.cmp(&b.claim));
    let wrong = |claim: &str| {
        let wanted = person().claim(claim).unwrap().kind.wanted();
        problem(claim, Misfit::WrongType { wanted })
    };
    let wanted = [
        wrong("birthdate"),
        problem("country", Misfit::Missing),
        wrong("familyName"),
        problem("givenName", Misfit::Ambiguous),
        wrong("income"),
        wrong("level"),
        wrong("resident"),
    ];
    assert_eq!(problems, wanted);
    let text = BridgeError::Claims(problems).to_string();
    assert!(
        text.contains("`country` is missing") && !text.contains("1990") && !text.contains("Eve")
    );
}

#[test]
fn paths_lead_exactly_where_they_say() {
    for (name, value) in [
        ("address", json!("DE")),
        ("address", json!(["DE"])),
        ("address", json!({"Country": "DE"})),
    ] {
        let mut claims = pid();
        claims.insert(name.into(), value);
        let refused = mapped(&claims).err();
        assert_eq!(
            refused,
            Some(BridgeError::Claims(vec![problem(
                "country",
                Misfit::Missing
            )]))
        );
    }
    let mut one = pid();
    one.insert("nationalities".into(), json!(["DE"]));
    assert!(mapped(&one).unwrap().claims.get("nationality").is_none());
    one.insert("nationalities".into(), json!({"1": "DE"}));
    assert!(mapped(&one).unwrap().claims.get("nationality").is_none());
}

#[test]
fn a_mapping_is_for_one_type_and_one_schema() {
    let mapping = parse(&mapping_document()).unwrap();
    let claims = pid();
    let other = Foreign {
        types: &["urn:other"],
        claims: &claims,
    };
    assert_eq!(
        admit(&other, &person(), Some(&mapping)).err(),
        Some(BridgeError::OtherType)
    );
    let mut document: Value =
        crate::json::parse(&person().canonical_bytes().unwrap(), 65536).unwrap();
    document["revision"] = json!(2);
    let revised = Schema::parse(document.to_string().as_bytes()).unwrap();
    let foreign = Foreign {
        types: &[PID],
        claims: &claims,
    };
    assert_eq!(
        admit(&foreign, &revised, Some(&mapping)).err(),
        Some(BridgeError::OtherSchema)
    );
    let refused = Mapping::parse(mapping_document().to_string().as_bytes(), &revised);
    assert_eq!(refused, Err(BridgeError::OtherSchema));
}

#[test]
fn each_defect_of_a_mapping_has_its_own_error() {
    let with = |change: &dyn Fn(&mut Value)| {
        let mut document = mapping_document();
        change(&mut document);
        parse(&document).unwrap_err()
    };
    assert_eq!(
        with(&|d| d["tacit"] = json!("schema")),
        BridgeError::NotAMapping
    );
    assert_eq!(with(&|d| d["version"] = json!(2)), BridgeError::Version(2));
    assert_eq!(
        with(&|d| d["claims"]["shoeSize"] = json!(["size"])),
        BridgeError::UnknownClaim("shoeSize".into())
    );
    let unmapped = with(&|d| {
        d["claims"].as_object_mut().unwrap().remove("country");
    });
    assert_eq!(unmapped, BridgeError::Unmapped("country".into()));
    for path in [
        json!([]),
        json!("country"),
        json!([0]),
        json!(["a", null]),
        json!(["a", -1]),
        json!([["a"]]),
    ] {
        assert_eq!(
            with(&|d| d["claims"]["country"] = path.clone()),
            BridgeError::Path("country".into()),
            "{path}"
        );
    }
    for spoil in [&|d: &mut Value| d["more"] = json!(1), &|d: &mut Value| {
        d["schema"] = json!("x")
    }] as [&dyn Fn(&mut Value); 2]
    {
        assert!(matches!(
            with(spoil),
            BridgeError::Json(JsonError::Shape { .. })
        ));
    }
    let long = vec![b' '; MAX_MAPPING_BYTES + 1];
    let refused = Mapping::parse(&long, &person());
    assert!(matches!(
        refused,
        Err(BridgeError::Json(JsonError::TooLarge { .. }))
    ));
}

/// The whole way: an SD-JWT VC of another issuer, verified, becomes claims of our schema.
#[test]
fn an_sd_jwt_credential_is_admitted() {
    use crate::public_key::PublicKey;
    use crate::sd_jwt::{Draft, Expected, Issuer, KeyRequest, TokenKey, verify};
    use crate::testing::{NOW, holder};

    let issuer = holder();
    let key: PublicKey = TokenKey::from(&issuer).public_key();
    let keys = move |_: &KeyRequest<'_>| Some(key);
    let mut draft = Draft::new(PID, pid());
    draft.disclosable = vec!["given_name".into(), "sex".into()];
    let mut counter = 0u8;
    let mut salts = || {
        counter += 1;
        [counter; 16]
    };
    let text = Issuer::new(&issuer, None)
        .issue(&draft, &mut salts)
        .unwrap();
    let expected = Expected {
        audience: "us",
        now: NOW,
        leeway_secs: 0,
        key_binding: None,
    };
    let credential = verify(&text, &keys, &expected).unwrap().credential;
    let claims = credential.claims();
    let foreign = Foreign {
        types: &[credential.credential_type()],
        claims: &claims,
    };
    let mapping = parse(&mapping_document()).unwrap();
    let admitted = admit(&foreign, &person(), Some(&mapping)).unwrap();
    assert_eq!(
        admitted.claims.get("givenName").unwrap().to_json(),
        json!("Erika")
    );
}

/// The credential of RFC 9901, appendix A.3, all of it shown, becomes claims of the shipped schema.
#[test]
fn the_person_identification_data_of_the_rfc_is_admitted() {
    let schema = crate::schema::Shipped::find("pid")
        .unwrap()
        .schema()
        .unwrap();
    let mapping = Mapping::eu_pid(&schema).unwrap();
    assert_eq!(Mapping::eu_pid(&person()), Err(BridgeError::OtherSchema));
    let claims = crate::sd_jwt::rfc_person_identification_data();
    // The example's own type is the German one; a provider says in `aka_vcts` that it is the general one too.
    let german = Foreign {
        types: &[PID],
        claims: &claims,
    };
    assert_eq!(
        admit(&german, &schema, Some(&mapping)).err(),
        Some(BridgeError::OtherType)
    );
    let types = [PID, "urn:eudi:pid:1"];
    let foreign = Foreign {
        types: &types,
        claims: &claims,
    };
    let admitted = admit(&foreign, &schema, Some(&mapping)).unwrap();
    let wanted = json!({
        "familyName": "Mustermann", "givenName": "Erika", "birthdate": "1963-08-12", "birthPlace": "Berlin",
        "nationality": "DE", "country": "DE", "city": "Köln", "postalCode": "51147", "street": "Heidestraße 17",
        "birthFamilyName": "Gabler", "sex": 2, "issuingCountry": "DE"
    });
    assert_eq!(admitted.claims.to_json(), object(wanted));
    assert_eq!(
        admitted.unused,
        [
            "age_birth_year",
            "age_equal_or_over",
            "age_in_years",
            "expiry_date",
            "issuance_date",
            "issuing_authority"
        ]
    );
}

proptest! {
    #[test]
    fn never_panics(bytes in prop::collection::vec(any::<u8>(), 0..200), name in "[a-zA-Z_]{1,12}", number in any::<i64>()) {
        let _ = Mapping::parse(&bytes, &person());
        let mut claims = pid();
        claims.insert(name, json!(number));
        let _ = named(&claims);
        let _ = mapped(&claims);
    }
}
