//! When the consensus engine cannot go on, the node's process ends and says so: it neither hangs nor goes on without it.

use std::sync::Arc;
use std::time::Duration;
use tacit_tests::load::Load;
use tacit_tests::process::Workbench;
use tacit_tests::town::{at, passwords};

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_of_the_engine_ends_the_process_with_a_line_that_tells_nothing() {
    let bench = Workbench::new(env!("CARGO_BIN_EXE_tacit-under-test"));
    passwords(&bench);
    bench.must(&format!("tacit node init {}", at("node")));
    let mut node = bench.serve("node", &format!("tacit node run {}", at("node")));
    let load = Arc::new(Load::admit(&bench));
    // The engine's folder goes away under it: it panics over its journals.
    std::fs::remove_dir_all(bench.path().join("node/chain/engine")).unwrap();
    std::fs::write(bench.path().join("node/chain/engine"), b"no folder").unwrap();
    let connection = load.connect(&bench).await.unwrap();
    let press = load.clone().press(connection);
    tokio::time::timeout(Duration::from_secs(120), press)
        .await
        .expect("callers wait for ever");
    let mut status = None;
    bench.wait_for("the node to end", Duration::from_secs(30), |_| {
        status = node.ended();
        status.is_some()
    });
    assert!(!status.unwrap().success());
    let log = std::fs::read_to_string(bench.path().join("node.log")).unwrap();
    let last = log.lines().last().unwrap();
    assert!(last.starts_with("error: NODE_START_FAILED: "), "{log}");
    assert!(log.contains("a task panicked"), "{log}");
    assert!(
        !log.contains("panicked at") && !log.contains("RUST_BACKTRACE"),
        "{log}"
    );
    assert!(
        !log.contains("Not a directory"),
        "the panic's text is not told: {log}"
    );
}
