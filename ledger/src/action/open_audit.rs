//! OpenAudit: a reviewer states, before it opens audit records, which ones and why.

use crate::check::{Checking, Evidence};
use crate::codec::codec_struct;
use crate::env::Env;
use crate::ids::Height;
use crate::keys;
use crate::member::Role;
use crate::outcome::Outcome;
use crate::reject::Reject;
use crate::state;
use crate::text::Purpose;
use tacit_circuits::types::MemberId;

/// States the opening of the audit records of a range of heights. Signed by a reviewer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenAudit {
    /// First height.
    pub from: Height,
    /// Last height, included; it must be on the chain already.
    pub to: Height,
    /// Why. Public: name a case, not a person.
    pub purpose: Purpose,
}
codec_struct!(OpenAudit { from, to, purpose });

/// A stated opening.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpeningRecord {
    /// The reviewer.
    pub reviewer: MemberId,
    /// First height.
    pub from: Height,
    /// Last height, included.
    pub to: Height,
    /// Why.
    pub purpose: Purpose,
    /// Height at which it was stated.
    pub height: Height,
}
codec_struct!(OpeningRecord {
    reviewer,
    from,
    to,
    purpose,
    height
});

impl OpenAudit {
    pub(crate) fn check(&self, checking: &Checking<'_>) -> Result<Evidence, Reject> {
        checking.member(Some(Role::Reviewer))
    }

    pub(crate) fn apply(
        &self,
        env: &mut Env<'_, '_>,
        evidence: &Evidence,
    ) -> Result<Outcome, Reject> {
        let reviewer = env.signer(evidence, Role::Reviewer)?.id;
        if self.from > self.to || self.to >= env.height {
            return Err(Reject::Range);
        }
        let opening = env.counters.openings;
        let record = OpeningRecord {
            reviewer,
            from: self.from,
            to: self.to,
            purpose: self.purpose.clone(),
            height: env.height,
        };
        state::write(env.state, keys::audit_opening(opening), &record);
        env.counters.openings += 1;
        Ok(Outcome::Opened { opening })
    }
}
