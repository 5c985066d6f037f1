//! LedgerService: the chain as this node has it.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use tacit_ledger::action::Action;
use tacit_ledger::block::Sidecar;
use tacit_ledger::codec::encode_vec;
use tacit_ledger::ids::{Epoch, Height, RequestId, ValidatorId};
use tacit_ledger::keys::StateKey;
use tacit_ledger::member::{MemberRecord, Role};
use tacit_ledger::request::RequestRecord;
use tacit_ledger::state;
use tacit_ledger::tx::Tx;
use tacit_node::{NodeHandle, TxReceipt};
use tacit_proto::v1::ledger_service_server::{LedgerService, LedgerServiceServer};
use tacit_proto::v1::{self as proto, *};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_stream::Stream;
use tonic::{Request, Response, Status};

use crate::auth::caller::Directory;
use crate::errors::{ApiError, ApiResult, catalogue as reason};
use crate::server::headers;
use crate::server::pages::{self, Page};
use crate::{limits, wire};
use tacit_circuits::types::MemberId;
use tacit_ledger::signature::SigningPublicKey;

/// The service over a running node.
#[derive(Clone)]
pub struct Ledger {
    node: NodeHandle,
    others: Arc<dyn Others>,
    pages: pages::Key,
    watches: Arc<Semaphore>,
    reads: Arc<Semaphore>,
}

/// What a node may have to ask of others: putting transactions into blocks, and what is older than the snapshot it began with.
#[tonic::async_trait]
pub trait Others: Send + Sync + 'static {
    /// Brings a transaction into a block; returns when it is final.
    async fn submit(&self, tx: Tx, sidecar: Option<Sidecar>) -> ApiResult<TxReceipt>;

    /// Headers that this node does not have. Nobody here has checked them: whoever asks does.
    async fn headers(&self, _: GetHeadersRequest) -> ApiResult<GetHeadersResponse> {
        Err(ApiError::plain(&reason::BLOCK_NOT_KEPT))
    }

    /// A block that this node does not have, unchecked as well.
    async fn block(&self, _: GetBlockRequest) -> ApiResult<GetBlockResponse> {
        Err(ApiError::plain(&reason::BLOCK_NOT_KEPT))
    }
}

/// A validator asks nobody.
#[tonic::async_trait]
impl Others for NodeHandle {
    async fn submit(&self, tx: Tx, sidecar: Option<Sidecar>) -> ApiResult<TxReceipt> {
        Ok(NodeHandle::submit(self, tx, sidecar).await?)
    }
}

impl Ledger {
    /// The service over this node, which asks `others` for what it has not or cannot.
    pub fn new(node: NodeHandle, others: Arc<dyn Others>, pages: pages::Key) -> Self {
        Self {
            node,
            others,
            pages,
            watches: Arc::new(Semaphore::new(limits::MAX_WATCHES)),
            reads: Arc::new(Semaphore::new(limits::MAX_STATE_READS)),
        }
    }

    /// The service, with its limits.
    pub fn into_service(self) -> LedgerServiceServer<Self> {
        LedgerServiceServer::new(self)
            .max_decoding_message_size(
                limits::MAX_KEYS_REQUEST.max(limits::MAX_TRANSACTION_REQUEST),
            )
            .max_encoding_message_size(limits::MAX_RESPONSE)
    }

    async fn submit(
        &self,
        message: Option<Transaction>,
        allowed: fn(&Action) -> bool,
    ) -> ApiResult<Finality> {
        let (tx, sidecar) = wire::read_transaction(message)?;
        if !allowed(&tx.action) {
            return Err(ApiError::plain(&reason::ACTION_NOT_ALLOWED));
        }
        let receipt = self.others.submit(tx, sidecar).await?;
        Ok(wire::finality(
            receipt.height,
            receipt.index,
            &receipt.outcome,
        ))
    }

    /// Headers from `from` on and what makes the last one final.
    pub(super) async fn headers(&self, from: Height, most: u32) -> ApiResult<GetHeadersResponse> {
        if from.0.max(1) < self.node.oldest().0 && from <= self.node.tip().1.height {
            let request = GetHeadersRequest {
                from_height: from.0,
                max_headers: most,
            };
            return self.others.headers(request).await;
        }
        headers::range(&self.node, from, most).await
    }

