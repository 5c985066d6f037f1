//! What became of a credential: valid, set, or not known.

use std::collections::BTreeMap;

use serde_json::Value;
use tacit_circuits::types::Timestamp;

use super::list::Content;
use super::{Entry, StatusError};
use crate::context::Contexts;
use crate::integrity::MethodResolver;
use crate::model::{Credential, ModelError, verify_parsed};

/// A status list as it was fetched, not verified.
#[derive(Clone)]
pub struct FetchedList {
    /// The document under the list's URL.
    pub document: Value,
    /// When it was fetched.
    pub at: Timestamp,
}

/// Finds status lists by URL: a cache behind it, a map in tests.
pub trait Lists {
    /// The list under this URL; `None` when it cannot be had.
    fn list(&self, url: &str) -> Option<FetchedList>;
}

impl<F: Fn(&str) -> Option<FetchedList>> Lists for F {
    fn list(&self, url: &str) -> Option<FetchedList> {
        self(url)
    }
}

/// What is known of one status of a credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The list is fresh and by the issuer, and the entry is clear.
    Valid,
    /// The list is fresh and by the issuer, and the entry is not clear.
    Set {
        /// The entry's value: 1 for a bit.
        value: u8,
        /// What it says, when the credential says so.
        message: Option<String>,
    },
    /// Nothing can be said. Never the same as valid, never the same as set.
    Unknown(Unknown),
}

/// Why a status is not known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unknown {
    /// The credential's entry is malformed or of another type.
    #[error("the credential's status entry is not understood: {0}")]
    Entry(StatusError),
    /// The list cannot be had.
    #[error("the status list cannot be had")]
    Missing,
    /// The list is older than its time to live, or its validity is over or has not begun.
    #[error("the status list is stale")]
    Stale,
    /// The list does not verify.
    #[error("the status list does not verify: {0}")]
    Unverifiable(ModelError),
    /// The list is signed by somebody else than the credential's issuer.
    #[error("the status list is by another issuer than the credential")]
    OtherIssuer,
    /// The document under the URL says that it is another list.
    #[error("the status list has another id than the credential names")]
    OtherList,
    /// The list is for other purposes.
    #[error("the status list is for another purpose")]
    Purpose,
    /// The document is no status list, or its list is malformed.
    #[error("the status list is malformed: {0}")]
    List(StatusError),
    /// The list ends before the entry.
    #[error("the status list has no such entry")]
    Range,
}

impl Unknown {
    /// The stable reason code.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Entry(error) | Self::List(error) => error.reason(),
            Self::Missing => "STATUS_LIST_MISSING",
            Self::Stale => "STATUS_LIST_STALE",
            Self::Unverifiable(_) => "STATUS_LIST_UNVERIFIABLE",
            Self::OtherIssuer => "STATUS_LIST_OTHER_ISSUER",
            Self::OtherList => "STATUS_LIST_OTHER",
            Self::Purpose => "STATUS_LIST_PURPOSE",
            Self::Range => "STATUS_LIST_RANGE",
        }
    }
}

/// The status of one purpose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// What a set entry means; empty when the entry is not understood.
    pub purpose: String,
    /// What is known.
    pub outcome: Outcome,
}

/// Looks up every `credentialStatus` of a credential that has verified; none gives none.
pub fn check(
    credential: &Credential,
    lists: &dyn Lists,
    now: Timestamp,
    resolver: &dyn MethodResolver,
    contexts: &Contexts,
) -> Vec<Status> {
    // Each list is verified once, however many entries name it.
    let mut verified = BTreeMap::new();
    let mut one = |status: &Value| match Entry::parse(status) {
        Err(error) => Status {
            purpose: String::new(),
            outcome: Outcome::Unknown(Unknown::Entry(error)),
        },
        Ok(entry) => {
            let fetched = || lists.list(&entry.list).ok_or(Unknown::Missing);
            let list = verified.entry(entry.list.clone()).or_insert_with(|| {
                fetched()
                    .and_then(|list| verify(list, credential.issuer(), now, resolver, contexts))
            });
            let outcome = list.as_ref().map_err(Clone::clone);
            Status {
                outcome: outcome
                    .and_then(|list| look_up(&entry, list, now))
                    .unwrap_or_else(Outcome::Unknown),
                purpose: entry.purpose,
            }
        }
    };
    credential.status().iter().map(&mut one).collect()
}

/// A list that its issuer signed.
struct VerifiedList {
    credential: Credential,
    fetched_at: Timestamp,
}

fn verify(
    fetched: FetchedList,
    issuer: &str,
    now: Timestamp,
    resolver: &dyn MethodResolver,
    contexts: &Contexts,
) -> Result<VerifiedList, Unknown> {
    // What others signed is not worth the work.
    let parsed = Credential::parse(fetched.document, contexts).map_err(Unknown::Unverifiable)?;
    if parsed.issuer() != issuer {
        return Err(Unknown::OtherIssuer);
    }
    let verified = verify_parsed(parsed, now, resolver, contexts).map_err(|error| match error {
        ModelError::NotYetValid | ModelError::NoLongerValid => Unknown::Stale,
        other => Unknown::Unverifiable(other),
    })?;
    Ok(VerifiedList {
        credential: verified.credential,
        fetched_at: fetched.at,
    })
}

fn look_up(entry: &Entry, list: &VerifiedList, now: Timestamp) -> Result<Outcome, Unknown> {
    if list.credential.id().is_some_and(|id| id != entry.list) {
        return Err(Unknown::OtherList);
    }
    let content = Content::parse(&list.credential).map_err(Unknown::List)?;
    let age_millis = now.0.saturating_sub(list.fetched_at.0).saturating_mul(1000);
    if age_millis > content.ttl_millis {
        return Err(Unknown::Stale);
    }
    if !content.purposes.contains(&entry.purpose) {
        return Err(Unknown::Purpose);
    }
    let bits = content.bits(entry.size).map_err(Unknown::List)?;
    let value = bits.get(entry.index).ok_or(Unknown::Range)?;
    if value == 0 {
        return Ok(Outcome::Valid);
    }
    let message = entry.messages.iter().find(|message| message.value == value);
    Ok(Outcome::Set {
        value,
        message: message.map(|message| message.text.clone()),
    })
}
