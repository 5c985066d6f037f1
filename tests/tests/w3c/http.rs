//! The HTTP interface itself: who may issue, what hostile requests get, DID resolution, and that OpenAPI says what is served.

use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::time::{Duration, Instant};
use tacit_tests::http::Server;
use tacit_tests::process::Workbench;

const V2: &str = "https://www.w3.org/ns/credentials/v2";
const JSON: &str = "Content-Type: application/json";

fn bench() -> Workbench {
    let bench = Workbench::new(env!("CARGO_BIN_EXE_tacit-under-test"));
    tacit_tests::town::passwords(&bench);
    bench.must("tacit issuer init --dir issuer --name Registry --password-file pw");
    bench
}

fn credential() -> Value {
    json!({
        "@context": [V2],
        "type": ["VerifiableCredential"],
        "credentialSubject": {"id": "did:example:subject"}
    })
}

#[test]
fn only_who_has_the_token_signs_in_the_issuers_name() {
    let bench = bench();
    let server = Server::start(&bench, "w3c", "--dir issuer --password-file pw");
    let body = credential().to_string();
    let right = format!("Authorization: Bearer {}", server.token);
    for path in ["/credentials/issue", "/credentials/status"] {
        for wrong in [
            "X: y",
            "Authorization: Bearer x",
            &right.replace("Bearer", "Basic"),
            &format!("{right}0"),
        ] {
            let reply = server.call("POST", path, &[JSON, wrong], body.as_bytes());
            assert_eq!(
                (reply.status, reply.text("reason").as_str()),
                (401, "TOKEN_INVALID"),
                "{wrong}"
            );
            assert_eq!(reply.headers["www-authenticate"], "Bearer");
        }
    }
    assert_eq!(
        server
            .call(
                "POST",
                "/credentials/issue",
                &[JSON, &right],
                body.as_bytes()
            )
            .status,
        201
    );
    // Another issuer's name is not signed for.
    let mut other = credential();
    other["issuer"] = json!("did:example:somebody");
    assert_eq!(
        server.post("/credentials/issue", &other).text("reason"),
        "VC_NOT_BY_ISSUER"
    );
    // The token stays the same, and only its owner reads it.
    use std::os::unix::fs::PermissionsExt;
    let file = bench.path().join("issuer/http.token");
    assert_eq!(
        std::fs::metadata(&file).unwrap().permissions().mode() & 0o777,
        0o600
    );
    // A server without an issuer's folder issues nothing, whatever is sent.
    let open = Server::start(&bench, "open", "");
    for path in ["/credentials/issue", "/credentials/status"] {
        let reply = open.call("POST", path, &[JSON, &right], body.as_bytes());
        assert_eq!(
            (reply.status, reply.text("reason").as_str()),
            (403, "ISSUING_NOT_HERE")
        );
    }
    assert_eq!(open.get("/status/revocation/0").status, 404);
    let error = bench.refused("tacit w3c serve --listen 0.0.0.0:0");
    assert!(
        error.starts_with("error: USAGE"),
        "beyond this machine only with TLS: {error}"
    );
}

