//! Submitting: once only, bounded, and clear about what is refused and why.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::{config, issue, issue_as, issue_under, register_issuer, spec};
use std::time::{Duration, Instant};
use tacit_circuits::types::Position;
use tacit_ledger::{keys, outcome::Outcome, reject::Reject, state};
use tacit_node::{MempoolLimits, Node, NodeConfig, NodeError, NodeHandle, SubmitError};

async fn started(dir: &std::path::Path) -> NodeHandle {
    let node = Node::start(config(dir)).await.unwrap();
    node.submit(register_issuer(), None).await.unwrap();
    node
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_transaction_sent_by_many_at_once_has_one_effect_and_one_answer() {
    let dir = tempfile::tempdir().unwrap();
    let node = started(dir.path()).await;
    let callers = (0..32).map(|_| {
        let node = node.clone();
        tokio::spawn(async move { node.submit(issue(1), None).await.unwrap() })
    });
    let mut receipts = Vec::new();
    for caller in callers.collect::<Vec<_>>() {
        receipts.push(caller.await.unwrap());
    }
    assert!(receipts.iter().all(|receipt| *receipt == receipts[0]));
    let leaves = node
        .read(|_, view| Ok(state::counters(view)?.leaves))
        .await
        .unwrap();
    assert_eq!(leaves, 1);
    node.shutdown().await;
    let node = Node::start(config(dir.path())).await.unwrap();
    assert_eq!(node.submit(issue(1), None).await.unwrap(), receipts[0]);
    node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_id_cannot_be_used_for_another_transaction_waiting_or_final() {
    let dir = tempfile::tempdir().unwrap();
    let node = started(dir.path()).await;
    let other = issue_under(issue(1).request_id, 2);
    let (first, second) = tokio::join!(
        node.submit(issue(1), None),
        node.submit(other.clone(), None)
    );
    let refused = [&first, &second]
        .into_iter()
        .filter_map(|answer| answer.as_ref().err())
        .collect::<Vec<_>>();
    assert!(
        matches!(
            refused[..],
            [SubmitError::Rejected(Reject::RequestIdReused { .. })]
        ),
        "{first:?} {second:?}"
    );
    let again = match first {
        Ok(_) => node.submit(other, None).await,
        Err(_) => node.submit(issue(1), None).await,
    };
    assert!(
        matches!(
            again,
            Err(SubmitError::Rejected(Reject::RequestIdReused { .. }))
        ),
        "{again:?}"
    );
    node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_rules_refuse_is_refused_at_once_with_the_reason() {
    let dir = tempfile::tempdir().unwrap();
    let node = started(dir.path()).await;
    let mut forged = issue(1);
    forged.authorization = issue(2).authorization;
    let answer = node.submit(forged, None).await;
    assert!(
        matches!(answer, Err(SubmitError::Rejected(Reject::Signature))),
        "{answer:?}"
    );
    let answer = node.submit(issue_as(1, 9), None).await;
    assert!(
        matches!(answer, Err(SubmitError::Rejected(Reject::UnknownMember(_)))),
        "{answer:?}"
    );
    // A refused transaction leaves no trace: the right one goes through.
    node.submit(issue(1), None).await.unwrap();
    node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_pool_says_busy_and_takes_more_later() {
    let dir = tempfile::tempdir().unwrap();
    let limits = MempoolLimits {
        txs: 4,
        ..MempoolLimits::default()
    };
    let node = Node::start(NodeConfig {
        mempool: limits,
        ..config(dir.path())
    })
    .await
    .unwrap();
    node.submit(register_issuer(), None).await.unwrap();
    let callers = (0..64).map(|n| {
        let node = node.clone();
        tokio::spawn(async move { (n, node.submit(issue(n), None).await) })
    });
    let mut busy = Vec::new();
    for caller in callers.collect::<Vec<_>>() {
        match caller.await.unwrap() {
            (_, Ok(_)) => {}
            (n, Err(SubmitError::Busy { retry_ms })) if retry_ms > 0 => busy.push(n),
            (_, Err(other)) => panic!("{other}"),
        }
    }
    assert!(!busy.is_empty(), "64 callers fit into a pool of 4");
    for n in busy {
        node.submit(issue(n), None).await.unwrap();
    }
    node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_transactions_are_final_quickly_and_in_few_blocks() {
    let dir = tempfile::tempdir().unwrap();
    let node = started(dir.path()).await;
    let start = Instant::now();
    let callers = (0..400).map(|n| {
        let node = node.clone();
        tokio::spawn(async move {
            loop {
                match node.submit(issue(n), None).await {
                    Ok(receipt) => return receipt,
                    Err(SubmitError::Busy { retry_ms }) => {
                        tokio::time::sleep(Duration::from_millis(retry_ms.into())).await;
                    }
                    Err(other) => panic!("{other}"),
                }
            }
        })
    });
    let mut blocks = std::collections::BTreeSet::new();
    for caller in callers.collect::<Vec<_>>() {
        blocks.insert(caller.await.unwrap().height);
    }
    println!(
        "400 transactions in {} blocks and {:?}",
        blocks.len(),
        start.elapsed()
    );
    assert!(blocks.len() < 200);
    node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn reads_are_consistent_and_proven() {
    let dir = tempfile::tempdir().unwrap();
    let node = started(dir.path()).await;
    let writer = {
        let node = node.clone();
        tokio::spawn(async move {
            for n in 0..40 {
                node.submit(issue(n), None).await.unwrap();
            }
        })
    };
    while !writer.is_finished() {
        let (header, bucket) = node.note_bucket(None, 0).await.unwrap();
        assert_eq!(bucket.root(), header.note_root);
        let key = keys::position_info(Position(0));
        let proven = node.state_get_with_proof(key.clone()).await.unwrap();
        proven
            .proof
            .verify(&proven.header.state_root, &key, proven.value.as_deref())
            .unwrap();
    }
    writer.await.unwrap();
    let (header, shard) = node.ended_shard(None, 0).await.unwrap();
    assert_eq!(shard.root(), header.ended_root);
    assert!(node.platform_tree(None).await.unwrap().1.is_empty());
    node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_node_says_so_and_lets_go_of_those_who_wait() {
    let dir = tempfile::tempdir().unwrap();
    let node = started(dir.path()).await;
    let receipt = node.submit(issue(1), None).await.unwrap();
    assert!(matches!(
        receipt.outcome,
        Outcome::Leaf {
            existing: false,
            ..
        }
    ));
    let waiting = {
        let node = node.clone();
        tokio::spawn(async move { node.submit(issue(2), None).await })
    };
    node.shutdown().await;
    match waiting.await.unwrap() {
        Ok(_) | Err(SubmitError::Interrupted | SubmitError::Node(NodeError::Stopped(_))) => {}
        Err(other) => panic!("{other}"),
    }
    let answer = node.submit(issue(3), None).await;
    assert!(
        matches!(answer, Err(SubmitError::Node(NodeError::Stopped(_)))),
        "{answer:?}"
    );
    assert!(matches!(node.failed().await, NodeError::Stopped(_)));
    assert_eq!(node.spec().id(), spec().id());
}
