//! Grants and accesses with real proofs: they are accepted once, as they are, where they belong.

use super::story::{Story, proving, verifying};
use crate::action::{Access, Action, Grant};
use crate::check::{CheckContext, check};
use crate::execute;
use crate::outcome::Outcome;
use crate::proofs::{Deferred, ProofClaim};
use crate::reject::Reject;
use crate::tx::Tx;
use crate::verifier::{Immediate, ProofKeys};
use tacit_circuits::Entropy;
use tacit_circuits::context::StatementId;
use tacit_circuits::field::Fr;
use tacit_circuits::types::*;

/// Whether the mempool of a chain would take an action.
fn admit(story: &Story, action: impl Into<Action>) -> Result<Outcome, Reject> {
    let tx = Tx::unsigned(crate::ids::RequestId([99; 16]), action.into());
    let chain = &story.chain;
    let mut proofs = Immediate(&story.keys);
    execute::admit(&chain.state, &chain.spec, chain.after(1), tx, &mut proofs)
        .map(|(_, outcome)| outcome)
}

fn claim(story: &Story, action: impl Into<Action>) -> ProofClaim {
    let tx = Tx::unsigned(crate::ids::RequestId([99; 16]), action.into());
    let mut deferred = Deferred::all();
    check(
        tx,
        &CheckContext {
            spec: &story.chain.spec,
            view: &story.chain.state,
        },
        &mut deferred,
    )
    .unwrap();
    deferred.pending.pop().unwrap()
}

#[test]
fn grant_and_access_are_proven_checked_and_counted() {
    let mut story = Story::new();
    let body = story.grant_body();
    let elsewhere = Story::on("another chain of the same people");

    // A grant: as it is, and with each part moved or changed.
    let (grant, _) = story.grant(1);
    assert!(matches!(
        admit(&story, grant.clone()),
        Ok(Outcome::Leaf {
            existing: false,
            ..
        })
    ));
    assert!(
        matches!(admit(&elsewhere, grant.clone()), Err(Reject::Proof)),
        "another chain"
    );
    let one = Fr::from(1u64);
    type GrantChange = fn(&mut Grant, Fr);
    let changes: [(&str, GrantChange); 5] = [
        ("K", |grant, one| grant.holder_key.0 += one),
        ("body", |grant, one| grant.body.0 += one),
        ("E", |grant, one| grant.end_tag.0 += one),
        ("audit digest", |grant, one| grant.audit_digest.0 += one),
        ("proof", |grant, _| grant.proof.0[50] ^= 1),
    ];
    for (what, change) in changes {
        let mut changed = grant.clone();
        change(&mut changed, one);
        assert!(
            matches!(admit(&story, changed), Err(Reject::Proof)),
            "{what}"
        );
    }
    let mut other_anchor = grant.clone();
    other_anchor.anchor = crate::ids::Height(0);
    assert!(
        matches!(admit(&story, other_anchor), Err(Reject::Proof)),
        "another anchor"
    );

    let (position, _) = story.granted();
    // Proven a second time: other bytes, the same leaf.
    let mut again = story.grant(77).0;
    assert_ne!(again.proof, grant.proof);
    let tx = story.chain.unsigned(again.clone());
    assert_eq!(
        story.submit(tx),
        Outcome::Leaf {
            position,
            existing: true
        }
    );
    again.body = Body(one);
    assert!(matches!(admit(&story, again), Err(Reject::Proof)));

    // An access: as it is, and with each part moved or changed.
    let (access, _) = story.access(body.clone(), position, 0);
    assert!(matches!(
        admit(&story, access.clone()),
        Ok(Outcome::Accessed)
    ));
    type AccessChange = fn(&mut Access, Fr);
    let changes: [(&str, AccessChange); 4] = [
        ("receipt", |access, one| access.receipt.0 += one),
        ("nullifier", |access, one| access.nullifier.0 += one),
        ("audit digest", |access, one| access.audit_digest.0 += one),
        ("proof", |access, _| access.proof.0[150] ^= 1),
    ];
    for (what, change) in changes {
        let mut changed = access.clone();
        change(&mut changed, one);
        assert!(
            matches!(admit(&story, changed), Err(Reject::Proof)),
            "{what}"
        );
    }
    // Proofs of one statement are none of the other.
    let mut crossed = access.clone();
    crossed.proof = grant.proof;
    assert!(matches!(admit(&story, crossed), Err(Reject::Proof)));

    batches(&story, &access);

    let tx = story.chain.unsigned(access.clone());
    assert_eq!(story.submit(tx), Outcome::Accessed);
    assert!(matches!(admit(&story, access), Err(Reject::NullifierSpent)));
    let (second, _) = story.access(body, position, 1);
    let tx = story.chain.unsigned(second);
    assert_eq!(story.submit(tx), Outcome::Accessed);

    an_audit_key_of_its_time(story);
}

/// A block's claims as one batch.
fn batches(story: &Story, access: &Access) {
    let good = [claim(story, access.clone()), claim(story, story.grant(5).0)];
    assert!(story.keys.verify_batch(&good, Entropy::new([1; 32])));
    assert!(story.keys.verify_batch(&[], Entropy::new([1; 32])));
    let mut other_input = good.clone();
    other_input[1].inputs[0] += Fr::from(1u64);
    let mut fewer_inputs = good.clone();
    fewer_inputs[0].inputs.pop();
    let mut other_statement = good.clone();
    other_statement[0].statement = StatementId::Grant;
    let mut swapped = good.clone();
    let first = swapped[0].proof;
    swapped[0].proof = swapped[1].proof;
    swapped[1].proof = first;
    for bad in [other_input, fewer_inputs, other_statement, swapped] {
        assert!(!story.keys.verify_batch(&bad, Entropy::new([2; 32])));
    }
}

/// Under a new audit key, what was encrypted to the old one is refused.
fn an_audit_key_of_its_time(mut story: Story) {
    let (grant, _) = story.grant(9);
    story.chain.register_audit_key(3, 2).unwrap();
    assert!(matches!(
        admit(&story, grant.clone()),
        Err(Reject::AuditKey)
    ));
    let mut relabelled = grant;
    relabelled.audit_key = super::audit_secret(2).public().id();
    assert!(matches!(admit(&story, relabelled), Err(Reject::Proof)));
}

#[test]
fn keys_that_genesis_does_not_pin_are_refused() {
    let story = Story::new();
    let all = [
        &proving().show,
        &proving().grant,
        &proving().access,
        &proving().open,
    ];
    let load = |spec, order: [usize; 4]| {
        let [show, grant, access, open] = order.map(|n| verifying(all[n]));
        ProofKeys::new(spec, show, grant, access, open)
    };
    assert!(load(&story.chain.spec, [0, 1, 2, 3]).is_ok());
    for wrong in [[1, 0, 2, 3], [0, 2, 1, 3], [0, 1, 3, 2], [0, 1, 1, 3]] {
        assert!(load(&story.chain.spec, wrong).is_err());
    }
    let other = super::Chain::new();
    assert!(load(&other.spec, [0, 1, 2, 3]).is_err());
}
