//! A node joins from a snapshot of a running one, without the blocks before it, and serves what follows.

use tacit_api::follower::Follower as LightClient;
use tacit_api::net::NetDir;
use tacit_api::tls;
use tacit_ledger::ids::Height;
use tacit_ledger::text::Name;
use tacit_tests::follower::{FollowerFolder, tip};
use tacit_tests::process::Workbench;
use tacit_tests::town::{at, passwords};

#[tokio::test(flavor = "multi_thread")]
async fn a_node_joins_from_a_snapshot_and_serves_what_follows() {
    tls::install_provider();
    let bench = Workbench::new(env!("CARGO_BIN_EXE_tacit-under-test"));
    passwords(&bench);
    bench.must(&format!("tacit node init {}", at("node")));
    let _node = bench.serve("node", &format!("tacit node run {}", at("node")));
    let platform = |name: &str| {
        bench.must(&format!(
            "tacit platform init --dir {name} --name {name} --password-file pw"
        ));
        bench.must(&format!(
            "tacit node register {} {name}/member.json",
            at("node")
        ));
    };
    platform("shop");
    platform("courier");
    let fetch = "tacit snapshot fetch --from net/node.json --genesis net/genesis.json --out state --format json";
    let fetched: serde_json::Value = serde_json::from_str(&bench.must(fetch)).unwrap();
    let begins = Height(fetched["height"].as_u64().unwrap());
    assert!(begins > Height(1));
    assert!(bench.refused(fetch).contains("FILE_EXISTS"));
    platform("bank");

    // A changed file is refused, and the folder stays empty for the right one.
    let folder = FollowerFolder::make(&bench, "late");
    folder.configure(vec![bench.path().join("net/node.json")], None, None);
    let mut changed = std::fs::read(bench.path().join("state")).unwrap();
    let middle = changed.len() / 2;
    changed[middle] ^= 1;
    std::fs::write(bench.path().join("changed"), changed).unwrap();
    let said = bench.refused("tacit node --config late/node.toml --snapshot changed");
    assert!(said.contains("SNAPSHOT_INVALID"), "{said}");
    let _late = folder.start("late", "--snapshot state");
    folder
        .reach(tip(&bench.path().join("net")).await, "late")
        .await;
    assert!(folder.log("late").contains("began with the snapshot"));

    // A light client that begins at genesis gets what is older through it, and checks all of it.
    let ours = LightClient::connect(&NetDir::new(folder.net()), None)
        .await
        .unwrap();
    let theirs = LightClient::connect(&NetDir::new(bench.path().join("net")), None)
        .await
        .unwrap();
    for height in [1, begins.0, begins.0 + 1] {
        let block = ours.block(Height(height)).await.unwrap();
        assert_eq!(block, theirs.block(Height(height)).await.unwrap());
    }
    for name in ["shop", "courier", "bank"] {
        let member = ours.member_named(&Name::new(name).unwrap()).await.unwrap();
        assert!(member.is_some(), "{name}");
    }
    let tree = ours.platform_tree(&ours.anchor().await.unwrap()).await;
    assert_eq!(tree.unwrap().len(), 3);
}
