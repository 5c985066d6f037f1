//! What people may do wrong at the command line, through the real binary: one line that says what is wrong, its stable
//! reason and what to do; nothing is lost, and the right command works afterwards.

use std::fs;
use tacit_tests::process::Workbench;
use tacit_tests::town::{Town, at};

/// Runs a line that must be refused with this reason; returns the one line of the error.
#[track_caller]
fn refused(bench: &Workbench, line: &str, reason: &str) -> String {
    let error = bench.refused(line);
    assert_eq!(error.lines().count(), 1, "{line}\n{error}");
    assert!(
        error.starts_with(&format!("error: {reason}: ")),
        "{line}\nexpected {reason}, got {error}"
    );
    assert!(error.ends_with(')'), "it says what to do: {error}");
    assert!(error.len() < 700, "{error}");
    error
}

fn bench() -> Workbench {
    let bench = Workbench::new(env!("CARGO_BIN_EXE_tacit-under-test"));
    tacit_tests::town::passwords(&bench);
    bench
}

#[test]
fn what_is_no_command_is_told_in_one_line() {
    let bench = bench();
    for line in [
        "tacit frobnicate",
        "tacit wallet",
        "tacit wallet prove",
        "tacit wallet prove 'age >= 18' --dir w --net net",
        "tacit wallet list --dir w --net net --verbose",
        "tacit wallet list --dir w --net net --format yaml",
        "tacit wallet list --dir w --net net --format csv",
        "tacit wallet approve --latest abc --dir w --net net",
        "tacit wallet approve --latest --for 3fortnights --dir w --net net",
        "tacit wallet approve --latest --uses 70000 --dir w --net net",
        "tacit node run --dir node --net net --listen nowhere",
        "tacit node init --dir node --net net --anchor-interval 0",
        "tacit node init --dir node --net net --password secret",
        "tacit node suspend --dir node --net net --member -1",
        "tacit issuer revoke --dir i --net net --position 'a\nb'",
        "tacit audit report --dir a --net net --from 0 --purpose x",
        "tacit audit report --dir a --net net --from 1 --purpose x --proofs --format csv",
        "tacit bench statements --runs 0",
    ] {
        if line == "tacit wallet" {
            // A group of commands alone is answered with its help.
            let output = bench.run(line);
            assert!(!output.status.success());
            assert!(String::from_utf8(output.stderr).unwrap().contains("Usage:"));
            continue;
        }
        let error = refused(&bench, line, "USAGE");
        assert!(error.contains("--help"), "{error}");
    }
    let mistyped = refused(&bench, "tacit wallet lst --dir w --net net", "USAGE");
    assert!(mistyped.contains("'list'"), "the tip stays: {mistyped}");
    for line in [
        "tacit --help",
        "tacit wallet prove --help",
        "tacit --version",
    ] {
        assert!(!bench.must(line).is_empty());
    }
    assert!(
        bench
            .must("tacit wallet prove --help")
            .contains("Examples:")
    );
}

#[test]
fn files_and_passwords_that_are_not_there_are_named() {
    let bench = bench();
    let init = "tacit issuer init --name Bank";
    for (line, reason) in [
        (
            "tacit wallet list --dir w --net net --password-file pw",
            "FILE_MISSING",
        ),
        (
            "tacit issuer schema --dir i --net net --password-file pw",
            "FILE_MISSING",
        ),
        (
            "tacit node run --dir n --net net --password-file pw",
            "FILE_MISSING",
        ),
        (
            "tacit wallet init --dir w --net net --password-file pw",
            "FILE_MISSING",
        ),
        (
            &format!("{init} --dir i --password-file nothing"),
            "FILE_MISSING",
        ),
        (
            &format!("{init} --dir i --password-file empty"),
            "PASSWORD_MISSING",
        ),
        (&format!("{init} --dir i"), "PASSWORD_MISSING"),
        (&format!("{init} --dir i --password-file ."), "FILE_INVALID"),
        (
            &format!("{init} --dir pw --password-file pw"),
            "FILE_EXISTS",
        ),
        (
            &format!("{init} --dir pw/i --password-file pw"),
            "FILE_INVALID",
        ),
        (
            "tacit issuer init --name 'a\tb' --dir i --password-file pw",
            "ARGUMENT_INVALID",
        ),
        (
            "tacit issuer init --name '' --dir i --password-file pw",
            "ARGUMENT_INVALID",
        ),
        ("tacit verify nothing.json", "FILE_MISSING"),
        ("tacit verify .", "FILE_INVALID"),
        ("tacit verify pw", "VERIFICATION_FAILED"),
    ] {
        refused(&bench, line, reason);
    }
    // None of that stands in the way of the right command, and that one only works once.
    let right = format!("{init} --dir i --password-file pw");
    bench.must(&right);
    refused(&bench, &right, "FILE_EXISTS");
    refused(
        &bench,
        "tacit issuer schema --dir i --net net --password-file wrong",
        "PASSWORD_WRONG",
    );
    refused(
        &bench,
        "tacit issuer schema --dir i --net net --password-file pw",
        "FILE_MISSING",
    );
    let secrets = bench.path().join("i/secrets.tacit");
    let whole = fs::read(&secrets).unwrap();
    fs::write(&secrets, &whole[..whole.len() - 1]).unwrap();
    refused(
        &bench,
        "tacit issuer schema --dir i --net net --password-file pw",
        "FILE_INVALID",
    );
    fs::write(&secrets, [&whole[..], b"\n"].concat()).unwrap();
    refused(
        &bench,
        "tacit issuer schema --dir i --net net --password-file pw",
        "FILE_INVALID",
    );
}

