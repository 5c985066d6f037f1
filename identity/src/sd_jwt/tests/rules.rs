//! For each rule, an SD-JWT that breaks only that.

use super::*;

/// A credential with one disclosure of the claim `a`, and the payload changed.
fn with_one(change: impl Fn(&mut Map<String, Value>, &str)) -> String {
    let (text, digest) = disclosure(&json!(["salt", "a", 1]));
    let mut payload = object(json!({"_sd": [digest]}));
    change(&mut payload, &digest);
    credential_with(payload.into(), &[&text])
}

#[test]
fn what_the_others_here_break_is_accepted() {
    let text = with_one(|_, _| ());
    assert_eq!(verify_unbound(&text).unwrap(), object(json!({"a": 1})));
    verify(&presented(), &keys, &expected()).unwrap();
}

#[test]
fn digests_and_disclosures_fit_together() {
    let (a, a_digest) = disclosure(&json!(["salt", "a", 1]));
    let other = disclosure(&json!(["salt", "b", 1])).0;
    // The same digest twice: in one list, in two, in the open and in a disclosure.
    let twice = with_one(|p, digest| p["_sd"] = json!([digest, digest]));
    assert_eq!(refusal(&twice), SdJwtError::DigestTwice);
    let twice = with_one(|p, digest| {
        p.insert("o".into(), json!({"_sd": [digest]}));
    });
    assert_eq!(refusal(&twice), SdJwtError::DigestTwice);
    let twice = with_one(|p, digest| {
        p.insert("l".into(), json!([{"...": digest}]));
    });
    assert_eq!(
        refusal(&twice),
        SdJwtError::DisclosureForm,
        "the element comes first"
    );
    let (outer, outer_digest) = disclosure(&json!(["salt", "o", {"_sd": [a_digest]}]));
    let twice = credential_with(json!({"_sd": [outer_digest, a_digest]}), &[&outer, &a]);
    assert_eq!(refusal(&twice), SdJwtError::DigestTwice);
    // Also when nobody discloses what is behind it.
    let decoy = HashAlgorithm::Sha256.digest(b"decoy");
    let twice = credential_with(json!({"_sd": [decoy], "l": [{"...": decoy}]}), &[]);
    assert_eq!(refusal(&twice), SdJwtError::DigestTwice);
    // The same disclosure twice, one that nothing refers to, one whose parent is missing.
    let twice = credential_with(json!({"_sd": [a_digest]}), &[&a, &a]);
    assert_eq!(refusal(&twice), SdJwtError::DisclosureTwice);
    let unused = credential_with(json!({"_sd": [a_digest]}), &[&a, &other]);
    assert_eq!(refusal(&unused), SdJwtError::DisclosureUnused);
    let orphan = credential_with(json!({"_sd": [outer_digest]}), &[&a]);
    assert_eq!(refusal(&orphan), SdJwtError::DisclosureUnused);
}

#[test]
fn disclosures_have_the_form_that_their_place_asks_for() {
    let hidden_member = |content: Value| {
        let (text, digest) = disclosure(&content);
        refusal(&credential_with(json!({"_sd": [digest]}), &[&text]))
    };
    for content in [
        json!(["salt", 1]),
        json!(["salt"]),
        json!([]),
        json!(["salt", "a", 1, 2]),
        json!([1, "a", 1]),
        json!(["salt", 1, 1]),
        json!({"salt": "a"}),
        json!("a"),
    ] {
        assert_eq!(
            hidden_member(content.clone()),
            SdJwtError::DisclosureForm,
            "{content}"
        );
    }
    for name in ["_sd", "...", "_sd_alg"] {
        assert_eq!(
            hidden_member(json!(["salt", name, 1])),
            SdJwtError::Reserved
        );
    }
    for content in [json!(["salt", "a", 1]), json!(["salt"]), json!([2, 1])] {
        let (text, digest) = disclosure(&content);
        let array = credential_with(json!({"l": [{"...": digest}]}), &[&text]);
        assert_eq!(refusal(&array), SdJwtError::DisclosureForm, "{content}");
    }
    let base64 = |text: &str| refusal(&credential_with(json!({}), &[text]));
    assert_eq!(base64("a+b/"), SdJwtError::Base64(Part::Disclosure));
    assert_eq!(base64("YQ=="), SdJwtError::Base64(Part::Disclosure));
    assert_eq!(
        base64("YR"),
        SdJwtError::Base64(Part::Disclosure),
        "bits left over"
    );
    let (text, _) = ("WyJhIiw", ());
    assert!(matches!(
        base64(text),
        SdJwtError::Json {
            part: Part::Disclosure,
            ..
        }
    ));
}

