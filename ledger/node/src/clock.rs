//! The machine's clock. It decides when this node proposes and votes, never what is valid.

use std::time::{SystemTime, UNIX_EPOCH};
use tacit_ledger::ids::BlockTime;

/// Now.
pub(crate) fn now() -> BlockTime {
    at(SystemTime::now())
}

/// A clock's time as blocks count it; before 1970 counts as 1970.
pub(crate) fn at(time: SystemTime) -> BlockTime {
    let millis = time
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_millis();
    BlockTime(u64::try_from(millis).unwrap_or(u64::MAX))
}
