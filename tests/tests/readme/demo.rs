//! `tacit demo` as its users run it: other people, another document, JSON, and the leak that must be found.

use serde_json::{Value, json};
use std::process::{Command, Output};

fn demo(args: &[&str]) -> (Output, Value) {
    let output = Command::new(env!("CARGO_BIN_EXE_tacit-under-test"))
        .args(["--format", "json", "demo"])
        .args(args)
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    let stdout = String::from_utf8(output.stdout.clone()).unwrap();
    assert_eq!(
        stdout.lines().count(),
        1,
        "one JSON object, nothing else: {stdout}{errors}"
    );
    (output, serde_json::from_str(&stdout).unwrap())
}

#[test]
fn the_story_holds_for_other_people_and_another_document() {
    let dir = tempfile::tempdir().unwrap();
    let (person, document) = (dir.path().join("p.json"), dir.path().join("scan.bin"));
    let claims = json!({
        "givenName": "Jean-Baptiste Émile", "familyName": "de la Fontaine-Beauséjour",
        "birthdate": "2000-02-29", "country": "FR", "email": "jb@example.org"
    });
    std::fs::write(&person, claims.to_string()).unwrap();
    // Several segments, and no run of bytes that repeats.
    let content: Vec<u8> = (0..300_007u32)
        .map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8)
        .collect();
    std::fs::write(&document, &content).unwrap();
    let keep = dir.path().join("kept");
    let path = |path: &std::path::Path| path.to_str().unwrap().to_owned();
    let (output, report) = demo(&[
        "--person",
        &path(&person),
        "--document",
        &path(&document),
        "--keep",
        &path(&keep),
    ]);
    assert!(output.status.success(), "{report}");
    let at = |pointer: &str| {
        report
            .pointer(pointer)
            .unwrap_or_else(|| panic!("{pointer} in {report}"))
    };
    for told in [
        "/age_proof/satisfied",
        "/under_age/refused",
        "/request/delivered",
        "/request/approved",
        "/denied_request/refused",
        "/fetch/matches",
        "/second_platform/refused",
        "/stolen_receipt/refused",
        "/after_revoke/refused",
        "/credential_revoked/refused",
        "/credential_revoked/old_anchor_refused",
        "/audit/complete",
    ] {
        assert_eq!(at(told), true, "{told}");
    }
    for (reason, expected) in [
        ("/denied_request/reason", "purpose-not-accepted"),
        ("/second_platform/reason", "GRANT_INVALID"),
        ("/stolen_receipt/reason", "RECEIPT_OTHER_MEMBER"),
        ("/after_revoke/reason", "GRANT_ENDED"),
        ("/credential_revoked/reason", "CREDENTIAL_REVOKED"),
    ] {
        assert_eq!(at(reason), expected, "{reason}");
    }
    assert_eq!(at("/age_proof/proof_bytes"), 192);
    assert_eq!(at("/fetch/bytes"), content.len());
    assert_eq!(at("/accesses_seen_by_owner"), 1);
    assert_eq!(
        (at("/audit/grants"), at("/audit/accesses")),
        (&json!(1), &json!(1))
    );
    assert_eq!(at("/chain/plaintext_found"), 0);
    assert!(at("/chain/planted").as_u64().unwrap() >= 9, "{report}");
    assert!(
        at("/chain/searched/bytes").as_u64().unwrap() > content.len() as u64,
        "{report}"
    );
    for figure in [
        "/age_proof/prove_ms",
        "/grant/prove_ms",
        "/fetch/ms",
        "/chain/blocks",
        "/chain/bytes",
        "/total_ms",
    ] {
        assert!(at(figure).as_u64().unwrap() > 0, "{figure}");
    }
    assert_eq!(std::fs::read(keep.join("papers/fetched")).unwrap(), content);

    // The folder is not empty any more.
    let again = Command::new(env!("CARGO_BIN_EXE_tacit-under-test"))
        .args(["demo", "--keep", &path(&keep)])
        .output()
        .unwrap();
    assert!(!again.status.success());
    assert!(String::from_utf8_lossy(&again.stderr).starts_with("error: FILE_EXISTS"));
}

#[test]
fn a_leak_is_found_and_fails_the_demo() {
    let (output, report) = demo(&["--plant"]);
    assert!(!output.status.success());
    assert!(
        report["chain"]["plaintext_found"].as_u64().unwrap() >= 2,
        "block log and index: {report}"
    );
    let found = report["chain"]["searched"]["found"].as_array().unwrap();
    assert!(
        found
            .iter()
            .any(|found| found["file"].as_str().unwrap().ends_with("blocks.log")),
        "{report}"
    );
    assert!(found.iter().all(|found| found["form"] == "raw"), "{report}");
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(
        errors
            .lines()
            .last()
            .unwrap()
            .starts_with("error: PLAINTEXT_FOUND"),
        "{errors}"
    );
    // The report of a leak does not leak.
    assert!(!report.to_string().contains("Heidestrasse") && !errors.contains("Heidestrasse"));
}

#[test]
fn the_story_holds_on_a_network_of_four_validators() {
    let (output, report) = demo(&["--validators", "4"]);
    assert!(output.status.success(), "{report}");
    assert_eq!(report["fetch"]["matches"], true, "{report}");
    assert_eq!(report["chain"]["plaintext_found"], 0, "{report}");
    // Four validators take no more memory each than one may.
    let node = report["peak_memory"]["node"].as_u64().unwrap();
    assert!(node < 500_000_000, "{node} bytes");
}
