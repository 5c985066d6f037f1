//! Asking for data.
//!
//! One ask at one inbox is one request for as long as it waits: the same command again, after a kill or without one, goes on
//! with the first. So that this holds after a kill at any moment, the request's id is written down before its journal entry,
//! and the entry before anything is posted. A request that goes as a file has left only when the file is there.

use commonware_codec::Encode;
use tacit_circuits::tags::{self, tagged_sha256};
use tacit_circuits::types::{CategorySet, Purpose, Secret, Timestamp};
use tacit_identity::request::{RequestId, SharingRequest};
use tacit_identity::signer::MemberSigner;
use tacit_wallet::inbox::InboxInvitation;

use super::Platform;
use super::journal::{self, Entry, Journal};
use super::requests::invalid;
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
    /// Whether it was made before, and is still open.
    pub made_before: bool,
}

impl Platform {
    /// Makes a request: posted to an inbox, or as a link. While the same ask is open at the same inbox, it is that request.
    ///
    /// # Errors
    /// When the request is not acceptable, or the vault does not answer: the same call again goes on.
    pub async fn ask(&self, new: &NewRequest, inbox: Option<&InboxInvitation>) -> ApiResult<Asked> {
        let now = self.follower.sync().await?.header().time.timestamp();
        match inbox {
            Some(inbox) => self.ask_at(new, inbox, now).await,
            None => {
                let (id, entry, link) = self.entry(self.request_for(new, now)?, None)?;
                Journal::create(&self.dir, &id, &self.secrets, entry)?;
                Ok(Asked {
                    id,
                    link: Some(link),
                    made_before: false,
                })
            }
        }
    }

    async fn ask_at(
        &self,
        new: &NewRequest,
        inbox: &InboxInvitation,
        now: Timestamp,
    ) -> ApiResult<Asked> {
        if inbox.chain != self.did().chain {
            return Err(ApiError::plain(&reason::CHAIN_MISMATCH));
        }
        let request = self.request_for(new, now)?;
        let name = name(&request, new, inbox);
        let open = match journal::asked(&self.dir, &name)? {
            Some(id) => self.still_open(&id, now)?.map(|journal| (id, journal)),
            None => None,
        };
        let made_before = open.is_some();
        let (id, mut journal) = match open {
            Some(open) => open,
            None => {
                let (id, entry, _) = self.entry(request, Some(inbox))?;
                journal::note_asked(&self.dir, &name, &id)?;
                (id, Journal::create(&self.dir, &id, &self.secrets, entry)?)
            }
        };
        self.post(&mut journal, &id).await?;
        Ok(Asked {
            id,
            link: None,
            made_before,
        })
    }

    /// The journal of a request that has no end yet; `None` when it has, or was never written down.
    fn still_open(&self, id: &RequestId, now: Timestamp) -> ApiResult<Option<Journal>> {
        let journal = match Journal::open(&self.dir, id, &self.secrets) {
            Ok(journal) => journal,
            Err(error) if error.code() == reason::FILE_MISSING.code => return Ok(None),
            Err(error) => return Err(error),
        };
        let open = journal.entry.outcome.is_none() && now < self.request(&journal)?.expires;
        Ok(open.then_some(journal))
    }

    fn request_for(&self, new: &NewRequest, now: Timestamp) -> ApiResult<SharingRequest> {
        let mut nonce = [0; 32];
        getrandom::fill(&mut nonce).map_err(ApiError::internal)?;
        Ok(SharingRequest {
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
        })
    }

    /// Signs a request, and seals it when there is an inbox: its id, its journal entry and its link.
    fn entry(
        &self,
        request: SharingRequest,
        inbox: Option<&InboxInvitation>,
    ) -> ApiResult<(RequestId, Entry, String)> {
        let id = request.id();
        let signer = MemberSigner::new(self.did(), &Secret::new(self.secrets.signing().to_bytes()));
        let signed = signer.sign_sharing_request(request).map_err(invalid)?;
        let sealed = match inbox {
            Some(inbox) => {
                let sealed = inbox.seal(&signed, &mut rand::rng())?;
                Some((
                    hex::encode(inbox.address.as_bytes()),
                    hex::encode(sealed.encode()),
                ))
            }
            None => None,
        };
        let entry = Entry {
            request: hex::encode(signed.to_bytes()),
            inbox: sealed,
            posted: false,
            outcome: None,
            accesses: Vec::new(),
        };
        Ok((id, entry, signed.to_link()))
    }
}

/// Names an ask at an inbox: all of the request but what is new whenever the command runs.
fn name(request: &SharingRequest, new: &NewRequest, inbox: &InboxInvitation) -> String {
    let ask = SharingRequest {
        reply_key: [0; 32],
        nonce: [0; 32],
        expires: Timestamp(new.wait),
        ..request.clone()
    };
    let address = inbox.address.as_bytes();
    tagged_sha256(tags::PLATFORM_ASK, &[address, &ask.to_bytes()]).to_string()
}
