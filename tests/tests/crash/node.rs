//! The node's process under load over gRPC, killed at random: what it acknowledged stands where it said, exactly once, and
//! nothing needs repair by hand. The same request sent twice, at once and after a crash, is one transaction.
//!
//! `TACIT_KILL_ROUNDS` asks for more rounds, `TACIT_KILL_SEED` for other times.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tacit_api::follower::Follower;
use tacit_api::net::NetDir;
use tacit_api::submit::submit;
use tacit_ledger::ids::{Height, RequestId};
use tacit_tests::load::Load;
use tacit_tests::process::{Running, Workbench};
use tacit_tests::town::{at, passwords};

/// Connections that send at the same time.
const CLIENTS: usize = 6;

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap())
}

/// Splitmix64: times that a seed gives again.
fn random(seed: &mut u64) -> u64 {
    *seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *seed;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn run(bench: &Workbench) -> Running {
    bench.serve("node", &format!("tacit node run {}", at("node")))
}

fn founded() -> (Workbench, Running, Arc<Load>) {
    let bench = Workbench::new(env!("CARGO_BIN_EXE_tacit-under-test"));
    passwords(&bench);
    bench.must(&format!("tacit node init {}", at("node")));
    let node = run(&bench);
    let load = Arc::new(Load::admit(&bench));
    (bench, node, load)
}

/// Every request on the chain with its place, read with a light client from the first block on.
async fn chain(bench: &Workbench) -> BTreeMap<RequestId, Vec<(Height, u32)>> {
    let net = NetDir::new(bench.path().join("net"));
    let follower = Follower::connect(&net, None).await.unwrap();
    let tip = follower.tip().await.header().height;
    let mut found: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for height in (1..=tip.0).map(Height) {
        let block = follower.block(height).await.unwrap();
        for (index, tx) in block.txs.0.iter().enumerate() {
            let place = (height, u32::try_from(index).unwrap());
            found.entry(tx.request_id).or_default().push(place);
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_killed_under_load_keeps_what_it_acknowledged() {
    let (bench, mut node, load) = founded();
    let mut seed = setting("TACIT_KILL_SEED", 20);
    for round in 0..setting("TACIT_KILL_ROUNDS", 6) {
        let before = load.acknowledged().len();
        let mut clients = tokio::task::JoinSet::new();
        for _ in 0..CLIENTS {
            clients.spawn(load.clone().press(load.connect(&bench).await.unwrap()));
        }
        // Work has begun when something was acknowledged; the kill comes at any moment after that.
        let late = tokio::time::Instant::now() + Duration::from_secs(60);
        while load.acknowledged().len() == before {
            assert!(
                tokio::time::Instant::now() < late,
                "round {round}: the node does nothing"
            );
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        tokio::time::sleep(Duration::from_millis(random(&mut seed) % 1200)).await;
        node.kill();
        clients.join_all().await;
        node = run(&bench);
    }

    let acknowledged = load.acknowledged();
    assert!(
        acknowledged.len() > 50,
        "little load: {}",
        acknowledged.len()
    );
    let found = chain(&bench).await;
    for (n, submitted) in &acknowledged {
        let places = &found[&load.request(*n)];
        assert_eq!(
            places,
            &vec![(submitted.height, submitted.index)],
            "transaction {n}"
        );
    }
    // What was sent and never acknowledged is there once or not at all. Sent again, it is there once; and what was
    // acknowledged is answered as it was the first time.
    let connection = load.connect(&bench).await.unwrap();
    let mut open = 0;
    for n in 0..load.sent() {
        let request = load.request(n);
        let before = found.get(&request).map_or(0, Vec::len);
        assert!(before <= 1, "transaction {n} stands {before} times");
        let first = acknowledged.get(&n);
        if first.is_some() && n % 5 != 0 {
            continue;
        }
        open += u64::from(first.is_none());
        let again = submit(connection.clone(), &load.tx(request, n), None)
            .await
            .unwrap();
        match first {
            Some(first) => assert_eq!(
                (again.height, again.index, again.outcome),
                (first.height, first.index, first.outcome)
            ),
            None if before == 1 => assert_eq!(found[&request], [(again.height, again.index)]),
            None => {}
        }
    }
    assert!(open > 0, "no kill hit a transaction on its way");
    let found = chain(&bench).await;
    for n in 0..load.sent() {
        assert_eq!(found[&load.request(n)].len(), 1, "transaction {n}");
    }
    drop(node);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_request_is_one_transaction_however_often_and_whenever_it_is_sent() {
    let (bench, node, load) = founded();
    let request = load.request(1000);
    // Twelve times at once, over three connections.
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..3 {
        let connection = load.connect(&bench).await.unwrap();
        for _ in 0..4 {
            let (connection, tx) = (connection.clone(), load.tx(request, 1));
            calls.spawn(async move { submit(connection, &tx, None).await });
        }
    }
    let answers: Vec<_> = calls
        .join_all()
        .await
        .into_iter()
        .map(Result::unwrap)
        .collect();
    let place = |s: &tacit_api::submit::Submitted| (s.height, s.index, s.outcome);
    let first = place(&answers[0]);
    assert!(answers.iter().all(|answer| place(answer) == first));

    // Two different transactions race for one id: one of them gets it, the other is told so.
    let contested = load.request(2000);
    let connection = load.connect(&bench).await.unwrap();
    let (one, two) = (load.tx(contested, 1), load.tx(contested, 2));
    let (one, two) = tokio::join!(
        submit(connection.clone(), &one, None),
        submit(connection.clone(), &two, None)
    );
    let codes: Vec<_> = [&one, &two]
        .into_iter()
        .filter_map(|r| r.as_ref().err())
        .map(|e| e.code())
        .collect();
    assert_eq!(codes, ["REQUEST_ID_REUSED"]);

    // After a crash the first answer still stands, and the id is still taken.
    node.kill();
    let node = run(&bench);
    let connection = load.connect(&bench).await.unwrap();
    let again = submit(connection.clone(), &load.tx(request, 1), None)
        .await
        .unwrap();
    assert_eq!(place(&again), first);
    let other = submit(connection, &load.tx(request, 3), None)
        .await
        .unwrap_err();
    assert_eq!(other.code(), "REQUEST_ID_REUSED");
    let found = chain(&bench).await;
    assert_eq!(found[&request], [(first.0, first.1)]);
    assert_eq!(found[&contested].len(), 1);
    drop(node);
}
