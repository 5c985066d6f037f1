//! What a proposer that does not follow the rules gets from one honest validator: no vote, the reason by its name, and nothing
//! changed. The simulated networks show the same from outside.

use super::world::{START, World};
use crate::{
    chain::{Chain, Verdict},
    config::{MempoolLimits, Pace},
    engine::{App, Core, EngineBlock, EngineConfig, Sidecars, VotesFrom, Wanted},
    fault::Fault,
    mempool::Mempool,
    storage::{BlockLog, FaultyFile, MemoryIndex, SidecarLog},
};
use commonware_codec::Encode as _;
use commonware_consensus::{
    Application as _,
    marshal::ancestry::Ancestry,
    simplex::types::Context as Position,
    types::{Epoch, Round, View},
};
use commonware_cryptography::{Digested, Digestible as _, Signer as _, sha256::Digest};
use commonware_resolver::{Consumer as _, Delivery};
use commonware_runtime::{
    Clock as _, Runner as _, Supervisor as _,
    deterministic::{self, Context},
};
use commonware_utils::vec::NonEmptyVec;
use futures::Stream;
use std::{
    collections::VecDeque,
    pin::Pin,
    sync::Arc,
    task,
    time::{Duration, UNIX_EPOCH},
};
use tacit_circuits::types::{AnchorView, Digest32};
use tacit_ledger::{
    block::{Block, Sidecar},
    execute,
    header::Header,
    ids::{BlockId, BlockTime, ChainId, Height, StateRoot},
    merkle::tx_root,
    proofs::Final,
    state::MemoryState,
    tx::Tx,
};

/// Longer than any view lasts: who has not voted by then does not vote.
const NEVER: Duration = Duration::from_secs(600);

/// A block and its parent, as the engine shows them to an application.
#[derive(Clone)]
struct Shown(VecDeque<Digested<EngineBlock>>);

impl Stream for Shown {
    type Item = Digested<EngineBlock>;

    fn poll_next(
        mut self: Pin<&mut Self>,
        _: &mut task::Context<'_>,
    ) -> task::Poll<Option<Self::Item>> {
        task::Poll::Ready(self.0.pop_front())
    }
}

impl Ancestry<EngineBlock> for Shown {
    fn peek(&self) -> Option<&Digested<EngineBlock>> {
        self.0.front()
    }
}

/// One honest validator of a chain that has been founded, and a proposer's copy of the chain's state.
struct Bench {
    context: Context,
    world: World,
    app: App,
    state: MemoryState,
    parent: EngineBlock,
    anchor: AnchorView,
}

impl Bench {
    fn new(context: Context) -> Self {
        let world = World::new(1).unwrap();
        let id = *world.spec.id().as_bytes();
        let blocks = BlockLog::over(Arc::new(FaultyFile::default()), &id).unwrap();
        let sidecars = SidecarLog::over(Arc::new(FaultyFile::default()), &id).unwrap();
        let keys = world.proof_keys().unwrap();
        let index = Box::new(MemoryIndex::default());
        let chain =
            Arc::new(Chain::in_memory(blocks, sidecars, index, world.spec.clone(), keys).unwrap());
        let pool = Arc::new(Mempool::new(MempoolLimits::default()));
        let fault = Fault::default();
        let sidecars = Sidecars::new(chain.clone(), pool.clone(), fault.clone());
        let core = Core {
            chain,
            pool,
            fault,
            evidence: Arc::default(),
            pace: Pace::default(),
            prefix: String::new(),
            skew_ms: 0,
            votes_from: VotesFrom::default(),
        };
        let genesis = execute::genesis(&world.spec).unwrap();
        let anchor = genesis.block.header.anchor_view().unwrap();
        let mut state = MemoryState::new();
        state.apply(genesis.changes);
        let mut bench = Self {
            context,
            app: App { core, sidecars },
            state,
            parent: EngineBlock::new(genesis.block, vec![]).unwrap(),
            anchor,
            world,
        };
        // A reviewer with an audit key, so that grants can be.
        let founding = bench.world.founding().unwrap();
        let (block, changes) = bench.build(100, founding);
        let child = bench.chain();
        let judged = child.judge(&bench.parent.block().header, block.clone());
        assert!(matches!(judged, Ok(Verdict::Valid)));
        child.commit(&block).unwrap();
        bench.state.apply(changes);
        bench.parent = EngineBlock::new(block, vec![]).unwrap();
        bench
    }

