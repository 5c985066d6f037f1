//! Reading a document under a grant: access first, then the object, then the word that it has arrived.

use commonware_codec::Encode;
use std::path::Path;
use tacit_circuits::commit::ReceiptOpening;
use tacit_circuits::types::LeafKind;
use tacit_identity::request::{Approval, Reply, RequestId};
use tacit_ledger::codec::decode_slice;
use tacit_ledger::ids::Height;
use tacit_proto::v1;
use tacit_vault::envelope::{Envelope, EnvelopeBinding};
use tacit_vault::ids::VaultIdentity;
use tacit_vault::object::{
    ContentDigest, DataKey, KeyCommitment, ObjectId, ObjectInfo, VerifiedFile,
};

use super::Platform;
use super::access::session;
use super::journal::{Access, Journal, Proven};
use super::requests::reply;
use crate::errors::{ApiError, ApiResult, catalogue as reason};
use crate::{files, wire};

/// Proofs that are made anew because the chain has moved on meanwhile.
const ATTEMPTS: usize = 3;

/// A document that was read.
#[derive(Debug)]
pub struct Fetched {
    /// Its length in bytes.
    pub bytes: u64,
    /// Height of the access.
    pub height: Option<Height>,
    /// Which use of the grant it was, from 0.
    pub number: u16,
}

impl Platform {
    /// Reads the document of an approved request into a file.
    ///
    /// # Errors
    /// When the request is not approved, the grant does not hold, or vault or ledger refuse. The same call again goes on
    /// where it was, with the same access.
    pub async fn fetch(&self, id: &RequestId, out: &Path) -> ApiResult<Fetched> {
        self.standing(id, false).await?;
        let mut journal = Journal::open(&self.dir, id, &self.secrets)?;
        let approval = match reply(&journal)? {
            Reply::Approval(approval) => approval,
            Reply::Denial(denial) => {
                return Err(ApiError::new(&reason::REQUEST_DENIED, denial.reason.text()));
            }
        };
        let at = self.open_access(&mut journal, &approval)?;
        let height = self.put_on_chain(&mut journal, at, &approval).await?;
        let fetched = self.download(&mut journal, at, &approval, out).await;
        if let Err(error) = &fetched
            && is_over(error)
            && let Some(access) = journal.entry.accesses.get_mut(at)
        {
            // This receipt will never be served again: the next call makes a new access.
            access.over = true;
            journal.save()?;
        }
        let bytes = fetched?;
        let number = journal
            .entry
            .accesses
            .get(at)
            .map_or(0, |access| access.number);
        Ok(Fetched {
            bytes,
            height,
            number,
        })
    }

    /// The access that is under way, or a new one, written down before anything else happens.
    fn open_access(&self, journal: &mut Journal, approval: &Approval) -> ApiResult<usize> {
        let count = journal.entry.accesses.len();
        if let Some(access) = journal.entry.accesses.last()
            && !access.over
        {
            return Ok(count - 1);
        }
        let number = u16::try_from(count).map_err(ApiError::internal)?;
        if number >= approval.grant.body.max_uses {
            return Err(ApiError::plain(&reason::GRANT_EXHAUSTED));
        }
        let (mut session, mut nonce) = ([0; 32], [0; 32]);
        getrandom::fill(&mut session).map_err(ApiError::internal)?;
        getrandom::fill(&mut nonce).map_err(ApiError::internal)?;
        // Below the field's order, with 252 bits to hide behind.
        nonce[0] &= 0x0f;
        journal.entry.accesses.push(Access {
            number,
            session: hex::encode(session),
            nonce: hex::encode(nonce),
            proven: None,
            on_chain: false,
            over: false,
        });
        journal.save()?;
        Ok(count)
    }

