//! Documents and status lists from hosts that the operator has listed: what is fetched, what is not, and what a hostile host gets.

use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tacit_tests::http::Server;
use tacit_tests::process::Workbench;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

const LOG: &str = include_str!("../../../identity/tests/vectors/did-log.jsonl");
const LOG_DID: &str = "did:webvh:QmcViWCz24A3Kms6D8HY73JQVNSMME5W3SHgM93yiJ3jJb:a.example";

/// Answers by `HOST/PATH`, and what was asked for.
type Pages = Arc<Mutex<(BTreeMap<String, Vec<u8>>, Vec<String>)>>;

/// A web server of several hosts on loopback, whose certificate stands in `ca.pem` of the bench.
struct Web {
    address: SocketAddr,
    pages: Pages,
    _runtime: tokio::runtime::Runtime,
}

impl Web {
    fn start(bench: &Workbench, hosts: &[&str]) -> Self {
        let names: Vec<String> = hosts.iter().map(|host| (*host).to_owned()).collect();
        let made = rcgen::generate_simple_self_signed(names).unwrap();
        std::fs::write(bench.path().join("ca.pem"), made.cert.pem()).unwrap();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let pages = Pages::default();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let served = Arc::clone(&pages);
        runtime.spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (acceptor, served) = (acceptor.clone(), Arc::clone(&served));
                tokio::spawn(async move {
                    let Ok(mut stream) = acceptor.accept(stream).await else {
                        return;
                    };
                    let mut head = Vec::new();
                    while !head.ends_with(b"\r\n\r\n") {
                        match stream.read_u8().await {
                            Ok(byte) => head.push(byte),
                            Err(_) => return,
                        }
                    }
                    let head = String::from_utf8(head).unwrap().to_ascii_lowercase();
                    let path = head.split(' ').nth(1).unwrap();
                    let host = head.split("\r\nhost: ").nth(1).unwrap();
                    let host = host.split("\r\n").next().unwrap();
                    let place = format!("{host}{path}");
                    let answer = {
                        let mut served = served.lock().unwrap();
                        served.1.push(place.clone());
                        served.0.get(&place).cloned()
                    };
                    let missing = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".to_vec();
                    let _ = stream.write_all(&answer.unwrap_or(missing)).await;
                    let _ = stream.shutdown().await;
                });
            }
        });
        let entries: Vec<String> = hosts
            .iter()
            .map(|host| {
                format!("[[host]]\nname = \"{host}\"\nca = \"ca.pem\"\naddress = \"{address}\"\n")
            })
            .collect();
        let file = format!("version = 1\n{}", entries.concat());
        std::fs::write(bench.path().join("hosts.toml"), file).unwrap();
        Self {
            address,
            pages,
            _runtime: runtime,
        }
    }

    /// Puts a file at `HOST/PATH`.
    fn put(&self, place: &str, content: &[u8]) {
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n",
            content.len()
        );
        self.answer(place, [head.as_bytes(), content].concat());
    }

    fn answer(&self, place: &str, answer: Vec<u8>) {
        let mut pages = self.pages.lock().unwrap();
        pages.0.insert(place.to_ascii_lowercase(), answer);
    }

    fn remove(&self, place: &str) {
        self.pages.lock().unwrap().0.remove(place);
    }

    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.pages.lock().unwrap().1)
    }
}

fn bench() -> Workbench {
    let bench = Workbench::new(env!("CARGO_BIN_EXE_tacit-under-test"));
    tacit_tests::town::passwords(&bench);
    bench.must("tacit issuer init --dir issuer --name Registry --password-file pw");
    bench
}

fn error(server: &Server, did: &str) -> (u16, String) {
    let reply = server.get(&format!("/1.0/identifiers/{did}"));
    let error = &reply.json()["didResolutionMetadata"]["error"]["type"];
    let name = error.as_str().unwrap_or_default().rsplit('#').next();
    (reply.status, name.unwrap_or_default().to_owned())
}