#[test]
fn hostile_requests_get_an_answer_and_the_next_one_is_served() {
    let bench = bench();
    let server = Server::start(&bench, "w3c", "--dir issuer --password-file pw");
    let path = "/credentials/verify";
    let send = |headers: &[&str], body: &[u8]| server.call("POST", path, headers, body);
    for (what, headers, body, status) in [
        ("no type", &[][..], &b"{}"[..], 415),
        (
            "a form, as a page of another site can send it",
            &["Content-Type: text/plain"],
            b"{}",
            415,
        ),
        ("no JSON", &[JSON], b"{", 400),
        ("nothing", &[JSON], b"", 400),
        ("two keys", &[JSON], br#"{"a":1,"a":2}"#, 400),
        ("a fraction", &[JSON], br#"{"a":1.5}"#, 400),
        ("no text", &[JSON], &[0xff, 0xfe, 0x00], 400),
        ("deep", &[JSON], "[".repeat(100_000).as_bytes(), 400),
        (
            "long",
            &[JSON],
            format!("\"{}\"", "x".repeat(300_000)).as_bytes(),
            413,
        ),
        (
            "more in the wrapper",
            &[JSON],
            br#"{"verifiableCredential":{},"x":1}"#,
            400,
        ),
        (
            "an unknown option",
            &[JSON],
            br#"{"verifiableCredential":{},"options":{"x":1}}"#,
            400,
        ),
        (
            "options that are none",
            &[JSON],
            br#"{"verifiableCredential":{},"options":7}"#,
            400,
        ),
    ] {
        let reply = send(headers, body);
        assert_eq!(reply.status, status, "{what}");
        assert_eq!(
            reply.headers["content-type"], "application/problem+json",
            "{what}"
        );
        let body = reply.json();
        assert_eq!(body["status"], status);
        assert!(!body["reason"].as_str().unwrap().is_empty());
    }
    // Errors never repeat a value.
    let secret = json!({"verifiableCredential": {"@context": [V2], "type": "SECRET-VALUE", "issuer": "SECRET-VALUE"}});
    let reply = server.post(path, &secret);
    assert_eq!(reply.status, 400);
    assert!(!String::from_utf8(reply.body).unwrap().contains("SECRET"));
    // Paths and methods.
    for (method, path, status) in [
        ("GET", "/credentials/verify", 405),
        ("DELETE", "/credentials/issue", 405),
        ("GET", "/", 404),
        ("GET", "/../../etc/passwd", 404),
        ("GET", "/status/revocation/0", 404),
        ("GET", "/status/suspension/0", 404),
        ("GET", "/status/nonsense/0", 404),
        ("GET", "/status/suspension/00", 404),
        ("GET", "/status/suspension/99999999999999999999", 404),
        ("GET", "/.well-known/did.json", 404),
    ] {
        let reply = server.call(method, path, &[], b"");
        assert_eq!(reply.status, status, "{method} {path}");
        assert_eq!(reply.json()["status"], status);
    }
    // What is no HTTP, and headers without end.
    for bytes in [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec(),
        b"GET / HTTP/9.9\r\n\r\n".to_vec(),
        format!("GET /health HTTP/1.1\r\nX: {}\r\n\r\n", "y".repeat(1 << 20)).into_bytes(),
        format!("GET /health HTTP/1.1\r\n{}\r\n", "X: y\r\n".repeat(10_000)).into_bytes(),
        b"POST /credentials/verify HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n{}".to_vec(),
    ] {
        let answer = server.raw(&bytes);
        assert!(!answer.starts_with(b"HTTP/1.1 2"), "{}", String::from_utf8_lossy(&answer));
    }
    // A length beyond the bound is refused without waiting for the bytes.
    let began = Instant::now();
    let answer = server.raw(
        b"POST /credentials/verify HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: 999999999\r\n\r\n{",
    );
    assert!(
        answer.starts_with(b"HTTP/1.1 413"),
        "{}",
        String::from_utf8_lossy(&answer)
    );
    assert!(began.elapsed() < Duration::from_secs(10));
    assert_eq!(server.get("/health").json(), json!({"status": "serving"}));
    let log = std::fs::read_to_string(bench.path().join("w3c.log")).unwrap();
    assert!(
        !log.contains("SECRET") && !log.contains("panicked"),
        "{log}"
    );
    assert!(!log.contains(&server.token));
}

#[test]
fn many_at_once_are_served_or_told_to_come_back() {
    let bench = bench();
    let server = Server::start(&bench, "w3c", "--dir issuer --password-file pw");
    let issued = server.post("/credentials/issue", &credential()).json();
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let calls: Vec<_> = (0..150)
            .map(|_| scope.spawn(|| server.post("/credentials/verify", &issued)))
            .collect();
        calls
            .into_iter()
            .map(|call| {
                let reply = call.join().unwrap();
                if reply.status == 503 {
                    assert_eq!(reply.headers["retry-after"], "1");
                }
                reply.status
            })
            .collect()
    });
    assert!(
        statuses.iter().all(|status| [200, 503].contains(status)),
        "{statuses:?}"
    );
    assert!(statuses.contains(&200));
    assert_eq!(server.post("/credentials/verify", &issued).status, 200);
}

