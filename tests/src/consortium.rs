//! A network of validators: a process each, and links between them that can be cut.

use serde_json::Value;
use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tacit_api::follower::Follower;
use tacit_api::net::{Endpoint, Kind, NetDir};
use tacit_api::node_config::{self, NodeFile, Part};
use tacit_ledger::genesis::ChainSpec;
use tacit_ledger::ids::{BlockId, Height};
use tacit_ledger::light::Checkpoint;

use crate::process::{Running, START, Workbench};
use crate::town::passwords;
use crate::wire::Link;

/// Folder of the whole network.
const DIR: &str = "consortium";
/// Ports that `network init` gives to a validator.
const PORTS: u16 = 3;

/// See the module. Validators are numbered from 0.
#[derive(Debug)]
pub struct Consortium {
    /// Where the folders are.
    pub bench: Workbench,
    spec: ChainSpec,
    nodes: Vec<Option<Running>>,
    /// By who dials and who is dialled.
    links: BTreeMap<(usize, usize), Link>,
}

impl Consortium {
    /// Makes a network and starts all of it.
    pub async fn found(binary: &str, validators: usize, epoch_blocks: u32) -> Self {
        Self::found_with(binary, validators, epoch_blocks, "").await
    }

    /// The same, with further arguments for `network init`.
    pub async fn found_with(
        binary: &str,
        validators: usize,
        epoch_blocks: u32,
        more: &str,
    ) -> Self {
        let bench = Workbench::new(binary);
        passwords(&bench);
        let base = free_ports(validators);
        bench.must(&format!(
            "tacit network init --validators {validators} --out {DIR} --base-port {base} --epoch-blocks {epoch_blocks} --anchor-interval 1 --password-file pw {more}"
        ));
        let genesis = std::fs::read_to_string(bench.path().join(DIR).join("net/genesis.json"));
        let spec = ChainSpec::from_json(&genesis.unwrap()).unwrap();
        let mut network = Self {
            bench,
            spec,
            nodes: (0..validators).map(|_| None).collect(),
            links: BTreeMap::new(),
        };
        network.connect().await;
        for n in 0..validators {
            network.start(n);
        }
        network.wait_ready().await;
        network
    }

    /// Puts a link between any two and writes it into their configurations.
    async fn connect(&mut self) {
        let listed = self.spec.genesis().validators.0.clone();
        for dialler in 0..self.nodes.len() {
            let path = self.folder(dialler).join(node_config::FILE);
            let mut file = NodeFile::read(&path).unwrap();
            file.password_file = Some(self.bench.path().join("pw"));
            let Part::Validator(validator) = &mut file.part else {
                panic!("a validator's configuration")
            };
            for (dialled, peer) in listed.iter().enumerate().filter(|(n, _)| *n != dialler) {
                let target: SocketAddr = peer.address.as_str().parse().unwrap();
                let link = Link::to(target).await;
                let address = link.address().to_string();
                validator.peers.insert(peer.consensus_key, address);
                self.links.insert((dialler, dialled), link);
            }
            std::fs::write(path, node_config::write::text(&file)).unwrap();
        }
    }

    /// Makes keys and configuration of one more validator, which neither runs nor is on the chain. The others reach it
    /// without links in between.
    pub fn candidate(&mut self) -> usize {
        let (n, port) = (self.nodes.len(), free_ports(1));
        let number = n + 1;
        self.make_keys(
            &format!("validator-{number}"),
            number,
            SocketAddr::from(([127, 0, 0, 1], port)),
        );
        let mut file = NodeFile::read(&self.folder(0).join(node_config::FILE)).unwrap();
        let Part::Validator(validator) = &mut file.part else {
            panic!("a validator's configuration")
        };
        validator.keys = "keys".into();
        validator.listen.set_port(port);
        validator.peers.clear();
        file.data = "chain".into();
        file.grpc.listen.set_port(port + 1);
        file.grpc.tls = ".".into();
        file.grpc.endpoint = Some(self.net().join(format!("node-{number}.json")));
        file.metrics = Some(SocketAddr::from(([127, 0, 0, 1], port + 2)));
        let path = self.folder(n).join(node_config::FILE);
        std::fs::write(path, node_config::write::text(&file)).unwrap();
        self.nodes.push(None);
        n
    }

    /// Makes other keys for a validator, in the folder `next` of its own.
    pub fn make_other_keys(&self, n: usize) {
        let (number, address) = (n + 1, self.spec.genesis().validators.0[n].address.as_str());
        let address = address.parse().unwrap();
        self.make_keys(&format!("validator-{number}/next"), number, address);
    }

    fn make_keys(&self, folder: &str, number: usize, address: SocketAddr) {
        self.bench.must(&format!(
            "tacit network candidate --dir {DIR}/{folder} --name 'validator {number}' --address {address} --password-file pw"
        ));
    }

    /// Writes into a validator's configuration that its keys are those in its folder `next`.
    pub fn take_other_keys(&self, n: usize) {
        let path = self.folder(n).join(node_config::FILE);
        let mut file = NodeFile::read(&path).unwrap();
        let Part::Validator(validator) = &mut file.part else {
            panic!("a validator's configuration")
        };
        validator.keys = "next/keys".into();
        std::fs::write(path, node_config::write::text(&file)).unwrap();
    }

