//! kill -9 at random times under load: what was acknowledged is found afterwards, and nothing needs repair by hand.
//!
//! The test runs itself as the process that is killed. `TACIT_KILL_ROUNDS` asks for more rounds.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::{config, issue, register_issuer};
use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Write as _},
    path::Path,
    process::{Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc,
    },
    time::{Duration, Instant},
};
use tacit_ledger::ids::Height;
use tacit_node::{Node, NodeError, NodeHandle, StorageError};

const CHILD: &str = "TACIT_KILL_CHILD";
const FIRST: &str = "TACIT_KILL_FIRST";
/// Callers at a time.
const CALLERS: u64 = 8;

/// Submits until killed, and prints what was acknowledged.
#[test]
fn child() {
    let Ok(dir) = std::env::var(CHILD) else {
        return;
    };
    let next = Arc::new(AtomicU64::new(
        std::env::var(FIRST).unwrap().parse().unwrap(),
    ));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async move {
        let node = Node::start(config(Path::new(&dir))).await.unwrap();
        println!("\nready");
        node.submit(register_issuer(), None).await.unwrap();
        let mut callers = tokio::task::JoinSet::new();
        for _ in 0..CALLERS {
            callers.spawn(submit_for_ever(node.clone(), next.clone()));
        }
        callers.join_all().await;
    });
}

async fn submit_for_ever(node: NodeHandle, next: Arc<AtomicU64>) {
    loop {
        let n = next.fetch_add(1, Ordering::Relaxed);
        let receipt = node.submit(issue(n), None).await.unwrap();
        let line = format!("ack {n} {} {}\n", receipt.height, receipt.index);
        std::io::stdout().write_all(line.as_bytes()).unwrap();
    }
}

/// Where each acknowledged transaction stands.
type Acknowledged = BTreeMap<u64, (u64, u32)>;

/// When the child is killed.
enum Life {
    /// After this time, wherever it is.
    For(Duration),
    /// This long after it has acknowledged something.
    BeyondWork(Duration),
}

/// Runs the child until it is killed; returns whether it came up.
fn round(dir: &Path, first: u64, life: Life, acknowledged: &mut Acknowledged) -> bool {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child", "--nocapture", "--test-threads=1"])
        .env(CHILD, dir)
        .env(FIRST, first.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let output = BufReader::new(child.stdout.take().unwrap());
    let (send, lines) = mpsc::channel();
    let reader = std::thread::spawn(move || {
        for line in output.lines().map_while(Result::ok) {
            send.send(line).unwrap();
        }
    });
    let mut seen = Vec::new();
    let life = match life {
        Life::For(life) => life,
        Life::BeyondWork(more) => {
            while !seen.iter().any(|line: &String| line.starts_with("ack")) {
                let line = lines.recv_timeout(Duration::from_secs(120));
                seen.push(line.expect("the node does nothing"));
            }
            more
        }
    };
    std::thread::sleep(life);
    assert!(
        child.try_wait().unwrap().is_none(),
        "the node ended by itself"
    );
    child.kill().unwrap();
    child.wait().unwrap();
    seen.extend(lines);
    reader.join().unwrap();
    for line in &seen {
        // Lines this short are written to a pipe whole or not at all.
        let words: Vec<&str> = line.split(' ').collect();
        if let ["ack", n, height, index] = words[..]
            && let (Ok(n), Ok(height), Ok(index)) = (n.parse(), height.parse(), index.parse())
        {
            acknowledged.insert(n, (height, index));
        }
    }
    seen.iter().any(|line| line == "ready")
}

/// Everything acknowledged stands where it was said to stand, and sent again gets its first outcome.
async fn verify(dir: &Path, acknowledged: &Acknowledged) {
    let node = Node::start(config(dir)).await.unwrap();
    for (n, (height, index)) in acknowledged {
        let block = node
            .block(Height(*height))
            .await
            .unwrap()
            .unwrap_or_else(|| panic!("block {height} is gone"));
        assert_eq!(block.txs.0[*index as usize], issue(*n));
    }
    for (n, (height, index)) in acknowledged.iter().rev().take(50) {
        let receipt = node.submit(issue(*n), None).await.unwrap();
        assert_eq!((receipt.height.0, receipt.index), (*height, *index));
    }
    node.shutdown().await;
}

/// Small and seeded by the clock: which moments are hit should differ from run to run.
fn random(below: u64) -> u64 {
    use std::hash::{BuildHasher, Hasher};
    std::collections::hash_map::RandomState::new()
        .build_hasher()
        .finish()
        % below
}

#[test]
fn what_was_acknowledged_survives_kill_9_at_random_times() {
    let rounds: u64 = std::env::var("TACIT_KILL_ROUNDS")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(8);
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut acknowledged = Acknowledged::new();
    let (mut came_up, mut fresh) = (0, Acknowledged::new());
    let start = Instant::now();
    for number in 0..rounds {
        let life = match number % 3 {
            0 => Life::BeyondWork(Duration::from_millis(random(1000))),
            1 => Life::For(Duration::from_millis(300 + random(700))),
            _ => Life::For(Duration::from_millis(random(300))),
        };
        came_up += u64::from(round(&data, number * 1_000_000, life, &mut fresh));
        match random(4) {
            0 => drop(std::fs::remove_dir_all(data.join("index"))),
            1 => {
                let log = data.join("blocks.log");
                if let Ok(mut log) = std::fs::OpenOptions::new().append(true).open(log) {
                    log.write_all(&vec![0x54; random(200) as usize]).unwrap();
                }
            }
            _ => {}
        }
        if number % 2 == 1 || number + 1 == rounds {
            runtime.block_on(verify(&data, &fresh));
            acknowledged.append(&mut fresh);
        }
    }
    runtime.block_on(verify(&data, &acknowledged));
    println!(
        "{rounds} kills in {:?}, {came_up} after the start, {} acknowledged",
        start.elapsed(),
        acknowledged.len()
    );
    assert!(
        came_up > 0 && !acknowledged.is_empty(),
        "the rounds were too short to test anything"
    );
}

#[test]
fn a_second_process_on_the_folder_is_refused_and_harms_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let node = Node::start(config(dir.path())).await.unwrap();
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "child", "--nocapture", "--test-threads=1"])
            .env(CHILD, dir.path())
            .env(FIRST, "0")
            .output()
            .unwrap();
        assert!(!output.status.success());
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains("Locked"), "{said}");
        let Err(error) = Node::start(config(dir.path())).await else {
            panic!("started twice")
        };
        assert!(
            matches!(error, NodeError::Storage(StorageError::Locked(_))),
            "{error}"
        );
        assert!(error.to_string().contains("another process"));
        node.submit(register_issuer(), None).await.unwrap();
        node.shutdown().await;
        Node::start(config(dir.path()))
            .await
            .unwrap()
            .shutdown()
            .await;
    });
}
