//! Files of other people's web servers: documents of `did:web`, logs of `did:webvh`, status lists. Fetched over https, from hosts that
//! the operator has listed and from no other.
//!
//! | file | what it holds |
//! | --- | --- |
//! | `config` | the operator's file |
//! | `address` | which addresses may be connected to |
//! | `exchange` | one request, one answer |
//! | `cache` | what was fetched a moment ago, and who waits for the same |
//!
//! What is asked of a host costs only that host's places: one that is slow holds up nobody who asks another.

mod address;
mod cache;
mod config;
mod exchange;

#[cfg(test)]
mod tests;

use bytes::Bytes;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};
use tacit_circuits::types::Timestamp;
use tacit_identity::did::{MAX_DOCUMENT_BYTES, MAX_LOG_BYTES, MAX_WITNESS_BYTES};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::clock;
use crate::errors::{ApiError, ApiResult, catalogue as reason};
use crate::w3c::lists::{FoundList, ListKind, ListSource};
use cache::Cache;
use exchange::{Fault, Server};

/// Connections to one host at the same time.
const MAX_PER_HOST: usize = 8;

/// Longest that one file may take, from the name's look-up to the last byte.
const FETCH_TIMEOUT: Duration = Duration::from_secs(10);

/// Longest that a caller waits, for places too.
const WAIT_TIMEOUT: Duration = Duration::from_secs(20);

/// Longest URL, in bytes.
const MAX_URL: usize = 2048;

/// What a file is: it decides how long it may be and how old.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A DID document.
    Document,
    /// The log of a `did:webvh`.
    Log,
    /// Proofs of the witnesses of a `did:webvh`.
    Witnesses,
    /// A status list.
    List(ListKind),
}

impl Kind {
    /// Longest file that is read, in bytes.
    pub fn max_bytes(self) -> usize {
        match self {
            Self::Document => MAX_DOCUMENT_BYTES,
            Self::Log => MAX_LOG_BYTES,
            Self::Witnesses => MAX_WITNESS_BYTES,
            Self::List(kind) => kind.max_bytes(),
        }
    }

    /// How old what was fetched may be. Statuses change more often than keys.
    fn max_age(self) -> Duration {
        match self {
            Self::Document | Self::Log | Self::Witnesses => Duration::from_secs(300),
            Self::List(_) => Duration::from_secs(60),
        }
    }

    fn accept(self) -> &'static str {
        match self {
            Self::Document => {
                "application/did, application/did+json, application/json;q=0.9, */*;q=0.1"
            }
            Self::Log => "application/jsonl, */*;q=0.1",
            Self::Witnesses => "application/json, */*;q=0.1",
            Self::List(kind) => kind.accept(),
        }
    }
}

/// What stands at a URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// The bytes, as they came.
    pub content: Bytes,
    /// When they were fetched.
    pub at: Timestamp,
}

/// The hosts that may be asked.
#[derive(Debug)]
pub struct Hosts {
    hosts: BTreeMap<String, Host>,
}

#[derive(Debug)]
struct Host {
    server: Server,
    places: Semaphore,
    cache: Cache,
}

impl Hosts {
    /// Reads the operator's file.
    ///
    /// # Errors
    /// FILE_INVALID with what is wrong and where.
    pub fn read(path: &Path) -> ApiResult<Self> {
        Ok(Self::of(config::read(path)?))
    }

    fn of(servers: Vec<Server>) -> Self {
        let host = |server: Server| {
            let host = Host {
                places: Semaphore::new(MAX_PER_HOST),
                cache: Cache::default(),
                server,
            };
            (host.server.authority.clone(), host)
        };
        Self {
            hosts: servers.into_iter().map(host).collect(),
        }
    }

    /// True when the URL is an https one of a listed host.
    pub fn lists(&self, url: &str) -> bool {
        self.find(url).is_ok()
    }

    /// What stands at a URL; `None` when the host says that there is nothing. It may be some minutes old.
    ///
    /// # Errors
    /// HOST_NOT_LISTED; HOST_UNUSABLE when the host does not answer, in time and as it must.
    pub async fn get(&self, url: &str, kind: Kind) -> ApiResult<Option<Fetched>> {
        let (host, target) = self.find(url)?;
        match timeout(WAIT_TIMEOUT, host.get(target, kind)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(host.server.unusable(&Fault::Slow)),
        }
    }

    /// The host and the path of a URL. A host is listed by the very text between `https://` and the next slash: no user, no other port,
    /// no other spelling.
    fn find<'a>(&self, url: &'a str) -> ApiResult<(&Host, &'a str)> {
        let not_listed = || ApiError::plain(&reason::HOST_NOT_LISTED);
        let rest = url.strip_prefix("https://").ok_or_else(not_listed)?;
        let slash = rest.find('/').ok_or_else(not_listed)?;
        let (authority, target) = rest.split_at(slash);
        let host = self.hosts.get(&authority.to_ascii_lowercase());
        let host = host.ok_or_else(not_listed)?;
        let plain = |c: u8| c.is_ascii_graphic() && !b"#\"<>\\^`{|}".contains(&c);
        match url.len() <= MAX_URL && target.bytes().all(plain) {
            true => Ok((host, target)),
            false => Err(host.server.unusable(&Fault::Url)),
        }
    }
}

#[async_trait::async_trait]
impl ListSource for Hosts {
    async fn list(&self, kind: ListKind, url: &str) -> Option<FoundList> {
        let fetched = self.get(url, Kind::List(kind)).await.ok()??;
        Some(FoundList {
            content: fetched.content.to_vec(),
            at: fetched.at,
        })
    }
}

impl Host {
    async fn get(&self, target: &str, kind: Kind) -> ApiResult<Option<Fetched>> {
        let flight = self.cache.join(target, kind);
        let _alone = flight.alone().await;
        if let Some(kept) = self.cache.kept(target, kind, Instant::now()) {
            return kept;
        }
        let fetched = {
            let place = self.places.acquire().await;
            let _place = place.map_err(ApiError::internal)?;
            let fetching = self.server.get(target, kind.accept(), kind.max_bytes());
            timeout(FETCH_TIMEOUT, fetching)
                .await
                .unwrap_or(Err(Fault::Slow))
        };
        let outcome = match fetched {
            Ok(content) => Ok(content.map(|content| Fetched {
                content,
                at: clock::now(),
            })),
            Err(fault) => {
                // The host is the operator's word; the path may be a person's business.
                tracing::warn!(host = %self.server.authority, %fault, "a host does not answer as it must");
                Err(self.server.unusable(&fault))
            }
        };
        self.cache
            .keep(target, kind, outcome.clone(), Instant::now());
        outcome
    }
}
