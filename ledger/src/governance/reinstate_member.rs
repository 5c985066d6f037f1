//! ReinstateMember: a suspended member may act again, under the keys it had.

use super::Effect;
use crate::codec::codec_struct;
use crate::env::Env;
use crate::keys;
use crate::member::MemberStatus;
use crate::reject::Reject;
use crate::state;
use serde::Serialize;
use tacit_circuits::types::MemberId;

/// Ends a member's suspension; a platform enters the platform tree again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReinstateMember {
    /// The member.
    pub member: MemberId,
}
codec_struct!(ReinstateMember { member });

impl ReinstateMember {
    pub(super) fn enact(&self, env: &mut Env<'_, '_>) -> Result<Effect, Reject> {
        let mut record =
            state::member(env.state, self.member)?.ok_or(Reject::UnknownMember(self.member))?;
        if record.status == MemberStatus::Active {
            return Err(Reject::NotSuspended(self.member));
        }
        record.status = MemberStatus::Active;
        state::write(env.state, keys::member(self.member), &record);
        env.set_platform(&record);
        Ok(Effect::Member {
            member: self.member,
        })
    }
}
