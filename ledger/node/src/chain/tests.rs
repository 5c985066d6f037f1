use super::*;
use crate::test_chain::{issue, proof_keys, register_issuer, spec, toy_keys};
use tacit_circuits::types::Digest32;
use tacit_ledger::{
    block::Block,
    ids::{BlockTime, StateRoot},
    state,
    tx::Tx,
};

struct Opened {
    chain: Chain,
    dir: tempfile::TempDir,
}

fn open() -> Opened {
    let dir = tempfile::tempdir().unwrap();
    let chain = Chain::open(
        dir.path(),
        Part::Validator,
        spec(),
        proof_keys(&spec(), toy_keys()),
        None,
    )
    .unwrap();
    Opened { chain, dir }
}

/// Builds on a block, `after` milliseconds later.
fn build(chain: &Chain, parent: &Header, after: u64, txs: Vec<Tx>) -> Block {
    match chain
        .build(parent, BlockTime(parent.time.0 + after), txs, true)
        .unwrap()
    {
        Extension::Built(block, rejected) => {
            assert!(rejected.is_empty(), "{rejected:?}");
            *block
        }
        _ => panic!("nothing was built"),
    }
}

fn leaves_after(chain: &Chain, header: &Header) -> u64 {
    let tip = chain.read_tip();
    match chain.standing(&tip, header.id(), header.height) {
        Standing::At(view, _) => state::counters(&view).unwrap().leaves,
        _ => panic!("not at hand"),
    }
}

fn verdict(chain: &Chain, parent: &Header, block: Block) -> &'static str {
    match chain.judge(parent, block).unwrap() {
        Verdict::Valid => "valid",
        Verdict::Invalid(_) => "invalid",
        Verdict::Unknown => "unknown",
        Verdict::Abandoned => "abandoned",
    }
}

#[test]
fn a_block_of_one_node_is_valid_for_another_and_leads_to_the_same_state() {
    let (one, two) = (open(), open());
    let genesis = one.chain.genesis().clone();
    let first = build(&one.chain, &genesis, 100, vec![register_issuer()]);
    let second = build(&one.chain, &first.header, 100, vec![issue(1), issue(2)]);
    assert_eq!(
        verdict(&two.chain, &first.header, second.clone()),
        "unknown"
    );
    assert_eq!(verdict(&two.chain, &genesis, first.clone()), "valid");
    assert_eq!(verdict(&two.chain, &first.header, second.clone()), "valid");
    // Nothing is final yet: the index still holds genesis, and the changes lie on top of it.
    assert_eq!(two.chain.tip().header.height, Height(0));
    assert_eq!(leaves_after(&two.chain, &second.header), 2);
    for chain in [&one.chain, &two.chain] {
        assert_eq!(chain.commit(&first).unwrap().unwrap().len(), 1);
        assert_eq!(leaves_after(chain, &second.header), 2);
        assert_eq!(chain.commit(&second).unwrap().unwrap().len(), 2);
        assert!(chain.lock_pending().is_empty());
    }
    assert_eq!(one.chain.tip().id, two.chain.tip().id);
}

#[test]
fn a_block_with_any_part_of_its_header_changed_is_invalid() {
    let Opened { chain, dir: _dir } = open();
    let genesis = chain.genesis().clone();
    let good = build(&chain, &genesis, 100, vec![register_issuer()]);
    let other = Digest32([0xee; 32]);
    let changes: [&dyn Fn(&mut Header); 8] = [
        &|h| h.time = genesis.time,
        &|h| h.time = BlockTime(genesis.time.0 - 1),
        &|h| h.time.0 += 10_000_000,
        &|h| h.height = Height(2),
        &|h| h.parent.0 = other,
        &|h| h.state_root = StateRoot(other),
        &|h| h.validators.0 = other,
        &|h| h.chain.0 = other,
    ];
    for (n, change) in changes.iter().enumerate() {
        let mut bad = good.clone();
        change(&mut bad.header);
        assert_eq!(verdict(&chain, &genesis, bad), "invalid", "change {n}");
    }
    assert_eq!(verdict(&chain, &genesis, good), "valid");
}

#[test]
fn a_block_with_other_transactions_than_it_says_is_invalid() {
    let Opened { chain, dir: _dir } = open();
    let genesis = chain.genesis().clone();
    let first = build(&chain, &genesis, 100, vec![register_issuer()]);
    let good = build(&chain, &first.header, 100, vec![issue(1), issue(2)]);
    let changes: [fn(&mut Vec<Tx>); 4] = [
        |txs| txs.swap(0, 1),
        |txs| drop(txs.pop()),
        |txs| txs.push(issue(1)),
        |txs| txs[1].authorization = txs[0].authorization,
    ];
    for (n, change) in changes.iter().enumerate() {
        let mut bad = good.clone();
        change(&mut bad.txs.0);
        assert_eq!(verdict(&chain, &first.header, bad), "invalid", "change {n}");
    }
}

