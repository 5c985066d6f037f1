//! Propose: a validator proposes a change, and votes for it with that.

use crate::check::{Checking, Evidence};
use crate::codec::codec_struct;
use crate::env::Env;
use crate::governance::{self, Change};
use crate::outcome::Outcome;
use crate::reject::Reject;

/// Proposes a change. Signed by an active validator's governance key. A change that could not be done now is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Propose {
    /// How many proposals this validator has made before: an old transaction, sent again, proposes nothing.
    pub sequence: u64,
    /// What is to be done.
    pub change: Change,
}
codec_struct!(Propose { sequence, change });

impl Propose {
    pub(crate) fn check(&self, checking: &Checking<'_>) -> Result<Evidence, Reject> {
        checking.validator()
    }

    pub(crate) fn apply(
        &self,
        env: &mut Env<'_, '_>,
        evidence: &Evidence,
    ) -> Result<Outcome, Reject> {
        let validator = env.voter(evidence)?;
        governance::propose(env, validator, self.sequence, &self.change)
    }
}
