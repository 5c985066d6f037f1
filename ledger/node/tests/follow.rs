//! A follower takes what a real validator made final, goes on where it was, and refuses everything else.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::{config, issue, proof_keys, register_issuer, spec, toy_keys};
use std::path::Path;
use tacit_circuits::{
    audit::{AuditCiphertext, AuditSecretKey},
    field::Fr,
    types::Digest32,
};
use tacit_ledger::{
    block::{Block, Sidecar},
    certificate::Certificate,
    header::Header,
    ids::{Height, StateRoot},
};
use tacit_node::{FollowConfig, FollowError, Follower, Node, NodeError, NodeHandle, StorageError};

async fn open(dir: &Path) -> Result<Follower, NodeError> {
    Follower::open(FollowConfig {
        dir: dir.to_path_buf(),
        spec: spec(),
        proof_keys: proof_keys(&spec(), toy_keys()),
        sidecar_retention: None,
        progress: None,
    })
    .await
}

/// A validator's chain with some transactions.
async fn chain(dir: &Path) -> NodeHandle {
    let node = Node::start(config(dir)).await.unwrap();
    node.submit(register_issuer(), None).await.unwrap();
    for n in 0..5 {
        node.submit(issue(n), None).await.unwrap();
    }
    node
}

/// Blocks from a height up to one with a certificate, at or above `to`.
async fn step(node: &NodeHandle, from: Height, to: Height) -> (Vec<Block>, Certificate) {
    let (last, certificate) = node.certificate_at_or_after(to).await.unwrap().unwrap();
    let mut blocks = Vec::new();
    for height in from.0..=last.0 {
        blocks.push(node.block(Height(height)).await.unwrap().unwrap());
    }
    (blocks, certificate)
}

fn headers(blocks: &[Block]) -> Vec<Header> {
    blocks.iter().map(|block| block.header.clone()).collect()
}

