//! The vault as a person uses it: one key per object and per inbox, nothing that ties them together.

use bytes::Bytes;
use std::io::Read;
use tacit_circuits::types::{MemberId, Position};
use tacit_ledger::outcome::Outcome;
use tacit_proto::v1;
use tacit_proto::v1::upload_object_request::Part;
use tacit_proto::v1::vault_service_client::VaultServiceClient;
use tacit_vault::object::ObjectId;
use tacit_wallet::state::Submission;
use tokio_stream::wrappers::ReceiverStream;

use crate::auth::client::Credentials;
use crate::client::connect::{Connection, connect};
use crate::errors::{ApiError, ApiResult, catalogue as reason};
use crate::net::{Kind, NetDir};
use crate::{limits, wire};

/// Messages of an upload that are read ahead.
const AHEAD: usize = 8;

/// A vault, called with one key.
pub struct VaultClient {
    client: VaultServiceClient<Connection>,
}

impl VaultClient {
    /// Connects to the vault of a net folder.
    ///
    /// # Errors
    /// When no vault answers there.
    pub async fn connect(net: &NetDir, key: ed25519_dalek::SigningKey) -> ApiResult<Self> {
        let connection = connect(&net.endpoint(Kind::Vault)?, Some(Credentials::key(key))).await?;
        let client =
            VaultServiceClient::new(connection).max_decoding_message_size(limits::MAX_RESPONSE);
        Ok(Self { client })
    }

    /// The member that runs the vault of a net folder.
    ///
    /// # Errors
    /// When there is no vault, or its endpoint file names no member.
    pub fn member(net: &NetDir) -> ApiResult<MemberId> {
        let missing = || {
            ApiError::new(
                &reason::FILE_INVALID,
                "the vault's endpoint file names no member",
            )
        };
        net.endpoint(Kind::Vault)?.member.ok_or_else(missing)
    }

    /// Stores a sealed object of `size` bytes; `progress` is told of bytes sent.
    ///
    /// # Errors
    /// When the vault refuses it or the object cannot be read.
    pub async fn upload(
        &mut self,
        object: ObjectId,
        size: u64,
        mut bytes: impl Read + Send + 'static,
        progress: impl Fn(u64) + Send + 'static,
    ) -> ApiResult<bool> {
        let (parts, stream) = tokio::sync::mpsc::channel(AHEAD);
        let header = v1::UploadObjectHeader {
            object_id: object.as_bytes().to_vec().into(),
            size,
        };
        let first = v1::UploadObjectRequest {
            part: Some(Part::Header(header)),
        };
        let reader = tokio::task::spawn_blocking(move || -> std::io::Result<()> {
            // When the vault has stopped listening, its answer says why.
            if parts.blocking_send(first).is_err() {
                return Ok(());
            }
            let mut piece = vec![0; limits::OBJECT_CHUNK];
            loop {
                let length = bytes.read(&mut piece)?;
                let Some(data) = piece.get(..length).filter(|data| !data.is_empty()) else {
                    return Ok(());
                };
                let part = Some(Part::Data(Bytes::copy_from_slice(data)));
                if parts
                    .blocking_send(v1::UploadObjectRequest { part })
                    .is_err()
                {
                    return Ok(());
                }
                progress(length as u64);
            }
        });
        let response = self.client.upload_object(ReceiverStream::new(stream)).await;
        let read = reader.await.map_err(ApiError::internal)?;
        let response = response?.into_inner();
        read.map_err(|error| {
            ApiError::new(
                &reason::FILE_FAILED,
                format!("reading the object: {}", error.kind()),
            )
        })?;
        Ok(response.already_stored)
    }

    /// Ties an object to its record.
    ///
    /// # Errors
    /// When the vault refuses.
    pub async fn bind(&mut self, object: ObjectId, record: Position) -> ApiResult<()> {
        let request = v1::BindObjectRequest {
            object_id: object.as_bytes().to_vec().into(),
            record: record.0,
        };
        self.client.bind_object(request).await?;
        Ok(())
    }

    /// Erases an object; returns the vault's signed statement, in canonical bytes.
    ///
    /// # Errors
    /// When the vault refuses.
    pub async fn delete(&mut self, object: ObjectId) -> ApiResult<Bytes> {
        let request = v1::DeleteObjectRequest {
            object_id: object.as_bytes().to_vec().into(),
        };
        Ok(self
            .client
            .delete_object(request)
            .await?
            .into_inner()
            .erasure_statement)
    }

    /// A page of what waits in the inbox of the calling key.
    ///
    /// # Errors
    /// When the vault refuses.
    pub async fn poll(&mut self, page_token: String) -> ApiResult<v1::PollInboxResponse> {
        let request = v1::PollInboxRequest {
            page_size: 0,
            page_token,
        };
        Ok(self.client.poll_inbox(request).await?.into_inner())
    }

    /// Removes what the wallet has stored safely.
    ///
    /// # Errors
    /// When the vault refuses.
    pub async fn acknowledge(&mut self, sequences: Vec<u64>) -> ApiResult<()> {
        self.client
            .acknowledge_inbox(v1::AcknowledgeInboxRequest { sequences })
            .await?;
        Ok(())
    }

    /// Leaves the sealed answer to a request.
    ///
    /// # Errors
    /// When the vault refuses.
    pub async fn reply(&mut self, sequence: u64, sealed_reply: Vec<u8>) -> ApiResult<()> {
        let request = v1::ReplyToRequestRequest {
            sequence,
            sealed_reply: sealed_reply.into(),
        };
        self.client.reply_to_request(request).await?;
        Ok(())
    }

    /// Has a transaction of the wallet brought onto the ledger.
    ///
    /// # Errors
    /// When vault or ledger refuse it.
    pub async fn relay(&mut self, body: Vec<u8>, sidecar: Vec<u8>) -> ApiResult<Outcome> {
        let sidecars = if sidecar.is_empty() {
            Vec::new()
        } else {
            vec![sidecar.into()]
        };
        let transaction = Some(v1::Transaction {
            body: body.into(),
            sidecars,
        });
        let response = self
            .client
            .relay_transaction(v1::RelayTransactionRequest { transaction })
            .await?;
        Ok(wire::read_finality(response.into_inner().finality)?.2)
    }
}

/// What a wallet wants relayed.
pub(super) fn parts(submission: &Submission) -> (Vec<u8>, Vec<u8>) {
    (
        submission.transaction.as_bytes().to_vec(),
        submission.sidecar.as_bytes().to_vec(),
    )
}
