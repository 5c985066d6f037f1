//! What one host gave a moment ago. Who asks for the same while it is fetched waits for that.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::{Fetched, Kind};
use crate::errors::ApiResult;

/// Most files of one host that are kept.
const MAX_FILES: usize = 256;
/// Most bytes of one host that are kept.
const MAX_BYTES: usize = 8 << 20;
/// How long it counts that there is nothing.
const MISSING: Duration = Duration::from_secs(30);
/// How long a failure counts.
const FAILED: Duration = Duration::from_secs(5);

/// A file: its path, and as what it is read.
type Key = (String, Kind);

/// What is kept of one host.
#[derive(Debug, Default)]
pub(super) struct Cache {
    kept: Mutex<BTreeMap<Key, Kept>>,
    flights: Mutex<BTreeMap<Key, Flying>>,
}

#[derive(Debug)]
struct Kept {
    outcome: ApiResult<Option<Fetched>>,
    until: Instant,
}

impl Kept {
    fn bytes(&self) -> usize {
        match &self.outcome {
            Ok(Some(fetched)) => fetched.content.len(),
            _ => 0,
        }
    }
}

#[derive(Debug, Default)]
struct Flying {
    callers: usize,
    turn: Arc<tokio::sync::Mutex<()>>,
}

/// A caller among those who want the same file.
pub(super) struct Flight<'a> {
    cache: &'a Cache,
    key: Key,
    turn: Arc<tokio::sync::Mutex<()>>,
}

impl Flight<'_> {
    /// Waits until nobody else fetches this file.
    pub(super) async fn alone(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.turn.lock().await
    }
}

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        let mut flights = lock(&self.cache.flights);
        if let Some(flying) = flights.get_mut(&self.key) {
            flying.callers = flying.callers.saturating_sub(1);
            if flying.callers == 0 {
                flights.remove(&self.key);
            }
        }
    }
}

impl Cache {
    pub(super) fn join(&self, target: &str, kind: Kind) -> Flight<'_> {
        let key = (target.to_owned(), kind);
        let mut flights = lock(&self.flights);
        let flying = flights.entry(key.clone()).or_default();
        flying.callers += 1;
        Flight {
            turn: Arc::clone(&flying.turn),
            cache: self,
            key,
        }
    }

    pub(super) fn kept(
        &self,
        target: &str,
        kind: Kind,
        now: Instant,
    ) -> Option<ApiResult<Option<Fetched>>> {
        let kept = lock(&self.kept);
        let kept = kept.get(&(target.to_owned(), kind))?;
        (now < kept.until).then(|| kept.outcome.clone())
    }

    pub(super) fn keep(
        &self,
        target: &str,
        kind: Kind,
        outcome: ApiResult<Option<Fetched>>,
        now: Instant,
    ) {
        let age = match &outcome {
            Ok(Some(_)) => kind.max_age(),
            Ok(None) => MISSING,
            Err(_) => FAILED,
        };
        let new = Kept {
            outcome,
            until: now + age,
        };
        let mut kept = lock(&self.kept);
        kept.remove(&(target.to_owned(), kind));
        kept.retain(|_, kept| now < kept.until);
        while kept.len() >= MAX_FILES || bytes(&kept) + new.bytes() > MAX_BYTES {
            // What is over soonest goes first.
            let soonest = kept.iter().min_by_key(|(_, kept)| kept.until);
            let Some(soonest) = soonest.map(|(key, _)| key.clone()) else {
                break;
            };
            kept.remove(&soonest);
        }
        kept.insert((target.to_owned(), kind), new);
    }
}

fn bytes(kept: &BTreeMap<Key, Kept>) -> usize {
    kept.values().map(Kept::bytes).sum()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::errors::{ApiError, catalogue as reason};
    use crate::w3c::lists::ListKind;
    use bytes::Bytes;
    use tacit_circuits::types::Timestamp;

    fn file(len: usize) -> ApiResult<Option<Fetched>> {
        Ok(Some(Fetched {
            content: Bytes::from(vec![0; len]),
            at: Timestamp(1),
        }))
    }

    #[test]
    fn what_is_kept_is_forgotten_in_time() {
        let (cache, now) = (Cache::default(), Instant::now());
        let failure = ApiError::plain(&reason::HOST_UNUSABLE);
        for (target, kind, outcome, age) in [
            ("/document", Kind::Document, file(1), 300),
            ("/list", Kind::List(ListKind::Bitstring), file(1), 60),
            ("/nothing", Kind::Document, Ok(None), 30),
            ("/failed", Kind::Document, Err(failure), 5),
        ] {
            cache.keep(target, kind, outcome, now);
            let after = |secs| cache.kept(target, kind, now + Duration::from_secs(secs));
            assert!(after(age - 1).is_some() && after(age).is_none(), "{target}");
            assert!(
                cache
                    .kept(target, Kind::List(ListKind::Token), now)
                    .is_none()
            );
        }
    }

    #[test]
    fn what_is_kept_is_bounded_in_number_and_bytes() {
        let (cache, now) = (Cache::default(), Instant::now());
        for at in 0..MAX_FILES + 10 {
            cache.keep(&format!("/{at}"), Kind::Document, file(1), now);
        }
        assert_eq!(lock(&cache.kept).len(), MAX_FILES);
        for at in 0..3 {
            cache.keep(&format!("/log{at}"), Kind::Log, file(MAX_BYTES / 2), now);
        }
        let kept = lock(&cache.kept);
        assert!(bytes(&kept) <= MAX_BYTES);
        assert!(kept.contains_key(&("/log2".to_owned(), Kind::Log)));
    }

    #[tokio::test]
    async fn callers_of_one_file_take_turns_and_leave_nothing_behind() {
        let cache = Cache::default();
        let (one, two) = (cache.join("/a", Kind::Log), cache.join("/a", Kind::Log));
        let other = cache.join("/b", Kind::Log);
        let turn = one.alone().await;
        assert!(two.turn.try_lock().is_err() && other.turn.try_lock().is_ok());
        drop(turn);
        assert!(two.turn.try_lock().is_ok());
        drop((one, two, other));
        assert!(lock(&cache.flights).is_empty());
    }
}
