//! RegisterMember: an organisation is admitted.

use super::Effect;
use crate::codec::codec_struct;
use crate::env::Env;
use crate::keys;
use crate::member::{KeyHistory, MAX_MEMBERS, MemberKeys, MemberRecord, MemberStatus, Role, Roles};
use crate::reject::Reject;
use crate::state;
use crate::text::Name;
use serde::Serialize;
use tacit_circuits::field::Fr;
use tacit_circuits::types::MemberId;

/// Registers a member under the next free number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RegisterMember {
    /// Name, unique on the chain.
    pub name: Name,
    /// What the member may do.
    pub roles: Roles,
    /// Its keys; a platform commitment exactly for platforms.
    pub keys: MemberKeys,
}
codec_struct!(RegisterMember { name, roles, keys });

impl RegisterMember {
    pub(super) fn enact(&self, env: &mut Env<'_, '_>) -> Result<Effect, Reject> {
        check_platform_commitment(self.roles, &self.keys)?;
        if let Some(holder) = state::read(env.state, &keys::member_name(&self.name))? {
            return Err(Reject::NameTaken(holder));
        }
        if env.counters.members >= MAX_MEMBERS {
            return Err(Reject::TooManyMembers);
        }
        let id = MemberId::new(env.counters.members + 1).map_err(|_| Reject::TooManyMembers)?;
        let record = MemberRecord {
            id,
            name: self.name.clone(),
            roles: self.roles,
            status: MemberStatus::Active,
            registered: env.height,
            keys: self.keys.clone(),
            keys_from: env.height,
            past_keys: KeyHistory::default(),
        };
        env.counters.members += 1;
        state::write(env.state, keys::member(id), &record);
        state::write(env.state, keys::member_name(&self.name), &id);
        env.set_platform(&record);
        Ok(Effect::Member { member: id })
    }
}

/// Platforms, and only platforms, have a commitment, and it is not zero (zero means "no entry" in the tree).
pub(crate) fn check_platform_commitment(roles: Roles, keys: &MemberKeys) -> Result<(), Reject> {
    let present = keys.platform.is_some();
    let zero = keys
        .platform
        .is_some_and(|commitment| commitment.0 == Fr::from(0u64));
    if zero || present != roles.has(Role::Platform) {
        return Err(Reject::PlatformCommitment);
    }
    Ok(())
}