#[test]
fn names_collide_neither_with_open_nor_with_hidden_claims() {
    let open = with_one(|p, _| {
        p.insert("a".into(), json!(2));
    });
    assert_eq!(refusal(&open), SdJwtError::DisclosureCollision);
    let (one, one_digest) = disclosure(&json!(["salt1", "a", 1]));
    let (two, two_digest) = disclosure(&json!(["salt2", "a", 1]));
    let both = credential_with(json!({"_sd": [one_digest, two_digest]}), &[&one, &two]);
    assert_eq!(refusal(&both), SdJwtError::DisclosureCollision);
    // One of them alone is what the holder may do.
    let alone = credential_with(json!({"_sd": [one_digest, two_digest]}), &[&two]);
    verify_unbound(&alone).unwrap();
}

#[test]
fn reserved_names_stand_where_they_belong() {
    let decoy = HashAlgorithm::Sha256.digest(b"decoy");
    for payload in [
        json!({"_sd": decoy}),
        json!({"_sd": {"a": decoy}}),
        json!({"_sd": [1]}),
        json!({"_sd": [[decoy]]}),
        json!({"o": {"_sd": null}}),
        json!({"...": decoy}),
        json!({"o": {"...": decoy}}),
        json!({"l": [{"...": decoy, "a": 1}]}),
        json!({"l": [{"...": 1}]}),
        json!({"l": [{"...": [decoy]}]}),
        json!({"o": {"_sd_alg": "sha-256"}}),
        json!({"l": [{"_sd_alg": "sha-256"}]}),
    ] {
        assert_eq!(
            refusal(&credential_with(payload.clone(), &[])),
            SdJwtError::Reserved,
            "{payload}"
        );
    }
    // A disclosed element stands for itself and not for another one.
    let (text, digest) = disclosure(&json!(["salt", {"...": decoy}]));
    let nested = credential_with(json!({"l": [{"...": digest}]}), &[&text]);
    assert_eq!(refusal(&nested), SdJwtError::Reserved);
    for bad in [
        "short",
        "",
        &decoy[1..],
        &format!("{decoy}A"),
        &format!("{decoy}="),
    ] {
        let text = credential_with(json!({"_sd": [bad]}), &[]);
        assert_eq!(refusal(&text), SdJwtError::Digest, "{bad}");
    }
}

#[test]
fn hashes_are_those_that_are_known() {
    for (algorithm, digest) in [
        ("sha-256", HashAlgorithm::Sha256),
        ("sha-384", HashAlgorithm::Sha384),
        ("sha-512", HashAlgorithm::Sha512),
    ] {
        let (text, _) = disclosure(&json!(["salt", "a", 1]));
        let payload = json!({"_sd": [digest.digest(text.as_bytes())], "_sd_alg": algorithm});
        let claims = verify_unbound(&credential_with(payload, &[&text])).unwrap();
        assert_eq!(claims, object(json!({"a": 1})));
        // A digest of another hash's length is none.
        let other = HashAlgorithm::from_name(if algorithm == "sha-256" {
            "sha-512"
        } else {
            "sha-256"
        });
        let payload =
            json!({"_sd": [other.unwrap().digest(text.as_bytes())], "_sd_alg": algorithm});
        assert_eq!(refusal(&credential_with(payload, &[])), SdJwtError::Digest);
    }
    for bad in [
        json!("sha-1"),
        json!("SHA-256"),
        json!("md5"),
        json!("none"),
        json!(256),
        json!(null),
    ] {
        let text = credential_with(json!({"_sd_alg": bad}), &[]);
        assert_eq!(refusal(&text), SdJwtError::HashAlgorithm);
    }
}

