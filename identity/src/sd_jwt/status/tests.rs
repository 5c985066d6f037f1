use flate2::Compression;
use flate2::write::ZlibEncoder;
use proptest::prelude::*;
use std::io::Write as _;

use super::super::tests::{ISSUER, NOW, credential_with, ed25519, issued, keys, token, unbound};
use super::super::{Credential, KeyRequest, Part, base64url, verify};
use super::*;
use crate::public_key::PublicKey;
use tacit_circuits::types::Timestamp;

/// What the fixture's credential names.
const LIST: &str = "https://issuer.example/status/1";

fn bits(bits: u64) -> EntryBits {
    EntryBits::new(bits).unwrap()
}

fn list(size: u64, values: &[u8]) -> StatusList {
    StatusList::of_values(bits(size), values.iter().copied()).unwrap()
}

/// draft-ietf-oauth-status-list-20, section 4.1: the example of one bit.
#[test]
fn the_example_of_the_draft() {
    let one = list(1, &[1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1]);
    assert_eq!(one.encode().unwrap(), "eNrbuRgAAhcBXQ");
    assert_eq!(
        StatusList::decode("eNrbuRgAAhcBXQ", EntryBits::ONE),
        Ok(one)
    );
    let two = list(2, &[1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3]);
    let text = two.encode().unwrap();
    let read = StatusList::decode(&text, EntryBits::TWO).unwrap();
    assert_eq!(read, two);
    assert_eq!(
        (read.get(3), read.get(4), read.get(12)),
        (Some(3), Some(0), None)
    );
    assert_eq!(read.get(u64::MAX), None);
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::best());
    zlib.write_all(bytes).unwrap();
    zlib.finish().unwrap()
}

fn decode(compressed: &[u8]) -> Result<StatusList, StatusError> {
    StatusList::decode(&base64url::encode(compressed), EntryBits::ONE)
}

#[test]
fn bombs_and_scraps_are_refused() {
    let bomb = zlib(&vec![0; 64 << 20]);
    assert!(bomb.len() < 100_000);
    assert_eq!(decode(&bomb), Err(StatusError::TooLong));
    assert_eq!(
        decode(&zlib(&vec![0; MAX_LIST_BYTES + 1])),
        Err(StatusError::TooLong)
    );
    assert_eq!(
        decode(&zlib(&vec![0; MAX_LIST_BYTES])).unwrap().len(),
        MAX_LIST_BYTES * 8
    );
    let long = "A".repeat(MAX_LIST_BYTES * 2);
    assert_eq!(
        StatusList::decode(&long, EntryBits::ONE),
        Err(StatusError::TooLong)
    );
    let good = zlib(&[1, 2, 3, 4, 5, 6, 7, 8, 9]);
    decode(&good).unwrap();
    for cut in 0..good.len() {
        assert_eq!(decode(&good[..cut]), Err(StatusError::Encoding), "{cut}");
    }
    for at in 0..good.len() {
        let mut broken = good.clone();
        broken[at] ^= 1;
        assert_eq!(decode(&broken), Err(StatusError::Encoding), "{at}");
    }
    assert_eq!(
        decode(&[good.clone(), vec![0]].concat()),
        Err(StatusError::Encoding)
    );
    assert_eq!(
        decode(&[good.clone(), good.clone()].concat()),
        Err(StatusError::Encoding)
    );
    for bad in ["", "=", "eNrbuRgAAhcBXQ==", "eNrbuRgAAhcBXR", "H4sI"] {
        assert_eq!(
            StatusList::decode(bad, EntryBits::ONE),
            Err(StatusError::Encoding),
            "{bad}"
        );
    }
    let noise: Vec<u8> = (0u32..200_000)
        .map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8)
        .collect();
    assert_eq!(
        decode(&zlib(&noise)).unwrap().len(),
        noise.len() * 8,
        "several steps"
    );
}

#[test]
fn lists_that_cannot_be_are_not_made() {
    assert_eq!(
        StatusList::of_values(EntryBits::TWO, [4]),
        Err(StatusError::Value)
    );
    let many = std::iter::repeat_n(0, MAX_LIST_BYTES + 1);
    assert_eq!(
        StatusList::of_values(bits(8), many),
        Err(StatusError::TooLong)
    );
    assert!(
        [0, 3, 5, 6, 7, 9, 16, u64::MAX]
            .into_iter()
            .all(|n| EntryBits::new(n).is_none())
    );
}

