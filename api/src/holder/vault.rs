//! The vault as a person uses it: one key per object and per inbox, nothing that ties them together.

use bytes::Bytes;
use futures::{Stream, StreamExt};
use std::io::Read;
use tacit_circuits::types::{MemberId, Position};
use tacit_ledger::outcome::Outcome;
use tacit_proto::v1;
use tacit_proto::v1::put_backup_request::Part as BackupPart;
use tacit_proto::v1::upload_object_request::Part;
use tacit_proto::v1::vault_service_client::VaultServiceClient;
use tacit_vault::keys::SlotHasher;
use tacit_vault::object::ObjectId;
use tacit_vault::slot::{MAX_SIZE, SlotVersion};
use tacit_wallet::slot::SlotUpload;
use tacit_wallet::state::Submission;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Status, Streaming};

use crate::auth::client::Credentials;
use crate::client::connect::{Connection, connect};
use crate::errors::{ApiError, ApiResult, catalogue as reason};
use crate::net::{Kind, NetDir};
use crate::server::backups;
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
        let endpoint = net.endpoint(Kind::Vault)?;
        let connection = answered(connect(&endpoint, Some(Credentials::key(key)))).await??;
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

    /// Puts a backup of the wallet to the slot of the calling key.
    ///
    /// # Errors
    /// When the vault refuses, or takes too long.
    pub async fn put_backup(&mut self, upload: &SlotUpload) -> ApiResult<SlotVersion> {
        let size = upload.bytes.len() as u64;
        let header = v1::PutBackupHeader {
            replaces: upload.replaces.as_ref().map(backups::message),
            digest: upload.digest.as_bytes().to_vec().into(),
            size,
        };
        let data = upload.bytes.chunks(limits::OBJECT_CHUNK);
        let parts: Vec<_> = std::iter::once(BackupPart::Header(header))
            .chain(data.map(|piece| BackupPart::Data(Bytes::copy_from_slice(piece))))
            .map(|part| v1::PutBackupRequest { part: Some(part) })
            .collect();
        let call = self.client.put_backup(tokio_stream::iter(parts));
        let response = within(size, call).await??.into_inner();
        read_version(response.version)
    }

    /// Which backup is in the slot of the calling key; `None` where there is none.
    ///
    /// # Errors
    /// When the vault does not answer.
    pub async fn backup_version(&mut self) -> ApiResult<Option<SlotVersion>> {
        match self.backup_parts(true).await? {
            Some(mut parts) => match answered(parts.message()).await?? {
                Some(first) => read_version(first.version).map(Some),
                None => Err(ApiError::plain(&reason::SLOT_DAMAGED)),
            },
            None => Ok(None),
        }
    }

    /// The backup in the slot of the calling key, as long and with the digest that the vault says; `None` where there is none.
    ///
    /// # Errors
    /// When the vault does not answer, or sends something else.
    pub async fn get_backup(&mut self) -> ApiResult<Option<(SlotVersion, Vec<u8>)>> {
        let Some(mut parts) = self.backup_parts(false).await? else {
            return Ok(None);
        };
        let first = answered(parts.message()).await??;
        let first = first.ok_or_else(|| ApiError::plain(&reason::SLOT_DAMAGED))?;
        let size = first.size;
        within(size, gather(first, parts)).await?.map(Some)
    }

    /// Removes the backup in the slot of the calling key.
    ///
    /// # Errors
    /// When the vault refuses.
    pub async fn delete_backup(&mut self, version: &SlotVersion) -> ApiResult<()> {
        let version = Some(backups::message(version));
        let call = self
            .client
            .delete_backup(v1::DeleteBackupRequest { version });
        answered(call).await??;
        Ok(())
    }

    async fn backup_parts(
        &mut self,
        version_only: bool,
    ) -> ApiResult<Option<Streaming<v1::GetBackupResponse>>> {
        let call = self
            .client
            .get_backup(v1::GetBackupRequest { version_only });
        match answered(call).await?.map_err(ApiError::from) {
            Ok(parts) => Ok(Some(parts.into_inner())),
            Err(error) if error.reason() == &reason::SLOT_UNKNOWN => Ok(None),
            Err(error) => Err(error),
        }
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

/// Puts the messages of a backup together.
async fn gather(
    first: v1::GetBackupResponse,
    mut rest: impl Stream<Item = Result<v1::GetBackupResponse, Status>> + Unpin,
) -> ApiResult<(SlotVersion, Vec<u8>)> {
    let damaged = || ApiError::plain(&reason::SLOT_DAMAGED);
    let version = read_version(first.version)?;
    if first.size > MAX_SIZE {
        return Err(damaged());
    }
    let mut bytes = first.data.to_vec();
    let mut hasher = SlotHasher::default();
    hasher.update(&bytes);
    while let Some(next) = rest.next().await.transpose()? {
        hasher.update(&next.data);
        bytes.extend_from_slice(&next.data);
        if next.data.is_empty() || hasher.length() > first.size {
            return Err(damaged());
        }
    }
    let whole = hasher.length() == first.size && hasher.finish() == version.digest;
    whole.then_some((version, bytes)).ok_or_else(damaged)
}

/// Waits for all that keeping a backup takes, but not for ever: it is made beside what the person asked for.
pub(super) async fn in_time<T>(work: impl Future<Output = T>) -> ApiResult<T> {
    within(MAX_SIZE, work).await
}

/// Waits for one answer of the vault.
async fn answered<T>(call: impl Future<Output = T>) -> ApiResult<T> {
    within(0, call).await
}

/// Waits for the vault while so many bytes are on their way.
async fn within<T>(bytes: u64, call: impl Future<Output = T>) -> ApiResult<T> {
    // A size that no backup has is not waited for.
    let patience = limits::transfer_time(bytes.min(MAX_SIZE));
    tokio::time::timeout(patience, call)
        .await
        .map_err(|_| ApiError::plain(&reason::TIMEOUT))
}

fn read_version(version: Option<v1::BackupVersion>) -> ApiResult<SlotVersion> {
    let damaged = || ApiError::plain(&reason::SLOT_DAMAGED);
    backups::version(&version.ok_or_else(damaged)?).map_err(|_| damaged())
}

/// What a wallet wants relayed.
pub(super) fn parts(submission: &Submission) -> (Vec<u8>, Vec<u8>) {
    (
        submission.transaction.as_bytes().to_vec(),
        submission.sidecar.as_bytes().to_vec(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[tokio::test]
    async fn a_backup_is_put_together_of_messages_that_bring_it_on() {
        let bytes = vec![7; 3000];
        let mut hasher = SlotHasher::default();
        hasher.update(&bytes);
        let version = v1::BackupVersion {
            revision: 1,
            digest: hasher.finish().as_bytes().to_vec().into(),
        };
        let message = |data: &[u8]| v1::GetBackupResponse {
            version: Some(version.clone()),
            size: 3000,
            data: data.to_vec().into(),
        };
        let gathered = async |lengths: &[usize]| {
            let rest: Vec<_> = lengths
                .iter()
                .map(|length| Ok(message(&bytes[..*length])))
                .collect();
            gather(message(&bytes[..1000]), futures::stream::iter(rest)).await
        };
        assert_eq!(gathered(&[1000, 1000]).await.unwrap().1, bytes);
        for other in [&[1000, 999][..], &[1000, 1001], &[0, 1000, 1000], &[]] {
            let error = gathered(other).await.unwrap_err();
            assert_eq!(error.reason(), &reason::SLOT_DAMAGED, "{other:?}");
        }
    }

    #[test]
    fn the_longest_backup_has_the_time_that_the_slowest_line_needs() {
        let needed = Duration::from_secs(MAX_SIZE / limits::SLOWEST_LINE);
        assert!(limits::transfer_time(MAX_SIZE) > needed);
        assert!(limits::transfer_time(MAX_SIZE) < Duration::from_secs(20 * 60));
    }
}
