//! The status of this system's own credentials: the bit of their leaf on the ledger, as of a fresh anchor.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use tacit_circuits::tree::ended::EndedShard;
use tacit_circuits::tree::note::BUCKET_LEAVES;
use tacit_circuits::types::{AnchorView, Digest32, Leaf, Position, Timestamp};
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

/// How old a header may be that is relied on, in seconds: an idle chain makes an anchor every few seconds.
const MAX_AGE_SECS: u64 = 300;

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
    fresh(anchor.time, clock::now())?;
    Ok(anchor)
}

/// Refuses what a header of this time says when that is long ago: a node may show old state for ever.
///
/// # Errors
/// NODE_BEHIND when it is older than five minutes.
pub fn fresh(time: Timestamp, now: Timestamp) -> ApiResult<()> {
    match time.saturating_add(MAX_AGE_SECS) < now {
        true => Err(ApiError::plain(&reason::NODE_BEHIND)),
        false => Ok(()),
    }
}

/// Whether a value of `credentialStatus` is one.
pub fn is_native(status: &Value) -> bool {
    status.get("type").and_then(Value::as_str) == Some(STATUS_TYPE)
}

impl Natives {
    /// Looks up the leaves of credentials of this chain. The node is asked for whole buckets and shards, so it does not learn
    /// which credential is meant.
    ///
    /// # Errors
    /// When there are too many: left out, one that is ended would only be unknown.
    pub async fn gather<'a>(
        chain: Option<&Follower>,
        credentials: impl Iterator<Item = &'a Value>,
    ) -> ApiResult<Self> {
        let mut known = Self::default();
        let Some(chain) = chain else {
            return Ok(known);
        };
        let positions = positions(chain.spec().id().0, credentials)?;
        if !positions.is_empty() {
            known.failed = known.look_up(chain, &positions).await.err();
        }
        Ok(known)
    }

    async fn look_up(&mut self, chain: &Follower, positions: &BTreeSet<Position>) -> ApiResult<()> {
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

/// The positions of a chain's credentials among these.
fn positions<'a>(
    chain: Digest32,
    credentials: impl Iterator<Item = &'a Value>,
) -> ApiResult<BTreeSet<Position>> {
    let native = |credential: &&Value| credential.get("credentialStatus").is_some_and(is_native);
    let positions: BTreeSet<Position> = credentials
        .filter(native)
        .filter_map(read)
        .filter(|one| one.issuer().chain == chain)
        .map(|one| one.commitment().position)
        .collect();
    if positions.len() > MAX_LOOK_UPS {
        let what = format!("names more than {MAX_LOOK_UPS} positions of the ledger");
        return Err(ApiError::bad_field("credentialStatus", what));
    }
    Ok(positions)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tacit_circuits::commit;
    use tacit_circuits::field::Fr;
    use tacit_circuits::types::{MemberId, Secret};
    use tacit_identity::credential::{CredentialTerms, Draft};
    use tacit_identity::did::MemberDid;
    use tacit_identity::schema::{Claims, Schema};
    use tacit_identity::signer::{HolderSigner, IssuerSigner};

    const CHAIN: Digest32 = Digest32([7; 32]);

    fn credential(position: u32) -> Value {
        let schema = Schema::person().unwrap();
        let claims = br#"{"givenName":"Ada","familyName":"Lovelace","birthdate":"1990-12-10","country":"DE","level":3,
            "income":4200,"resident":true}"#;
        let issuer = MemberDid {
            chain: CHAIN,
            member: MemberId::new(1).unwrap(),
        };
        let terms = CredentialTerms {
            issuer,
            subject: HolderSigner::new(&Secret::new([2; 32])).did(),
            holder_key: commit::holder_key(&Fr::from(11u64), &Fr::from(12u64)),
            end_tag: commit::end_tag(&Fr::from(13u64)),
            claims: Claims::parse(&schema, claims).unwrap(),
            valid_from: Timestamp(1000),
            valid_until: Timestamp(2000),
            salt: Fr::from(77u64),
        };
        let draft = Draft::new(&schema, terms).unwrap();
        let signer = IssuerSigner::new(issuer, &Secret::new([1; 32]));
        let signed = signer.sign_credential(&draft, Position(position), Timestamp(1000));
        serde_json::from_slice(&signed.unwrap().to_json().unwrap()).unwrap()
    }

    #[test]
    fn what_a_node_showed_five_minutes_ago_is_refused() {
        let made = Timestamp(1000);
        assert!(fresh(made, Timestamp(1000 + MAX_AGE_SECS)).is_ok());
        let late = fresh(made, Timestamp(1001 + MAX_AGE_SECS));
        assert_eq!(late.unwrap_err().code(), "NODE_BEHIND");
        // Clocks differ.
        assert!(fresh(made, Timestamp(990)).is_ok());
    }

    #[test]
    fn every_credential_is_looked_up_or_all_are_refused() {
        let most = u32::try_from(MAX_LOOK_UPS).unwrap();
        let of = |positions: &[u32], chain| {
            let credentials: Vec<Value> = positions.iter().copied().map(credential).collect();
            super::positions(chain, credentials.iter()).map(|found| found.len())
        };
        let mut numbers: Vec<u32> = vec![0; MAX_LOOK_UPS];
        numbers.extend(1..most);
        // The same one several times is looked up once.
        assert_eq!(of(&numbers, CHAIN).unwrap(), MAX_LOOK_UPS);
        numbers.push(most);
        assert_eq!(of(&numbers, CHAIN).unwrap_err().code(), "ARGUMENT_INVALID");
        assert_eq!(of(&numbers, Digest32([8; 32])).unwrap(), 0);
    }
}
