//! Blocks: each header field wrong in turn, time, bounds, determinism.

use super::Chain;
use crate::action::Action;
use crate::block::{Block, MAX_BLOCK_TXS, Txs};
use crate::execute::{self, BlockError};
use crate::header::Header;
use crate::ids::{BlockId, BlockTime, ChainId, Height, StateRoot, TxRoot, ValidatorsHash};
use crate::proofs::Final;
use crate::state::{MemoryState, StateRead};
use crate::tx::Tx;
use tacit_circuits::types::{Digest32, EndedRoot, NoteRoot, PlatformRoot};

/// A chain with a bit of everything, and the block that comes next.
fn story() -> (Chain, Block) {
    let mut chain = Chain::with_members();
    let anchor = chain.anchor();
    let txs = vec![
        chain.by_member(1, 1, chain.issue(10)),
        chain.unsigned(chain.record(20)),
        chain.unsigned(chain.grant(anchor, 30)),
        chain.unsigned(chain.access(anchor, 40)),
        chain.unsigned(crate::action::End {
            position: tacit_circuits::types::Position(1),
            right: crate::action::end::EndRight::Secret(super::field(22)),
        }),
    ];
    let parent = chain.tip().clone();
    let proposed = execute::propose(
        &chain.state,
        &chain.spec,
        &parent,
        chain.after(5),
        txs,
        &mut Final,
    )
    .unwrap();
    assert!(proposed.rejected.is_empty());
    (chain, proposed.executed.block)
}

fn vote(chain: &Chain, block: Block) -> Result<execute::Executed, BlockError> {
    execute::execute(&chain.state, &chain.spec, chain.tip(), block, &mut Final)
}

#[test]
fn every_wrong_header_field_is_refused() {
    let (chain, block) = story();
    assert!(vote(&chain, block.clone()).is_ok());
    let zero = Digest32([0; 32]);
    type Change = Box<dyn Fn(&mut Header)>;
    let changes: Vec<(&str, Change)> = vec![
        ("chain", Box::new(move |h| h.chain = ChainId(zero))),
        ("height", Box::new(|h| h.height = Height(h.height.0 + 1))),
        ("parent", Box::new(move |h| h.parent = BlockId(zero))),
        ("time back", Box::new(|h| h.time = BlockTime(h.time.0 - 5))),
        ("time", Box::new(|h| h.time = BlockTime(h.time.0 + 1))),
        ("anchor", Box::new(|h| h.anchor = h.height)),
        (
            "note root",
            Box::new(|h| h.note_root = NoteRoot(1u64.into())),
        ),
        (
            "ended root",
            Box::new(|h| h.ended_root = EndedRoot(1u64.into())),
        ),
        (
            "platform root",
            Box::new(|h| h.platform_root = PlatformRoot(1u64.into())),
        ),
        (
            "state root",
            Box::new(move |h| h.state_root = StateRoot(zero)),
        ),
        ("tx root", Box::new(move |h| h.tx_root = TxRoot(zero))),
        (
            "validators",
            Box::new(move |h| h.validators = ValidatorsHash(zero)),
        ),
    ];
    for (name, change) in changes {
        let mut wrong = block.clone();
        change(&mut wrong.header);
        assert!(vote(&chain, wrong).is_err(), "{name}");
    }
}

#[test]
fn other_transactions_than_the_headers_are_refused() {
    let (chain, block) = story();
    let mut missing = block.clone();
    missing.txs.0.pop();
    assert!(matches!(
        vote(&chain, missing),
        Err(BlockError::Header { .. })
    ));
    let mut swapped = block.clone();
    swapped.txs.0.swap(0, 2);
    assert!(vote(&chain, swapped).is_err());
    let mut doubled = block.clone();
    let again = doubled.txs.0[0].clone();
    doubled.txs.0.push(again);
    assert!(matches!(
        vote(&chain, doubled),
        Err(BlockError::Tx { index: 5, .. })
    ));
    assert!(matches!(
        vote(
            &chain,
            Block {
                txs: Txs::default(),
                ..block
            }
        ),
        Err(BlockError::Header { .. })
    ));
}

#[test]
fn time_must_be_after_the_parents() {
    let mut chain = Chain::new();
    chain.block(Vec::new());
    let parent = chain.tip().clone();
    for time in [parent.time, BlockTime(parent.time.0 - 1), BlockTime(0)] {
        let proposed = execute::propose(
            &chain.state,
            &chain.spec,
            &parent,
            time,
            Vec::new(),
            &mut Final,
        );
        assert!(matches!(proposed, Err(BlockError::Time { .. })));
    }
}

#[test]
fn a_state_of_another_height_is_noticed() {
    let (mut chain, block) = story();
    let old = chain.state.clone();
    chain.block(Vec::new());
    let result = execute::execute(&old, &chain.spec, chain.tip(), block, &mut Final);
    assert!(matches!(result, Err(BlockError::Parent)));
    let parent = chain.tip().clone();
    let proposed = execute::propose(
        &old,
        &chain.spec,
        &parent,
        chain.after(1),
        Vec::new(),
        &mut Final,
    );
    assert!(matches!(proposed, Err(BlockError::View { .. })));
}