    fn chain(&self) -> Arc<Chain> {
        self.app.core.chain.clone()
    }

    /// What a proposer makes that believes every proof.
    fn build(&self, after_ms: u64, txs: Vec<Tx>) -> (Block, tacit_ledger::state::Changes) {
        let parent = &self.parent.block().header;
        let time = BlockTime(parent.time.0 + after_ms);
        let (spec, state) = (&self.world.spec, &self.state);
        let proposed = execute::propose(state, spec, parent, time, txs, &mut Final).unwrap();
        assert!(proposed.rejected.is_empty(), "{:?}", proposed.rejected);
        (proposed.executed.block, proposed.executed.changes)
    }

    /// The validator's vote on a block, if there is one within some time.
    async fn vote(&self, block: &EngineBlock, within: Duration) -> Option<bool> {
        let shown = [block, &self.parent].map(|one| {
            let digest = one.digest();
            Digested::precomputed(one.clone(), digest)
        });
        let position = Position {
            round: Round::new(Epoch::new(0), View::new(2)),
            leader: EngineConfig::private_key(&[9; 32]).unwrap().public_key(),
            parent: (View::new(1), self.parent.digest()),
        };
        let (mut app, context) = (self.app.clone(), self.context.child("verify"));
        let verify = async move { app.verify((context, position), Shown(shown.into())).await };
        self.context.timeout(within, verify).await.ok()
    }

    /// Why the validator refuses a block.
    fn reason(&self, block: &Block) -> String {
        let parent = &self.parent.block().header;
        match self.chain().judge(parent, block.clone()).unwrap() {
            Verdict::Invalid(why) => why,
            _ => panic!("not refused"),
        }
    }
}

fn start<T: Send + 'static, F: Future<Output = T> + Send>(
    play: impl FnOnce(Bench) -> F + Send,
) -> T {
    let config = deterministic::Config::default()
        .with_seed(1)
        .with_start_time(UNIX_EPOCH + Duration::from_secs(START + 10));
    deterministic::Runner::new(config)
        .start(|context| async move { play(Bench::new(context)).await })
}

fn with_header(block: &Block, change: impl FnOnce(&mut Header)) -> Block {
    let mut block = block.clone();
    change(&mut block.header);
    block
}

