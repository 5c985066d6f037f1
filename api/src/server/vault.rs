//! VaultService: what persons use. Callers are keys.

use futures::Stream;
use std::pin::Pin;
use std::sync::Arc;
use tacit_circuits::types::Position;
use tacit_ledger::action::Action;
use tacit_ledger::codec::encode_vec;
use tacit_proto::v1;
use tacit_proto::v1::upload_object_request::Part;
use tacit_proto::v1::vault_service_server::{VaultService, VaultServiceServer};
use tacit_vault::ids::CallerKey;
use tacit_vault::inbox::Sequence;
use tacit_vault::object::ObjectId;
use tacit_vault::store::{Begin, Upload, Vault as Store};
use tonic::{Request, Response, Status, Streaming};

use crate::auth::caller::Caller;
use crate::clock;
use crate::errors::{ApiError, ApiResult, catalogue as reason};
use crate::limits;
use crate::server::connections::Peer;
use crate::server::pace::Pace;
use crate::server::pages;
use crate::server::{backups, fields, pages::Page};
use crate::vault::{Bucket, ChainView, Newcomers, Operator};
use crate::{submit, wire};

/// Transactions that persons may have relayed in a second, and at once.
const RELAYS: (u32, u32) = (20, 200);

/// New backups of wallets that one network address may make in a day.
const NEW_BACKUPS: u32 = 32;

/// Items acknowledged at once.
const MAX_ACKNOWLEDGED: usize = 100;

/// A backup on its way to its owner.
type BackupStream = Pin<Box<dyn Stream<Item = Result<v1::GetBackupResponse, Status>> + Send>>;

/// The service.
#[derive(Clone)]
pub struct Vault {
    store: Store,
    chain: Arc<ChainView>,
    operator: Arc<Operator>,
    pages: pages::Key,
    relays: Arc<Bucket>,
    newcomers: Newcomers,
}

impl Vault {
    /// Serves this store as this member.
    ///
    /// # Errors
    /// When the operating system gives no randomness.
    pub fn service(
        store: Store,
        chain: Arc<ChainView>,
        operator: Arc<Operator>,
    ) -> ApiResult<VaultServiceServer<Self>> {
        let (per_second, most) = RELAYS;
        let relays = Arc::new(Bucket::new(per_second, most));
        let service = Self {
            store,
            chain,
            operator,
            pages: pages::Key::random()?,
            relays,
            newcomers: Newcomers::new(NEW_BACKUPS),
        };
        Ok(VaultServiceServer::new(service)
            .max_decoding_message_size(limits::MAX_TRANSACTION_REQUEST))
    }

    async fn receive(
        &self,
        owner: CallerKey,
        mut parts: Streaming<v1::UploadObjectRequest>,
    ) -> ApiResult<bool> {
        let mut pace = Pace::start();
        let first = pace.next(&mut parts).await?;
        let Some(Part::Header(header)) = first.and_then(|first| first.part) else {
            return Err(ApiError::bad_field(
                "part",
                "the first message must be the header",
            ));
        };
        let id = ObjectId(fields::array("object_id", &header.object_id)?);
        let mut upload = match self.store.begin_upload(owner, id, header.size).await? {
            Begin::AlreadyStored => return Ok(true),
            Begin::Upload(upload) => upload,
        };
        match pour(&mut pace, &mut parts, &mut upload).await {
            Ok(()) => upload.finish().await?,
            Err(error) => {
                upload.abort().await;
                return Err(error);
            }
        }
        Ok(false)
    }
}

async fn pour(
    pace: &mut Pace,
    parts: &mut Streaming<v1::UploadObjectRequest>,
    upload: &mut Upload,
) -> ApiResult<()> {
    while let Some(Some(part)) = pace.next(parts).await?.map(|message| message.part) {
        match part {
            Part::Data(bytes) => {
                pace.count(&bytes)?;
                upload.write(&bytes).await?;
            }
            Part::Header(_) => return Err(ApiError::bad_field("part", "a second header")),
        }
    }
    Ok(())
}

/// The key that called.
fn caller<T>(request: &Request<T>) -> ApiResult<CallerKey> {
    Ok(CallerKey(*Caller::of(request)?.key()?.as_bytes()))
}

#[tonic::async_trait]
impl VaultService for Vault {
    async fn get_vault_info(
        &self,
        _: Request<v1::GetVaultInfoRequest>,
    ) -> Result<Response<v1::GetVaultInfoResponse>, Status> {
        Ok(Response::new(v1::GetVaultInfoResponse {
            member_id: self.operator.id.get(),
            max_object_size: self.store.limits().max_object_bytes,
        }))
    }

    async fn upload_object(
        &self,
        request: Request<Streaming<v1::UploadObjectRequest>>,
    ) -> Result<Response<v1::UploadObjectResponse>, Status> {
        let owner = caller(&request)?;
        let already_stored = self.receive(owner, request.into_inner()).await?;
        Ok(Response::new(v1::UploadObjectResponse { already_stored }))
    }

    async fn bind_object(
        &self,
        request: Request<v1::BindObjectRequest>,
    ) -> Result<Response<v1::BindObjectResponse>, Status> {
        let owner = caller(&request)?;
        let asked = request.into_inner();
        let id = ObjectId(fields::array("object_id", &asked.object_id)?);
        self.store
            .bind(owner, id, Position(asked.record))
            .await
            .map_err(ApiError::from)?;
        Ok(Response::new(v1::BindObjectResponse {}))
    }

