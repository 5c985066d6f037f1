//! Withdraw: a validator takes its own proposal back.

use crate::check::{Checking, Evidence};
use crate::codec::codec_struct;
use crate::env::Env;
use crate::governance::{self, ProposalId};
use crate::outcome::Outcome;
use crate::reject::Reject;

/// Takes an open proposal back. Signed by its proposer's governance key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Withdraw {
    /// The proposal.
    pub proposal: ProposalId,
}
codec_struct!(Withdraw { proposal });

impl Withdraw {
    pub(crate) fn check(&self, checking: &Checking<'_>) -> Result<Evidence, Reject> {
        checking.validator()
    }

    pub(crate) fn apply(
        &self,
        env: &mut Env<'_, '_>,
        evidence: &Evidence,
    ) -> Result<Outcome, Reject> {
        let validator = env.voter(evidence)?;
        governance::withdraw(env, validator, self.proposal)
    }
}