#[test]
fn a_block_that_breaks_a_rule_gets_its_reason_and_no_vote() {
    start(|bench| async move {
        let (tx, sidecar) = bench.world.grant(1, &bench.anchor).unwrap();
        let (good, _) = bench.build(100, vec![tx]);
        let sidecars: Vec<Sidecar> = sidecar.into_iter().collect();
        let (false_tx, false_sidecar) = bench.world.false_grant(2, &bench.anchor).unwrap();
        let (false_proof, _) = bench.build(100, vec![false_tx]);
        let parent = bench.parent.block().header.clone();
        let other = Digest32([0xee; 32]);
        let broken = [
            (
                with_header(&good, |h| h.state_root = StateRoot(other)),
                "state_root",
            ),
            (
                with_header(&good, |h| h.time = parent.time),
                "is not after its parent's",
            ),
            (
                with_header(&good, |h| h.time.0 = parent.time.0 - 1),
                "is not after its parent's",
            ),
            (
                with_header(&good, |h| h.chain = ChainId(other)),
                "another chain",
            ),
            (
                with_header(&good, |h| h.parent = BlockId(other)),
                "does not follow the given parent",
            ),
            (
                with_header(&good, |h| h.height = Height(7)),
                "does not follow the given parent",
            ),
            (false_proof, "a proof does not verify"),
        ];
        let before = (
            bench.chain().tip().id,
            bench.chain().blocks().block_after(0),
        );
        for (block, reason) in broken {
            let said = bench.reason(&block);
            assert!(said.contains(reason), "{said}: not {reason}");
            let with = match reason {
                "a proof does not verify" => false_sidecar.iter().cloned().collect(),
                _ => sidecars.clone(),
            };
            let block = EngineBlock::new(block, with).unwrap();
            assert_eq!(bench.vote(&block, NEVER).await, Some(false), "{reason}");
        }
        // Other transactions than the header's, or a ciphertext that none of them names, make no block at all.
        let mut emptied = good.clone();
        emptied.txs.0.clear();
        assert!(EngineBlock::new(emptied.clone(), vec![]).is_err());
        emptied.header.tx_root = tx_root(&[]);
        assert!(bench.reason(&emptied).contains("header's"));
        assert!(EngineBlock::new(emptied, sidecars.clone()).is_err());

        assert_eq!(
            (
                bench.chain().tip().id,
                bench.chain().blocks().block_after(0)
            ),
            before
        );
        assert!(bench.app.core.fault.get().is_none(), "the node goes on");
        let good = EngineBlock::new(good, sidecars).unwrap();
        assert_eq!(bench.vote(&good, NEVER).await, Some(true));
    });
}

#[test]
fn a_block_from_the_future_gets_its_vote_when_its_time_has_come() {
    start(|bench| async move {
        let hour = 3_600_000;
        let early = bench.parent.block().header.time.0 + hour;
        let (block, _) = bench.build(hour, vec![]);
        let block = EngineBlock::new(block, vec![]).unwrap();
        assert_eq!(bench.vote(&block, NEVER).await, None);
        assert_eq!(
            bench.vote(&block, Duration::from_secs(4000)).await,
            Some(true)
        );
        let now = bench.app.core.now(&bench.context).0;
        let ahead = u64::from(bench.world.spec.genesis().max_time_ahead_ms);
        assert!(now + ahead >= early, "{now} {early}");
        assert!(now < early + 1000, "{now} {early}");
    });
}

#[test]
fn nobody_votes_for_a_block_while_its_sidecar_is_missing() {
    start(|bench| async move {
        let (tx, sidecar) = bench.world.grant(1, &bench.anchor).unwrap();
        let (block, _) = bench.build(100, vec![tx]);
        let sidecar = sidecar.unwrap();
        let withheld = EngineBlock::new(block, vec![]).unwrap();
        assert_eq!(bench.vote(&withheld, NEVER).await, None);

        // A peer sends another one under its name: it is told apart, and still nobody votes.
        let key = Digest(sidecar.digest().to_bytes());
        let other = bench.world.grant(2, &bench.anchor).unwrap().1.unwrap();
        let mut sidecars = bench.app.sidecars.clone();
        let mut deliver = |bytes: bytes::Bytes| {
            let wanted = (
                Wanted::Vote(withheld.block().header.height.0),
                tracing::Span::none(),
            );
            let delivery = Delivery {
                key,
                subscribers: NonEmptyVec::new(wanted),
            };
            sidecars.deliver(delivery, bytes)
        };
        assert!(!deliver(other.encode()).await.unwrap());
        assert!(
            !deliver(bytes::Bytes::from_static(b"no sidecar"))
                .await
                .unwrap()
        );
        assert_eq!(bench.vote(&withheld, NEVER).await, None);

        // The right one is on the disk before the vote.
        assert!(deliver(sidecar.encode()).await.unwrap());
        assert_eq!(bench.vote(&withheld, NEVER).await, Some(true));
        let kept = bench.chain().sidecars().get(&key.0).unwrap();
        assert_eq!(kept.as_deref(), Some(&sidecar.encode()[..]));
    });
}