#[test]
fn keys_and_statuses_come_from_listed_hosts_and_from_no_other() {
    let bench = bench();
    let web = Web::start(&bench, &["issuer.example", "a.example"]);
    let arguments =
        "--dir issuer --password-file pw --did web:issuer.example --url https://issuer.example";
    let issuer = Server::start(&bench, "issuer-http", arguments);
    let issued = issuer.post(
        "/credentials/issue",
        &json!({
            "credential": {
                "@context": ["https://www.w3.org/ns/credentials/v2"],
                "type": ["VerifiableCredential"],
                "credentialSubject": {"id": "did:example:subject"}
            },
            "options": {"credentialStatus": "suspension"}
        }),
    );
    assert_eq!(issued.status, 201, "{}", issued.json());
    let issued = issued.json();
    let list = "/status/suspension/0";
    let publish = || {
        let document = issuer.get("/.well-known/did.json").body;
        web.put("issuer.example/.well-known/did.json", &document);
        web.put(&format!("issuer.example{list}"), &issuer.get(list).body);
    };
    publish();
    std::fs::write(bench.path().join("issued.json"), issued.to_string()).unwrap();
    let verify = "tacit w3c verify issued.json --hosts hosts.toml";

    let verifier = Server::start(
        &bench,
        "verifier",
        "--hosts hosts.toml --metrics 127.0.0.1:0",
    );
    let report = verifier.post("/credentials/verify", &issued);
    assert_eq!(report.status, 200, "{}", report.json());
    assert_eq!(report.json()["statuses"][0]["outcome"], "valid");
    let asked = [
        "issuer.example/.well-known/did.json",
        &format!("issuer.example{list}"),
    ];
    assert_eq!(web.asked(), asked);
    // What was fetched a moment ago is not fetched again.
    assert_eq!(verifier.post("/credentials/verify", &issued).status, 200);
    assert_eq!(web.asked(), Vec::<String>::new());
    assert!(bench.must(verify).contains("status suspension: valid"));

    let entry = &issued["credentialStatus"];
    let set = json!({"credentialStatus": entry, "status": true});
    assert_eq!(issuer.post("/credentials/status", &set).status, 200);
    publish();
    assert!(bench.refused(verify).contains("VC_STATUS_SET"));
    // A list that is gone, malformed or somebody else's says nothing.
    web.put(
        &format!("issuer.example{list}"),
        issued.to_string().as_bytes(),
    );
    assert!(bench.must(verify).contains("status suspension: unknown"));
    web.remove(&format!("issuer.example{list}"));
    assert!(bench.must(verify).contains("status suspension: unknown"));

    // Nobody else is asked, and it is said why.
    let others = format!(
        "version = 1\n[[host]]\nname = \"a.example\"\nca = \"ca.pem\"\naddress = \"{}\"\n",
        web.address
    );
    std::fs::write(bench.path().join("others.toml"), others).unwrap();
    web.asked();
    let refused = bench.refused("tacit w3c verify issued.json --hosts others.toml");
    assert!(refused.contains("HOST_NOT_LISTED"), "{refused}");
    assert_eq!(web.asked(), Vec::<String>::new());
    for did in ["did:web:other.example", "did:web:issuer.example%3A8443"] {
        assert_eq!(error(&verifier, did), (404, "NOT_FOUND".to_owned()));
    }
    let numbers = std::fs::read_to_string(bench.path().join("verifier.log")).unwrap();
    let said: Value = numbers
        .lines()
        .find_map(|line| serde_json::from_str(line).ok())
        .unwrap();
    let numbers = tacit_tests::http::get(said["metrics"].as_str().unwrap());
    let numbers = String::from_utf8(numbers.body).unwrap();
    let verified = r#"tacit_http_requests_total{route="/credentials/verify",class="2xx"} 2"#;
    assert!(numbers.contains(verified), "{numbers}");
    assert!(
        !numbers.contains("issuer.example") && !numbers.contains("did:"),
        "{numbers}"
    );
}

