//! Reading a document under a grant: access first, then the object, then the word that it has arrived.

use commonware_codec::Encode;
use std::path::Path;
use tacit_identity::request::{Approval, Reply, RequestId};
use tacit_ledger::ids::Height;
use tacit_proto::v1;
use tacit_vault::object::ObjectInfo;

use super::Platform;
use super::bring::{Proof, info, proof};
use super::download::{self, Download};
use super::journal::{Access, Journal, Proven};
use super::requests::reply;
use crate::errors::{ApiError, ApiResult, catalogue as reason};
use crate::net::Kind;
use crate::wire;

/// Proofs that are made anew because the chain has moved on meanwhile.
const ATTEMPTS: usize = 3;

/// A document that was read.
#[derive(Debug)]
pub struct Fetched {
    /// Its length in bytes.
    pub bytes: u64,
    /// Height of the access, when it was made just now.
    pub height: Option<Height>,
    /// Which use of the grant it was, from 0.
    pub number: u16,
    /// Bytes of the sealed object that an earlier attempt had brought over.
    pub resumed_at: u64,
}

impl Platform {
    /// Reads the document of an approved request into a file. When the file holds the document already, from an access that
    /// was made, nothing more is read.
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
        let info = info(&approval);
        let made = journal.entry.accesses.iter().rposition(|a| a.on_chain);
        if let Some(at) = made
            && tokio::task::block_in_place(|| download::holds(out, &info))
        {
            self.arrived(&mut journal, at, &approval).await?;
            return fetched(&journal, at, None, info.object_length, &info);
        }
        let read = self.read(&mut journal, &approval, out).await;
        if let Err(error) = &read
            && is_ended(error)
            && let Ok(key) = self.data_key(&approval)
        {
            // Nothing will come any more, so nothing is kept of what came.
            Download::anew(out, &key, &info)?.discard();
        }
        read
    }

    /// Makes an access, or goes on with the one that is under way, and brings the object over.
    async fn read(
        &self,
        journal: &mut Journal,
        approval: &Approval,
        out: &Path,
    ) -> ApiResult<Fetched> {
        let at = self.open_access(journal, approval)?;
        let height = self.put_on_chain(journal, at, approval).await?;
        match self.bring(journal, at, approval, out).await {
            Ok(resumed_at) => {
                self.arrived(journal, at, approval).await?;
                fetched(journal, at, height, resumed_at, &info(approval))
            }
            Err(error) => {
                if is_over(&error) {
                    // This receipt will never be served again: the next call makes a new access.
                    access(journal, at)?.over = true;
                    journal.save()?;
                }
                Err(error)
            }
        }
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
            acknowledged: false,
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
        for attempt in 1..=ATTEMPTS {
            if access(journal, at)?.on_chain {
                return Ok(None);
            }
            if access(journal, at)?.proven.is_none() {
                let made = self.prove_access(approval, access(journal, at)?).await?;
                access(journal, at)?.proven = Some(Proven {
                    transaction: hex::encode(made.tx.to_bytes()),
                    sidecar: hex::encode(made.sidecar.encode()),
                    receipt: hex::encode(made.receipt.encode()),
                });
                journal.save()?;
            }
            let error = match self.relay(journal, at).await {
                Ok(height) => {
                    access(journal, at)?.on_chain = true;
                    journal.save()?;
                    return Ok(Some(height));
                }
                Err(error) => error,
            };
            if is_spent(&error) {
                // It is on the chain from long ago, and this receipt too old to be served: the next call makes a new access.
                access(journal, at)?.over = true;
                journal.save()?;
            }
            if attempt == ATTEMPTS || !is_stale(&error) {
                return Err(error);
            }
            // It can never get onto the chain any more, so a new proof of the same use is no second access.
            access(journal, at)?.proven = None;
            journal.save()?;
        }
        Err(ApiError::plain(&reason::ANCHOR_TOO_OLD))
    }

    /// Has the vault's operator bring an access onto the chain: with the same bytes however often.
    async fn relay(&self, journal: &Journal, at: usize) -> ApiResult<Height> {
        if self.net.endpoint(Kind::Vault)?.member == Some(self.id) {
            return Err(ApiError::plain(&reason::RELAY_IS_GRANTEE));
        }
        let access = journal.entry.accesses.get(at).ok_or_else(damaged)?;
        let proven = access.proven.as_ref().ok_or_else(damaged)?;
        let transaction = Some(v1::Transaction {
            body: journal.bytes(&proven.transaction)?.to_vec().into(),
            sidecars: vec![journal.bytes(&proven.sidecar)?.to_vec().into()],
        });
        let response = self
            .vault()
            .await?
            .relay_access(v1::RelayAccessRequest { transaction })
            .await?;
        Ok(wire::read_finality(response.into_inner().finality)?.0)
    }

    /// Notes that the document is safe, and tells the vault that the receipt may be used up: the same again, until the vault
    /// has heard it. That it does not hear it harms nobody: the receipt lapses.
    async fn arrived(
        &self,
        journal: &mut Journal,
        at: usize,
        approval: &Approval,
    ) -> ApiResult<()> {
        if !access(journal, at)?.over {
            access(journal, at)?.over = true;
            journal.save()?;
        }
        if access(journal, at)?.acknowledged {
            return Ok(());
        }
        let Proof {
            session, receipt, ..
        } = proof(journal, at)?;
        let request = v1::AcknowledgeFetchRequest {
            receipt: receipt.to_bytes().to_vec().into(),
            session_signature: session
                .sign_acknowledgement(&self.vault_identity(approval), &receipt)
                .to_vec()
                .into(),
        };
        let heard = match self.vault().await {
            Ok(mut vault) => vault
                .acknowledge_fetch(request)
                .await
                .map_err(ApiError::from),
            Err(error) => Err(error),
        };
        if let Err(error) = heard {
            let what = format!("the document is here; the vault did not hear so: {error}");
            self.output.note(&what);
            return Ok(());
        }
        access(journal, at)?.acknowledged = true;
        journal.save()
    }
}

