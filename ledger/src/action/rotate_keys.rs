//! RotateKeys: a member replaces its keys; the old ones stay in its history with the heights at which they counted.

use crate::check::{Checking, Evidence};
use crate::codec::codec_struct;
use crate::env::Env;
use crate::member::MemberKeys;
use crate::outcome::Outcome;
use crate::reject::Reject;
use tacit_circuits::types::MemberId;

/// Replaces a member's keys, from this block on. Signed by the member under its current key. Give unchanged keys again.
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
        if checking
            .named_member()
            .is_some_and(|signer| signer != self.member)
        {
            return Err(Reject::Authorization {
                expected: "the member itself",
            });
        }
        checking.member(None)
    }

    pub(crate) fn apply(
        &self,
        env: &mut Env<'_, '_>,
        evidence: &Evidence,
    ) -> Result<Outcome, Reject> {
        let record = env.active_member(self.member)?;
        match evidence {
            Evidence::Member { id, key } if *id == self.member => {
                if *key != record.keys.signing {
                    return Err(Reject::Stale);
                }
            }
            _ => {
                return Err(Reject::Authorization {
                    expected: "the member itself",
                });
            }
        }
        env.replace_keys(record, &self.keys)?;
        Ok(Outcome::Member {
            member: self.member,
        })
    }
}