    async fn transaction(&self, id: RequestId) -> ApiResult<GetTransactionResponse> {
        let found: Option<RequestRecord> = self
            .node
            .read(move |_, view| Ok(tacit_ledger::request::lookup(view, &id)?))
            .await?;
        let record = found.ok_or_else(|| ApiError::plain(&reason::NOT_FOUND))?;
        let block = self.node.block(record.height).await?;
        let block = block.ok_or_else(|| ApiError::plain(&reason::BLOCK_NOT_KEPT))?;
        let index = record.index as usize;
        let (Some(tx), Some(proof)) = (block.txs.0.get(index), block.prove_tx(index)) else {
            return Err(ApiError::internal(
                "a remembered transaction is not in its block",
            ));
        };
        headers::certified(&self.node, record.height).await?;
        let mut evidence = headers::range(&self.node, record.height, 1).await?;
        if evidence.headers.is_empty() {
            return Err(ApiError::plain(&reason::NODE_BEHIND));
        }
        let header = evidence.headers.remove(0);
        Ok(GetTransactionResponse {
            transaction: Tx::to_bytes(tx).into(),
            finality: Some(wire::finality(record.height, record.index, &record.outcome)),
            inclusion_proof: encode_vec(&proof).into(),
            header: Some(CertifiedHeader {
                header,
                descendants: evidence.headers,
                certificate: evidence.certificate,
            }),
        })
    }

    async fn states(&self, request: GetStateProofsRequest) -> ApiResult<GetStateProofsResponse> {
        let count = request.keys.len();
        if count == 0 || count > limits::MAX_STATE_PROOFS {
            let what = format!("must be 1 to {}", limits::MAX_STATE_PROOFS);
            return Err(ApiError::bad_field("keys", what));
        }
        let keys = request.keys.iter().map(|key| state_key(key));
        let keys = keys.collect::<ApiResult<Vec<_>>>()?;
        let turn = match count > limits::FEW_STATE_PROOFS {
            true => Some(Arc::clone(&self.reads).try_acquire_owned()),
            false => None,
        }
        .transpose()
        .map_err(|_| ApiError::plain(&reason::SERVER_BUSY))?;
        let read = self.node.read(move |header, view| {
            let (mut values, mut size) = (Vec::with_capacity(keys.len()), 0);
            for key in &keys {
                let (value, proof) = state::prove(view, header.height, key)?;
                let proof = encode_vec(&proof);
                size += proof.len() + value.as_ref().map_or(0, Vec::len);
                if size > limits::MAX_STATE_PROOF_BYTES {
                    return Ok(None);
                }
                values.push(ProvenValue {
                    value: value.map(Into::into),
                    proof: proof.into(),
                });
            }
            Ok(Some((header.height, values)))
        });
        let (height, values) = read
            .await?
            .ok_or_else(|| ApiError::bad_field("keys", "have larger values than fit a response"))?;
        drop(turn);
        headers::certified(&self.node, height).await?;
        Ok(GetStateProofsResponse {
            values,
            height: height.0,
        })
    }

    async fn members(&self, request: ListMembersRequest) -> ApiResult<ListMembersResponse> {
        let role = match proto::Role::try_from(request.role) {
            Ok(proto::Role::Unspecified) => None,
            Ok(proto::Role::Issuer) => Some(Role::Issuer),
            Ok(proto::Role::Platform) => Some(Role::Platform),
            Ok(proto::Role::Reviewer) => Some(Role::Reviewer),
            Ok(proto::Role::Vault) => Some(Role::Vault),
            Ok(proto::Role::Validator) => Some(Role::Validator),
            Err(_) => return Err(ApiError::bad_field("role", "is no role")),
        };
        let filter = format!("members {}", request.role);
        let page = self.pages.read(&request.page_token, &filter)?;
        let after = page.map_or(0, |page| page.after);
        let height = page.map(|page| page.height);
        let most = pages::bounded(request.page_size, limits::MAX_PAGE) as usize;
        let (now, members, more) = self
            .node
            .read(move |header, view| {
                let count = state::counters(view)?.members;
                let mut members: Vec<MemberRecord> = Vec::new();
                let first = u32::try_from(after).unwrap_or(u32::MAX).saturating_add(1);
                for id in (first..=count).filter_map(|id| MemberId::new(id).ok()) {
                    let Some(record) = state::member(view, id)? else {
                        continue;
                    };
                    if role.is_none_or(|role| record.roles.has(role)) {
                        if members.len() == most {
                            return Ok((header.height, members, true));
                        }
                        members.push(record);
                    }
                }
                Ok((header.height, members, false))
            })
            .await?;
        let height = height.unwrap_or(now.0);
        let after = members.last().map_or(0, |last| u64::from(last.id.get()));
        Ok(ListMembersResponse {
            members: members
                .iter()
                .map(|member| encode_vec(member).into())
                .collect(),
            next_page_token: if more {
                self.pages.write(Page { height, after }, &filter)
            } else {
                String::new()
            },
            height: now.0,
        })
    }
}

