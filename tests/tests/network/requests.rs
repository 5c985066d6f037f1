//! One request is one transaction on a network of several validators too, whichever nodes are asked, at once or after a restart.

use std::collections::BTreeMap;
use tacit_api::submit::{Submitted, submit};
use tacit_ledger::ids::{Height, RequestId};
use tacit_tests::consortium::Consortium;
use tacit_tests::load::Load;

fn place(submitted: &Submitted) -> (Height, u32) {
    (submitted.height, submitted.index)
}

/// Every request on the chain with its places, as a light client of this validator sees them.
async fn chain(network: &Consortium, at: usize) -> BTreeMap<RequestId, Vec<(Height, u32)>> {
    let follower = network.follower(at).await;
    let tip = follower.tip().await.header().height;
    let mut found: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for height in (1..=tip.0).map(Height) {
        let block = follower.block(height).await.unwrap();
        for (index, tx) in (0..).zip(&block.txs.0) {
            found
                .entry(tx.request_id)
                .or_default()
                .push((height, index));
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn one_request_is_one_transaction_whichever_nodes_are_asked() {
    let mut network = Consortium::found(env!("CARGO_BIN_EXE_tacit-under-test"), 4, 8).await;
    let load = Load::admit_by(&network.bench, &network.net(), |file| {
        let did = network.decide(0, &[0, 1, 2], &format!("register-member {file}"));
        did["member"].clone()
    });
    let mut nodes = Vec::new();
    for n in 0..4 {
        nodes.push(load.connect_to(&network.endpoint(n)).await.unwrap());
    }

    // The same transaction three times at each of four nodes at once: one place on the chain, the same answer for all.
    let request = load.request(1000);
    let mut calls = tokio::task::JoinSet::new();
    for connection in nodes.iter().cycle().take(12) {
        let (connection, tx) = (connection.clone(), load.tx(request, 1));
        calls.spawn(async move { submit(connection, &tx, None).await });
    }
    let answers = calls.join_all().await;
    let places: Vec<_> = answers.iter().map(|a| place(a.as_ref().unwrap())).collect();
    assert!(places.iter().all(|one| *one == places[0]), "{places:?}");

    // Two nodes are asked at once for different things under one id: one gets it, the other is told so.
    let mut contested = BTreeMap::new();
    for round in 0..4 {
        let id = load.request(2000 + round);
        let (one, two) = (load.tx(id, 1), load.tx(id, 2));
        let at = usize::try_from(round).unwrap();
        let (one, two) = tokio::join!(
            submit(nodes[at].clone(), &one, None),
            submit(nodes[(at + 1) % 4].clone(), &two, None)
        );
        let (taken, refused) = match (one, two) {
            (Ok(taken), Err(refused)) | (Err(refused), Ok(taken)) => (taken, refused),
            other => panic!("{other:?}"),
        };
        assert_eq!(refused.code(), "REQUEST_ID_REUSED");
        contested.insert(id, place(&taken));
    }

    // A node that was killed gives the first answer again, and the id is still taken.
    network.kill(2);
    network.start(2);
    network.wait_ready().await;
    let last = *contested.values().max().unwrap();
    network.reaches(2, last.0).await;
    let connection = load.connect_to(&network.endpoint(2)).await.unwrap();
    let again = submit(connection.clone(), &load.tx(request, 1), None).await;
    assert_eq!(place(&again.unwrap()), places[0]);
    let other = submit(connection, &load.tx(request, 3), None).await;
    assert_eq!(other.unwrap_err().code(), "REQUEST_ID_REUSED");

    for at in [0, 2] {
        let found = chain(&network, at).await;
        assert_eq!(found[&request], [places[0]]);
        for (id, place) in &contested {
            assert_eq!(found[id], [*place], "validator {at}");
        }
    }
}
