//! The chain as a vault keeps it for itself: members, ended leaves and recent receipts, read from whole blocks.
//!
//! Nothing here asks the node about one member, one leaf or one receipt: else the node would learn which grant is being read
//! just now. The vault reads everything that everybody reads, and looks things up at home.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use tacit_circuits::tree::ended::EndedShard;
use tacit_circuits::types::{MemberId, Position, Receipt, Timestamp};
use tacit_ledger::action::Action;
use tacit_ledger::block::Block;
use tacit_ledger::codec::decode_slice;
use tacit_ledger::ids::Height;
use tacit_ledger::keys;
use tacit_ledger::member::{MemberRecord, MemberStatus};
use tacit_ledger::merkle::tx_root;
use tacit_ledger::state::Counters;
use tacit_vault::serve::{ChainFacts, LiveFacts, SERVE_WINDOW};
use tokio::sync::{Mutex, watch};

use crate::auth::caller::Directory;
use crate::errors::{ApiError, ApiResult, catalogue as reason};
use crate::follower::Follower;

/// Heights taken at a time when looking back.
const BACK: u64 = 512;
/// How long a receipt may take to be seen here after the platform saw it final.
const RECEIPT_PATIENCE: Duration = Duration::from_secs(5);
/// Pause between two looks at the chain.
const PAUSE: Duration = Duration::from_millis(150);

/// The view. It follows for as long as [`ChainView::keep_up`] runs.
pub struct ChainView {
    follower: Follower,
    facts: Mutex<Facts>,
    newest: watch::Sender<Timestamp>,
}

struct Facts {
    height: Height,
    members: BTreeMap<MemberId, MemberRecord>,
    shards: Vec<EndedShard>,
    /// Ended after the shards were taken.
    ended: BTreeSet<Position>,
    receipts: BTreeMap<[u8; 32], Timestamp>,
}

impl ChainView {
    /// Reads what has to be known from the start.
    ///
    /// # Errors
    /// When the node cannot be asked, or its answers do not verify.
    pub async fn open(follower: Follower) -> ApiResult<Arc<Self>> {
        let anchor = follower.anchor().await?;
        let leaves = counters(&follower).await?.leaves;
        // Leaves that are added from now on can only be ended by blocks read below.
        let count = leaves.div_ceil(1 << 20);
        let mut shards = Vec::new();
        for index in 0..count {
            let index = u16::try_from(index).map_err(ApiError::internal)?;
            shards.push(follower.ended_shard(&anchor, index).await?);
        }
        let since = Height(anchor.height);
        let facts = Facts {
            height: recent_start(&follower, since).await?,
            members: members(&follower).await?,
            shards,
            ended: BTreeSet::new(),
            receipts: BTreeMap::new(),
        };
        let view = Self {
            follower,
            facts: Mutex::new(facts),
            newest: watch::Sender::new(Timestamp(0)),
        };
        view.advance().await?;
        Ok(Arc::new(view))
    }

    /// The light client behind the view.
    pub fn follower(&self) -> &Follower {
        &self.follower
    }

    /// Reads the blocks that are new.
    ///
    /// # Errors
    /// When the node cannot be asked, or its answers do not verify.
    pub async fn advance(&self) -> ApiResult<()> {
        let mut facts = self.facts.lock().await;
        let tip = self.follower.sync().await?;
        let time = tip.header().time.timestamp();
        while facts.height < tip.header().height {
            let next = facts.height.next();
            let header = self.follower.header(next).await?;
            if header.header().tx_root != tx_root(&[])
                && facts.read(&self.follower.block(next).await?)
            {
                facts.members = members(&self.follower).await?;
            }
            facts.height = next;
        }
        let oldest = time.saturating_sub(2 * SERVE_WINDOW);
        facts.receipts.retain(|_, at| *at >= oldest);
        self.newest.send_replace(time);
        Ok(())
    }

