//! SharingService: what platforms use at a vault.

use std::pin::Pin;
use std::sync::Arc;
use tacit_circuits::commit::ReceiptOpening;
use tacit_circuits::types::{MemberId, Timestamp};
use tacit_ledger::action::Action;
use tacit_proto::v1;
use tacit_proto::v1::sharing_service_server::{SharingService, SharingServiceServer};
use tacit_vault::ids::{InboxAddress, SessionPublicKey};
use tacit_vault::inbox::{Handle, RequestState};
use tacit_vault::object::ObjectId;
use tacit_vault::serve::FetchRequest;
use tacit_vault::store::{Download, Vault as Store};
use tokio::sync::watch;
use tokio_stream::Stream;
use tonic::{Request, Response, Status};

use crate::auth::caller::Caller;
use crate::errors::{ApiError, ApiResult, catalogue as reason};
use crate::server::fields;
use crate::vault::ChainView;
use crate::{limits, submit, wire};

/// The service. The layer in front admits platforms only.
#[derive(Clone)]
pub struct Sharing {
    store: Store,
    chain: Arc<ChainView>,
}

impl Sharing {
    /// Serves this store, by this view of the chain.
    pub fn service(store: Store, chain: Arc<ChainView>) -> SharingServiceServer<Self> {
        SharingServiceServer::new(Self { store, chain })
            .max_decoding_message_size(limits::MAX_TRANSACTION_REQUEST)
    }
}

/// The member that called.
fn caller<T>(request: &Request<T>) -> ApiResult<MemberId> {
    Ok(Caller::of(request)?.member()?.id)
}

type Events<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

#[tonic::async_trait]
impl SharingService for Sharing {
    async fn post_request(
        &self,
        request: Request<v1::PostRequestRequest>,
    ) -> Result<Response<v1::PostRequestResponse>, Status> {
        let member = caller(&request)?;
        let asked = request.into_inner();
        let address = InboxAddress(fields::array("address", &asked.address)?);
        let handle = Handle(fields::array("handle", &asked.handle)?);
        let (expires, now) = (Timestamp(asked.expires_at), self.chain.now());
        let posted = self
            .store
            .post_request(member, handle, address, asked.sealed, expires, now);
        posted.await.map_err(ApiError::from)?;
        Ok(Response::new(v1::PostRequestResponse {}))
    }

    type WatchRequestStream = Events<v1::WatchRequestResponse>;

    async fn watch_request(
        &self,
        request: Request<v1::WatchRequestRequest>,
    ) -> Result<Response<Self::WatchRequestStream>, Status> {
        let member = caller(&request)?;
        let asked = request.into_inner();
        let watch = Watch {
            service: self.clone(),
            member,
            handle: Handle(fields::array("handle", &asked.handle)?),
            sent: asked.after_sequence,
            changes: self.store.request_changes(),
            times: self.chain.times(),
            over: false,
        };
        // An unknown handle is an error of the call, not of the stream.
        watch.look().await?;
        let stream = futures::stream::unfold(watch, |mut watch| async move {
            let state = watch.next().await?;
            Some((state.map_err(Status::from), watch))
        });
        Ok(Response::new(Box::pin(stream)))
    }

    async fn withdraw_request(
        &self,
        request: Request<v1::WithdrawRequestRequest>,
    ) -> Result<Response<v1::WithdrawRequestResponse>, Status> {
        let member = caller(&request)?;
        let handle = Handle(fields::array("handle", &request.into_inner().handle)?);
        self.store
            .withdraw_request(member, handle, self.chain.now())
            .await
            .map_err(ApiError::from)?;
        Ok(Response::new(v1::WithdrawRequestResponse {}))
    }

    async fn relay_access(
        &self,
        request: Request<v1::RelayAccessRequest>,
    ) -> Result<Response<v1::RelayAccessResponse>, Status> {
        let (tx, sidecar) = wire::read_transaction(request.into_inner().transaction)?;
        if !matches!(tx.action, Action::Access(_)) {
            return Err(ApiError::plain(&reason::ACTION_NOT_ALLOWED).into());
        }
        let placed =
            submit::submit(self.chain.follower().connection(), &tx, sidecar.as_ref()).await?;
        let finality = Some(wire::finality(placed.height, placed.index, &placed.outcome));
        Ok(Response::new(v1::RelayAccessResponse { finality }))
    }

    type FetchObjectStream = Events<v1::FetchObjectResponse>;

