use serde_json::{Value, json};
use tacit_circuits::types::{Secret, Timestamp};
use tacit_identity::datetime::DateTime;
use tacit_identity::did::DidKey;
use tacit_identity::signer::HolderSigner;

use super::*;
use crate::context::Contexts;
use crate::integrity::{ProofOptions, Purpose, Suite, VerificationMethod};
use crate::model::{Credential, issue_credential};

const NOW: Timestamp = Timestamp(1_795_262_400);
const LIST: &str = "https://issuer.example/status/1";

fn contexts() -> Contexts {
    Contexts::bundled().unwrap()
}

fn signer(byte: u8) -> HolderSigner {
    HolderSigner::new(&Secret::new([byte; 32]))
}

fn did_keys(url: &str) -> Option<VerificationMethod> {
    let did: DidKey = url.split_once('#')?.0.parse().ok()?;
    Some(VerificationMethod {
        controller: did.to_string(),
        key: *did.key(),
        purposes: vec![Purpose::AssertionMethod],
        ends: None,
    })
}

fn time(seconds_from_now: i64) -> DateTime {
    let seconds = i64::try_from(NOW.0).unwrap() + seconds_from_now;
    Timestamp(u64::try_from(seconds).unwrap())
        .try_into()
        .unwrap()
}

fn list() -> List {
    List {
        id: LIST.to_owned(),
        issuer: signer(1).did().to_string(),
        purpose: "revocation".to_owned(),
        bits: Bitstring::of_bits([false, true, false, true]).unwrap(),
        valid_from: time(-100),
        valid_until: time(1000),
        ttl_millis: 60_000,
    }
}

fn signed_by(byte: u8, document: Value) -> Value {
    signed_with(Suite::EddsaJcs2022, byte, document)
}

fn signed_with(suite: Suite, byte: u8, document: Value) -> Value {
    let options = ProofOptions::new(suite, Purpose::AssertionMethod, time(-100));
    issue_credential(document, &options, &signer(byte), &contexts()).unwrap()
}

fn published() -> Value {
    signed_with(Suite::EddsaRdfc2022, 1, list().document().unwrap())
}

fn credential(statuses: Value) -> Credential {
    let document = json!({
        "@context": ["https://www.w3.org/ns/credentials/v2", "https://www.w3.org/ns/credentials/examples/v2"],
        "type": ["VerifiableCredential"],
        "issuer": signer(1).did().to_string(),
        "credentialSubject": {"id": "did:example:a"},
        "credentialStatus": statuses
    });
    Credential::parse(document, &contexts()).unwrap()
}

/// The outcome for one entry, when the list is this document, fetched so many seconds ago.
fn outcome_of(entry: &Entry, document: Option<Value>, age: u64) -> Outcome {
    let lists = move |url: &str| {
        assert_eq!(url, LIST);
        document.clone().map(|document| FetchedList {
            document,
            at: Timestamp(NOW.0 - age),
        })
    };
    let credential = credential(entry.to_json());
    let mut statuses = check(&credential, &lists, NOW, &did_keys, &contexts());
    assert_eq!(statuses.len(), 1);
    assert_eq!(statuses[0].purpose, entry.purpose);
    statuses.remove(0).outcome
}

fn entry(index: u64) -> Entry {
    Entry::bit("revocation", LIST, index)
}

fn unknown(entry: &Entry, document: Option<Value>, age: u64) -> Unknown {
    match outcome_of(entry, document, age) {
        Outcome::Unknown(why) => why,
        other => panic!("{other:?}"),
    }
}

const SET: Outcome = Outcome::Set {
    value: 1,
    message: None,
};

#[test]
fn clear_entries_are_valid_and_set_ones_are_set() {
    for (index, outcome) in [
        (0, Outcome::Valid),
        (1, SET),
        (2, Outcome::Valid),
        (3, SET),
        (131_071, Outcome::Valid),
    ] {
        assert_eq!(
            outcome_of(&entry(index), Some(published()), 60),
            outcome,
            "{index}"
        );
    }
}

