//! The machine's clock. It decides when this node proposes and votes, never what is valid.

use std::time::{SystemTime, UNIX_EPOCH};
use tacit_ledger::ids::BlockTime;

/// Now; before 1970 counts as 1970.
pub(crate) fn now() -> BlockTime {
    let millis = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_millis();
    BlockTime(u64::try_from(millis).unwrap_or(u64::MAX))
}