#[test]
fn dids_are_resolved_as_the_standard_says() {
    let bench = bench();
    let web = "--dir issuer --password-file pw --did web:issuer.example:one";
    let server = Server::start(&bench, "w3c", web);
    assert_eq!(server.issuer, "did:web:issuer.example:one");
    let key = "did:key:z6MkpJySvETLnxhQG9DzEdmKJtysBDjuuTeDfUj1uNNCUqcj";
    let get = |did: &str, accept: &str| {
        let path = format!("/1.0/identifiers/{did}");
        server.call("GET", &path, &[&format!("Accept: {accept}")], b"")
    };
    for did in [key, &key.replace(':', "%3A")] {
        let reply = get(did, "*/*");
        assert_eq!(reply.status, 200);
        assert_eq!(reply.headers["content-type"], "application/did-resolution");
        let result = reply.json();
        assert_eq!(result["didDocument"]["id"], key);
        assert_eq!(
            result["didResolutionMetadata"]["contentType"],
            "application/did"
        );
        assert!(result["didDocumentMetadata"].is_object());
        let document = &result["didDocument"];
        let method = format!("{key}#{}", &key["did:key:".len()..]);
        assert_eq!(document["verificationMethod"][0]["id"], method);
        assert_eq!(document["assertionMethod"], json!([method]));
    }
    for accept in [
        "application/did",
        "application/did+json",
        "application/did+ld+json",
    ] {
        let reply = get(key, accept);
        assert_eq!(
            (reply.status, reply.headers["content-type"].as_str()),
            (200, accept)
        );
        assert_eq!(reply.json()["id"], key);
    }
    // Its own, also where a resolver of did:web looks for it.
    let own = get("did:web:issuer.example:one", "application/did").json();
    assert_eq!(own["id"], "did:web:issuer.example:one");
    assert_eq!(server.get("/one/did.json").json(), own);
    assert_eq!(
        own,
        serde_json::from_str::<Value>(&bench.must(&format!("tacit w3c did --format json {web}")))
            .unwrap()
    );
    let issued = server.post("/credentials/issue", &credential()).json();
    assert_eq!(issued["issuer"], "did:web:issuer.example:one");
    assert_eq!(server.post("/credentials/verify", &issued).status, 200);
    // Another server knows the issuer only when its operator gives it the document.
    let folder = bench.path().join("dids/issuer.example/one");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("did.json"), own.to_string()).unwrap();
    let without = Server::start(&bench, "without", "");
    assert_eq!(
        without.post("/credentials/verify", &issued).text("reason"),
        "PROOF_METHOD_UNKNOWN"
    );
    let knows = Server::start(&bench, "knows", "--dids dids");
    assert_eq!(knows.post("/credentials/verify", &issued).status, 200);
    let chain = "00".repeat(32);
    for (did, status, kind) in [
        ("nonsense", 400, "INVALID_DID"),
        ("did:key:z6MkinvalidX", 400, "INVALID_DID"),
        ("did:key:", 400, "INVALID_DID"),
        ("did:KEY:z6Mk", 400, "INVALID_DID"),
        ("did:tacit:abc:1", 400, "INVALID_DID"),
        (&format!("did:key:{}", "z".repeat(4000)), 400, "INVALID_DID"),
        (&format!("{key}?versionId=1"), 501, "FEATURE_NOT_SUPPORTED"),
        (
            &format!("{key}?versionTime=2026-01-01T00:00:00Z"),
            501,
            "FEATURE_NOT_SUPPORTED",
        ),
        ("did:example:123", 501, "METHOD_NOT_SUPPORTED"),
        (&format!("did:tacit:{chain}:1"), 404, "NOT_FOUND"),
        ("did:web:elsewhere.example", 404, "NOT_FOUND"),
        (
            &format!("{key}?versionId=1&versionId=2"),
            400,
            "INVALID_OPTIONS",
        ),
    ] {
        let reply = get(did, "*/*");
        assert_eq!(reply.status, status, "{did}");
        assert_eq!(reply.headers["content-type"], "application/did-resolution");
        let result = reply.json();
        assert_eq!(result["didDocument"], Value::Null);
        assert_eq!(
            result["didResolutionMetadata"]["error"]["type"],
            format!("https://www.w3.org/ns/did#{kind}"),
            "{did}"
        );
    }
    let reply = get(key, "text/html");
    assert_eq!(reply.status, 406);
}

