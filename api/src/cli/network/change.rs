//! Changes as an operator writes them.

use clap::Subcommand;
use std::path::PathBuf;
use tacit_circuits::types::{MemberId, PurposeSet};
use tacit_ledger::genesis::GrantPolicy;
use tacit_ledger::governance::{
    Change, MoveValidator, RegisterMember, ReinstateMember, RemoveValidator, ReplaceMemberKeys,
    ReplaceValidatorKeys, SetPolicy, SuspendMember,
};
use tacit_ledger::ids::ValidatorId;
use tacit_ledger::text::PeerAddress;

use super::candidate::Candidate;
use crate::errors::{ApiError, ApiResult};
use crate::files;
use crate::follower::Follower;
use crate::member::Registration;

/// A change to propose.
#[derive(Clone, Debug, Subcommand)]
pub enum ChangeArgs {
    /// A validator joins with the next epoch.
    AddValidator {
        /// The validator.json it made.
        file: PathBuf,
    },
    /// A validator leaves with the next epoch.
    RemoveValidator {
        /// Its number.
        validator: u32,
    },
    /// A validator gets other keys with the next epoch.
    ReplaceValidatorKeys {
        /// Its number.
        validator: u32,
        /// The validator.json with the new keys.
        file: PathBuf,
    },
    /// A validator is reached elsewhere from the next epoch on.
    MoveValidator {
        /// Its number.
        validator: u32,
        /// Where the others reach it, host:port.
        address: String,
    },
    /// An organisation is admitted.
    RegisterMember {
        /// The member.json it made.
        file: PathBuf,
    },
    /// An organisation may no longer act.
    SuspendMember {
        /// Its id.
        member: u32,
    },
    /// A suspended organisation may act again.
    ReinstateMember {
        /// Its id.
        member: u32,
    },
    /// An organisation that lost its keys gets others.
    ReplaceMemberKeys {
        /// Its id.
        member: u32,
        /// The member.json with the new keys.
        file: PathBuf,
    },
    /// Grants and accesses are encrypted to another audit key from now on.
    AuditKey {
        /// The audit-key.json that the reviewer made.
        file: PathBuf,
    },
    /// Grants get other bounds. What is not given stays as it is.
    SetPolicy {
        /// Longest time from a grant's start to its end, in seconds.
        #[arg(long)]
        max_duration_secs: Option<u64>,
        /// Furthest that a grant's start may lie from the anchor's time, in seconds.
        #[arg(long)]
        max_start_offset_secs: Option<u64>,
        /// Purposes that grants may have, as a bit mask.
        #[arg(long)]
        purposes: Option<u32>,
    },
}

impl ChangeArgs {
    /// The change; files are read, and what is left out stays as the state has it.
    ///
    /// # Errors
    /// When an argument or a file is not as it must be, or the node does not deliver.
    pub async fn read(&self, follower: &Follower) -> ApiResult<Change> {
        Ok(match self {
            Self::AddValidator { file } => {
                let candidate: Candidate = files::read_json(file, files::MAX_SMALL_FILE)?;
                Change::AddValidator(candidate.into())
            }
            Self::RemoveValidator { validator } => RemoveValidator {
                validator: validator_id(*validator)?,
            }
            .into(),
            Self::ReplaceValidatorKeys { validator, file } => {
                let candidate: Candidate = files::read_json(file, files::MAX_SMALL_FILE)?;
                ReplaceValidatorKeys {
                    validator: validator_id(*validator)?,
                    consensus_key: candidate.consensus_key,
                    governance_key: candidate.governance_key,
                }
                .into()
            }
            Self::MoveValidator { validator, address } => MoveValidator {
                validator: validator_id(*validator)?,
                address: PeerAddress::new(address)
                    .map_err(|error| ApiError::bad_field("address", error.to_string()))?,
            }
            .into(),
            Self::RegisterMember { file } => {
                let Registration { name, roles, keys } =
                    files::read_json(file, files::MAX_SMALL_FILE)?;
                RegisterMember { name, roles, keys }.into()
            }
            Self::SuspendMember { member } => SuspendMember {
                member: member_id(*member)?,
            }
            .into(),
            Self::ReinstateMember { member } => ReinstateMember {
                member: member_id(*member)?,
            }
            .into(),
            Self::ReplaceMemberKeys { member, file } => {
                let registration: Registration = files::read_json(file, files::MAX_SMALL_FILE)?;
                ReplaceMemberKeys {
                    member: member_id(*member)?,
                    keys: registration.keys,
                }
                .into()
            }
            Self::AuditKey { file } => {
                Change::RegisterAuditKey(files::read_json(file, files::MAX_SMALL_FILE)?)
            }
            Self::SetPolicy {
                max_duration_secs,
                max_start_offset_secs,
                purposes,
            } => {
                let now = follower.standing().await?.policy;
                let policy = GrantPolicy {
                    max_duration_secs: max_duration_secs.unwrap_or(now.max_duration_secs),
                    max_start_offset_secs: max_start_offset_secs
                        .unwrap_or(now.max_start_offset_secs),
                    purposes: purposes.map_or(now.purposes, PurposeSet),
                };
                SetPolicy { policy }.into()
            }
        })
    }
}

fn validator_id(number: u32) -> ApiResult<ValidatorId> {
    ValidatorId::new(number).ok_or_else(|| ApiError::bad_field("validator", "is no number"))
}

fn member_id(number: u32) -> ApiResult<MemberId> {
    MemberId::new(number).map_err(|error| ApiError::bad_field("member", error.to_string()))
}