    async fn fetch_object(
        &self,
        request: Request<v1::FetchObjectRequest>,
    ) -> Result<Response<Self::FetchObjectStream>, Status> {
        let member = caller(&request)?;
        let asked = request.into_inner();
        let opening: ReceiptOpening = fields::decode("receipt_opening", &asked.receipt_opening)?;
        let fetch = FetchRequest {
            object: ObjectId(fields::array("object_id", &asked.object_id)?),
            offset: asked.offset,
            session_key: SessionPublicKey(fields::array("session_key", &asked.session_key)?),
            signature: fields::array("session_signature", &asked.session_signature)?,
            opening,
        };
        let (grant, record, grantee) = (
            fetch.opening.grant,
            fetch.opening.record,
            fetch.opening.grantee,
        );
        let facts = self
            .chain
            .access(&fetch.opening.commit(), grant, record, grantee)
            .await?;
        let download = self
            .store
            .fetch(member, fetch, facts)
            .await
            .map_err(ApiError::from)?;
        let pieces = Pieces {
            chain: Arc::clone(&self.chain),
            download,
            rest: bytes::Bytes::new(),
            first: true,
        };
        let stream = futures::stream::unfold(Some(pieces), |pieces| async move {
            let mut pieces = pieces?;
            match pieces.next().await {
                Ok(Some(part)) => Some((Ok(part), Some(pieces))),
                Ok(None) => None,
                Err(error) => Some((Err(Status::from(error)), None)),
            }
        });
        Ok(Response::new(Box::pin(stream)))
    }

    async fn acknowledge_fetch(
        &self,
        request: Request<v1::AcknowledgeFetchRequest>,
    ) -> Result<Response<v1::AcknowledgeFetchResponse>, Status> {
        let asked = request.into_inner();
        let receipt = fields::decode("receipt", &asked.receipt)?;
        let signature = fields::array("session_signature", &asked.session_signature)?;
        self.store
            .acknowledge_fetch(receipt, signature)
            .await
            .map_err(ApiError::from)?;
        Ok(Response::new(v1::AcknowledgeFetchResponse {}))
    }
}

/// A platform that watches one of its requests.
struct Watch {
    service: Sharing,
    member: MemberId,
    handle: Handle,
    sent: u64,
    changes: watch::Receiver<u64>,
    times: watch::Receiver<Timestamp>,
    over: bool,
}

impl Watch {
    async fn look(&self) -> ApiResult<v1::WatchRequestResponse> {
        let now = self.service.chain.now();
        let view = self
            .service
            .store
            .request_state(self.member, self.handle, now)
            .await?;
        let (sequence, state) = match view.state {
            RequestState::Pending => (1, v1::RequestState::Pending),
            RequestState::Answered => (2, v1::RequestState::Answered),
            RequestState::Expired => (2, v1::RequestState::Expired),
            RequestState::Withdrawn => (2, v1::RequestState::Withdrawn),
        };
        let sealed_reply = view.answer.unwrap_or_default();
        Ok(v1::WatchRequestResponse {
            sequence,
            state: state.into(),
            sealed_reply,
        })
    }

    /// The next state; `None` after the last, or when the vault stops.
    async fn next(&mut self) -> Option<ApiResult<v1::WatchRequestResponse>> {
        while !self.over {
            self.changes.mark_unchanged();
            self.times.mark_unchanged();
            let state = match self.look().await {
                Ok(state) => state,
                Err(error) => {
                    self.over = true;
                    return Some(Err(error));
                }
            };
            self.over = state.sequence == 2;
            if state.sequence > self.sent {
                self.sent = state.sequence;
                return Some(Ok(state));
            }
            if !self.over {
                tokio::select! {
                    changed = self.changes.changed() => changed.ok()?,
                    changed = self.times.changed() => changed.ok()?,
                }
            }
        }
        None
    }
}

/// A download, cut into messages.
struct Pieces {
    chain: Arc<ChainView>,
    download: Download,
    rest: bytes::Bytes,
    first: bool,
}

impl Pieces {
    async fn next(&mut self) -> ApiResult<Option<v1::FetchObjectResponse>> {
        if self.rest.is_empty() {
            let guard = *self.download.guard();
            let live = self
                .chain
                .live(guard.grant, guard.record, guard.grantee)
                .await;
            match self.download.next_piece(&live).await? {
                Some(piece) => self.rest = piece,
                None => return Ok(None),
            }
        }
        let data = self
            .rest
            .split_to(limits::OBJECT_CHUNK.min(self.rest.len()));
        let total_size = if std::mem::take(&mut self.first) {
            self.download.object_length()
        } else {
            0
        };
        Ok(Some(v1::FetchObjectResponse { data, total_size }))
    }
}
