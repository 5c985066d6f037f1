//! Waiting for the answer to a request, and taking a request back.

use commonware_codec::DecodeExt;
use tacit_circuits::types::Timestamp;
use tacit_identity::request::{
    Reply, RequestError, RequestId, SharingRequest, SignedSharingRequest,
};
use tacit_proto::v1;
use tacit_vault::envelope::SealedMessage;
use tacit_wallet::inbox::open_reply;

use super::Platform;
use super::facts::Facts;
use super::journal::{Journal, Outcome};
use crate::errors::{ApiError, ApiResult, catalogue as reason};

/// How a request stands for the platform, after opening the answer.
#[derive(Clone, Debug, serde::Serialize)]
#[serde(tag = "state", rename_all = "UPPERCASE")]
pub enum Standing {
    /// Nobody has answered, or nobody has the address.
    Pending,
    /// Approved, with these terms.
    Approved {
        /// How often it may be read.
        max_uses: u16,
        /// Until when.
        not_after: Timestamp,
        /// What was proven as well, when the request wanted it.
        #[serde(flatten)]
        facts: Option<Facts>,
    },
    /// Denied.
    Denied {
        /// The person's reason.
        reason: &'static str,
    },
    /// Its time was over.
    Expired,
    /// It was taken back.
    Withdrawn,
}

/// How a request has ended, as the vault says or a file shows.
enum Said {
    /// With this sealed answer.
    Answered(bytes::Bytes),
    Expired,
    Withdrawn,
}

impl Platform {
    /// Posts a request that the vault does not have yet. The same bytes again change nothing there.
    pub(super) async fn post(&self, journal: &mut Journal, id: &RequestId) -> ApiResult<()> {
        let Some((address, sealed)) = &journal.entry.inbox else {
            return Ok(());
        };
        if journal.entry.posted {
            return Ok(());
        }
        let request = v1::PostRequestRequest {
            address: journal.bytes(address)?.to_vec().into(),
            handle: handle(id),
            sealed: journal.bytes(sealed)?.to_vec().into(),
            expires_at: self.request(journal)?.expires.0,
        };
        self.vault().await?.post_request(request).await?;
        journal.entry.posted = true;
        journal.save()
    }

    /// How a request stands; with `wait`, returns when it has ended.
    ///
    /// # Errors
    /// When the vault does not answer, or the answer does not fit the request.
    pub async fn standing(&self, id: &RequestId, wait: bool) -> ApiResult<Standing> {
        let mut journal = Journal::open(&self.dir, id, &self.secrets)?;
        self.post(&mut journal, id).await?;
        if journal.entry.outcome.is_none() && journal.entry.inbox.is_some() {
            // Waiting may take days: nobody else is kept from the journal meanwhile.
            drop(journal);
            let said = self.watch(id, wait).await?;
            journal = Journal::open(&self.dir, id, &self.secrets)?;
            if let (None, Some(said)) = (&journal.entry.outcome, said) {
                self.conclude(&mut journal, id, said).await?;
            }
        }
        self.told(&journal)
    }

    /// Follows the vault's word on a request until it has ended, or only takes its first word; `None` while it is open.
    async fn watch(&self, id: &RequestId, wait: bool) -> ApiResult<Option<Said>> {
        let request = v1::WatchRequestRequest {
            handle: handle(id),
            after_sequence: 0,
        };
        let mut states = self
            .vault()
            .await?
            .watch_request(request)
            .await?
            .into_inner();
        while let Some(state) = states.message().await? {
            match state.state() {
                v1::RequestState::Answered => return Ok(Some(Said::Answered(state.sealed_reply))),
                v1::RequestState::Expired => return Ok(Some(Said::Expired)),
                v1::RequestState::Withdrawn => return Ok(Some(Said::Withdrawn)),
                v1::RequestState::Pending | v1::RequestState::Unspecified if wait => {}
                v1::RequestState::Pending | v1::RequestState::Unspecified => break,
            }
        }
        Ok(None)
    }

    /// Writes down how a request has ended, once the answer has been checked against it.
    async fn conclude(&self, journal: &mut Journal, id: &RequestId, said: Said) -> ApiResult<()> {
        let outcome = match said {
            Said::Answered(sealed) => {
                let sealed = SealedMessage::decode(sealed)
                    .map_err(|_| ApiError::plain(&reason::ANSWER_INVALID))?;
                let reply = self
                    .secrets
                    .open_sealed(|key| open_reply(&sealed, key, *id))?;
                let facts = self.accept(journal, &reply).await?;
                let facts = facts.map(|facts| serde_json::to_string(&facts));
                journal.entry.facts = facts.transpose().map_err(ApiError::internal)?;
                Outcome::Answered(hex::encode(reply.to_bytes()))
            }
            Said::Expired => Outcome::Expired,
            Said::Withdrawn => Outcome::Withdrawn,
        };
        journal.entry.outcome = Some(outcome);
        journal.save()
    }

