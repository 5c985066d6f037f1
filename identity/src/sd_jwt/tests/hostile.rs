//! Bytes from anybody: bounds, forms, and changes of single characters.

use proptest::prelude::*;

use super::*;

#[test]
fn sizes_are_bounded_before_anything_is_read() {
    let long = "a".repeat(MAX_BYTES + 1);
    assert_eq!(refusal(&long), SdJwtError::TooLarge(MAX_BYTES + 1));
    let text = credential_with(json!({}), &[]) + &"YQ~".repeat(MAX_DISCLOSURES + 1);
    assert_eq!(refusal(&text), SdJwtError::TooManyDisclosures);
}

#[test]
fn the_form_is_exact() {
    let good = credential_with(json!({}), &[]);
    verify_unbound(&good).unwrap();
    let jwt = good.strip_suffix('~').unwrap();
    assert_eq!(
        refusal(jwt),
        SdJwtError::Form,
        "the last separator is there"
    );
    assert_eq!(refusal(&format!("{jwt}~~")), SdJwtError::Form);
    assert_eq!(refusal(""), SdJwtError::Form);
    assert_eq!(refusal("~"), SdJwtError::Jwt(Part::Issuer));
    assert_eq!(refusal(&format!("~{good}")), SdJwtError::Jwt(Part::Issuer));
    assert_eq!(refusal("a.b~"), SdJwtError::Jwt(Part::Issuer));
    assert_eq!(refusal("a.b.c.d~"), SdJwtError::Jwt(Part::Issuer));
    assert_eq!(
        refusal(&format!("{jwt}~x")),
        SdJwtError::Jwt(Part::KeyBinding)
    );
    let (input, _) = jwt.rsplit_once('.').unwrap();
    assert_eq!(
        refusal(&format!("{input}.~")),
        SdJwtError::Signature(Part::Issuer)
    );
    assert_eq!(
        refusal(&format!("{input}.AAAA~")),
        SdJwtError::Signature(Part::Issuer)
    );
    for spaced in [
        format!(" {good}"),
        format!("{good}\n"),
        good.replace('.', ". "),
    ] {
        verify_unbound(&spaced).unwrap_err();
    }
}