#[test]
fn a_list_that_is_missing_stale_or_unverifiable_says_nothing() {
    // Entry 1 is set: what cannot be believed must not say so either.
    for entry in [entry(0), entry(1)] {
        let unknown = |document, age| unknown(&entry, document, age);
        assert_eq!(unknown(None, 0), Unknown::Missing);
        assert_eq!(unknown(Some(published()), 61), Unknown::Stale);
        let signed = |change: fn(&mut List)| {
            let mut list = list();
            change(&mut list);
            Some(signed_by(1, list.document().unwrap()))
        };
        assert_eq!(
            unknown(signed(|l| l.valid_until = time(-1)), 0),
            Unknown::Stale
        );
        assert_eq!(
            unknown(signed(|l| l.valid_from = time(1)), 0),
            Unknown::Stale
        );
        assert_eq!(
            unknown(signed(|l| l.purpose = "suspension".into()), 0),
            Unknown::Purpose
        );
        assert_eq!(
            unknown(signed(|l| l.id = format!("{LIST}0")), 0),
            Unknown::OtherList
        );

        let mut changed = published();
        changed["credentialSubject"]["encodedList"] =
            json!(Bitstring::of_bits([]).unwrap().encode().unwrap());
        assert!(matches!(
            unknown(Some(changed), 0),
            Unknown::Unverifiable(_)
        ));
        assert!(matches!(
            unknown(Some(list().document().unwrap()), 0),
            Unknown::Unverifiable(_)
        ));
        assert!(matches!(
            unknown(Some(json!([])), 0),
            Unknown::Unverifiable(_)
        ));
        let mut foreign = list();
        foreign.issuer = signer(2).did().to_string();
        let foreign = signed_by(2, foreign.document().unwrap());
        assert_eq!(unknown(Some(foreign), 0), Unknown::OtherIssuer);
    }
    assert_eq!(
        unknown(&entry(131_072), Some(published()), 0),
        Unknown::Range
    );
    assert_eq!(
        unknown(&entry(u64::MAX), Some(published()), 0),
        Unknown::Range
    );
}

#[test]
fn a_list_has_the_form_of_a_list() {
    let with = |pointer: &str, value: Value| {
        let mut document = list().document().unwrap();
        let examples = "https://www.w3.org/ns/credentials/examples/v2";
        document["@context"]
            .as_array_mut()
            .unwrap()
            .push(json!(examples));
        *document.pointer_mut(pointer).unwrap() = value;
        unknown(&entry(1), Some(signed_by(1, document)), 0)
    };
    let list_error = |member| Unknown::List(StatusError::List(member));
    assert_eq!(
        with("/type", json!(["VerifiableCredential"])),
        list_error("type")
    );
    assert_eq!(
        with("/credentialSubject/type", json!("BitstringStatusListEntry")),
        list_error("credentialSubject")
    );
    assert_eq!(
        with("/credentialSubject/statusPurpose", json!([])),
        list_error("statusPurpose")
    );
    assert_eq!(
        with("/credentialSubject/statusPurpose", json!(7)),
        list_error("statusPurpose")
    );
    assert_eq!(with("/credentialSubject/ttl", json!(-1)), list_error("ttl"));
    assert_eq!(
        with("/credentialSubject/ttl", json!("60000")),
        list_error("ttl")
    );
    assert_eq!(
        with("/credentialSubject/encodedList", json!(7)),
        list_error("encodedList")
    );
    assert_eq!(
        with("/credentialSubject/encodedList", json!("H4sI")),
        Unknown::List(StatusError::Encoding)
    );
    let two = json!([{"id": "urn:a"}, {"id": "urn:b"}]);
    assert_eq!(
        with("/credentialSubject", two),
        list_error("credentialSubject")
    );

    let mut document = list().document().unwrap();
    document["credentialSubject"]["statusPurpose"] = json!(["revocation", "suspension"]);
    document["credentialSubject"]
        .as_object_mut()
        .unwrap()
        .remove("ttl");
    let document = signed_by(1, document);
    assert_eq!(outcome_of(&entry(1), Some(document.clone()), 300), SET);
    assert_eq!(unknown(&entry(1), Some(document), 301), Unknown::Stale);
}

#[test]
fn entries_of_several_bits_have_messages() {
    let message = |value, text: &str| Message {
        value,
        text: text.to_owned(),
    };
    let entry = Entry {
        purpose: "message".to_owned(),
        index: 1,
        list: LIST.to_owned(),
        size: EntrySize::new(2).unwrap(),
        messages: vec![
            message(0, "pending"),
            message(1, "accepted"),
            message(2, "rejected"),
            message(3, "undefined"),
        ],
    };
    assert_eq!(Entry::parse(&entry.to_json()), Ok(entry.clone()));
    let mut list = list();
    list.purpose = "message".to_owned();
    list.bits = Bitstring::of_values(entry.size, [0, 2]).unwrap();
    let document = signed_by(1, list.document().unwrap());
    assert_eq!(
        outcome_of(&entry, Some(document), 0),
        Outcome::Set {
            value: 2,
            message: Some("rejected".to_owned())
        }
    );
    // A list of bits is too short for entries of two bits.
    list.bits = Bitstring::of_bits([]).unwrap();
    let document = signed_by(1, list.document().unwrap());
    assert_eq!(
        unknown(&entry, Some(document), 0),
        Unknown::List(StatusError::TooShort)
    );
    let refused = |value: Value| {
        let mut json = entry.to_json();
        json["statusMessage"] = value;
        Entry::parse(&json).unwrap_err()
    };
    let messages = entry.to_json()["statusMessage"].clone();
    let mut fewer = messages.clone();
    fewer.as_array_mut().unwrap().pop();
    let mut twice = messages.clone();
    twice[3] = twice[2].clone();
    let mut unnumbered = messages;
    unnumbered[0]["status"] = json!("0");
    for bad in [fewer, twice, unnumbered, json!([]), json!("x"), json!(null)] {
        assert_eq!(refused(bad), StatusError::Entry("statusMessage"));
    }
}

