//! Four validators as processes on loopback: one killed, one paused, one with its disk wiped, all killed at once, two cut off from
//! the other two.

use std::time::Duration;
use tacit_ledger::ids::Height;
use tacit_tests::consortium::Consortium;

async fn grows(network: &Consortium, nodes: &[usize], by: u64) {
    for n in nodes {
        let from = network.height(*n).await;
        network.reaches(*n, Height(from.0 + by)).await;
    }
}

async fn agree(network: &Consortium, nodes: &[usize]) {
    let mut tips = Vec::new();
    for n in nodes {
        tips.push(network.follower(*n).await);
    }
    let mut lowest = Height(u64::MAX);
    for follower in &tips {
        lowest = lowest.min(follower.tip().await.header().height);
    }
    let mut ids = std::collections::BTreeSet::new();
    for follower in &tips {
        ids.insert(follower.block(lowest).await.unwrap().id());
    }
    assert_eq!(ids.len(), 1, "at height {lowest}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_bears_what_it_must_and_halts_when_it_must() {
    let mut network = Consortium::found(env!("CARGO_BIN_EXE_tacit-under-test"), 4, 8).await;
    grows(&network, &[0, 1, 2, 3], 2).await;

    // One dies; the others go on; it comes back and has what they have.
    network.kill(3);
    grows(&network, &[0, 1, 2], 4).await;
    network.start(3);
    network.wait_ready().await;
    network.reaches(3, network.height(0).await).await;

    // One stands still for a while.
    network.process(2).signal("STOP");
    grows(&network, &[0, 1, 3], 4).await;
    network.process(2).signal("CONT");
    network.reaches(2, network.height(0).await).await;

    // One loses its disk.
    network.kill(1);
    std::fs::remove_dir_all(network.folder(1).join("chain")).unwrap();
    grows(&network, &[0, 2, 3], 2).await;
    network.start(1);
    network.wait_ready().await;
    network.reaches(1, network.height(0).await).await;
    agree(&network, &[0, 1, 2, 3]).await;

    // Two and two: nobody goes on. Then everybody does.
    network.separate(&[0, 1], true);
    tokio::time::sleep(Duration::from_secs(2)).await;
    let before = [network.height(0).await, network.height(2).await];
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert_eq!(before, [network.height(0).await, network.height(2).await]);
    network.separate(&[0, 1], false);
    grows(&network, &[0, 1, 2, 3], 2).await;

    // The power fails everywhere.
    let mut tips = Vec::new();
    for n in 0..4 {
        tips.push(network.tip(n).await);
        network.kill(n);
    }
    for n in 0..4 {
        network.start(n);
    }
    network.wait_ready().await;
    for (n, (height, id)) in tips.into_iter().enumerate() {
        let follower = network.follower(n).await;
        assert_eq!(
            follower.block(height).await.unwrap().id(),
            id,
            "validator {n}"
        );
    }
    grows(&network, &[0, 1, 2, 3], 4).await;
    agree(&network, &[0, 1, 2, 3]).await;
}
