//! A validator leaves a network of four. A light client goes on through the change; what it proved before and after verifies
//! from the genesis with no network, and from a checkpoint as far as that reaches.

use serde_json::Value;
use std::time::Duration;
use tacit_tests::process::{Running, START, Workbench};

const NET: &str = "consortium/net";

fn ask(bench: &Workbench, line: &str) -> Value {
    serde_json::from_str(&bench.must(&format!("{line} --format json"))).unwrap()
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("{value}"))
}

/// A light client's look at the chain from a file, written to another.
fn follow(bench: &Workbench, from: Option<&str>, out: &str) -> Value {
    let from = from.map_or(String::new(), |from| format!("--checkpoint {from}"));
    ask(
        bench,
        &format!("tacit light follow --net {NET} {from} --out {out}"),
    )
}

fn network(bench: &Workbench) -> Vec<Running> {
    // Three ports a validator; processes that run beside take others.
    let port = 20_000 + std::process::id() % 2_000 * 12;
    bench.must("echo 'correct horse battery staple' > pw");
    bench.must(&format!(
        "tacit network init --validators 4 --out consortium --epoch-blocks 4 --base-port {port} --password-file pw"
    ));
    let nodes = (1..=4).map(|n| {
        let config = format!("consortium/validator-{n}/node.toml");
        bench.start(
            &format!("validator-{n}"),
            &format!("env TACIT_PASSWORD_FILE=pw tacit node --config {config}"),
        )
    });
    let nodes = nodes.collect();
    bench.wait_for("the network", START, |dir| {
        dir.join(NET).join("node.json").exists()
    });
    let line = format!("tacit light follow --net {NET} --format json");
    bench.wait_for("a first block", START, |_| {
        let followed: Result<Value, _> = serde_json::from_slice(&bench.run(&line).stdout);
        followed.is_ok_and(|followed| number(&followed["height"]) > 0)
    });
    nodes
}

#[test]
fn a_light_client_goes_on_when_a_validator_leaves() {
    let bench = Workbench::new(env!("CARGO_BIN_EXE_tacit-under-test"));
    let nodes = network(&bench);
    let first = follow(&bench, None, "first.json");
    assert_eq!(first["validators"], 4);
    bench.must(&format!(
        "tacit light state counters --net {NET} --out before.json"
    ));

    let operator = |n: u32, what: &str, and: &str| {
        let place =
            format!("--dir consortium/validator-{n}/governance --net {NET} --password-file pw");
        ask(&bench, &format!("tacit network {what} {place} {and}"))
    };
    let proposed = operator(1, "propose", "remove-validator 4");
    let proposal = number(&proposed["submitted"]["outcome"]["proposal"]);
    for n in [2, 3] {
        operator(n, &format!("approve {proposal}"), "");
    }
    let mut last = first.clone();
    bench.wait_for("the next epoch", Duration::from_secs(60), |_| {
        last = follow(&bench, Some("first.json"), "later.json");
        last["validators"] == 3
    });
    assert!(number(&last["epoch"]) > number(&first["epoch"]));
    assert_eq!(follow(&bench, None, "again.json")["validators"], 3);
    bench.must(&format!(
        "tacit light state counters --net {NET} --out after.json"
    ));

    // Nobody runs any more.
    nodes.into_iter().for_each(Running::kill);
    bench.must("cp consortium/net/genesis.json genesis.json && rm -r consortium");
    for file in ["before.json", "after.json"] {
        let shown = ask(
            &bench,
            &format!("tacit verify {file} --genesis genesis.json"),
        );
        assert_eq!(shown["bundle"], "state");
        assert!(
            ask(
                &bench,
                &format!("tacit verify {file} --checkpoint first.json")
            )["height"]
                .is_u64()
        );
    }
    assert!(ask(&bench, "tacit verify after.json --checkpoint later.json")["height"].is_u64());
    let early = bench.refused("tacit verify before.json --checkpoint later.json");
    assert!(
        early.contains("before the epoch of the checkpoint"),
        "{early}"
    );
}