#[test]
fn the_key_decides_the_algorithm() {
    let payload = json!({"iss": ISSUER, "vct": "urn:example:type"});
    let with_header = |header: Value| token(1, &header, &payload) + "~";
    let part = Part::Issuer;
    let good = json!({"alg": "EdDSA", "typ": CREDENTIAL_TYPE});
    verify_unbound(&with_header(good.clone())).unwrap();
    verify_unbound(&with_header(
        json!({"alg": "Ed25519", "typ": CREDENTIAL_TYPE}),
    ))
    .unwrap();
    for alg in [
        "none", "None", "HS256", "RS256", "ES384", "ES256K", "eddsa", "",
    ] {
        let text = with_header(json!({"alg": alg, "typ": CREDENTIAL_TYPE}));
        assert_eq!(refusal(&text), SdJwtError::Algorithm(part), "{alg}");
    }
    let text = with_header(json!({"alg": "ES256", "typ": CREDENTIAL_TYPE}));
    assert_eq!(refusal(&text), SdJwtError::AlgorithmOfKey(part));
    let header =
        |header: Value, error: SdJwtError| assert_eq!(refusal(&with_header(header)), error);
    header(
        json!({"typ": CREDENTIAL_TYPE}),
        SdJwtError::Header(part, "alg"),
    );
    header(
        json!({"alg": 1, "typ": CREDENTIAL_TYPE}),
        SdJwtError::Header(part, "alg"),
    );
    header(json!({"alg": "EdDSA"}), SdJwtError::Type(part));
    header(
        json!({"alg": "EdDSA", "typ": 1}),
        SdJwtError::Header(part, "typ"),
    );
    header(
        json!({"alg": "EdDSA", "typ": CREDENTIAL_TYPE, "kid": 1}),
        SdJwtError::Header(part, "kid"),
    );
    for typ in [
        "vc+sd-jwt",
        "JWT",
        "kb+jwt",
        "DC+SD-JWT",
        "application/dc+sd-jwt",
        "",
    ] {
        header(json!({"alg": "EdDSA", "typ": typ}), SdJwtError::Type(part));
    }
    header(
        json!({"alg": "EdDSA", "typ": CREDENTIAL_TYPE, "crit": ["b64"], "b64": false}),
        SdJwtError::Critical(part),
    );
    // Keys in headers are no keys.
    let jwk = issuer_key().to_jwk();
    let text = token(
        9,
        &json!({"alg": "EdDSA", "typ": CREDENTIAL_TYPE, "jwk": jwk}),
        &payload,
    ) + "~";
    assert_eq!(refusal(&text), SdJwtError::Signature(part));
    // Another issuer's key; an issuer that nobody knows; none at all.
    let text = token(9, &good, &payload) + "~";
    assert_eq!(refusal(&text), SdJwtError::Signature(part));
    for payload in [
        json!({"iss": "https://other.example", "vct": "t"}),
        json!({"vct": "t"}),
    ] {
        let text = token(1, &good, &payload) + "~";
        assert_eq!(refusal(&text), SdJwtError::KeyUnknown(part));
    }
    let text = token(1, &good, &json!({"iss": 1, "vct": "t"})) + "~";
    assert_eq!(refusal(&text), SdJwtError::Claim(part, "iss"));
}