fn bare(blocks: &[Block]) -> Vec<(Block, Vec<Sidecar>)> {
    blocks.iter().map(|block| (block.clone(), vec![])).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_follower_has_the_same_state_serves_it_and_goes_on_where_it_was() {
    let (theirs, ours) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let node = chain(theirs.path()).await;
    let follower = open(ours.path()).await.unwrap();
    let (blocks, certificate) = step(&node, Height(1), Height(3)).await;
    follower
        .certify(&headers(&blocks), certificate, spec().validators())
        .unwrap();
    assert_eq!(follower.awaited(), blocks.len());
    let reached = follower.enter(bare(&blocks)).await.unwrap();
    assert_eq!(follower.awaited(), 0);
    follower.handle().shutdown().await;
    assert!(matches!(
        follower.enter(vec![]).await,
        Err(FollowError::Node(_))
    ));
    drop(follower);

    let follower = open(ours.path()).await.unwrap();
    assert_eq!(follower.handle().tip().1.height, reached);
    let (blocks, certificate) = step(&node, reached.next(), node.tip().1.height).await;
    follower
        .certify(&headers(&blocks), certificate, spec().validators())
        .unwrap();
    follower.enter(bare(&blocks)).await.unwrap();
    let handle = follower.handle();
    let (id, header) = handle.tip();
    assert_eq!(node.header(header.height).await.unwrap().unwrap().id(), id);
    // It serves what a validator serves: blocks, certificates, proven state, trees.
    assert_eq!(
        handle.block(Height(2)).await.unwrap(),
        node.block(Height(2)).await.unwrap()
    );
    let (at, certificate) = handle
        .certificate_at_or_after(Height(1))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        certificate.proposal.block,
        handle.header(at).await.unwrap().unwrap().id()
    );
    let proven = handle
        .state_get_with_proof(tacit_ledger::keys::counters())
        .await
        .unwrap();
    proven
        .proof
        .verify(
            &proven.header.state_root,
            &tacit_ledger::keys::counters(),
            proven.value.as_deref(),
        )
        .unwrap();
    // It does not vote, so it takes no transactions.
    let refused = handle.submit(issue(100), None).await.unwrap_err();
    assert!(refused.to_string().contains("does not vote"), "{refused}");
    node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_not_exactly_what_the_validators_certified_is_refused() {
    let (theirs, ours) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let node = chain(theirs.path()).await;
    let (blocks, good) = step(&node, Height(1), Height(4)).await;
    node.shutdown().await;
    let follower = open(ours.path()).await.unwrap();
    let lie = |headers: &[Header], certificate: &Certificate| {
        let error = follower
            .certify(headers, certificate.clone(), spec().validators())
            .unwrap_err();
        assert!(error.is_lie(), "{error}");
        assert_eq!(follower.awaited(), 0);
    };

    // A forged certificate, and the right one for another block.
    let mut forged = good.clone();
    forged.proposal.view += 1;
    lie(&headers(&blocks), &forged);
    lie(&headers(&blocks[..blocks.len() - 1]), &good);
    // A wrong state root, in the last header and in one below it.
    for at in [blocks.len() - 1, 0] {
        let mut wrong = headers(&blocks);
        wrong[at].state_root = StateRoot(Digest32([7; 32]));
        lie(&wrong, &good);
    }
    // A gap.
    lie(&headers(&blocks[1..]), &good);
    lie(&[], &good);

    follower
        .certify(&headers(&blocks), good, spec().validators())
        .unwrap();
    let refused = async |blocks: Vec<(Block, Vec<Sidecar>)>| {
        let error = follower.enter(blocks).await.unwrap_err();
        assert!(error.is_lie(), "{error}");
        error
    };
    // The right header with other transactions, the wrong block, a sidecar of nobody.
    let full = blocks
        .iter()
        .position(|block| !block.txs.0.is_empty())
        .unwrap();
    let mut emptied = bare(&blocks[..=full]);
    emptied[full].0.txs.0.clear();
    assert!(matches!(refused(emptied).await, FollowError::Block(_)));
    // What came before it was right, and stays.
    let done = follower.handle().tip().1.height.0 as usize;
    assert_eq!(done, full);
    refused(bare(&blocks[done + 1..])).await;
    let mut extra = bare(&blocks[done..]);
    extra[0].1.push(sidecar());
    assert!(matches!(refused(extra).await, FollowError::Sidecar(_)));
    assert_eq!(follower.handle().tip().1.height.0 as usize, done);
    // After all of that the truth is taken.
    follower.enter(bare(&blocks[done..])).await.unwrap();
    assert_eq!(follower.handle().tip().0, blocks.last().unwrap().id());
    let beyond = follower.enter(bare(&blocks[..1])).await.unwrap_err();
    assert!(beyond.is_lie(), "nothing is awaited: {beyond}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_is_a_validators_or_a_followers() {
    let (theirs, ours) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let node = chain(theirs.path()).await;
    let (blocks, certificate) = step(&node, Height(1), Height(1)).await;
    node.shutdown().await;
    let refused = open(theirs.path()).await.err().unwrap();
    assert!(
        matches!(refused, NodeError::Storage(StorageError::Votes(_))),
        "{refused}"
    );
    let follower = open(ours.path()).await.unwrap();
    follower
        .certify(&headers(&blocks), certificate, spec().validators())
        .unwrap();
    follower.enter(bare(&blocks)).await.unwrap();
    follower.handle().shutdown().await;
    let refused = Node::start(config(ours.path())).await.err().unwrap();
    assert!(
        matches!(
            refused,
            NodeError::Storage(StorageError::PartMissing { .. })
        ),
        "{refused}"
    );
}

fn sidecar() -> Sidecar {
    let mut secret = [0; 32];
    secret[15] = 7;
    let key = AuditSecretKey::from_bytes(&secret).unwrap().public();
    let words = [Fr::from(1u64); 2];
    Sidecar {
        ciphertext: AuditCiphertext::encrypt(&key, &Fr::from(2u64), &Fr::from(3u64), &words)
            .unwrap(),
    }
}
