//! Approve: a validator votes for a proposal. The vote that completes a quorum enacts it.

use crate::check::{Checking, Evidence};
use crate::codec::codec_struct;
use crate::env::Env;
use crate::governance::{self, ProposalId};
use crate::outcome::Outcome;
use crate::reject::Reject;
use tacit_circuits::types::Digest32;

/// Votes for a proposal. Signed by an active validator's governance key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approve {
    /// The proposal.
    pub proposal: ProposalId,
    /// Digest of the change as the voter saw it: [`crate::governance::Change::digest`].
    pub change: Digest32,
}
codec_struct!(Approve { proposal, change });

impl Approve {
    pub(crate) fn check(&self, checking: &Checking<'_>) -> Result<Evidence, Reject> {
        checking.validator()
    }

    pub(crate) fn apply(
        &self,
        env: &mut Env<'_, '_>,
        evidence: &Evidence,
    ) -> Result<Outcome, Reject> {
        let validator = env.voter(evidence)?;
        governance::approve(env, validator, self.proposal, &self.change)
    }
}
