//! A node that follows others believes none of them: liars are named and left, the truth is served, and transactions of its
//! clients reach the chain.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::time::Duration;
use tacit_api::client::connect::connect;
use tacit_api::follower::Follower as LightClient;
use tacit_api::net::{Endpoint, Kind, NetDir};
use tacit_api::submit::submit;
use tacit_api::tls::{self, ServerIdentity};
use tacit_ledger::certificate::Certificate;
use tacit_ledger::codec::{decode_slice, encode_vec};
use tacit_ledger::header::Header;
use tacit_ledger::ids::Height;
use tacit_proto::v1::stream_blocks_response::Part as Sent;
use tacit_proto::v1::sync_service_client::SyncServiceClient;
use tacit_proto::v1::sync_service_server::{SyncService, SyncServiceServer};
use tacit_proto::v1::{
    StreamBlocksRequest, StreamBlocksResponse, StreamSnapshotRequest, StreamSnapshotResponse,
};
use tacit_tests::follower::{FollowerFolder, tip};
use tacit_tests::load::Load;
use tacit_tests::process::Workbench;
use tacit_tests::town::{at, passwords};
use tokio_stream::{Stream, StreamExt};
use tonic::{Request, Response, Status};

/// What a liar changes of what a real node says.
#[derive(Clone, Copy, Debug)]
enum Lie {
    /// One bit of the certificate.
    Certificate,
    /// The state root of the last header.
    StateRoot,
    /// The transactions of a block.
    Block,
}

/// A node that passes on what a real one says, changed.
struct Liar {
    lie: Lie,
    truth: Endpoint,
}

type Items<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

#[tonic::async_trait]
impl SyncService for Liar {
    type StreamBlocksStream = Items<StreamBlocksResponse>;

    async fn stream_blocks(
        &self,
        request: Request<StreamBlocksRequest>,
    ) -> Result<Response<Self::StreamBlocksStream>, Status> {
        let connection = connect(&self.truth, None).await.unwrap();
        let told = SyncServiceClient::new(connection)
            .stream_blocks(request)
            .await?;
        let lie = self.lie;
        let changed = told.into_inner().map(move |message| {
            let mut message = message?;
            change(lie, &mut message);
            Ok(message)
        });
        Ok(Response::new(Box::pin(changed)))
    }

    type StreamSnapshotStream = Items<StreamSnapshotResponse>;

    async fn stream_snapshot(
        &self,
        _: Request<StreamSnapshotRequest>,
    ) -> Result<Response<Self::StreamSnapshotStream>, Status> {
        Err(Status::unimplemented("a liar has no snapshots"))
    }
}

fn change(lie: Lie, message: &mut StreamBlocksResponse) {
    match (lie, message.part.as_mut().unwrap()) {
        (Lie::Certificate, Sent::Headers(part)) => {
            let mut certificate: Certificate = decode_slice(&part.certificate).unwrap();
            certificate.proposal.view += 1;
            part.certificate = encode_vec(&certificate).into();
        }
        (Lie::StateRoot, Sent::Headers(part)) => {
            let last = part.headers.last_mut().unwrap();
            let mut header: Header = decode_slice(last).unwrap();
            header.state_root.0.0[0] ^= 1;
            *last = encode_vec(&header).into();
        }
        (Lie::Block, Sent::Block(part)) => {
            let mut block = tacit_ledger::block::Block::from_bytes(part).unwrap();
            block.txs.0.clear();
            *part = block.to_bytes().into();
        }
        _ => {}
    }
}

