//! What the vault and the ledger refuse to whom, over gRPC, with the reason: receipts of others, replayed, changed or made up;
//! reading after the end of grant, record, time and uses.

use std::time::{Duration, SystemTime};

use serde_json::Value;
use tacit_api::auth::client::Credentials;
use tacit_api::cli::output::{Format, Output};
use tacit_api::cli::password::PasswordSource;
use tacit_api::client::connect::{Connection, connect};
use tacit_api::errors::ApiError;
use tacit_api::member::Secrets;
use tacit_api::net::{Kind, NetDir};
use tacit_api::platform::Platform;
use tacit_circuits::commit::ReceiptOpening;
use tacit_circuits::types::{MemberId, Receipt};
use tacit_ledger::codec::{decode_slice, encode_vec};
use tacit_proto::v1;
use tacit_proto::v1::sharing_service_client::SharingServiceClient;
use tacit_tests::cast::read;
use tacit_tests::town::Town;
use tacit_tests::wiretap::Wiretap;
use tacit_vault::ids::{SessionKey, VaultIdentity};
use tacit_vault::object::ObjectId;

const FETCH: &str = "/tacit.v1.SharingService/FetchObject";
const RELAY_ACCESS: &str = "/tacit.v1.SharingService/RelayAccess";
const ACKNOWLEDGE: &str = "/tacit.v1.SharingService/AcknowledgeFetch";

struct World {
    town: Town,
    at_vault: Wiretap,
    runtime: tokio::runtime::Runtime,
}

/// A request and its grant.
struct Shared {
    request: String,
    grant: u64,
    record: u64,
    not_after: u64,
}

impl World {
    /// A document, a request for it, and the person's yes.
    fn share(&self, name: &str, more: &str) -> Shared {
        let town = &self.town;
        std::fs::write(town.bench.path().join(name), format!("document {name}")).unwrap();
        let put = town.must(
            "wallet",
            &format!("wallet put {name} --category official-id"),
        );
        let record = put["number"].as_u64().unwrap();
        town.must(
            "wallet",
            &format!("wallet contact --label shop --out {name}.contact"),
        );
        let asked = town.must(
            "shop",
            &format!(
                "platform request --inbox {name}.contact --purpose identity-verification \
                 --categories official-id --uses 3"
            ),
        );
        town.must("wallet", "wallet requests");
        let approved = town.must(
            "wallet",
            &format!("wallet approve --latest --record {record} {more}"),
        );
        let request = asked["request"].as_str().unwrap().to_owned();
        let stands = town.must("shop", &format!("platform watch {request}"));
        assert_eq!(stands["state"], "APPROVED");
        Shared {
            request,
            grant: approved["grant"].as_u64().unwrap(),
            record,
            not_after: stands["not_after"].as_u64().unwrap(),
        }
    }

    fn fetch(&self, shared: &Shared, out: &str) -> Value {
        self.town.must(
            "shop",
            &format!("platform fetch {} --out {out}", shared.request),
        )
    }

    fn refused(&self, shared: &Shared, out: &str) -> String {
        self.town.refused(
            "shop",
            &format!("platform fetch {} --out {out}", shared.request),
        )
    }

    /// Has the platform bring an access onto the chain and fetch nothing with it; returns the call that it would have made.
    fn access_only(&self, shared: &Shared, out: &str) -> v1::FetchObjectRequest {
        self.at_vault.take();
        self.at_vault.cut(Some(FETCH));
        self.refused(shared, out);
        self.at_vault.cut(None);
        let calls = self.at_vault.take();
        let call = calls.iter().find(|call| call.path == FETCH);
        call.expect("the access is on the chain").read()
    }

    fn connection(&self, credentials: Option<Credentials>) -> SharingServiceClient<Connection> {
        let net = NetDir::new(self.town.bench.path().join("net"));
        let endpoint = net.endpoint(Kind::Vault).unwrap();
        let connected = connect(&endpoint, credentials);
        SharingServiceClient::new(self.runtime.block_on(connected).unwrap())
    }

    /// Credentials of a platform in its folder.
    fn platform(&self, dir: &str) -> (MemberId, Credentials) {
        let root = self.town.bench.path();
        let password = PasswordSource::new(Some(root.join("pw")));
        let (dir, net) = (root.join(dir), NetDir::new(root.join("net")));
        let secrets = Secrets::open(&dir, &password).unwrap();
        let opened = Platform::open(&dir, &net, &password, Output::new(Format::Json));
        let id = self.runtime.block_on(opened).unwrap().did().member;
        (id, Credentials::member(id, secrets.signing()))
    }

    /// Makes a fetch call as somebody; returns the reason of the refusal, or nothing.
    fn try_fetch(&self, by: Option<&Credentials>, call: &v1::FetchObjectRequest) -> String {
        let mut vault = self.connection(by.cloned());
        self.runtime.block_on(async {
            match vault.fetch_object(call.clone()).await {
                Err(status) => ApiError::from(status).code().to_owned(),
                Ok(stream) => match stream.into_inner().message().await {
                    Err(status) => ApiError::from(status).code().to_owned(),
                    Ok(_) => String::new(),
                },
            }
        })
    }