    async fn put_on_chain(
        &self,
        journal: &mut Journal,
        at: usize,
        approval: &Approval,
    ) -> ApiResult<Option<Height>> {
        let damaged = || ApiError::internal("a damaged journal entry");
        for attempt in 1..=ATTEMPTS {
            let access = journal.entry.accesses.get(at).ok_or_else(damaged)?;
            if access.on_chain {
                return Ok(None);
            }
            if access.proven.is_none() {
                let made = self.prove_access(approval, access).await?;
                let proven = Proven {
                    transaction: hex::encode(made.tx.to_bytes()),
                    sidecar: hex::encode(made.sidecar.encode()),
                    receipt: hex::encode(made.receipt.encode()),
                };
                journal
                    .entry
                    .accesses
                    .get_mut(at)
                    .ok_or_else(damaged)?
                    .proven = Some(proven);
                journal.save()?;
            }
            let access = journal.entry.accesses.get(at).ok_or_else(damaged)?;
            let proven = access.proven.as_ref().ok_or_else(damaged)?;
            let transaction = Some(v1::Transaction {
                body: journal.bytes(&proven.transaction)?.to_vec().into(),
                sidecars: vec![journal.bytes(&proven.sidecar)?.to_vec().into()],
            });
            let sent = self
                .vault()
                .await?
                .relay_access(v1::RelayAccessRequest { transaction })
                .await;
            let error = match sent.map_err(ApiError::from) {
                Ok(response) => {
                    let (height, ..) = wire::read_finality(response.into_inner().finality)?;
                    journal
                        .entry
                        .accesses
                        .get_mut(at)
                        .ok_or_else(damaged)?
                        .on_chain = true;
                    journal.save()?;
                    return Ok(Some(height));
                }
                Err(error) => error,
            };
            let stale = [
                &reason::ANCHOR_UNKNOWN,
                &reason::ANCHOR_TOO_OLD,
                &reason::AUDIT_KEY_NOT_CURRENT,
                &reason::CHECK_STALE,
            ];
            if attempt == ATTEMPTS || !stale.iter().any(|reason| reason.code == error.code()) {
                return Err(error);
            }
            // It can never get onto the chain any more, so a new proof of the same use is no second access.
            journal
                .entry
                .accesses
                .get_mut(at)
                .ok_or_else(damaged)?
                .proven = None;
            journal.save()?;
        }
        Err(ApiError::plain(&reason::ANCHOR_TOO_OLD))
    }

    async fn download(
        &self,
        journal: &mut Journal,
        at: usize,
        approval: &Approval,
        out: &Path,
    ) -> ApiResult<u64> {
        let damaged = || ApiError::internal("a damaged journal entry");
        let access = journal.entry.accesses.get(at).ok_or_else(damaged)?;
        let proven = access.proven.as_ref().ok_or_else(damaged)?;
        let opening = journal.bytes(&proven.receipt)?.to_vec();
        let receipt = decode_slice::<ReceiptOpening>(&opening)
            .map_err(|_| damaged())?
            .commit();
        let session = session(access)?;
        let object = ObjectId(approval.object.0);
        let identity = VaultIdentity {
            chain: self.did().chain,
            member: approval.vault,
        };
        let info = ObjectInfo {
            id: object,
            key_commitment: KeyCommitment(approval.record.body.key_commitment.0),
            content_digest: ContentDigest(approval.record.body.content_digest.0),
            content_length: approval.content_length,
            object_length: approval.object_length,
        };
        let mut vault = self.vault().await?;
        let request = v1::FetchObjectRequest {
            object_id: object.as_bytes().to_vec().into(),
            receipt_opening: opening.into(),
            session_key: session.public().as_bytes().to_vec().into(),
            session_signature: session
                .sign_fetch(&identity, &receipt, &object, 0)
                .to_vec()
                .into(),
            offset: 0,
        };
        let mut stream = vault.fetch_object(request).await?.into_inner();
        let mut file = VerifiedFile::create(out, self.data_key(approval)?, &info)
            .map_err(|error| files::failed(out, &error))?;
        let bar = self
            .output
            .progress("fetching", approval.object_length, true);
        while let Some(part) = stream.message().await? {
            tokio::task::block_in_place(|| file.push(&part.data))?;
            bar.inc(part.data.len() as u64);
        }
        tokio::task::block_in_place(|| file.finish())?;
        bar.finish_and_clear();
        // The document is safe: the receipt may be used up. When this call is lost, the next one says it again.
        let request = v1::AcknowledgeFetchRequest {
            receipt: receipt.to_bytes().to_vec().into(),
            session_signature: session
                .sign_acknowledgement(&identity, &receipt)
                .to_vec()
                .into(),
        };
        journal.entry.accesses.get_mut(at).ok_or_else(damaged)?.over = true;
        journal.save()?;
        vault.acknowledge_fetch(request).await?;
        Ok(approval.content_length)
    }

    /// Unwraps the data key.
    fn data_key(&self, approval: &Approval) -> ApiResult<DataKey> {
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
            grantee: self.record.id,
        };
        Ok(envelope.open(&self.secrets.hpke(), &binding)?)
    }
}

/// Whether a receipt will never be served again.
fn is_over(error: &ApiError) -> bool {
    let over = [&reason::RECEIPT_TOO_OLD, &reason::RECEIPT_ALREADY_SERVED];
    over.iter().any(|reason| reason.code == error.code())
}
