//! Issuing and presenting: what comes back is what was put in, no more than was chosen, and nothing else is signed.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

#[test]
fn everything_shown_is_everything_issued() {
    let verified = verify(&presented(), &keys, &expected()).unwrap();
    let credential = &verified.credential;
    let mut wanted = claims();
    wanted.remove("sub");
    assert_eq!(credential.claims(), wanted);
    assert_eq!(credential.subject(), Some("person-1"));
    assert_eq!(
        credential.credential_type(),
        "https://issuer.example/person"
    );
    assert_eq!(credential.issuer(), Some(ISSUER));
    assert_eq!(credential.issued_at(), draft().issued_at);
    assert_eq!(credential.valid_from(), draft().valid_from);
    assert_eq!(credential.valid_until(), draft().valid_until);
    assert_eq!(credential.holder_key(), Some(&holder_key()));
    assert_eq!(verified.holder_key, Some(holder_key()));
    assert_eq!(verified.issuer_key, issuer_key());
    let status = StatusReference::parse(credential.status().unwrap()).unwrap();
    assert_eq!(Some(status), draft().status);
}

#[test]
fn nothing_shown_is_what_is_open() {
    let text = held().present(&[]).unwrap();
    let open = json!({
        "nationalities": [],
        "degrees": [{"title": "BSc"}],
        "member": true
    });
    assert_eq!(verify_unbound(&text).unwrap(), object(open));
    // No hidden value or name is in what is sent.
    let jwt = text.split('.').nth(1).unwrap();
    let payload = String::from_utf8(base64url::decode(jwt).unwrap()).unwrap();
    for hidden in ["name", "Ada", "36", "DE", "London", "street", "MSc", "1838"] {
        assert!(!payload.contains(&format!("\"{hidden}\"")), "{hidden}");
    }
}

#[test]
fn parents_come_along_and_siblings_do_not() {
    let shown = |paths: &[Value]| {
        let paths: Vec<_> = paths.iter().cloned().map(path).collect();
        let mut claims = verify_unbound(&held().present(&paths).unwrap()).unwrap();
        claims.remove("member");
        Value::Object(claims)
    };
    let nothing = json!({"nationalities": [], "degrees": [{"title": "BSc"}]});
    let with = |name: &str, value: Value| {
        let mut all = nothing.clone();
        all[name] = value;
        all
    };
    assert_eq!(shown(&[json!(["name"])]), with("name", json!("Ada")));
    assert_eq!(
        shown(&[json!(["address", "street"])]),
        with(
            "address",
            json!({"street": "Main St 1", "city": "London", "geo": {"lon": 0}})
        )
    );
    assert_eq!(
        shown(&[json!(["address", "geo", "lat"])]),
        with(
            "address",
            json!({"city": "London", "geo": {"lat": 51, "lon": 0}})
        )
    );
    assert_eq!(
        shown(&[json!(["address"])]),
        with("address", claims()["address"].clone())
    );
    assert_eq!(
        shown(&[json!(["nationalities", 1])]),
        with("nationalities", json!(["FR"]))
    );
    assert_eq!(
        shown(&[json!(["nationalities", 2]), json!(["nationalities", 0])]),
        with("nationalities", json!(["DE", "GB"]))
    );
    assert_eq!(
        shown(&[json!(["nationalities", null])]),
        with("nationalities", json!(["DE", "FR", "GB"]))
    );
    assert_eq!(
        shown(&[json!(["degrees", 1, "year"])]),
        with(
            "degrees",
            json!([{"title": "BSc"}, {"title": "MSc", "year": 1838}])
        )
    );
    // What is open anyway can be named, and nothing comes along.
    assert_eq!(shown(&[json!(["degrees", 0, "title"])]), nothing);
    for nowhere in [
        json!(["nobody"]),
        json!(["name", 0]),
        json!(["nationalities", 3]),
        json!(["name", null]),
    ] {
        let refused = held().present(&[path(nowhere.clone())]).err();
        assert_eq!(refused, Some(SdJwtError::NoSuchClaim(nowhere.to_string())));
    }
}

