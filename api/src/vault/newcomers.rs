//! A bound on how many new slots one network address makes: room at a vault costs addresses or time.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::errors::{ApiError, ApiResult, catalogue as reason};

/// How long a new slot counts for the address it came from.
const PERIOD: Duration = Duration::from_secs(24 * 3600);
/// Addresses that are remembered; while there are more, new ones wait.
const MAX_ADDRESSES: usize = 1 << 16;

/// Counts new slots.
#[derive(Debug)]
pub struct Newcomers {
    /// New slots of one address in a period.
    most: u32,
    /// New slots and the beginning of the period of each address.
    counts: Mutex<BTreeMap<IpAddr, (u32, Instant)>>,
}

impl Newcomers {
    /// Allows so many new slots of one address in a day.
    pub fn new(most: u32) -> Self {
        Self {
            most,
            counts: Mutex::default(),
        }
    }

    /// Counts one more.
    ///
    /// # Errors
    /// [`reason::QUOTA_EXCEEDED`] when the address has had its share.
    pub fn take(&self, address: IpAddr) -> ApiResult<()> {
        self.take_at(address, Instant::now())
    }

    fn take_at(&self, address: IpAddr, now: Instant) -> ApiResult<()> {
        let over = |since: Instant| now.duration_since(since) >= PERIOD;
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if !counts.contains_key(&address) && counts.len() >= MAX_ADDRESSES {
            counts.retain(|_, (_, since)| !over(*since));
        }
        let full = !counts.contains_key(&address) && counts.len() >= MAX_ADDRESSES;
        let entry = counts.get(&address).filter(|(_, since)| !over(*since));
        let (count, since) = entry.copied().unwrap_or((0, now));
        if full || count >= self.most {
            let error = ApiError::new(
                &reason::QUOTA_EXCEEDED,
                "the vault takes no more new backups from this network address today",
            );
            return Err(error.retry_after(PERIOD.saturating_sub(now.duration_since(since))));
        }
        counts.insert(address, (count + 1, since));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_its_share_of_a_day_and_others_have_theirs() {
        let newcomers = Newcomers::new(3);
        let (one, other) = (IpAddr::from([10, 0, 0, 1]), IpAddr::from([10, 0, 0, 2]));
        let start = Instant::now();
        let at = |address, secs| newcomers.take_at(address, start + Duration::from_secs(secs));
        assert!((0..3).all(|secs| at(one, secs).is_ok()));
        assert_eq!(at(one, 3).unwrap_err().code(), "QUOTA_EXCEEDED");
        assert!(at(other, 3).is_ok());
        assert!(at(one, 24 * 3600 - 1).is_err());
        assert!(at(one, 24 * 3600).is_ok());
    }

    #[test]
    fn no_more_addresses_are_remembered_than_the_bound() {
        let newcomers = Newcomers::new(1);
        let start = Instant::now();
        let address = |number: u32| IpAddr::from(number.to_be_bytes());
        for number in 0..MAX_ADDRESSES as u32 {
            newcomers.take_at(address(number), start).unwrap();
        }
        assert!(newcomers.take_at(address(u32::MAX), start).is_err());
        assert!(newcomers.take_at(address(u32::MAX), start + PERIOD).is_ok());
    }
}
