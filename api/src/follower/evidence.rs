//! What bundles are made of: certified headers, paths, and values of the state, gathered so that the node learns as little as
//! can be: leaves by whole buckets, bits by whole shards, members by whole pages.

use std::collections::{BTreeMap, BTreeSet};
use tacit_circuits::tree::ended::{EndedPath, EndedShard};
use tacit_circuits::tree::note::{NoteBucket, NotePath};
use tacit_circuits::types::{AnchorView, MemberId, Position};
use tacit_ledger::bundle::{ChainEvidence, Segment, StateEvidence, TxEvidence};
use tacit_ledger::codec::decode_slice;
use tacit_ledger::header::Header;
use tacit_ledger::ids::{Epoch, Height};
use tacit_ledger::keys::{self, StateKey};
use tacit_ledger::light::CertifiedHeader;
use tacit_ledger::state::StateProof;
use tacit_proto::v1::GetStateProofsRequest;
use tacit_wallet::sync::MEMBER_PAGE;

use super::{Follower, PAUSE, lied, refused};
use crate::errors::{ApiError, ApiResult, catalogue as reason};

/// How often a node that is busy is asked.
const ATTEMPTS: usize = 20;

/// A value of the state, or that there is none, and the proof.
type Entry = (Option<Vec<u8>>, StateProof);

impl Follower {
    /// Evidence of these heights, each with the headers on to the next certificate.
    ///
    /// # Errors
    /// When the node does not deliver.
    pub async fn chain_evidence(&self, heights: &[Height]) -> ApiResult<ChainEvidence> {
        let (mut segments, mut newest) = (Vec::<Segment>::new(), None);
        for height in heights.iter().copied().collect::<BTreeSet<_>>() {
            let covered = |segment: &Segment| height <= segment.heights().1;
            if segments.last().is_some_and(covered) {
                continue;
            }
            self.sync_to(height).await?;
            let span = self.fetch_span(height, 1).await?;
            self.certify(&span).await?;
            newest = newest.max(span.headers.last().map(|last| last.epoch));
            segments.push(Segment::new(span.headers, span.certificate).map_err(unusable)?);
        }
        let handovers = self.handovers(newest.unwrap_or(Epoch(0))).await?;
        ChainEvidence::new(&self.spec, &handovers, segments).map_err(unusable)
    }

    /// Values of the newest state, in the order of the keys, all at one header.
    ///
    /// # Errors
    /// When there are more than [`crate::limits::MAX_STATE_PROOFS`], or the node does not deliver.
    pub async fn states(&self, state_keys: &[StateKey]) -> ApiResult<Vec<StateEvidence>> {
        let (header, proven) = self.proven(state_keys).await?;
        let evidence =
            |(value, proof): Entry| StateEvidence::new(header.header().height, value, proof);
        Ok(proven.into_iter().map(evidence).collect())
    }

    /// Values of the newest state without what shows it, and the header that they were proven for.
    pub(super) async fn values(
        &self,
        state_keys: &[StateKey],
    ) -> ApiResult<(Header, Vec<Option<Vec<u8>>>)> {
        let (header, proven) = self.proven(state_keys).await?;
        let values = proven.into_iter().map(|(value, _)| value).collect();
        Ok((header.header().clone(), values))
    }

    async fn proven(&self, state_keys: &[StateKey]) -> ApiResult<(CertifiedHeader, Vec<Entry>)> {
        let request = GetStateProofsRequest {
            keys: state_keys
                .iter()
                .map(|key| key.as_bytes().to_vec().into())
                .collect(),
        };
        let mut attempts = 0;
        let response = loop {
            match self.ledger().get_state_proofs(request.clone()).await {
                Ok(response) => break response.into_inner(),
                Err(status) => {
                    let error = ApiError::from(status);
                    attempts += 1;
                    // The node reads many values for one caller at a time.
                    if error.code() != reason::SERVER_BUSY.code || attempts == ATTEMPTS {
                        return Err(error);
                    }
                    tokio::time::sleep(PAUSE).await;
                }
            }
        };
        if response.values.len() != state_keys.len() {
            return Err(lied());
        }
        let header = self.header(Height(response.height)).await?;
        let mut found = Vec::with_capacity(state_keys.len());
        for (key, proven) in state_keys.iter().zip(response.values) {
            let proof: StateProof = decode_slice(&proven.proof).map_err(|_| lied())?;
            header
                .verify_state(key, proven.value.as_deref(), &proof)
                .map_err(refused)?;
            found.push((proven.value.map(Into::into), proof));
        }
        Ok((header, found))
    }

    /// Records of members, in the order of the ids and all at one header. They are read by whole pages, so that the node
    /// does not learn whose they are.
    ///
    /// # Errors
    /// As [`Follower::states`].
    pub async fn member_evidence(&self, ids: &[MemberId]) -> ApiResult<Vec<StateEvidence>> {
        let page = |id: &MemberId| (id.get() - 1) / MEMBER_PAGE;
        let pages: BTreeSet<u32> = ids.iter().map(page).collect();
        let all: Vec<MemberId> = pages
            .into_iter()
            .map(|page| page * MEMBER_PAGE)
            .flat_map(|first| first + 1..=first.saturating_add(MEMBER_PAGE))
            .filter_map(|id| MemberId::new(id).ok())
            .collect();
        let state_keys: Vec<StateKey> = all.iter().map(|id| keys::member(*id)).collect();
        let found = self.states(&state_keys).await?;
        let by_id: BTreeMap<MemberId, StateEvidence> = all.into_iter().zip(found).collect();
        let of = |id| {
            by_id
                .get(id)
                .cloned()
                .ok_or_else(|| ApiError::plain(&reason::MEMBER_UNKNOWN))
        };
        ids.iter().map(of).collect()
    }

    /// A transaction of a certified block.
    ///
    /// # Errors
    /// NOT_FOUND when the block has no such transaction; when the node does not deliver.
    pub async fn tx_evidence(&self, height: Height, index: usize) -> ApiResult<TxEvidence> {
        let block = self.block(height).await?;
        let missing = || ApiError::new(&reason::NOT_FOUND, "the block has no such transaction");
        Ok(TxEvidence {
            height,
            tx: block.txs.0.get(index).cloned().ok_or_else(missing)?,
            proof: block.prove_tx(index).ok_or_else(missing)?,
        })
    }

    /// The path of a leaf as of an anchor.
    ///
    /// # Errors
    /// NODE_BEHIND when no leaf stands there yet; when the node does not deliver.
    pub async fn note_path(&self, anchor: &AnchorView, position: Position) -> ApiResult<NotePath> {
        let bucket = self
            .note_bucket(anchor, NoteBucket::index_of(position))
            .await?;
        bucket
            .opened()
            .path(position)
            .ok_or_else(|| ApiError::plain(&reason::NODE_BEHIND))
    }

    /// The path of a position's bit as of an anchor.
    ///
    /// # Errors
    /// When the node does not deliver.
    pub async fn ended_path(
        &self,
        anchor: &AnchorView,
        position: Position,
    ) -> ApiResult<EndedPath> {
        let shard = self
            .ended_shard(anchor, EndedShard::index_of(position))
            .await?;
        shard.opened().path(position).ok_or_else(lied)
    }
}

/// The error for evidence that does not fit a bundle.
fn unusable(error: impl std::fmt::Display) -> ApiError {
    ApiError::new(&reason::NODE_BEHIND, error.to_string())
}
