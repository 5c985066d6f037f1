//! A validator whose disk is lost: it comes back from a snapshot while the others go on, has no vote until the next epoch, for
//! nobody knows any more what it signed in this one, and then is a validator like the others again.

use std::time::{Duration, Instant};
use tacit_ledger::ids::Height;
use tacit_ledger::light::Checkpoint;
use tacit_tests::consortium::Consortium;

/// Blocks of an epoch: about as many seconds.
const EPOCH: u32 = 30;

/// Waits until the second validator has this height. It cannot show a light client what was before its snapshot.
async fn reaches(network: &Consortium, known: &Checkpoint, height: Height) {
    let end = Instant::now() + Duration::from_secs(120);
    let client = network.follower_from(1, known).await;
    while client.sync().await.unwrap().header().height < height {
        assert!(Instant::now() < end, "{height}\n{}", network.log(1));
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_validator_comes_back_from_a_snapshot_and_votes_from_the_next_epoch_on() {
    let length = u64::from(EPOCH);
    let mut network = Consortium::found(env!("CARGO_BIN_EXE_tacit-under-test"), 4, EPOCH).await;

    // In the second epoch, so that the snapshot lacks the block that the epoch began with.
    network.reaches(0, Height(length + 2)).await;
    let mark = network.folder(1).join("keys/unused");
    assert!(!mark.exists(), "the key has signed by now");
    network.kill(1);
    std::fs::remove_dir_all(network.folder(1).join("chain")).unwrap();
    network.bench.must(
        "tacit snapshot fetch --from consortium/net/node.json --genesis consortium/net/genesis.json --out state",
    );
    let known = network.follower(0).await.checkpoint().await;
    network.start_with(1, "--snapshot state");
    network.wait_ready().await;
    reaches(&network, &known, network.height(0).await).await;
    assert!(network.log(1).contains("began with the snapshot"));
    let client = network.follower_from(1, &known).await;
    let old = client.block(Height(1)).await.unwrap_err();
    assert_eq!(old.code(), "BLOCK_NOT_KEPT", "it has no old blocks");

    // Three of four run. It could make the quorum whole, and must not.
    network.kill(3);
    tokio::time::sleep(Duration::from_secs(3)).await;
    let before = network.height(0).await;
    assert!(before.0 + 3 < 2 * length, "too late in the epoch: {before}");
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert_eq!(network.height(0).await, before, "it votes too early");
    network.start(3);
    network.wait_ready().await;
    reaches(&network, &known, Height(2 * length + 2)).await;
    assert!(network.log(1).contains("votes from this epoch on"));

    // Now it must. And after another start, with the same disk, at once.
    network.kill(3);
    let from = network.height(0).await;
    network.reaches(0, Height(from.0 + 4)).await;
    network.kill(1);
    network.start(1);
    network.wait_ready().await;
    let from = network.height(0).await;
    reaches(&network, &known, Height(from.0 + 4)).await;
}