#[test]
fn references_are_exact() {
    let parse = |status: Value| StatusReference::parse(status.as_object().unwrap());
    let good = json!({"status_list": {"idx": 0, "uri": "https://a.example/1"}});
    let reference = parse(good.clone()).unwrap();
    assert_eq!(reference.to_json(), good);
    assert_eq!(parse(json!({"other": {}})), Err(StatusError::Mechanism));
    assert_eq!(parse(json!({})), Err(StatusError::Mechanism));
    for bad in [
        json!(1),
        json!({}),
        json!({"idx": 0}),
        json!({"uri": "https://a.example/1"}),
        json!({"idx": -1, "uri": "https://a.example/1"}),
        json!({"idx": "0", "uri": "https://a.example/1"}),
        json!({"idx": 0, "uri": 1}),
        json!({"idx": 0, "uri": ""}),
        json!({"idx": 0, "uri": "list"}),
        json!({"idx": 0, "uri": "https:"}),
        json!({"idx": 0, "uri": ":x"}),
        json!({"idx": 0, "uri": "1a:x"}),
        json!({"idx": 0, "uri": "https://a b"}),
        json!({"idx": 0, "uri": "https://ä.example"}),
        json!({"idx": 0, "uri": format!("https://{}", "a".repeat(2048))}),
    ] {
        let refused = parse(json!({"status_list": bad}));
        assert_eq!(refused, Err(StatusError::Reference), "{bad}");
    }
}

fn status_token() -> StatusListToken {
    StatusListToken {
        uri: LIST.to_owned(),
        issuer: Some(ISSUER.to_owned()),
        issued_at: Timestamp(NOW.0 - 100),
        not_before: Some(NOW),
        expires: Some(Timestamp(NOW.0 + 100)),
        ttl_secs: Some(60),
        list: list(2, &[0, 1, 2, 0, 3]),
    }
}

fn signed(token: &StatusListToken) -> String {
    token.sign((&ed25519(1)).into(), Some("key-1")).unwrap()
}

fn credential_at(index: u64) -> Credential {
    let status = json!({"status": {"status_list": {"uri": LIST, "idx": index}}});
    verify(&credential_with(status, &[]), &keys, &unbound())
        .unwrap()
        .credential
}

