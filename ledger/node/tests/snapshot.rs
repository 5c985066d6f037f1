//! A node joins from a snapshot that was made while the chain went on; a changed snapshot is refused.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::{config, issue, issuer, proof_keys, register_issuer, request_id, spec, toy_keys};
use sha2::{Digest, Sha256};
use std::path::Path;
use tacit_circuits::types::{MemberId, Position};
use tacit_ledger::{
    action::end::{End, EndRight},
    ids::Height,
    keys,
    tx::Tx,
};
use tacit_node::{
    FollowConfig, Follower, Node, NodeError, NodeHandle, StorageError,
    snapshot::{self, SnapshotError},
};

async fn follow(dir: &Path) -> Result<Follower, NodeError> {
    Follower::open(FollowConfig {
        dir: dir.to_path_buf(),
        spec: spec(),
        proof_keys: proof_keys(&spec(), toy_keys()),
        sidecar_retention: None,
        progress: None,
    })
    .await
}

fn end(position: u32) -> Tx {
    let action = End {
        position: Position(position),
        right: EndRight::Controller,
    };
    let id = request_id(3, u64::from(position));
    let member = MemberId::new(1).unwrap();
    Tx::signed_by_member(&spec().id(), id, action.into(), member, &issuer())
}

async fn issue_many(node: &NodeHandle, numbers: std::ops::Range<u64>) {
    let numbers: Vec<u64> = numbers.collect();
    // As many at a time as a node checks.
    for numbers in numbers.chunks(200) {
        let submitted = numbers.iter().map(|n| {
            let (node, tx) = (node.clone(), issue(*n));
            tokio::spawn(async move { node.submit(tx, None).await.unwrap() })
        });
        for submitted in submitted.collect::<Vec<_>>() {
            submitted.await.unwrap();
        }
    }
}

/// A chain with enough state that a snapshot of it takes several pieces.
async fn chain(dir: &Path, credentials: u64) -> NodeHandle {
    let node = Node::start(config(dir)).await.unwrap();
    node.submit(register_issuer(), None).await.unwrap();
    issue_many(&node, 0..credentials).await;
    for position in [0, 3, 5] {
        node.submit(end(position), None).await.unwrap();
    }
    node
}

