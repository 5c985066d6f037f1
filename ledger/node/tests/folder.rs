//! Damage to the data folder: what can be rebuilt is rebuilt, what cannot is a clear error that changes nothing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::{VALIDATOR, config, issue, register_issuer, spec};
use ed25519_dalek::SigningKey;
use std::{
    fs,
    net::{SocketAddr, TcpListener},
    path::Path,
    sync::{Arc, Mutex},
};
use tacit_ledger::{
    genesis::ChainSpec, header::Header, ids::Height, signature::ValidatorKey, text::Name,
};
use tacit_node::{Node, NodeConfig, NodeError, Peer, Progress, StorageError, TxReceipt};

/// A folder with some final transactions, and where they stand.
async fn folder(dir: &Path) -> (Header, Vec<TxReceipt>) {
    folder_with(dir, 10).await
}

async fn folder_with(dir: &Path, txs: u64) -> (Header, Vec<TxReceipt>) {
    let node = Node::start(config(dir)).await.unwrap();
    node.submit(register_issuer(), None).await.unwrap();
    let mut receipts = Vec::new();
    for n in 0..txs {
        receipts.push(node.submit(issue(n), None).await.unwrap());
    }
    let (_, tip) = node.tip();
    node.shutdown().await;
    (tip, receipts)
}

/// Starts, checks that everything is there, and returns what was reported meanwhile.
async fn starts_whole(dir: &Path, tip: &Header, receipts: &[TxReceipt]) -> Vec<Progress> {
    let reports = Arc::new(Mutex::new(Vec::new()));
    let sink = reports.clone();
    let progress = move |progress| sink.lock().unwrap().push(progress);
    let node = Node::start(NodeConfig {
        progress: Some(Arc::new(progress)),
        ..config(dir)
    })
    .await
    .unwrap();
    assert_eq!(node.header(tip.height).await.unwrap().as_ref(), Some(tip));
    for (n, receipt) in receipts.iter().enumerate() {
        assert_eq!(node.submit(issue(n as u64), None).await.unwrap(), *receipt);
    }
    node.submit(issue(1000 + tip.height.0), None).await.unwrap();
    node.shutdown().await;
    let reports = reports.lock().unwrap();
    reports.clone()
}