#[test]
fn a_host_that_lies_is_not_believed() {
    let bench = bench();
    let web = Web::start(&bench, &["a.example", "b.example"]);
    web.put("a.example/.well-known/did.jsonl", LOG.as_bytes());
    let resolve = |did: &str| format!("tacit w3c resolve {did} --hosts hosts.toml --format json");
    let document: Value = serde_json::from_str(&bench.must(&resolve(LOG_DID))).unwrap();
    assert_eq!(document["id"], LOG_DID);
    let file = "a.example/.well-known/did.jsonl";
    let asked = web.asked();
    assert_eq!(asked[0], file);

    // The log changed, cut, with witnesses that nobody has seen, or of another host.
    for changed in [
        LOG.replacen("2026-01-02T00:00:00Z", "2026-01-02T00:00:01Z", 1),
        LOG.lines().skip(1).collect::<Vec<_>>().join("\n"),
        LOG.replacen(r#""watchers":[]"#, r#""watchers":["https://b.example"]"#, 1),
        "{}".to_owned(),
        String::new(),
    ] {
        web.put(file, changed.as_bytes());
        let refused = bench.refused(&resolve(LOG_DID));
        assert!(refused.contains("DID_INVALID"), "{refused}");
    }
    web.put("b.example/.well-known/did.jsonl", LOG.as_bytes());
    let elsewhere = LOG_DID.replace("a.example", "b.example");
    let refused = bench.refused(&resolve(&elsewhere));
    assert!(refused.contains("DID_INVALID"), "{refused}");

    // Documents of another DID, bombs, redirects, and answers that are none.
    let document = |did: &str| json!({"id": did}).to_string().into_bytes();
    let server = Server::start(&bench, "resolver", "--hosts hosts.toml");
    web.put(
        "a.example/good/did.json",
        &document("did:web:a.example:good"),
    );
    web.put(
        "a.example/other/did.json",
        &document("did:web:b.example:other"),
    );
    web.put("a.example/list/did.json", b"[]");
    web.put("a.example/deep/did.json", "[".repeat(100_000).as_bytes());
    web.put("a.example/long/did.json", &vec![b' '; 300_000]);
    let head = "HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: https://127.0.0.1/";
    web.answer(
        "a.example/away/did.json",
        format!("{head}\r\n\r\n").into_bytes(),
    );
    let packed = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}";
    web.answer("a.example/packed/did.json", packed.into());
    let reply = server.get("/1.0/identifiers/did:web:a.example:good");
    assert_eq!(reply.status, 200, "{}", reply.json());
    for (path, status, name) in [
        ("other", 500, "INVALID_DID_DOCUMENT"),
        ("list", 500, "INVALID_DID_DOCUMENT"),
        ("deep", 500, "INVALID_DID_DOCUMENT"),
        ("long", 500, "INTERNAL_ERROR"),
        ("away", 500, "INTERNAL_ERROR"),
        ("packed", 500, "INTERNAL_ERROR"),
        ("nothing", 404, "NOT_FOUND"),
    ] {
        let did = format!("did:web:a.example:{path}");
        assert_eq!(error(&server, &did), (status, name.to_owned()), "{path}");
    }
    // A proof whose key cannot be asked for is not called false, and the host is named.
    let proof = json!({
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "type": ["VerifiableCredential"],
        "issuer": "did:web:a.example:away",
        "credentialSubject": {"id": "did:example:subject"},
        "proof": {
            "type": "DataIntegrityProof",
            "cryptosuite": "eddsa-jcs-2022",
            "verificationMethod": "did:web:a.example:away#key",
            "proofPurpose": "assertionMethod",
            "proofValue": "z"
        }
    });
    let reply = server.post("/credentials/verify", &proof);
    assert_eq!(
        (reply.status, reply.text("reason").as_str()),
        (503, "HOST_UNUSABLE")
    );
    assert!(reply.text("detail").starts_with("a.example: "));
}

