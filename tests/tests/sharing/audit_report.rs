//! The reviewers' report over a real chain: complete when everything is there, and honest when one sidecar is withheld.

use serde_json::Value;
use std::fs::{self, OpenOptions};
use tacit_tests::process::Workbench;
use tacit_tests::town::{at, audit_key};

fn report(bench: &Workbench, to: u64, more: &str) -> std::process::Output {
    bench.run(&format!(
        "tacit audit report --dir audit --net net --password-file pw --from 1 --to {to} --purpose 'case 7' {more}"
    ))
}

fn json(output: &std::process::Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn a_withheld_sidecar_is_named_and_the_report_is_not_complete() {
    let bench = Workbench::new(env!("CARGO_BIN_EXE_tacit-under-test"));
    bench.must("echo 'correct horse battery staple' > pw; echo 'a document' > doc.txt");
    bench.must("tacit node init --dir node --net net --password-file pw");
    let run_node = format!("tacit node run {}", at("node"));
    let node = bench.serve("node", &run_node);
    for (role, command) in [("audit", "audit"), ("vault", "vault"), ("shop", "platform")] {
        bench.must(&format!(
            "tacit {command} init --dir {role} --name 'Example {role}' --password-file pw"
        ));
        bench.must(&format!(
            "tacit node register {} {role}/member.json",
            at("node")
        ));
    }
    audit_key(&bench);
    let vault = bench.serve("vault", &format!("tacit vault serve {}", at("vault")));
    for command in [
        "wallet init",
        "wallet put doc.txt --category official-id",
        "wallet contact --label Shop --out shop.txt",
    ] {
        bench.must(&format!("tacit {command} {}", at("wallet")));
    }
    bench.must(&format!(
        "tacit platform request --inbox shop.txt --purpose age-verification --categories official-id {}",
        at("shop")
    ));
    bench.must(&format!("tacit wallet requests {}", at("wallet")));
    bench.must(&format!("tacit wallet approve --latest {}", at("wallet")));
    bench.must(&format!("tacit platform watch {}", at("shop")));
    bench.must(&format!(
        "tacit platform fetch --out got.txt {}",
        at("shop")
    ));

    // Everything there: all opened, the opening stated on the chain after the range, each row proven.
    let newest = bench.must(&format!(
        "tacit audit report {} --from 1 --purpose 'how far' --format json",
        at("audit")
    ));
    let to = serde_json::from_str::<Value>(&newest).unwrap()["to"]
        .as_u64()
        .unwrap();
    let whole = report(&bench, to, "--format json --proofs");
    assert!(whole.status.success());
    let whole = json(&whole);
    assert_eq!(whole["complete"], true);
    assert_eq!(whole["totals"]["grants_opened"], 1);
    assert_eq!(whole["totals"]["accesses_opened"], 1);
    assert_eq!(whole["rows"][1]["grantee_name"], "Example shop");
    assert_eq!(whole["rows"][1]["purpose"], "age-verification");
    assert_eq!(whole["proofs"].as_array().unwrap().len(), 2);
    assert_eq!(whole["openings"][0]["purpose"], "case 7");
    assert!(whole["opened_at"].as_u64().unwrap() > to);
    assert!(whole["warning"].as_str().unwrap().contains("development"));

    // The node loses the newest sidecar, that of the access: its log is cut, its index is made anew from the log.
    drop(vault);
    node.kill();
    let log = bench.path().join("node/chain/sidecars.log");
    let file = OpenOptions::new().write(true).open(&log).unwrap();
    file.set_len(fs::metadata(&log).unwrap().len() - 1).unwrap();
    fs::remove_dir_all(bench.path().join("node/chain/index")).unwrap();
    let _node = bench.serve("node", &run_node);

    let partial = report(&bench, to, "--format json");
    assert!(!partial.status.success());
    let error = String::from_utf8(partial.stderr.clone()).unwrap();
    assert!(error.contains("REPORT_INCOMPLETE"), "{error}");
    let partial = json(&partial);
    assert_eq!(partial["complete"], false);
    assert_eq!(partial["totals"]["accesses"], 1);
    assert_eq!(partial["totals"]["accesses_opened"], 0);
    let (before, after) = (&whole["rows"][1], &partial["rows"][1]);
    assert_eq!(after["state"], "withheld");
    assert_eq!(
        (&after["height"], &after["tx"]),
        (&before["height"], &before["tx"])
    );

    let csv = report(&bench, to, "--format csv");
    assert!(!csv.status.success());
    let rows = String::from_utf8(csv.stdout).unwrap();
    assert_eq!(rows.lines().count(), 3);
    let last = rows.lines().last().unwrap();
    assert!(
        last.contains("\"withheld\"") && last.contains("development"),
        "{last}"
    );

    // In the text the missing row stands in its place, after the grant that was opened.
    let text = String::from_utf8(report(&bench, to, "").stdout).unwrap();
    let at = |what: &str| {
        text.find(what)
            .unwrap_or_else(|| panic!("no {what}: {text}"))
    };
    assert!(at(": grant (") < at(": access ("));
    assert!(at(": access (") < at("  MISSING: its sealed terms are withheld"));
    assert!(at("  MISSING: ") < at("complete: NO"));
    assert!(text.contains("development chain"));

    // Ranges that are not on the chain are refused before anything is stated.
    let beyond = report(&bench, to + 1_000_000, "");
    let error = String::from_utf8(beyond.stderr).unwrap();
    assert!(error.contains("RANGE_INVALID"), "{error}");
}
