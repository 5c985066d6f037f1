//! RegisterMember: the operator named in genesis admits an organisation.

use crate::check::{Checking, Evidence};
use crate::codec::codec_struct;
use crate::env::Env;
use crate::keys;
use crate::member::{KeyHistory, MAX_MEMBERS, MemberKeys, MemberRecord, MemberStatus, Role, Roles};
use crate::outcome::Outcome;
use crate::reject::Reject;
use crate::state;
use crate::text::Name;
use tacit_circuits::field::Fr;
use tacit_circuits::types::MemberId;

/// Registers a member under the next free number. Signed by the operator.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    pub(crate) fn check(&self, checking: &Checking<'_>) -> Result<Evidence, Reject> {
        check_platform_commitment(self.roles, &self.keys)?;
        checking.operator()
    }

    pub(crate) fn apply(&self, env: &mut Env<'_, '_>, _: &Evidence) -> Result<Outcome, Reject> {
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
        Ok(Outcome::Member { member: id })
    }
}

/// Platforms, and only platforms, have a commitment, and it is not zero (zero means "no entry" in the tree).
pub(super) fn check_platform_commitment(roles: Roles, keys: &MemberKeys) -> Result<(), Reject> {
    let present = keys.platform.is_some();
    let zero = keys
        .platform
        .is_some_and(|commitment| commitment.0 == Fr::from(0u64));
    if zero || present != roles.has(Role::Platform) {
        return Err(Reject::PlatformCommitment);
    }
    Ok(())
}
