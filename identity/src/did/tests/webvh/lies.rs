//! Logs that lie about keys, times, places and versions.

use serde_json::{Value, json};

use super::writer::{Writer, multihash, multikey, writer};
use super::*;

#[test]
fn keys_of_the_entry_before_sign_the_next_one() {
    assert_eq!(writer().fault(), None);
    assert_eq!(
        Writer::new(json!({"updateKeys": [multikey(1)]}), 2).fault(),
        Some(LogFault::Proof)
    );
    let rotate = json!({"updateKeys": [multikey(2)]});
    assert_eq!(writer().update(rotate.clone(), 1).fault(), None);
    assert_eq!(
        writer().update(rotate.clone(), 2).fault(),
        Some(LogFault::Proof)
    );
    assert_eq!(
        writer()
            .update(rotate.clone(), 1)
            .update(json!({}), 2)
            .fault(),
        None
    );
    assert_eq!(
        writer().update(rotate, 1).update(json!({}), 1).fault(),
        Some(LogFault::Proof)
    );
    assert_eq!(
        writer()
            .update(json!({"updateKeys": []}), 1)
            .update(json!({}), 1)
            .fault(),
        Some(LogFault::Proof)
    );
}

/// A log with pre-rotation that didwebvh-ts 2.8.0 wrote, with keys made for it.
#[test]
fn a_log_of_another_implementation() {
    let log = include_str!("../../../../tests/vectors/did-log.jsonl");
    let did = did_of(log);
    let urls = [
        "https://a.example/.well-known/did.jsonl",
        "https://a.example/.well-known/did-witness.json",
    ];
    let resolution = resolve_at(&did, urls, log, "", &Options::default());
    assert_eq!(resolution.document.unwrap().did(), did);
}

#[test]
fn pre_rotation_binds_the_next_keys() {
    let hash = |byte| multihash(multikey(byte).as_bytes());
    let first = || {
        Writer::new(
            json!({"updateKeys": [multikey(1)], "nextKeyHashes": [hash(2)]}),
            1,
        )
    };
    let next = |byte| json!({"updateKeys": [multikey(byte)], "nextKeyHashes": [hash(3)]});
    assert_eq!(first().update(next(2), 2).fault(), None);
    assert_eq!(first().update(next(2), 1).fault(), Some(LogFault::Proof));
    assert_eq!(
        first().update(next(4), 4).fault(),
        Some(LogFault::PreRotation)
    );
    let more = json!({"updateKeys": [multikey(2), multikey(1)], "nextKeyHashes": []});
    assert_eq!(first().update(more, 2).fault(), Some(LogFault::PreRotation));
    let inherited = json!({"nextKeyHashes": [hash(3)]});
    assert_eq!(
        first().update(inherited, 1).fault(),
        Some(LogFault::Parameter("updateKeys"))
    );
    let unbound = json!({"updateKeys": [multikey(2)]});
    assert_eq!(
        first().update(unbound, 2).fault(),
        Some(LogFault::Parameter("nextKeyHashes"))
    );
    let ended = json!({"updateKeys": [multikey(2)], "nextKeyHashes": []});
    assert_eq!(
        first()
            .update(ended, 2)
            .update(json!({"updateKeys": [multikey(5)]}), 2)
            .fault(),
        None
    );
}

