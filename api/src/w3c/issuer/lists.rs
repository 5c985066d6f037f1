//! Status lists as they stand now: revocations as of the newest anchor, suspensions as of the folder.

use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;
use tacit_circuits::types::{AnchorView, Timestamp};
use tacit_identity::datetime::DateTime;
use tacit_identity::sd_jwt::status::{EntryBits, StatusList, StatusListToken};
use tacit_w3c::context::Contexts;
use tacit_w3c::integrity::Suite;
use tacit_w3c::status::{Bitstring, List};
use tokio::sync::Mutex;

use super::Issuer;
use crate::clock;
use crate::errors::{ApiError, catalogue as reason};
use crate::w3c::lists::ListKind;
use crate::w3c::native::fresh_anchor;
use crate::w3c::options::{IssueOptions, Purpose};
use crate::w3c::problem::{Outcome, Problem};
use crate::w3c::status::{self, Standing, Suspended};

/// How long a verifier may keep a status list, in seconds.
const TTL_SECS: u64 = 60;

/// How long a status list is valid; it is signed afresh long before.
const VALID_SECS: u64 = 3600;

/// After how many seconds a status list is signed afresh, changed or not.
const RENEW_SECS: u64 = 60;

/// Most signed lists of a kind that are kept.
const MAX_KEPT: usize = 64;

/// A list of an issuer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListName {
    /// Which standard it follows.
    pub kind: ListKind,
    /// What it is for. The token list for revocation has suspensions too.
    pub purpose: Purpose,
    /// Its number, from 0.
    pub number: u32,
}

/// Signed lists, by purpose and number.
pub(super) struct Cache<T>(Mutex<BTreeMap<(Purpose, u32), Kept<T>>>);

impl<T> Default for Cache<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

/// A signed list and what it was made from.
struct Kept<T> {
    version: Version,
    made: u64,
    list: Arc<T>,
}

/// Height of the anchor, number of changes to the suspensions: as long as both are the same, so is a list.
type Version = (u64, u64);

impl Issuer {
    /// The URL of a list.
    pub fn list_url(&self, kind: ListKind, purpose: &str, number: &str) -> String {
        let under = match kind {
            ListKind::Bitstring => "status",
            ListKind::Token => "status-tokens",
        };
        format!("{}/{under}/{purpose}/{number}", self.base)
    }

    /// Which of this issuer's lists a URL names, in its one form.
    pub fn list_of(&self, url: &str) -> Option<ListName> {
        let path = url.strip_prefix(&self.base)?;
        let (kind, rest) = match path.strip_prefix("/status/") {
            Some(rest) => (ListKind::Bitstring, rest),
            None => (ListKind::Token, path.strip_prefix("/status-tokens/")?),
        };
        let (purpose, number) = rest.split_once('/')?;
        let list: u32 = number.parse().ok()?;
        let one_form = list.to_string() == number && list < status::MAX_LISTS;
        one_form.then_some(ListName {
            kind,
            purpose: Purpose::from_name(purpose)?,
            number: list,
        })
    }

    /// A Bitstring Status List as it stands now, signed.
    ///
    /// # Errors
    /// [`Problem`]: there is no such list, or the chain cannot be read.
    pub async fn bitstring(
        &self,
        (purpose, number): (Purpose, u32),
        contexts: &Contexts,
    ) -> Outcome<Arc<Value>> {
        let set = match purpose {
            Purpose::Revocation => Standing::Revoked,
            Purpose::Suspension => Standing::Suspended,
        };
        self.signed(&self.bitstrings, (purpose, number), |entries, now| {
            let bits = Bitstring::of_bits(entries.into_iter().map(|entry| entry == set))?;
            let time = |secs| DateTime::try_from(Timestamp(secs)).map_err(ApiError::internal);
            let list = List {
                id: self.list_url(ListKind::Bitstring, purpose.name(), &number.to_string()),
                issuer: self.identity.did().to_owned(),
                purpose: purpose.name().to_owned(),
                bits,
                valid_from: time(now)?,
                valid_until: time(now.saturating_add(VALID_SECS))?,
                ttl_millis: TTL_SECS * 1000,
            };
            let options = IssueOptions {
                suite: Suite::EddsaRdfc2022,
                ..IssueOptions::default()
            };
            self.sign(list.document()?, &options, Timestamp(now), contexts)
        })
        .await
    }

