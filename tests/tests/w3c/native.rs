//! This system's own credentials, shown in plain by their subject and verified with their status on the ledger.

use serde_json::{Value, json};
use std::fs;
use tacit_tests::http::{Reply, Server};
use tacit_tests::town::{Town, at};

fn verify(server: &Server, presentation: &Value, options: &Value) -> Reply {
    let body = json!({"verifiablePresentation": presentation, "options": options});
    server.post("/presentations/verify", &body)
}

#[test]
fn a_holder_presents_as_its_subject_and_an_ended_leaf_is_revoked() {
    let town = Town::found(env!("CARGO_BIN_EXE_tacit-under-test"));
    let bench = &town.bench;
    let wallet = at("wallet");
    let present = |out: &str| {
        bench.must(&format!(
            "tacit wallet present {wallet} --challenge c-1 --domain https://shop.example --out {out}"
        ));
        let text = fs::read(bench.path().join(out)).unwrap();
        serde_json::from_slice::<Value>(&text).unwrap()
    };
    let (one, two) = (present("one.json"), present("two.json"));
    let holder = one["holder"].as_str().unwrap();
    assert!(holder.starts_with("did:key:z6Mk"));
    let credential = &one["verifiableCredential"][0];
    assert_eq!(credential["credentialSubject"]["id"], one["holder"]);
    assert_eq!(one["holder"], two["holder"]);
    // The opening never leaves the wallet.
    assert!(!one.to_string().contains("opening") && !one.to_string().contains("salt"));
    let server = Server::start(bench, "w3c", "--net net");
    let asked = json!({
        "challenge": "c-1", "domain": "https://shop.example", "holderBinding": true
    });
    let reply = verify(&server, &one, &asked);
    let report = reply.json();
    assert_eq!(reply.status, 200, "{report}");
    assert_eq!(report["holder"], one["holder"]);
    let valid = json!([{"purpose": "revocation", "outcome": "valid"}]);
    assert_eq!(report["statuses"], valid);
    let checks = json!(["proof", "validity", "holderBinding", "status"]);
    assert_eq!(report["checks"], checks);
    let line = "tacit w3c verify one.json --net net --challenge c-1 --domain https://shop.example --holder-binding";
    let said = bench.must(line);
    assert!(said.contains("status revocation: valid"), "{said}");
    // Another challenge; somebody else who shows it, with an organisation's key.
    let other = json!({"challenge": "c-2", "domain": "https://shop.example"});
    assert_eq!(
        verify(&server, &one, &other).text("reason"),
        "PROOF_CHALLENGE"
    );
    let borrowed = json!({
        "@context": one["@context"], "type": one["type"], "verifiableCredential": [credential]
    });
    fs::write(bench.path().join("borrowed.json"), borrowed.to_string()).unwrap();
    bench.must(
        "tacit w3c present --dir issuer --password-file pw borrowed.json --challenge c-1 --domain https://shop.example --out thief.json",
    );
    let thief = fs::read(bench.path().join("thief.json")).unwrap();
    let thief: Value = serde_json::from_slice(&thief).unwrap();
    assert_eq!(
        verify(&server, &thief, &asked).text("reason"),
        "VP_NOT_THE_SUBJECT"
    );
    // Presented to nobody in particular, it is a credential like others.
    let alone = server.post("/credentials/verify", credential);
    assert_eq!(alone.json()["statuses"], valid);
    let misplaced = json!({"verifiableCredential": credential, "options": {"holderBinding": true}});
    let refused = server.post("/credentials/verify", &misplaced);
    assert_eq!(refused.text("reason"), "ARGUMENT_INVALID");
    // Ended by its holder: revoked for everybody, and not presented any more.
    let list = bench.must(&format!("tacit wallet list {wallet} --format json"));
    let list: Value = serde_json::from_str(&list).unwrap();
    let number = &list["credentials"][0]["number"];
    bench.must(&format!(
        "tacit wallet revoke {wallet} --credential {number}"
    ));
    let reply = verify(&server, &one, &asked);
    assert_eq!(
        (reply.status, reply.text("reason").as_str()),
        (400, "VC_STATUS_SET"),
        "{}",
        reply.json()
    );
    let ended = bench.refused(&format!(
        "tacit wallet present {wallet} --challenge c --domain d --out x"
    ));
    assert!(ended.starts_with("error: CREDENTIAL_REVOKED"), "{ended}");
}
