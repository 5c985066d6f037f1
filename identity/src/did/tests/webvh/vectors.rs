//! The vectors of the test suite: `identity/tests/vectors/didwebvh`.

use serde_json::Value;

use super::*;

macro_rules! vector {
    ($name:literal) => {
        (
            $name,
            include_str!(concat!(
                "../../../../tests/vectors/didwebvh/",
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
                "../../../../tests/vectors/didwebvh/",
                $name,
                ".log.jsonl"
            )),
            include_str!(concat!(
                "../../../../tests/vectors/didwebvh/",
                $name,
                ".witness.json"
            )),
        )
    };
}

macro_rules! result {
    ($name:literal) => {
        include_str!(concat!(
            "../../../../tests/vectors/didwebvh/",
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
