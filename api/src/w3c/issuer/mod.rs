//! Issuing in an issuer's name: credentials, presentations, status entries and status lists.
//!
//! | module | what it does |
//! | --- | --- |
//! | `sd_jwt` | SD-JWT VCs |
//! | `entries` | status entries of credentials, set and cleared |
//! | `lists` | the lists in which they stand, signed |
//! | `chain` | the issuer as a member of a chain |

mod chain;
mod entries;
mod lists;
mod sd_jwt;

use serde_json::Value;
use std::path::Path;
use std::sync::Arc;
use tacit_circuits::types::{MemberId, Secret, Timestamp};
use tacit_identity::datetime::DateTime;
use tacit_identity::did::MemberDid;
use tacit_ledger::member::Role;
use tacit_w3c::context::Contexts;
use tacit_w3c::integrity::{ProofOptions, Purpose as ProofPurpose};
use tacit_w3c::model::{self, Credential};
use tacit_w3c::status::Entry;

pub use lists::ListName;

use self::chain::Chain;
use self::lists::Cache;
use super::identity::{DidChoice, Identity};
use super::options::IssueOptions;
use super::problem::Outcome;
use super::status::Suspensions;
use crate::errors::{ApiError, ApiResult, catalogue as reason};
use crate::follower::Follower;
use crate::member::{self, Secrets};
use crate::net::NetDir;

/// An issuer: its key under one DID, its status lists, and its place on the chain when it has one.
pub struct Issuer {
    identity: Identity,
    chain: Option<Chain>,
    suspensions: Suspensions,
    /// The URL under which lists are served, without a slash at its end.
    base: String,
    bitstrings: Cache<Value>,
    tokens: Cache<String>,
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
            bitstrings: Cache::default(),
            tokens: Cache::default(),
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
    /// [`Problem`](crate::w3c::problem::Problem) with the rule that it breaks.
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
    /// [`Problem`](crate::w3c::problem::Problem) with the rule that the document breaks.
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
    /// [`Problem`](crate::w3c::problem::Problem) with the rule that the document breaks.
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
}
