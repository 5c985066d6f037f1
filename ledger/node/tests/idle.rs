//! What an idle node costs. Ignored by default: it takes half a minute. Run with `--ignored --nocapture`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::config;
use std::time::Duration;
use tacit_node::Node;

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
#[ignore = "measures for 30 s"]
async fn an_idle_node_makes_only_anchors_and_hardly_any_work() {
    let dir = tempfile::tempdir().unwrap();
    let node = Node::start(config(dir.path())).await.unwrap();
    tokio::time::sleep(Duration::from_secs(2)).await;
    let (before, (height, _)) = (usage().0, (node.tip().1.height.0, ()));
    tokio::time::sleep(Duration::from_secs(30)).await;
    let (after, resident) = usage();
    let blocks = node.tip().1.height.0 - height;
    println!(
        "30 s idle: {blocks} blocks, {} ms of processor time, peak memory {resident} KiB",
        (after - before) * 10
    );
    assert!((14..=16).contains(&blocks), "{blocks} blocks");
    assert!(after - before < 300, "{} ms", (after - before) * 10);
    node.shutdown().await;
}