fn access(journal: &mut Journal, at: usize) -> ApiResult<&mut Access> {
    journal.entry.accesses.get_mut(at).ok_or_else(damaged)
}

pub(super) fn damaged() -> ApiError {
    ApiError::internal("a damaged journal entry")
}

fn fetched(
    journal: &Journal,
    at: usize,
    height: Option<Height>,
    resumed_at: u64,
    info: &ObjectInfo,
) -> ApiResult<Fetched> {
    let access = journal.entry.accesses.get(at).ok_or_else(damaged)?;
    Ok(Fetched {
        bytes: info.content_length,
        height,
        number: access.number,
        resumed_at,
    })
}

/// Whether a proof was refused only because the chain has moved on.
fn is_stale(error: &ApiError) -> bool {
    let stale = [
        &reason::ANCHOR_UNKNOWN,
        &reason::ANCHOR_TOO_OLD,
        &reason::AUDIT_KEY_NOT_CURRENT,
        &reason::CHECK_STALE,
    ];
    stale.iter().any(|reason| reason.code == error.code())
}

/// Whether the chain has this use of the grant already.
fn is_spent(error: &ApiError) -> bool {
    let spent = [&reason::USE_SPENT, &reason::RECEIPT_EXISTS];
    spent.iter().any(|reason| reason.code == error.code())
}

/// Whether there is nothing to read any more, under whatever access of this grant.
fn is_ended(error: &ApiError) -> bool {
    let ended = [
        &reason::GRANT_ENDED,
        &reason::GRANT_EXPIRED,
        &reason::RECORD_ENDED,
        &reason::OBJECT_UNKNOWN,
        &reason::OBJECT_ERASED,
    ];
    ended.iter().any(|reason| reason.code == error.code())
}

/// Whether a receipt will never be served again.
fn is_over(error: &ApiError) -> bool {
    let over = [&reason::RECEIPT_TOO_OLD, &reason::RECEIPT_ALREADY_SERVED];
    over.iter().any(|reason| reason.code == error.code())
}