#[test]
fn json_is_read_strictly_in_every_part() {
    let raw = |header: &str, payload: &str| {
        use ed25519_dalek::Signer as _;
        let input = format!(
            "{}.{}",
            base64url::encode(header.as_bytes()),
            base64url::encode(payload.as_bytes())
        );
        let signature = ed25519(1).key().sign(input.as_bytes()).to_bytes();
        format!("{input}.{}~", base64url::encode(&signature))
    };
    let header = r#"{"alg":"EdDSA","typ":"dc+sd-jwt"}"#;
    let payload = r#"{"iss":"https://issuer.example","vct":"urn:example:type"}"#;
    verify_unbound(&raw(header, payload)).unwrap();
    for (header, payload, reason) in [
        (
            r#"{"alg":"none","alg":"EdDSA","typ":"dc+sd-jwt"}"#,
            payload,
            "JSON_DUPLICATE_KEY",
        ),
        (
            header,
            r#"{"iss":"a","iss":"https://issuer.example","vct":"t"}"#,
            "JSON_DUPLICATE_KEY",
        ),
        (
            header,
            r#"{"iss":"https://issuer.example","vct":"t","n":1.5}"#,
            "JSON_NUMBER",
        ),
        (
            header,
            r#"{"iss":"https://issuer.example","vct":"t"}x"#,
            "JSON_SYNTAX",
        ),
        (header, "[]", "SD_JWT_NOT_AN_OBJECT"),
        ("\"x\"", payload, "SD_JWT_NOT_AN_OBJECT"),
        (header, "", "JSON_SYNTAX"),
    ] {
        assert_eq!(
            refusal(&raw(header, payload)).reason(),
            reason,
            "{header} {payload}"
        );
    }
    let text = base64url::encode(br#"["salt","a",{"x":1,"x":2}]"#);
    let digest = HashAlgorithm::Sha256.digest(text.as_bytes());
    let refused = refusal(&credential_with(json!({"_sd": [digest]}), &[&text]));
    assert_eq!(refused.reason(), "JSON_DUPLICATE_KEY");
}

/// Disclosures in disclosures: each is shallow, together they are deep.
#[test]
fn chains_of_disclosures_are_bounded() {
    let chain = |links: usize| {
        let (mut text, mut digest) = disclosure(&json!(["salt", "x", 1]));
        let mut all = vec![text.clone()];
        for link in 1..links {
            (text, digest) = disclosure(&json!([format!("salt{link}"), "x", {"_sd": [digest]}]));
            all.push(text);
        }
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        credential_with(json!({"_sd": [digest]}), &all)
    };
    verify_unbound(&chain(16)).unwrap();
    assert_eq!(refusal(&chain(17)), SdJwtError::TooDeep);
    assert_eq!(refusal(&chain(MAX_DISCLOSURES)), SdJwtError::TooDeep);
}

#[test]
fn errors_and_debug_repeat_no_values() {
    let secret = "VERY-SECRET-VALUE";
    let (text, digest) = disclosure(&json!([secret, "a", secret]));
    let spoilt = credential_with(json!({"_sd": [digest], "a": secret}), &[&text]);
    let error = refusal(&spoilt);
    assert!(!format!("{error} {error:?}").contains(secret));
    let read = SdJwt::parse(&spoilt).unwrap();
    let shown = format!("{read:?} {:?}", read.disclosures());
    assert!(!shown.contains(secret) && !shown.contains(&text), "{shown}");
}

const BASE64URL: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Every place of a presentation, each with one other character.
#[test]
fn every_changed_character_is_refused() {
    let mut small = Draft::new("urn:t", object(json!({"a": 1, "b": [2]})));
    small.issuer = Some(ISSUER.to_owned());
    small.holder_key = Some(holder_key());
    small.disclosable = vec!["a".into(), path(json!(["b", 0]))];
    let issued = Issuer::new(&ed25519(1), None)
        .issue(&small, &mut salts())
        .unwrap();
    let held = Holder::receive(&issued, &keys, NOW, 0).unwrap();
    let text = held
        .present_bound(&[ClaimPath::top()], &binding(), (&ed25519(2)).into())
        .unwrap();
    verify(&text, &keys, &expected()).unwrap();
    for (at, old) in text.bytes().enumerate() {
        // The neighbour differs in the lowest bits, which base64 may not even carry.
        let place = BASE64URL.iter().position(|c| *c == old).unwrap_or(0);
        let mut changed = text.clone().into_bytes();
        changed[at] = BASE64URL[(place ^ 1) % 64];
        let changed = String::from_utf8(changed).unwrap();
        assert!(
            verify(&changed, &keys, &expected()).is_err(),
            "character {at} of {text}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_changed_character_is_refused(at in any::<prop::sample::Index>(), new in "[ -~]") {
        let text = presented();
        let at = at.index(text.len());
        let changed = format!("{}{new}{}", &text[..at], &text[at + 1..]);
        prop_assume!(changed != text);
        prop_assert!(verify(&changed, &keys, &expected()).is_err());
    }

    #[test]
    fn parsers_never_panic(text in "[A-Za-z0-9~._-]{0,200}", noise in "\\PC{0,60}") {
        let _ = SdJwt::parse(&text);
        let _ = SdJwt::parse(&noise);
        let _ = Disclosure::parse(&noise);
        let _ = type_metadata::check_integrity(&noise, b"");
    }

    /// Payloads signed by an issuer that is hostile.
    #[test]
    fn processing_never_panics(
        names in prop::collection::vec(prop_oneof![Just("_sd"), Just("..."), Just("_sd_alg"), Just("a")], 1..5),
        shape in 0u8..6,
    ) {
        let (text, digest) = disclosure(&json!(["salt", "a", {"_sd": ["x"]}]));
        let mut value = json!(digest);
        for name in names {
            value = match shape {
                0 => json!({name: value}),
                1 => json!({name: [value]}),
                2 => json!([{name: value}]),
                3 => json!({name: [{name: value}]}),
                4 => json!({name: value, "b": value}),
                _ => json!([value, value]),
            };
        }
        if value.is_object() {
            let _ = verify_unbound(&credential_with(value, &[&text]));
        } else {
            let _ = verify_unbound(&credential_with(json!({"v": value}), &[&text]));
        }
    }
}
