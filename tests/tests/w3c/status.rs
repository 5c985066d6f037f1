//! Status lists: revocation is what the ledger says, suspension what the issuer's folder says.

use serde_json::{Value, json};
use tacit_api::auth::client::Credentials;
use tacit_api::cli::password::PasswordSource;
use tacit_api::client::connect::{Connection, connect};
use tacit_api::errors::ApiError;
use tacit_api::follower::Follower;
use tacit_api::member::Secrets;
use tacit_api::net::{Kind, NetDir};
use tacit_circuits::types::Position;
use tacit_identity::sd_jwt::SdJwt;
use tacit_identity::sd_jwt::status::StatusListToken;
use tacit_ledger::text::Name;
use tacit_proto::v1::credential_service_client::CredentialServiceClient;
use tacit_proto::v1::{
    GetStatusListRequest, GetStatusListTokenRequest, IssueSdJwtRequest, SetCredentialStatusRequest,
    SignCredentialRequest, VerifyCredentialRequest, VerifyPresentationRequest, VerifySdJwtRequest,
};
use tacit_tests::http::{Reply, Server};
use tacit_tests::process::Workbench;
use tacit_tests::town::{at, passwords};
use tacit_w3c::status::{Bitstring, EntrySize};

const V2: &str = "https://www.w3.org/ns/credentials/v2";

fn issue(server: &Server, status: Value) -> Value {
    let credential = json!({
        "@context": [V2],
        "type": ["VerifiableCredential"],
        "credentialSubject": {"id": "did:example:subject"}
    });
    let body = json!({"credential": credential, "options": {"credentialStatus": status}});
    let reply = server.post("/credentials/issue", &body);
    assert_eq!(reply.status, 201, "{}", reply.json());
    reply.json()
}

fn issue_sd_jwt(server: &Server, status: Value) -> String {
    let options = json!({"type": "urn:example:person", "credentialStatus": status});
    let body = json!({"claims": {"country": "DE"}, "options": options});
    let reply = server.post("/sd-jwt/issue", &body);
    assert_eq!(reply.status, 201, "{}", reply.json());
    reply.text("credential")
}

fn set(server: &Server, entry: &Value, status: bool) -> Reply {
    server.post(
        "/credentials/status",
        &json!({"credentialStatus": entry, "status": status}),
    )
}

fn outcomes(server: &Server, credential: &Value) -> (u16, String, Vec<(String, String)>) {
    let reply = server.post("/credentials/verify", credential);
    let body = reply.json();
    let text = |value: &Value, name: &str| value[name].as_str().unwrap_or_default().to_owned();
    let statuses = body["statuses"].as_array().cloned().unwrap_or_default();
    let statuses = statuses
        .iter()
        .map(|s| (text(s, "purpose"), text(s, "outcome")))
        .collect();
    (reply.status, text(&body, "reason"), statuses)
}

fn pairs(of: &[(&str, &str)]) -> Vec<(String, String)> {
    of.iter()
        .map(|(a, b)| ((*a).to_owned(), (*b).to_owned()))
        .collect()
}

fn bits(server: &Server, path: &str) -> Bitstring {
    let list = server.get(path).json();
    let subject = &list["credentialSubject"];
    assert_eq!(list["issuer"], json!(server.issuer));
    assert_eq!(subject["type"], "BitstringStatusList");
    assert!(
        list["type"]
            .as_array()
            .unwrap()
            .contains(&json!("BitstringStatusListCredential"))
    );
    assert!(list["validUntil"].is_string() && subject["ttl"].is_u64());
    assert_eq!(server.post("/credentials/verify", &list).status, 200);
    Bitstring::decode(subject["encodedList"].as_str().unwrap(), EntrySize::BIT).unwrap()
}