    fn try_acknowledge(&self, by: &Credentials, receipt: &Receipt, signature: [u8; 64]) -> String {
        let mut vault = self.connection(Some(by.clone()));
        let call = v1::AcknowledgeFetchRequest {
            receipt: receipt.to_bytes().to_vec().into(),
            session_signature: signature.to_vec().into(),
        };
        let said = self.runtime.block_on(vault.acknowledge_fetch(call));
        said.err()
            .map(|status| ApiError::from(status).code().to_owned())
            .unwrap_or_default()
    }
}

#[test]
fn nothing_is_read_without_a_receipt_of_ones_own_or_after_the_end() {
    let town = Town::found(env!("CARGO_BIN_EXE_tacit-under-test"));
    town.platforms(&["thief".to_owned()]);
    let at_vault = Wiretap::place(&town, Kind::Vault, "vault");
    let world = World {
        town,
        at_vault,
        runtime: tokio::runtime::Runtime::new().unwrap(),
    };
    let brief = world.share("brief", "--for 45s");
    let late = world.access_only(&brief, "late");
    receipts_of_others(&world);
    after_the_grant_was_revoked(&world);
    after_the_record_was_ended(&world);
    after_the_time(&world, &brief, &late);
    after_suspension(&world);
}

fn receipts_of_others(world: &World) {
    let shared = world.share("first", "--uses 1");
    let before = world.town.grants_and_accesses();
    world.at_vault.take();
    world.at_vault.cut(Some(FETCH));
    world.refused(&shared, "one");
    world.at_vault.cut(None);
    let calls = world.at_vault.take();
    let of = |path: &str| calls.iter().find(|call| call.path == path).unwrap();
    let call: v1::FetchObjectRequest = of(FETCH).read();
    let relay: v1::RelayAccessRequest = of(RELAY_ACCESS).read();
    let counted = world.town.grants_and_accesses();
    assert_eq!(counted.1, before.1 + 1, "the access is on the chain");

    let (shop_id, shop) = world.platform("shop");
    let (thief_id, thief) = world.platform("thief");
    let person = Credentials::key(ed25519(9));
    let opening: ReceiptOpening = decode_slice(&call.receipt_opening).unwrap();
    assert_eq!(opening.grantee, shop_id);
    let vault = VaultIdentity {
        chain: chain(world),
        member: opening.vault,
    };
    let object = ObjectId(call.object_id[..].try_into().unwrap());
    let session = SessionKey::new(&[5; 32]);
    // A fetch that is signed as it should be, with a session of the thief's own.
    let signed = |opening: &ReceiptOpening| v1::FetchObjectRequest {
        object_id: call.object_id.clone(),
        receipt_opening: encode_vec(opening).into(),
        session_key: session.public().as_bytes().to_vec().into(),
        session_signature: session
            .sign_fetch(&vault, &opening.commit(), &object, 0)
            .to_vec()
            .into(),
        offset: 0,
    };
    let own = ReceiptOpening {
        session_key_hash: session.public().hash(),
        ..opening.clone()
    };
    let changed = |change: fn(&mut v1::FetchObjectRequest)| {
        let mut call = call.clone();
        change(&mut call);
        call
    };
    let elsewhere = ReceiptOpening {
        vault: thief_id,
        ..own.clone()
    };
    let stolen = ReceiptOpening {
        grantee: thief_id,
        ..own.clone()
    };
    for (who, by, call, code) in [
        ("nobody", None, call.clone(), "AUTH_MISSING"),
        (
            "a person",
            Some(&person),
            call.clone(),
            "CALLER_NOT_ALLOWED",
        ),
        (
            "another platform",
            Some(&thief),
            call.clone(),
            "RECEIPT_OTHER_MEMBER",
        ),
        (
            "another platform, receipt rewritten",
            Some(&thief),
            signed(&stolen),
            "RECEIPT_UNKNOWN",
        ),
        (
            "another vault's receipt",
            Some(&shop),
            signed(&elsewhere),
            "RECEIPT_OTHER_VAULT",
        ),
        (
            "a session of its own",
            Some(&shop),
            signed(&opening),
            "RECEIPT_OTHER_SESSION_KEY",
        ),
        (
            "a receipt that is on no chain",
            Some(&shop),
            signed(&own),
            "RECEIPT_UNKNOWN",
        ),
        (
            "another offset",
            Some(&shop),
            changed(|call| call.offset = 1),
            "SESSION_SIGNATURE",
        ),
        (
            "another object",
            Some(&shop),
            changed(|call| call.object_id = vec![1; 32].into()),
            "SESSION_SIGNATURE",
        ),
        (
            "no signature",
            Some(&shop),
            changed(|call| call.session_signature = vec![0; 64].into()),
            "SESSION_SIGNATURE",
        ),
        (
            "an opening that is cut short",
            Some(&shop),
            changed(|call| call.receipt_opening.truncate(40)),
            "ARGUMENT_INVALID",
        ),
    ] {
        assert_eq!(world.try_fetch(by, &call), code, "{who}");
    }
    // The access itself, sent again by whomever, is the same access.
    for by in [&shop, &thief] {
        let mut vault = world.connection(Some(by.clone()));
        let said = world.runtime.block_on(vault.relay_access(relay.clone()));
        said.unwrap();
    }
    assert_eq!(world.town.grants_and_accesses(), counted);
    // Nor is the receipt used up by anybody else's word.
    let receipt = opening.commit();
    let forged = session.sign_acknowledgement(&vault, &receipt);
    assert_eq!(
        world.try_acknowledge(&shop, &receipt, forged),
        "RECEIPT_UNKNOWN"
    );
    // None of this was in the way of the one who may read; a broken start is not the last one.
    assert_eq!(world.try_fetch(Some(&shop), &call), "");
    assert_eq!(
        world.try_acknowledge(&thief, &receipt, forged),
        "SESSION_SIGNATURE"
    );
    world.at_vault.take();
    world.fetch(&shared, "one");
    assert_eq!(read(&world.town.bench, "one"), b"document first");
    assert!(
        world
            .at_vault
            .take()
            .iter()
            .any(|call| call.path == ACKNOWLEDGE)
    );
    assert_eq!(world.town.grants_and_accesses(), counted);
    // Used up: the receipt, and the grant.
    assert_eq!(
        world.try_fetch(Some(&shop), &call),
        "RECEIPT_ALREADY_SERVED"
    );
    assert_eq!(world.refused(&shared, "two"), "GRANT_EXHAUSTED");
    assert_eq!(world.town.grants_and_accesses(), counted);
}

