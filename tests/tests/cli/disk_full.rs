//! No space left: for the wallet, the platform, the vault and the node. Each says so, loses nothing, and works again when
//! there is space. The limit on the size of a file stands in for a full disk: the write fails in the same way.

use std::process::Output;
use std::sync::Arc;
use std::time::Duration;
use tacit_api::submit::submit;
use tacit_tests::load::Load;
use tacit_tests::process::Workbench;
use tacit_tests::town::{Town, at, passwords};

/// The line, run so that no file can grow beyond some 512-byte blocks. Without the trap the system would end the process.
fn cramped(blocks: u32, line: &str) -> String {
    format!("sh -c \"trap '' XFSZ; ulimit -f {blocks}; exec {line}\"")
}

#[track_caller]
fn refused(output: &Output, reason: &str) {
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "{error}");
    assert!(!error.contains("panicked"), "{error}");
    let last = error.lines().last().unwrap_or_default();
    assert!(last.starts_with(&format!("error: {reason}: ")), "{error}");
}

#[test]
fn a_full_disk_is_told_and_nothing_is_lost() {
    let mut town = Town::found(env!("CARGO_BIN_EXE_tacit-under-test"));
    let bench = &town.bench;
    let (wallet, shop) = (at("wallet"), at("shop"));
    bench.must("head -c 1000000 /dev/urandom > big.bin; echo small > small.txt");

    // The wallet: sealing fails, no record comes of it, and the same command works afterwards.
    let put = format!("tacit wallet put big.bin --category official-id {wallet}");
    refused(&bench.run(&cramped(400, &put)), "DISK_FULL");
    assert!(
        bench
            .must(&format!("tacit wallet list --format json {wallet}"))
            .contains("\"records\":[]")
    );
    refused(
        &bench.run(&cramped(
            1,
            &format!("tacit wallet prove 'age >= 18' --out p.json {wallet}"),
        )),
        "DISK_FULL",
    );
    assert!(!bench.path().join("p.json").exists());
    refused(
        &bench.run(&cramped(
            0,
            "tacit platform init --dir new --name New --password-file pw",
        )),
        "DISK_FULL",
    );
    bench.must("tacit platform init --dir new --name New --password-file pw");
    refused(
        &bench.run(&cramped(
            0,
            "tacit node init --dir new-node --net new-net --password-file pw",
        )),
        "DISK_FULL",
    );
    bench.must("tacit node init --dir new-node --net new-net --password-file pw");

    // The vault: the upload is refused with the vault's reason.
    drop(town.vault.take());
    let serve = format!("tacit vault serve {}", at("vault"));
    {
        // Room for its small files, not for the object. exec inside, so that the guard ends the vault itself.
        let _vault = bench.serve(
            "vault",
            &cramped(1200, &serve).replace("sh -c", "/bin/sh -c"),
        );
        refused(&bench.run(&put), "VAULT_DISK_FULL");
    }
    town.vault = Some(bench.serve("vault", &serve));
    bench.must(&put);
    let listed = bench.must(&format!("tacit wallet list --format json {wallet}"));
    assert_eq!(listed.matches("big.bin").count(), 1, "one record: {listed}");

    // The platform: what it fetches does not fit; the receipt is still good for it, and no further use is spent.
    bench.must(&format!(
        "tacit wallet contact --label Shop --out shop.txt {wallet}"
    ));
    bench.must(&format!(
        "tacit platform request --inbox shop.txt --purpose identity-verification --categories official-id --uses 1 {shop}"
    ));
    bench.must(&format!("tacit wallet requests {wallet}"));
    bench.must(&format!("tacit wallet approve --latest {wallet}"));
    bench.must(&format!("tacit platform watch {shop}"));
    let fetch = format!("tacit platform fetch --out got.bin {shop}");
    refused(&bench.run(&cramped(400, &fetch)), "DISK_FULL");
    assert!(!bench.path().join("got.bin").exists());
    bench.must(&fetch);
    bench.must("cmp big.bin got.bin");
    let seen = bench.must(&format!("tacit wallet log --format json {wallet}"));
    assert_eq!(seen.matches("\"height\"").count(), 1, "one access: {seen}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_with_a_full_disk_stops_with_its_reason_and_goes_on_when_there_is_space() {
    let bench = Workbench::new(env!("CARGO_BIN_EXE_tacit-under-test"));
    passwords(&bench);
    bench.must(&format!("tacit node init {}", at("node")));
    let run = format!("tacit node run {}", at("node"));
    let node = bench.serve("node", &run);
    let load = Arc::new(Load::admit(&bench));
    drop(node);

    // The index takes a mebibyte at first: the node starts, and finds no space for the next one.
    let mut node = bench.serve("node", &cramped(3000, &run));
    let connection = load.connect(&bench).await.unwrap();
    let mut clients = tokio::task::JoinSet::new();
    for _ in 0..6 {
        clients.spawn(load.clone().press(connection.clone()));
    }
    tokio::time::timeout(Duration::from_secs(120), clients.join_all())
        .await
        .expect("the node finds space that is not there");
    let mut status = None;
    bench.wait_for("the node to stop", Duration::from_secs(60), |_| {
        status = node.ended();
        status.is_some()
    });
    assert!(!status.unwrap().success());
    let log = std::fs::read_to_string(bench.path().join("node.log")).unwrap();
    let last = log.lines().last().unwrap();
    assert!(last.starts_with("error: DISK_FULL: "), "{log}");
    assert!(!log.contains("panicked"), "{log}");

    // With space everything that was acknowledged is there, and the chain goes on.
    let _node = bench.serve("node", &run);
    let connection = load.connect(&bench).await.unwrap();
    let acknowledged = load.acknowledged();
    assert!(acknowledged.len() > 10, "{}", acknowledged.len());
    for (n, first) in acknowledged {
        let tx = load.tx(load.request(n), n);
        let again = submit(connection.clone(), &tx, None).await.unwrap();
        assert_eq!((again.height, again.index), (first.height, first.index));
    }
    let next = load.sent();
    submit(connection, &load.tx(load.request(next), next), None)
        .await
        .unwrap();
}
