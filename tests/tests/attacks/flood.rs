//! Peers that send too much, too slowly or nonsense to a real server: each gets a clear error or a closed connection, the
//! server answers others meanwhile, and its memory stays bounded.

use bytes::Bytes;
use h2::client::SendRequest;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tacit_api::client::connect::connect;
use tacit_api::errors::ApiError;
use tacit_api::limits;
use tacit_api::net::{Endpoint, Kind, NetDir};
use tacit_proto::v1::GetChainInfoRequest;
use tacit_proto::v1::ledger_service_client::LedgerServiceClient;
use tacit_tests::process::{Running, Workbench};
use tacit_tests::town::{at, passwords};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

const INFO: &str = "/tacit.v1.LedgerService/GetChainInfo";
const HEADERS: &str = "/tacit.v1.LedgerService/GetHeaders";
const ENDING: &str = "/tacit.v1.LedgerService/SubmitEnding";
const WATCH: &str = "/tacit.v1.LedgerService/WatchBlocks";
const RELAY: &str = "/tacit.v1.LedgerService/SubmitTransaction";
/// Longest an honest caller waits while the server is under attack.
const PATIENCE: Duration = Duration::from_secs(10);
/// How much an attack may add to the server's memory, in bytes.
const MEMORY: u64 = 120 << 20;

/// A running node.
struct Victim {
    node: Running,
    endpoint: Endpoint,
    _bench: Workbench,
}

fn victim() -> Victim {
    tacit_api::tls::install_provider();
    let bench = Workbench::new(env!("CARGO_BIN_EXE_tacit-under-test"));
    passwords(&bench);
    bench.must(&format!("tacit node init {}", at("node")));
    let node = bench.serve("node", &format!("tacit node run {}", at("node")));
    let endpoint = NetDir::new(bench.path().join("net"))
        .endpoint(Kind::Node)
        .unwrap();
    Victim {
        node,
        endpoint,
        _bench: bench,
    }
}

impl Victim {
    fn address(&self) -> SocketAddr {
        self.endpoint
            .url
            .strip_prefix("https://")
            .unwrap()
            .parse()
            .unwrap()
    }

    /// A plain connection from a loopback address: attackers come from .2, honest callers from .1.
    async fn tcp(&self, from: u8) -> std::io::Result<TcpStream> {
        let socket = TcpSocket::new_v4()?;
        socket.bind(([127, 0, 0, from], 0).into())?;
        socket.connect(self.address()).await
    }

    async fn tls(&self, from: u8) -> std::io::Result<TlsStream<TcpStream>> {
        let mut roots = rustls::RootCertStore::empty();
        let pem = self.endpoint.certificate.as_bytes();
        roots
            .add(CertificateDer::from_pem_slice(pem).unwrap())
            .unwrap();
        let mut config = rustls::ClientConfig::builder()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"h2".to_vec()];
        let name = ServerName::try_from("tacit.internal").unwrap();
        let connector = TlsConnector::from(Arc::new(config));
        connector.connect(name, self.tcp(from).await?).await
    }

    async fn h2(&self, from: u8) -> SendRequest<Bytes> {
        let (sender, connection) = h2::client::handshake(self.tls(from).await.unwrap())
            .await
            .unwrap();
        tokio::spawn(connection);
        sender
    }

    /// An honest caller over a connection of its own is answered.
    async fn serves(&self) {
        let call = async {
            let connection = connect(&self.endpoint, None).await.unwrap();
            let mut ledger = LedgerServiceClient::new(connection);
            ledger.get_chain_info(GetChainInfoRequest {}).await.unwrap();
        };
        timeout(PATIENCE, call)
            .await
            .expect("the server does not answer others");
    }

    /// The attack did not take much memory.
    fn has_not_grown(&self, before: u64) {
        let grown = self.node.memory().saturating_sub(before);
        println!("{} MiB more", grown >> 20);
        assert!(grown < MEMORY, "{grown} bytes more");
    }
}

fn request(path: &str, encoding: Option<&str>) -> http::Request<()> {
    let mut request = http::Request::post(format!("https://tacit.internal{path}"))
        .header("content-type", "application/grpc")
        .header("te", "trailers");
    if let Some(encoding) = encoding {
        request = request.header("grpc-encoding", encoding);
    }
    request.body(()).unwrap()
}

