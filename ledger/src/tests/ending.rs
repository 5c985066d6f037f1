//! Ending leaves: by the secret, by the controller, once and for all.

use super::{Chain, field};
use crate::action::End;
use crate::action::end::EndRight;
use crate::outcome::Outcome;
use crate::reject::Reject;
use crate::state::EndedNodes;
use tacit_circuits::tree::ended;
use tacit_circuits::types::Position;

fn by_secret(position: u32, secret: u64) -> End {
    End {
        position: Position(position),
        right: EndRight::Secret(field(secret)),
    }
}

fn by_controller(position: u32) -> End {
    End {
        position: Position(position),
        right: EndRight::Controller,
    }
}

/// A chain with a credential of issuer 1 at position 0 (secret 12) and a record at 1 (secret 22).
fn chain() -> Chain {
    let mut chain = Chain::with_members();
    chain.register(4, &[crate::member::Role::Issuer]).unwrap();
    let credential = chain.by_member(1, 1, chain.issue(10));
    let record = chain.unsigned(chain.record(20));
    chain.block(vec![credential, record]);
    chain
}

fn is_ended(chain: &Chain, position: u32) -> bool {
    ended::is_ended(&EndedNodes(&chain.state), Position(position)).unwrap()
}

#[test]
fn whoever_reveals_the_secret_ends_the_leaf_and_no_other() {
    let mut chain = chain();
    for (position, secret) in [(1, 23), (1, 12), (0, 22)] {
        let wrong = chain.unsigned(by_secret(position, secret));
        assert!(matches!(chain.submit(wrong), Err(Reject::WrongEndSecret)));
    }
    assert_eq!(chain.tip().ended_root, ended::empty_root());
    let tx = chain.unsigned(by_secret(1, 22));
    assert_eq!(
        chain.submit(tx).unwrap(),
        Outcome::Ended {
            position: Position(1),
            existing: false
        }
    );
    assert!(is_ended(&chain, 1) && !is_ended(&chain, 0));
}

#[test]
fn ending_twice_changes_nothing() {
    let mut chain = chain();
    let tx = chain.unsigned(by_secret(1, 22));
    chain.submit(tx).unwrap();
    let root = chain.tip().ended_root;
    let tx = chain.unsigned(by_secret(1, 22));
    assert_eq!(
        chain.submit(tx).unwrap(),
        Outcome::Ended {
            position: Position(1),
            existing: true
        }
    );
    assert_eq!(chain.tip().ended_root, root);
}

#[test]
fn the_controller_ends_its_own_leaves_only() {
    let mut chain = chain();
    let other_issuer = chain.by_member(4, 4, by_controller(0));
    assert!(matches!(
        chain.submit(other_issuer),
        Err(Reject::NotController(_))
    ));
    let not_controlled = chain.by_member(1, 1, by_controller(1));
    assert!(matches!(
        chain.submit(not_controlled),
        Err(Reject::NotController(_))
    ));
    let unsigned = chain.unsigned(by_controller(0));
    assert!(matches!(
        chain.submit(unsigned),
        Err(Reject::Authorization { .. })
    ));
    let tx = chain.by_member(1, 1, by_controller(0));
    assert_eq!(
        chain.submit(tx).unwrap(),
        Outcome::Ended {
            position: Position(0),
            existing: false
        }
    );
    assert!(is_ended(&chain, 0));
}

#[test]
fn a_position_without_a_leaf_cannot_be_ended() {
    let mut chain = chain();
    for position in [2, 4096, u32::MAX] {
        let secret = chain.unsigned(by_secret(position, 22));
        assert!(matches!(
            chain.submit(secret),
            Err(Reject::UnknownPosition(_))
        ));
        let controller = chain.by_member(1, 1, by_controller(position));
        assert!(matches!(
            chain.submit(controller),
            Err(Reject::UnknownPosition(_))
        ));
    }
}

#[test]
fn a_leaf_can_be_ended_in_the_block_it_enters() {
    let mut chain = Chain::new();
    let record = chain.unsigned(chain.record(20));
    let end = chain.unsigned(by_secret(0, 22));
    let (executed, rejected) = chain.block(vec![record, end]);
    assert!(rejected.is_empty());
    assert_eq!(executed.results.len(), 2);
    assert!(is_ended(&chain, 0));
}
