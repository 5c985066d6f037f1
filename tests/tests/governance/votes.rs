//! What operators may do with a proposal, at the command line of a real network: vote, and be told why a vote does not count.

use serde_json::{Value, json};
use std::time::Duration;
use tacit_api::auth::client::Credentials;
use tacit_api::cli::password::PasswordSource;
use tacit_api::client::connect::connect;
use tacit_api::member::Secrets;
use tacit_api::submit::submit;
use tacit_circuits::types::Digest32;
use tacit_ledger::action::{Action, Approve, Propose};
use tacit_ledger::governance::{ProposalId, RemoveValidator};
use tacit_ledger::ids::{RequestId, ValidatorId};
use tacit_ledger::tx::Tx;
use tacit_tests::cast::reason;
use tacit_tests::consortium::{Consortium, operator};

const BINARY: &str = env!("CARGO_BIN_EXE_tacit-under-test");

/// What an operator's command says, which must be accepted.
fn says(network: &Consortium, n: usize, verb: &str, what: &str) -> Value {
    let line = operator(n, verb, what, &network.net());
    serde_json::from_str(&network.bench.must(&line)).unwrap()
}

/// The reason why an operator's command is refused.
fn refused(network: &Consortium, n: usize, verb: &str, what: &str) -> String {
    let line = operator(n, verb, what, &network.net());
    reason(&network.bench.refused(&line))
}

/// A list that anybody reads.
fn list(network: &Consortium, what: &str) -> Value {
    let net = network.net();
    let line = format!("tacit network {what} --net {} --format json", net.display());
    serde_json::from_str(&network.bench.must(&line)).unwrap()
}

fn secrets(network: &Consortium, folder: &str) -> Secrets {
    let password = PasswordSource::new(Some(network.bench.path().join("pw")));
    Secrets::open(&network.bench.path().join(folder), &password).unwrap()
}