#[test]
fn es256_and_eddsa_are_not_taken_for_one_another() {
    let signer = p256(5);
    let issued = Issuer::new(&signer, None)
        .issue(&draft(), &mut salts())
        .unwrap();
    let key = PublicKey::P256(signer.public_key());
    let p256_keys = move |_: &KeyRequest<'_>| Some(key);
    verify(&issued, &p256_keys, &unbound()).unwrap();
    let refused = verify(&issued, &keys, &unbound()).err().unwrap();
    assert_eq!(refused, SdJwtError::AlgorithmOfKey(Part::Issuer));
    let agreement = crate::public_key::X25519Key::from_bytes(&[9; 32]).unwrap();
    let agreement = move |_: &KeyRequest<'_>| Some(PublicKey::X25519(agreement));
    let refused = verify(&issued, &agreement, &unbound()).err().unwrap();
    assert_eq!(refused, SdJwtError::AlgorithmOfKey(Part::Issuer));
}

#[test]
fn times_and_audience() {
    let at = |payload: Value, now: u64, leeway_secs: u64| {
        let expected = Expected {
            now: Timestamp(now),
            leeway_secs,
            ..unbound()
        };
        verify(&credential_with(payload, &[]), &keys, &expected).map(|_| ())
    };
    assert_eq!(at(json!({"nbf": 100}), 99, 0), Err(SdJwtError::NotYetValid));
    assert_eq!(at(json!({"nbf": 100}), 99, 1), Ok(()));
    assert_eq!(at(json!({"nbf": 100}), 100, 0), Ok(()));
    assert_eq!(at(json!({"exp": 100}), 99, 0), Ok(()));
    assert_eq!(
        at(json!({"exp": 100}), 100, 0),
        Err(SdJwtError::NoLongerValid)
    );
    assert_eq!(at(json!({"exp": 100}), 100, 1), Ok(()));
    assert_eq!(
        at(json!({"exp": 0}), u64::MAX, 0),
        Err(SdJwtError::NoLongerValid)
    );
    for name in ["nbf", "exp", "iat"] {
        for bad in [json!("100"), json!(-1), json!(null), json!([1])] {
            let refused = at(json!({name: bad}), 50, 0);
            assert!(
                matches!(refused, Err(SdJwtError::Claim(Part::Issuer, _))),
                "{name} {bad}"
            );
        }
    }
    assert_eq!(at(json!({"aud": AUDIENCE}), 0, 0), Ok(()));
    assert_eq!(at(json!({"aud": ["x", AUDIENCE]}), 0, 0), Ok(()));
    let other = Err(SdJwtError::Audience(Part::Issuer));
    assert_eq!(at(json!({"aud": "x"}), 0, 0), other);
    assert_eq!(at(json!({"aud": ["x"]}), 0, 0), other);
    assert_eq!(at(json!({"aud": []}), 0, 0), other);
    assert_eq!(
        at(json!({"aud": 1}), 0, 0),
        Err(SdJwtError::Claim(Part::Issuer, "aud"))
    );
}