#[test]
fn a_block_has_room_for_its_bound_and_no_more() {
    let mut chain = Chain::new();
    let txs: Vec<Tx> = (0..MAX_BLOCK_TXS as u64 + 10)
        .map(|n| chain.unsigned(chain.record(10 * n + 10)))
        .collect();
    let parent = chain.tip().clone();
    let time = chain.after(1);
    let proposed = execute::propose(
        &chain.state,
        &chain.spec,
        &parent,
        time,
        txs.clone(),
        &mut Final,
    )
    .unwrap();
    assert_eq!(proposed.executed.block.txs.0.len(), MAX_BLOCK_TXS);
    assert!(
        proposed.rejected.is_empty(),
        "the rest is not refused, it just waits"
    );
    let mut block = proposed.executed.block;
    block.txs = Txs(txs);
    let voted = execute::execute(
        &chain.state,
        &chain.spec,
        &parent,
        block.clone(),
        &mut Final,
    );
    assert!(matches!(voted, Err(BlockError::TooLarge)));
    assert!(
        Block::from_bytes(&block.to_bytes()).is_err(),
        "and it does not even decode"
    );
}

#[test]
fn replaying_the_blocks_gives_the_same_state() {
    let (mut chain, block) = story();
    let executed = vote(&chain, block).unwrap();
    chain.state.apply(executed.changes);
    chain.blocks.push(executed.block);
    for n in 0..20 {
        let tx = chain.unsigned(chain.record(1000 + 10 * n));
        chain.block_at(chain.after(3000), vec![tx]);
    }
    let mut state = MemoryState::new();
    let genesis = execute::genesis(&chain.spec).unwrap();
    state.apply(genesis.changes);
    let mut parent = genesis.block.header;
    for block in &chain.blocks[1..] {
        let block = Block::from_bytes(&block.to_bytes()).unwrap();
        let executed = execute::execute(&state, &chain.spec, &parent, block, &mut Final).unwrap();
        state.apply(executed.changes);
        parent = executed.block.header;
    }
    assert_eq!(state, chain.state);
    assert_eq!(&parent, chain.tip());
}

#[test]
fn a_refused_transaction_leaves_no_trace() {
    let (mut chain, _) = story();
    let mut twin = Chain {
        spec: chain.spec.clone(),
        ..Chain::new()
    };
    twin.state = chain.state.clone();
    twin.blocks = chain.blocks.clone();
    let refused = chain.unsigned(chain.grant(Height(1), 7));
    let time = chain.after(1);
    let (with, rejected) = chain.block_at(time, vec![refused]);
    assert_eq!(rejected.len(), 1);
    let (without, _) = twin.block_at(time, Vec::new());
    assert_eq!(with.block, without.block);
    assert_eq!(with.changes, without.changes);
}

#[test]
fn the_genesis_block_is_the_first_anchor_over_empty_trees() {
    let chain = Chain::new();
    let header = chain.tip();
    assert!(header.is_anchor());
    assert_eq!(header.note_root, tacit_circuits::tree::note::empty_root());
    assert_eq!(header.ended_root, tacit_circuits::tree::ended::empty_root());
    assert_eq!(
        header.anchor_view(),
        Some(crate::state::anchor(&chain.state, Height(0)).unwrap())
    );
}

#[test]
fn every_anchor_in_the_state_is_the_view_of_its_header() {
    let mut chain = Chain::with_members();
    for n in 0..4 {
        let tx = chain.unsigned(chain.record(10 * n));
        chain.submit(tx).unwrap();
        let height = chain.anchor();
        let header = chain.tip();
        assert_eq!(
            header.anchor_view(),
            Some(crate::state::anchor(&chain.state, height).unwrap())
        );
    }
}

#[test]
fn stale_nodes_of_the_state_tree_are_removed() {
    let mut chain = Chain::new();
    for _ in 0..10 {
        chain.block(Vec::new());
    }
    let before = chain.state.len();
    for _ in 0..50 {
        chain.block(Vec::new());
    }
    // Fifty empty blocks add the anchors' entries at most.
    assert!(
        chain.state.len() <= before + 2,
        "{before} {}",
        chain.state.len()
    );
}

#[test]
fn audit_digests_of_a_block_are_those_of_its_grants_and_accesses() {
    let (_, block) = story();
    let expected: Vec<_> = block
        .txs
        .0
        .iter()
        .filter_map(|tx| match &tx.action {
            Action::Grant(grant) => Some(grant.audit_digest),
            Action::Access(access) => Some(access.audit_digest),
            _ => None,
        })
        .collect();
    assert_eq!(expected.len(), 2);
    assert_eq!(block.audit_digests(), expected);
}

#[test]
fn a_failing_storage_is_no_verdict() {
    struct Broken;
    impl StateRead for Broken {
        fn get(
            &self,
            _: &crate::keys::StateKey,
        ) -> Result<Option<Vec<u8>>, crate::state::StateError> {
            Err(crate::state::StateError::Backend("disk".into()))
        }
    }
    let (chain, block) = story();
    let result = execute::execute(&Broken, &chain.spec, chain.tip(), block, &mut Final);
    assert!(matches!(result, Err(BlockError::State(_))));
}
