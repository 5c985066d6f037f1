//! Bringing an object over under an access that is on the chain.

use std::path::Path;
use tacit_circuits::commit::ReceiptOpening;
use tacit_circuits::types::{LeafKind, Receipt};
use tacit_identity::request::Approval;
use tacit_ledger::codec::decode_slice;
use tacit_proto::v1;
use tacit_vault::envelope::{Envelope, EnvelopeBinding};
use tacit_vault::ids::{SessionKey, VaultIdentity};
use tacit_vault::object::{ContentDigest, DataKey, KeyCommitment, ObjectId, ObjectInfo};
use tonic::Streaming;

use super::Platform;
use super::access::session;
use super::download::{self, Download};
use super::fetch::damaged;
use super::journal::Journal;
use crate::errors::{ApiError, ApiResult, catalogue as reason};

impl Platform {
    /// Brings the object over into its file; returns how many bytes of it were there before.
    pub(super) async fn bring(
        &self,
        journal: &Journal,
        at: usize,
        approval: &Approval,
        out: &Path,
    ) -> ApiResult<u64> {
        let info = info(approval);
        let begun = match download::has_begun(out)? {
            true => {
                let key = self.data_key(approval)?;
                Some(tokio::task::block_in_place(|| {
                    Download::resume(out, &key, &info)
                })?)
            }
            false => None,
        };
        let resumed_at = begun.as_ref().map_or(0, Download::position);
        let download = match self.pour(journal, at, approval, out, begun).await {
            // What an earlier attempt left was not what it had brought: nothing of it is used.
            Err(error) if resumed_at > 0 && error.code() == reason::OBJECT_DAMAGED.code => {
                self.pour(journal, at, approval, out, None).await?
            }
            other => other?,
        };
        tokio::task::block_in_place(|| download.finish())?;
        Ok(resumed_at)
    }

    /// Has the vault send what is missing of an object, from its beginning when none has begun.
    async fn pour(
        &self,
        journal: &Journal,
        at: usize,
        approval: &Approval,
        out: &Path,
        begun: Option<Download>,
    ) -> ApiResult<Download> {
        let offset = begun.as_ref().map_or(0, Download::position);
        let begun = match begun {
            Some(whole) if offset == approval.object_length => return Ok(whole),
            other => other,
        };
        let mut stream = self.ask_for(journal, at, approval, offset).await?;
        let mut download = match begun {
            Some(download) => download,
            None => Download::anew(out, &self.data_key(approval)?, &info(approval))?,
        };
        let bar = self
            .output
            .progress("fetching", approval.object_length, true);
        bar.set_position(offset);
        while let Some(part) = stream.message().await.map_err(broken_off)? {
            tokio::task::block_in_place(|| download.push(&part.data))?;
            bar.inc(part.data.len() as u64);
        }
        bar.finish_and_clear();
        if download.position() < approval.object_length {
            return Err(ApiError::plain(&reason::DOWNLOAD_BROKEN_OFF));
        }
        Ok(download)
    }

    /// Asks the vault for an object from some byte on.
    async fn ask_for(
        &self,
        journal: &Journal,
        at: usize,
        approval: &Approval,
        offset: u64,
    ) -> ApiResult<Streaming<v1::FetchObjectResponse>> {
        let Proof {
            session,
            opening,
            receipt,
        } = proof(journal, at)?;
        let object = ObjectId(approval.object.0);
        let request = v1::FetchObjectRequest {
            object_id: object.as_bytes().to_vec().into(),
            receipt_opening: opening.into(),
            session_key: session.public().as_bytes().to_vec().into(),
            session_signature: session
                .sign_fetch(&self.vault_identity(approval), &receipt, &object, offset)
                .to_vec()
                .into(),
            offset,
        };
        Ok(self
            .vault()
            .await?
            .fetch_object(request)
            .await?
            .into_inner())
    }

    pub(super) fn vault_identity(&self, approval: &Approval) -> VaultIdentity {
        VaultIdentity {
            chain: self.did().chain,
            member: approval.vault,
        }
    }

    /// Unwraps the data key.
    pub(super) fn data_key(&self, approval: &Approval) -> ApiResult<DataKey> {
        let envelope = decode_slice::<Envelope>(&approval.envelope)
            .map_err(|_| ApiError::plain(&reason::ENVELOPE_INVALID))?;
        let grant = &approval.grant;
        let binding = EnvelopeBinding {
            chain: self.did().chain,
            grant: tacit_circuits::commit::leaf(
                LeafKind::Grant,
                None,
                &grant.holder_key,
                &grant.body.commit(),
                &grant.end_tag,
            ),
            object: ObjectId(approval.object.0),
            grantee: self.id,
        };
        Ok(self
            .secrets
            .open_sealed(|key| envelope.open(key, &binding))?)
    }
}

/// What an access shows to the vault.
pub(super) struct Proof {
    pub session: SessionKey,
    /// Canonical bytes of the receipt's opening.
    pub opening: Vec<u8>,
    pub receipt: Receipt,
}

pub(super) fn proof(journal: &Journal, at: usize) -> ApiResult<Proof> {
    let access = journal.entry.accesses.get(at).ok_or_else(damaged)?;
    let proven = access.proven.as_ref().ok_or_else(damaged)?;
    let opening = journal.bytes(&proven.receipt)?.to_vec();
    let receipt = decode_slice::<ReceiptOpening>(&opening)
        .map_err(|_| damaged())?
        .commit();
    Ok(Proof {
        session: session(access)?,
        opening,
        receipt,
    })
}

/// What the approval says of the object.
pub(super) fn info(approval: &Approval) -> ObjectInfo {
    ObjectInfo {
        id: ObjectId(approval.object.0),
        key_commitment: KeyCommitment(approval.record.body.key_commitment.0),
        content_digest: ContentDigest(approval.record.body.content_digest.0),
        content_length: approval.content_length,
        object_length: approval.object_length,
    }
}

/// The error of a stream that ended without the vault's own word.
fn broken_off(status: tonic::Status) -> ApiError {
    let error = ApiError::from(status);
    let no_word = [&reason::UNKNOWN, &reason::UNREACHABLE, &reason::INTERNAL];
    if no_word.iter().any(|reason| reason.code == error.code()) {
        return ApiError::plain(&reason::DOWNLOAD_BROKEN_OFF);
    }
    error
}
