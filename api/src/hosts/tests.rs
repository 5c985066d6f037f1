use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::*;
use crate::tls::ServerIdentity;

/// The name in the certificates of [`ServerIdentity`].
const NAME: &str = "tacit.internal";

/// A web server on loopback that answers by path, and counts.
struct Web {
    address: SocketAddr,
    asked: Arc<AtomicUsize>,
    _running: JoinSet<()>,
}

impl Web {
    async fn start(folder: &Path) -> Self {
        std::fs::create_dir_all(folder).unwrap();
        let tls = ServerIdentity::load_or_create(folder).unwrap();
        let acceptor = TlsAcceptor::from(tls.http_config().unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(AtomicUsize::new(0));
        let (mut running, counter) = (JoinSet::new(), Arc::clone(&asked));
        running.spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (acceptor, counter) = (acceptor.clone(), Arc::clone(&counter));
                tokio::spawn(async move {
                    if let Ok(stream) = acceptor.accept(stream).await {
                        counter.fetch_add(1, Ordering::SeqCst);
                        answer(stream).await;
                    }
                });
            }
        });
        Self {
            address,
            asked,
            _running: running,
        }
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

async fn answer(mut stream: TlsStream<TcpStream>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    let head = String::from_utf8(head).unwrap();
    let path = head.split(' ').nth(1).unwrap();
    let said: &[u8] = match path {
        "/found" | "/found?x=1" => b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
        "/chunked" => b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        "/redirect" => {
            b"HTTP/1.1 302 Found\r\nLocation: https://169.254.169.254/latest\r\nContent-Length: 0\r\n\r\n"
        }
        "/boastful" => b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n{}",
        "/short" => b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}",
        "/packed" => {
            b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n\x1f\x8b"
        }
        "/broken" => b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n",
        "/nonsense" => b"220 mail.example ESMTP\r\n",
        "/headers" => &b"HTTP/1.1 200 OK\r\nX: ".repeat(4000),
        "/endless" => {
            let head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
            let mut ends = stream.write_all(head).await;
            while ends.is_ok() {
                ends = stream.write_all(b"4\r\naaaa\r\n").await;
            }
            return;
        }
        path if path.starts_with("/slow") => {
            let _ = stream.read_u8().await;
            return;
        }
        _ => b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
    };
    let _ = stream.write_all(said).await;
    let _ = stream.shutdown().await;
}

/// The hosts of a file with this text; certificates stand in folders beside it.
fn hosts(dir: &Path, entries: &str) -> Hosts {
    let path = dir.join("hosts.toml");
    std::fs::write(&path, format!("version = 1\n{entries}")).unwrap();
    Hosts::read(&path).unwrap()
}

fn entry(name: &str, ca: &str, address: SocketAddr) -> String {
    format!("[[host]]\nname = \"{name}\"\nca = \"{ca}/tls.crt\"\naddress = \"{address}\"\n")
}

#[tokio::test]
async fn a_listed_host_is_asked_and_no_other() {
    let dir = tempfile::tempdir().unwrap();
    let web = Web::start(&dir.path().join("a")).await;
    let hosts = hosts(dir.path(), &entry(NAME, "a", web.address));
    let get = async |url: &str| hosts.get(url, Kind::Document).await;
    let url = |path: &str| format!("https://{NAME}{path}");
    for path in ["/found", "/found?x=1", "/chunked"] {
        let fetched = get(&url(path)).await.unwrap().unwrap();
        assert_eq!(&fetched.content[..], b"{}", "{path}");
        assert!(fetched.at.0 > 1_700_000_000);
    }
    assert_eq!(get(&url("/nothing")).await.unwrap(), None);
    assert_eq!(get("https://TACIT.internal/nothing").await.unwrap(), None);
    let before = web.asked();
    for other in [
        "https://other.example/found",
        "http://tacit.internal/found",
        "https://tacit.internal:8443/found",
        "https://user@tacit.internal/found",
        "https://tacit.internal.evil.example/found",
        "https://evil.example#tacit.internal/found",
        "https://tacit.internal",
        "//tacit.internal/found",
        "file:///etc/passwd",
        "",
    ] {
        assert!(!hosts.lists(other));
        let error = get(other).await.unwrap_err();
        assert_eq!(error.code(), "HOST_NOT_LISTED", "{other}");
    }
    for bad in ["/a b", "/a\r\nX: y", "/a#b", "/\u{e4}", &"/a".repeat(2000)] {
        let error = get(&url(bad)).await.unwrap_err();
        assert_eq!(error.code(), "HOST_UNUSABLE", "{bad}");
    }
    assert_eq!(web.asked(), before);
}

