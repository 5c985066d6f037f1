//! What a node costs, idle and under load. Ignored by default: it takes minutes. Run with
//! `cargo test --release -p tacit-node --test measure -- --ignored --nocapture --test-threads=1`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::{config, issue, register_issuer, spec};
use std::{
    ops::RangeInclusive,
    path::Path,
    time::{Duration, Instant},
};
use tacit_ledger::{genesis::ChainSpec, tx::Tx};
use tacit_node::{Node, NodeConfig};

/// Processor time of this process so far, in clock ticks of 10 ms, and resident memory in KiB.
fn usage() -> (u64, u64) {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat
        .rsplit(')')
        .next()
        .unwrap()
        .split_whitespace()
        .collect();
    let ticks = fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let resident = status
        .lines()
        .find(|line| line.starts_with("VmHWM"))
        .unwrap();
    (
        ticks,
        resident.split_whitespace().nth(1).unwrap().parse().unwrap(),
    )
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "measures for a minute"]
async fn an_idle_node_makes_only_anchors_and_hardly_any_work() {
    measure(2, 14..=16).await;
    // Between anchors that are further apart than a leader's patience, views come and go without a block.
    measure(30, 1..=2).await;
}

async fn measure(interval: u32, expected: RangeInclusive<u64>) {
    let dir = tempfile::tempdir().unwrap();
    let mut genesis = spec().genesis().clone();
    genesis.anchor_interval_secs = interval;
    let spec = ChainSpec::new(genesis).unwrap();
    let node = Node::start(NodeConfig {
        spec,
        ..config(dir.path())
    })
    .await
    .unwrap();
    tokio::time::sleep(Duration::from_secs(2)).await;
    let (before, height) = (usage().0, node.tip().1.height.0);
    tokio::time::sleep(Duration::from_secs(30)).await;
    let (after, resident) = usage();
    let blocks = node.tip().1.height.0 - height;
    let busy = (after - before) * 10;
    println!(
        "anchors every {interval} s, 30 s idle: {blocks} blocks, {busy} ms of processor time, peak memory {resident} KiB"
    );
    assert!(expected.contains(&blocks), "{blocks} blocks");
    assert!(busy < 3000, "{busy} ms");
    node.shutdown().await;
}

/// Bytes of all files below a folder.
fn size(path: &Path) -> u64 {
    match std::fs::read_dir(path) {
        Ok(entries) => entries.map(|entry| size(&entry.unwrap().path())).sum(),
        Err(_) => std::fs::metadata(path).map_or(0, |file| file.len()),
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "measures for half a minute"]
async fn a_loaded_node_answers_quickly_in_bounded_memory() {
    const CALLERS: u64 = 64;
    let txs: u64 = std::env::var("TACIT_LOAD_TXS")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(6400);
    let dir = tempfile::tempdir().unwrap();
    let node = Node::start(config(dir.path())).await.unwrap();
    node.submit(register_issuer(), None).await.unwrap();
    // Signing is the callers' work, not the node's.
    let work: Vec<Vec<Tx>> = (0..CALLERS)
        .map(|c| (0..txs / CALLERS).map(|n| issue(n * CALLERS + c)).collect())
        .collect();
    let (before, start) = (usage().0, Instant::now());
    let mut callers = tokio::task::JoinSet::new();
    for work in work {
        let node = node.clone();
        callers.spawn(async move {
            let mut times = Vec::new();
            for tx in work {
                let start = Instant::now();
                node.submit(tx, None).await.unwrap();
                times.push(start.elapsed());
            }
            times
        });
    }
    let mut times = callers.join_all().await.concat();
    let (took, (after, resident)) = (start.elapsed(), usage());
    times.sort();
    let at = |percent: usize| times[(times.len() - 1) * percent / 100];
    println!(
        "{} transactions by {CALLERS} callers: {:.0} a second, half within {:?}, 95 % within {:?}, worst {:?}; {} ms of \
         processor time each; peak memory {resident} KiB",
        times.len(),
        times.len() as f64 / took.as_secs_f64(),
        at(50),
        at(95),
        at(100),
        (after - before) as f64 * 10.0 / times.len() as f64,
    );
    for part in ["blocks.log", "sidecars.log", "index", "engine"] {
        println!("{part}: {} bytes", size(&dir.path().join(part)));
    }
    println!("blocks: {}", node.tip().1.height);
    node.shutdown().await;
    std::fs::remove_dir_all(dir.path().join("index")).unwrap();
    let start = Instant::now();
    let node = Node::start(config(dir.path())).await.unwrap();
    println!(
        "index rebuilt in {:?}: {} bytes",
        start.elapsed(),
        size(&dir.path().join("index"))
    );
    node.shutdown().await;
    assert!(resident < 500 * 1024);
}