#[test]
fn of_two_children_one_becomes_final_and_the_other_is_abandoned() {
    let Opened { chain, dir: _dir } = open();
    let genesis = chain.genesis().clone();
    let left = build(&chain, &genesis, 100, vec![register_issuer()]);
    let right = build(&chain, &genesis, 200, vec![]);
    let on_right = build(&chain, &right.header, 100, vec![]);
    let on_left = build(&chain, &left.header, 100, vec![issue(1)]);
    chain.commit(&left).unwrap();
    assert_eq!(
        verdict(&chain, &right.header, on_right.clone()),
        "abandoned"
    );
    assert!(matches!(
        chain
            .build(&on_right.header, BlockTime(u64::MAX), vec![], true)
            .unwrap(),
        Extension::Abandoned | Extension::Unknown
    ));
    assert_eq!(verdict(&chain, &left.header, on_left), "valid");
}

#[test]
fn committing_is_idempotent_and_in_order() {
    let Opened { chain, dir } = open();
    let genesis = chain.genesis().clone();
    let first = build(&chain, &genesis, 100, vec![register_issuer()]);
    let second = build(&chain, &first.header, 100, vec![issue(1)]);
    chain.lock_pending().clear();
    // Neither was executed here, as after a restart.
    assert!(chain.commit(&second).is_err());
    assert!(chain.commit(&first).unwrap().is_some());
    assert!(chain.commit(&first).unwrap().is_none());
    assert!(chain.commit(&second).unwrap().is_some());
    assert!(chain.commit(&first).unwrap().is_none());
    assert_eq!(chain.tip().header, second.header);
    // The index is ahead of a log that has no blocks: nobody may go on from here.
    chain.close().unwrap();
    drop(chain);
    let again = Chain::open(
        dir.path(),
        Part::Validator,
        spec(),
        proof_keys(&spec(), toy_keys()),
        None,
    );
    assert!(matches!(
        again,
        Err(NodeError::Storage(crate::StorageError::AcknowledgedLost {
            log: 0,
            index: 2
        }))
    ));
}

#[test]
fn what_the_rules_refuse_is_left_out_and_an_empty_block_only_made_for_an_anchor() {
    let Opened { chain, dir: _dir } = open();
    let genesis = chain.genesis().clone();
    let time = BlockTime(genesis.time.0 + 1);
    match chain.build(&genesis, time, vec![issue(1)], false).unwrap() {
        Extension::Nothing(rejected) => assert_eq!(rejected.len(), 1),
        _ => panic!("a block without transactions and without need"),
    }
    match chain
        .build(
            &genesis,
            time,
            vec![issue(1), register_issuer(), issue(1), issue(1)],
            false,
        )
        .unwrap()
    {
        Extension::Built(block, rejected) => {
            assert_eq!((block.txs.0.len(), rejected.len()), (2, 2))
        }
        _ => panic!("nothing was built"),
    }
}

#[test]
fn sidecars_go_when_their_retention_is_over_and_not_before() {
    use std::time::Duration;
    let Opened { chain, dir: _dir } = open();
    let mut parent = chain.genesis().clone();
    // Blocks at 1, 101, 201 … seconds, each with a sidecar.
    for height in 1..=8u64 {
        let block = build(
            &chain,
            &parent,
            if height == 1 { 1000 } else { 100_000 },
            vec![],
        );
        let id = *block.id().as_bytes();
        chain
            .blocks()
            .put_block(height, id, block.to_bytes())
            .unwrap();
        chain.commit(&block).unwrap();
        chain
            .sidecars()
            .put(height, [height as u8; 32], vec![1; 8])
            .unwrap();
        parent = block.header;
    }
    let there = |height: u8| chain.sidecars().get(&[height; 32]).unwrap().is_some();
    let erase = |secs| chain.erase_old_sidecars(Duration::from_secs(secs)).unwrap();
    assert_eq!(erase(700), None, "the oldest is 700 seconds old");
    assert_eq!(erase(690), None, "and may stay a sixteenth longer");
    assert_eq!(erase(400), Some(Height(4)));
    assert_eq!(
        (1..=8).map(there).collect::<Vec<_>>(),
        [false, false, false, true, true, true, true, true]
    );
    assert_eq!(erase(400), None);
    assert!(read_block(chain.blocks(), Height(1)).unwrap().is_some());
}