#[test]
fn bad_input_of_every_role_is_refused_with_its_reason_and_changes_nothing() {
    let mut town = Town::found(env!("CARGO_BIN_EXE_tacit-under-test"));
    let bench = &town.bench;
    let (node, issuer, wallet) = (at("node"), at("issuer"), at("wallet"));
    let prove = |text: &str| format!("tacit wallet prove '{text}' {wallet} --out proof.json");

    // Predicates: what cannot be read, what no schema has, what does not fit, what is not true.
    for text in [
        "",
        "age",
        "age >=",
        "age >= eighteen",
        "agee >= 18",
        "age >= 18 or 1",
        "age >= 99999999999999999999999",
        "givenName > 3",
        "country in []",
        "country in [DE",
        "birthdate <= 2008-02-30",
        "reveal nothing",
        "age >= 18,,",
        "level in 5000..1000",
        "slot17 = 3",
        "age = 18\u{0}",
    ] {
        if text.contains('\0') {
            continue;
        }
        let error = refused(bench, &prove(text), "PREDICATE_INVALID");
        assert!(
            !error.contains("Erika") && !error.contains("1986"),
            "{error}"
        );
    }
    refused(bench, &prove("age >= 65"), "PROOF_UNTRUE");
    refused(bench, &prove("income >= 1"), "PROOF_UNTRUE");
    refused(
        bench,
        &format!("{} --credential 99", prove("age >= 18")),
        "WALLET_UNKNOWN",
    );
    refused(
        bench,
        &format!("{} --to did:tacit:nonsense", prove("age >= 18")),
        "DID_INVALID",
    );
    refused(
        bench,
        &format!("{} --issuers 0", prove("age >= 18")),
        "ARGUMENT_INVALID",
    );
    refused(
        bench,
        &format!("{} --issuers 77", prove("age >= 18")),
        "MEMBER_UNKNOWN",
    );
    assert!(!bench.path().join("proof.json").exists());
    bench.must(&prove("age >= 18"));
    bench.must("tacit verify proof.json --net net");

    // Bundles that were changed or cut, and the wrong chain.
    bench.must(
        "head -c 500 proof.json > cut.json; sed 's/age >= 18/age >= 21/' proof.json > changed.json",
    );
    refused(
        bench,
        "tacit verify cut.json --net net",
        "VERIFICATION_FAILED",
    );
    refused(
        bench,
        "tacit verify changed.json --net net",
        "VERIFICATION_FAILED",
    );
    refused(
        bench,
        "tacit verify proof.json --chain 00",
        "ARGUMENT_INVALID",
    );
    refused(
        bench,
        &format!("tacit verify proof.json --chain {}", "00".repeat(32)),
        "VERIFICATION_FAILED",
    );

    // Schemas and claims.
    let schema =
        |text: &str| format!("echo '{text}' > s.json; tacit issuer schema {issuer} s.json");
    let claims = |text: &str| {
        format!("echo '{text}' > c.json; tacit issuer offer {issuer} --claims c.json --out o.txt")
    };
    for text in [
        "",
        "{",
        "[]",
        r#"{"tacit":"schema"}"#,
        r#"{"tacit":"schema","version":1,"name":"x","revision":1,"title":"t","claims":{"a":{"slot":16,"type":"string","required":true,"title":"A"}}}"#,
        r#"{"tacit":"schema","version":1,"name":"x","revision":1,"title":"t","claims":{"a":{"slot":1,"type":"number","required":true,"title":"A"}}}"#,
        r#"{"tacit":"schema","version":9,"name":"x","revision":1,"title":"t","claims":{"a":{"slot":1,"type":"string","required":true,"title":"A"}}}"#,
        r#"{"tacit":"schema","version":1,"name":"x","revision":1,"title":"t","claims":{"a":{"slot":1,"type":"string","required":true,"title":"A"},"a":{"slot":2,"type":"string","required":true,"title":"A"}}}"#,
    ] {
        refused(bench, &schema(text), "SCHEMA_INVALID");
    }
    for text in [
        "{",
        "[]",
        "3",
        "{}",
        r#"{"givenName":"Erika"}"#,
        r#"{"givenName":"Erika","familyName":"M","birthdate":"1986-02-30","country":"DE"}"#,
        r#"{"givenName":"Erika","familyName":"M","birthdate":"1986-08-12","country":"Germany"}"#,
        r#"{"givenName":"Erika","familyName":"M","birthdate":"1986-08-12","country":"DE","shoeSize":42}"#,
        r#"{"givenName":"Erika","givenName":"Eva","familyName":"M","birthdate":"1986-08-12","country":"DE"}"#,
        r#"{"givenName":"Erika","familyName":"M","birthdate":"1986-08-12","country":"DE","level":1e400}"#,
    ] {
        let error = refused(bench, &claims(text), "CLAIMS_INVALID");
        assert!(
            !error.contains("Erika") && !error.contains("1986"),
            "{error}"
        );
    }
    assert!(!bench.path().join("o.txt").exists());
    bench.must(
        r#"echo '{"tacit":"schema","version":1,"name":"other","revision":1,"title":"t","claims":{"a":{"slot":1,"type":"string","required":true,"title":"A"}}}' > other.json; echo '{"a":"b"}' > a.json"#,
    );
    let unregistered =
        format!("tacit issuer offer {issuer} --claims a.json --schema other.json --out o.txt");
    refused(bench, &unregistered, "SCHEMA_UNKNOWN");
    bench.must(&format!("tacit issuer schema {issuer} other.json"));
    bench.must(&unregistered);

    // Schemas that come with the program.
    let shipped = |name: &str| format!("tacit issuer schema {issuer} --shipped {name}");
    refused(bench, &shipped("other"), "USAGE");
    refused(
        bench,
        &format!("{} other.json", shipped("student")),
        "USAGE",
    );
    let student =
        r#"{"institution":"U","country":"DE","studentNumber":"1","enrolledSince":"2024-10-01"}"#;
    bench.must(&format!("echo '{student}' > s.json"));
    let offer =
        format!("tacit issuer offer {issuer} --claims s.json --shipped student --out s.txt");
    refused(bench, &offer, "SCHEMA_UNKNOWN");
    bench.must(&shipped("student"));
    bench.must(&offer);
    refused(
        bench,
        &format!("tacit issuer revoke {issuer} --position 9999"),
        "POSITION_UNKNOWN",
    );

    // Offers.
    refused(
        bench,
        &format!("tacit wallet request-credential {wallet} --offer pw"),
        "FILE_INVALID",
    );
    bench.must(
        "cp offer.txt spent.txt; tacit wallet init --dir second --net net --password-file pw",
    );
    refused(
        bench,
        &format!(
            "tacit wallet request-credential {} --offer spent.txt",
            at("second")
        ),
        "OFFER_USED",
    );

    // Members.
    bench.must("tacit issuer init --dir stranger --name Stranger --password-file pw");
    refused(
        bench,
        &format!("tacit issuer schema {}", at("stranger")),
        "MEMBER_UNKNOWN",
    );
    refused(
        bench,
        &format!("tacit vault serve {}", at("issuer")),
        "ROLE_MISSING",
    );
    refused(
        bench,
        &format!("tacit node register {node} person.json"),
        "FILE_INVALID",
    );
    refused(
        bench,
        &format!("tacit node register {node} nothing.json"),
        "FILE_MISSING",
    );
    refused(
        bench,
        &format!("tacit node register {} stranger/member.json", at("issuer")),
        "VALIDATOR_NOT_ACTIVE",
    );
    refused(
        bench,
        &format!("tacit node suspend {node} --member 0"),
        "ARGUMENT_INVALID",
    );
    refused(
        bench,
        &format!("tacit node suspend {node} --member 999"),
        "MEMBER_UNKNOWN",
    );
    bench.must("sed 's/Stranger/The issuer/' stranger/member.json > twice.json");
    refused(
        bench,
        &format!("tacit node register {node} twice.json"),
        "NAME_TAKEN",
    );

    // Documents and requests.
    refused(
        bench,
        &format!("tacit wallet put nothing.txt --category official-id {wallet}"),
        "FILE_MISSING",
    );
    refused(
        bench,
        &format!("tacit wallet put . --category official-id {wallet}"),
        "FILE_INVALID",
    );
    refused(
        bench,
        &format!("tacit wallet put pw --category unheard-of {wallet}"),
        "ARGUMENT_INVALID",
    );
    refused(
        bench,
        &format!("tacit wallet approve --latest {wallet}"),
        "WALLET_UNKNOWN",
    );
    refused(
        bench,
        &format!("tacit wallet approve ffff {wallet}"),
        "WALLET_UNKNOWN",
    );
    refused(
        bench,
        &format!("tacit wallet revoke --grant 5 {wallet}"),
        "WALLET_UNKNOWN",
    );
    refused(
        bench,
        &format!("tacit wallet requests --file pw {wallet}"),
        "REQUEST_INVALID",
    );
    let listed = bench.must(&format!("tacit wallet list {wallet} --format json"));
    assert!(listed.contains("\"records\":[]"), "{listed}");

    // Reports.
    let report = format!("tacit audit report {} --purpose x", at("audit"));
    refused(bench, &format!("{report} --from 5 --to 4"), "RANGE_INVALID");
    refused(
        bench,
        &format!("{report} --from 1 --to 99999999"),
        "RANGE_INVALID",
    );
    refused(
        bench,
        &format!("tacit audit report {} --from 1 --purpose ''", at("audit")),
        "ARGUMENT_INVALID",
    );

    // Two processes on one folder; an address that is taken.
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let endpoint = fs::read(bench.path().join("net/node.json")).unwrap();
    refused(bench, &format!("tacit node run {node}"), "FOLDER_IN_USE");
    refused(
        bench,
        &format!("tacit node run {node} --listen {address}"),
        "PORT_TAKEN",
    );
    refused(
        bench,
        &format!("tacit vault serve {}", at("vault")),
        "VAULT_IN_USE",
    );
    refused(
        bench,
        &format!("tacit issuer serve {issuer} --listen {address}"),
        "PORT_TAKEN",
    );
    refused(bench, &format!("tacit node init {node}"), "FILE_EXISTS");
    assert_eq!(
        endpoint,
        fs::read(bench.path().join("net/node.json")).unwrap()
    );
    bench.must(&format!("tacit wallet list {wallet}"));

    // The net folder of another chain, and one that is damaged.
    let founded = bench.must(
        "tacit node init --dir node2 --net net2 --name other --password-file pw --format json",
    );
    let other: serde_json::Value = serde_json::from_str(&founded).unwrap();
    let node_file = String::from_utf8(endpoint).unwrap();
    let ours: serde_json::Value = serde_json::from_str(&node_file).unwrap();
    let (ours, other) = (
        ours["chain"].as_str().unwrap(),
        other["chain"].as_str().unwrap(),
    );
    bench.must("mkdir other; cp net2/genesis.json other");
    fs::write(
        bench.path().join("other/node.json"),
        node_file.replace(ours, other),
    )
    .unwrap();
    bench.must("mkdir cut; cp net/*.json cut; head -c 300 net/genesis.json > cut/genesis.json");
    bench.must("mkdir mixed; cp net/*.json mixed; cp net2/genesis.json mixed");
    for (net, reason) in [
        ("cut", "FILE_INVALID"),
        ("mixed", "CHAIN_MISMATCH"),
        ("net2", "ENDPOINT_MISSING"),
    ] {
        refused(
            bench,
            &format!("tacit issuer schema --dir issuer --net {net} --password-file pw"),
            reason,
        );
    }
    refused(
        bench,
        "tacit wallet list --dir wallet --net other --password-file pw",
        "WALLET_OTHER_CHAIN",
    );
    refused(
        bench,
        "tacit node run --dir node --net net2 --password-file pw",
        "FOLDER_IN_USE",
    );

    // Nobody there.
    drop(town.node.take());
    drop(town.vault.take());
    let bench = &town.bench;
    for line in [
        format!("tacit wallet prove 'age >= 18' {wallet} --out again.json"),
        format!("tacit issuer schema {issuer}"),
        format!("tacit node register {node} stranger/member.json"),
        format!("tacit audit report {} --from 1 --purpose x", at("audit")),
        format!("tacit vault serve {}", at("vault")),
    ] {
        refused(bench, &line, "UNREACHABLE");
    }
    refused(
        bench,
        "tacit node run --dir node --net net2 --password-file pw",
        "CHAIN_MISMATCH",
    );
    let _node = bench.serve("node", &format!("tacit node run {node}"));
    refused(
        bench,
        &format!("tacit wallet put pw --category official-id {wallet}"),
        "UNREACHABLE",
    );
    bench.must(&format!(
        "tacit wallet prove 'age >= 18' {wallet} --out again.json"
    ));
    let _vault = bench.serve("vault", &format!("tacit vault serve {}", at("vault")));
    bench.must(&format!(
        "tacit wallet put pw --category official-id {wallet}"
    ));
}