    /// Lets the first of these operators propose a change and the others approve it, through the node of validator `at`;
    /// the last vote must enact it. Returns what that vote did.
    pub fn decide(&self, at: usize, operators: &[usize], change: &str) -> Value {
        let net = self.net_of(at);
        let vote = |n: &usize, verb: &str, what: &str| -> Value {
            let line = operator(*n, verb, what, net.path());
            let said: Value = serde_json::from_str(&self.bench.must(&line)).unwrap();
            said["submitted"]["outcome"].clone()
        };
        let (first, others) = operators.split_first().unwrap();
        let mut outcome = vote(first, "propose", change);
        let proposal = outcome["proposal"].to_string();
        for operator in others {
            assert_eq!(outcome["kind"], "voted", "{change}");
            outcome = vote(operator, "approve", &proposal);
        }
        assert_eq!(outcome["kind"], "enacted", "{change}");
        outcome["effect"].clone()
    }

    /// The folder of a validator.
    pub fn folder(&self, n: usize) -> PathBuf {
        self.bench
            .path()
            .join(DIR)
            .join(format!("validator-{}", n + 1))
    }

    /// The folder with genesis and endpoint files.
    pub fn net(&self) -> PathBuf {
        self.bench.path().join(DIR).join("net")
    }

    /// Starts a validator that does not run; returns at once.
    pub fn start(&mut self, n: usize) {
        self.start_with(n, "");
    }

    /// [`Consortium::start`] with more arguments.
    pub fn start_with(&mut self, n: usize, more: &str) {
        let _ = std::fs::remove_file(self.endpoint_file(n));
        let config = self.folder(n).join(node_config::FILE);
        let line = format!("tacit node --config {} {more}", config.display());
        self.nodes[n] = Some(self.bench.start(&format!("validator-{}", n + 1), &line));
    }

    /// Kills a validator as a power cut would.
    pub fn kill(&mut self, n: usize) {
        self.nodes[n].take().unwrap().kill();
    }

    /// The process of a validator that runs.
    pub fn process(&self, n: usize) -> &Running {
        self.nodes[n].as_ref().unwrap()
    }

    /// Waits until every validator that was started serves clients.
    pub async fn wait_ready(&mut self) {
        let end = Instant::now() + START;
        for n in 0..self.nodes.len() {
            while self.nodes[n].is_some() && !self.endpoint_file(n).exists() {
                if let Some(status) = self.nodes[n].as_mut().and_then(Running::ended) {
                    panic!("validator {n}: {status}\n{}", self.log(n));
                }
                assert!(
                    Instant::now() < end,
                    "validator {n} does not serve\n{}",
                    self.log(n)
                );
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }

    /// What a validator wrote.
    pub fn log(&self, n: usize) -> String {
        let path = self.bench.path().join(format!("validator-{}.log", n + 1));
        std::fs::read_to_string(path).unwrap_or_default()
    }

    fn endpoint_file(&self, n: usize) -> PathBuf {
        match n {
            0 => self.net().join("node.json"),
            n => self.net().join(format!("node-{}.json", n + 1)),
        }
    }

    /// A net folder whose node is this validator.
    fn net_of(&self, n: usize) -> NetDir {
        let folder = self.bench.path().join(format!("view-{}", n + 1));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::copy(self.net().join("genesis.json"), folder.join("genesis.json")).unwrap();
        std::fs::copy(self.endpoint_file(n), folder.join("node.json")).unwrap();
        NetDir::new(folder)
    }

    /// How to reach a validator as a client.
    pub fn endpoint(&self, n: usize) -> Endpoint {
        self.net_of(n).endpoint(Kind::Node).unwrap()
    }

    /// Cuts every link between these validators and the others, or mends it.
    pub fn separate(&self, group: &[usize], cut: bool) {
        for ((one, two), link) in &self.links {
            if group.contains(one) != group.contains(two) {
                link.set(!cut);
            }
        }
    }

    /// Height of the newest final block at a validator, verified.
    pub async fn height(&self, n: usize) -> Height {
        self.tip(n).await.0
    }

    /// Newest final block at a validator, verified.
    pub async fn tip(&self, n: usize) -> (Height, BlockId) {
        let follower = self.follower(n).await;
        let tip = follower.tip().await;
        (tip.header().height, tip.header().id())
    }

    /// A light client of a validator, from genesis.
    pub async fn follower(&self, n: usize) -> Follower {
        Follower::connect(&self.net_of(n), None).await.unwrap()
    }

    /// A light client of a validator, from a checkpoint.
    pub async fn follower_from(&self, n: usize, checkpoint: &Checkpoint) -> Follower {
        let trusted = Some(checkpoint.clone());
        let follower = Follower::connect_from(&self.net_of(n), trusted).await;
        follower.unwrap()
    }

    /// Waits until a validator has this height.
    pub async fn reaches(&self, n: usize, height: Height) {
        let end = Instant::now() + Duration::from_secs(120);
        while self.height(n).await < height {
            assert!(
                Instant::now() < end,
                "validator {n} does not reach height {height}\n{}",
                self.log(n)
            );
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }
}

/// The command of a validator's operator, as one line.
pub fn operator(n: usize, verb: &str, what: &str, net: &Path) -> String {
    let (dir, net) = (
        format!("{DIR}/validator-{}/governance", n + 1),
        net.display(),
    );
    format!("tacit network {verb} --dir {dir} --net {net} --password-file pw {what} --format json")
}

/// The first of as many free ports as a network takes.
fn free_ports(validators: usize) -> u16 {
    let wanted = u16::try_from(validators).unwrap() * PORTS;
    for _ in 0..100 {
        let probe = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = probe.local_addr().unwrap().port();
        drop(probe);
        let free = |port| TcpListener::bind(("127.0.0.1", port)).is_ok();
        if base < u16::MAX - wanted && (base..base + wanted).all(free) {
            return base;
        }
    }
    panic!("no free ports")
}