#[test]
fn entries_that_lie() {
    let with = |change: &dyn Fn(&mut Value)| writer().update_with(json!({}), 1, change).fault();
    let time = |text: &'static str| with(&|entry: &mut Value| entry["versionTime"] = json!(text));
    assert_eq!(time("2026-01-01T00:00:00.001Z"), None);
    assert_eq!(time("2026-11-21T12:00:00Z"), None);
    assert_eq!(time("2026-01-01T00:00:00Z"), Some(LogFault::Order));
    assert_eq!(time("2026-11-21T12:00:01Z"), Some(LogFault::Future));
    for text in [
        "2026-02-01T00:00:00",
        "2026-02-01T00:00:00+01:00",
        "2026-02-30T00:00:00Z",
    ] {
        assert_eq!(time(text), Some(LogFault::Member("versionTime")));
    }
    assert_eq!(
        with(&|entry| entry["state"]["id"] = json!("did:web:example.com")),
        Some(LogFault::Scid)
    );
    assert_eq!(
        with(&|entry| entry["more"] = json!(1)),
        Some(LogFault::Member("(other)"))
    );
    for (name, value, fault) in [
        ("scid", json!("x"), LogFault::Parameter("scid")),
        ("portable", json!(true), LogFault::Parameter("portable")),
        ("portable", json!("no"), LogFault::Parameter("portable")),
        ("deactivated", json!(1), LogFault::Parameter("deactivated")),
        ("method", json!("did:webvh:0.5"), LogFault::Method),
        ("ttl", json!("3600"), LogFault::Parameter("ttl")),
        ("ttl", json!(1u64 << 32), LogFault::Parameter("ttl")),
        (
            "updateKeys",
            json!(["z6Mk"]),
            LogFault::Parameter("updateKeys"),
        ),
        (
            "watchers",
            json!("https://a.example"),
            LogFault::Parameter("watchers"),
        ),
        (
            "nextKeyHashes",
            json!([1]),
            LogFault::Parameter("nextKeyHashes"),
        ),
        ("other", json!(1), LogFault::UnknownParameter),
    ] {
        let mut parameters = json!({});
        parameters[name] = value;
        assert_eq!(
            writer().update(parameters, 1).fault(),
            Some(fault),
            "{name}"
        );
    }
    assert_eq!(
        writer()
            .update(json!({"witness": null, "ttl": null, "watchers": null}), 1)
            .fault(),
        None
    );
    let mut skipped = writer();
    skipped.update(json!({}), 1).update(json!({}), 1);
    skipped.lines.remove(1);
    assert_eq!(skipped.fault(), Some(LogFault::Number));
    let mut swapped = writer();
    let other = writer().update(json!({"ttl": 1}), 1).lines.remove(1);
    swapped.update(json!({}), 1);
    swapped.lines[1]["parameters"] = other["parameters"].clone();
    assert_eq!(swapped.fault(), Some(LogFault::Hash));
    let mut unsigned = writer();
    unsigned.lines[0]["proof"] = json!([]);
    assert_eq!(unsigned.fault(), Some(LogFault::Proof));
    let mut restricted = writer();
    restricted.lines[0]["proof"][0]["expires"] = json!("2026-01-01T00:00:00Z");
    assert_eq!(restricted.fault(), Some(LogFault::Proof));
    let mut suite = writer();
    suite.lines[0]["proof"][0]["cryptosuite"] = json!("eddsa-rdfc-2022");
    assert_eq!(suite.fault(), Some(LogFault::Proof));
    let mut two_keys = writer();
    two_keys.lines[0]["proof"][0]["verificationMethod"] =
        json!(format!("did:key:{}#{}", multikey(2), multikey(1)));
    assert_eq!(two_keys.fault(), Some(LogFault::Proof));
    let mut changed = writer();
    changed.lines[0]["state"]["alsoKnownAs"] = json!(["did:example:other"]);
    assert_eq!(changed.fault(), Some(LogFault::Hash));
}

#[test]
fn a_log_of_another_did_is_refused() {
    let log = writer().lines[0].to_string();
    let scid = did_of(&log).split(':').nth(2).unwrap().to_owned();
    let other = format!("did:webvh:{scid}:example.com:other");
    let urls = [
        "https://example.com/other/did.jsonl",
        "https://example.com/other/did-witness.json",
    ];
    let error = resolve_at(&other, urls, &log, "", &Options::default())
        .document
        .unwrap_err();
    assert!(
        matches!(
            error,
            ResolveError::Log(LogError {
                fault: LogFault::OtherDid,
                ..
            })
        ),
        "{error}"
    );
    let other = format!("did:webvh:{}:example.com", multihash(b""));
    // The first hash already begins with the SCID.
    let error = resolve(&other, &log, "", &Options::default())
        .document
        .unwrap_err();
    assert!(
        matches!(
            error,
            ResolveError::Log(LogError {
                fault: LogFault::Hash,
                ..
            })
        ),
        "{error}"
    );
}