#[test]
fn rules_of_credentials() {
    let part = Part::Issuer;
    let header = json!({"alg": "EdDSA", "typ": CREDENTIAL_TYPE});
    let text = token(1, &header, &json!({"iss": ISSUER})) + "~";
    assert_eq!(refusal(&text), SdJwtError::Missing(part, "vct"));
    let claim = |payload: Value, name| {
        assert_eq!(
            refusal(&credential_with(payload, &[])),
            SdJwtError::Claim(part, name)
        );
    };
    claim(json!({"vct": ""}), "vct");
    claim(json!({"vct": 1}), "vct");
    claim(json!({"vct#integrity": 1}), "vct#integrity");
    claim(json!({"sub": 1}), "sub");
    claim(json!({"status": "x"}), "status");
    claim(json!({"cnf": "x"}), "cnf");
    for bad in [
        json!([]),
        json!("t"),
        json!([1]),
        json!(["urn:example:type"]),
    ] {
        claim(json!({"aka_vcts": bad}), "aka_vcts");
    }
    let jwk = json!({"kty": "OKP", "crv": "Ed25519", "x": "AA"});
    assert!(matches!(
        refusal(&credential_with(json!({"cnf": {"jwk": jwk}}), &[])),
        SdJwtError::HolderKey(_)
    ));
    let empty = credential_with(json!({"_sd": []}), &[]);
    assert_eq!(refusal(&empty), SdJwtError::NothingToDisclose);
    // None of these may be hidden: not as a whole, not in part, disclosed or not.
    for (name, value) in [
        ("nbf", json!(1)),
        ("exp", json!(9_999_999_999u64)),
        ("cnf", json!({"kid": "1"})),
        ("vct#integrity", json!("sha256-x")),
        ("aka_vcts", json!(["t"])),
        ("status", json!({})),
    ] {
        let (text, digest) = disclosure(&json!(["salt", name, value]));
        let hidden = credential_with(json!({"_sd": [digest]}), &[&text]);
        assert_eq!(refusal(&hidden), SdJwtError::MustBeOpen(name));
    }
    let (text, digest) = disclosure(&json!(["salt", "kid", "1"]));
    let in_part = json!({"cnf": {"_sd": [digest]}});
    assert_eq!(
        refusal(&credential_with(in_part.clone(), &[&text])),
        SdJwtError::MustBeOpen("cnf")
    );
    assert_eq!(
        refusal(&credential_with(in_part, &[])),
        SdJwtError::MustBeOpen("cnf")
    );
    // The issuer and the type too: a payload without them in the open is nobody's.
    for (name, missing) in [
        ("iss", json!({"vct": "t"})),
        ("vct", json!({"iss": ISSUER})),
    ] {
        let (text, digest) = disclosure(&json!(["salt", name, ISSUER]));
        let mut payload = object(missing);
        payload.insert("_sd".into(), json!([digest]));
        let hidden = token(1, &header, &payload.into()) + "~" + &text + "~";
        let anybody = |_: &KeyRequest<'_>| Some(issuer_key());
        let refused = verify(&hidden, &anybody, &unbound()).err();
        assert_eq!(refused, Some(SdJwtError::MustBeOpen(name)));
    }
}

/// A presentation whose key binding has another payload, header or key.
fn bound_with(byte: u8, header: Value, change: impl Fn(&mut Value)) -> String {
    let presented = held().present(&[]).unwrap();
    let hash = HashAlgorithm::Sha256.digest(presented.as_bytes());
    let mut payload = json!({"iat": NOW.0, "aud": AUDIENCE, "nonce": NONCE, "sd_hash": hash});
    change(&mut payload);
    presented + &token(byte, &header, &payload)
}

