//! A node that follows others: its folder, its configuration, its process.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tacit_api::follower::Follower as LightClient;
use tacit_api::net::NetDir;
use tacit_api::node_config::{self, Follower, Grpc, NodeFile, Part};
use tacit_ledger::ids::Height;
use tacit_node::MempoolLimits;

use crate::process::{Running, Workbench};

/// The folder of a follower of the chain whose net folder is `net`.
#[derive(Debug)]
pub struct FollowerFolder<'a> {
    bench: &'a Workbench,
    name: &'static str,
}

impl<'a> FollowerFolder<'a> {
    /// Makes the folder, with a copy of the genesis file.
    pub fn make(bench: &'a Workbench, name: &'static str) -> Self {
        let folder = Self { bench, name };
        std::fs::create_dir_all(folder.net()).unwrap();
        let genesis = bench.path().join("net/genesis.json");
        std::fs::copy(genesis, folder.net().join("genesis.json")).unwrap();
        folder
    }

    /// Its own net folder, where its clients find it.
    pub fn net(&self) -> PathBuf {
        self.bench.path().join(self.name).join("net")
    }

    /// Writes its configuration.
    pub fn configure(
        &self,
        upstreams: Vec<PathBuf>,
        member: Option<PathBuf>,
        metrics: Option<SocketAddr>,
    ) {
        let file = NodeFile {
            genesis: "net/genesis.json".into(),
            data: "chain".into(),
            part: Part::Follower(Follower { upstreams, member }),
            grpc: Grpc {
                listen: SocketAddr::from(([127, 0, 0, 1], 0)),
                advertise: None,
                tls: ".".into(),
                endpoint: Some("net/node.json".into()),
            },
            metrics,
            mempool: MempoolLimits::default(),
            sidecar_retention: None,
            password_file: Some(self.bench.path().join("pw")),
        };
        let path = self.bench.path().join(self.name).join(node_config::FILE);
        std::fs::write(path, node_config::write::text(&file)).unwrap();
    }

    /// Starts it, its log in `log`, and waits until clients can find it.
    pub fn start(&self, log: &str, arguments: &str) -> Running {
        let endpoint = self.net().join("node.json");
        let _ = std::fs::remove_file(&endpoint);
        let line = format!("tacit node --config {}/node.toml {arguments}", self.name);
        let mut running = self.bench.start(log, &line);
        self.bench.wait_for(log, Duration::from_secs(60), |_| {
            if let Some(status) = running.ended() {
                panic!("{status}: {}", self.log(log));
            }
            endpoint.exists()
        });
        running
    }

    /// What it has logged.
    pub fn log(&self, log: &str) -> String {
        std::fs::read_to_string(self.bench.path().join(format!("{log}.log"))).unwrap()
    }

    /// Waits until it has this height.
    pub async fn reach(&self, height: Height, log: &str) {
        let end = Instant::now() + Duration::from_secs(60);
        while tip(&self.net()).await < height {
            assert!(Instant::now() < end, "{}", self.log(log));
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }
}

/// Height of the newest block that the node of a net folder has, verified.
pub async fn tip(net: &Path) -> Height {
    let client = LightClient::connect(&NetDir::new(net), None).await.unwrap();
    client.tip().await.header().height
}
