//! The status of one credential: valid, set, or not known.

use tacit_circuits::types::Timestamp;

use super::super::credential::Credential;
use super::super::jws::IssuerKeys;
use super::token::StatusListToken;
use super::{StatusError, StatusReference};

/// How long a token that says no `ttl` counts after it was fetched, in seconds. `exp` only shortens that: until then, an old list
/// without the newest revocations could be shown again.
pub const DEFAULT_TTL_SECS: u64 = 300;

/// A status list token as it was fetched, not verified.
#[derive(Clone)]
pub struct FetchedToken {
    /// The token under the list's URI.
    pub token: String,
    /// When it was fetched.
    pub at: Timestamp,
}

/// Finds status list tokens by URI: a cache behind it, a map in tests.
pub trait StatusLists {
    /// The token under this URI; `None` when it cannot be had.
    fn token(&self, uri: &str) -> Option<FetchedToken>;
}

impl<F: Fn(&str) -> Option<FetchedToken>> StatusLists for F {
    fn token(&self, uri: &str) -> Option<FetchedToken> {
        self(uri)
    }
}

/// What a status other than valid means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum StatusKind {
    /// 1: revoked, for good.
    Invalid,
    /// 2: suspended, for some time.
    Suspended,
    /// 3, and 12 to 15: the issuer says elsewhere what it means.
    Application,
    /// Any other: not defined yet.
    Other,
}

/// What is known of a credential's status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The list is fresh and by the issuer, and the entry is 0.
    Valid,
    /// The list is fresh and by the issuer, and the entry is something else.
    Set {
        /// The entry.
        value: u8,
        /// What it means.
        kind: StatusKind,
    },
    /// Nothing can be said. Never the same as valid, never the same as set.
    Unknown(Unknown),
}

/// Why a status is not known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unknown {
    /// The credential's reference is malformed or of another kind.
    #[error("the credential's status is not understood: {0}")]
    Reference(StatusError),
    /// The list cannot be had.
    #[error("the status list cannot be had")]
    Missing,
    /// The list is older than its time to live, expired, or from the future.
    #[error("the status list is stale")]
    Stale,
    /// The list is malformed, or its signature does not verify.
    #[error("the status list does not verify: {0}")]
    Unverifiable(StatusError),
    /// The list names another issuer than the credential's.
    #[error("the status list is by another issuer than the credential")]
    OtherIssuer,
    /// The token under the URI says that it is another list.
    #[error("the status list is another than the credential names")]
    OtherList,
    /// The list ends before the entry.
    #[error("the status list has no such entry")]
    Range,
}

/// Looks up the status of a credential that has verified; `None` when it has no `status`. The list must be signed by a key of the
/// credential's issuer.
pub fn check(
    credential: &Credential,
    lists: &dyn StatusLists,
    keys: &dyn IssuerKeys,
    now: Timestamp,
    leeway_secs: u64,
) -> Option<Outcome> {
    let reference = match StatusReference::parse(credential.status()?) {
        Ok(reference) => reference,
        Err(error) => return Some(Outcome::Unknown(Unknown::Reference(error))),
    };
    let found = look_up(
        &reference,
        credential.issuer(),
        lists,
        keys,
        now,
        leeway_secs,
    );
    Some(match found {
        Ok(0) => Outcome::Valid,
        Ok(value) => Outcome::Set {
            value,
            kind: match value {
                1 => StatusKind::Invalid,
                2 => StatusKind::Suspended,
                3 | 12..=15 => StatusKind::Application,
                _ => StatusKind::Other,
            },
        },
        Err(unknown) => Outcome::Unknown(unknown),
    })
}

fn look_up(
    reference: &StatusReference,
    issuer: Option<&str>,
    lists: &dyn StatusLists,
    keys: &dyn IssuerKeys,
    now: Timestamp,
    leeway_secs: u64,
) -> Result<u8, Unknown> {
    let fetched = lists.token(&reference.uri).ok_or(Unknown::Missing)?;
    let (token, jws) = StatusListToken::parse(&fetched.token).map_err(Unknown::Unverifiable)?;
    if token.issuer.is_some() && token.issuer.as_deref() != issuer {
        return Err(Unknown::OtherIssuer);
    }
    jws.find_key(issuer, keys)
        .and_then(|key| jws.verify(&key))
        .map_err(|error| Unknown::Unverifiable(error.into()))?;
    if token.uri != reference.uri {
        return Err(Unknown::OtherList);
    }
    let past = |time: u64| time.saturating_add(leeway_secs) <= now.0;
    let ttl = token.ttl_secs.unwrap_or(DEFAULT_TTL_SECS);
    let future = |time: Timestamp| time.0 > now.0.saturating_add(leeway_secs);
    if future(token.issued_at)
        || token.not_before.is_some_and(future)
        || token.expires.is_some_and(|t| past(t.0))
        || fetched.at.0.saturating_add(ttl) < now.0
    {
        return Err(Unknown::Stale);
    }
    token.list.get(reference.index).ok_or(Unknown::Range)
}