/// Whether a value is what a schema says, as far as this document's schemas say anything.
fn fits(schema: &Value, value: &Value, root: &Value) -> bool {
    if let Some(name) = schema["$ref"].as_str() {
        let name = name.strip_prefix("#/components/schemas/").unwrap();
        return fits(&root["components"]["schemas"][name], value, root);
    }
    let all = |name: &str| schema[name].as_array().cloned().unwrap_or_default();
    let is = |kind: &Value| match kind.as_str().unwrap() {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        other => panic!("{other}"),
    };
    let kind = match &schema["type"] {
        Value::Null => true,
        Value::Array(kinds) => kinds.iter().any(is),
        one => is(one),
    };
    let members = || value.as_object().cloned().unwrap_or_default();
    kind && all("allOf").iter().all(|one| fits(one, value, root))
        && (schema["anyOf"].is_null() || all("anyOf").iter().any(|one| fits(one, value, root)))
        && (schema["oneOf"].is_null()
            || all("oneOf")
                .iter()
                .filter(|one| fits(one, value, root))
                .count()
                == 1)
        && (schema["enum"].is_null() || all("enum").contains(value))
        && (schema["const"].is_null() || schema["const"] == *value)
        && all("required")
            .iter()
            .all(|name| value.get(name.as_str().unwrap()).is_some())
        && members()
            .iter()
            .all(|(name, member)| match schema["properties"].get(name) {
                Some(schema) => fits(schema, member, root),
                None => schema["additionalProperties"] != json!(false),
            })
        && schema["maxItems"].as_u64().is_none_or(|most| {
            value
                .as_array()
                .is_none_or(|items| items.len() as u64 <= most)
        })
        && (schema["items"].is_null()
            || value
                .as_array()
                .is_none_or(|items| items.iter().all(|item| fits(&schema["items"], item, root))))
}

#[test]
fn the_examples_of_openapi_are_what_is_sent_and_answered() {
    let bench = bench();
    let server = Server::start(&bench, "w3c", "--dir issuer --password-file pw");
    let root = server.get("/openapi.json").json();
    assert_eq!(root["openapi"], "3.1.0");
    let mut answered = BTreeSet::new();
    let mut check = |path: &str, method: &str, reply: &tacit_tests::http::Reply| {
        let responses = &root["paths"][path][method]["responses"];
        let response = &responses[reply.status.to_string()];
        assert!(
            response.is_object(),
            "{path} answers {}, which is not described",
            reply.status
        );
        if let Some(content) = response["content"].as_object() {
            let media_type = &reply.headers["content-type"];
            let schema = &content
                .get(media_type)
                .unwrap_or_else(|| panic!("{path}: {media_type}"))["schema"];
            assert!(
                fits(schema, &reply.json(), &root),
                "{path}: {}",
                reply.json()
            );
        }
        answered.insert((path.to_owned(), reply.status));
    };
    for (path, methods) in root["paths"].as_object().unwrap() {
        if let Some(post) = methods.get("post") {
            let content = &post["requestBody"]["content"]["application/json"];
            let example = &content["example"];
            assert!(
                fits(&content["schema"], example, &root),
                "{path}: {example}"
            );
            check(path, "post", &server.post(path, example));
            check(path, "post", &server.call("POST", path, &[JSON], b"{"));
            check(
                path,
                "post",
                &server.call("POST", path, &[], example.to_string().as_bytes()),
            );
        } else {
            let mut filled = path.clone();
            for parameter in methods["get"]["parameters"]
                .as_array()
                .into_iter()
                .flatten()
            {
                let name = format!("{{{}}}", parameter["name"].as_str().unwrap());
                let example = &parameter["example"];
                let example = example
                    .as_str()
                    .map_or_else(|| example.to_string(), str::to_owned);
                let example = if example == "null" {
                    "suspension"
                } else {
                    &example
                };
                filled = filled.replace(&name, example);
            }
            check(path, "get", &server.get(&filled));
        }
    }
    // And what verifies, and what has a status.
    let issued = server.post(
        "/credentials/issue",
        &json!({"credential": credential(), "options": {"credentialStatus": "suspension"}}),
    );
    check("/credentials/issue", "post", &issued);
    check(
        "/credentials/verify",
        "post",
        &server.post("/credentials/verify", &issued.json()),
    );
    check(
        "/status/{purpose}/{list}",
        "get",
        &server.get("/status/suspension/0"),
    );
    let update = json!({"credentialStatus": issued.json()["credentialStatus"], "status": true});
    check(
        "/credentials/status",
        "post",
        &server.post("/credentials/status", &update),
    );
    check(
        "/credentials/verify",
        "post",
        &server.post("/credentials/verify", &issued.json()),
    );
    for (path, status) in [
        ("/credentials/issue", 201),
        ("/credentials/verify", 200),
        ("/credentials/status", 200),
        ("/status/{purpose}/{list}", 200),
        ("/1.0/identifiers/{did}", 200),
        ("/health", 200),
    ] {
        assert!(
            answered.contains(&(path.to_owned(), status)),
            "{path} {status}"
        );
    }
}

