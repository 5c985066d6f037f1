//! Backups of wallets: the part of VaultService that puts, reads and removes what is in a slot.

use std::net::IpAddr;

use bytes::Bytes;
use futures::Stream;
use tacit_proto::v1;
use tacit_proto::v1::put_backup_request::Part;
use tacit_vault::ids::CallerKey;
use tacit_vault::slot::{Revision, SlotDigest, SlotVersion};
use tacit_vault::store::{BeginPut, SlotPut, SlotReader, Vault as Store};
use tonic::{Status, Streaming};

use crate::errors::{ApiError, ApiResult};
use crate::limits;
use crate::server::fields;
use crate::server::pace::Pace;
use crate::vault::Newcomers;

/// Takes in a put.
///
/// # Errors
/// Those of the store, and of a stream that is not one header and then bytes.
pub async fn put(
    store: &Store,
    newcomers: &Newcomers,
    owner: CallerKey,
    from: Option<IpAddr>,
    mut parts: Streaming<v1::PutBackupRequest>,
) -> ApiResult<SlotVersion> {
    let mut pace = Pace::start();
    let first = pace.next(&mut parts).await?;
    let Some(Part::Header(header)) = first.and_then(|first| first.part) else {
        return Err(ApiError::bad_field(
            "part",
            "the first message must be the header",
        ));
    };
    let replaces = header.replaces.map(|named| version(&named)).transpose()?;
    let digest = SlotDigest(fields::array("digest", &header.digest)?);
    let mut put = match store
        .begin_put(owner, replaces, digest, header.size)
        .await?
    {
        BeginPut::AlreadyStored(version) => return Ok(version),
        BeginPut::Put(put) => put,
    };
    // Asked when there would be room: a put that came before is known, whatever its address has had.
    let admitted = from
        .map(|address| newcomers.admit(address, replaces.is_none()))
        .transpose();
    let poured = match admitted {
        Ok(running) => pour(&mut pace, &mut parts, &mut put)
            .await
            .map(|()| running),
        Err(error) => Err(error),
    };
    match poured {
        Ok(running) => {
            // A put ends, and counts, also when its caller is gone.
            let ending = tokio::spawn(async move {
                let version = put.finish().await?;
                if let Some(running) = running {
                    running.done();
                }
                Ok(version)
            });
            ending.await.map_err(ApiError::internal)?
        }
        Err(error) => {
            put.abort().await;
            Err(error)
        }
    }
}

async fn pour(
    pace: &mut Pace,
    parts: &mut Streaming<v1::PutBackupRequest>,
    put: &mut SlotPut,
) -> ApiResult<()> {
    while let Some(Some(part)) = pace.next(parts).await?.map(|message| message.part) {
        match part {
            Part::Data(bytes) => {
                pace.count(&bytes)?;
                put.write(&bytes).await?;
            }
            Part::Header(_) => return Err(ApiError::bad_field("part", "a second header")),
        }
    }
    Ok(())
}

/// What is in the caller's slot, piece by piece; the first message says which version it is.
///
/// # Errors
/// When there is no slot.
pub fn get(
    store: &Store,
    owner: &CallerKey,
    version_only: bool,
) -> ApiResult<impl Stream<Item = Result<v1::GetBackupResponse, Status>> + Send + use<>> {
    let pieces = Pieces {
        reader: store.read_slot(owner)?,
        rest: Bytes::new(),
        first: true,
        version_only,
    };
    Ok(futures::stream::unfold(Some(pieces), |pieces| async move {
        let mut pieces = pieces?;
        match pieces.next().await {
            Ok(Some(part)) => Some((Ok(part), Some(pieces))),
            Ok(None) => None,
            Err(error) => Some((Err(Status::from(error)), None)),
        }
    }))
}

/// A backup, cut into messages.
struct Pieces {
    reader: SlotReader,
    rest: Bytes,
    first: bool,
    version_only: bool,
}

impl Pieces {
    async fn next(&mut self) -> ApiResult<Option<v1::GetBackupResponse>> {
        let first = std::mem::take(&mut self.first);
        if self.rest.is_empty() && !self.version_only {
            match self.reader.next_piece().await? {
                Some(piece) => self.rest = piece,
                None => return Ok(None),
            }
        }
        if self.version_only && !first {
            return Ok(None);
        }
        let content = self.reader.content();
        Ok(Some(v1::GetBackupResponse {
            version: first.then(|| message(&content.version)),
            size: if first { content.size } else { 0 },
            data: self
                .rest
                .split_to(limits::OBJECT_CHUNK.min(self.rest.len())),
        }))
    }
}

/// A version as a message.
pub fn message(version: &SlotVersion) -> v1::BackupVersion {
    v1::BackupVersion {
        revision: version.revision.0,
        digest: version.digest.as_bytes().to_vec().into(),
    }
}

/// A version from a message.
///
/// # Errors
/// When its digest has not 32 bytes, or its revision is 0.
pub fn version(message: &v1::BackupVersion) -> ApiResult<SlotVersion> {
    if message.revision == 0 {
        return Err(ApiError::bad_field("revision", "revisions begin at 1"));
    }
    Ok(SlotVersion {
        revision: Revision(message.revision),
        digest: SlotDigest(fields::array("digest", &message.digest)?),
    })
}