    /// A Token Status List as it stands now, signed: the same entries, of two bits.
    ///
    /// # Errors
    /// As [`Issuer::bitstring`].
    pub async fn token(&self, (purpose, number): (Purpose, u32)) -> Outcome<Arc<String>> {
        self.signed(&self.tokens, (purpose, number), |entries, now| {
            let values = entries.into_iter().map(|entry| entry as u8);
            let token = StatusListToken {
                uri: self.list_url(ListKind::Token, purpose.name(), &number.to_string()),
                issuer: Some(self.identity.did().to_owned()),
                issued_at: Timestamp(now),
                not_before: None,
                expires: Some(Timestamp(now.saturating_add(VALID_SECS))),
                ttl_secs: Some(TTL_SECS),
                list: StatusList::of_values(EntryBits::TWO, values).map_err(ApiError::internal)?,
            };
            let method = self.identity.method();
            let signed = token.sign(self.identity.token_key(), Some(&method));
            Ok(signed.map_err(ApiError::internal)?)
        })
        .await
    }

    async fn signed<T>(
        &self,
        cache: &Cache<T>,
        (purpose, number): (Purpose, u32),
        sign: impl FnOnce(Vec<Standing>, u64) -> Outcome<T> + Send,
    ) -> Outcome<Arc<T>> {
        // One at a time: many readers of a list that has to be made wait for the one who makes it.
        let mut kept = cache.0.lock().await;
        let now = clock::unix_seconds();
        let suspended = self.suspensions.read()?;
        let anchor = match (purpose, &self.chain) {
            (Purpose::Suspension, _) => None,
            (Purpose::Revocation, None) => return Err(missing()),
            (Purpose::Revocation, Some(chain)) => Some(fresh_anchor(&chain.follower).await?),
        };
        let height = anchor.as_ref().map_or(0, |anchor| anchor.height);
        let version = (height, suspended.version());
        let fresh = |kept: &&Kept<T>| kept.version == version && now < kept.made + RENEW_SECS;
        if let Some(kept) = kept.get(&(purpose, number)).filter(fresh) {
            return Ok(Arc::clone(&kept.list));
        }
        let entries = match &anchor {
            None => suspended.list(number).ok_or_else(missing)?,
            Some(anchor) => self.on_ledger(number, anchor, &suspended).await?,
        };
        let list = Arc::new(sign(entries, now)?);
        while kept.len() >= MAX_KEPT {
            kept.pop_first();
        }
        let entry = Kept {
            version,
            made: now,
            list: Arc::clone(&list),
        };
        kept.insert((purpose, number), entry);
        Ok(list)
    }

    /// The ledger's ended bits of a list's positions, and which of the others the issuer has suspended.
    async fn on_ledger(
        &self,
        number: u32,
        anchor: &AnchorView,
        suspended: &Suspended,
    ) -> Outcome<Vec<Standing>> {
        let chain = self.chain()?;
        // Lists that nothing can stand in yet are not made for whoever asks.
        if !chain.reaches(number).await? {
            return Err(missing());
        }
        let shard = chain
            .follower
            .ended_shard(anchor, status::shard(number))
            .await?;
        let entries = status::positions(number).map(|position| {
            // Every position of the range is in the shard.
            match shard.is_ended(position) {
                Some(false) if suspended.has_position(position.0) => Standing::Suspended,
                Some(false) => Standing::Valid,
                Some(true) | None => Standing::Revoked,
            }
        });
        Ok(entries.collect())
    }
}

fn missing() -> Problem {
    Problem::new(&reason::NOT_FOUND, "there is no such status list")
}