    /// Takes in the answer to a request that went as a file.
    ///
    /// # Errors
    /// When it does not open or does not fit the request.
    pub async fn take_answer(&self, id: &RequestId, sealed: &[u8]) -> ApiResult<Standing> {
        let mut journal = Journal::open(&self.dir, id, &self.secrets)?;
        if journal.entry.outcome.is_none() {
            let sealed = bytes::Bytes::copy_from_slice(sealed);
            // No vault has seen when it came.
            let now = self.follower.sync().await?.header().time.timestamp();
            if now >= self.request(&journal)?.expires {
                return Err(ApiError::plain(&reason::REQUEST_EXPIRED));
            }
            self.conclude(&mut journal, id, Said::Answered(sealed))
                .await?;
        }
        self.told(&journal)
    }

    /// Takes a request back.
    ///
    /// # Errors
    /// When the vault does not answer.
    pub async fn withdraw(&self, id: &RequestId) -> ApiResult<Standing> {
        let journal = Journal::open(&self.dir, id, &self.secrets)?;
        if journal.entry.inbox.is_some() && journal.entry.posted {
            self.vault()
                .await?
                .withdraw_request(v1::WithdrawRequestRequest { handle: handle(id) })
                .await?;
        }
        drop(journal);
        self.standing(id, false).await
    }

    /// Checks an answer against the request; returns what it proves beside the document.
    async fn accept(&self, journal: &Journal, reply: &Reply) -> ApiResult<Option<Facts>> {
        let Reply::Approval(approval) = reply else {
            return Ok(None);
        };
        let asked = self.request(journal)?;
        approval.check(&asked).map_err(|error| match error {
            RequestError::NoPresentation => ApiError::plain(&reason::PRESENTATION_MISSING),
            other => ApiError::new(&reason::ANSWER_INVALID, other.to_string()),
        })?;
        self.facts(&asked, approval.presentation.as_deref()).await
    }

    /// The request of a journal.
    pub(super) fn request(&self, journal: &Journal) -> ApiResult<SharingRequest> {
        let bytes = journal.bytes(&journal.entry.request)?;
        Ok(SignedSharingRequest::from_bytes(&bytes)
            .map_err(invalid)?
            .unverified()
            .clone())
    }

    fn told(&self, journal: &Journal) -> ApiResult<Standing> {
        Ok(match &journal.entry.outcome {
            None => Standing::Pending,
            Some(Outcome::Expired) => Standing::Expired,
            Some(Outcome::Withdrawn) => Standing::Withdrawn,
            Some(Outcome::Answered(_)) => match reply(journal)? {
                Reply::Approval(approval) => Standing::Approved {
                    max_uses: approval.grant.body.max_uses,
                    not_after: approval.grant.body.not_after,
                    facts: facts(journal)?,
                },
                Reply::Denial(denial) => Standing::Denied {
                    reason: denial.reason.slug(),
                },
            },
        })
    }
}

/// The person's answer, opened.
pub(super) fn reply(journal: &Journal) -> ApiResult<Reply> {
    match &journal.entry.outcome {
        Some(Outcome::Answered(text)) => Reply::from_bytes(&journal.bytes(text)?).map_err(invalid),
        Some(Outcome::Expired) => Err(ApiError::plain(&reason::REQUEST_EXPIRED)),
        Some(Outcome::Withdrawn) => Err(ApiError::plain(&reason::REQUEST_WITHDRAWN)),
        None => Err(ApiError::plain(&reason::REQUEST_PENDING)),
    }
}

/// What the answer proved beside the document.
fn facts(journal: &Journal) -> ApiResult<Option<Facts>> {
    let read = |text: &String| {
        serde_json::from_str(text).map_err(|_| ApiError::internal("a damaged journal entry"))
    };
    journal.entry.facts.as_ref().map(read).transpose()
}

/// The handle under which the vault knows a request: the beginning of its id, so that nothing more has to be kept.
fn handle(id: &RequestId) -> bytes::Bytes {
    bytes::Bytes::copy_from_slice(&id.0.0[..16])
}

pub(super) fn invalid(error: impl std::fmt::Display) -> ApiError {
    ApiError::new(&reason::REQUEST_INVALID, error.to_string())
}