async fn fails(config: NodeConfig) -> NodeError {
    match Node::start(config).await {
        Err(error) => error,
        Ok(_) => panic!("the node started"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_index_is_rebuilt_with_progress() {
    let dir = tempfile::tempdir().unwrap();
    let (tip, receipts) = folder(dir.path()).await;
    fs::remove_dir_all(dir.path().join("index")).unwrap();
    let reports = starts_whole(dir.path(), &tip, &receipts).await;
    assert!(
        matches!(reports.last(), Some(Progress::Indexing { height, target }) if height == target && *target >= tip.height),
        "{reports:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_index_is_moved_aside_and_rebuilt() {
    let dir = tempfile::tempdir().unwrap();
    let (tip, receipts) = folder(dir.path()).await;
    fs::write(dir.path().join("index/state.redb"), [0xa5; 64]).unwrap();
    let reports = starts_whole(dir.path(), &tip, &receipts).await;
    assert_eq!(reports.first(), Some(&Progress::IndexDiscarded));
    assert!(dir.path().join("index.discarded").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_of_another_history_is_rebuilt() {
    let dir = tempfile::tempdir().unwrap();
    let other = tempfile::tempdir().unwrap();
    let (tip, receipts) = folder(dir.path()).await;
    let _ = folder_with(other.path(), 2).await;
    fs::remove_dir_all(dir.path().join("index")).unwrap();
    fs::rename(other.path().join("index"), dir.path().join("index")).unwrap();
    let reports = starts_whole(dir.path(), &tip, &receipts).await;
    assert_eq!(reports.first(), Some(&Progress::IndexDiscarded));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flipped_byte_in_the_log_is_an_error_that_says_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let (tip, receipts) = folder(dir.path()).await;
    let log = dir.path().join("blocks.log");
    let good = fs::read(&log).unwrap();
    let mut bad = good.clone();
    bad[good.len() / 2] ^= 1;
    fs::write(&log, &bad).unwrap();
    let error = fails(config(dir.path())).await;
    assert!(
        matches!(error, NodeError::Storage(StorageError::Damaged { .. })),
        "{error}"
    );
    assert!(error.to_string().contains("backup"), "{error}");
    assert_eq!(
        fs::read(&log).unwrap(),
        bad,
        "nothing was cut or overwritten"
    );
    fs::write(&log, &good).unwrap();
    starts_whole(dir.path(), &tip, &receipts).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_lost_acknowledged_blocks_is_an_error_and_not_a_shorter_chain() {
    let dir = tempfile::tempdir().unwrap();
    let (tip, receipts) = folder(dir.path()).await;
    let log = dir.path().join("blocks.log");
    let good = fs::read(&log).unwrap();
    fs::write(&log, &good[..good.len() - good.len() / 4]).unwrap();
    let error = fails(config(dir.path())).await;
    assert!(
        matches!(
            error,
            NodeError::Storage(StorageError::AcknowledgedLost { .. })
        ),
        "{error}"
    );
    fs::write(&log, &good).unwrap();
    starts_whole(dir.path(), &tip, &receipts).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_part_is_an_error_and_never_a_second_history() {
    let dir = tempfile::tempdir().unwrap();
    let (tip, receipts) = folder(dir.path()).await;
    for part in ["engine", "blocks.log"] {
        let (there, away) = (dir.path().join(part), dir.path().join("away"));
        fs::rename(&there, &away).unwrap();
        let error = fails(config(dir.path())).await;
        assert!(
            matches!(error, NodeError::Storage(StorageError::PartMissing { .. })),
            "{part}: {error}"
        );
        match part {
            "engine" => assert!(!there.exists()),
            _ => fs::remove_file(&there).unwrap(),
        }
        fs::rename(&away, &there).unwrap();
    }
    starts_whole(dir.path(), &tip, &receipts).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_of_another_chain_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    folder(dir.path()).await;
    let mut genesis = spec().genesis().clone();
    genesis.name = Name::new("another").unwrap();
    let error = fails(NodeConfig {
        spec: ChainSpec::new(genesis).unwrap(),
        ..config(dir.path())
    })
    .await;
    assert!(
        matches!(error, NodeError::Storage(StorageError::WrongChain(_))),
        "{error}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_keys_and_taken_ports_are_clear_errors() {
    let dir = tempfile::tempdir().unwrap();
    let peer = |seed: [u8; 32]| Peer {
        key: ValidatorKey::of(&SigningKey::from_bytes(&seed)),
        address: SocketAddr::from(([127, 0, 0, 1], 1)),
    };
    for peers in [vec![peer(VALIDATOR)], vec![peer([8; 32]), peer([8; 32])]] {
        let error = fails(NodeConfig {
            peers,
            ..config(dir.path())
        })
        .await;
        assert!(matches!(error, NodeError::Peers), "{error}");
    }
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let error = fails(NodeConfig {
        listen: taken.local_addr().unwrap(),
        ..config(dir.path())
    })
    .await;
    assert!(matches!(error, NodeError::Listen { .. }), "{error}");
    assert!(
        !dir.path().join("blocks.log").exists(),
        "nothing was touched"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn heights_beyond_the_tip_and_parts_beyond_the_trees_are_told_apart_from_failures() {
    let dir = tempfile::tempdir().unwrap();
    let node = Node::start(config(dir.path())).await.unwrap();
    assert_eq!(node.block(Height(u64::MAX)).await.unwrap(), None);
    assert!(node.block(Height(0)).await.unwrap().is_some());
    assert_eq!(
        node.certificate_at_or_after(Height(u64::MAX))
            .await
            .unwrap(),
        None
    );
    assert!(matches!(
        node.note_bucket(None, u32::MAX).await,
        Err(NodeError::OutOfRange(_))
    ));
    assert!(matches!(
        node.ended_shard(None, u16::MAX).await,
        Err(NodeError::OutOfRange(_))
    ));
    node.shutdown().await;
}
