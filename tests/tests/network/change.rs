//! The validators change while clients send: a fifth joins with an empty disk, one gets another key, one leaves. Blocks go on
//! all the time, what was acknowledged is on the chain once, where it was said to be, and a snapshot leads through all of it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tacit_ledger::ids::{Height, RequestId};
use tacit_ledger::validators::Validators;
use tacit_node::snapshot;
use tacit_tests::consortium::Consortium;
use tacit_tests::load::Load;

/// Clients that send at the same time.
const CLIENTS: usize = 3;
/// Longest time from one block to the next, in milliseconds: far more than a healthy network takes, because other tests run
/// beside this one; far less than a network takes that has stopped.
const LONGEST_GAP: u64 = 15_000;

/// Waits until the active validators, as a light client of this validator proves them, are as wanted.
async fn until(network: &Consortium, at: usize, wanted: impl Fn(&Validators) -> bool) {
    let end = Instant::now() + Duration::from_secs(120);
    loop {
        let follower = network.follower(at).await;
        let active = follower.validators().await.unwrap();
        if wanted(&active) {
            return;
        }
        assert!(
            Instant::now() < end,
            "{active:?} at height {}",
            follower.tip().await.header().height
        );
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// The network goes on by so many blocks without the validators that are stopped.
async fn goes_on(network: &Consortium, at: usize) {
    let from = network.height(at).await;
    network.reaches(at, Height(from.0 + 8)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn validators_join_change_keys_and_leave_under_load() {
    let mut network = Consortium::found(env!("CARGO_BIN_EXE_tacit-under-test"), 4, 16).await;
    let load = Arc::new(Load::admit_by(&network.bench, &network.net(), |file| {
        let did = network.decide(1, &[0, 1, 2], &format!("register-member {file}"));
        did["member"].clone()
    }));
    let stop = Arc::new(AtomicBool::new(false));
    let mut clients = tokio::task::JoinSet::new();
    for client in 0..CLIENTS {
        // Each begins with another node, and goes to the next when that one is gone.
        let nodes = (0..4).map(|n| network.endpoint((client + n) % 4)).collect();
        clients.spawn(load.clone().press_on(nodes, stop.clone()));
    }
    goes_on(&network, 1).await;
    let begun = network.height(1).await;

    // A fifth joins with an empty disk.
    let fifth = network.candidate();
    let joins = "add-validator consortium/validator-5/validator.json";
    let did = network.decide(1, &[1, 2, 3], joins);
    assert_eq!(did["validator"], 5);
    network.start(fifth);
    network.wait_ready().await;
    until(&network, 1, |active| active.as_slice().len() == 5).await;
    network.reaches(fifth, network.height(1).await).await;

    // The fourth gets another key. While its node is down four of five vote: the fifth is one of them.
    network.make_other_keys(3);
    let changes = "replace-validator-keys 4 consortium/validator-4/next/validator.json";
    network.decide(1, &[0, 1, 2, 4], changes);
    let before = network.follower(1).await.validators().await.unwrap();
    let old = before.as_slice()[3].consensus_key;
    until(&network, 1, |active| active.with_key(&old).is_none()).await;
    network.kill(3);
    goes_on(&network, 1).await;
    network.take_other_keys(3);
    network.start(3);
    network.wait_ready().await;
    network.reaches(3, network.height(1).await).await;

    // The first leaves, and is switched off when it has left.
    let did = network.decide(1, &[1, 2, 4, 0], "remove-validator 1");
    assert_eq!(did["validator"], 1);
    until(&network, 1, |active| active.as_slice().len() == 4).await;
    network.kill(0);
    goes_on(&network, 1).await;
    // Without the third all others have to vote, the one with the new key and the newcomer among them.
    network.process(2).signal("STOP");
    goes_on(&network, 1).await;
    network.process(2).signal("CONT");
    goes_on(&network, 1).await;

    // Every client gets its last answer.
    stop.store(true, Ordering::Relaxed);
    clients.join_all().await;
    let acknowledged = load.acknowledged();
    assert_eq!(acknowledged.len() as u64, load.sent());
    let end = acknowledged
        .values()
        .map(|submitted| submitted.height)
        .max()
        .unwrap();
    for n in [2, 3, fifth] {
        network.reaches(n, end).await;
    }

    // Whom a light client asks, it sees the same chain from genesis on, through all changes.
    let newcomer = network.follower(fifth).await;
    let mut found: BTreeMap<RequestId, Vec<_>> = BTreeMap::new();
    let (mut last, mut longest) = (None, 0);
    for height in (1..=end.0).map(Height) {
        let block = newcomer.block(height).await.unwrap();
        let time = block.header.time.0;
        if height > begun {
            longest = longest.max(time - last.unwrap_or(time));
        }
        last = Some(time);
        for (index, tx) in (0..).zip(&block.txs.0) {
            found
                .entry(tx.request_id)
                .or_default()
                .push((height, index));
        }
    }
    for (n, submitted) in &acknowledged {
        assert_eq!(
            found[&load.request(*n)],
            [(submitted.height, submitted.index)],
            "transaction {n}"
        );
    }
    let tip = newcomer.block(end).await.unwrap().header;
    for n in [1, 2, 3] {
        let theirs = network.follower(n).await.block(end).await.unwrap().header;
        assert_eq!(theirs.state_root, tip.state_root, "validator {n}");
        assert_eq!(theirs.id(), tip.id(), "validator {n}");
    }
    // A snapshot of now is believed through all three changes of the set, and its state is the header's.
    network.bench.must(
        "tacit snapshot fetch --from consortium/net/node-5.json --genesis consortium/net/genesis.json --out state",
    );
    let file = network.bench.path().join("state");
    let changes = std::fs::read(&file).unwrap()[37..41].try_into().unwrap();
    assert_eq!(u32::from_le_bytes(changes), 3);
    let restored = network.bench.path().join("restored");
    let header = snapshot::restore(&restored, newcomer.spec(), &file).unwrap();
    assert!(header.height >= end);
    newcomer.sync_to(header.height).await.unwrap();
    let theirs = newcomer.block(header.height).await.unwrap().header;
    assert_eq!(theirs, header);

    println!(
        "{} transactions in {end} blocks, longest gap {longest} ms",
        acknowledged.len()
    );
    assert!(
        acknowledged.len() > 50,
        "little load: {}",
        acknowledged.len()
    );
    assert!(longest < LONGEST_GAP, "no block for {longest} ms");
}
