//! Reading blocks, state and trees, each checked against a certified header.

use tacit_circuits::field::Fr;
use tacit_circuits::tree::ended::EndedShard;
use tacit_circuits::tree::note::NoteBucket;
use tacit_circuits::types::{AnchorView, MemberId};
use tacit_ledger::action::register_schema::SchemaRecord;
use tacit_ledger::block::Block;
use tacit_ledger::codec::decode_slice;
use tacit_ledger::governance::register_audit_key::AuditKeyRecord;
use tacit_ledger::ids::{Height, RequestId};
use tacit_ledger::keys::{self, StateKey};
use tacit_ledger::light::CertifiedHeader;
use tacit_ledger::member::MemberRecord;
use tacit_ledger::state::StateProof;
use tacit_ledger::text::Name;
use tacit_proto::v1::{
    GetBlockRequest, GetEndedShardRequest, GetNoteBucketRequest, GetPlatformTreeRequest,
    GetStateProofRequest, GetTransactionRequest, GetTransactionResponse,
};

use super::{Follower, lied, refused};
use crate::errors::{ApiError, ApiResult, catalogue as reason};
use crate::wire;

/// A value of the state with all that shows it.
#[derive(Clone, Debug)]
pub struct Proven {
    /// The header whose state root the proof leads to.
    pub header: CertifiedHeader,
    /// The value, or that there is none.
    pub value: Option<Vec<u8>>,
    /// The proof.
    pub proof: StateProof,
}

impl Follower {
    /// A block at or below the tip. Its transactions are those under the certified header's root.
    ///
    /// # Errors
    /// When the node does not deliver this block.
    pub async fn block(&self, height: Height) -> ApiResult<Block> {
        let header = self.header(height).await?;
        self.block_of(&header).await
    }

    /// The block of a certified header. Its transactions are those under the header's root.
    ///
    /// # Errors
    /// When the node does not deliver this block.
    pub async fn block_of(&self, header: &CertifiedHeader) -> ApiResult<Block> {
        let height = header.header().height.0;
        let response = self
            .ledger()
            .get_block(GetBlockRequest { height })
            .await?
            .into_inner();
        let block = Block::from_bytes(&response.block).map_err(|_| lied())?;
        if block.header != *header.header() || block.tx_root() != block.header.tx_root {
            return Err(lied());
        }
        Ok(block)
    }

    /// A value of the newest state, or that there is none, proven.
    ///
    /// # Errors
    /// When the node does not deliver.
    pub async fn state(&self, key: &StateKey) -> ApiResult<Proven> {
        let request = GetStateProofRequest {
            key: key.as_bytes().to_vec().into(),
        };
        let response = self.ledger().get_state_proof(request).await?.into_inner();
        let header = self.header(Height(response.height)).await?;
        let proof: StateProof = decode_slice(&response.proof).map_err(|_| lied())?;
        header
            .verify_state(key, response.value.as_deref(), &proof)
            .map_err(refused)?;
        Ok(Proven {
            header,
            value: response.value.map(Into::into),
            proof,
        })
    }

    pub(super) async fn record<T: commonware_codec::Read<Cfg = ()>>(
        &self,
        key: &StateKey,
    ) -> ApiResult<Option<T>> {
        let proven = self.state(key).await?;
        proven
            .value
            .map(|bytes| decode_slice(&bytes).map_err(|_| lied()))
            .transpose()
    }

    /// A member by its id.
    ///
    /// # Errors
    /// When the node does not deliver.
    pub async fn member(&self, id: MemberId) -> ApiResult<Option<MemberRecord>> {
        self.record(&keys::member(id)).await
    }

    /// A member by its name.
    ///
    /// # Errors
    /// When the node does not deliver.
    pub async fn member_named(&self, name: &Name) -> ApiResult<Option<MemberRecord>> {
        match self.record::<MemberId>(&keys::member_name(name)).await? {
            Some(id) => self.member(id).await,
            None => Ok(None),
        }
    }

    /// The audit key that grants and accesses must encrypt to.
    ///
    /// # Errors
    /// When none is registered.
    pub async fn audit_key(&self) -> ApiResult<AuditKeyRecord> {
        let missing = || {
            ApiError::new(
                &reason::NOT_FOUND,
                "no audit key is registered on this chain",
            )
        };
        let id = self
            .record(&keys::current_audit_key())
            .await?
            .ok_or_else(missing)?;
        self.record(&keys::audit_key(&id))
            .await?
            .ok_or_else(missing)
    }

    /// A registered schema.
    ///
    /// # Errors
    /// When the node does not deliver.
    pub async fn schema(&self, id: &[u8; 32]) -> ApiResult<Option<SchemaRecord>> {
        self.record(&keys::schema(id)).await
    }

    /// A bucket of the note tree as of an anchor.
    ///
    /// # Errors
    /// When the node does not deliver.
    pub async fn note_bucket(&self, anchor: &AnchorView, index: u32) -> ApiResult<NoteBucket> {
        let request = GetNoteBucketRequest {
            bucket: index,
            anchor_height: anchor.height,
        };
        let response = self.ledger().get_note_bucket(request).await?.into_inner();
        let bucket: NoteBucket = decode_slice(&response.bucket).map_err(|_| lied())?;
        if bucket.index != index || bucket.root() != anchor.note_root {
            return Err(lied());
        }
        Ok(bucket)
    }

    /// A shard of the ended bitmap as of an anchor.
    ///
    /// # Errors
    /// When the node does not deliver.
    pub async fn ended_shard(&self, anchor: &AnchorView, index: u16) -> ApiResult<EndedShard> {
        let request = GetEndedShardRequest {
            shard: u32::from(index),
            anchor_height: anchor.height,
        };
        let response = self.ledger().get_ended_shard(request).await?.into_inner();
        let shard: EndedShard = decode_slice(&response.shard).map_err(|_| lied())?;
        if shard.index() != index || shard.root() != anchor.ended_root {
            return Err(lied());
        }
        Ok(shard)
    }

    /// The entries of the platform tree as of an anchor.
    ///
    /// # Errors
    /// When the node does not deliver.
    pub async fn platform_tree(&self, anchor: &AnchorView) -> ApiResult<Vec<(MemberId, Fr)>> {
        let request = GetPlatformTreeRequest {
            anchor_height: anchor.height,
        };
        let response = self.ledger().get_platform_tree(request).await?.into_inner();
        let entries = wire::platform_tree_from_bytes(&response.tree).ok_or_else(lied)?;
        self.header(Height(anchor.height))
            .await?
            .verify_platforms(&entries)
            .map_err(refused)?;
        Ok(entries)
    }

    /// A transaction by its request id, as the node says; `None` when the chain does not know the id (any more).
    ///
    /// # Errors
    /// When the node does not deliver.
    pub async fn transaction(&self, id: RequestId) -> ApiResult<Option<GetTransactionResponse>> {
        let request = GetTransactionRequest {
            request_id: id.0.to_vec().into(),
        };
        match self.ledger().get_transaction(request).await {
            Ok(response) => Ok(Some(response.into_inner())),
            Err(status) => match ApiError::from(status) {
                error if error.code() == reason::NOT_FOUND.code => Ok(None),
                error => Err(error),
            },
        }
    }
}
