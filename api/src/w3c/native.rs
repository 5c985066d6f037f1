//! The status of this system's own credentials: the bit of their leaf on the ledger, as of a fresh anchor.

use serde_json::Value;
use std::collections::BTreeMap;
use tacit_circuits::tree::ended::EndedShard;
use tacit_circuits::tree::note::BUCKET_LEAVES;
use tacit_circuits::types::{AnchorView, Leaf, Position};
use tacit_identity::credential::Credential;

use super::problem::Problem;
use super::verify::Said;
use crate::clock;
use crate::errors::{ApiError, ApiResult, catalogue as reason};
use crate::follower::Follower;

/// The type of such a status.
pub const STATUS_TYPE: &str = "TacitEndedTree";

/// What a report calls it: such a credential ends for good.
const PURPOSE: &str = "revocation";

/// How old an anchor may be, in seconds: an idle chain makes one every few seconds.
const MAX_ANCHOR_AGE_SECS: u64 = 300;

/// Most credentials of one document that are looked up.
const MAX_LOOK_UPS: usize = 16;

/// A leaf as the ledger has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct OnLedger {
    leaf: Option<Leaf>,
    ended: bool,
}

/// What is known of the leaves of a document's credentials, gathered before the work begins.
#[derive(Debug, Default)]
pub struct Natives {
    leaves: BTreeMap<Position, OnLedger>,
    /// Why nothing more is known.
    failed: Option<ApiError>,
}

/// The newest anchor, when it is new: nothing may be called valid by one that a node keeps showing.
///
/// # Errors
/// NODE_BEHIND when it is older than five minutes; when the node cannot be reached.
pub async fn fresh_anchor(chain: &Follower) -> ApiResult<AnchorView> {
    let anchor = chain.anchor().await?;
    match anchor.time.saturating_add(MAX_ANCHOR_AGE_SECS) < clock::now() {
        true => Err(ApiError::plain(&reason::NODE_BEHIND)),
        false => Ok(anchor),
    }
}

/// Whether a value of `credentialStatus` is one.
pub fn is_native(status: &Value) -> bool {
    status.get("type").and_then(Value::as_str) == Some(STATUS_TYPE)
}

impl Natives {
    /// Looks up the leaves of credentials of this chain. The node is asked for whole buckets and shards, so it does not learn
    /// which credential is meant.
    pub async fn gather<'a>(
        chain: Option<&Follower>,
        credentials: impl Iterator<Item = &'a Value>,
    ) -> Self {
        let native =
            |credential: &&Value| credential.get("credentialStatus").is_some_and(is_native);
        let mut positions: Vec<Position> = credentials
            .filter(native)
            .filter_map(read)
            .filter(|one| chain.is_some_and(|chain| chain.spec().id().0 == one.issuer().chain))
            .map(|one| one.commitment().position)
            .take(MAX_LOOK_UPS)
            .collect();
        positions.sort_unstable();
        positions.dedup();
        let mut known = Self::default();
        if let (Some(chain), false) = (chain, positions.is_empty()) {
            known.failed = known.look_up(chain, &positions).await.err();
        }
        known
    }

    async fn look_up(&mut self, chain: &Follower, positions: &[Position]) -> ApiResult<()> {
        let anchor = fresh_anchor(chain).await?;
        for position in positions {
            let shard = EndedShard::index_of(*position);
            let shard = chain.ended_shard(&anchor, shard).await?;
            let number = position.0 as usize;
            let bucket = u32::try_from(number / BUCKET_LEAVES).map_err(ApiError::internal)?;
            let bucket = chain.note_bucket(&anchor, bucket).await?;
            let found = OnLedger {
                leaf: bucket.leaves.get(number % BUCKET_LEAVES).copied(),
                // Every position is in its shard.
                ended: shard.is_ended(*position).unwrap_or(true),
            };
            self.leaves.insert(*position, found);
        }
        Ok(())
    }

    /// What is known about a credential that has verified.
    ///
    /// # Errors
    /// VC_STATUS_SET when its leaf is ended.
    pub fn said(&self, credential: &Value) -> ApiResult<Said> {
        let unknown = |reason, why: &str| {
            let problem = Problem::from(ApiError::new(reason, why));
            Ok(Said::Unknown(PURPOSE.to_owned(), problem))
        };
        let Some(read) = read(credential) else {
            let why = "the credential's leaf does not follow from its parts";
            return unknown(&reason::STATUS_ENTRY, why);
        };
        match self.leaves.get(&read.commitment().position) {
            None => match &self.failed {
                Some(error) if error.code() == reason::NODE_BEHIND.code => unknown(
                    &reason::STATUS_LIST_STALE,
                    "the chain's newest anchor is stale",
                ),
                _ => {
                    let why = "the credential's chain cannot be asked here";
                    unknown(&reason::STATUS_LIST_MISSING, why)
                }
            },
            Some(found) if found.leaf != Some(read.leaf()) => {
                let why = "the ledger has another leaf at the credential's position";
                unknown(&reason::STATUS_LIST_OTHER, why)
            }
            Some(OnLedger { ended: true, .. }) => {
                let what = "the credential's leaf is ended on the ledger";
                Err(ApiError::new(&reason::VC_STATUS_SET, what))
            }
            Some(_) => Ok(Said::Known(
                serde_json::json!({ "purpose": PURPOSE, "outcome": "valid" }),
            )),
        }
    }
}

/// A credential of this system whose leaf is what its parts say.
fn read(credential: &Value) -> Option<Credential> {
    let read = Credential::parse(credential.to_string().as_bytes()).ok()?;
    let leaf = read.commitment().leaf(read.issuer().member);
    (leaf == read.leaf()).then_some(read)
}
