//! Asking, waiting, taking back.

use commonware_codec::{DecodeExt, Encode};
use tacit_circuits::types::{CategorySet, Purpose, Secret, Timestamp};
use tacit_identity::request::{Reply, RequestId, SharingRequest, SignedSharingRequest};
use tacit_identity::signer::MemberSigner;
use tacit_proto::v1;
use tacit_vault::envelope::SealedMessage;
use tacit_wallet::inbox::{InboxInvitation, open_reply};

use super::Platform;
use super::journal::{Entry, Journal, Outcome};
use crate::errors::{ApiError, ApiResult, catalogue as reason};

/// What to ask for.
#[derive(Clone, Debug)]
pub struct NewRequest {
    /// What for.
    pub purpose: Purpose,
    /// What the data is about.
    pub categories: CategorySet,
    /// For how long at most, in seconds.
    pub longest_validity: u64,
    /// How often at most.
    pub max_uses: u16,
    /// For how long an answer is awaited, in seconds.
    pub wait: u64,
}

/// A request that was made.
#[derive(Debug)]
pub struct Asked {
    /// Its id.
    pub id: RequestId,
    /// The link to hand over, when it goes as a file.
    pub link: Option<String>,
}

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

impl Platform {
    /// Makes a request: posted to an inbox, or as a link.
    ///
    /// # Errors
    /// When the request is not acceptable, or the vault does not answer; then `watch` posts it.
    pub async fn ask(&self, new: &NewRequest, inbox: Option<&InboxInvitation>) -> ApiResult<Asked> {
        let now = self.follower.sync().await?.header().time.timestamp();
        let mut nonce = [0; 32];
        getrandom::fill(&mut nonce).map_err(ApiError::internal)?;
        let request = SharingRequest {
            chain: self.did().chain,
            platform: self.record.id,
            purpose: new.purpose,
            categories: new.categories,
            longest_validity: new.longest_validity,
            max_uses: new.max_uses,
            wanted: None,
            reply_key: *self.secrets.hpke().public_key().as_bytes(),
            nonce,
            expires: now.saturating_add(new.wait),
        };
        let id = request.id();
        let signer = MemberSigner::new(self.did(), &Secret::new(self.secrets.signing().to_bytes()));
        let signed = signer.sign_sharing_request(request).map_err(invalid)?;
        let sealed = match inbox {
            Some(inbox) if inbox.chain != self.did().chain => {
                return Err(ApiError::plain(&reason::CHAIN_MISMATCH));
            }
            Some(inbox) => {
                let sealed = inbox.seal(&signed, &mut rand::rng())?;
                Some((
                    hex::encode(inbox.address.as_bytes()),
                    hex::encode(sealed.encode()),
                ))
            }
            None => None,
        };
        let link = inbox.is_none().then(|| signed.to_link());
        let entry = Entry {
            request: hex::encode(signed.to_bytes()),
            inbox: sealed,
            posted: false,
            outcome: None,
            accesses: Vec::new(),
        };
        let mut journal = Journal::create(&self.dir, &id, &self.secrets, entry)?;
        self.post(&mut journal, &id).await?;
        Ok(Asked { id, link })
    }

    /// Posts a request that the vault does not have yet. The same bytes again change nothing there.
    async fn post(&self, journal: &mut Journal, id: &RequestId) -> ApiResult<()> {
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
            self.watch(&mut journal, id, wait).await?;
        }
        self.told(&journal)
    }

    /// Follows the vault's word on a request until it has ended, or only takes its first word.
    async fn watch(&self, journal: &mut Journal, id: &RequestId, wait: bool) -> ApiResult<()> {
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
            let outcome = match state.state() {
                v1::RequestState::Answered => {
                    let sealed = SealedMessage::decode(state.sealed_reply)
                        .map_err(|_| ApiError::plain(&reason::ANSWER_INVALID))?;
                    let reply = open_reply(&sealed, &self.secrets.hpke(), *id)?;
                    self.accept(journal, &reply)?;
                    Some(Outcome::Answered(hex::encode(reply.to_bytes())))
                }
                v1::RequestState::Expired => Some(Outcome::Expired),
                v1::RequestState::Withdrawn => Some(Outcome::Withdrawn),
                v1::RequestState::Pending | v1::RequestState::Unspecified => None,
            };
            if outcome.is_some() {
                journal.entry.outcome = outcome;
                return journal.save();
            }
            if !wait {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Takes in the answer to a request that went as a file.
    ///
    /// # Errors
    /// When it does not open or does not fit the request.
    pub fn take_answer(&self, id: &RequestId, sealed: &[u8]) -> ApiResult<Standing> {
        let mut journal = Journal::open(&self.dir, id, &self.secrets)?;
        let sealed = SealedMessage::decode(bytes::Bytes::copy_from_slice(sealed))
            .map_err(|_| ApiError::plain(&reason::ANSWER_INVALID))?;
        let reply = open_reply(&sealed, &self.secrets.hpke(), *id)?;
        self.accept(&journal, &reply)?;
        journal.entry.outcome = Some(Outcome::Answered(hex::encode(reply.to_bytes())));
        journal.save()?;
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

    /// Checks an answer against the request.
    fn accept(&self, journal: &Journal, reply: &Reply) -> ApiResult<()> {
        match reply {
            Reply::Approval(approval) => approval
                .check(&self.request(journal)?)
                .map_err(|error| ApiError::new(&reason::ANSWER_INVALID, error.to_string())),
            Reply::Denial(_) => Ok(()),
        }
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

/// The handle under which the vault knows a request: the beginning of its id, so that nothing more has to be kept.
fn handle(id: &RequestId) -> bytes::Bytes {
    bytes::Bytes::copy_from_slice(&id.0.0[..16])
}

fn invalid(error: impl std::fmt::Display) -> ApiError {
    ApiError::new(&reason::REQUEST_INVALID, error.to_string())
}
