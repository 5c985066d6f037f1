//! Validators come, change and go by decision, at the command line of a real network: what is effective when, and what is
//! refused. (`network/change.rs` does it with clients that go on.)

use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tacit_tests::cast::reason;
use tacit_tests::consortium::{Consortium, operator};
use tacit_tests::process::Workbench;
use tacit_tests::town::{at, passwords};

const BINARY: &str = env!("CARGO_BIN_EXE_tacit-under-test");

fn standing(bench: &Workbench, net: &str) -> Value {
    let line = format!("tacit network validators --net {net} --format json");
    serde_json::from_str(&bench.must(&line)).unwrap()
}

/// The numbers of the validators in a list.
fn numbers(list: &Value) -> Vec<u64> {
    let list = list.as_array().unwrap().iter();
    list.map(|one| one["id"].as_u64().unwrap()).collect()
}

/// Waits until the active validators have these numbers, and no change is outstanding.
fn until(bench: &Workbench, wanted: &[u64]) -> Value {
    let end = Instant::now() + Duration::from_secs(60);
    loop {
        let now = standing(bench, "consortium/net");
        if numbers(&now["active"]) == wanted && now["active"] == now["scheduled"] {
            return now;
        }
        assert!(Instant::now() < end, "{now}");
        std::thread::sleep(Duration::from_millis(200));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_of_validators_are_effective_with_the_next_epoch() {
    let network = Consortium::found(BINARY, 4, 4).await;
    let bench = &network.bench;
    let candidate = |dir: &str, address: &str| {
        bench.must(&format!(
            "tacit network candidate --dir {dir} --name Newcomer --address {address} --password-file pw"
        ));
    };
    // With these keys somebody tries to propose something; the error, if it is refused.
    let tries = |dir: &str| {
        let line = format!(
            "tacit network propose --dir {dir}/governance --net consortium/net --password-file pw set-policy"
        );
        let output = bench.run(&line);
        (!output.status.success()).then(|| reason(&String::from_utf8(output.stderr).unwrap()))
    };
    let refused = |change: &str| {
        let error = bench.refused(&operator(0, "propose", change, &network.net()));
        (reason(&error), error)
    };
    let not_active = Some("VALIDATOR_NOT_ACTIVE".to_owned());

    candidate("new", "127.0.0.1:9001");
    assert_eq!(tries("new"), not_active);
    let effect = network.decide(0, &[0, 1, 2], "add-validator new/validator.json");
    assert_eq!(effect["validator"], 5);
    let now = until(bench, &[1, 2, 3, 4, 5]);
    assert!(now["epoch"].as_u64() >= effect["from"].as_u64());
    assert_eq!(now["quorum"], 4);
    assert_eq!(tries("new"), None);

    // Nothing in common with another: neither all, nor the address alone.
    let (code, error) = refused("add-validator new/validator.json");
    assert_eq!(code, "VALIDATOR_NOT_DISTINCT");
    assert!(error.contains("would have the same key"), "{error}");
    let (code, error) = refused("move-validator 1 127.0.0.1:9001");
    assert_eq!(code, "VALIDATOR_NOT_DISTINCT");
    assert!(error.contains("would have the same address"), "{error}");

    // Other keys count from the next epoch on, the old ones until then. Four of five must vote.
    candidate("other", "127.0.0.1:9001");
    let change = "replace-validator-keys 5 other/validator.json";
    network.decide(0, &[0, 1, 2, 3], change);
    until(bench, &[1, 2, 3, 4, 5]);
    assert_eq!(tries("new"), not_active);
    assert_eq!(tries("other"), None);
    assert_eq!(refused(change).0, "KEYS_UNCHANGED");

    // Another address, and then no validator any more.
    network.decide(0, &[0, 1, 2, 3], "move-validator 5 127.0.0.1:9002");
    let now = until(bench, &[1, 2, 3, 4, 5]);
    assert_eq!(now["active"][4]["address"], "127.0.0.1:9002");
    network.decide(0, &[0, 1, 2, 3], "remove-validator 5");
    until(bench, &[1, 2, 3, 4]);
    assert_eq!(tries("other"), not_active);
    // Who comes back is another validator to the chain.
    let effect = network.decide(0, &[0, 1, 2], "add-validator new/validator.json");
    assert_eq!(effect["validator"], 6);
}

#[test]
fn a_chain_of_one_validator_goes_through_epochs_and_keeps_it() {
    let bench = Workbench::new(BINARY);
    passwords(&bench);
    bench.must(&format!(
        "tacit node init {} --epoch-blocks 2 --anchor-interval 1",
        at("node")
    ));
    let _node = bench.serve("node", &format!("tacit node run {}", at("node")));
    let propose = |what: &str| format!("tacit network propose {} {what}", at("node"));
    let last = bench.refused(&propose("remove-validator 1"));
    assert_eq!(reason(&last), "VALIDATOR_LAST");
    // Every second block another epoch, with another engine; nothing is slower for it.
    let begun = standing(&bench, "net");
    let started = Instant::now();
    for n in 0..10 {
        bench.must(&propose(&format!(
            "set-policy --max-duration-secs {}",
            100 + n
        )));
    }
    let now = standing(&bench, "net");
    let epochs = now["epoch"].as_u64().unwrap() - begun["epoch"].as_u64().unwrap();
    println!("{epochs} epochs in {:?}", started.elapsed());
    assert!(epochs >= 5, "{now}");
    assert_eq!(now["policy"]["max_duration_secs"], json!(109));
}
