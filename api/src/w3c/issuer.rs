//! Issuing in an issuer's name: credentials, presentations, status entries and status lists.

use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use tacit_circuits::field::{Fr, digest_to_fr};
use tacit_circuits::types::{
    Body, Digest32, EndTag, HolderKey, MemberId, Position, Secret, Timestamp,
};
use tacit_identity::datetime::DateTime;
use tacit_identity::did::MemberDid;
use tacit_ledger::action::end::EndRight;
use tacit_ledger::action::{Action, End, Issue};
use tacit_ledger::codec::decode_slice;
use tacit_ledger::keys;
use tacit_ledger::member::Role;
use tacit_ledger::outcome::Outcome as LedgerOutcome;
use tacit_ledger::state::Counters;
use tacit_ledger::tx::Tx;
use tacit_w3c::context::Contexts;
use tacit_w3c::integrity::{ProofOptions, Purpose as ProofPurpose, Suite};
use tacit_w3c::model::{self, Credential};
use tacit_w3c::status::{Bitstring, Entry, List};
use tokio::sync::Mutex;

use super::identity::{DidChoice, Identity};
use super::options::{IssueOptions, Purpose};
use super::problem::{Outcome, Problem};
use super::status::{self, Suspensions, Update};
use crate::clock;
use crate::errors::{ApiError, ApiResult, catalogue as reason};
use crate::follower::Follower;
use crate::member::{self, Secrets};
use crate::net::NetDir;
use crate::submit::{self, Submitted};

/// How long a verifier may keep a status list.
const TTL_MILLIS: u64 = 60_000;

/// How long a status list is valid; it is signed afresh long before.
const VALID_SECS: u64 = 3600;

/// After how many seconds a status list is signed afresh, changed or not.
const RENEW_SECS: u64 = 60;

/// Most signed lists that are kept.
const MAX_KEPT: usize = 64;

/// An issuer: its key under one DID, its status lists, and its place on the chain when it has one.
pub struct Issuer {
    identity: Identity,
    chain: Option<Chain>,
    suspensions: Suspensions,
    /// The URL under which lists are served, without a slash at its end.
    base: String,
    kept: Mutex<BTreeMap<(Purpose, u32), Kept>>,
}

/// The issuer as a member of a chain.
struct Chain {
    follower: Arc<Follower>,
    member: MemberId,
    secrets: Secrets,
}

/// A signed list and what it was made from.
struct Kept {
    version: u64,
    made: u64,
    document: Arc<Value>,
}

impl Issuer {
    /// Opens an issuer's folder. With a net folder it connects to the chain, which `did:tacit` and revocation need.
    ///
    /// # Errors
    /// When the folder does not open, or the issuer is not registered on the chain.
    pub async fn open(
        dir: &Path,
        mut secrets: Secrets,
        net: Option<&NetDir>,
        did: &DidChoice,
        base: &str,
    ) -> ApiResult<Self> {
        let mut chain = None;
        if let Some(net) = net {
            let (follower, record) = member::connect(dir, net, &mut secrets, Role::Issuer).await?;
            chain = Some((Arc::new(follower), record.id));
        }
        let member = chain.as_ref().map(|(follower, member)| MemberDid {
            chain: follower.spec().id().0,
            member: *member,
        });
        let identity = Identity::new(did, &Secret::new(secrets.signing().to_bytes()), member)?;
        Ok(Self {
            identity,
            chain: chain.map(|(follower, member)| Chain {
                follower,
                member,
                secrets,
            }),
            suspensions: Suspensions::of(dir),
            base: base.trim_end_matches('/').to_owned(),
            kept: Mutex::default(),
        })
    }

    /// Under which DID it signs.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// The light client, when the issuer is connected to a chain.
    pub fn follower(&self) -> Option<&Arc<Follower>> {
        self.chain.as_ref().map(|chain| &chain.follower)
    }

    /// The member, when the issuer is connected to a chain.
    pub fn member(&self) -> Option<MemberId> {
        self.chain.as_ref().map(|chain| chain.member)
    }

    fn chain(&self) -> ApiResult<&Chain> {
        let missing = "revocation stands on the chain: the issuer needs --net";
        let missing = || ApiError::new(&reason::ISSUING_NOT_HERE, missing);
        self.chain.as_ref().ok_or_else(missing)
    }

    /// The document with this issuer's DID where it names none.
    pub fn named(&self, mut document: Value) -> Value {
        if let Some(members) = document.as_object_mut() {
            let did = || Value::from(self.identity.did());
            match members.get_mut("issuer") {
                None => drop(members.insert("issuer".to_owned(), did())),
                Some(Value::Object(issuer)) => drop(issuer.entry("id").or_insert_with(did)),
                Some(_) => {}
            }
        }
        document
    }