#[test]
fn key_bindings() {
    let part = Part::KeyBinding;
    let header = || json!({"alg": "EdDSA", "typ": KEY_BINDING_TYPE});
    let outcome = |text: &str| verify(text, &keys, &expected()).map(|v| v.holder_key);
    let refused =
        |change: &dyn Fn(&mut Value)| outcome(&bound_with(2, header(), change)).err().unwrap();
    assert_eq!(
        outcome(&bound_with(2, header(), |_| ())),
        Ok(Some(holder_key()))
    );
    let other_key = bound_with(3, header(), |_| ());
    assert_eq!(outcome(&other_key), Err(SdJwtError::Signature(part)));
    let by_issuer = bound_with(1, header(), |_| ());
    assert_eq!(outcome(&by_issuer), Err(SdJwtError::Signature(part)));
    for (header, error) in [
        (json!({"alg": "EdDSA"}), SdJwtError::Type(part)),
        (
            json!({"alg": "EdDSA", "typ": "JWT"}),
            SdJwtError::Type(part),
        ),
        (
            json!({"alg": "none", "typ": KEY_BINDING_TYPE}),
            SdJwtError::Algorithm(part),
        ),
        (
            json!({"alg": "ES256", "typ": KEY_BINDING_TYPE}),
            SdJwtError::AlgorithmOfKey(part),
        ),
        (
            json!({"alg": "EdDSA", "typ": KEY_BINDING_TYPE, "crit": []}),
            SdJwtError::Critical(part),
        ),
    ] {
        assert_eq!(outcome(&bound_with(2, header, |_| ())), Err(error));
    }
    for name in ["iat", "aud", "nonce", "sd_hash"] {
        let missing = refused(&|p| {
            p.as_object_mut().unwrap().remove(name);
        });
        assert_eq!(missing, SdJwtError::Missing(part, name));
        let malformed = refused(&|p| p[name] = json!([p[name].clone()]));
        assert_eq!(malformed, SdJwtError::Claim(part, name));
    }
    assert_eq!(
        refused(&|p| p["aud"] = json!("x")),
        SdJwtError::Audience(part)
    );
    assert_eq!(
        refused(&|p| p["nonce"] = json!("nonce-2")),
        SdJwtError::KeyBindingNonce
    );
    assert_eq!(
        refused(&|p| p["iat"] = json!(NOW.0 + 1)),
        SdJwtError::KeyBindingAge
    );
    assert_eq!(
        refused(&|p| p["iat"] = json!(NOW.0 - 301)),
        SdJwtError::KeyBindingAge
    );
    outcome(&bound_with(2, header(), |p| p["iat"] = json!(NOW.0 - 300))).unwrap();
    assert_eq!(
        refused(&|p| p["exp"] = json!(NOW.0)),
        SdJwtError::KeyBindingAge
    );
    assert_eq!(
        refused(&|p| p["nbf"] = json!(NOW.0 + 1)),
        SdJwtError::KeyBindingAge
    );
    let other = HashAlgorithm::Sha256.digest(b"other");
    assert_eq!(
        refused(&|p| p["sd_hash"] = json!(other)),
        SdJwtError::KeyBindingHash
    );
}

#[test]
fn the_verifier_decides_about_key_binding() {
    let bound = presented();
    let plain = held().present(&[]).unwrap();
    let outcome = |text: &str, expected: &Expected<'_>| verify(text, &keys, expected).err();
    assert_eq!(
        outcome(&bound, &unbound()),
        Some(SdJwtError::KeyBindingUnexpected)
    );
    assert_eq!(
        outcome(&plain, &expected()),
        Some(SdJwtError::KeyBindingMissing)
    );
    // A credential without key, with a binding by anybody.
    for cnf in [
        json!(null),
        json!({"kid": "1"}),
        json!({"jwk": {
        "kty": "OKP", "crv": "X25519", "x": "CQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}}),
    ] {
        let mut payload = Map::new();
        if !cnf.is_null() {
            payload.insert("cnf".into(), cnf);
        }
        let text = credential_with(payload.into(), &[]);
        let hash = HashAlgorithm::Sha256.digest(text.as_bytes());
        let binding = json!({"iat": NOW.0, "aud": AUDIENCE, "nonce": NONCE, "sd_hash": hash});
        let header = json!({"alg": "EdDSA", "typ": KEY_BINDING_TYPE});
        let text = text + &token(2, &header, &binding);
        assert_eq!(outcome(&text, &expected()), Some(SdJwtError::NoHolderKey));
    }
    // A binding belongs to the disclosures that it was made for.
    let (front, proof) = bound.rsplit_once('~').unwrap();
    let fewer = format!("{}~{proof}", front.rsplit_once('~').unwrap().0);
    assert_eq!(
        outcome(&fewer, &expected()),
        Some(SdJwtError::KeyBindingHash)
    );
    // A holder does not take what was made for a verifier.
    let refused = Holder::receive(&bound, &keys, NOW, 0).err();
    assert_eq!(refused, Some(SdJwtError::KeyBindingUnexpected));
    let late = Timestamp(NOW.0 + 2000);
    assert_eq!(
        Holder::receive(&issued(), &keys, late, 0).err(),
        Some(SdJwtError::NoLongerValid)
    );
}
