//! Leaves: each value once, each under the kind and controller of its action.

use super::{Chain, field};
use crate::ids::Height;
use crate::outcome::Outcome;
use crate::reject::Reject;
use crate::state::{self, NoteNodes};
use tacit_circuits::commit;
use tacit_circuits::tree::note;
use tacit_circuits::types::*;

fn new(position: u32) -> Outcome {
    Outcome::Leaf {
        position: Position(position),
        existing: false,
    }
}

fn existing(position: u32) -> Outcome {
    Outcome::Leaf {
        position: Position(position),
        existing: true,
    }
}

#[test]
fn a_leaf_enters_once_ever() {
    let mut chain = Chain::with_members();
    let anchor = chain.anchor();
    let credential = chain.by_member(1, 1, chain.issue(10));
    assert_eq!(chain.submit(credential).unwrap(), new(0));
    let record = chain.unsigned(chain.record(20));
    assert_eq!(chain.submit(record).unwrap(), new(1));
    let grant = chain.unsigned(chain.grant(anchor, 30));
    assert_eq!(chain.submit(grant).unwrap(), new(2));

    let root = chain.tip().note_root;
    let again = chain.by_member(1, 1, chain.issue(10));
    assert_eq!(chain.submit(again).unwrap(), existing(0));
    let again = chain.unsigned(chain.record(20));
    assert_eq!(chain.submit(again).unwrap(), existing(1));
    // A grant sent a second time, with another request id and a proof that was re-randomised.
    let mut second = chain.grant(anchor, 30);
    second.proof.0[0] = 7;
    let again = chain.unsigned(second);
    assert_eq!(chain.submit(again).unwrap(), existing(2));
    assert_eq!(chain.tip().note_root, root, "nothing changed");
    assert_eq!(state::counters(&chain.state).unwrap().leaves, 3);
}

#[test]
fn the_same_leaf_twice_in_one_block_enters_once() {
    let mut chain = Chain::new();
    let (a, b) = (
        chain.unsigned(chain.record(20)),
        chain.unsigned(chain.record(20)),
    );
    let (executed, rejected) = chain.block(vec![a, b]);
    assert!(rejected.is_empty());
    let outcomes: Vec<_> = executed
        .results
        .iter()
        .map(|result| result.outcome)
        .collect();
    assert_eq!(outcomes, [new(0), existing(0)]);
}

#[test]
fn an_ended_leaf_sent_again_does_not_come_to_life() {
    let mut chain = Chain::new();
    let record = chain.unsigned(chain.record(20));
    chain.submit(record).unwrap();
    let end = crate::action::End {
        position: Position(0),
        right: crate::action::end::EndRight::Secret(field(22)),
    };
    let end = chain.unsigned(end);
    chain.submit(end).unwrap();
    let again = chain.unsigned(chain.record(20));
    assert_eq!(chain.submit(again).unwrap(), existing(0));
    assert!(
        state::position_info(&chain.state, Position(0))
            .unwrap()
            .unwrap()
            .ended
            .is_some()
    );
}

#[test]
fn kind_and_controller_come_from_the_action() {
    let mut chain = Chain::with_members();
    let anchor = chain.anchor();
    // The same K, body and E by four actions make four leaves.
    let credential = chain.by_member(1, 1, chain.issue(10));
    let record = chain.unsigned(chain.record(10));
    let grant = chain.unsigned(chain.grant(anchor, 10));
    chain.block(vec![credential, record, grant]);
    let issue = chain.issue(10);
    let leaf = |kind, controller| {
        commit::leaf(
            kind,
            controller,
            &issue.holder_key,
            &issue.body,
            &issue.end_tag,
        )
    };
    let expected = [
        leaf(LeafKind::Credential, Some(MemberId::new(1).unwrap())),
        leaf(LeafKind::Record, None),
        leaf(LeafKind::Grant, None),
    ];
    let bucket = note::NoteBucket::read(&NoteNodes(&chain.state), 3, 0).unwrap();
    assert_eq!(bucket.leaves, expected);
    assert_eq!(bucket.root(), chain.tip().note_root);
}

#[test]
fn holders_actions_carry_no_signature() {
    let mut chain = Chain::with_members();
    let anchor = chain.anchor();
    for tx in [
        chain.by_member(1, 1, chain.record(1)),
        chain.by_member(2, 2, chain.grant(anchor, 5)),
        chain.by_member(2, 2, chain.access(anchor, 9)),
    ] {
        assert!(matches!(
            chain.submit(tx),
            Err(Reject::Authorization { .. })
        ));
    }
}

#[test]
fn a_full_tree_takes_no_more() {
    let mut chain = Chain::new();
    // Fills the tree by moving the counter: 2^32 real leaves would take days.
    let mut counters = state::counters(&chain.state).unwrap();
    counters.leaves = 1 << 32;
    let mut changes = state::Changes::new();
    changes.insert(
        crate::keys::counters(),
        Some(crate::codec::encode_vec(&counters)),
    );
    chain.state.apply(changes);
    let tx = chain.unsigned(chain.record(1));
    let admitted = crate::execute::admit(
        &chain.state,
        &chain.spec,
        chain.after(1),
        tx,
        &mut crate::proofs::Final,
    );
    assert!(matches!(admitted, Err(Reject::TreeFull)));
    assert_eq!(chain.height(), Height(0));
}
