//! SD-JWT VCs over HTTP: issued, shown at the command line, verified, suspended; status lists of other issuers.

use serde_json::{Value, json};
use std::fs::{self, File};
use std::path::Path;
use std::time::{Duration, SystemTime};
use tacit_identity::public_key::PublicKey;
use tacit_identity::sd_jwt::status::StatusListToken;
use tacit_tests::http::{Reply, Server};
use tacit_tests::process::Workbench;
use tacit_tests::town::passwords;

const BASE: &str = "https://issuer.example";

fn bench() -> Workbench {
    let bench = Workbench::new(env!("CARGO_BIN_EXE_tacit-under-test"));
    passwords(&bench);
    for name in ["issuer", "holder"] {
        bench.must(&format!(
            "tacit issuer init --dir {name} --name {name} --password-file pw"
        ));
    }
    bench
}

fn holder_key(bench: &Workbench) -> Value {
    let document = bench.must("tacit w3c did --dir holder --password-file pw --format json");
    let document: Value = serde_json::from_str(&document).unwrap();
    let key = document["verificationMethod"][0]["publicKeyMultibase"].as_str();
    PublicKey::from_multibase(key.unwrap()).unwrap().to_jwk()
}

fn issue(server: &Server, options: Value) -> String {
    let claims = json!({"given_name": "Erika", "country": "DE"});
    let mut all = json!({"type": "https://issuer.example/person"});
    for (name, value) in options.as_object().unwrap() {
        all[name] = value.clone();
    }
    let reply = server.post("/sd-jwt/issue", &json!({"claims": claims, "options": all}));
    assert_eq!(reply.status, 201, "{}", reply.json());
    reply.text("credential")
}

fn verify(server: &Server, text: &str, options: Value) -> Reply {
    let body = json!({"presentation": text, "options": options});
    server.post("/sd-jwt/verify", &body)
}

/// Status of the answer, its reason, and the outcome of the credential's status with its reason.
fn said(reply: &Reply) -> (u16, String, String, String) {
    let body = reply.json();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let status = &body["statuses"][0];
    (
        reply.status,
        text(&body["reason"]),
        text(&status["outcome"]),
        text(&status["reason"]),
    )
}

fn expect(status: u16, reason: &str, outcome: &str, why: &str) -> (u16, String, String, String) {
    (
        status,
        reason.to_owned(),
        outcome.to_owned(),
        why.to_owned(),
    )
}

/// A token with another first character of its signature.
fn other_signature(jwt: &str) -> String {
    let (signed, signature) = jwt.rsplit_once('.').unwrap();
    let other = if signature.starts_with('A') { "B" } else { "A" };
    format!("{signed}.{other}{}", &signature[1..])
}

fn payload(text: &str) -> Value {
    let sd_jwt = tacit_identity::sd_jwt::SdJwt::parse(text).unwrap();
    Value::Object(sd_jwt.payload().clone())
}

