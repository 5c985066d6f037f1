//! The genesis of a development chain, of one validator or several.

use tacit_circuits::types::{PurposeSet, Timestamp};
use tacit_ledger::genesis::{Genesis, GenesisValidator, GenesisValidators, GrantPolicy, PinnedKeys};
use tacit_ledger::text::Name;

use crate::clock;
use crate::errors::{ApiError, ApiResult};

/// Longest grant of a new chain: one year.
const MAX_GRANT_SECS: u64 = 366 * 24 * 3600;
/// Furthest start of a grant from now: thirty days.
const MAX_START_SECS: u64 = 30 * 24 * 3600;
/// Most anchors that proofs may name.
const MAX_ANCHORS: u32 = 4096;
/// How long request ids are remembered: one day.
const REQUEST_WINDOW_SECS: u32 = 24 * 3600;
