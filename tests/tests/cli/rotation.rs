//! Members replace their keys: the old ones are refused from then on, what was sealed to them still opens, and a rotation that
//! is killed ends as one rotation when it is run again.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Duration;
use tacit_api::auth::client::Credentials;
use tacit_api::cli::password::PasswordSource;
use tacit_api::client::connect::connect;
use tacit_api::errors::ApiError;
use tacit_api::follower::Follower;
use tacit_api::member::Secrets;
use tacit_api::net::{Kind, NetDir};
use tacit_api::submit::submit;
use tacit_circuits::types::MemberId;
use tacit_ledger::action::OpenAudit;
use tacit_ledger::ids::{Height, RequestId};
use tacit_ledger::member::MemberRecord;
use tacit_ledger::text::{Name, Purpose};
use tacit_ledger::tx::Tx;
use tacit_proto::v1::WatchRequestRequest;
use tacit_proto::v1::sharing_service_client::SharingServiceClient;
use tacit_tests::process::Workbench;
use tacit_tests::town::{Town, at, audit_key};

fn secrets(dir: &Path, role: &str) -> Secrets {
    let password = PasswordSource::new(Some(dir.join("pw")));
    Secrets::open(&dir.join(role), &password).unwrap()
}

async fn member(net: &NetDir, role: &str) -> MemberRecord {
    let follower = Follower::connect(net, None).await.unwrap();
    let name = Name::new(format!("The {role}")).unwrap();
    follower.member_named(&name).await.unwrap().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_members_old_key_is_refused_and_its_work_goes_on_with_the_new_one() {
    let mut town = Town::found(env!("CARGO_BIN_EXE_tacit-under-test"));
    let dir = town.bench.path().to_owned();
    let net = NetDir::new(dir.join("net"));
    let (wallet, shop) = (at("wallet"), at("shop"));
    let bench = &town.bench;
    bench.must("echo one > 1.txt");
    bench.must(&format!(
        "tacit wallet put 1.txt --category official-id {wallet}"
    ));
    bench.must(&format!(
        "tacit wallet contact --label Shop --out shop.txt {wallet}"
    ));
    let request = format!(
        "tacit platform request --inbox shop.txt --purpose identity-verification --categories official-id --uses 2 {shop}"
    );
    bench.must(&request);
    bench.must(&format!("tacit wallet requests {wallet}"));
    let (old_shop, old_audit) = (secrets(&dir, "shop"), secrets(&dir, "audit"));

    bench.must(&format!("tacit wallet approve --latest {wallet}"));

    // The platform rotates before it has seen the answer: that is sealed to the old key, and so is the object's key.
    bench.must(&format!("tacit platform rotate {shop}"));
    bench.must(&format!("tacit platform watch {shop}"));
    bench.must(&format!("tacit platform rotate {shop}"));
    bench.must(&format!("tacit platform fetch --out got.txt {shop}"));
    bench.must("cmp 1.txt got.txt");

    // Whoever has the platform's old key is not the platform any more.
    let record = member(&net, "shop").await;
    assert_eq!(record.past_keys.0.len(), 2);
    let vault = net.endpoint(Kind::Vault).unwrap();
    let credentials = Credentials::member(record.id, old_shop.signing());
    let connection = connect(&vault, Some(credentials)).await.unwrap();
    let mut sharing = SharingServiceClient::new(connection);
    let refused = sharing.watch_request(WatchRequestRequest::default()).await;
    assert_eq!(
        ApiError::from(refused.unwrap_err()).code(),
        "AUTH_SIGNATURE"
    );

    // The reviewer rotates: what was encrypted to its audit key still opens.
    bench.must(&format!("tacit audit rotate {}", at("audit")));
    let counting = format!(
        "tacit audit report {} --from 1 --purpose x --format json",
        at("audit")
    );
    let report: serde_json::Value = serde_json::from_str(&bench.must(&counting)).unwrap();
    assert_eq!(report["complete"], true);
    assert_eq!(report["totals"]["accesses_opened"], 1);
    // It gets another audit key, to which what follows is encrypted.
    let key = async || {
        let follower = Follower::connect(&net, None).await.unwrap();
        follower.audit_key().await.unwrap().id()
    };
    let before = key().await;
    audit_key(bench);
    assert_ne!(before, key().await);

    // A transaction under the reviewer's old key is refused at the node, and by the ledger when the operator brings it.
    let audit = member(&net, "audit").await;
    let endpoint = net.endpoint(Kind::Node).unwrap();
    let open = OpenAudit {
        from: Height(1),
        to: Height(1),
        purpose: Purpose::new("old key").unwrap(),
    };
    let tx = |key: &Secrets, n: u8| {
        let (id, key) = (RequestId([n; 16]), key.signing());
        Tx::signed_by_member(&endpoint.chain, id, open.clone().into(), audit.id, &key)
    };
    let by_member = Credentials::member(audit.id, old_audit.signing());
    let by_operator = Credentials::key(secrets(&dir, "node").governance());
    for (credentials, reason) in [
        (by_member, "AUTH_SIGNATURE"),
        (by_operator.clone(), "SIGNATURE_INVALID"),
    ] {
        let connection = connect(&endpoint, Some(credentials)).await.unwrap();
        let refused = submit(connection, &tx(&old_audit, 7), None)
            .await
            .unwrap_err();
        assert_eq!(refused.code(), reason);
    }
    let connection = connect(&endpoint, Some(by_operator)).await.unwrap();
    submit(connection, &tx(&secrets(&dir, "audit"), 8), None)
        .await
        .unwrap();

    // Issuer and vault rotate and start again: the old credential still proves, a new one is issued, documents are kept.
    drop((town.issuer.take(), town.vault.take()));
    let bench = &town.bench;
    for (role, command) in [("issuer", "issuer"), ("vault", "vault")] {
        bench.must(&format!("tacit {command} rotate {}", at(role)));
    }
    let _issuer = bench.serve("issuer", &format!("tacit issuer serve {}", at("issuer")));
    let _vault = bench.serve("vault", &format!("tacit vault serve {}", at("vault")));
    bench.must(&format!(
        "tacit wallet prove 'age >= 18' {wallet} --out p.json"
    ));
    bench.must("tacit verify p.json --net net");
    bench.must(&format!(
        "tacit issuer offer {} --claims person.json --out o.txt",
        at("issuer")
    ));
    bench.must(&format!(
        "tacit wallet request-credential {wallet} --offer o.txt"
    ));
    bench.must("echo two > 2.txt");
    bench.must(&format!(
        "tacit wallet put 2.txt --category official-id {wallet}"
    ));
    bench.must(&format!("tacit platform fetch --out again.txt {shop}"));
    let report: serde_json::Value = serde_json::from_str(&bench.must(&counting)).unwrap();
    assert_eq!(report["complete"], true, "under both audit keys: {report}");
    assert_eq!(report["totals"]["accesses_opened"], 2);
    // A suspended member's new key is of no use either.
    bench.must(&format!(
        "tacit node suspend {} --member {}",
        at("node"),
        record.id
    ));
    let error = bench.refused(&format!("tacit platform rotate {shop}"));
    assert!(error.starts_with("error: MEMBER_SUSPENDED: "), "{error}");
}

/// Starts a rotation, and kills it as soon as a file of the folder is replaced. Returns whether it had ended before.
fn rotate_until(bench: &Workbench, file: &str) -> bool {
    let (watched, secrets) = (
        bench.path().join("audit").join(file),
        bench.path().join("audit/secrets.tacit"),
    );
    let inode = |path: &Path| fs::metadata(path).map(|meta| meta.ino()).ok();
    let (before, first) = (inode(&watched), inode(&secrets));
    let mut running = bench.start("rotate", &format!("tacit audit rotate {}", at("audit")));
    let mut pending = first;
    bench.wait_for(file, Duration::from_secs(60), |_| {
        if pending == first {
            pending = inode(&secrets);
        }
        inode(&watched) != before || running.ended().is_some()
    });
    running.kill();
    // The file is saved twice: when the rotation begins, and when it has ended.
    inode(&secrets) != pending && pending != first
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_that_is_killed_is_one_rotation_when_it_is_run_again() {
    let bench = Workbench::new(env!("CARGO_BIN_EXE_tacit-under-test"));
    tacit_tests::town::passwords(&bench);
    bench.must(&format!("tacit node init {}", at("node")));
    let _node = bench.serve("node", &format!("tacit node run {}", at("node")));
    bench.must("tacit audit init --dir audit --name 'The audit' --password-file pw");
    bench.must(&format!(
        "tacit node register {} audit/member.json",
        at("node")
    ));
    let net = NetDir::new(bench.path().join("net"));
    // Killed after the new keys are on the disk and before or while the ledger hears of them; then after it has.
    for (round, file) in [
        "secrets.tacit",
        "member.json",
        "secrets.tacit",
        "member.json",
    ]
    .iter()
    .enumerate()
    {
        let ended = rotate_until(&bench, file);
        // Whatever keys count now, the organisation works with them.
        bench.must(&format!(
            "tacit audit report {} --from 1 --purpose x",
            at("audit")
        ));
        if !ended {
            bench.must(&format!("tacit audit rotate {}", at("audit")));
        }
        let record = member(&net, "audit").await;
        assert_eq!(record.id, MemberId::FIRST);
        assert_eq!(record.past_keys.0.len(), round + 1, "killed at {file}");
    }
}