#[test]
fn holders_see_what_they_can_hide() {
    let held = held();
    let names: BTreeSet<String> = held
        .disclosable()
        .map(|(path, _)| path.to_string())
        .collect();
    let wanted = [
        r#"["address","geo","lat"]"#,
        r#"["address","street"]"#,
        r#"["address"]"#,
        r#"["age"]"#,
        r#"["degrees",0,"year"]"#,
        r#"["degrees",1,"year"]"#,
        r#"["degrees",1]"#,
        r#"["name"]"#,
        r#"["nationalities",0]"#,
        r#"["nationalities",1]"#,
        r#"["nationalities",2]"#,
    ];
    assert_eq!(names, wanted.map(str::to_owned).into());
    let value = held.disclosable().find(|(path, _)| **path == "name".into());
    assert_eq!(value.unwrap().1.value(), &json!("Ada"));
    let other = held.present_bound(&[], &binding(), (&ed25519(3)).into());
    assert_eq!(other.err(), Some(SdJwtError::NoHolderKey));
}

#[test]
fn keys_of_both_kinds_issue_and_bind() {
    let (issuer, holder) = (p256(1), p256(2));
    let mut draft = draft();
    draft.holder_key = Some(PublicKey::P256(holder.public_key()));
    let issued = Issuer::new(&issuer, Some("k"))
        .issue(&draft, &mut salts())
        .unwrap();
    let key = PublicKey::P256(issuer.public_key());
    let keys = move |request: &KeyRequest<'_>| (request.key_id == Some("k")).then_some(key);
    let held = Holder::receive(&issued, &keys, NOW, 0).unwrap();
    let text = held
        .present_bound(&["name".into()], &binding(), (&holder).into())
        .unwrap();
    let verified = verify(&text, &keys, &expected()).unwrap();
    assert_eq!(verified.holder_key, draft.holder_key);
    // Signing is deterministic: the same salts give the same credential.
    assert_eq!(
        Issuer::new(&issuer, Some("k"))
            .issue(&draft, &mut salts())
            .unwrap(),
        issued
    );
}

#[test]
fn decoys_look_like_digests() {
    let count = |draft: &Draft| {
        let text = Issuer::new(&ed25519(1), None)
            .issue(draft, &mut salts())
            .unwrap();
        let parsed = SdJwt::parse(&text).unwrap();
        let digests = parsed.jwt.payload()["_sd"].as_array().unwrap().clone();
        let mut sorted = digests.clone();
        sorted.sort_by_key(ToString::to_string);
        assert_eq!(digests, sorted);
        (
            digests.len(),
            parsed.jwt.payload()["nationalities"]
                .as_array()
                .unwrap()
                .len(),
        )
    };
    assert_eq!(count(&draft()), (3 + 3, 3 + 2));
    let mut without = draft();
    without.decoys.clear();
    assert_eq!(count(&without), (3, 3));
}

#[test]
fn a_credential_without_anything_to_disclose_is_plain() {
    let draft = Draft::new("urn:t", object(json!({"a": 1})));
    let text = Issuer::new(&ed25519(1), None)
        .issue(&draft, &mut salts())
        .unwrap();
    let anybody = |_: &KeyRequest<'_>| Some(issuer_key());
    let verified = verify(&text, &anybody, &unbound()).unwrap();
    assert_eq!(
        Value::Object(verified.credential.payload().clone()),
        json!({"a": 1, "vct": "urn:t"})
    );
    assert!(
        !String::from_utf8(base64url::decode(text.split('.').nth(1).unwrap()).unwrap())
            .unwrap()
            .contains("_sd")
    );
}