    /// Checks that a document keeps the rules of a credential, its status entries those of status lists, before anything is
    /// spent on it.
    ///
    /// # Errors
    /// [`Problem`] with the rule that it breaks.
    pub fn check(document: Value, contexts: &Contexts) -> Outcome<Value> {
        let credential = Credential::parse(document, contexts)?;
        for entry in credential.status() {
            match Entry::parse(entry) {
                Ok(_) | Err(tacit_w3c::status::StatusError::OtherType) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(credential.document().clone())
    }

    /// Signs a credential.
    ///
    /// # Errors
    /// [`Problem`] with the rule that the document breaks.
    pub fn sign(
        &self,
        document: Value,
        options: &IssueOptions,
        now: Timestamp,
        contexts: &Contexts,
    ) -> Outcome<Value> {
        let proof = self.proof(options, ProofPurpose::AssertionMethod, now)?;
        Ok(model::issue_credential(
            document,
            &proof,
            &self.identity,
            contexts,
        )?)
    }

    /// Signs a presentation, with this issuer's DID as holder where it names none.
    ///
    /// # Errors
    /// [`Problem`] with the rule that the document breaks.
    pub fn present(
        &self,
        mut document: Value,
        options: &IssueOptions,
        now: Timestamp,
        contexts: &Contexts,
    ) -> Outcome<Value> {
        if let Some(members) = document.as_object_mut() {
            let did = || Value::from(self.identity.did());
            members.entry("holder").or_insert_with(did);
        }
        let proof = self.proof(options, ProofPurpose::Authentication, now)?;
        Ok(model::present(document, &proof, &self.identity, contexts)?)
    }

    fn proof(
        &self,
        options: &IssueOptions,
        purpose: ProofPurpose,
        now: Timestamp,
    ) -> ApiResult<ProofOptions> {
        let now = DateTime::try_from(now).map_err(ApiError::internal)?;
        let mut proof = ProofOptions::new(options.suite, purpose, options.created.unwrap_or(now));
        proof.expires = options.expires;
        proof.challenge.clone_from(&options.challenge);
        proof.domain.clone_from(&options.domain);
        proof.id.clone_from(&options.proof_id);
        proof.previous.clone_from(&options.previous);
        Ok(proof)
    }

    /// Gives a credential its status entries: for revocation a leaf of its own on the ledger, for suspension the next number.
    ///
    /// # Errors
    /// When the chain or the folder cannot be written.
    pub async fn add_status(&self, document: &mut Value, purposes: &[Purpose]) -> Outcome<()> {
        let mut entries = match document.get("credentialStatus") {
            None => Vec::new(),
            Some(Value::Array(entries)) => entries.clone(),
            Some(one) => vec![one.clone()],
        };
        for purpose in purposes {
            let number = match purpose {
                Purpose::Revocation => u64::from(self.reserve().await?.0),
                Purpose::Suspension => self.suspensions.reserve()?,
            };
            let (list, index) = status::place(number);
            let url = self.list_url(purpose.name(), &list.to_string());
            entries.push(Entry::bit(purpose.name(), &url, index).to_json());
        }
        document["credentialStatus"] = match <[Value; 1]>::try_from(entries) {
            Ok([one]) => one,
            Err(many) => many.into(),
        };
        Ok(())
    }

    /// A leaf that says nothing, so that its bit can be the credential's: key, body and tag are random, and nobody has what
    /// would prove anything from it or end it but its controller, the issuer.
    async fn reserve(&self) -> ApiResult<Position> {
        let issue = Issue {
            holder_key: HolderKey(random()?),
            body: Body(random()?),
            end_tag: EndTag(random()?),
        };
        match self.chain()?.submit(issue.into()).await?.outcome {
            LedgerOutcome::Leaf { position, .. } => Ok(position),
            _ => Err(ApiError::plain(&reason::PROOF_OF_SERVER_INVALID)),
        }
    }

    /// Sets or clears a status. A revocation returns when an anchor says it, so that the list does too.
    ///
    /// # Errors
    /// [`Problem`]: the entry is in no list of this issuer, or a revocation is to be taken back.
    pub async fn set_status(&self, update: &Update) -> Outcome<()> {
        let foreign = || Problem::new(&reason::STATUS_FOREIGN, reason::STATUS_FOREIGN.meaning);
        let (purpose, list) = self.list_of(&update.list).ok_or_else(foreign)?;
        if purpose.name() != update.purpose {
            return Err(foreign());
        }
        let number = status::number(list, update.index).ok_or_else(foreign)?;
        match purpose {
            Purpose::Suspension => Ok(self.suspensions.set(number, update.value)?),
            Purpose::Revocation if !update.value => {
                Err(ApiError::plain(&reason::STATUS_FINAL).into())
            }
            Purpose::Revocation => {
                let position = u32::try_from(number).map_err(|_| foreign())?;
                let end = End {
                    position: Position(position),
                    right: EndRight::Controller,
                };
                let chain = self.chain()?;
                let submitted = chain.submit(end.into()).await?;
                chain.follower.anchored(submitted.height).await?;
                Ok(())
            }
        }
    }

    /// The URL of a list.
    pub fn list_url(&self, purpose: &str, number: &str) -> String {
        format!("{}/status/{purpose}/{number}", self.base)
    }

    /// Which of this issuer's lists a URL names, in its one form.
    pub fn list_of(&self, url: &str) -> Option<(Purpose, u32)> {
        let rest = url.strip_prefix(&self.base)?.strip_prefix("/status/")?;
        let (purpose, number) = rest.split_once('/')?;
        let list: u32 = number.parse().ok()?;
        let one_form = list.to_string() == number && list < status::MAX_LISTS;
        one_form.then_some((Purpose::from_name(purpose)?, list))
    }

    /// A list as it stands now, signed: revocations as of the newest anchor, suspensions as of the folder.
    ///
    /// # Errors
    /// [`Problem`]: there is no such list, or the chain cannot be read.
    pub async fn list(
        &self,
        purpose: Purpose,
        number: u32,
        contexts: &Contexts,
    ) -> Outcome<Arc<Value>> {
        let missing = || Problem::new(&reason::NOT_FOUND, "there is no such status list");
        // One at a time: many readers of a list that has to be made wait for the one who makes it.
        let mut kept = self.kept.lock().await;
        let now = clock::unix_seconds();
        let fresh = |version| {
            kept.get(&(purpose, number))
                .filter(|kept| kept.version == version && now < kept.made + RENEW_SECS)
                .map(|kept| Arc::clone(&kept.document))
        };
        let (version, bits) = match purpose {
            Purpose::Suspension => {
                let state = self.suspensions.read()?;
                if let Some(document) = fresh(state.version()) {
                    return Ok(document);
                }
                let bits = state.list(number).ok_or_else(missing)?;
                (state.version(), bits)
            }
            Purpose::Revocation => {
                let chain = self.chain().map_err(|_| missing())?;
                let anchor = chain.follower.anchor().await?;
                if let Some(document) = fresh(anchor.height) {
                    return Ok(document);
                }
                // Lists that nothing can stand in yet are not made for whoever asks.
                if !chain.reaches(number).await? {
                    return Err(missing());
                }
                let shard = chain
                    .follower
                    .ended_shard(&anchor, status::shard(number))
                    .await?;
                let ended = status::positions(number).map(|position| {
                    // Every position of the range is in the shard.
                    shard.is_ended(position).unwrap_or(true)
                });
                (anchor.height, Bitstring::of_bits(ended)?)
            }
        };
        let document = Arc::new(self.sign_list(purpose, number, bits, now, contexts)?);
        while kept.len() >= MAX_KEPT {
            kept.pop_first();
        }
        let entry = Kept {
            version,
            made: now,
            document: Arc::clone(&document),
        };
        kept.insert((purpose, number), entry);
        Ok(document)
    }

    fn sign_list(
        &self,
        purpose: Purpose,
        number: u32,
        bits: Bitstring,
        now: u64,
        contexts: &Contexts,
    ) -> Outcome<Value> {
        let time = |secs| DateTime::try_from(Timestamp(secs)).map_err(ApiError::internal);
        let list = List {
            id: self.list_url(purpose.name(), &number.to_string()),
            issuer: self.identity.did().to_owned(),
            purpose: purpose.name().to_owned(),
            bits,
            valid_from: time(now)?,
            valid_until: time(now.saturating_add(VALID_SECS))?,
            ttl_millis: TTL_MILLIS,
        };
        let options = IssueOptions {
            suite: Suite::EddsaRdfc2022,
            ..IssueOptions::default()
        };
        self.sign(list.document()?, &options, Timestamp(now), contexts)
    }

    /// The issuer for people: DID, key and where things are served.
    pub fn summary(&self) -> Value {
        json!({ "issuer": self.identity.did(), "url": self.base })
    }
}

impl Chain {
    /// Whether the ledger has a leaf in the range of a revocation list.
    async fn reaches(&self, list: u32) -> ApiResult<bool> {
        let counters = self.follower.state(&keys::counters()).await?.value;
        let counters = counters.ok_or_else(|| ApiError::plain(&reason::PROOF_OF_SERVER_INVALID))?;
        let counters: Counters = decode_slice(&counters).map_err(ApiError::internal)?;
        Ok(status::number(list, 0).is_some_and(|first| first < counters.leaves))
    }

    async fn submit(&self, action: Action) -> ApiResult<Submitted> {
        let chain = self.follower.spec().id();
        let id = submit::request_id(&chain, &action);
        let tx = Tx::signed_by_member(&chain, id, action, self.member, &self.secrets.signing());
        submit::submit(self.follower.connection(), &tx, None).await
    }
}

fn random() -> ApiResult<Fr> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(ApiError::internal)?;
    Ok(digest_to_fr(&Digest32(bytes)))
}