fn state_key(bytes: &[u8]) -> ApiResult<StateKey> {
    StateKey::from_bytes(bytes)
        .filter(StateKey::is_committed)
        .ok_or_else(|| ApiError::bad_field("key", "is no key that the state root covers"))
}

fn anchor(height: u64) -> Option<Height> {
    (height != 0).then_some(Height(height))
}

type Events = Pin<Box<dyn Stream<Item = Result<WatchBlocksResponse, Status>> + Send>>;

#[tonic::async_trait]
impl LedgerService for Ledger {
    async fn get_chain_info(
        &self,
        _: Request<GetChainInfoRequest>,
    ) -> Result<Response<GetChainInfoResponse>, Status> {
        let spec = self.node.spec();
        let (_, header) = self.node.tip();
        Ok(Response::new(GetChainInfoResponse {
            chain_id: spec.id().as_bytes().to_vec().into(),
            genesis: spec.to_json().map_err(ApiError::internal)?.into(),
            height: header.height.0,
            header: encode_vec(&header).into(),
            development: spec.genesis().development,
            development_warning: spec.warning().unwrap_or_default().to_owned(),
        }))
    }

    async fn submit_transaction(
        &self,
        request: Request<SubmitTransactionRequest>,
    ) -> Result<Response<SubmitTransactionResponse>, Status> {
        let finality = self
            .submit(request.into_inner().transaction, |_| true)
            .await?;
        Ok(Response::new(SubmitTransactionResponse {
            finality: Some(finality),
        }))
    }

    async fn submit_ending(
        &self,
        request: Request<SubmitEndingRequest>,
    ) -> Result<Response<SubmitEndingResponse>, Status> {
        let ending = |action: &Action| matches!(action, Action::End(_));
        let finality = self
            .submit(request.into_inner().transaction, ending)
            .await?;
        Ok(Response::new(SubmitEndingResponse {
            finality: Some(finality),
        }))
    }

    async fn get_headers(
        &self,
        request: Request<GetHeadersRequest>,
    ) -> Result<Response<GetHeadersResponse>, Status> {
        let request = request.into_inner();
        Ok(Response::new(
            self.headers(Height(request.from_height), request.max_headers)
                .await?,
        ))
    }

    async fn list_handovers(
        &self,
        request: Request<ListHandoversRequest>,
    ) -> Result<Response<ListHandoversResponse>, Status> {
        let from = Epoch(request.into_inner().from_epoch);
        Ok(Response::new(headers::handovers(&self.node, from).await?))
    }

    async fn get_block(
        &self,
        request: Request<GetBlockRequest>,
    ) -> Result<Response<GetBlockResponse>, Status> {
        let request = request.into_inner();
        let height = Height(request.height);
        let block = self.node.block(height).await.map_err(ApiError::from)?;
        if block.is_none() && height < self.node.oldest() {
            return Ok(Response::new(self.others.block(request).await?));
        }
        let block = block.ok_or_else(|| ApiError::plain(&reason::NOT_FOUND))?;
        Ok(Response::new(GetBlockResponse {
            block: block.to_bytes().into(),
        }))
    }

    async fn get_transaction(
        &self,
        request: Request<GetTransactionRequest>,
    ) -> Result<Response<GetTransactionResponse>, Status> {
        let id: [u8; 16] = request.into_inner().request_id[..]
            .try_into()
            .map_err(|_| ApiError::bad_field("request_id", "must be 16 bytes"))?;
        Ok(Response::new(self.transaction(RequestId(id)).await?))
    }

    async fn get_state_proof(
        &self,
        request: Request<GetStateProofRequest>,
    ) -> Result<Response<GetStateProofResponse>, Status> {
        let key = state_key(&request.into_inner().key)?;
        let proven = self
            .node
            .state_get_with_proof(key)
            .await
            .map_err(ApiError::from)?;
        headers::certified(&self.node, proven.header.height).await?;
        Ok(Response::new(GetStateProofResponse {
            value: proven.value.map(Into::into),
            proof: encode_vec(&proven.proof).into(),
            height: proven.header.height.0,
        }))
    }

    async fn get_state_proofs(
        &self,
        request: Request<GetStateProofsRequest>,
    ) -> Result<Response<GetStateProofsResponse>, Status> {
        Ok(Response::new(self.states(request.into_inner()).await?))
    }

    async fn get_note_bucket(
        &self,
        request: Request<GetNoteBucketRequest>,
    ) -> Result<Response<GetNoteBucketResponse>, Status> {
        let request = request.into_inner();
        let read = self
            .node
            .note_bucket(anchor(request.anchor_height), request.bucket)
            .await;
        let (header, bucket) = read.map_err(ApiError::from)?;
        Ok(Response::new(GetNoteBucketResponse {
            bucket: encode_vec(&bucket).into(),
            height: header.height.0,
        }))
    }

