//! Documents of nearly sense: nothing panics, and nothing that was changed verifies.

use proptest::prelude::*;

use super::*;
use crate::rdf::canonicalize;

/// What takes the place of a value. All of them mean something else than any value of the credential.
fn arb_value() -> impl Strategy<Value = Value> {
    let text = prop_oneof![
        Just("x".to_owned()),
        Just("urn:x:y".to_owned()),
        "\\PC{0,6}"
    ];
    let scalar = prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(Value::from),
        (-9i64..9).prop_map(Value::from),
        text.prop_map(Value::from),
    ];
    scalar.prop_recursive(4, 12, 4, |inner| {
        let key = prop_oneof![
            Just("id"),
            Just("type"),
            Just("@id"),
            Just("@type"),
            Just("@value"),
            Just("@list"),
            Just("@set"),
            Just("@language"),
            Just("@graph"),
            Just("@context"),
            Just("@index"),
            Just("@reverse"),
            Just("@nest"),
            Just("@included"),
            Just("name"),
            Just("proof"),
            Just("verifiableCredential"),
            Just(""),
            Just("@vocab"),
        ]
        .prop_map(str::to_owned);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(key, inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    if !at.is_empty() {
        found.push(at.to_owned());
    }
    match value {
        Value::Object(members) => members
            .iter()
            .for_each(|(key, value)| places(value, &format!("{at}/{key}"), found)),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .for_each(|(n, value)| places(value, &format!("{at}/{n}"), found)),
        _ => {}
    }
}

fn signed(suite: Suite) -> Value {
    let mut options = options(Purpose::AssertionMethod);
    options.suite = suite;
    issue_credential(credential(), &options, &signer(1), &contexts()).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn a_credential_with_one_thing_changed_does_not_verify(
        at in any::<prop::sample::Index>(), value in arb_value(), rdf in any::<bool>(),
    ) {
        let suite = if rdf { Suite::EddsaRdfc2022 } else { Suite::EddsaJcs2022 };
        let good = signed(suite);
        let mut all = Vec::new();
        places(&good, "", &mut all);
        let place = at.get(&all);
        let mut changed = good.clone();
        *changed.pointer_mut(place).unwrap() = value;
        prop_assume!(changed != good);
        let result = verify_credential(changed, NOW, &did_keys, &contexts());
        prop_assert!(result.is_err(), "{place}");
    }

    #[test]
    fn presentations_of_no_sense_never_panic(value in arb_value(), other in arb_value()) {
        let mut document = json!({
            "@context": ["https://www.w3.org/ns/credentials/v2"],
            "type": ["VerifiablePresentation"],
            "verifiableCredential": value
        });
        // What the parser's authors hold to be unreachable is refused before the parser sees it.
        let unexpected = Err(RdfError::JsonLd("unexpected structure".to_owned()));
        let _ = Presentation::parse(document.clone(), &contexts());
        prop_assert!(canonicalize(&document, &contexts()) != unexpected);
        document["termsOfUse"] = other;
        prop_assert!(canonicalize(&document, &contexts()) != unexpected);
        let _ = verify_credential(document, NOW, &did_keys, &contexts());
    }
}
