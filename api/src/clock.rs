//! The wall clock, read in one place. Ledger, vault and proofs go by block time; only a request's minute goes by this.

use std::time::{SystemTime, UNIX_EPOCH};
use tacit_circuits::types::Timestamp;

/// Seconds since 1970-01-01 UTC; 0 on a clock set before that.
pub fn unix_seconds() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

/// The time now, by this clock.
pub fn now() -> Timestamp {
    Timestamp(unix_seconds())
}
