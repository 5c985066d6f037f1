//! On a development chain every result, log, report and bundle says that its proofs could be forged.

use serde_json::Value;
use tacit_ledger::genesis::DEVELOPMENT_WARNING;
use tacit_tests::town::{Town, at};

#[test]
fn everything_that_is_said_about_a_development_chain_says_that_it_is_one() {
    let town = Town::found(env!("CARGO_BIN_EXE_tacit-under-test"));
    let bench = &town.bench;
    let (node, issuer, wallet, shop, audit) = (
        at("node"),
        at("issuer"),
        at("wallet"),
        at("shop"),
        at("audit"),
    );
    bench.must("echo one > 1.txt; echo two > 2.txt");
    // Each line once for people and once as JSON; N is another number each time.
    for line in [
        "tacit node init --dir nodeN --net netN --password-file pw".to_owned(),
        format!("tacit node register {node} shop/member.json"),
        format!("tacit issuer schema {issuer}"),
        format!("tacit issuer offer {issuer} --claims person.json --out offerN.txt"),
        "tacit wallet init --dir walletN --net net --password-file pw".to_owned(),
        format!("tacit wallet request-credential {wallet} --offer offerN.txt"),
        format!("tacit wallet prove 'age >= 18' {wallet} --out p.json"),
        "tacit verify p.json".to_owned(),
        "tacit verify p.json --net net".to_owned(),
        format!("tacit wallet put N.txt --category official-id {wallet}"),
        format!("tacit wallet contact --label Shop --out shop.txt {wallet}"),
        format!(
            "tacit platform request --inbox shop.txt --purpose identity-verification --categories official-id --uses 5 {shop}"
        ),
        format!("tacit wallet requests {wallet}"),
        format!("tacit wallet approve --latest --record N {wallet}"),
        format!("tacit platform watch {shop}"),
        format!("tacit platform fetch --out gotN.txt {shop}"),
        format!("tacit wallet log {wallet}"),
        format!("tacit wallet list {wallet}"),
        format!("tacit audit key {audit}"),
        format!("tacit audit report {audit} --from 1 --purpose x"),
        format!("tacit wallet revoke --record N {wallet}"),
    ] {
        // Twice, so that what is made once is made under two names.
        for (n, format) in [(1, "text"), (2, "json")] {
            let numbered = line.replace('N', &n.to_string());
            let line = format!("{} --format {format}", numbers(&numbered, bench, n));
            let said = bench.must(&line);
            assert_eq!(
                said.matches(DEVELOPMENT_WARNING).count(),
                1,
                "{line}\n{said}"
            );
            if n == 2 {
                let json: Value = serde_json::from_str(&said).unwrap();
                assert_eq!(json["warning"], DEVELOPMENT_WARNING, "{line}");
            }
        }
    }
    let csv = bench.run(&format!(
        "tacit audit report {audit} --from 1 --purpose x --format csv"
    ));
    let rows = String::from_utf8(csv.stdout).unwrap();
    assert!(rows.lines().count() > 1);
    for row in rows.lines().skip(1) {
        assert!(row.contains(DEVELOPMENT_WARNING), "{row}");
    }
    let bundle: Value =
        serde_json::from_slice(&std::fs::read(bench.path().join("p.json")).unwrap()).unwrap();
    assert_eq!(bundle["warning"], DEVELOPMENT_WARNING);
    for server in ["node", "issuer", "vault"] {
        let log = std::fs::read_to_string(bench.path().join(format!("{server}.log"))).unwrap();
        assert!(log.contains(DEVELOPMENT_WARNING), "{server}: {log}");
    }
}

/// Puts the wallet's own number of the `n`-th document in place of `n`.
fn numbers(line: &str, bench: &tacit_tests::process::Workbench, n: u32) -> String {
    if !line.contains("--record") {
        return line.to_owned();
    }
    let listed = bench.must(&format!("tacit wallet list {} --format json", at("wallet")));
    let listed: Value = serde_json::from_str(&listed).unwrap();
    let record = &listed["records"][n as usize - 1]["number"];
    line.replace(&format!("--record {n}"), &format!("--record {record}"))
}
