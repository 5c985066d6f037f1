//! A real node with one validator: transactions become final, are found again, and the folder is continued.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::{config, issue, register_issuer, spec};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tacit_ledger::{governance::Effect, ids::Height, outcome::Outcome};
use tacit_node::{Node, NodeConfig, Progress};

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_is_final_found_again_and_survives_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let node = Node::start(config(dir.path())).await.unwrap();
    let registered = node.submit(register_issuer(), None).await.unwrap();
    assert!(
        matches!(registered.outcome, Outcome::Enacted { effect: Effect::Member { member }, .. } if member.get() == 1)
    );

    let mut worst = Duration::ZERO;
    let mut receipts = Vec::new();
    for n in 0..20 {
        let start = Instant::now();
        receipts.push(node.submit(issue(n), None).await.unwrap());
        worst = worst.max(start.elapsed());
    }
    println!("slowest of 20 on an idle node: {worst:?}");
    for (n, receipt) in receipts.iter().enumerate() {
        let block = node.block(receipt.height).await.unwrap().unwrap();
        assert_eq!(block.txs.0[receipt.index as usize], issue(n as u64));
        let (at, certificate) = node
            .certificate_at_or_after(receipt.height)
            .await
            .unwrap()
            .unwrap();
        let certified = node.header(at).await.unwrap().unwrap();
        assert_eq!(certificate.proposal.block, certified.id());
        certificate
            .verify(&spec().id(), spec().validators())
            .unwrap();
    }
    let (_, before) = node.tip();
    node.shutdown().await;

    let untouched = |progress| assert_ne!(progress, Progress::IndexDiscarded);
    let again = NodeConfig {
        progress: Some(Arc::new(untouched)),
        ..config(dir.path())
    };
    let node = Node::start(again).await.unwrap();
    let (_, after) = node.tip();
    assert!(after.height >= before.height);
    let (anchor, bucket) = node.note_bucket(None, 0).await.unwrap();
    assert_eq!(bucket.root(), anchor.note_root);
    // The same transaction again: the first outcome.
    assert_eq!(node.submit(issue(7), None).await.unwrap(), receipts[7]);
    let next = node.submit(issue(100), None).await.unwrap();
    assert!(next.height > before.height);
    assert!(
        node.header(Height(next.height.0 + 100))
            .await
            .unwrap()
            .is_none()
    );
    node.shutdown().await;
}
