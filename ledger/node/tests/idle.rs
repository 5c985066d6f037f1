//! What an idle node costs. Ignored by default: it takes half a minute. Run with `--ignored --nocapture`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::{config, spec};
use std::{ops::RangeInclusive, time::Duration};
use tacit_ledger::genesis::ChainSpec;
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