async fn bring_up(follower: &Follower, node: &NodeHandle) {
    let (from, target) = (follower.handle().tip().1.height, node.tip().1.height);
    let (last, certificate) = node.certificate_at_or_after(target).await.unwrap().unwrap();
    let mut blocks = Vec::new();
    for height in from.0 + 1..=last.0 {
        blocks.push((node.block(Height(height)).await.unwrap().unwrap(), vec![]));
    }
    let headers: Vec<_> = blocks
        .iter()
        .map(|(block, _)| block.header.clone())
        .collect();
    follower
        .certify(&headers, certificate, spec().validators())
        .unwrap();
    follower.enter(blocks).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_joins_from_a_snapshot_made_while_the_chain_went_on() {
    let dir = tempfile::tempdir().unwrap();
    let node = chain(&dir.path().join("node"), 400).await;
    let mut stream = node.snapshot().await.unwrap();
    let header = stream.header().clone();
    let mut bytes = stream.next_piece().unwrap().unwrap();
    bytes.extend(stream.next_piece().unwrap().unwrap());
    // Between the pieces the state changes: before, at and after what was read.
    issue_many(&node, 400..500).await;
    for position in [1, 398] {
        node.submit(end(position), None).await.unwrap();
    }
    let mut pieces = 2;
    while let Some(piece) = stream.next_piece().unwrap() {
        bytes.extend(piece);
        pieces += 1;
    }
    assert!(pieces > 5, "{pieces} pieces");
    let file = dir.path().join("file");
    std::fs::write(&file, &bytes).unwrap();
    assert_eq!(snapshot::check(&file, &spec()).unwrap(), header);

    let ours = dir.path().join("ours");
    assert_eq!(snapshot::restore(&ours, &spec(), &file).unwrap(), header);
    let again = snapshot::restore(&ours, &spec(), &file).unwrap_err();
    assert!(matches!(again, SnapshotError::NotEmpty(_)), "{again}");
    let follower = follow(&ours).await.unwrap();
    let handle = follower.handle().clone();
    assert_eq!(handle.tip().1, header);
    assert_eq!(handle.oldest(), header.height);
    assert!(handle.block(Height(1)).await.unwrap().is_none());
    // It executes what follows, and its proofs lead to the same roots.
    bring_up(&follower, &node).await;
    let tip = handle.tip().1;
    assert_eq!(node.header(tip.height).await.unwrap().unwrap(), tip);
    let key = keys::position_info(Position(398));
    let proven = handle.state_get_with_proof(key.clone()).await.unwrap();
    let value = proven.value.as_deref();
    proven
        .proof
        .verify(&proven.header.state_root, &key, value)
        .unwrap();
    assert!(value.is_some());

    // It starts again, and without its index it says what to do.
    handle.shutdown().await;
    drop((follower, handle));
    let follower = follow(&ours).await.unwrap();
    assert_eq!(follower.handle().tip().1, tip);
    follower.handle().shutdown().await;
    drop(follower);
    std::fs::remove_dir_all(ours.join("index")).unwrap();
    let lost = follow(&ours).await.err().unwrap();
    assert!(
        matches!(lost, NodeError::Storage(StorageError::SnapshotNeeded(_))),
        "{lost}"
    );
    node.shutdown().await;
}

/// A small snapshot.
async fn small(dir: &Path) -> Vec<u8> {
    let node = chain(&dir.join("node"), 8).await;
    let mut stream = node.snapshot().await.unwrap();
    let mut bytes = Vec::new();
    while let Some(piece) = stream.next_piece().unwrap() {
        bytes.extend(piece);
    }
    node.shutdown().await;
    bytes
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flipped_byte_anywhere_is_refused_and_leaves_no_chain() {
    let dir = tempfile::tempdir().unwrap();
    let bytes = small(dir.path()).await;
    let (file, ours) = (dir.path().join("file"), dir.path().join("ours"));
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 1 << (at % 8);
        std::fs::write(&file, &changed).unwrap();
        assert!(snapshot::check(&file, &spec()).is_err(), "byte {at}");
    }
    for len in [0, 4, 37, bytes.len() / 2, bytes.len() - 1] {
        std::fs::write(&file, &bytes[..len]).unwrap();
        let refused = snapshot::restore(&ours, &spec(), &file).unwrap_err();
        assert!(matches!(refused, SnapshotError::Damaged(_)), "{refused}");
    }
    std::fs::write(&file, [&bytes[..], &[0]].concat()).unwrap();
    assert!(snapshot::restore(&ours, &spec(), &file).is_err());
    assert!(!ours.join("blocks.log").exists());
    std::fs::write(&file, &bytes).unwrap();
    snapshot::restore(&ours, &spec(), &file).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_state_that_is_not_the_certified_ones_is_refused_whatever_its_digest() {
    let dir = tempfile::tempdir().unwrap();
    let bytes = small(dir.path()).await;
    let (file, ours) = (dir.path().join("file"), dir.path().join("ours"));
    // Somebody who computes the digest again changes, leaves out or doubles one entry after the other.
    let (start, entries) = entries(&bytes);
    assert!(entries.len() > 40);
    let mut spaces = std::collections::BTreeSet::new();
    for (n, (key, _)) in entries.iter().enumerate() {
        // Several of each space.
        if n % 3 != 0 && !spaces.insert(key[0]) {
            continue;
        }
        let mut lies = vec![entries.clone(), entries.clone()];
        lies[0].remove(n);
        *lies[1][n].1.last_mut().unwrap() ^= 1;
        for lie in lies {
            std::fs::write(&file, assemble(&bytes[..start], &lie)).unwrap();
            let refused = snapshot::restore(&ours, &spec(), &file).unwrap_err();
            assert!(!ours.join("blocks.log").exists(), "{refused}");
        }
    }
    assert!(spaces.len() > 3, "{spaces:?}");
    std::fs::write(&file, assemble(&bytes[..start], &entries)).unwrap();
    snapshot::restore(&ours, &spec(), &file).unwrap();
}

type Entries = Vec<(Vec<u8>, Vec<u8>)>;

/// Where the entries begin, and the entries.
fn entries(bytes: &[u8]) -> (usize, Entries) {
    let length = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
    // A chain whose validators never changed has no links.
    assert_eq!(length(37), 0);
    let block = 41 + 4 + length(41);
    let start = block + 4 + length(block);
    let (mut at, mut entries) = (start, Vec::new());
    while bytes[at] != 0 {
        let key = bytes[at + 1..][..usize::from(bytes[at])].to_vec();
        at += 1 + key.len();
        let value = bytes[at + 4..][..length(at)].to_vec();
        at += 4 + value.len();
        entries.push((key, value));
    }
    (start, entries)
}

fn assemble(head: &[u8], entries: &Entries) -> Vec<u8> {
    let mut bytes = head.to_vec();
    for (key, value) in entries {
        bytes.push(key.len() as u8);
        bytes.extend(key);
        bytes.extend((value.len() as u32).to_le_bytes());
        bytes.extend(value);
    }
    bytes.push(0);
    bytes.extend((entries.len() as u64).to_le_bytes());
    let digest = Sha256::digest(&bytes);
    bytes.extend(digest);
    bytes
}
