//! Audit keys: who decides on them, whose they are, and what happens to those before.

use super::chain::{genesis, signing_key};
use super::governance::FOUR;
use super::{Chain, audit_secret};
use crate::governance::register_audit_key::possession_context;
use crate::governance::{Effect, RegisterAuditKey, SuspendMember};
use crate::ids::ChainId;
use crate::member::Role;
use crate::outcome::Outcome;
use crate::reject::Reject;
use crate::state;
use crate::tx::Tx;
use tacit_circuits::audit::PossessionProof;
use tacit_circuits::types::{AuditKeyId, Digest32, MemberId};

fn id(n: u32) -> MemberId {
    MemberId::new(n).unwrap()
}

fn current(chain: &Chain) -> Option<AuditKeyId> {
    let record = state::current_audit_key(&chain.state).unwrap();
    record.map(|record| record.id())
}

#[test]
fn a_quorum_decides_on_the_audit_key_and_no_reviewer_alone() {
    let mut chain = Chain::with_genesis(genesis(&FOUR));
    chain.register(1, &[Role::Reviewer]).unwrap();
    let change = chain.audit_key(1, 5);
    let tx = chain.propose(1, change.clone());
    let by_reviewer = Tx::signed_by_member(
        &chain.spec.id(),
        tx.request_id,
        tx.action.clone(),
        id(1),
        &signing_key(1),
    );
    assert!(matches!(
        chain.submit(by_reviewer),
        Err(Reject::Authorization { .. })
    ));
    chain.submit(tx).unwrap();
    let tx = chain.approve(2, 2, change.clone());
    chain.submit(tx).unwrap();
    assert_eq!(current(&chain), None, "one vote is missing");
    let tx = chain.approve(3, 2, change.clone());
    let effect = match chain.submit(tx).unwrap() {
        Outcome::Enacted { effect, .. } => effect,
        other => panic!("{other:?}"),
    };
    let key = change.key.id();
    assert_eq!(effect, Effect::AuditKey { id: key });
    assert_eq!(current(&chain), Some(key));
}

#[test]
fn possession_is_proven_for_this_chain_and_reviewer() {
    let mut chain = Chain::with_members();
    chain.register(4, &[Role::Reviewer]).unwrap();
    let before = current(&chain);
    let good = chain.audit_key(3, 5);
    let proof_for = |context| PossessionProof::prove(&audit_secret(5), &context).unwrap();
    let elsewhere = possession_context(&ChainId(Digest32([0; 32])), id(3));
    let bad = [
        RegisterAuditKey {
            possession: proof_for(elsewhere),
            ..good.clone()
        },
        // A reviewer that heard the key of another one.
        RegisterAuditKey {
            reviewer: id(4),
            ..good.clone()
        },
        RegisterAuditKey {
            key: audit_secret(6).public(),
            ..good.clone()
        },
    ];
    for change in bad {
        assert!(matches!(
            chain.decide(change),
            Err(Reject::ProofOfPossession)
        ));
    }
    assert_eq!(current(&chain), before);
    assert!(chain.decide(good).is_ok());
}

#[test]
fn only_an_active_reviewer_has_an_audit_key() {
    let mut chain = Chain::with_members();
    assert!(matches!(
        chain.register_audit_key(2, 5),
        Err(Reject::Role { .. })
    ));
    assert!(matches!(
        chain.register_audit_key(9, 5),
        Err(Reject::UnknownMember(_))
    ));
    chain.decide(SuspendMember { member: id(3) }).unwrap();
    assert!(matches!(
        chain.register_audit_key(3, 5),
        Err(Reject::Suspended(_))
    ));
}

#[test]
fn a_reviewer_suspended_meanwhile_gets_no_key_at_the_last_vote() {
    let mut chain = Chain::with_genesis(genesis(&FOUR));
    chain.register(1, &[Role::Reviewer]).unwrap();
    let change = chain.audit_key(1, 5);
    let tx = chain.propose(1, change.clone());
    chain.submit(tx).unwrap();
    let tx = chain.approve(2, 2, change.clone());
    chain.submit(tx).unwrap();
    chain.decide(SuspendMember { member: id(1) }).unwrap();
    let tx = chain.approve(3, 2, change);
    assert!(matches!(chain.submit(tx), Err(Reject::Suspended(_))));
    assert_eq!(current(&chain), None);
}

#[test]
fn keys_are_never_registered_twice_and_old_ones_stay_known() {
    let mut chain = Chain::with_members();
    let first = current(&chain).unwrap();
    chain.register_audit_key(3, 5).unwrap();
    let second = current(&chain).unwrap();
    assert_ne!(first, second);
    for secret in [1, 5] {
        assert!(matches!(
            chain.register_audit_key(3, secret),
            Err(Reject::AuditKeyExists)
        ));
    }
    let old = state::audit_key(&chain.state, &first).unwrap().unwrap();
    assert_eq!(old.reviewer, id(3));
    assert_eq!(current(&chain), Some(second));
}

#[test]
fn what_a_reviewer_hands_over_is_read_exactly() {
    let chain = Chain::with_members();
    let change = chain.audit_key(3, 5);
    let text = serde_json::to_string(&change).unwrap();
    let read: RegisterAuditKey = serde_json::from_str(&text).unwrap();
    assert_eq!(read, change);
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let bad = [
        ("key", "00".repeat(64)),
        ("key", json["key"].as_str().unwrap().to_uppercase()),
        ("key", json["key"].as_str().unwrap()[2..].to_owned()),
        ("possession", "ff".repeat(96)),
        ("more", "x".to_owned()),
    ];
    for (field, value) in bad {
        let mut json = json.clone();
        json[field] = value.into();
        assert!(
            serde_json::from_value::<RegisterAuditKey>(json).is_err(),
            "{field}"
        );
    }
}
