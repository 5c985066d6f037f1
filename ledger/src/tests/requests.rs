//! Request ids: once is once.

use super::Chain;
use crate::execute;
use crate::ids::BlockTime;
use crate::keys;
use crate::outcome::Outcome;
use crate::proofs::Final;
use crate::reject::Reject;
use crate::request;
use crate::state::StateRead;
use crate::tx::Tx;
use tacit_circuits::types::Position;

#[test]
fn the_same_request_gives_the_first_outcome_and_nothing_changes() {
    let mut chain = Chain::new();
    let tx = chain.unsigned(chain.record(10));
    let first = chain.submit(tx.clone()).unwrap();
    assert_eq!(
        first,
        Outcome::Leaf {
            position: Position(0),
            existing: false
        }
    );
    let at = chain.height();
    let Err(Reject::Repeated { record, .. }) = chain.submit(tx.clone()) else {
        panic!()
    };
    assert_eq!(
        (record.outcome, record.height, record.index, record.tx),
        (first, at, 0, tx.id())
    );
    let admitted = execute::admit(&chain.state, &chain.spec, chain.after(1), tx, &mut Final);
    assert!(matches!(admitted, Err(Reject::Repeated { .. })));
}

#[test]
fn the_same_request_twice_in_one_block_counts_once() {
    let mut chain = Chain::new();
    let tx = chain.unsigned(chain.record(10));
    let (executed, rejected) = chain.block(vec![tx.clone(), tx]);
    assert_eq!(executed.results.len(), 1);
    assert!(matches!(rejected[..], [Reject::Repeated { .. }]));
}

#[test]
fn the_same_id_with_another_content_is_refused() {
    let mut chain = Chain::new();
    let tx = chain.unsigned(chain.record(10));
    chain.submit(tx.clone()).unwrap();
    let other = Tx::unsigned(tx.request_id, chain.record(20).into());
    assert!(
        matches!(chain.submit(other), Err(Reject::RequestIdReused { first, .. }) if first == tx.id())
    );
}

#[test]
fn a_refused_transaction_leaves_its_id_free() {
    let mut chain = Chain::new();
    let refused = chain.unsigned(chain.grant(crate::ids::Height(77), 1));
    assert!(chain.submit(refused.clone()).is_err());
    let other = Tx::unsigned(refused.request_id, chain.record(20).into());
    assert!(chain.submit(other).is_ok());
}

#[test]
fn ids_are_remembered_for_the_window_and_then_forgotten() {
    let mut chain = Chain::new();
    let tx = chain.unsigned(chain.record(10));
    chain.submit(tx.clone()).unwrap();
    let (height, time) = (chain.height(), chain.tip().time);
    let window = u64::from(chain.spec.genesis().request_window_secs) * 1000;
    chain.block_at(BlockTime(time.0 + window), Vec::new());
    assert!(
        request::lookup(&chain.state, &tx.request_id)
            .unwrap()
            .is_some(),
        "to the end of the window"
    );
    chain.block_at(BlockTime(time.0 + window + 1), Vec::new());
    assert!(
        request::lookup(&chain.state, &tx.request_id)
            .unwrap()
            .is_none()
    );
    assert!(
        chain
            .state
            .get(&keys::requests_of_height(height))
            .unwrap()
            .is_none()
    );
    // Long after, the same record still has its one place.
    assert_eq!(
        chain.submit(tx).unwrap(),
        Outcome::Leaf {
            position: Position(0),
            existing: true
        }
    );
}

#[test]
fn forgetting_catches_up_over_many_empty_heights() {
    let mut chain = Chain::new();
    let tx = chain.unsigned(chain.record(10));
    chain.submit(tx.clone()).unwrap();
    for _ in 0..100 {
        chain.block(Vec::new());
    }
    let window = u64::from(chain.spec.genesis().request_window_secs) * 1000;
    let later = chain.after(window + 1);
    chain.block_at(later, Vec::new());
    assert!(
        request::lookup(&chain.state, &tx.request_id)
            .unwrap()
            .is_none()
    );
    for _ in 0..5 {
        chain.block(Vec::new());
    }
    let counters = crate::state::counters(&chain.state).unwrap();
    assert_eq!(counters.oldest_requests, chain.height());
}