    async fn get_ended_shard(
        &self,
        request: Request<GetEndedShardRequest>,
    ) -> Result<Response<GetEndedShardResponse>, Status> {
        let request = request.into_inner();
        let shard = u16::try_from(request.shard)
            .map_err(|_| ApiError::bad_field("shard", "is beyond the tree"))?;
        let read = self
            .node
            .ended_shard(anchor(request.anchor_height), shard)
            .await;
        let (header, shard) = read.map_err(ApiError::from)?;
        Ok(Response::new(GetEndedShardResponse {
            shard: encode_vec(&shard).into(),
            height: header.height.0,
        }))
    }

    async fn get_platform_tree(
        &self,
        request: Request<GetPlatformTreeRequest>,
    ) -> Result<Response<GetPlatformTreeResponse>, Status> {
        let read = self
            .node
            .platform_tree(anchor(request.into_inner().anchor_height))
            .await;
        let (header, leaves) = read.map_err(ApiError::from)?;
        let tree = wire::platform_tree_to_bytes(&leaves).into();
        Ok(Response::new(GetPlatformTreeResponse {
            tree,
            height: header.height.0,
        }))
    }

    async fn list_members(
        &self,
        request: Request<ListMembersRequest>,
    ) -> Result<Response<ListMembersResponse>, Status> {
        Ok(Response::new(self.members(request.into_inner()).await?))
    }

    type WatchBlocksStream = Events;

    async fn watch_blocks(
        &self,
        request: Request<WatchBlocksRequest>,
    ) -> Result<Response<Events>, Status> {
        let request = request.into_inner();
        let permit = Arc::clone(&self.watches)
            .try_acquire_owned()
            .map_err(|_| ApiError::plain(&reason::SERVER_BUSY))?;
        let watch = Watch {
            _permit: permit,
            heights: self.node.subscribe(),
            node: self.node.clone(),
            height: request.from_height,
            skip: request.from_index as usize,
            ready: VecDeque::new(),
        };
        let events = futures::stream::unfold(watch, |mut watch| async move {
            let event = watch.next().await?;
            Some((event.map_err(Status::from), watch))
        });
        Ok(Response::new(Box::pin(events)))
    }
}

/// A stream of finalized transactions, one block at a time.
struct Watch {
    _permit: OwnedSemaphorePermit,
    node: NodeHandle,
    heights: tokio::sync::watch::Receiver<Height>,
    height: u64,
    skip: usize,
    ready: VecDeque<WatchBlocksResponse>,
}

impl Watch {
    /// The next event; `None` when the node stops.
    async fn next(&mut self) -> Option<ApiResult<WatchBlocksResponse>> {
        if let Some(event) = self.ready.pop_front() {
            return Some(Ok(event));
        }
        let height = Height(self.height);
        self.heights.wait_for(|tip| *tip >= height).await.ok()?;
        let block = match self.node.block(height).await {
            Ok(Some(block)) => block,
            // The heights from the tip down to the oldest one are all here.
            Ok(None) => return Some(Err(ApiError::plain(&reason::BLOCK_NOT_KEPT))),
            Err(error) => return Some(Err(error.into())),
        };
        for (index, tx) in block.txs.0.iter().enumerate().skip(self.skip) {
            let event = watch_blocks_response::Event::Transaction(tx.to_bytes().into());
            self.ready.push_back(self.event(index + 1, event));
        }
        let header = watch_blocks_response::Event::Header(encode_vec(&block.header).into());
        self.ready.push_back(self.event(block.txs.0.len(), header));
        self.height = self.height.saturating_add(1);
        self.skip = 0;
        self.ready.pop_front().map(Ok)
    }

    fn event(&self, next: usize, event: watch_blocks_response::Event) -> WatchBlocksResponse {
        let next_index = u32::try_from(next).unwrap_or(u32::MAX);
        WatchBlocksResponse {
            height: self.height,
            next_index,
            event: Some(event),
        }
    }
}

/// The members, as this node's finalized state has them.
pub struct NodeDirectory(pub NodeHandle);

#[tonic::async_trait]
impl Directory for NodeDirectory {
    async fn member(&self, id: MemberId) -> ApiResult<Option<MemberRecord>> {
        Ok(self
            .0
            .read(move |_, view| Ok(state::member(view, id)?))
            .await?)
    }

    async fn validator(&self, key: &SigningPublicKey) -> ApiResult<Option<ValidatorId>> {
        let key = *key;
        let active = self.0.read(|_, view| Ok(state::validators(view)?)).await?;
        let found = active
            .as_slice()
            .iter()
            .find(|validator| validator.governance_key == key);
        Ok(found.map(|validator| validator.id))
    }
}