#[test]
fn did_urls_are_dereferenced() {
    let bench = bench();
    let web = Web::start(&bench, &["a.example"]);
    let did = "did:web:a.example";
    let key = "z6MktwupdmLXVVqTzCw4i46r4uGyosGXRnR3XjN4Zq7oMMsw";
    let document = json!({
        "@context": ["https://www.w3.org/ns/did/v1.1"],
        "id": did,
        "verificationMethod": [{"id": "#key", "type": "Multikey", "controller": did, "publicKeyMultibase": key}],
        "assertionMethod": ["#key"],
        "service": [
            {"id": "#files", "type": "Files", "serviceEndpoint": "https://files.example/a/"},
            {"id": "#mail", "type": "Mail", "serviceEndpoint": {"uri": "https://mail.example"}}
        ]
    });
    web.put(
        "a.example/.well-known/did.json",
        document.to_string().as_bytes(),
    );
    let server = Server::start(&bench, "resolver", "--hosts hosts.toml");
    let get = |url: &str, accept: &str| {
        let path = format!("/1.0/identifiers/{url}");
        server.call("GET", &path, &[&format!("Accept: {accept}")], b"")
    };
    let whole = "application/did-url-dereferencing";
    // As it is, with the `#` encoded, and encoded as a whole.
    for url in [
        format!("{did}%23key"),
        "did%3Aweb%3Aa.example%23key".to_owned(),
    ] {
        let reply = get(&url, whole);
        assert_eq!(
            (reply.status, reply.headers["content-type"].as_str()),
            (200, whole)
        );
        let json = reply.json();
        assert_eq!(json["contentStream"]["publicKeyMultibase"], key);
        assert_eq!(json["contentStream"]["@context"], document["@context"]);
        assert_eq!(
            json["dereferencingMetadata"]["contentType"],
            "application/did"
        );
        let part = get(&url, "application/did");
        assert_eq!(part.headers["content-type"], "application/did");
        assert_eq!(part.json(), json["contentStream"]);
    }
    for url in [
        format!("{did}?service=files"),
        "did%3Aweb%3Aa.example%3Fservice%3Dfiles".to_owned(),
    ] {
        let selected = get(&url, "application/did").json();
        assert_eq!(
            selected["service"],
            json!([document["service"][0]]),
            "{url}"
        );
    }
    for (url, place) in [
        (format!("{did}?service=files"), "https://files.example/a/"),
        (
            format!("{did}?service=files&relativeRef=b%2Fc%3Fd"),
            "https://files.example/a/b/c?d",
        ),
        (
            "did%3Aweb%3Aa.example%3Fservice%3Dfiles%26relativeRef%3D%252Fb%23part".to_owned(),
            "https://files.example/b#part",
        ),
    ] {
        let reply = get(&url, "text/uri-list");
        assert_eq!(
            (reply.status, reply.headers["location"].as_str()),
            (303, place)
        );
        assert!(reply.body.is_empty());
        let result = get(&url, &format!("{whole}, text/uri-list"));
        assert_eq!(
            (result.status, &result.json()["contentStream"]),
            (200, &json!([place]))
        );
    }
    let relation = "verificationRelationship";
    for (url, status, kind) in [
        (format!("{did}%23key?{relation}=assertionMethod"), 200, ""),
        (
            format!("{did}%23key?{relation}=authentication"),
            500,
            "https://w3id.org/security#INVALID_RELATIONSHIP_FOR_VERIFICATION_METHOD",
        ),
        (
            format!("{did}%23files?{relation}=authentication"),
            500,
            "https://w3id.org/security#INVALID_VERIFICATION_METHOD",
        ),
        (
            format!("{did}%23nobody"),
            404,
            "https://www.w3.org/ns/did#NOT_FOUND",
        ),
        (
            format!("{did}/path"),
            404,
            "https://www.w3.org/ns/did#NOT_FOUND",
        ),
        (
            format!("{did}?service=mail&hl=x"),
            501,
            "https://www.w3.org/ns/did#FEATURE_NOT_SUPPORTED",
        ),
        (
            "nonsense%23x".to_owned(),
            400,
            "https://www.w3.org/ns/did#INVALID_DID_URL",
        ),
        (
            format!("{did}?service=a&service=b"),
            400,
            "https://www.w3.org/ns/did#INVALID_DID_URL",
        ),
    ] {
        let reply = get(&url, whole);
        assert_eq!(reply.status, status, "{url}: {}", reply.json());
        let error = &reply.json()["dereferencingMetadata"]["error"];
        assert_eq!(error["type"].as_str().unwrap_or_default(), kind, "{url}");
    }
    // Endpoints that are no text have no place; documents are no lists of places.
    assert_eq!(
        get(&format!("{did}?service=mail"), "text/uri-list").status,
        404
    );
    assert_eq!(get(did, "text/uri-list").status, 406);
    for other in ["text/html", "application/json"] {
        assert_eq!(get(&format!("{did}?service=files"), other).status, 406);
    }
}