    async fn delete_object(
        &self,
        request: Request<v1::DeleteObjectRequest>,
    ) -> Result<Response<v1::DeleteObjectResponse>, Status> {
        let owner = caller(&request)?;
        let id = ObjectId(fields::array("object_id", &request.into_inner().object_id)?);
        let key = self.operator.signing.clone();
        let sign = move |digest: &tacit_circuits::types::Digest32| {
            ed25519_dalek::Signer::sign(&key, &digest.0).to_bytes()
        };
        let now = tacit_circuits::types::Timestamp(clock::unix_seconds());
        let signed = self
            .store
            .erase(owner, id, now, sign)
            .await
            .map_err(ApiError::from)?;
        Ok(Response::new(v1::DeleteObjectResponse {
            erasure_statement: encode_vec(&signed).into(),
        }))
    }

    async fn poll_inbox(
        &self,
        request: Request<v1::PollInboxRequest>,
    ) -> Result<Response<v1::PollInboxResponse>, Status> {
        let owner = caller(&request)?;
        let asked = request.into_inner();
        let filter = format!("inbox {owner}");
        let page = self.pages.read(&asked.page_token, &filter)?;
        let after = Sequence(page.map_or(0, |page| page.after));
        let most = u32::try_from(tacit_vault::inbox::MAX_PAGE).unwrap_or(u32::MAX);
        let size = pages::bounded(asked.page_size, most) as usize;
        let found = self
            .store
            .poll_inbox(owner, after, size, self.chain.now())
            .await
            .map_err(ApiError::from)?;
        let next = found.last().filter(|_| found.len() == size).map(|last| {
            self.pages.write(
                Page {
                    height: 0,
                    after: last.sequence.0,
                },
                &filter,
            )
        });
        let items = found.into_iter().map(|item| v1::InboxItem {
            sequence: item.sequence.0,
            sealed: item.sealed,
            expires_at: item.expires_at.0,
        });
        Ok(Response::new(v1::PollInboxResponse {
            items: items.collect(),
            next_page_token: next.unwrap_or_default(),
        }))
    }

    async fn acknowledge_inbox(
        &self,
        request: Request<v1::AcknowledgeInboxRequest>,
    ) -> Result<Response<v1::AcknowledgeInboxResponse>, Status> {
        let owner = caller(&request)?;
        let sequences = request.into_inner().sequences;
        if sequences.len() > MAX_ACKNOWLEDGED {
            return Err(ApiError::bad_field("sequences", "too many at once").into());
        }
        let sequences = sequences.into_iter().map(Sequence).collect();
        self.store
            .acknowledge_inbox(owner, sequences, self.chain.now())
            .await
            .map_err(ApiError::from)?;
        Ok(Response::new(v1::AcknowledgeInboxResponse {}))
    }

    async fn reply_to_request(
        &self,
        request: Request<v1::ReplyToRequestRequest>,
    ) -> Result<Response<v1::ReplyToRequestResponse>, Status> {
        let owner = caller(&request)?;
        let asked = request.into_inner();
        let sequence = Sequence(asked.sequence);
        let answer =
            self.store
                .answer_request(owner, sequence, asked.sealed_reply, self.chain.now());
        answer.await.map_err(ApiError::from)?;
        Ok(Response::new(v1::ReplyToRequestResponse {}))
    }

    async fn put_backup(
        &self,
        request: Request<Streaming<v1::PutBackupRequest>>,
    ) -> Result<Response<v1::PutBackupResponse>, Status> {
        let owner = caller(&request)?;
        let from = request.extensions().get().map(Peer::network);
        let parts = request.into_inner();
        let stored = backups::put(&self.store, &self.newcomers, owner, from, parts).await?;
        Ok(Response::new(v1::PutBackupResponse {
            version: Some(backups::message(&stored)),
        }))
    }

    type GetBackupStream = BackupStream;

    async fn get_backup(
        &self,
        request: Request<v1::GetBackupRequest>,
    ) -> Result<Response<Self::GetBackupStream>, Status> {
        let owner = caller(&request)?;
        let version_only = request.into_inner().version_only;
        let stream = backups::get(&self.store, &owner, version_only)?;
        Ok(Response::new(Box::pin(stream)))
    }

    async fn delete_backup(
        &self,
        request: Request<v1::DeleteBackupRequest>,
    ) -> Result<Response<v1::DeleteBackupResponse>, Status> {
        let owner = caller(&request)?;
        let named = request.into_inner().version;
        let named = named.ok_or_else(|| ApiError::bad_field("version", "it is needed"))?;
        let removed = self.store.remove_slot(owner, backups::version(&named)?);
        removed.await.map_err(ApiError::from)?;
        Ok(Response::new(v1::DeleteBackupResponse {}))
    }

    async fn relay_transaction(
        &self,
        request: Request<v1::RelayTransactionRequest>,
    ) -> Result<Response<v1::RelayTransactionResponse>, Status> {
        let (tx, sidecar) = wire::read_transaction(request.into_inner().transaction)?;
        if !matches!(
            tx.action,
            Action::RegisterRecord(_) | Action::Grant(_) | Action::End(_)
        ) {
            return Err(ApiError::plain(&reason::ACTION_NOT_ALLOWED).into());
        }
        self.relays.take()?;
        let placed =
            submit::submit(self.chain.follower().connection(), &tx, sidecar.as_ref()).await?;
        let finality = Some(wire::finality(placed.height, placed.index, &placed.outcome));
        Ok(Response::new(v1::RelayTransactionResponse { finality }))
    }
}
