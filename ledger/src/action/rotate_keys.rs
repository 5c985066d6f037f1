//! RotateKeys: a member replaces its keys; the old ones stay in its history with the heights at which they counted.

use super::register_member::check_platform_commitment;
use crate::check::{Checking, Evidence};
use crate::codec::codec_struct;
use crate::env::Env;
use crate::keys;
use crate::member::{MAX_KEY_HISTORY, MemberKeys, PastKeys};
use crate::outcome::Outcome;
use crate::reject::Reject;
use crate::state;
use tacit_circuits::types::MemberId;

/// Replaces a member's keys, from this block on. Signed by the member under its current key, or by the operator when the
/// member has lost it. Give unchanged keys again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RotateKeys {
    /// The member.
    pub member: MemberId,
    /// Its keys from now on.
    pub keys: MemberKeys,
}
codec_struct!(RotateKeys { member, keys });

impl RotateKeys {
    pub(crate) fn check(&self, checking: &Checking<'_>) -> Result<Evidence, Reject> {
        if checking.names_operator() {
            return checking.operator();
        }
        if checking
            .named_member()
            .is_some_and(|signer| signer != self.member)
        {
            return Err(Reject::Authorization {
                expected: "the member itself or the operator",
            });
        }
        checking.member(None)
    }

    pub(crate) fn apply(
        &self,
        env: &mut Env<'_, '_>,
        evidence: &Evidence,
    ) -> Result<Outcome, Reject> {
        let mut record = env.active_member(self.member)?;
        match evidence {
            Evidence::Operator => {}
            Evidence::Member { id, key } if *id == self.member => {
                if *key != record.keys.signing {
                    return Err(Reject::Stale);
                }
            }
            _ => {
                return Err(Reject::Authorization {
                    expected: "the member itself or the operator",
                });
            }
        }
        check_platform_commitment(record.roles, &self.keys)?;
        if record.keys == self.keys {
            return Err(Reject::SameKeys);
        }
        if record.past_keys.0.len() >= MAX_KEY_HISTORY {
            return Err(Reject::TooManyRotations);
        }
        let old = std::mem::replace(&mut record.keys, self.keys.clone());
        record.past_keys.0.push(PastKeys {
            keys: old,
            from: record.keys_from,
            until: env.height,
        });
        record.keys_from = env.height;
        state::write(env.state, keys::member(self.member), &record);
        env.set_platform(&record);
        Ok(Outcome::Member {
            member: self.member,
        })
    }
}