#[tokio::test]
async fn an_answer_that_is_not_as_it_must_be_is_none() {
    let dir = tempfile::tempdir().unwrap();
    let web = Web::start(&dir.path().join("a")).await;
    let hosts = hosts(dir.path(), &entry(NAME, "a", web.address));
    for (path, why) in [
        ("/redirect", Fault::Redirect),
        ("/boastful", Fault::Length),
        ("/endless", Fault::Length),
        ("/short", Fault::Http),
        ("/packed", Fault::Encoding),
        ("/broken", Fault::Status(500)),
        ("/nonsense", Fault::Http),
        ("/headers", Fault::Http),
    ] {
        let url = format!("https://{NAME}{path}");
        let error = hosts.get(&url, Kind::Document).await.unwrap_err();
        assert_eq!(error.code(), "HOST_UNUSABLE", "{path}");
        assert_eq!(error.message(), format!("{NAME}: {why}"), "{path}");
    }
}

#[tokio::test]
async fn who_shows_no_certificate_for_the_name_is_not_listened_to() {
    let dir = tempfile::tempdir().unwrap();
    let web = Web::start(&dir.path().join("a")).await;
    // Of another authority, for another name, by the web's authorities only.
    Web::start(&dir.path().join("b")).await;
    let web_only = format!(
        "[[host]]\nname = \"{NAME}:3\"\naddress = \"{}\"\n",
        web.address
    );
    let entries = [
        entry(&format!("{NAME}:1"), "b", web.address),
        entry("other.example", "a", web.address),
        web_only,
    ];
    let hosts = hosts(dir.path(), &entries.concat());
    for name in ["tacit.internal:1", "other.example", "tacit.internal:3"] {
        let url = format!("https://{name}/found");
        let error = hosts.get(&url, Kind::Document).await.unwrap_err();
        assert_eq!(error.message(), format!("{name}: {}", Fault::Tls));
    }
    assert_eq!(web.asked(), 0);
}

#[tokio::test]
async fn names_that_lead_home_and_ports_without_a_server_are_told_apart() {
    let dir = tempfile::tempdir().unwrap();
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = nobody.local_addr().unwrap().port();
    drop(nobody);
    let entries =
        format!("[[host]]\nname = \"localhost:{port}\"\n[[host]]\nname = \"127.0.0.1:{port}\"\n");
    let hosts = hosts(dir.path(), &entries);
    for (name, why) in [("localhost", Fault::Private), ("127.0.0.1", Fault::Connect)] {
        let url = format!("https://{name}:{port}/found");
        let error = hosts.get(&url, Kind::Document).await.unwrap_err();
        assert_eq!(error.message(), format!("{name}:{port}: {why}"));
    }
}

#[tokio::test]
async fn what_many_want_is_fetched_once() {
    let dir = tempfile::tempdir().unwrap();
    let web = Web::start(&dir.path().join("a")).await;
    let hosts = Arc::new(hosts(dir.path(), &entry(NAME, "a", web.address)));
    let mut callers = JoinSet::new();
    for path in ["/found", "/nothing", "/redirect"].repeat(20) {
        let (hosts, url) = (Arc::clone(&hosts), format!("https://{NAME}{path}"));
        callers.spawn(async move { hosts.get(&url, Kind::Document).await.map(|_| ()) });
    }
    while callers.join_next().await.is_some() {}
    assert_eq!(web.asked(), 3);
}

#[tokio::test]
async fn a_slow_host_holds_up_only_who_asks_it() {
    let dir = tempfile::tempdir().unwrap();
    let (slow, quick) = (dir.path().join("slow"), dir.path().join("quick"));
    let (slow, quick) = (Web::start(&slow).await, Web::start(&quick).await);
    let entries = [
        entry(&format!("{NAME}:1"), "slow", slow.address),
        entry(&format!("{NAME}:2"), "quick", quick.address),
    ];
    let hosts = Arc::new(hosts(dir.path(), &entries.concat()));
    let began = Instant::now();
    let mut held = JoinSet::new();
    for at in 0..MAX_PER_HOST {
        let (hosts, url) = (Arc::clone(&hosts), format!("https://{NAME}:1/slow{at}"));
        held.spawn(async move { hosts.get(&url, Kind::Document).await.unwrap_err() });
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    let url = format!("https://{NAME}:2/found");
    assert!(hosts.get(&url, Kind::Document).await.unwrap().is_some());
    assert!(began.elapsed() < FETCH_TIMEOUT, "{:?}", began.elapsed());
    while let Some(error) = held.join_next().await {
        let error = error.unwrap();
        assert_eq!(error.message(), format!("{NAME}:1: {}", Fault::Slow));
    }
    assert!(slow.asked() == MAX_PER_HOST);
}