#[test]
fn what_is_issued_over_http_is_shown_by_its_holder_and_verified_for_one_request() {
    let bench = bench();
    let server = Server::start(&bench, "w3c", "--dir issuer --password-file pw");
    let options = json!({"open": ["country"], "holderKey": holder_key(&bench)});
    let issued = issue(&server, options);
    fs::write(bench.path().join("bound.sd-jwt"), &issued).unwrap();
    bench.must(
        "tacit sd-jwt present bound.sd-jwt --dir holder --password-file pw --audience https://shop.example --nonce n-1 --out shown.sd-jwt",
    );
    let shown = fs::read_to_string(bench.path().join("shown.sd-jwt")).unwrap();
    let shown = shown.trim();
    let asked = json!({"audience": "https://shop.example", "nonce": "n-1"});
    let reply = verify(&server, shown, asked.clone());
    let report = reply.json();
    assert_eq!(reply.status, 200, "{report}");
    assert_eq!(report["claims"], json!({"country": "DE"}));
    assert_eq!(report["type"], "https://issuer.example/person");
    assert_eq!(report["issuer"], json!(server.issuer));
    assert_eq!(report["holderProven"], json!(true));
    assert_eq!(report["statuses"], json!([]));
    let checks = json!(["proof", "validity", "keyBinding", "status"]);
    assert_eq!(report["checks"], checks);
    // Each way to be wrong, by its reason.
    let (jwt, rest) = shown.split_once('~').unwrap();
    let unsigned = format!("{}~{rest}", other_signature(jwt));
    let disclosed = issued.split('~').nth(1).unwrap();
    for (what, text, options, reason) in [
        (
            "another nonce",
            shown,
            json!({"audience": "https://shop.example", "nonce": "n-2"}),
            "SD_JWT_KEY_BINDING",
        ),
        (
            "another audience",
            shown,
            json!({"audience": "https://b.example", "nonce": "n-1"}),
            "SD_JWT_KEY_BINDING",
        ),
        (
            "a binding that nobody asked for",
            shown,
            json!({}),
            "SD_JWT_KEY_BINDING",
        ),
        ("no binding", &issued, asked.clone(), "SD_JWT_KEY_BINDING"),
        (
            "one more claim than was bound",
            &format!("{jwt}~{disclosed}~{}", rest.rsplit('~').next().unwrap()),
            asked.clone(),
            "SD_JWT_KEY_BINDING",
        ),
        (
            "another signature",
            &unsigned,
            asked.clone(),
            "SD_JWT_SIGNATURE",
        ),
        ("no SD-JWT", "person", asked.clone(), "SD_JWT_INVALID"),
        (
            "a nonce for nobody",
            shown,
            json!({"nonce": "n-1"}),
            "ARGUMENT_INVALID",
        ),
    ] {
        let reply = verify(&server, text, options);
        assert_eq!(
            (reply.status, reply.text("reason").as_str()),
            (400, reason),
            "{what}: {}",
            reply.json()
        );
        assert!(!reply.json().to_string().contains("Erika"), "{what}");
    }
    let times = |from: &str, until: &str| json!({"validFrom": from, "validUntil": until});
    for (times, reason) in [
        (
            times("2020-01-01T00:00:00Z", "2021-01-01T00:00:00Z"),
            "SD_JWT_NO_LONGER_VALID",
        ),
        (
            times("2090-01-01T00:00:00Z", "2091-01-01T00:00:00Z"),
            "SD_JWT_NOT_YET_VALID",
        ),
    ] {
        let reply = verify(&server, &issue(&server, times), json!({}));
        assert_eq!(reply.text("reason"), reason);
    }
    // An issuer whose key nobody here knows.
    let arguments = "--dir issuer --password-file pw --did web:issuer.example";
    let web = Server::start(&bench, "web", arguments);
    let reply = verify(&server, &issue(&web, json!({})), json!({}));
    assert_eq!(reply.text("reason"), "SD_JWT_KEY_UNKNOWN");
    // Who has not the token issues nothing; who does not issue, neither.
    let body = json!({"claims": {}, "options": {"type": "urn:x"}}).to_string();
    let json_type = "Content-Type: application/json";
    let reply = server.call("POST", "/sd-jwt/issue", &[json_type], body.as_bytes());
    assert_eq!(
        (reply.status, reply.text("reason").as_str()),
        (401, "TOKEN_INVALID")
    );
    let verifier = Server::start(&bench, "verifier", "");
    let reply = verifier.post(
        "/sd-jwt/issue",
        &json!({"claims": {}, "options": {"type": "urn:x"}}),
    );
    assert_eq!(reply.status, 403);
    for bad in [
        json!({"claims": {"iss": "did:example:me"}, "options": {"type": "urn:x"}}),
        json!({"claims": {"_sd": []}, "options": {"type": "urn:x"}}),
        json!({"claims": [], "options": {"type": "urn:x"}}),
        json!({"claims": {}, "options": {}}),
        json!({"claims": {}}),
    ] {
        assert_eq!(server.post("/sd-jwt/issue", &bad).status, 400, "{bad}");
    }
}

/// Puts a list into a folder, under its URL, as fetched so many seconds ago.
fn put(bench: &Workbench, path: &str, list: &[u8], age: u64) {
    let path = bench.path().join("lists/issuer.example").join(path);
    fs::create_dir_all(path.parent().unwrap_or(Path::new("."))).unwrap();
    fs::write(&path, list).unwrap();
    let file = File::options().write(true).open(&path).unwrap();
    let at = SystemTime::now() - Duration::from_secs(age);
    file.set_modified(at).unwrap();
}

