//! SuspendMember: the operator ends a member's right to act. Its number and name stay taken.

use crate::check::{Checking, Evidence};
use crate::codec::codec_struct;
use crate::env::Env;
use crate::keys;
use crate::member::MemberStatus;
use crate::outcome::Outcome;
use crate::reject::Reject;
use crate::state;
use tacit_circuits::types::MemberId;

/// Suspends a member: it signs nothing any more, and its platform entry is removed, so from the next anchor on it can
/// prove no access. Signed by the operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SuspendMember {
    /// The member.
    pub member: MemberId,
}
codec_struct!(SuspendMember { member });

impl SuspendMember {
    pub(crate) fn check(&self, checking: &Checking<'_>) -> Result<Evidence, Reject> {
        checking.operator()
    }

    pub(crate) fn apply(&self, env: &mut Env<'_, '_>, _: &Evidence) -> Result<Outcome, Reject> {
        let mut record = env.active_member(self.member)?;
        record.status = MemberStatus::Suspended;
        state::write(env.state, keys::member(self.member), &record);
        env.set_platform(&record);
        Ok(Outcome::Member {
            member: self.member,
        })
    }
}