/// Starts a liar, and writes its endpoint.
async fn liar(bench: &Workbench, lie: Lie) -> PathBuf {
    let truth = NetDir::new(bench.path().join("net"))
        .endpoint(Kind::Node)
        .unwrap();
    let name = format!("liar-{lie:?}");
    let identity = {
        std::fs::create_dir(bench.path().join(&name)).unwrap();
        ServerIdentity::load_or_create(&bench.path().join(&name)).unwrap()
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = Endpoint {
        url: format!("https://{}", listener.local_addr().unwrap()),
        certificate: identity.certificate_pem().to_owned(),
        ..truth.clone()
    };
    let file = bench.path().join(format!("{name}.json"));
    std::fs::write(&file, serde_json::to_vec(&endpoint).unwrap()).unwrap();
    let server = tonic::transport::Server::builder()
        .tls_config(identity.server_config())
        .unwrap()
        .add_service(SyncServiceServer::new(Liar { lie, truth }))
        .serve_with_incoming(tokio_stream::wrappers::TcpListenerStream::new(listener));
    tokio::spawn(server);
    file
}

fn free_port() -> SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_follower_leaves_liars_serves_the_truth_and_forwards() {
    tls::install_provider();
    let bench = Workbench::new(env!("CARGO_BIN_EXE_tacit-under-test"));
    passwords(&bench);
    bench.must(&format!("tacit node init {}", at("node")));
    let node = bench.serve("node", &format!("tacit node run {}", at("node")));
    let load = Load::admit(&bench);
    let net = bench.path().join("net");
    let mut upstreams = Vec::new();
    for lie in [Lie::Certificate, Lie::StateRoot, Lie::Block] {
        upstreams.push(liar(&bench, lie).await);
    }
    upstreams.push(bench.path().join("nobody.json"));
    upstreams.push(net.join("node.json"));
    let metrics = free_port();
    let folder = FollowerFolder::make(&bench, "follower");
    folder.configure(upstreams, Some(bench.path().join("load")), Some(metrics));
    let follower = folder.start("first", "");

    // It gets to the tip, whoever stood in the way.
    let target = tip(&net).await;
    let follows = folder.net();
    folder.reach(target, "first").await;
    let said = folder.log("first");
    for lie in ["liar-Certificate", "liar-StateRoot", "liar-Block"] {
        let named = |line: &str| line.contains(lie) && line.contains("does not verify");
        assert!(said.lines().any(named), "{lie}: {said}");
    }

    // Its blocks and states are the validator's.
    let (one, other) = (
        LightClient::connect(&NetDir::new(&net), None)
            .await
            .unwrap(),
        LightClient::connect(&NetDir::new(&follows), None)
            .await
            .unwrap(),
    );
    for height in [1, target.0] {
        let (a, b) = (
            one.block(Height(height)).await,
            other.block(Height(height)).await,
        );
        assert_eq!(a.unwrap(), b.unwrap());
    }
    let name = tacit_ledger::text::Name::new("Load").unwrap();
    let member = other.member_named(&name).await.unwrap().unwrap();

    // A transaction that is sent here is on the chain, there as well as here.
    let connection = load_connection(&load, &follows).await;
    let tx = load.tx(load.request(7), 7);
    let sent = submit(connection.clone(), &tx, None).await.unwrap();
    let again = submit(connection, &tx, None).await.unwrap();
    assert_eq!((sent.height, sent.index), (again.height, again.index));
    assert!(one.block(sent.height).await.unwrap().txs.0.contains(&tx));
    assert!(one.transaction(load.request(7)).await.unwrap().is_some());
    assert_eq!(member.name.as_str(), "Load");

    let text = scrape(metrics);
    assert!(text.starts_with("HTTP/1.1 200 OK\r\n"), "{text}");
    let value = numbers(&text);
    assert!(value["tacit_height"] >= sent.height.0 as f64, "{text}");
    assert!(value["tacit_disk_bytes"] > 1000.0, "{text}");

    // Killed, it goes on where it was; without a member to speak for it says what to do.
    follower.kill();
    folder.configure(vec!["nobody.json".into()], None, None);
    let follower = folder.start("second", "--follow net/node.json");
    bench.wait_for("following", Duration::from_secs(30), |_| {
        folder.log("second").contains("following")
    });
    let said = folder.log("second");
    assert!(
        !said.contains("from_height=1 ") && !said.contains("from_height=1\n"),
        "{said}"
    );
    let connection = load_connection(&load, &follows).await;
    let refused = submit(connection, &load.tx(load.request(8), 8), None).await;
    assert_eq!(refused.unwrap_err().code(), "NODE_ONLY_FOLLOWS");
    follower.kill();

    // A validator's folder is not a follower's.
    let said = bench.refused("tacit node --config node/node.toml --follow net/node.json");
    assert!(
        said.contains("NODE_START_FAILED") || said.contains("FOLDER_IN_USE"),
        "{said}"
    );
    node.kill();
    let said = bench.refused("tacit node --config node/node.toml --follow net/node.json");
    assert!(said.contains("belongs to a validator"), "{said}");
}

async fn load_connection(load: &Load, net: &Path) -> tacit_api::client::connect::Connection {
    let endpoint = NetDir::new(net).endpoint(Kind::Node).unwrap();
    load.connect_to(&endpoint).await.unwrap()
}

fn scrape(address: SocketAddr) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream
        .write_all(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
        .unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}

fn numbers(text: &str) -> BTreeMap<String, f64> {
    let lines = text.lines().filter(|line| line.starts_with("tacit_"));
    lines
        .filter_map(|line| {
            let (name, value) = line.split_once(' ')?;
            Some((name.to_owned(), value.parse().ok()?))
        })
        .collect()
}