fn outcome_with(
    index: u64,
    token: Option<String>,
    age: u64,
    keys: fn(&KeyRequest<'_>) -> Option<PublicKey>,
) -> Outcome {
    let lists = move |uri: &str| {
        assert_eq!(uri, LIST);
        token.clone().map(|token| FetchedToken {
            token,
            at: Timestamp(NOW.0 - age),
        })
    };
    check(&credential_at(index), &lists, &keys, NOW, 0).unwrap()
}

fn outcome(index: u64, token: &StatusListToken) -> Outcome {
    outcome_with(index, Some(signed(token)), 0, keys)
}

#[test]
fn entries_say_what_became_of_the_credential() {
    let set = |value, kind| Outcome::Set { value, kind };
    assert_eq!(outcome(0, &status_token()), Outcome::Valid);
    assert_eq!(outcome(3, &status_token()), Outcome::Valid);
    assert_eq!(outcome(1, &status_token()), set(1, StatusKind::Invalid));
    assert_eq!(outcome(2, &status_token()), set(2, StatusKind::Suspended));
    assert_eq!(outcome(4, &status_token()), set(3, StatusKind::Application));
    let mut wide = status_token();
    wide.list = list(8, &[4, 12, 15, 16, 255]);
    assert_eq!(outcome(0, &wide), set(4, StatusKind::Other));
    assert_eq!(outcome(1, &wide), set(12, StatusKind::Application));
    assert_eq!(outcome(2, &wide), set(15, StatusKind::Application));
    assert_eq!(outcome(3, &wide), set(16, StatusKind::Other));
    assert_eq!(outcome(4, &wide), set(255, StatusKind::Other));
}

#[test]
fn a_credential_without_status_has_no_outcome() {
    let nothing = |_: &str| -> Option<FetchedToken> { panic!("nothing is to be fetched") };
    let plain = verify(&credential_with(json!({}), &[]), &keys, &unbound()).unwrap();
    assert_eq!(check(&plain.credential, &nothing, &keys, NOW, 0), None);
    let other = json!({"status": {"other": 1}});
    let other = verify(&credential_with(other, &[]), &keys, &unbound()).unwrap();
    assert_eq!(
        check(&other.credential, &nothing, &keys, NOW, 0),
        Some(Outcome::Unknown(Unknown::Reference(StatusError::Mechanism)))
    );
    // The fixture's own status.
    let fixture = verify(&issued(), &keys, &unbound()).unwrap();
    let lists = |_: &str| {
        Some(FetchedToken {
            token: signed(&status_token()),
            at: NOW,
        })
    };
    assert_eq!(
        check(&fixture.credential, &lists, &keys, NOW, 0),
        Some(Outcome::Valid)
    );
}

/// Each reason, once where the entry would be clear and once where it would be set: neither shows.
#[test]
fn what_is_not_known_is_neither_valid_nor_set() {
    let changed = |change: &dyn Fn(&mut StatusListToken)| {
        let mut token = status_token();
        change(&mut token);
        Some(signed(&token))
    };
    let payload = |change: &dyn Fn(&mut Value)| {
        let mut payload = json!({
            "sub": LIST, "iat": NOW.0, "status_list": {"bits": 1, "lst": "eNrbuRgAAhcBXQ"}
        });
        change(&mut payload);
        let header = json!({"alg": "EdDSA", "typ": "statuslist+jwt"});
        Some(token(1, &header, &payload))
    };
    let header = |header: Value| {
        let payload = json!({
            "sub": LIST, "iat": NOW.0, "status_list": {"bits": 1, "lst": "eNrbuRgAAhcBXQ"}
        });
        Some(token(1, &header, &payload))
    };
    let unverifiable = |error: SdJwtError| Unknown::Unverifiable(error.into());
    let part = Part::StatusList;
    let nobody: fn(&KeyRequest<'_>) -> Option<PublicKey> = |_| None;
    let other: fn(&KeyRequest<'_>) -> Option<PublicKey> =
        |_| Some(super::super::tests::holder_key());
    let cases = [
        (None, 0, keys as fn(&KeyRequest<'_>) -> _, Unknown::Missing),
        (changed(&|_| ()), 61, keys, Unknown::Stale),
        (changed(&|t| t.expires = Some(NOW)), 0, keys, Unknown::Stale),
        (
            changed(&|t| t.not_before = Some(Timestamp(NOW.0 + 1))),
            0,
            keys,
            Unknown::Stale,
        ),
        (
            changed(&|t| t.issued_at = Timestamp(NOW.0 + 1)),
            0,
            keys,
            Unknown::Stale,
        ),
        (
            payload(&|_| ()),
            check::DEFAULT_TTL_SECS + 1,
            keys,
            Unknown::Stale,
        ),
        (
            changed(&|t| t.issuer = Some("https://other.example".into())),
            0,
            keys,
            Unknown::OtherIssuer,
        ),
        (
            changed(&|t| t.uri = "https://issuer.example/status/2".into()),
            0,
            keys,
            Unknown::OtherList,
        ),
        (changed(&|t| t.list = list(1, &[])), 0, keys, Unknown::Range),
        (
            changed(&|_| ()),
            0,
            nobody,
            unverifiable(SdJwtError::KeyUnknown(part)),
        ),
        (
            changed(&|_| ()),
            0,
            other,
            unverifiable(SdJwtError::Signature(part)),
        ),
        (
            Some("x".into()),
            0,
            keys,
            unverifiable(SdJwtError::Jwt(part)),
        ),
        (
            Some("x".repeat(MAX_TOKEN_BYTES + 1)),
            0,
            keys,
            Unknown::Unverifiable(StatusError::TooLong),
        ),
        (
            header(json!({"alg": "EdDSA", "typ": "dc+sd-jwt"})),
            0,
            keys,
            unverifiable(SdJwtError::Type(part)),
        ),
        (
            header(json!({"alg": "none", "typ": "statuslist+jwt"})),
            0,
            keys,
            unverifiable(SdJwtError::Algorithm(part)),
        ),
        (
            header(json!({"alg": "ES256", "typ": "statuslist+jwt"})),
            0,
            keys,
            unverifiable(SdJwtError::AlgorithmOfKey(part)),
        ),
        (
            payload(&|p| p["sub"] = json!(1)),
            0,
            keys,
            unverifiable(SdJwtError::Claim(part, "sub")),
        ),
        (
            payload(&|p| p["iat"] = json!("1")),
            0,
            keys,
            unverifiable(SdJwtError::Claim(part, "iat")),
        ),
        (
            payload(&|p| p["exp"] = json!("1")),
            0,
            keys,
            unverifiable(SdJwtError::Claim(part, "exp")),
        ),
        (
            payload(&|p| p["ttl"] = json!(0)),
            0,
            keys,
            unverifiable(SdJwtError::Claim(part, "ttl")),
        ),
        (
            payload(&|p| p["iss"] = json!(0)),
            0,
            keys,
            unverifiable(SdJwtError::Claim(part, "iss")),
        ),
        (
            payload(&|p| p["status_list"] = json!([])),
            0,
            keys,
            unverifiable(SdJwtError::Claim(part, "status_list")),
        ),
        (
            payload(&|p| p["status_list"]["lst"] = json!(1)),
            0,
            keys,
            unverifiable(SdJwtError::Claim(part, "status_list")),
        ),
        (
            payload(&|p| p["status_list"]["bits"] = json!(3)),
            0,
            keys,
            Unknown::Unverifiable(StatusError::Bits),
        ),
        (
            payload(&|p| p["status_list"]["lst"] = json!("eNrb")),
            0,
            keys,
            Unknown::Unverifiable(StatusError::Encoding),
        ),
    ];
    for (token, age, keys, wanted) in cases {
        for index in [0, 1] {
            let is = outcome_with(index, token.clone(), age, keys);
            assert_eq!(is, Outcome::Unknown(wanted.clone()));
        }
    }
    for name in ["sub", "iat", "status_list"] {
        let token = payload(&|p| {
            p.as_object_mut().unwrap().remove(name);
        });
        let wanted = unverifiable(SdJwtError::Missing(part, name));
        assert_eq!(outcome_with(0, token, 0, keys), Outcome::Unknown(wanted));
    }
    // Just in time.
    assert_eq!(outcome_with(0, changed(&|_| ()), 60, keys), Outcome::Valid);
    assert_eq!(
        outcome_with(1, payload(&|_| ()), check::DEFAULT_TTL_SECS, keys),
        Outcome::Valid
    );
}

/// A list that is shown again, long after it was made: a far `exp` alone does not keep it fresh.
#[test]
fn a_list_without_ttl_is_soon_stale_whatever_its_exp() {
    let mut token = status_token();
    token.ttl_secs = None;
    token.expires = Some(Timestamp(NOW.0 + 1_000_000));
    let outcome = |token: &StatusListToken, age| outcome_with(0, Some(signed(token)), age, keys);
    assert_eq!(outcome(&token, check::DEFAULT_TTL_SECS), Outcome::Valid);
    let stale = Outcome::Unknown(Unknown::Stale);
    assert_eq!(outcome(&token, check::DEFAULT_TTL_SECS + 1), stale);
    token.expires = Some(Timestamp(NOW.0 - 1));
    assert_eq!(outcome(&token, 0), stale);
}

#[test]
fn tokens_without_uri_are_not_signed() {
    let mut token = status_token();
    token.uri = "nothing".into();
    assert_eq!(
        token.sign((&ed25519(1)).into(), None),
        Err(StatusError::Reference)
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_encoded_is_decoded(size in prop::sample::select(vec![1u64, 2, 4, 8]), values in prop::collection::vec(any::<u8>(), 0..500)) {
        let mask = u8::MAX >> (8 - size);
        let values: Vec<u8> = values.iter().map(|v| v & mask).collect();
        let made = list(size, &values);
        let again = StatusList::decode(&made.encode().unwrap(), bits(size)).unwrap();
        prop_assert_eq!(&again, &made);
        for (index, value) in (0u64..).zip(&values) {
            prop_assert_eq!(again.get(index), Some(*value));
        }
    }

    #[test]
    fn never_panics(bytes in prop::collection::vec(any::<u8>(), 0..200), text in "[A-Za-z0-9._-]{0,80}") {
        let _ = decode(&bytes);
        let _ = decode(&zlib(&bytes));
        let _ = StatusListToken::parse(&text);
    }
}
