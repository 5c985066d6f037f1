//! Who relays what, as the operators of node and vault see it: no relay is ever the grantee, and the node never learns who
//! reads.

use std::collections::BTreeSet;

use serde_json::Value;
use tacit_api::auth::request::Signer;
use tacit_api::cli::password::PasswordSource;
use tacit_api::member;
use tacit_api::net::Kind;
use tacit_circuits::types::MemberId;
use tacit_ledger::action::Action;
use tacit_ledger::keys;
use tacit_ledger::member::{Role, Roles};
use tacit_ledger::text::Name;
use tacit_ledger::tx::Tx;
use tacit_proto::v1;
use tacit_tests::cast::{line, reason};
use tacit_tests::process::Workbench;
use tacit_tests::town::{Town, at, audit_key, passwords};
use tacit_tests::wiretap::{Call, Wiretap};

const STATE: &str = "/tacit.v1.LedgerService/GetStateProof";
const SUBMIT: &str = "/tacit.v1.LedgerService/SubmitTransaction";
const RELAY: &str = "/tacit.v1.VaultService/RelayTransaction";
const RELAY_ACCESS: &str = "/tacit.v1.SharingService/RelayAccess";

fn action(transaction: Option<v1::Transaction>) -> Action {
    Tx::from_bytes(&transaction.unwrap().body).unwrap().action
}

fn of<'a>(calls: &'a [Call], path: &str) -> Vec<&'a Call> {
    calls.iter().filter(|call| call.path == path).collect()
}

#[test]
fn the_relay_is_never_the_grantee_and_the_node_never_learns_who_reads() {
    let mut town = Town::found(env!("CARGO_BIN_EXE_tacit-under-test"));
    let at_node = Wiretap::place(&town, Kind::Node, "node");
    town.kill_vault();
    town.start_vault();
    let at_vault = Wiretap::place(&town, Kind::Vault, "vault");
    at_node.take();

    std::fs::write(town.bench.path().join("doc"), "a passport").unwrap();
    let put = town.must("wallet", "wallet put doc --category official-id");
    town.must("wallet", "wallet contact --label shop --out contact");
    let asked = town.must(
        "shop",
        "platform request --inbox contact --purpose identity-verification --categories official-id \
         --wants 'age >= 18'",
    );
    town.must("wallet", "wallet requests");
    town.must("wallet", "wallet approve --latest");
    let granted = (at_node.take(), at_vault.take());
    town.must("shop", "platform watch");
    town.must("shop", "platform fetch --out fetched");
    let read = (at_node.take(), at_vault.take());
    town.must("wallet", "wallet log");

    // What the reviewer opens says who the grantee is; what the operators heard says who relayed.
    let report = town.must("audit", "audit report --from 1 --purpose comparing");
    let grantees: BTreeSet<u64> = rows(&report)
        .map(|row| grantee(row).unwrap_or_else(|| panic!("{row}")))
        .collect();
    assert_eq!(grantees.len(), 1, "{report}");
    let mut relayed = Vec::new();
    for call in of(&granted.0, SUBMIT)
        .into_iter()
        .chain(of(&read.0, SUBMIT))
    {
        let message: v1::SubmitTransactionRequest = call.read();
        let action = action(message.transaction);
        let relay = call.member().expect("a member relays");
        assert!(!grantees.contains(&u64::from(relay)), "{action:?}");
        relayed.push(match action {
            Action::RegisterRecord(_) => "record",
            Action::Grant(_) => "grant",
            Action::Access(_) => "access",
            _ => panic!("{action:?}"),
        });
    }
    assert_eq!(relayed, ["record", "grant", "access"]);
    // Whatever wallet and platform ask the node, they ask as nobody.
    for call in granted.0.iter().chain(&read.0) {
        assert!(call.signer.is_none() || call.path == SUBMIT, "{call:?}");
    }

    // Nor do they ask about the platform in particular while it reads.
    let id = u32::try_from(*grantees.first().unwrap()).unwrap();
    let about = [
        keys::member(MemberId::new(id).unwrap()),
        keys::member_name(&Name::new("The shop").unwrap()),
    ];
    for call in of(&read.0, STATE) {
        let message: v1::GetStateProofRequest = call.read();
        let asked = about.iter().any(|key| key.as_bytes() == &message.key[..]);
        assert!(!asked, "the node was asked about the platform");
    }

    // The vault hears of an access from its grantee, and of a grant from a key that it never meets elsewhere.
    let accesses = of(&read.1, RELAY_ACCESS);
    assert_eq!(accesses.len(), 1);
    assert!(grantees.contains(&u64::from(accesses[0].member().unwrap())));
    let by_key = |call: &&Call| matches!(call.signer, Some(Signer::Key(_)));
    let signers = |calls: &[&Call]| -> Vec<Signer> {
        calls
            .iter()
            .filter(|call| by_key(call))
            .map(|call| call.signer.unwrap())
            .collect()
    };
    let grants: Vec<&Call> = of(&granted.1, RELAY)
        .into_iter()
        .filter(|call| {
            let message: v1::RelayTransactionRequest = call.read();
            matches!(action(message.transaction), Action::Grant(_))
        })
        .collect();
    assert_eq!(grants.len(), 1);
    let others: Vec<&Call> = granted
        .1
        .iter()
        .chain(&read.1)
        .filter(|call| call.message != grants[0].message)
        .collect();
    assert!(!signers(&others).contains(&grants[0].signer.unwrap()));
    // A relayed grant or access names neither object nor request in any form.
    for secret in [&put["object"], &asked["request"]] {
        let secret = hex::decode(secret.as_str().unwrap()).unwrap();
        for call in grants.iter().chain(&accesses) {
            let found = call
                .message
                .windows(secret.len())
                .any(|window| window == secret);
            assert!(!found, "{}", call.path);
        }
    }
}

/// A member may run a vault and be a platform, but not read through its own vault.
#[test]
fn a_vault_does_not_relay_for_its_own_operator() {
    let bench = Workbench::new(env!("CARGO_BIN_EXE_tacit-under-test"));
    passwords(&bench);
    bench.must(&format!("tacit node init {}", at("node")));
    let _node = bench.serve("node", &format!("tacit node run {}", at("node")));
    let both = Roles::new(&[Role::Vault, Role::Platform]).unwrap();
    let password = PasswordSource::new(Some(bench.path().join("pw")));
    member::create(
        &bench.path().join("both"),
        Name::new("Both").unwrap(),
        both,
        &password,
    )
    .unwrap();
    bench.must("tacit audit init --dir audit --name Board --password-file pw");
    bench.must(&format!(
        "tacit node register {} both/member.json audit/member.json",
        at("node")
    ));
    audit_key(&bench);
    let _vault = bench.serve("vault", &format!("tacit vault serve {}", at("both")));
    bench.must("echo 'a passport' > doc");
    for command in [
        line("wallet", "wallet init"),
        line("wallet", "wallet put doc --category official-id"),
        line("wallet", "wallet contact --label both --out contact"),
        line(
            "both",
            "platform request --inbox contact --purpose identity-verification --categories official-id",
        ),
        line("wallet", "wallet requests"),
    ] {
        bench.must(&command);
    }
    let refused = bench.refused(&line("wallet", "wallet approve --latest"));
    assert_eq!(reason(&refused), "RELAY_IS_GRANTEE");
}

fn rows(report: &Value) -> impl Iterator<Item = &Value> {
    report["rows"].as_array().unwrap().iter()
}

fn grantee(row: &Value) -> Option<u64> {
    row.pointer("/grantee").and_then(Value::as_u64)
}
