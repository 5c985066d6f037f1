//! Grants and accesses: which anchors, audit keys, uses and receipts are accepted.

use super::Chain;
use crate::check::{CheckContext, check};
use crate::execute;
use crate::ids::{BlockTime, Height};
use crate::keys;
use crate::outcome::Outcome;
use crate::proofs::{Deferred, Final, ProofCheck, ProofClaim};
use crate::reject::Reject;
use crate::state;
use std::collections::BTreeSet;
use tacit_circuits::types::{AuditKeyId, Receipt, UseNullifier};

#[test]
fn only_anchors_can_be_named() {
    let mut chain = Chain::with_members();
    let anchor = chain.anchor();
    chain.block(Vec::new());
    let not_anchor = chain.height();
    assert!(!chain.tip().is_anchor());
    for height in [not_anchor, Height(anchor.0 + 1000)] {
        let grant = chain.unsigned(chain.grant(height, 1));
        assert!(matches!(chain.submit(grant), Err(Reject::UnknownAnchor(_))));
        let access = chain.unsigned(chain.access(height, 1));
        assert!(matches!(
            chain.submit(access),
            Err(Reject::UnknownAnchor(_))
        ));
    }
    let grant = chain.unsigned(chain.grant(anchor, 1));
    assert!(chain.submit(grant).is_ok());
}

#[test]
fn the_chain_forgets_old_anchors() {
    let mut chain = Chain::with_members();
    let oldest = chain.anchor();
    let kept = u64::from(chain.spec.genesis().anchors_kept);
    for _ in 1..kept {
        chain.anchor();
    }
    assert!(state::anchor(&chain.state, oldest).is_ok());
    chain.anchor();
    assert!(matches!(
        state::anchor(&chain.state, oldest),
        Err(Reject::UnknownAnchor(_))
    ));
    let grant = chain.unsigned(chain.grant(oldest, 1));
    assert!(matches!(chain.submit(grant), Err(Reject::UnknownAnchor(_))));
}

#[test]
fn an_access_names_a_young_anchor() {
    let mut chain = Chain::with_members();
    let anchor = chain.anchor();
    let at = chain.tip().time;
    let max = u64::from(chain.spec.genesis().access_anchor_max_age_secs);
    // Exactly the oldest age is allowed, a second more is not; a grant may name an older anchor.
    let tx = chain.unsigned(chain.access(anchor, 10));
    let (executed, rejected) = chain.block_at(BlockTime(at.0 + max * 1000 + 999), vec![tx]);
    assert_eq!((executed.results.len(), rejected.len()), (1, 0));
    let late = chain.unsigned(chain.access(anchor, 20));
    let grant = chain.unsigned(chain.grant(anchor, 30));
    let (executed, rejected) =
        chain.block_at(BlockTime(at.0 + (max + 1) * 1000), vec![late, grant]);
    assert_eq!(executed.results.len(), 1);
    assert!(
        matches!(rejected[..], [Reject::AnchorTooOld { age_secs, max_secs }] if age_secs == max + 1 && max_secs == max)
    );
}

#[test]
fn a_use_is_spent_once_and_a_receipt_enters_once() {
    let mut chain = Chain::with_members();
    let anchor = chain.anchor();
    let access = chain.access(anchor, 10);
    let tx = chain.unsigned(access.clone());
    assert_eq!(chain.submit(tx).unwrap(), Outcome::Accessed);
    let at = chain.height();

    let mut replay = access.clone();
    replay.proof.0[5] = 1;
    let tx = chain.unsigned(replay);
    assert!(
        matches!(chain.submit(tx), Err(Reject::NullifierSpent)),
        "a re-randomised proof is no new use"
    );
    let mut same_use = access.clone();
    same_use.receipt = Receipt(99u64.into());
    let tx = chain.unsigned(same_use);
    assert!(matches!(chain.submit(tx), Err(Reject::NullifierSpent)));
    let mut same_receipt = access.clone();
    same_receipt.nullifier = UseNullifier(99u64.into());
    let tx = chain.unsigned(same_receipt);
    assert!(matches!(chain.submit(tx), Err(Reject::ReceiptExists)));

    let record: crate::action::access::ReceiptRecord =
        state::read(&chain.state, &keys::receipt(&access.receipt))
            .unwrap()
            .unwrap();
    assert_eq!((record.height, record.nullifier), (at, access.nullifier));
    assert_eq!(record.time, chain.blocks[at.0 as usize].header.time);
}

#[test]
fn two_uses_of_one_nullifier_in_one_block_are_one() {
    let mut chain = Chain::with_members();
    let anchor = chain.anchor();
    let mut other = chain.access(anchor, 10);
    other.receipt = Receipt(77u64.into());
    let (a, b) = (
        chain.unsigned(chain.access(anchor, 10)),
        chain.unsigned(other),
    );
    let (executed, rejected) = chain.block(vec![a, b]);
    assert_eq!(executed.results.len(), 1);
    assert!(matches!(rejected[..], [Reject::NullifierSpent]));
}

#[test]
fn only_the_current_audit_key_is_accepted() {
    let mut chain = Chain::with_members();
    let anchor = chain.anchor();
    let mut unknown = chain.grant(anchor, 1);
    unknown.audit_key = AuditKeyId(5u64.into());
    let tx = chain.unsigned(unknown);
    assert!(matches!(chain.submit(tx), Err(Reject::AuditKey)));
    chain.register_audit_key(3, 2).unwrap();
    // Key 1 is registered but no longer current.
    let grant = chain.unsigned(chain.grant(anchor, 1));
    assert!(matches!(chain.submit(grant), Err(Reject::AuditKey)));
    let access = chain.unsigned(chain.access(anchor, 1));
    assert!(matches!(chain.submit(access), Err(Reject::AuditKey)));
}