/// Has an action signed as validator 2 by the key of a folder, brings it to the ledger, and returns why it is refused.
async fn forged(network: &Consortium, folder: &str, id: u8, action: Action) -> String {
    let operator = secrets(network, "consortium/validator-2/governance");
    let endpoint = network.endpoint(0);
    let (validator, key) = (
        ValidatorId::new(2).unwrap(),
        secrets(network, folder).governance(),
    );
    let tx = Tx::signed_by_validator(
        &endpoint.chain,
        RequestId([id; 16]),
        action,
        validator,
        &key,
    );
    let credentials = Credentials::key(operator.governance());
    let connection = connect(&endpoint, Some(credentials)).await.unwrap();
    let error = submit(connection, &tx, None).await.unwrap_err();
    error.code().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proposal_needs_the_votes_of_a_quorum_for_exactly_what_it_says() {
    let network = Consortium::found(BINARY, 4, 1000).await;
    let proposed = says(
        &network,
        0,
        "propose",
        "set-policy --max-duration-secs 86400",
    );
    let outcome = &proposed["submitted"]["outcome"];
    assert_eq!(
        outcome,
        &json!({"kind": "voted", "proposal": 1, "missing": 2})
    );
    let open = &list(&network, "proposals")["proposals"][0];
    assert_eq!(open["change"], "set_policy");
    assert_eq!(open["policy"]["max_duration_secs"], 86400);
    assert_eq!((&open["votes"], &open["missing"]), (&json!([1]), &json!(2)));
    let digest = open["digest"].as_str().unwrap();

    // Nobody signs for something else, and nobody's signature counts for something else.
    let other = format!("1 --digest {}", "00".repeat(32));
    assert_eq!(refused(&network, 1, "approve", &other), "PROPOSAL_DIFFERS");
    let vote = |change| Approve {
        proposal: ProposalId(1),
        change,
    };
    let governance = "consortium/validator-2/governance";
    let blind = vote(Digest32([0; 32]));
    assert_eq!(
        forged(&network, governance, 1, blind.into()).await,
        "PROPOSAL_DIFFERS"
    );

    // Whoever is no active validator decides nothing: a stranger, and a validator's machine, which has its other key only.
    network.bench.must(
        "tacit network candidate --dir stranger --name Stranger --address 127.0.0.1:9 --password-file pw",
    );
    for folder in ["stranger/governance", "consortium/validator-2/keys"] {
        for what in ["approve 1", "propose remove-validator 1", "withdraw 1"] {
            let (verb, what) = what.split_once(' ').unwrap();
            let net = network.net();
            let line = format!(
                "tacit network {verb} --dir {folder} --net {} --password-file pw {what}",
                net.display()
            );
            let error = network.bench.refused(&line);
            assert_eq!(reason(&error), "VALIDATOR_NOT_ACTIVE", "{folder}: {error}");
        }
        let right = vote(digest.parse().unwrap());
        assert_eq!(
            forged(&network, folder, 2, right.into()).await,
            "SIGNATURE_INVALID"
        );
    }

    // Votes count once each, and the last one that is needed does it.
    let approved = says(&network, 1, "approve", &format!("1 --digest {digest}"));
    assert_eq!(approved["submitted"]["outcome"]["missing"], 1);
    let again = says(&network, 1, "approve", "1");
    assert_eq!(again["submitted"], approved["submitted"], "the same vote");
    let right = vote(digest.parse().unwrap());
    let second = forged(&network, governance, 4, right.into()).await;
    assert_eq!(second, "PROPOSAL_VOTED", "under another request id");
    assert_eq!(refused(&network, 1, "withdraw", "1"), "PROPOSAL_NOT_OWN");
    let policy = || list(&network, "validators")["policy"]["max_duration_secs"].clone();
    assert_ne!(policy(), 86400);
    let enacted = says(&network, 2, "approve", "1");
    assert_eq!(enacted["submitted"]["outcome"]["kind"], "enacted");
    assert_eq!(policy(), 86400);
    assert_eq!(refused(&network, 3, "approve", "1"), "PROPOSAL_CLOSED");

    // What was withdrawn gets no votes any more.
    says(&network, 3, "propose", "remove-validator 1");
    says(&network, 3, "withdraw", "2");
    assert_eq!(refused(&network, 0, "approve", "2"), "PROPOSAL_CLOSED");
    assert_eq!(list(&network, "proposals")["proposals"], json!([]));
    assert_eq!(refused(&network, 0, "approve", "9"), "PROPOSAL_UNKNOWN");

    // What cannot be done is not even proposed, and leaves no number behind.
    for (change, why) in [
        ("remove-validator 9", "VALIDATOR_UNKNOWN"),
        ("suspend-member 1", "MEMBER_UNKNOWN"),
        ("set-policy --purposes 0", "POLICY_INVALID"),
        ("move-validator 2 not-an-address", "ARGUMENT_INVALID"),
    ] {
        assert_eq!(refused(&network, 0, "propose", change), why, "{change}");
    }
    let old = Propose {
        sequence: 7,
        change: RemoveValidator {
            validator: ValidatorId::new(1).unwrap(),
        }
        .into(),
    };
    assert_eq!(
        forged(&network, governance, 3, old.into()).await,
        "PROPOSAL_SEQUENCE"
    );
    let next = says(&network, 0, "propose", "remove-validator 4");
    assert_eq!(next["submitted"]["outcome"]["proposal"], 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proposal_lapses_when_its_time_is_over() {
    let network = Consortium::found_with(BINARY, 2, 1000, "--proposal-lifetime 3").await;
    says(&network, 0, "propose", "set-policy --max-duration-secs 1");
    let end = std::time::Instant::now() + Duration::from_secs(60);
    while list(&network, "proposals")["proposals"] != json!([]) {
        assert!(std::time::Instant::now() < end, "it stays open");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert_eq!(refused(&network, 1, "approve", "1"), "PROPOSAL_EXPIRED");
    assert_eq!(refused(&network, 0, "withdraw", "1"), "PROPOSAL_EXPIRED");
    // It can be proposed again.
    let again = says(&network, 0, "propose", "set-policy --max-duration-secs 1");
    assert_eq!(again["submitted"]["outcome"]["proposal"], 2);
}