/// One request over TLS to a server whose certificate is this one.
fn over_tls(address: &str, certificate: &str, request: &[u8]) -> Vec<u8> {
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject;
    let mut roots = rustls::RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap())
        .unwrap();
    let config = rustls::ClientConfig::builder()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = "tacit.internal".try_into().unwrap();
    let client = rustls::ClientConnection::new(std::sync::Arc::new(config), name).unwrap();
    let mut stream =
        rustls::StreamOwned::new(client, std::net::TcpStream::connect(address).unwrap());
    stream.write_all(request).unwrap();
    let mut answer = Vec::new();
    // Servers may close without the last word of TLS.
    let _ = stream.read_to_end(&mut answer);
    answer
}

#[test]
fn beyond_this_machine_it_speaks_tls_and_nothing_else() {
    tacit_api::tls::install_provider();
    let bench = bench();
    let line = "tacit w3c serve --listen 0.0.0.0:0 --dir issuer --password-file pw --format json";
    let _running = bench.start("tls", line);
    let mut port = None;
    bench.wait_for("tls", Duration::from_secs(60), |dir| {
        let log = std::fs::read_to_string(dir.join("tls.log")).unwrap();
        let url = log.split('"').find(|text| text.starts_with("https://"));
        port = url.map(|url| url.rsplit(':').next().unwrap().to_owned());
        port.is_some()
    });
    let address = format!("127.0.0.1:{}", port.unwrap());
    let certificate = std::fs::read_to_string(bench.path().join("issuer/tls.crt")).unwrap();
    let request = b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    let answer = String::from_utf8(over_tls(&address, &certificate, request)).unwrap();
    assert!(
        answer.starts_with("HTTP/1.1 200") && answer.contains("serving"),
        "{answer}"
    );
    let mut plain = std::net::TcpStream::connect(&address).unwrap();
    plain.write_all(request).unwrap();
    let mut said = Vec::new();
    let _ = plain.read_to_end(&mut said);
    assert!(
        !said.starts_with(b"HTTP"),
        "{}",
        String::from_utf8_lossy(&said)
    );
}

#[test]
fn presentations_are_made_and_verified_at_the_command_line() {
    let bench = bench();
    let place = "--dir issuer --password-file pw";
    let write = |name: &str, value: &Value| {
        std::fs::write(bench.path().join(name), value.to_string()).unwrap()
    };
    write("card.json", &credential());
    bench.must(&format!(
        "tacit w3c issue {place} --suite rdfc --out card.vc.json card.json"
    ));
    let card = std::fs::read_to_string(bench.path().join("card.vc.json")).unwrap();
    let card: Value = serde_json::from_str(&card).unwrap();
    let presentation = json!({"@context": [V2], "type": ["VerifiablePresentation"], "verifiableCredential": [card]});
    write("shown.json", &presentation);
    bench.must(&format!("tacit w3c present {place} --challenge 3f2a --domain shop.example --out shown.vp.json shown.json"));
    let said = bench.must("tacit w3c verify shown.vp.json --challenge 3f2a --domain shop.example");
    assert!(
        said.starts_with("verified: signed by did:key:z6Mk"),
        "{said}"
    );
    for (line, reason) in [
        (
            "tacit w3c verify shown.vp.json --challenge other --domain shop.example",
            "PROOF_CHALLENGE",
        ),
        (
            "tacit w3c verify shown.vp.json --challenge 3f2a --domain other.example",
            "PROOF_DOMAIN",
        ),
        ("tacit w3c verify shown.json", "PROOF_NONE"),
        ("tacit w3c verify card.json", "VC_MISSING"),
        ("tacit w3c resolve did:example:1", "DID_METHOD_UNSUPPORTED"),
        ("tacit w3c resolve nonsense", "DID_INVALID"),
        ("tacit w3c resolve did:web:a.example", "DID_UNKNOWN"),
        (
            &format!("tacit w3c issue {place} --did tacit --out x card.json"),
            "USAGE",
        ),
        (
            &format!("tacit w3c issue {place} --status suspension --out x card.json"),
            "USAGE",
        ),
        (
            &format!("tacit w3c issue {place} --did web:A/b --out x card.json"),
            "USAGE",
        ),
        (
            &format!("tacit w3c issue {place} --suite ecdsa --out x card.json"),
            "USAGE",
        ),
        (
            &format!("tacit w3c status {place} --set suspension card.vc.json"),
            "STATUS_FOREIGN",
        ),
    ] {
        let error = bench.refused(line);
        assert!(
            error.starts_with(&format!("error: {reason}: ")),
            "{line}\n{error}"
        );
    }
    let did = card["issuer"].as_str().unwrap();
    assert!(
        bench
            .must(&format!("tacit w3c resolve {did}"))
            .contains("Multikey")
    );
}
