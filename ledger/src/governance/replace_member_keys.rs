//! ReplaceMemberKeys: a member that lost its keys gets others. A member that has them rotates them by itself.

use super::Effect;
use crate::codec::codec_struct;
use crate::env::Env;
use crate::member::MemberKeys;
use crate::reject::Reject;
use serde::Serialize;
use tacit_circuits::types::MemberId;

/// Replaces an active member's keys; the old ones go into its history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReplaceMemberKeys {
    /// The member.
    pub member: MemberId,
    /// Its keys from now on.
    pub keys: MemberKeys,
}
codec_struct!(ReplaceMemberKeys { member, keys });

impl ReplaceMemberKeys {
    pub(super) fn enact(&self, env: &mut Env<'_, '_>) -> Result<Effect, Reject> {
        let record = env.active_member(self.member)?;
        env.replace_keys(record, &self.keys)?;
        Ok(Effect::Member {
            member: self.member,
        })
    }
}