#[test]
fn nothing_is_signed_that_would_be_refused() {
    let refused = |change: &dyn Fn(&mut Draft)| {
        let mut draft = draft();
        change(&mut draft);
        Issuer::new(&ed25519(1), None)
            .issue(&draft, &mut salts())
            .err()
            .unwrap()
    };
    for name in [
        "iss",
        "iat",
        "nbf",
        "exp",
        "cnf",
        "vct",
        "vct#integrity",
        "aka_vcts",
        "status",
        "_sd",
        "...",
        "_sd_alg",
    ] {
        let error = refused(&|d| {
            d.claims.insert(name.into(), json!("x"));
        });
        assert_eq!(error, SdJwtError::ReservedClaim(name.into()));
    }
    let error = refused(&|d| d.claims["address"]["_sd"] = json!([]));
    assert_eq!(error, SdJwtError::ReservedClaim("_sd".into()));
    for nowhere in [
        json!([]),
        json!(["nobody"]),
        json!(["vct"]),
        json!(["name", "x"]),
        json!(["degrees", 2]),
    ] {
        let error = refused(&|d| d.disclosable.push(path(nowhere.clone())));
        assert_eq!(error, SdJwtError::NoSuchClaim(nowhere.to_string()));
    }
    let error = refused(&|d| d.decoys.push(("nobody".into(), 1)));
    assert_eq!(error, SdJwtError::NoSuchClaim(r#"["nobody"]"#.into()));
    assert_eq!(
        refused(&|d| d.credential_type.clear()),
        SdJwtError::Claim(Part::Issuer, "vct")
    );
    assert_eq!(
        refused(&|d| d.other_types = vec![d.credential_type.clone()]),
        SdJwtError::Claim(Part::Issuer, "aka_vcts")
    );
    let error = refused(&|d| {
        d.claims.insert("pi".into(), json!(1.5));
    });
    assert_eq!(error.reason(), "JSON_NUMBER");
    let error = refused(&|d| {
        d.claims.insert("long".into(), json!("x".repeat(MAX_BYTES)));
    });
    assert!(matches!(error, SdJwtError::TooLarge(_)));
    let mut deep = json!(1);
    for _ in 0..20 {
        deep = json!([deep]);
    }
    let error = refused(&|d| {
        d.claims.insert("deep".into(), deep.clone());
    });
    assert_eq!(error, SdJwtError::TooDeep);
    let mut stuck = || [7; SALT_BYTES];
    let error = Issuer::new(&ed25519(1), None)
        .issue(&draft(), &mut stuck)
        .err();
    assert_eq!(error, Some(SdJwtError::SaltTwice));
}

#[test]
fn further_types_count() {
    let mut draft = draft();
    draft.other_types = vec!["urn:general".into()];
    draft.type_integrity = Some(type_metadata::integrity(b"document"));
    let text = Issuer::new(&ed25519(1), None)
        .issue(&draft, &mut salts())
        .unwrap();
    let credential = verify(&text, &keys, &unbound()).unwrap().credential;
    assert!(credential.is_of_type("urn:general"));
    assert!(credential.is_of_type("https://issuer.example/person"));
    assert!(!credential.is_of_type("urn:other"));
    type_metadata::check_integrity(credential.type_integrity().unwrap(), b"document").unwrap();
}

#[test]
fn type_metadata_of_our_schemas() {
    let schema = crate::testing::person();
    let document = type_metadata::document(&schema).unwrap();
    let value = crate::json::parse(&document, 65536).unwrap();
    assert_eq!(
        value["vct"],
        json!(type_metadata::credential_type(&schema).unwrap())
    );
    let paths: Vec<ClaimPath> = value["claims"]
        .as_array()
        .unwrap()
        .iter()
        .map(|claim| path(claim["path"].clone()))
        .collect();
    assert_eq!(paths, type_metadata::claim_paths(&schema));
}

#[test]
fn integrity_is_by_the_strongest_hash() {
    use type_metadata::check_integrity;
    // SHA-256, SHA-384 and SHA-512 of "abc" (FIPS 180-4).
    let sha256 = "sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=";
    let sha384 = "sha384-ywB1P0WjXou1oD1pmsZQBycsMqsO3tFjGotgWkP/W+2AhgcroefMI1i67KE0yCWn";
    let sha512 = "sha512-3a81oZNherrMQXNJriBBMRLm+k6JqX6iCp7u5ktV05ohkpkqJ0/BqDa6PCOj/uu9RU1EI2Q86A4qmslPpUyknw==";
    assert_eq!(type_metadata::integrity(b"abc"), sha256);
    for good in [
        sha256.to_owned(),
        sha384.to_owned(),
        sha512.to_owned(),
        format!("{sha512}?option"),
        format!("sha256-AAAA {sha512}"),
        format!("sha512-AAAA {sha512}"),
        format!("md5-AAAA {sha256}"),
    ] {
        assert_eq!(check_integrity(&good, b"abc"), Ok(()), "{good}");
        assert_eq!(check_integrity(&good, b"abd"), Err(SdJwtError::Integrity));
    }
    for bad in [
        "",
        "sha256-",
        "md5-AAAA",
        "ungWv48Bz",
        &format!("{sha256} sha512-AAAA"),
        &" ".repeat(2000),
    ] {
        assert_eq!(
            check_integrity(bad, b"abc"),
            Err(SdJwtError::Integrity),
            "{bad}"
        );
    }
}

/// JSON that is not too large, with names of which some are awkward.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        "[a-zé\"\\\\~.]{0,6}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-c~. ]{0,2}", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// Every path in a value.
fn paths_in(value: &Value, at: &ClaimPath, out: &mut Vec<ClaimPath>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                out.push(at.then(name.as_str()));
                paths_in(value, &at.then(name.as_str()), out);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                out.push(at.then(index));
                paths_in(value, &at.then(index), out);
            }
        }
        _ => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever is hidden, everything shown gives the claims back; any choice of disclosures that has its parents verifies, in
    /// any order.
    #[test]
    fn any_claims_any_choice_any_order(
        members in prop::collection::btree_map("[a-f]{1,3}", any_json(), 1..5),
        chosen in prop::collection::vec(any::<bool>(), 64),
        shown in prop::collection::vec(any::<bool>(), 64),
        order in any::<u64>(),
    ) {
        let claims: Map<String, Value> = members.into_iter().collect();
        let mut paths = Vec::new();
        paths_in(&Value::Object(claims.clone()), &ClaimPath::top(), &mut paths);
        let mut draft = Draft::new("urn:t", claims.clone());
        draft.issuer = Some(ISSUER.to_owned());
        draft.disclosable = paths.iter().zip(chosen.iter().cycle())
            .filter(|(_, chosen)| **chosen).map(|(path, _)| path.clone()).collect();
        draft.decoys = vec![(ClaimPath::top(), 1)];
        let issued = Issuer::new(&ed25519(1), None).issue(&draft, &mut salts()).unwrap();
        prop_assert_eq!(&verify_unbound(&issued).unwrap(), &claims);

        let held = Holder::receive(&issued, &keys, NOW, 0).unwrap();
        prop_assert_eq!(held.disclosable().count(), draft.disclosable.len());
        let selection: Vec<ClaimPath> = draft.disclosable.iter().zip(shown.iter().cycle())
            .filter(|(_, shown)| **shown).map(|(path, _)| path.clone()).collect();
        let text = held.present(&selection).unwrap();
        let verified = verify_unbound(&text).unwrap();
        let mut parts: Vec<&str> = text.split('~').collect();
        parts.pop();
        let jwt = parts.remove(0);
        if !parts.is_empty() {
            let turn = usize::try_from(order % parts.len() as u64).unwrap();
            parts.rotate_left(turn);
            if order % 2 == 0 {
                parts.reverse();
            }
        }
        prop_assert_eq!(verify_unbound(&parts::presented(jwt, parts.into_iter())).unwrap(), verified);
    }
}
