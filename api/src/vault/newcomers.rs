//! What one network address may ask of a vault's slots: few puts at a time, and few new slots in a day. Room at a vault costs
//! addresses or time.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::errors::{ApiError, ApiResult, catalogue as reason};

/// How long a new slot counts for the address it came from.
const PERIOD: Duration = Duration::from_secs(24 * 3600);
/// Addresses that are remembered; beyond it the oldest is forgotten.
const MAX_ADDRESSES: usize = 1 << 16;
/// Puts of one address that run at a time.
const MAX_RUNNING: u32 = 2;

/// Counts puts and new slots. Clones share the counts.
#[derive(Clone, Debug)]
pub struct Newcomers {
    /// New slots of one address in a period.
    most: u32,
    counts: Arc<Mutex<BTreeMap<IpAddr, Count>>>,
}

/// What counts for an address.
#[derive(Clone, Copy, Debug)]
struct Count {
    /// Puts that run.
    running: u32,
    /// Those of them that are to make a new slot.
    coming: u32,
    /// New slots of the period.
    made: u32,
    /// When the period began.
    since: Instant,
}

/// A put that runs; counted until it is dropped.
#[derive(Debug)]
pub struct Running {
    newcomers: Newcomers,
    address: IpAddr,
    new: bool,
    made: bool,
}

impl Newcomers {
    /// Allows so many new slots of one address in a day.
    pub fn new(most: u32) -> Self {
        Self {
            most,
            counts: Arc::default(),
        }
    }

    /// Lets a put begin, which makes a new slot or not.
    ///
    /// # Errors
    /// [`reason::TOO_MANY_UPLOADS`] while others of the address run, [`reason::QUOTA_EXCEEDED`] when it has had its share of
    /// new slots.
    pub fn admit(&self, address: IpAddr, new: bool) -> ApiResult<Running> {
        self.admit_at(address, new, Instant::now())
    }

    fn admit_at(&self, address: IpAddr, new: bool, now: Instant) -> ApiResult<Running> {
        let mut counts = self.lock();
        let mut count = counts.get(&address).copied().unwrap_or(Count {
            running: 0,
            coming: 0,
            made: 0,
            since: now,
        });
        let passed = now.saturating_duration_since(count.since);
        if passed >= PERIOD {
            (count.made, count.since) = (0, now);
        }
        if count.running >= MAX_RUNNING {
            let what = "the vault takes no more backups from this network address at a time";
            return Err(ApiError::new(&reason::TOO_MANY_UPLOADS, what));
        }
        if new && count.made.saturating_add(count.coming) >= self.most {
            let what = "the vault takes no more new backups from this network address today";
            let error = ApiError::new(&reason::QUOTA_EXCEEDED, what);
            return Err(error.retry_after(PERIOD.saturating_sub(passed)));
        }
        if counts.len() >= MAX_ADDRESSES && !counts.contains_key(&address) {
            // Puts that run are few: one that is forgotten here is one of the past.
            let past = counts.iter().filter(|(_, count)| count.running == 0);
            let oldest = past
                .min_by_key(|(_, count)| count.since)
                .map(|(old, _)| *old);
            oldest.map(|oldest| counts.remove(&oldest));
        }
        count.running += 1;
        count.coming += u32::from(new);
        counts.insert(address, count);
        Ok(Running {
            newcomers: self.clone(),
            address,
            new,
            made: false,
        })
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<IpAddr, Count>> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Running {
    /// The put has ended well: a new slot counts for its day.
    pub fn done(mut self) {
        self.made = self.new;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let mut counts = self.newcomers.lock();
        let Some(count) = counts.get_mut(&self.address) else {
            return;
        };
        count.running = count.running.saturating_sub(1);
        count.coming = count.coming.saturating_sub(u32::from(self.new));
        count.made = count.made.saturating_add(u32::from(self.made));
        if count.running == 0 && count.made == 0 {
            counts.remove(&self.address);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 1));
    const OTHER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 2));

    #[test]
    fn an_address_has_its_share_of_a_day_and_others_have_theirs() {
        let newcomers = Newcomers::new(3);
        let start = Instant::now();
        let make = |address, secs| {
            let running = newcomers.admit_at(address, true, start + Duration::from_secs(secs));
            running.map(Running::done)
        };
        assert!((0..3).all(|secs| make(ONE, secs).is_ok()));
        assert_eq!(make(ONE, 3).unwrap_err().code(), "QUOTA_EXCEEDED");
        assert!(make(OTHER, 3).is_ok());
        assert!(make(ONE, 24 * 3600 - 1).is_err());
        let replacing = newcomers.admit_at(ONE, false, start);
        replacing.unwrap().done();
        assert!(make(ONE, 24 * 3600).is_ok());
    }

    #[test]
    fn a_put_counts_while_it_runs_and_a_new_slot_only_when_it_was_made() {
        let newcomers = Newcomers::new(1);
        for _ in 0..10 {
            drop(newcomers.admit(ONE, true).unwrap());
        }
        assert!(newcomers.lock().is_empty(), "who broke off used nothing up");
        let first = newcomers.admit(ONE, true).unwrap();
        let more = newcomers.admit(ONE, true).unwrap_err();
        assert_eq!(more.code(), "QUOTA_EXCEEDED");
        let second = newcomers.admit(ONE, false).unwrap();
        let third = newcomers.admit(ONE, false).unwrap_err();
        assert_eq!(third.code(), "TOO_MANY_UPLOADS");
        drop(newcomers.admit(OTHER, true).unwrap());
        drop(second);
        newcomers.admit(ONE, false).unwrap().done();
        first.done();
        assert!(newcomers.admit(ONE, true).is_err());
    }

    #[test]
    fn beyond_the_bound_the_oldest_address_that_has_no_put_running_is_forgotten() {
        let newcomers = Newcomers::new(1);
        let start = Instant::now();
        let address = |number: u32| IpAddr::from(number.to_be_bytes());
        let admit = |number: u32| {
            let at = start + Duration::from_millis(number.into());
            newcomers.admit_at(address(number), true, at)
        };
        let _running = admit(0).unwrap();
        for number in 1..MAX_ADDRESSES as u32 {
            admit(number).unwrap().done();
        }
        admit(u32::MAX / 64).unwrap().done();
        assert_eq!(newcomers.lock().len(), MAX_ADDRESSES);
        assert!(admit(0).is_err());
        assert!(admit(2).is_err());
        assert!(admit(1).is_ok(), "the oldest was forgotten");
    }
}