#[test]
fn statuses_of_other_issuers_are_known_from_lists_and_from_nothing_else() {
    let bench = bench();
    let arguments = format!("--dir issuer --password-file pw --url {BASE}");
    let server = Server::start(&bench, "w3c", &arguments);
    let verifier = Server::start(&bench, "verifier", "--lists lists");
    let token_path = "status-tokens/suspension/0";
    let suspended = json!({"credentialStatus": "suspension"});
    let (one, two) = (issue(&server, suspended.clone()), issue(&server, suspended));
    let claim = payload(&one)["status"].clone();
    assert_eq!(
        claim,
        json!({"status_list": {"idx": 0, "uri": format!("{BASE}/{token_path}")}})
    );
    let fetch = |path: &str| {
        let reply = server.get(&format!("/{path}"));
        assert_eq!(reply.status, 200);
        reply
    };
    let list = fetch(token_path);
    assert_eq!(list.headers["content-type"], "application/statuslist+jwt");
    let clear = String::from_utf8(list.body).unwrap();
    let read = StatusListToken::read(&clear).unwrap();
    assert_eq!(read.uri, format!("{BASE}/{token_path}"));
    assert_eq!((read.list.bits().bits(), read.list.len()), (2, 131_072));
    assert!(read.ttl_secs.is_some() && read.expires > Some(read.issued_at));
    let set = json!({"credentialStatus": claim, "status": true});
    assert_eq!(server.post("/credentials/status", &set).status, 200);
    let full = String::from_utf8(fetch(token_path).body).unwrap();
    assert_eq!(StatusListToken::read(&full).unwrap().list.get(0), Some(2));
    // At the issuer itself.
    let valid = expect(200, "", "valid", "");
    let refused = expect(400, "VC_STATUS_SET", "", "");
    assert_eq!(said(&verify(&server, &one, json!({}))), refused);
    assert_eq!(said(&verify(&server, &two, json!({}))), valid);
    // Elsewhere: unknown, until a list is there.
    let unknown = |why| expect(200, "", "unknown", why);
    let missing = unknown("STATUS_LIST_MISSING");
    let with = |list: &str| json!({"statusLists": [list]});
    for credential in [&one, &two] {
        assert_eq!(said(&verify(&verifier, credential, json!({}))), missing);
    }
    assert_eq!(said(&verify(&verifier, &one, with(&full))), refused);
    assert_eq!(said(&verify(&verifier, &two, with(&full))), valid);
    assert_eq!(said(&verify(&verifier, &one, with(&clear))), valid);
    // A list that somebody changed says nothing.
    let changed = other_signature(&full);
    assert_eq!(
        said(&verify(&verifier, &one, with(&changed))),
        unknown("STATUS_LIST_UNVERIFIABLE")
    );
    // From the folder, which counts more than what comes along.
    put(&bench, token_path, full.as_bytes(), 0);
    assert_eq!(said(&verify(&verifier, &one, json!({}))), refused);
    assert_eq!(said(&verify(&verifier, &one, with(&clear))), refused);
    assert_eq!(said(&verify(&verifier, &two, json!({}))), valid);
    put(&bench, token_path, full.as_bytes(), 120);
    for credential in [&one, &two] {
        let stale = unknown("STATUS_LIST_STALE");
        assert_eq!(said(&verify(&verifier, credential, json!({}))), stale);
    }
    // At the command line.
    put(&bench, token_path, full.as_bytes(), 0);
    fs::write(bench.path().join("one.sd-jwt"), &one).unwrap();
    fs::write(bench.path().join("two.sd-jwt"), &two).unwrap();
    let error = bench.refused("tacit sd-jwt verify one.sd-jwt --lists lists");
    assert!(error.starts_with("error: VC_STATUS_SET"), "{error}");
    let text = bench.must("tacit sd-jwt verify two.sd-jwt --lists lists");
    assert!(text.contains("status status_list: valid"), "{text}");
    bench.must("tacit sd-jwt status --dir issuer --password-file pw one.sd-jwt --clear suspension");
    assert_eq!(said(&verify(&server, &one, json!({}))), valid);
    w3c(&bench, &server, &verifier);
}

/// The same for credentials of the W3C, and for presentations of them.
fn w3c(bench: &Workbench, server: &Server, verifier: &Server) {
    let path = "status/suspension/0";
    let document = json!({
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "type": ["VerifiableCredential"],
        "credentialSubject": {"id": "did:example:subject"}
    });
    let body = json!({"credential": document, "options": {"credentialStatus": "suspension"}});
    let credential = server.post("/credentials/issue", &body).json();
    let verify = |lists: Value| {
        let body = json!({"verifiableCredential": credential, "options": {"statusLists": lists}});
        said(&verifier.post("/credentials/verify", &body))
    };
    let list = |set: bool| {
        let entry = &credential["credentialStatus"];
        let body = json!({"credentialStatus": entry, "status": set});
        assert_eq!(server.post("/credentials/status", &body).status, 200);
        server.get(&format!("/{path}")).json()
    };
    let missing = expect(200, "", "unknown", "STATUS_LIST_MISSING");
    assert_eq!(verify(json!([])), missing);
    let clear = list(false);
    assert_eq!(verify(json!([clear])), expect(200, "", "valid", ""));
    let full = list(true);
    let refused = expect(400, "VC_STATUS_SET", "", "");
    assert_eq!(verify(json!([full])), refused);
    let mut changed = full.clone();
    changed["validUntil"] = json!("2090-01-01T00:00:00Z");
    assert_eq!(
        verify(json!([changed])),
        expect(200, "", "unknown", "STATUS_LIST_UNVERIFIABLE")
    );
    // A list that does not say under which URL it stands cannot be given along.
    let mut nameless = full.clone();
    nameless.as_object_mut().unwrap().remove("id");
    assert_eq!(verify(json!([nameless])).1, "ARGUMENT_INVALID");
    put(bench, path, full.to_string().as_bytes(), 0);
    assert_eq!(verify(json!([])), refused);
    put(bench, path, full.to_string().as_bytes(), 120);
    assert_eq!(
        verify(json!([])),
        expect(200, "", "unknown", "STATUS_LIST_STALE")
    );
    put(bench, path, b"{}", 0);
    assert_eq!(verify(json!([])).2, "unknown");
    put(bench, path, full.to_string().as_bytes(), 0);
    fs::write(bench.path().join("vc.json"), credential.to_string()).unwrap();
    let error = bench.refused("tacit w3c verify vc.json --lists lists");
    assert!(error.starts_with("error: VC_STATUS_SET"), "{error}");
}