#[test]
fn a_did_moves_only_with_leave_and_says_from_where() {
    let place = |writer: &Writer| format!("did:webvh:{}:example.org", writer.scid);
    let moved = |portable: bool, named: bool| {
        let mut writer = Writer::new(
            json!({"updateKeys": [multikey(1)], "portable": portable}),
            1,
        );
        let (new, old) = (place(&writer), writer.did());
        writer.update_with(json!({}), 1, |entry| {
            entry["state"]["id"] = json!(new);
            if named {
                entry["state"]["alsoKnownAs"] = json!([old]);
            }
        });
        writer
    };
    let fault = |writer: Writer| {
        let log: String = writer
            .lines
            .iter()
            .map(|line| format!("{line}\n"))
            .collect();
        let urls = [
            "https://example.org/.well-known/did.jsonl",
            "https://example.org/.well-known/did-witness.json",
        ];
        resolve_at(&place(&writer), urls, &log, "", &Options::default()).document
    };
    assert!(fault(moved(true, true)).is_ok());
    for (portable, named) in [(true, false), (false, true)] {
        let error = fault(moved(portable, named)).unwrap_err();
        assert!(
            matches!(
                error,
                ResolveError::Log(LogError {
                    fault: LogFault::Moved,
                    ..
                })
            ),
            "{error}"
        );
    }
    // At the old place there is the history, and no longer a document.
    let writer = moved(true, true);
    assert!(matches!(
        writer.resolve(&Options::default()).document,
        Err(ResolveError::NotFound(_))
    ));
    let mut options = Options::default();
    options.set("versionNumber", "1").unwrap();
    assert!(writer.resolve(&options).document.is_ok());
}

#[test]
fn versions_are_found_by_id_time_and_number() {
    let mut log = writer();
    log.update(json!({}), 1).update(json!({}), 1);
    let version = |name: &str, value: &str| {
        let mut options = Options::default();
        options.set(name, value).unwrap();
        let resolution = log.resolve(&options);
        let number = resolution.to_json()["didDocumentMetadata"]["versionNumber"].clone();
        resolution.document.map(|_| number)
    };
    let second = log.lines[1]["versionId"].as_str().unwrap();
    assert_eq!(version("versionId", second), Ok(json!(2)));
    assert_eq!(version("versionNumber", "3"), Ok(json!(3)));
    assert_eq!(version("versionTime", "2026-01-02T23:59:59Z"), Ok(json!(2)));
    assert_eq!(version("versionTime", "2030-01-01T00:00:00Z"), Ok(json!(3)));
    for (name, value) in [
        ("versionId", "2"),
        ("versionNumber", "4"),
        ("versionTime", "2025-12-31T23:59:59Z"),
    ] {
        assert_eq!(version(name, value).unwrap_err().name(), "NOT_FOUND");
    }
}

#[test]
fn a_deactivated_did_has_no_document_and_no_further_entry() {
    let mut log = writer();
    log.update(json!({"deactivated": true}), 1);
    let resolution = log.resolve(&Options::default());
    let json = resolution.to_json();
    assert_eq!(
        (&json["didDocument"], resolution.http_status()),
        (&Value::Null, 410)
    );
    assert_eq!(json["didDocumentMetadata"]["deactivated"], true);
    assert_eq!(json["didResolutionMetadata"].get("error"), None);
    let mut options = Options::default();
    options.set("versionNumber", "1").unwrap();
    assert!(log.resolve(&options).document.is_ok());
    log.update(json!({}), 1);
    assert_eq!(log.fault(), Some(LogFault::AfterDeactivation));
}

#[test]
fn hostile_logs() {
    let did = writer().did();
    let fault = |log: &str| {
        let error = resolve(&did, log, "", &Options::default())
            .document
            .unwrap_err();
        let ResolveError::Log(error) = error else {
            panic!("{error}")
        };
        error.fault
    };
    assert_eq!(fault(""), LogFault::Length);
    assert_eq!(fault(&" ".repeat(MAX_LOG_BYTES + 1)), LogFault::Length);
    assert_eq!(fault("\n\n"), LogFault::Json);
    assert_eq!(fault("{}"), LogFault::Member("proof"));
    assert_eq!(fault(&"[".repeat(10_000)), LogFault::Json);
    let line = writer().lines[0].to_string();
    let twice = line.replacen("\"state\":", "\"state\":{},\"state\":", 1);
    assert_eq!(fault(&twice), LogFault::Json);
}