    /// Follows the chain until the task is dropped.
    pub async fn keep_up(self: Arc<Self>) {
        let mut healthy = true;
        loop {
            match self.advance().await {
                Ok(()) => healthy = true,
                Err(error) if healthy => {
                    tracing::warn!(%error, "the chain cannot be followed; trying again");
                    healthy = false;
                }
                Err(_) => {}
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Time of the newest block read: the only "now" of the vault's rules.
    pub fn now(&self) -> Timestamp {
        *self.newest.borrow()
    }

    /// Time of the newest block, as it changes.
    pub fn times(&self) -> watch::Receiver<Timestamp> {
        self.newest.subscribe()
    }

    /// What the chain says about an access now, waiting a moment for a receipt that is on its way here.
    ///
    /// # Errors
    /// When the chain cannot be followed.
    pub async fn access(
        &self,
        receipt: &Receipt,
        grant: Position,
        record: Position,
        grantee: MemberId,
    ) -> ApiResult<ChainFacts> {
        let late = tokio::time::Instant::now() + RECEIPT_PATIENCE;
        loop {
            self.advance().await?;
            let live = self.live(grant, record, grantee).await;
            let receipt_time = self
                .facts
                .lock()
                .await
                .receipts
                .get(&receipt.to_bytes())
                .copied();
            if receipt_time.is_some() || tokio::time::Instant::now() >= late {
                return Ok(ChainFacts { receipt_time, live });
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// What the chain says about grant, record and grantee, as of the newest block read.
    pub async fn live(&self, grant: Position, record: Position, grantee: MemberId) -> LiveFacts {
        let facts = self.facts.lock().await;
        LiveFacts {
            newest_time: self.now(),
            grant_ended: facts.is_ended(grant),
            record_ended: facts.is_ended(record),
            grantee_active: facts
                .members
                .get(&grantee)
                .is_some_and(|m| m.status == MemberStatus::Active),
        }
    }
}

impl Facts {
    /// Takes in a block; `true` when it changes members.
    fn read(&mut self, block: &Block) -> bool {
        let mut members = false;
        for tx in &block.txs.0 {
            match &tx.action {
                Action::End(end) => drop(self.ended.insert(end.position)),
                Action::Access(access) => {
                    self.receipts
                        .insert(access.receipt.to_bytes(), block.header.time.timestamp());
                }
                // A vote may be the one that enacts a change of the members.
                Action::RotateKeys(_) | Action::Propose(_) | Action::Approve(_) => members = true,
                _ => {}
            }
        }
        members
    }

    fn is_ended(&self, position: Position) -> bool {
        self.ended.contains(&position)
            || self
                .shards
                .iter()
                .any(|shard| shard.is_ended(position) == Some(true))
    }
}

#[tonic::async_trait]
impl Directory for ChainView {
    async fn member(&self, id: MemberId) -> ApiResult<Option<MemberRecord>> {
        Ok(self.facts.lock().await.members.get(&id).cloned())
    }
}

/// The counters of the newest state.
async fn counters(follower: &Follower) -> ApiResult<Counters> {
    let missing = || ApiError::plain(&reason::PROOF_OF_SERVER_INVALID);
    let value = follower
        .state(&keys::counters())
        .await?
        .value
        .ok_or_else(missing)?;
    decode_slice(&value).map_err(|_| missing())
}

/// All members, whichever of them matter here.
async fn members(follower: &Follower) -> ApiResult<BTreeMap<MemberId, MemberRecord>> {
    let mut members = BTreeMap::new();
    for id in (1..=counters(follower).await?.members).filter_map(|id| MemberId::new(id).ok()) {
        members.extend(follower.member(id).await?.map(|record| (id, record)));
    }
    Ok(members)
}

/// The height from which on blocks are read: before everything that ended after the shards were taken, and before every
/// receipt that may still be served.
async fn recent_start(follower: &Follower, since: Height) -> ApiResult<Height> {
    let tip = follower.sync().await?;
    let oldest = tip.header().time.timestamp().saturating_sub(SERVE_WINDOW);
    let mut start = since;
    while start.0 > 0 && follower.header(start).await?.header().time.timestamp() >= oldest {
        start = Height(start.0.saturating_sub(BACK));
    }
    Ok(start)
}
