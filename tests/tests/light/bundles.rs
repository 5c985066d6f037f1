//! Every kind of bundle, made by the processes that hold what it is about, and checked when no process runs any more.

use serde_json::Value;
use std::fs;
use tacit_api::errors::ApiError;
use tacit_api::follower::Follower;
use tacit_api::limits;
use tacit_api::net::NetDir;
use tacit_circuits::field::Fr;
use tacit_circuits::types::{MemberId, UseNullifier};
use tacit_ledger::keys::{self, StateKey};
use tacit_proto::v1::{GetStateProofsRequest, ListHandoversRequest};
use tacit_tests::process::Workbench;
use tacit_tests::town::{Town, at};

const BUNDLES: [&str; 8] = [
    "live.json",
    "given.json",
    "ended.json",
    "receipt.json",
    "granted-row.json",
    "accessed-row.json",
    "absence.json",
    "state.json",
];

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn ask(bench: &Workbench, line: &str) -> Value {
    json(&bench.must(&format!("{line} --format json")))
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("{value}"))
}

#[test]
fn what_was_granted_read_and_opened_is_shown_to_whoever_has_no_network() {
    let mut town = Town::found(env!("CARGO_BIN_EXE_tacit-under-test"));
    let bench = &town.bench;
    let (wallet, shop, audit) = (at("wallet"), at("shop"), at("audit"));
    bench.must("echo 'a document' > doc.txt");
    bench.must(&format!(
        "tacit wallet put doc.txt --category official-id {wallet}"
    ));
    bench.must(&format!(
        "tacit wallet contact --label Shop --out shop.txt {wallet}"
    ));
    bench.must(&format!(
        "tacit platform request --inbox shop.txt --purpose age-verification --categories official-id --uses 3 {shop}"
    ));
    bench.must(&format!("tacit wallet requests {wallet}"));
    bench.must(&format!("tacit wallet approve --latest {wallet}"));
    bench.must(&format!("tacit platform watch {shop}"));
    let grant = number(&ask(bench, &format!("tacit wallet list {wallet}"))["grants"][0]["number"]);

    let followed = ask(bench, "tacit light follow --net net --out checkpoint.json");
    assert_eq!(followed["validators"], 1);

    // Before anybody read, the absence of any access up to now can be shown.
    bench.must(&format!(
        "tacit wallet bundle grant --grant {grant} --out live.json {wallet}"
    ));
    bench.must(&format!(
        "tacit wallet bundle absence --grant {grant} --out absence.json {wallet}"
    ));
    bench.must(&format!(
        "tacit platform bundle grant --out given.json {shop}"
    ));
    let none = bench.refused(&format!(
        "tacit platform bundle receipt --out none.json {shop}"
    ));
    assert!(none.contains("NOT_FOUND"), "{none}");

    let read = ask(bench, &format!("tacit platform fetch --out got.txt {shop}"));
    bench.must(&format!(
        "tacit platform bundle receipt --out receipt.json {shop}"
    ));
    let used = bench.refused(&format!(
        "tacit wallet bundle absence --grant {grant} --out none.json {wallet}"
    ));
    assert!(used.contains("GRANT_USED"), "{used}");
    assert!(!bench.path().join("none.json").exists());

    // The reviewer hands on two rows, each opened for a stated purpose.
    let report = ask(
        bench,
        &format!("tacit audit report --from 1 --purpose 'case 7' {audit}"),
    );
    for (row, out) in [(0, "granted-row.json"), (1, "accessed-row.json")] {
        let (height, index) = (
            &report["rows"][row]["height"],
            &report["rows"][row]["index"],
        );
        bench.must(&format!(
            "tacit audit bundle --height {height} --index {index} --purpose 'case 8' --out {out} {audit}"
        ));
    }
    bench.must("tacit light state member 3 --net net --out state.json");
    bench.must(&format!("tacit wallet revoke --grant {grant} {wallet}"));
    bench.must(&format!(
        "tacit wallet bundle grant --grant {grant} --out ended.json {wallet}"
    ));

    let again = ask(
        bench,
        "tacit light follow --net net --checkpoint checkpoint.json --out later.json",
    );
    assert!(number(&again["height"]) > number(&followed["height"]));

    // Nothing runs any more, and nothing is left but the files and the genesis.
    for process in [town.node.take(), town.issuer.take(), town.vault.take()] {
        process.unwrap().kill();
    }
    let bench = &town.bench;
    bench.must("cp net/genesis.json genesis.json && rm -r net node vault shop audit wallet issuer");
    let verify = |file: &str| {
        ask(
            bench,
            &format!("tacit verify {file} --genesis genesis.json"),
        )
    };

    for (file, live, ended) in [
        ("live.json", true, false),
        ("given.json", true, false),
        ("ended.json", false, true),
    ] {
        let shown = verify(file);
        assert_eq!(shown["bundle"], "grant");
        assert_eq!(
            (&shown["live"], &shown["ended"]),
            (&live.into(), &ended.into())
        );
        assert_eq!(shown["grantee"]["name"], "The shop");
        assert_eq!(shown["purpose"], "age-verification");
        assert_eq!(shown["max_uses"], 3);
        assert_eq!(shown["chain_from"], "genesis");
        assert!(shown["warning"].as_str().unwrap().contains("development"));
    }
    let receipt = verify("receipt.json");
    assert_eq!(receipt["bundle"], "receipt");
    assert_eq!(receipt["height"], read["height"]);
    assert_eq!(receipt["grantee"]["name"], "The shop");
    assert_eq!(receipt["vault"]["name"], "The vault");
    let absence = verify("absence.json");
    assert_eq!(absence["bundle"], "absence");
    assert_eq!(
        (number(&absence["from"]), number(&absence["before"])),
        (1, 0)
    );
    assert!(number(&absence["to"]) < number(&read["height"]));
    assert_eq!(absence["grant"], receipt["grant"]);
    for (file, action, row) in [
        ("granted-row.json", "grant", 0),
        ("accessed-row.json", "access", 1),
    ] {
        let (shown, reported) = (verify(file), &report["rows"][row]);
        assert_eq!(shown["bundle"], "audit-row");
        assert_eq!(shown["action"], action);
        assert_eq!(shown["person"], reported["audit_nym"]);
        assert_eq!(shown["tx"], reported["tx"]);
        assert_eq!(shown["grantee"]["name"], "The shop");
        assert_eq!(shown["reviewer"]["name"], "The audit");
        assert_eq!(shown["stated_purpose"], "case 8");
    }
    assert_eq!(verify("state.json")["bundle"], "state");
    for file in BUNDLES {
        let shown = ask(
            bench,
            &format!("tacit verify {file} --checkpoint checkpoint.json"),
        );
        assert_eq!(shown["chain_from"], "checkpoint");
    }
    bench.must("sed 's/\"height\": /\"height\": 1/' checkpoint.json > forged.json");
    let forged = bench.refused("tacit verify state.json --checkpoint forged.json");
    assert!(forged.contains("VERIFICATION_FAILED"), "{forged}");

    // For people it is said in words; another chain's genesis and a changed file are refused.
    let words = bench.must("tacit verify absence.json --genesis genesis.json");
    assert!(
        words.contains("No access under the grant in heights 1 to"),
        "{words}"
    );
    bench.must("tacit node init --dir node --net net --password-file pw --name 'Another chain'");
    for file in BUNDLES {
        let other = bench.refused(&format!("tacit verify {file} --genesis net/genesis.json"));
        assert!(other.contains("VERIFICATION_FAILED"), "{file}: {other}");
        let text = fs::read(bench.path().join(file)).unwrap();
        for at in (0..text.len()).step_by(text.len() / 9) {
            let mut changed = text.clone();
            changed[at] ^= 1;
            fs::write(bench.path().join("changed.json"), &changed).unwrap();
            let error = bench.refused("tacit verify changed.json --genesis genesis.json");
            assert!(
                error.contains("VERIFICATION_FAILED"),
                "{file} byte {at}: {error}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_proves_many_values_at_one_header_and_no_more_than_it_says() {
    let bench = Workbench::new(env!("CARGO_BIN_EXE_tacit-under-test"));
    bench.must("echo 'correct horse battery staple' > pw");
    bench.must(&format!("tacit node init {}", at("node")));
    let _node = bench.serve("node", &format!("tacit node run {}", at("node")));
    let net = NetDir::new(bench.path().join("net"));
    let follower = Follower::connect(&net, None).await.unwrap();

    // As many as a grant can have uses, beside values that are there, all at one header.
    let nullifiers =
        (1..limits::MAX_STATE_PROOFS as u64).map(|n| keys::nullifier(&UseNullifier(Fr::from(n))));
    let all: Vec<StateKey> = std::iter::once(keys::counters())
        .chain(nullifiers)
        .collect();
    let found = follower.states(&all).await.unwrap();
    assert_eq!(found.len(), limits::MAX_STATE_PROOFS);
    assert!(
        found
            .iter()
            .all(|value| value.height() == found[0].height())
    );
    let members: Vec<MemberId> = [40, 3].map(|id| MemberId::new(id).unwrap()).into();
    assert_eq!(follower.member_evidence(&members).await.unwrap().len(), 2);

    let refused = async |keys: Vec<Vec<u8>>| {
        let keys = keys.into_iter().map(Into::into).collect();
        let request = GetStateProofsRequest { keys };
        let status = follower.ledger().get_state_proofs(request).await;
        ApiError::from(status.unwrap_err()).code()
    };
    let counters = keys::counters().as_bytes().to_vec();
    assert_eq!(refused(Vec::new()).await, "ARGUMENT_INVALID");
    let more = vec![counters.clone(); limits::MAX_STATE_PROOFS + 1];
    assert_eq!(refused(more).await, "ARGUMENT_INVALID");
    for bad in [Vec::new(), vec![0x80, 0], vec![1; 97]] {
        assert_eq!(
            refused(vec![counters.clone(), bad]).await,
            "ARGUMENT_INVALID"
        );
    }
    let long = vec![vec![1; 96]; limits::MAX_STATE_PROOFS * 2];
    assert_eq!(refused(long).await, "MESSAGE_TOO_LARGE");

    // One validator from the beginning: there is no change, and every epoch was looked at.
    for from_epoch in [0, u64::MAX] {
        let request = ListHandoversRequest { from_epoch };
        let page = follower.ledger().list_handovers(request).await.unwrap();
        assert!(page.get_ref().handovers.is_empty());
        assert!(page.get_ref().next_epoch >= from_epoch);
    }
}
