//! `did:webvh`: the vectors of its test suite, and logs that lie. Logs are made here, so that each lie is otherwise well signed.

use ed25519_dalek::{Signer, SigningKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tacit_circuits::types::Timestamp;

use super::super::*;
use super::web::Files;
use crate::json;
use crate::keys::VerifyKey;
use crate::multibase;
use crate::proof::ProofHash;

/// 2026-11-21T12:00:00Z.
const NOW: Timestamp = Timestamp(1_795_262_400);
const LOG: &str = "https://example.com/.well-known/did.jsonl";
const WITNESS: &str = "https://example.com/.well-known/did-witness.json";

fn resolve_at(
    did: &str,
    urls: [&str; 2],
    log: &str,
    witness: &str,
    options: &Options,
) -> Resolution {
    let mut files = Files([(urls[0].to_owned(), log.as_bytes().to_vec())].into());
    if !witness.is_empty() {
        files
            .0
            .insert(urls[1].to_owned(), witness.as_bytes().to_vec());
    }
    Resolver::new(&files, NOW).resolve(did, options)
}

fn resolve(did: &str, log: &str, witness: &str, options: &Options) -> Resolution {
    resolve_at(did, [LOG, WITNESS], log, witness, options)
}

/// The DID in the last entry of a log.
fn did_of(log: &str) -> String {
    let last: Value = serde_json::from_str(log.lines().last().unwrap()).unwrap();
    last["state"]["id"].as_str().unwrap().to_owned()
}

macro_rules! vector {
    ($name:literal) => {
        (
            $name,
            include_str!(concat!(
                "../../../tests/vectors/didwebvh/",
                $name,
                ".log.jsonl"
            )),
            "",
        )
    };
    ($name:literal, witnessed) => {
        (
            $name,
            include_str!(concat!(
                "../../../tests/vectors/didwebvh/",
                $name,
                ".log.jsonl"
            )),
            include_str!(concat!(
                "../../../tests/vectors/didwebvh/",
                $name,
                ".witness.json"
            )),
        )
    };
}

macro_rules! result {
    ($name:literal) => {
        include_str!(concat!(
            "../../../tests/vectors/didwebvh/",
            $name,
            ".result.json"
        ))
    };
}

#[test]
fn published_logs_of_five_implementations_verify() {
    for (name, log, witness) in [
        vector!("basic-create.ts"),
        vector!("basic-update.java"),
        vector!("basic-update.java-eecc"),
        vector!("basic-update.python"),
        vector!("basic-update.rust"),
        vector!("basic-update.ts"),
        vector!("deactivate.java"),
        vector!("deactivate.java-eecc"),
        vector!("deactivate.python"),
        vector!("deactivate.rust"),
        vector!("deactivate.ts"),
        vector!("key-rotation.ts"),
        vector!("multi-update.ts"),
        vector!("multiple-update-keys.ts"),
        vector!("portable-move.java"),
        vector!("portable-move.java-eecc"),
        vector!("portable-move.python"),
        vector!("portable-move.rust"),
        vector!("portable-move.ts"),
        vector!("portable.ts"),
        vector!("pre-rotation-consume.java"),
        vector!("pre-rotation-consume.java-eecc"),
        vector!("pre-rotation-consume.python"),
        vector!("pre-rotation-consume.rust"),
        vector!("pre-rotation-consume.ts"),
        vector!("pre-rotation.ts"),
        vector!("services.ts"),
        vector!("witness-threshold.java", witnessed),
        vector!("witness-threshold.java-eecc", witnessed),
        vector!("witness-threshold.python", witnessed),
        vector!("witness-threshold.ts", witnessed),
    ] {
        let did = did_of(log);
        let host = did.split(':').nth(3).unwrap();
        let urls = ["did.jsonl", "did-witness.json"]
            .map(|file| format!("https://{host}/.well-known/{file}"));
        let resolution = resolve_at(
            &did,
            [&urls[0], &urls[1]],
            log,
            witness,
            &Options::default(),
        );
        match resolution.document {
            Ok(document) => assert_eq!(document.did(), did),
            Err(ResolveError::Deactivated) if name.starts_with("deactivate") => {
                assert_eq!(resolution.http_status(), 410);
            }
            Err(error) => panic!("{name}: {error}"),
        }
        // One changed byte anywhere in what is hashed refuses the log.
        if let Some(at) = log.find("assertionMethod") {
            let mut changed = log.to_owned();
            changed.replace_range(at..=at, "b");
            let resolution = resolve_at(
                &did,
                [&urls[0], &urls[1]],
                &changed,
                witness,
                &Options::default(),
            );
            assert!(
                matches!(resolution.document, Err(ResolveError::Log(_))),
                "{name}"
            );
        }
    }
}

#[test]
fn published_lies_are_refused_for_what_they_are() {
    for ((name, log, witness), fault) in [
        (
            vector!("negative-cross-did-witness-replay.ts", witnessed),
            LogFault::Witnesses,
        ),
        (
            vector!("negative-did-key-body-fragment-mismatch.ts"),
            LogFault::Proof,
        ),
        (
            vector!("negative-duplicate-witness-ids.ts"),
            LogFault::Parameter("witness"),
        ),
        (vector!("negative-portable-scid-swap.ts"), LogFault::Scid),
        (
            vector!("negative-pre-rotation-omit-updatekeys.ts"),
            LogFault::Parameter("updateKeys"),
        ),
        (vector!("negative-scid-mismatch-genesis.ts"), LogFault::Scid),
        (
            vector!("negative-unknown-method-version.ts"),
            LogFault::Method,
        ),
        (vector!("negative-versiontime-future.ts"), LogFault::Future),
        (
            vector!("negative-versiontime-non-monotonic.ts"),
            LogFault::Order,
        ),
        (vector!("negative-wrong-cryptosuite.ts"), LogFault::Proof),
        (
            vector!("negative-zero-witness-threshold.ts"),
            LogFault::Parameter("witness"),
        ),
    ] {
        let first: Value = serde_json::from_str(log.lines().next().unwrap()).unwrap();
        let scid = first["parameters"]["scid"].as_str().unwrap();
        let did = format!("did:webvh:{scid}:example.com");
        let error = resolve(&did, log, witness, &Options::default())
            .document
            .unwrap_err();
        let ResolveError::Log(error) = error else {
            panic!("{name}: {error}")
        };
        assert_eq!(error.fault, fault, "{name}");
    }
}

/// Where the suite's implementations differ from the text of the specification, the text counts: an entry that replaces the witnesses
/// needs the old ones, and a witness is a `did:key`.
#[test]
fn vectors_that_the_specification_refuses() {
    for ((name, log, witness), fault) in [
        (
            vector!("witness-threshold.rust", witnessed),
            LogFault::Parameter("witness"),
        ),
        (
            vector!("witness-update.rust", witnessed),
            LogFault::Parameter("witness"),
        ),
        (vector!("witness-update.ts", witnessed), LogFault::Witnesses),
        (
            vector!("witness-update.java", witnessed),
            LogFault::Witnesses,
        ),
        (
            vector!("witness-update.java-eecc", witnessed),
            LogFault::Witnesses,
        ),
        (
            vector!("witness-update.python", witnessed),
            LogFault::Witnesses,
        ),
    ] {
        let error = resolve(&did_of(log), log, witness, &Options::default())
            .document
            .unwrap_err();
        let ResolveError::Log(error) = error else {
            panic!("{name}: {error}")
        };
        assert_eq!(error.fault, fault, "{name}");
    }
}

// The DIDs of the suite's vectors without a log.
#[test]
fn published_dids_that_lead_elsewhere_are_refused() {
    let scid = "Qm0000000000000000000000000000000000000000000000";
    for rest in [
        "127.0.0.1",
        "127%2E0%2E0%2E1",
        "127.0.0.1%3a8080",
        "example.com:..:x",
        "example.com:%2e%2e:x",
        "localhost",
        "example.com%3A80%3A80",
    ] {
        for scid in [scid, "QmPFhMuZH9gjY2JZgyyrgRuFTywQ4mDhoKGVoGE8uy7hFD"] {
            let resolution = resolve(
                &format!("did:webvh:{scid}:{rest}"),
                "",
                "",
                &Options::default(),
            );
            assert!(
                matches!(
                    resolution.document,
                    Err(ResolveError::Did(DidError::Location(_)))
                ),
                "{rest}"
            );
        }
    }
    let fragment = format!("did:webvh:{scid}:127.0.0.1#x");
    let resolution = resolve(&fragment, "", "", &Options::default());
    assert_eq!(
        resolution.document,
        Err(ResolveError::Did(DidError::NotDid))
    );
}

/// Documents and metadata as the suite's reference results have them. Its documents have implicit services, which stand in no log.
#[test]
fn published_results() {
    for ((name, log, witness), result) in [
        (vector!("basic-create.ts"), result!("basic-create.ts")),
        (vector!("basic-update.ts"), result!("basic-update.ts")),
        (vector!("key-rotation.ts"), result!("key-rotation.ts")),
        (vector!("multi-update.ts"), result!("multi-update.ts")),
        (
            vector!("multiple-update-keys.ts"),
            result!("multiple-update-keys.ts"),
        ),
        (vector!("portable-move.ts"), result!("portable-move.ts")),
        (vector!("portable.ts"), result!("portable.ts")),
        (
            vector!("pre-rotation-consume.ts"),
            result!("pre-rotation-consume.ts"),
        ),
        (vector!("pre-rotation.ts"), result!("pre-rotation.ts")),
        (vector!("services.ts"), result!("services.ts")),
        (
            vector!("witness-threshold.ts", witnessed),
            result!("witness-threshold.ts"),
        ),
    ] {
        let expected: Value = serde_json::from_str(result).unwrap();
        let did = expected["didDocument"]["id"].as_str().unwrap();
        let resolution = resolve(did, log, witness, &Options::default());
        let metadata = &resolution.to_json()["didDocumentMetadata"];
        let members = expected["didDocumentMetadata"].as_object().unwrap();
        for (member, value) in members {
            assert_eq!(&metadata[member], value, "{name} {member}");
        }
        let mut document = expected["didDocument"].clone();
        let implicit = ["#files", "#whois"].map(Value::from);
        let services = document["service"].as_array_mut().unwrap();
        services.retain(|service| !implicit.contains(&service["id"]));
        if services.is_empty() {
            document.as_object_mut().unwrap().remove("service");
        }
        assert_eq!(resolution.document.unwrap().as_json(), &document, "{name}");
    }
}

fn key(byte: u8) -> SigningKey {
    SigningKey::from_bytes(&[byte; 32])
}

fn multikey(byte: u8) -> String {
    key_to_multibase(&VerifyKey::of(&key(byte)))
}

fn multihash(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    bs58::encode([&[0x12, 0x20][..], &digest].concat()).into_string()
}

fn prove(document: &Value, byte: u8) -> Value {
    let multikey = multikey(byte);
    let mut proof = json!({
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-jcs-2022",
        "proofPurpose": "assertionMethod",
        "created": "2026-01-01T00:00:00Z",
        "verificationMethod": format!("did:key:{multikey}#{multikey}")
    });
    let hash = ProofHash::of_json(&proof, document).unwrap();
    let signature = key(byte).sign(hash.as_bytes()).to_bytes();
    proof["proofValue"] = multibase::encode(&signature).into();
    proof
}

/// A log that grows by entries with right hashes and proofs, whatever they say.
struct Writer {
    scid: String,
    last: String,
    lines: Vec<Value>,
    witnesses: Vec<Value>,
}

impl Writer {
    fn new(parameters: Value, signer: u8) -> Self {
        let mut parameters = parameters;
        (parameters["method"], parameters["scid"]) = (json!("did:webvh:1.0"), json!("{SCID}"));
        let entry = json!({
            "versionId": "{SCID}",
            "versionTime": "2026-01-01T00:00:00Z",
            "parameters": parameters,
            "state": {"id": "did:webvh:{SCID}:example.com"}
        });
        let scid = multihash(&json::canonical(&entry).unwrap());
        let text = entry.to_string().replace("{SCID}", &scid);
        let mut writer = Self {
            last: scid.clone(),
            scid,
            lines: Vec::new(),
            witnesses: Vec::new(),
        };
        writer.push(serde_json::from_str(&text).unwrap(), signer);
        writer
    }

    fn did(&self) -> String {
        format!("did:webvh:{}:example.com", self.scid)
    }

    /// Adds an entry with these parameters, one day after the last one.
    fn update(&mut self, parameters: Value, signer: u8) -> &mut Self {
        self.update_with(parameters, signer, |_| {})
    }

    fn update_with(
        &mut self,
        parameters: Value,
        signer: u8,
        change: impl Fn(&mut Value),
    ) -> &mut Self {
        let mut entry = json!({
            "versionTime": format!("2026-01-{:02}T00:00:00Z", self.lines.len() + 1),
            "parameters": parameters,
            "state": {"id": self.did()}
        });
        change(&mut entry);
        self.push(entry, signer)
    }

    fn push(&mut self, mut entry: Value, signer: u8) -> &mut Self {
        entry["versionId"] = self.last.clone().into();
        let hash = multihash(&json::canonical(&entry).unwrap());
        self.last = format!("{}-{hash}", self.lines.len() + 1);
        entry["versionId"] = self.last.clone().into();
        entry["proof"] = json!([prove(&entry, signer)]);
        self.lines.push(entry);
        self
    }

    /// Witness proofs of the last entry.
    fn witness(&mut self, signers: &[u8]) -> &mut Self {
        let document = json!({"versionId": self.last});
        let proofs: Vec<Value> = signers.iter().map(|byte| prove(&document, *byte)).collect();
        self.witnesses
            .push(json!({"versionId": self.last, "proof": proofs}));
        self
    }

    fn resolve(&self, options: &Options) -> Resolution {
        let log: String = self.lines.iter().map(|line| format!("{line}\n")).collect();
        let witness = Value::Array(self.witnesses.clone()).to_string();
        resolve(&self.did(), &log, &witness, options)
    }

    fn fault(&self) -> Option<LogFault> {
        self.fault_of(self.lines.len())
    }

    fn fault_of(&self, entry: usize) -> Option<LogFault> {
        match self.resolve(&Options::default()).document {
            Ok(_) => None,
            Err(ResolveError::Log(error)) => {
                assert_eq!(error.entry, entry, "{error}");
                Some(error.fault)
            }
            Err(error) => panic!("{error}"),
        }
    }
}

fn writer() -> Writer {
    Writer::new(json!({"updateKeys": [multikey(1)]}), 1)
}

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
    assert_eq!(time("2026-11-21T12:05:00Z"), None);
    assert_eq!(time("2026-01-01T00:00:00Z"), Some(LogFault::Order));
    assert_eq!(time("2026-11-21T12:05:01Z"), Some(LogFault::Future));
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
fn witnesses_must_be_enough_and_others() {
    let list = |threshold: u64, bytes: &[u8]| {
        let ids: Vec<Value> = bytes
            .iter()
            .map(|byte| json!({"id": format!("did:key:{}", multikey(*byte))}))
            .collect();
        json!({"threshold": threshold, "witnesses": ids})
    };
    let first =
        |witness: Value| Writer::new(json!({"updateKeys": [multikey(1)], "witness": witness}), 1);
    let two_of_three = || first(list(2, &[7, 8, 9]));
    assert_eq!(two_of_three().fault(), Some(LogFault::Witnesses));
    assert_eq!(two_of_three().witness(&[7, 9]).fault(), None);
    for too_few in [&[7][..], &[7, 7], &[7, 1], &[1, 2, 3]] {
        assert_eq!(
            two_of_three().witness(too_few).fault(),
            Some(LogFault::Witnesses)
        );
    }
    // A proof for a later version stands for the earlier ones, never the other way round.
    assert_eq!(
        two_of_three().update(json!({}), 1).witness(&[7, 8]).fault(),
        None
    );
    let mut early = two_of_three();
    early.witness(&[7, 8]).update(json!({}), 1);
    assert_eq!(early.fault(), Some(LogFault::Witnesses));
    // A new list counts from the next entry on, the first list at once.
    assert_eq!(
        two_of_three().update(json!({"witness": {}}), 1).fault_of(1),
        Some(LogFault::Witnesses)
    );
    assert_eq!(
        two_of_three()
            .update(json!({"witness": {}}), 1)
            .witness(&[7, 8])
            .fault(),
        None
    );
    let mut replaced = two_of_three();
    replaced
        .witness(&[7, 8])
        .update(json!({"witness": list(1, &[5])}), 1)
        .witness(&[5]);
    assert_eq!(replaced.fault(), Some(LogFault::Witnesses));
    let mut begun = writer();
    begun.update(json!({"witness": list(1, &[5])}), 1);
    assert_eq!(begun.fault(), Some(LogFault::Witnesses));
    assert_eq!(begun.witness(&[5]).fault(), None);
    for bad in [
        list(0, &[7]),
        list(2, &[7]),
        list(1, &[7, 7]),
        list(1, &[]),
        json!({"threshold": "1", "witnesses": [{"id": format!("did:key:{}", multikey(7))}]}),
        json!({"threshold": 1}),
        json!({"threshold": 1, "witnesses": [{"id": "did:web:a.example"}]}),
        json!([]),
    ] {
        assert_eq!(first(bad).fault(), Some(LogFault::Parameter("witness")));
    }
    let mut garbage = two_of_three();
    garbage.witnesses = vec![
        json!({"versionId": garbage.last, "proof": "x"}),
        json!(1),
        json!({}),
    ];
    assert_eq!(garbage.fault(), Some(LogFault::Witnesses));
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
