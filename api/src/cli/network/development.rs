//! The genesis of a development chain, of one validator or several.

use tacit_circuits::types::{PurposeSet, Timestamp};
use tacit_ledger::genesis::{
    Genesis, GenesisValidator, GenesisValidators, GrantPolicy, PinnedKeys,
};
use tacit_ledger::text::Name;

use crate::clock;
use crate::errors::{ApiError, ApiResult};

/// What is chosen for each chain.
#[derive(Clone, Debug)]
pub struct Constants {
    /// The chain's name.
    pub name: Name,
    /// Seconds between anchors, at least 1.
    pub anchor_interval_secs: u32,
    /// Blocks of an epoch, at least 2.
    pub epoch_blocks: u32,
    /// How long votes about a proposal count, in seconds.
    pub proposal_lifetime_secs: u32,
}

/// Blocks of an epoch when nothing else is said: some half an hour of a chain that makes anchors only, every 2 seconds.
pub const EPOCH_BLOCKS: u32 = 1000;
/// How long votes about a proposal count when nothing else is said: two weeks.
pub const PROPOSAL_SECS: u32 = 14 * 24 * 3600;

/// Longest grant of a new chain: one year.
const MAX_GRANT_SECS: u64 = 366 * 24 * 3600;
/// Furthest start of a grant from now: thirty days.
const MAX_START_SECS: u64 = 30 * 24 * 3600;
/// Most anchors that proofs may name.
const MAX_ANCHORS: u32 = 4096;
/// How long request ids are remembered: one day.
const REQUEST_WINDOW_SECS: u32 = 24 * 3600;

/// A genesis that begins now, marked as a development chain.
pub fn genesis(
    constants: Constants,
    validators: Vec<GenesisValidator>,
    statements: PinnedKeys,
) -> Genesis {
    let interval = constants.anchor_interval_secs;
    Genesis {
        name: constants.name,
        development: true,
        time: Timestamp(clock::unix_seconds()),
        anchor_interval_secs: interval,
        // A proof must lapse before its request id is forgotten, or it could enter twice.
        anchors_kept: MAX_ANCHORS.min(REQUEST_WINDOW_SECS / interval.max(1)),
        access_anchor_max_age_secs: 60,
        request_window_secs: REQUEST_WINDOW_SECS,
        max_time_ahead_ms: 500,
        epoch_blocks: constants.epoch_blocks,
        proposal_lifetime_secs: constants.proposal_lifetime_secs,
        validators: GenesisValidators(validators),
        statements,
        policy: GrantPolicy {
            max_duration_secs: MAX_GRANT_SECS,
            max_start_offset_secs: MAX_START_SECS,
            purposes: PurposeSet(u32::MAX),
        },
    }
}

/// A name that people gave.
///
/// # Errors
/// When it is no name.
pub fn name(text: &str) -> ApiResult<Name> {
    Name::new(text).map_err(|error| ApiError::bad_field("name", error.to_string()))
}