#[test]
fn a_suspension_comes_and_goes_and_needs_no_chain() {
    let bench = Workbench::new(env!("CARGO_BIN_EXE_tacit-under-test"));
    passwords(&bench);
    bench.must("tacit issuer init --dir issuer --name Registry --password-file pw");
    let arguments = "--dir issuer --password-file pw --url https://issuer.example";
    let server = Server::start(&bench, "w3c", arguments);
    let (one, two) = (
        issue(&server, json!("suspension")),
        issue(&server, json!(["suspension"])),
    );
    let entry = &one["credentialStatus"];
    assert_eq!(entry["type"], "BitstringStatusListEntry");
    assert_eq!(
        entry["statusListCredential"],
        "https://issuer.example/status/suspension/0"
    );
    assert_eq!(
        (
            entry["statusListIndex"].as_str(),
            two["credentialStatus"]["statusListIndex"].as_str()
        ),
        (Some("0"), Some("1"))
    );
    let valid = (200, String::new(), pairs(&[("suspension", "valid")]));
    assert_eq!(outcomes(&server, &one), valid);
    assert_eq!(set(&server, entry, true).status, 200);
    assert_eq!(
        outcomes(&server, &one),
        (400, "VC_STATUS_SET".to_owned(), Vec::new())
    );
    assert_eq!(outcomes(&server, &two), valid);
    // Only when the verifier asks for it.
    let body = json!({"verifiableCredential": one, "options": {"checks": ["proof"]}});
    assert_eq!(server.post("/credentials/verify", &body).status, 200);
    let list = bits(&server, "/status/suspension/0");
    assert_eq!((list.get(0), list.get(1)), (Some(1), Some(0)));
    assert_eq!(set(&server, entry, false).status, 200);
    assert_eq!(outcomes(&server, &one), valid);
    // The command line does the same, to the same folder.
    std::fs::write(bench.path().join("one.json"), one.to_string()).unwrap();
    let place = "--dir issuer --password-file pw one.json";
    bench.must(&format!("tacit w3c status {place} --set suspension"));
    assert_eq!(bits(&server, "/status/suspension/0").get(0), Some(1));
    bench.must(&format!("tacit w3c status {place} --clear suspension"));
    assert_eq!(bits(&server, "/status/suspension/0").get(0), Some(0));
    // A verifier that has not the list says that it does not know.
    let elsewhere = Server::start(&bench, "elsewhere", "");
    assert_eq!(
        outcomes(&elsewhere, &one),
        (200, String::new(), pairs(&[("suspension", "unknown")]))
    );
    // Entries that are not this issuer's, or were never given out.
    for (member, value) in [
        ("statusListIndex", "2"),
        ("statusListIndex", "131072"),
        (
            "statusListCredential",
            "https://other.example/status/suspension/0",
        ),
        (
            "statusListCredential",
            "https://issuer.example/status/suspension/1",
        ),
        (
            "statusListCredential",
            "https://issuer.example/status/revocation/0",
        ),
        ("statusPurpose", "revocation"),
    ] {
        let mut changed = entry.clone();
        changed.as_object_mut().unwrap().remove("id");
        changed[member] = json!(value);
        assert_eq!(set(&server, &changed, true).status, 404, "{member} {value}");
    }
    assert_eq!(set(&server, &json!({"type": "Other"}), true).status, 400);
    // Revocation stands on a chain, and this issuer has none.
    let options = json!({"credential": {"@context": [V2], "type": ["VerifiableCredential"],
        "credentialSubject": {"id": "did:example:s"}}, "options": {"credentialStatus": "revocation"}});
    assert_eq!(
        server.post("/credentials/issue", &options).text("reason"),
        "ISSUING_NOT_HERE"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_revocation_list_is_the_ledgers_ended_bits() {
    let bench = Workbench::new(env!("CARGO_BIN_EXE_tacit-under-test"));
    passwords(&bench);
    bench.must(&format!("tacit node init {}", at("node")));
    let _node = bench.serve("node", &format!("tacit node run {}", at("node")));
    for name in ["issuer", "other"] {
        bench.must(&format!(
            "tacit issuer init --dir {name} --name 'The {name}' --password-file pw"
        ));
        bench.must(&format!(
            "tacit node register {} {name}/member.json",
            at("node")
        ));
    }
    let server = Server::start(
        &bench,
        "w3c",
        &format!("{} --did tacit --grpc 127.0.0.1:0", at("issuer")),
    );
    let other = Server::start(&bench, "other-w3c", &at("other"));
    assert!(server.issuer.starts_with("did:tacit:"));
    let both = json!(["revocation", "suspension"]);
    let (one, two) = (issue(&server, both.clone()), issue(&server, both.clone()));
    let foreign = issue(&other, json!("revocation"));
    let entry = &one["credentialStatus"][0];
    assert_eq!(entry["statusPurpose"], "revocation");
    let valid = (
        200,
        String::new(),
        pairs(&[("revocation", "valid"), ("suspension", "valid")]),
    );
    assert_eq!(outcomes(&server, &one), valid);
    // Its DID is resolved from the chain, with the proof.
    let result = server
        .get(&format!("/1.0/identifiers/{}", server.issuer))
        .json();
    assert_eq!(result["didDocument"]["id"], json!(server.issuer));
    assert_eq!(result["didDocumentMetadata"]["versionId"], "1");
    assert!(result["didDocumentMetadata"]["created"].is_string());
    let proof = &result["didResolutionMetadata"]["proof"][0];
    assert_eq!(proof["type"], "TacitStateBundle");
    std::fs::write(
        bench.path().join("proof.json"),
        proof["bundle"].as_str().unwrap(),
    )
    .unwrap();
    bench.must("tacit verify proof.json --net net");
    let unknown = format!("{}9", server.issuer);
    assert_eq!(
        server.get(&format!("/1.0/identifiers/{unknown}")).status,
        404
    );
    // Somebody else's leaf is not ended by this issuer.
    let mut changed = foreign["credentialStatus"].clone();
    changed.as_object_mut().unwrap().remove("id");
    changed["statusListCredential"] = entry["statusListCredential"].clone();
    let refused = set(&server, &changed, true);
    assert_eq!(
        (refused.status, refused.text("reason").as_str()),
        (403, "NOT_CONTROLLER")
    );
    // Revoked: at once in the list, and for good.
    assert_eq!(set(&server, entry, true).status, 200);
    assert_eq!(
        outcomes(&server, &one),
        (400, "VC_STATUS_SET".to_owned(), Vec::new())
    );
    assert_eq!(outcomes(&server, &two), valid);
    let back = set(&server, entry, false);
    assert_eq!(
        (back.status, back.text("reason").as_str()),
        (400, "STATUS_FINAL")
    );
    // Ended by another issuer, through the same ledger, at the command line.
    std::fs::write(bench.path().join("foreign.json"), foreign.to_string()).unwrap();
    bench.must(&format!(
        "tacit w3c status {} foreign.json --set revocation",
        at("other")
    ));
    // The whole list is the ledger's bits, position by position.
    let follower = Follower::connect(&NetDir::new(bench.path().join("net")), None)
        .await
        .unwrap();
    let anchor = follower.anchor().await.unwrap();
    let shard = follower.ended_shard(&anchor, 0).await.unwrap();
    let list = bits(&server, "/status/revocation/0");
    let mut ended = Vec::new();
    for position in 0..131_072u32 {
        let on_ledger = shard.is_ended(Position(position)).unwrap();
        assert_eq!(
            list.get(u64::from(position)),
            Some(u8::from(on_ledger)),
            "{position}"
        );
        if on_ledger {
            ended.push(position);
        }
    }
    let index = |value: &Value| {
        value["statusListIndex"]
            .as_str()
            .unwrap()
            .parse::<u32>()
            .unwrap()
    };
    let mut expected = vec![index(entry), index(&foreign["credentialStatus"])];
    expected.sort_unstable();
    assert_eq!(ended, expected);
    // So is the Token Status List, where a credential of one reference can be suspended too.
    let person = issue_sd_jwt(&server, json!("revocation"));
    let both = issue_sd_jwt(&server, both.clone());
    let reference = |sd_jwt: &str| {
        let sd_jwt = SdJwt::parse(sd_jwt).unwrap();
        sd_jwt.payload()["status"].clone()
    };
    let stands = |sd_jwt: &str| {
        let reply = server.post("/sd-jwt/verify", &json!({"presentation": sd_jwt}));
        let outcome = reply.json()["statuses"][0]["outcome"].clone();
        (reply.status, reply.text("reason"), outcome)
    };
    let clear = (200, String::new(), json!("valid"));
    let stopped = (400, "VC_STATUS_SET".to_owned(), json!(null));
    let change = |sd_jwt: &str, purpose: &str, status: bool| {
        let body = json!({
            "credentialStatus": reference(sd_jwt), "statusPurpose": purpose, "status": status
        });
        server.post("/credentials/status", &body)
    };
    assert_eq!(
        (stands(&person), stands(&both)),
        (clear.clone(), clear.clone())
    );
    assert_eq!(change(&both, "suspension", true).status, 200);
    assert_eq!(
        (stands(&person), stands(&both)),
        (clear.clone(), stopped.clone())
    );
    assert_eq!(change(&both, "suspension", false).status, 200);
    assert_eq!(stands(&both), clear);
    assert_eq!(change(&both, "suspension", true).status, 200);
    assert_eq!(change(&person, "revocation", true).status, 200);
    assert_eq!(stands(&person), stopped);
    let back = change(&person, "revocation", false);
    assert_eq!(back.text("reason"), "STATUS_FINAL");
    let place = |sd_jwt: &str| reference(sd_jwt)["status_list"]["idx"].as_u64().unwrap();
    let anchor = follower.anchor().await.unwrap();
    let shard = follower.ended_shard(&anchor, 0).await.unwrap();
    let token = server.get("/status-tokens/revocation/0");
    let token = StatusListToken::read(&String::from_utf8(token.body).unwrap()).unwrap();
    let list = bits(&server, "/status/revocation/0");
    for position in 0..131_072u32 {
        let ended = u8::from(shard.is_ended(Position(position)).unwrap());
        let index = u64::from(position);
        let expected = if index == place(&both) { 2 } else { ended };
        assert_eq!(token.list.get(index), Some(expected), "{position}");
        assert_eq!(list.get(index), Some(ended), "{position}");
    }
    assert_eq!(token.list.get(place(&person)), Some(1));
    assert_eq!(server.get("/status-tokens/revocation/1").status, 404);
    // Lists of positions that no leaf has are not made.
    for beyond in [1, 32_767] {
        let path = format!("/status/revocation/{beyond}");
        assert_eq!(server.get(&path).status, 404);
    }
    assert_eq!(server.get("/status/revocation/32768").status, 404);
    // Anybody with the chain verifies at the command line what the issuer signed.
    std::fs::write(bench.path().join("two.json"), two.to_string()).unwrap();
    let said = bench.must("tacit w3c verify two.json --net net");
    assert!(
        said.contains("verified: signed by did:tacit:") && said.contains("unknown"),
        "{said}"
    );
    assert!(
        bench
            .refused("tacit w3c verify two.json")
            .contains("PROOF_METHOD_UNKNOWN")
    );
    over_grpc(&bench, &two).await;
}

/// A member's client of the gRPC service.
async fn client(bench: &Workbench, role: &str) -> CredentialServiceClient<Connection> {
    let net = NetDir::new(bench.path().join("net"));
    let password = PasswordSource::new(Some(bench.path().join("pw")));
    let secrets = Secrets::open(&bench.path().join(role), &password).unwrap();
    let follower = Follower::connect(&net, None).await.unwrap();
    let name = Name::new(format!("The {role}")).unwrap();
    let member = follower.member_named(&name).await.unwrap().unwrap();
    let credentials = Credentials::member(member.id, secrets.signing());
    let endpoint = net.endpoint(Kind::W3c).unwrap();
    let connection = connect(&endpoint, Some(credentials)).await.unwrap();
    CredentialServiceClient::new(connection)
}

/// The same service over gRPC: anybody verifies, only the issuer itself signs.
async fn over_grpc(bench: &Workbench, credential: &Value) {
    let bytes = |value: &Value| value.to_string().into_bytes().into();
    let mut issuer = client(bench, "issuer").await;
    let mut other = client(bench, "other").await;
    let reason = |status: tonic::Status| ApiError::from(status).code().to_owned();
    let verify = |value: &Value| VerifyCredentialRequest {
        credential: bytes(value),
        options: Vec::new().into(),
    };
    let report = other
        .verify_credential(verify(credential))
        .await
        .unwrap()
        .into_inner();
    let report: Value = serde_json::from_slice(&report.report).unwrap();
    assert_eq!(report["statuses"][0]["outcome"], "valid");
    let mut changed = credential.clone();
    changed["credentialSubject"]["id"] = json!("did:example:other");
    let refused = other.verify_credential(verify(&changed)).await.unwrap_err();
    assert_eq!(reason(refused), "PROOF_SIGNATURE");
    let mut document = credential.clone();
    document.as_object_mut().unwrap().remove("proof");
    let sign = SignCredentialRequest {
        credential: bytes(&document),
        options: bytes(&json!({"cryptosuite": "eddsa-rdfc-2022"})),
    };
    let refused = other.sign_credential(sign.clone()).await.unwrap_err();
    assert_eq!(reason(refused), "CALLER_NOT_ALLOWED");
    let signed = issuer.sign_credential(sign).await.unwrap().into_inner();
    let signed: Value = serde_json::from_slice(&signed.credential).unwrap();
    other.verify_credential(verify(&signed)).await.unwrap();
    let suspend = SetCredentialStatusRequest {
        entry: bytes(&credential["credentialStatus"][1]),
        value: true,
        purpose: String::new(),
    };
    let refused = other
        .set_credential_status(suspend.clone())
        .await
        .unwrap_err();
    assert_eq!(reason(refused), "CALLER_NOT_ALLOWED");
    issuer.set_credential_status(suspend).await.unwrap();
    let refused = other.verify_credential(verify(&signed)).await.unwrap_err();
    assert_eq!(reason(refused), "VC_STATUS_SET");
    let list = |list| GetStatusListRequest {
        purpose: "suspension".to_owned(),
        list,
    };
    let found = other.get_status_list(list(0)).await.unwrap().into_inner();
    let found: Value = serde_json::from_slice(&found.list).unwrap();
    assert_eq!(found["credentialSubject"]["statusPurpose"], "suspension");
    assert_eq!(
        reason(other.get_status_list(list(1)).await.unwrap_err()),
        "NOT_FOUND"
    );
    let presentation = VerifyPresentationRequest {
        presentation: bytes(&json!({"@context": [V2], "type": ["VerifiablePresentation"]})),
        options: Vec::new().into(),
    };
    let refused = other.verify_presentation(presentation).await.unwrap_err();
    assert_eq!(reason(refused), "PROOF_NONE");
    // SD-JWTs: the same checks of who may do what.
    let issue = IssueSdJwtRequest {
        claims: bytes(&json!({"country": "DE"})),
        options: bytes(&json!({"type": "urn:example:person", "credentialStatus": "suspension"})),
    };
    let refused = other.issue_sd_jwt(issue.clone()).await.unwrap_err();
    assert_eq!(reason(refused), "CALLER_NOT_ALLOWED");
    let issued = issuer.issue_sd_jwt(issue).await.unwrap().into_inner();
    let verify = |text: &str, options: Value| VerifySdJwtRequest {
        presentation: text.to_owned(),
        options: bytes(&options),
    };
    let report = other
        .verify_sd_jwt(verify(&issued.credential, json!({})))
        .await;
    let report: Value = serde_json::from_slice(&report.unwrap().into_inner().report).unwrap();
    assert_eq!(report["claims"], json!({"country": "DE"}));
    assert_eq!(report["statuses"][0]["outcome"], "valid");
    let bound = verify(&issued.credential, json!({"audience": "a", "nonce": "n"}));
    let refused = other.verify_sd_jwt(bound).await.unwrap_err();
    assert_eq!(reason(refused), "SD_JWT_KEY_BINDING");
    let token = |list| GetStatusListTokenRequest {
        purpose: "suspension".to_owned(),
        list,
    };
    let found = other.get_status_list_token(token(0)).await.unwrap();
    let found = StatusListToken::read(&found.into_inner().token).unwrap();
    assert!(found.uri.ends_with("/status-tokens/suspension/0"));
    let none = other.get_status_list_token(token(1)).await.unwrap_err();
    assert_eq!(reason(none), "NOT_FOUND");
}
