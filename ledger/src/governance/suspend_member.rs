//! SuspendMember: a member may no longer act. Its number and name stay taken.

use super::Effect;
use crate::codec::codec_struct;
use crate::env::Env;
use crate::keys;
use crate::member::MemberStatus;
use crate::reject::Reject;
use crate::state;
use serde::Serialize;
use tacit_circuits::types::MemberId;

/// Suspends a member: it signs nothing any more, and its platform entry is removed, so from the next anchor on it can
/// prove no access.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SuspendMember {
    /// The member.
    pub member: MemberId,
}
codec_struct!(SuspendMember { member });

impl SuspendMember {
    pub(super) fn enact(&self, env: &mut Env<'_, '_>) -> Result<Effect, Reject> {
        let mut record = env.active_member(self.member)?;
        record.status = MemberStatus::Suspended;
        state::write(env.state, keys::member(self.member), &record);
        env.set_platform(&record);
        Ok(Effect::Member {
            member: self.member,
        })
    }
}
