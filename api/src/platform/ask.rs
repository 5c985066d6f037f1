//! Asking for data.
//!
//! One ask at one inbox is one request for as long as it waits: the same command again, after a kill or without one, goes on
//! with the first. So that this holds after a kill at any moment, the request's id is written down before its journal entry,
//! and the entry before anything is posted. A request that goes as a file has left only when the file is there.

use commonware_codec::Encode;
use std::fmt::Display;
use tacit_circuits::field::fr_to_bytes;
use tacit_circuits::tags::{self, tagged_sha256};
use tacit_circuits::types::{CategorySet, MemberId, Purpose, Secret, Timestamp};
use tacit_identity::presentation::{MAX_ISSUERS, ProofTerms};
use tacit_identity::request::{RequestId, SharingRequest};
use tacit_identity::schema::Schema;
use tacit_identity::signer::MemberSigner;
use tacit_ledger::member::{MAX_MEMBERS, MemberStatus, Role};
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
    /// Facts that are to be proven as well.
    pub wanted: Option<Wanted>,
}

/// Facts to be proven beside the document.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// The predicates as text.
    pub query: String,
    /// Schema of the credential; it must be registered.
    pub schema: Schema,
    /// Issuers accepted; every active issuer of the chain when empty.
    pub issuers: Vec<MemberId>,
    /// Label of the pseudonym.
    pub label: String,
    /// How old the proof may be when the request is made, in seconds.
    pub oldest: u64,
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
        let wanted = match &new.wanted {
            Some(wanted) => Some(self.terms(wanted, now).await?),
            None => None,
        };
        let request = self.request_for(new, wanted, now)?;
        match inbox {
            Some(inbox) => self.ask_at(new, request, inbox, now).await,
            None => {
                let (id, entry, link) = self.entry(request, None)?;
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
        request: SharingRequest,
        inbox: &InboxInvitation,
        now: Timestamp,
    ) -> ApiResult<Asked> {
        if inbox.chain != self.did().chain {
            return Err(ApiError::plain(&reason::CHAIN_MISMATCH));
        }
        let name = name(&request, new, inbox);
        let asking = journal::asking(&self.dir)?;
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
        drop(asking);
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

    /// The terms of the proof that is wanted, once they make sense on this chain: nobody is asked what cannot be answered.
    async fn terms(&self, wanted: &Wanted, now: Timestamp) -> ApiResult<ProofTerms> {
        let wrong =
            |error: &dyn Display| ApiError::new(&reason::PREDICATE_INVALID, error.to_string());
        let id = wanted.schema.id().map_err(ApiError::internal)?;
        let registered = self.follower.schema(&fr_to_bytes(&id.0)).await?;
        if registered.is_none() {
            return Err(ApiError::plain(&reason::SCHEMA_UNKNOWN));
        }
        let terms = ProofTerms {
            label: wanted.label.clone(),
            schema: id,
            issuers: self.issuers(&wanted.issuers).await?,
            query: wanted.query.clone(),
            oldest_anchor: Timestamp(now.0.saturating_sub(wanted.oldest)),
        };
        let query = terms.query().map_err(|error| wrong(&error))?;
        query
            .compile(&wanted.schema, now)
            .map_err(|error| wrong(&error))?;
        Ok(terms)
    }

    /// The issuers named, which must be active ones, in order; all there are when none is named.
    async fn issuers(&self, named: &[MemberId]) -> ApiResult<Vec<MemberId>> {
        let mut found = Vec::new();
        let mut named: Vec<MemberId> = named.to_vec();
        named.sort_unstable();
        named.dedup();
        // Ids are given out without gaps.
        for id in (1..=MAX_MEMBERS).map_while(|id| MemberId::new(id).ok()) {
            let Some(member) = self.follower.member(id).await? else {
                break;
            };
            if member.status == MemberStatus::Active && member.roles.has(Role::Issuer) {
                found.push(id);
            }
        }
        if let Some(other) = named.iter().find(|id| !found.contains(id)) {
            let what = format!("member {other} is no active issuer");
            return Err(ApiError::new(&reason::ROLE_MISSING, what));
        }
        let issuers = if named.is_empty() { found } else { named };
        if issuers.is_empty() || issuers.len() > MAX_ISSUERS {
            let what = format!(
                "name 1 to {MAX_ISSUERS} issuers: this chain has {}",
                issuers.len()
            );
            return Err(ApiError::bad_field("issuers", what));
        }
        Ok(issuers)
    }

    fn request_for(
        &self,
        new: &NewRequest,
        wanted: Option<ProofTerms>,
        now: Timestamp,
    ) -> ApiResult<SharingRequest> {
        let mut nonce = [0; 32];
        getrandom::fill(&mut nonce).map_err(ApiError::internal)?;
        Ok(SharingRequest {
            chain: self.did().chain,
            platform: self.id,
            purpose: new.purpose,
            categories: new.categories,
            longest_validity: new.longest_validity,
            max_uses: new.max_uses,
            wanted,
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
            facts: None,
            accesses: Vec::new(),
        };
        Ok((id, entry, signed.to_link()))
    }
}

/// Names an ask at an inbox: all of the request but what is new whenever the command runs.
fn name(request: &SharingRequest, new: &NewRequest, inbox: &InboxInvitation) -> String {
    let wanted = new.wanted.as_ref().zip(request.wanted.clone());
    let wanted = wanted.map(|(new, terms)| ProofTerms {
        oldest_anchor: Timestamp(new.oldest),
        ..terms
    });
    let ask = SharingRequest {
        wanted,
        reply_key: [0; 32],
        nonce: [0; 32],
        expires: Timestamp(new.wait),
        ..request.clone()
    };
    let address = inbox.address.as_bytes();
    tagged_sha256(tags::PLATFORM_ASK, &[address, &ask.to_bytes()]).to_string()
}