/// A gRPC frame: flag, stated length, payload.
fn frame(flag: u8, length: u32, payload: &[u8]) -> Vec<u8> {
    [&[flag][..], &length.to_be_bytes(), payload].concat()
}

fn message(payload: &[u8]) -> Vec<u8> {
    frame(0, u32::try_from(payload.len()).unwrap(), payload)
}

/// Sends a body as far as the server takes it, and returns the reason of its error; `None` when it answered.
async fn send(
    peer: &mut SendRequest<Bytes>,
    request: http::Request<()>,
    body: Vec<u8>,
) -> Option<String> {
    let ready = peer.clone().ready().await.unwrap();
    *peer = ready;
    let (response, mut stream) = peer.send_request(request, body.is_empty()).unwrap();
    let body = Bytes::from(body);
    // h2 keeps what does not fit the window yet; the server may answer before it has read all.
    if !body.is_empty() {
        let _ = stream.send_data(body, true);
    }
    let response = timeout(Duration::from_secs(60), response)
        .await
        .unwrap()
        .unwrap();
    let status = tonic::Status::from_header_map(response.headers())?;
    (status.code() != tonic::Code::Ok).then(|| ApiError::from(status).code().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_that_are_none_have_their_own_error_and_cost_nothing() {
    let victim = victim();
    victim.serves().await;
    let before = victim.node.memory();
    let mut peer = victim.h2(2).await;
    // A field of 2^40 bytes, of which three are there: key 1, wire type 2, the length as a varint.
    let huge_field = [0x0a, 0x80, 0x80, 0x80, 0x80, 0x80, 0x20, 1, 2, 3];
    // A transaction with empty sidecars: field 1 of the request holds field 2 over and over.
    let repeats = |n: usize| {
        let inner = [0x12, 0x00].repeat(n);
        let mut length = inner.len();
        let mut payload = vec![0x0a];
        while length >= 0x80 {
            payload.push(u8::try_from(length & 0x7f).unwrap() | 0x80);
            length >>= 7;
        }
        payload.push(u8::try_from(length).unwrap());
        message(&[payload, inner].concat())
    };
    // Eight mebibytes of zeros are some kilobytes of gzip; the bytes need not unpack, nobody may try.
    let bomb = frame(1, 8000, &[0; 8000]);
    let cases = vec![
        (
            "too long",
            HEADERS,
            None,
            message(&vec![0x7a; 70 << 10]),
            "MESSAGE_TOO_LARGE",
        ),
        (
            "far too long",
            ENDING,
            None,
            message(&vec![0; 4 << 20]),
            "MESSAGE_TOO_LARGE",
        ),
        (
            "a prefix of 2^32 - 1",
            HEADERS,
            None,
            frame(0, u32::MAX, &[0; 10]),
            "MESSAGE_TOO_LARGE",
        ),
        (
            "a prefix without its bytes",
            HEADERS,
            None,
            frame(0, 10, &[0; 3]),
            "ARGUMENT_INVALID",
        ),
        (
            "half a prefix",
            HEADERS,
            None,
            vec![0, 0],
            "ARGUMENT_INVALID",
        ),
        ("nothing", HEADERS, None, vec![], "ARGUMENT_INVALID"),
        (
            "a field of 2^40 bytes",
            HEADERS,
            None,
            message(&huge_field),
            "ARGUMENT_INVALID",
        ),
        (
            "nested 60,000 deep",
            HEADERS,
            None,
            message(&[0x0b; 60_000]),
            "ARGUMENT_INVALID",
        ),
        (
            "noise",
            HEADERS,
            None,
            message(&[0xff; 100]),
            "ARGUMENT_INVALID",
        ),
        (
            "a million empty repeats",
            ENDING,
            None,
            repeats(1_000_000),
            "MESSAGE_TOO_LARGE",
        ),
        (
            "empty repeats that fit",
            ENDING,
            None,
            repeats(100_000),
            "TRANSACTION_MALFORMED",
        ),
        (
            "a gzip bomb",
            ENDING,
            Some("gzip"),
            bomb.clone(),
            "ENCODING_UNSUPPORTED",
        ),
        (
            "a zstd bomb",
            ENDING,
            Some("zstd"),
            bomb.clone(),
            "ENCODING_UNSUPPORTED",
        ),
        (
            "an unknown encoding",
            HEADERS,
            Some("x"),
            bomb.clone(),
            "ENCODING_UNSUPPORTED",
        ),
        (
            "compressed without saying how",
            HEADERS,
            None,
            bomb,
            "ARGUMENT_INVALID",
        ),
        ("unsigned", RELAY, None, message(b""), "AUTH_MISSING"),
        (
            "no method",
            "/tacit.v1.LedgerService/Nothing",
            None,
            message(b""),
            "METHOD_UNKNOWN",
        ),
        (
            "no service",
            "/nothing",
            None,
            message(b""),
            "METHOD_UNKNOWN",
        ),
    ];
    for (what, path, encoding, body, reason) in cases {
        let answer = send(&mut peer, request(path, encoding), body).await;
        assert_eq!(answer.as_deref(), Some(reason), "{what}");
        // The same connection goes on.
        let next = send(&mut peer, request(INFO, None), message(b"")).await;
        assert_eq!(next, None, "after {what}");
    }
    victim.serves().await;
    victim.has_not_grown(before);
}

/// Waits until the server has closed the connection.
async fn closed(mut stream: impl AsyncReadExt + Unpin, within: Duration, what: &str) {
    let mut sink = vec![0; 4096];
    let end = async { while matches!(stream.read(&mut sink).await, Ok(n) if n > 0) {} };
    timeout(within, end)
        .await
        .unwrap_or_else(|_| panic!("{what}: still open"));
}

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const SETTINGS: &[u8] = &[0, 0, 0, 4, 0, 0, 0, 0, 0];

#[tokio::test(flavor = "multi_thread")]
async fn slow_peers_are_let_go_and_hold_up_nobody() {
    let victim = victim();
    let slack = Duration::from_secs(15);
    let silent = async {
        let stream = victim.tcp(2).await.unwrap();
        closed(stream, limits::HANDSHAKE_TIMEOUT + slack, "no handshake").await;
    };
    let idle = async {
        let stream = victim.tls(2).await.unwrap();
        closed(stream, limits::FIRST_CALL_TIMEOUT + slack, "no preface").await;
    };
    let headers = async {
        let mut stream = victim.tls(2).await.unwrap();
        stream.write_all(PREFACE).await.unwrap();
        stream.write_all(SETTINGS).await.unwrap();
        // HEADERS of stream 1 without END_HEADERS: the rest never comes.
        stream
            .write_all(&[0, 0, 1, 1, 0, 0, 0, 0, 1, 0x82])
            .await
            .unwrap();
        stream.flush().await.unwrap();
        closed(
            stream,
            limits::FIRST_CALL_TIMEOUT + slack,
            "headers never finished",
        )
        .await;
    };
    let dribble = async {
        let mut peer = victim.h2(2).await;
        let ready = peer.clone().ready().await.unwrap();
        peer = ready;
        let (response, mut stream) = peer.send_request(request(HEADERS, None), false).unwrap();
        let drip = async {
            for byte in frame(0, 1000, &[0x7a; 200]) {
                if stream.send_data(Bytes::from(vec![byte]), false).is_err() {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(500)).await;
            }
            std::future::pending::<()>().await;
        };
        let answer = tokio::select! {
            answer = timeout(limits::BODY_TIMEOUT + slack, response) => answer,
            () = drip => unreachable!(),
        };
        let answer = answer.expect("a body that dribbles is waited for").unwrap();
        let status = tonic::Status::from_header_map(answer.headers()).unwrap();
        assert_eq!(ApiError::from(status).code(), "BODY_INCOMPLETE");
    };
    let others = async {
        for _ in 0..8 {
            victim.serves().await;
            tokio::time::sleep(Duration::from_secs(3)).await;
        }
    };
    tokio::join!(silent, idle, headers, dribble, others);
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_opened_and_reset_in_a_flood_end_the_connection_not_the_server() {
    let victim = victim();
    victim.serves().await;
    let before = victim.node.memory();
    let flood = async {
        let mut resets = 0u32;
        for _ in 0..4 {
            let mut peer = victim.h2(2).await;
            for _ in 0..5000 {
                let Ok(ready) = peer.clone().ready().await else {
                    break;
                };
                peer = ready;
                let Ok((_, mut stream)) = peer.send_request(request(WATCH, None), false) else {
                    break;
                };
                stream.send_reset(h2::Reason::CANCEL);
                resets += 1;
            }
        }
        resets
    };
    // Header blocks without an end, on a connection that has made a call.
    let headers = async {
        let mut stream = victim.tls(2).await.unwrap();
        stream.write_all(PREFACE).await.unwrap();
        stream.write_all(SETTINGS).await.unwrap();
        stream
            .write_all(&[0, 0, 1, 1, 0, 0, 0, 0, 1, 0x82])
            .await
            .unwrap();
        // CONTINUATION frames of 16 KiB each: literal headers that are never indexed.
        let mut block = vec![0x10, 0x01, b'x', 0x7f, 0x81, 0x7f - 0x01];
        block.resize(16 << 10, b'y');
        let length = u32::try_from(block.len()).unwrap().to_be_bytes();
        let frame = [&length[1..], &[9, 0, 0, 0, 0, 1], &block].concat();
        for sent in 0..4096u32 {
            if stream.write_all(&frame).await.is_err() {
                return sent;
            }
        }
        4096
    };
    let others = async {
        for _ in 0..5 {
            victim.serves().await;
        }
    };
    let (resets, headers, ()) =
        tokio::join!(flood, timeout(Duration::from_secs(60), headers), others);
    assert!(resets < 20_000, "no connection was ended");
    let headers = headers.expect("the server goes on reading headers");
    assert!(headers < 4096, "64 MiB of headers were taken");
    victim.serves().await;
    victim.has_not_grown(before);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_address_cannot_take_all_connections_or_all_streams() {
    let victim = victim();
    victim.serves().await;
    let before = victim.node.memory();
    let mut held = Vec::new();
    for _ in 0..limits::MAX_CONNECTIONS_PER_ADDRESS {
        held.push(victim.tcp(2).await.unwrap());
    }
    for _ in 0..50 {
        let beyond = victim.tcp(2).await.unwrap();
        closed(beyond, PATIENCE, "a connection too many").await;
    }
    victim.serves().await;
    drop(held);

    // Blocks to a reader that does not read: so many streams, then an error of its own.
    let mut peers = Vec::new();
    let (mut open, mut refused) = (Vec::new(), 0);
    let late = Instant::now() + Duration::from_secs(180);
    'all: for _ in 0..6 {
        // The places of the connections above come back as the server notices that they are gone.
        let mut peer = victim.h2(3).await;
        for _ in 0..60 {
            assert!(Instant::now() < late);
            let ready = peer.clone().ready().await.unwrap();
            peer = ready;
            let (response, mut stream) = peer.send_request(request(WATCH, None), false).unwrap();
            stream.send_data(message(b"").into(), true).unwrap();
            let response = timeout(PATIENCE, response).await.unwrap().unwrap();
            match tonic::Status::from_header_map(response.headers()) {
                Some(status) => {
                    assert_eq!(ApiError::from(status).code(), "SERVER_BUSY");
                    refused += 1;
                    if refused == 20 {
                        break 'all;
                    }
                }
                None => open.push(response),
            }
        }
        peers.push(peer);
    }
    assert_eq!(open.len(), limits::MAX_WATCHES);
    victim.serves().await;
    victim.has_not_grown(before);
    drop((open, peers));
    let mut peer = victim.h2(3).await;
    loop {
        assert!(Instant::now() < late, "streams that ended still count");
        let ready = peer.clone().ready().await.unwrap();
        peer = ready;
        let (response, mut stream) = peer.send_request(request(WATCH, None), false).unwrap();
        stream.send_data(message(b"").into(), true).unwrap();
        let response = response.await.unwrap();
        if tonic::Status::from_header_map(response.headers()).is_none() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}