#[test]
fn nothing_is_granted_before_there_is_an_audit_key() {
    let mut chain = Chain::new();
    let grant = chain.unsigned(chain.grant(Height(0), 1));
    assert!(matches!(chain.submit(grant), Err(Reject::AuditKey)));
}

/// Refuses every claim.
struct Refuse;

impl ProofCheck for Refuse {
    fn claim(&mut self, _: ProofClaim) -> Result<(), Reject> {
        Err(Reject::Proof)
    }
}

#[test]
fn a_false_proof_is_refused_by_proposer_voter_and_mempool() {
    let mut chain = Chain::with_members();
    let anchor = chain.anchor();
    let tx = chain.unsigned(chain.grant(anchor, 1));
    let admitted = execute::admit(
        &chain.state,
        &chain.spec,
        chain.after(1),
        tx.clone(),
        &mut Refuse,
    );
    assert!(matches!(admitted, Err(Reject::Proof)));
    let parent = chain.tip().clone();
    let time = chain.after(1);
    let proposed = execute::propose(
        &chain.state,
        &chain.spec,
        &parent,
        time,
        vec![tx.clone()],
        &mut Refuse,
    )
    .unwrap();
    assert!(proposed.executed.results.is_empty());
    assert!(matches!(proposed.rejected[..], [(_, Reject::Proof)]));
    let lying = execute::propose(
        &chain.state,
        &chain.spec,
        &parent,
        time,
        vec![tx],
        &mut Final,
    )
    .unwrap();
    let voted = execute::execute(
        &chain.state,
        &chain.spec,
        &parent,
        lying.executed.block,
        &mut Refuse,
    );
    assert!(matches!(
        voted,
        Err(execute::BlockError::Tx { index: 0, .. })
    ));
}

#[test]
fn claims_are_collected_once_and_bind_chain_and_content() {
    let mut chain = Chain::with_members();
    let anchor = chain.anchor();
    let tx = chain.unsigned(chain.grant(anchor, 1));
    let claim = |chain: &Chain, tx: crate::tx::Tx, known: &BTreeSet<_>| {
        let mut deferred = Deferred::new(known);
        let context = CheckContext {
            spec: &chain.spec,
            view: &chain.state,
        };
        check(tx, &context, &mut deferred).unwrap();
        deferred.pending
    };
    let none = BTreeSet::new();
    let pending = claim(&chain, tx.clone(), &none);
    assert_eq!(pending.len(), 1);
    let known = BTreeSet::from([pending[0].id()]);
    assert!(
        claim(&chain, tx.clone(), &known).is_empty(),
        "a claim known to hold is not verified again"
    );

    // Another content, another proof, another chain: another claim.
    let mut other = chain.grant(anchor, 1);
    other.audit_digest.0 += tacit_circuits::field::Fr::from(1u64);
    let tx_other = chain.unsigned(other);
    let mut rerandomised = chain.grant(anchor, 1);
    rerandomised.proof.0[0] = 1;
    let tx_rerandomised = chain.unsigned(rerandomised);
    for tx in [tx_other, tx_rerandomised] {
        assert_eq!(claim(&chain, tx, &known).len(), 1);
    }
    let mut genesis = super::chain::genesis(&[101]);
    genesis.name = crate::text::Name::new("another chain").unwrap();
    let mut elsewhere = Chain::with_genesis(genesis);
    elsewhere
        .register(1, &[crate::member::Role::Issuer])
        .unwrap();
    elsewhere
        .register(2, &[crate::member::Role::Platform])
        .unwrap();
    elsewhere
        .register(3, &[crate::member::Role::Reviewer])
        .unwrap();
    elsewhere.register_audit_key(3, 1).unwrap();
    elsewhere.anchor();
    let there = claim(&elsewhere, tx, &known);
    assert_ne!(
        there[0].inputs.last(),
        pending[0].inputs.last(),
        "the context differs"
    );
}

#[test]
fn what_was_checked_against_another_state_is_not_applied() {
    // Checked while key 1 was current, applied after key 2 became current.
    let mut chain = Chain::with_members();
    let anchor = chain.anchor();
    let grant = chain.unsigned(chain.grant(anchor, 1));
    let context = CheckContext {
        spec: &chain.spec,
        view: &chain.state,
    };
    let checked = check(grant, &context, &mut Final).unwrap();
    let issue = chain.by_member(1, 1, chain.issue(40));
    let context = CheckContext {
        spec: &chain.spec,
        view: &chain.state,
    };
    let checked_issue = check(issue, &context, &mut Final).unwrap();
    chain.register_audit_key(3, 2).unwrap();
    let rotate = chain.by_member(
        1,
        1,
        crate::action::RotateKeys {
            member: tacit_circuits::types::MemberId::new(1).unwrap(),
            keys: super::keys_for(42, false),
        },
    );
    chain.submit(rotate).unwrap();

    let mut overlay = state::Overlay::new(&chain.state);
    let mut env = crate::env::Env {
        spec: &chain.spec,
        height: chain.height().next(),
        time: chain.after(1),
        counters: state::counters(&overlay).unwrap(),
        state: &mut overlay,
        trees: Default::default(),
    };
    let applied = checked.tx().action.apply(&mut env, checked.evidence());
    assert!(matches!(applied, Err(Reject::AuditKey)));
    let applied = checked_issue
        .tx()
        .action
        .apply(&mut env, checked_issue.evidence());
    assert!(matches!(applied, Err(Reject::Stale)));
}