fn after_the_grant_was_revoked(world: &World) {
    let shared = world.share("second", "");
    let call = world.access_only(&shared, "revoked");
    world
        .town
        .must("wallet", &format!("wallet revoke --grant {}", shared.grant));
    let (_, shop) = world.platform("shop");
    assert_eq!(world.try_fetch(Some(&shop), &call), "GRANT_ENDED");
    assert_eq!(world.refused(&shared, "revoked"), "GRANT_ENDED");
    // Without an access before: none can be proven.
    let shared = world.share("third", "");
    let counted = world.town.grants_and_accesses();
    world
        .town
        .must("wallet", &format!("wallet revoke --grant {}", shared.grant));
    assert_eq!(world.refused(&shared, "revoked"), "GRANT_ENDED");
    assert_eq!(world.town.grants_and_accesses(), counted);
}

fn after_the_record_was_ended(world: &World) {
    let shared = world.share("fourth", "");
    let call = world.access_only(&shared, "ended");
    world.town.must(
        "wallet",
        &format!("wallet revoke --record {}", shared.record),
    );
    let (_, shop) = world.platform("shop");
    assert_eq!(world.try_fetch(Some(&shop), &call), "RECORD_ENDED");
    assert_eq!(world.refused(&shared, "ended"), "RECORD_ENDED");
}

fn after_the_time(world: &World, brief: &Shared, late: &v1::FetchObjectRequest) {
    let over = SystemTime::UNIX_EPOCH + Duration::from_secs(brief.not_after + 5);
    let rest = over.duration_since(SystemTime::now()).unwrap_or_default();
    std::thread::sleep(rest);
    let counted = world.town.grants_and_accesses();
    let (_, shop) = world.platform("shop");
    assert_eq!(world.try_fetch(Some(&shop), late), "GRANT_EXPIRED");
    assert_eq!(world.refused(brief, "late"), "GRANT_EXPIRED");
    assert_eq!(world.town.grants_and_accesses(), counted);
}

fn after_suspension(world: &World) {
    let shared = world.share("fifth", "");
    let call = world.access_only(&shared, "suspended");
    let (id, shop) = world.platform("shop");
    world
        .town
        .must("node", &format!("node suspend --member {id}"));
    // The vault may hear of it only while it decides: its rules say no then, and its door afterwards.
    let first = world.try_fetch(Some(&shop), &call);
    assert!(
        ["GRANTEE_INACTIVE", "MEMBER_SUSPENDED"].contains(&first.as_str()),
        "{first}"
    );
    assert_eq!(world.try_fetch(Some(&shop), &call), "MEMBER_SUSPENDED");
    assert_eq!(world.refused(&shared, "suspended"), "MEMBER_SUSPENDED");
}

fn chain(world: &World) -> tacit_circuits::types::Digest32 {
    let net = NetDir::new(world.town.bench.path().join("net"));
    net.endpoint(Kind::Vault).unwrap().chain.0
}

fn ed25519(seed: u8) -> ed25519_dalek::SigningKey {
    ed25519_dalek::SigningKey::from_bytes(&[seed; 32])
}
