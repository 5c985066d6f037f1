//! Governance: what the validators decide together, and how.
//!
//! A change is proposed by one validator and enacted in the very transaction that brings it the votes of a quorum of the
//! active validators. One file a change, each in the same layout: the change and its encoding, then `enact`, which checks
//! the rules and does it. The same rules are checked when a change is proposed (tried and discarded) and when it is enacted.

mod proposal;
mod tally;

pub mod add_validator;
pub mod move_validator;
pub mod register_audit_key;
pub mod register_member;
pub mod reinstate_member;
pub mod remove_validator;
pub mod replace_member_keys;
pub mod replace_validator_keys;
pub mod set_policy;
pub mod suspend_member;

pub use add_validator::AddValidator;
pub use move_validator::MoveValidator;
pub use proposal::{
    MAX_OPEN_PER_VALIDATOR, MAX_OPEN_PROPOSALS, OpenProposals, ProposalId, ProposalRecord,
    ProposalStatus, Votes, open_proposals, policy, proposal, proposals_by,
};
pub use register_audit_key::RegisterAuditKey;
pub use register_member::RegisterMember;
pub use reinstate_member::ReinstateMember;
pub use remove_validator::RemoveValidator;
pub use replace_member_keys::ReplaceMemberKeys;
pub use replace_validator_keys::ReplaceValidatorKeys;
pub use set_policy::SetPolicy;
pub use suspend_member::SuspendMember;
pub(crate) use tally::{approve, propose, withdraw};

use crate::codec::encode_vec;
use crate::env::Env;
use crate::ids::{Epoch, ValidatorId};
use crate::reject::Reject;
use crate::state;
use crate::validators::{ValidatorSetError, Validators};
use bytes::BufMut;
use commonware_codec::{Buf, EncodeSize, Error, Read, ReadExt, Write};
use serde::Serialize;
use tacit_circuits::tags::{self, tagged_sha256};
use tacit_circuits::types::{AuditKeyId, Digest32, MemberId};