#[test]
fn each_rule_of_an_entry() {
    let good = entry(7).to_json();
    assert_eq!(Entry::parse(&good), Ok(entry(7)));
    let with = |member: &str, value: Value| {
        let mut json = good.clone();
        json[member] = value;
        Entry::parse(&json)
    };
    let mut without = good.clone();
    without.as_object_mut().unwrap().remove("id");
    assert_eq!(Entry::parse(&without), Ok(entry(7)));
    for (member, bad) in [
        ("id", json!(LIST)),
        ("id", json!("x")),
        ("id", json!(7)),
        ("statusPurpose", json!("")),
        ("statusPurpose", json!(["revocation", "suspension"])),
        ("statusListIndex", json!(7)),
        ("statusListIndex", json!("-1")),
        ("statusListIndex", json!("+1")),
        ("statusListIndex", json!("07")),
        ("statusListIndex", json!("x")),
        ("statusListIndex", json!("18446744073709551616")),
        ("statusListCredential", json!("x")),
        ("statusListCredential", json!({})),
        ("statusSize", json!(0)),
        ("statusSize", json!(9)),
        ("statusSize", json!("1")),
        ("statusReference", json!("x")),
        ("statusReference", json!([])),
    ] {
        let result = with(member, bad.clone());
        assert!(
            matches!(result, Err(StatusError::Entry(m)) if m == member),
            "{member} {bad}"
        );
    }
    assert_eq!(
        with("statusSize", json!(2)),
        Err(StatusError::Entry("statusMessage"))
    );
    for member in ["statusPurpose", "statusListIndex", "statusListCredential"] {
        assert_eq!(
            with(member, json!([good[member]])),
            Ok(entry(7)),
            "{member}"
        );
    }
    let mut message = good.clone();
    message["statusPurpose"] = json!("message");
    let refused = |message: &Value, member| {
        assert_eq!(Entry::parse(message), Err(StatusError::Entry(member)));
    };
    refused(&message, "statusSize");
    message["statusSize"] = json!(1);
    refused(&message, "statusMessage");
    let messages =
        |set: &str| json!([{"status": "0x0", "message": "a"}, {"status": set, "message": "b"}]);
    message["statusMessage"] = messages("0x+1");
    refused(&message, "statusMessage");
    message["statusMessage"] = messages("0x1");
    assert_eq!(Entry::parse(&message).unwrap().to_json(), message);
    assert_eq!(
        with("type", json!("TacitEndedTree")),
        Err(StatusError::OtherType)
    );
    assert!(with("type", json!(["Other", "BitstringStatusListEntry"])).is_ok());
    assert_eq!(Entry::parse(&json!("urn:x")), Err(StatusError::OtherType));
}

#[test]
fn statuses_that_are_not_understood_are_unknown_and_none_is_none() {
    let nothing = |_: &str| None;
    let other = credential(json!({"id": "urn:x", "type": "TacitEndedTree"}));
    assert_eq!(
        check(&other, &nothing, NOW, &did_keys, &contexts()),
        [Status {
            purpose: String::new(),
            outcome: Outcome::Unknown(Unknown::Entry(StatusError::OtherType))
        }]
    );
    let two = credential(json!([
        entry(0).to_json(),
        Entry::bit("suspension", LIST, 0).to_json()
    ]));
    let both = |_: &str| {
        Some(FetchedList {
            document: published(),
            at: NOW,
        })
    };
    let statuses = check(&two, &both, NOW, &did_keys, &contexts());
    assert_eq!(statuses[0].outcome, Outcome::Valid);
    assert_eq!(statuses[1].outcome, Outcome::Unknown(Unknown::Purpose));
}

#[test]
fn long_lists_are_read_and_longer_ones_are_not() {
    let mut bits = 1u64;
    let noise = std::iter::repeat_with(move || {
        bits ^= bits << 13;
        bits ^= bits >> 7;
        bits ^= bits << 17;
        bits & 1 == 1
    });
    let mut list = list();
    list.bits = Bitstring::of_bits(noise.take(MAX_BYTES * 8)).unwrap();
    let text = serde_json::to_vec(&list.document().unwrap()).unwrap();
    assert!(text.len() > MAX_BYTES);
    read(&text).unwrap();
    assert!(matches!(
        read(&vec![b' '; MAX_LIST_DOCUMENT_BYTES + 1]),
        Err(StatusError::Json(_))
    ));
}