macro_rules! changes {
    ($($(#[$doc:meta])* $number:literal => $name:ident, $text:literal;)*) => {
        /// What validators can decide. The number in front of its encoding names the change and never changes.
        #[derive(Clone, Debug, PartialEq, Eq, Serialize)]
        #[serde(tag = "change", rename_all = "snake_case")]
        pub enum Change {
            $($(#[$doc])* $name($name),)*
        }

        impl Change {
            /// Name of the change, stable, in lower case with underscores.
            pub fn name(&self) -> &'static str {
                match self {
                    $(Self::$name(_) => $text,)*
                }
            }

            fn enact(&self, env: &mut Env<'_, '_>) -> Result<Effect, Reject> {
                match self {
                    $(Self::$name(change) => change.enact(env),)*
                }
            }
        }

        impl Write for Change {
            fn write(&self, buf: &mut impl BufMut) {
                match self {
                    $(Self::$name(change) => {
                        buf.put_u8($number);
                        change.write(buf);
                    })*
                }
            }
        }

        impl EncodeSize for Change {
            fn encode_size(&self) -> usize {
                1 + match self {
                    $(Self::$name(change) => change.encode_size(),)*
                }
            }
        }

        impl Read for Change {
            type Cfg = ();
            fn read_cfg(buf: &mut impl Buf, _: &()) -> Result<Self, Error> {
                match u8::read(buf)? {
                    $($number => $name::read(buf).map(Self::$name),)*
                    other => Err(Error::InvalidEnum(other)),
                }
            }
        }

        $(impl From<$name> for Change {
            fn from(change: $name) -> Self {
                Self::$name(change)
            }
        })*
    };
}

changes! {
    /// A validator joins.
    1 => AddValidator, "add_validator";
    /// A validator leaves.
    2 => RemoveValidator, "remove_validator";
    /// A validator gets other keys.
    3 => ReplaceValidatorKeys, "replace_validator_keys";
    /// A validator is reached elsewhere.
    4 => MoveValidator, "move_validator";
    /// A member is admitted.
    5 => RegisterMember, "register_member";
    /// A member is suspended.
    6 => SuspendMember, "suspend_member";
    /// A suspended member may act again.
    7 => ReinstateMember, "reinstate_member";
    /// A member that lost its keys gets others.
    8 => ReplaceMemberKeys, "replace_member_keys";
    /// Grants get other bounds.
    9 => SetPolicy, "set_policy";
    /// Grants and accesses are encrypted to another audit key.
    10 => RegisterAuditKey, "register_audit_key";
}

impl Change {
    /// Name of this very change, which approvers sign: whoever approves has seen what he approves.
    pub fn digest(&self) -> Digest32 {
        tagged_sha256(tags::GOVERNANCE_CHANGE, &[&encode_vec(self)])
    }
}

/// What an enacted change did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Effect {
    /// A member was registered, or its record changed.
    Member {
        /// The member.
        member: MemberId,
    },
    /// The validators of the next epoch are others.
    Validator {
        /// The validator that joins, leaves or changes.
        validator: ValidatorId,
        /// The first epoch for which it counts.
        from: Epoch,
    },
    /// The policy is another one from the next transaction on.
    Policy,
    /// An audit key was registered and is the current one from the next transaction on.
    AuditKey {
        /// Its id.
        id: AuditKeyId,
    },
}

impl Write for Effect {
    fn write(&self, buf: &mut impl BufMut) {
        match self {
            Self::Member { member } => {
                buf.put_u8(1);
                member.write(buf);
            }
            Self::Validator { validator, from } => {
                buf.put_u8(2);
                validator.write(buf);
                from.write(buf);
            }
            Self::Policy => buf.put_u8(3),
            Self::AuditKey { id } => {
                buf.put_u8(4);
                id.write(buf);
            }
        }
    }
}

impl EncodeSize for Effect {
    fn encode_size(&self) -> usize {
        1 + match self {
            Self::Member { member } => member.encode_size(),
            Self::Validator { validator, from } => validator.encode_size() + from.encode_size(),
            Self::Policy => 0,
            Self::AuditKey { id } => id.encode_size(),
        }
    }
}

impl Read for Effect {
    type Cfg = ();
    fn read_cfg(buf: &mut impl Buf, _: &()) -> Result<Self, Error> {
        Ok(match u8::read(buf)? {
            1 => Self::Member {
                member: ReadExt::read(buf)?,
            },
            2 => Self::Validator {
                validator: ReadExt::read(buf)?,
                from: ReadExt::read(buf)?,
            },
            3 => Self::Policy,
            4 => Self::AuditKey {
                id: ReadExt::read(buf)?,
            },
            other => return Err(Error::InvalidEnum(other)),
        })
    }
}

/// Changes the validators of the next epoch; `edit` gives the validator that it is about.
fn reschedule(
    env: &mut Env<'_, '_>,
    edit: impl FnOnce(&mut Vec<crate::validators::Validator>) -> Result<ValidatorId, Reject>,
) -> Result<Effect, Reject> {
    let mut validators = state::scheduled_validators(env.state)?.as_slice().to_vec();
    let validator = edit(&mut validators)?;
    let scheduled = Validators::new(validators).map_err(|error| match error {
        ValidatorSetError::Size(0) => Reject::LastValidator,
        ValidatorSetError::Size(_) => Reject::TooManyValidators,
        ValidatorSetError::Shared(what) => Reject::ValidatorShares(what),
        // Numbers are given out in order and never moved.
        _ => Reject::ValidatorShares("number"),
    })?;
    state::write(env.state, crate::keys::scheduled_validators(), &scheduled);
    let now = env.spec.epochs().of(env.height);
    Ok(Effect::Validator {
        validator,
        from: Epoch(now.0.saturating_add(1)),
    })
}
