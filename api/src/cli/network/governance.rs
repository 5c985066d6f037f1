//! What a validator's operator does: look at the validators and the proposals, propose, approve, withdraw. All that is shown
//! is proven to a light client, so that nobody approves what a node made up.

use clap::{Args, Subcommand};
use serde::Serialize;
use std::fmt;
use std::path::PathBuf;
use tacit_circuits::types::{MemberId, PurposeSet};
use tacit_ledger::genesis::GrantPolicy;
use tacit_ledger::governance::{
    Change, MoveValidator, ProposalId, RegisterMember, ReinstateMember, RemoveValidator,
    ReplaceMemberKeys, ReplaceValidatorKeys, SetPolicy, SuspendMember,
};
use tacit_ledger::ids::{BlockTime, Epoch, Height, ValidatorId};
use tacit_ledger::outcome::Outcome;
use tacit_ledger::text::PeerAddress;
use tacit_ledger::validators::Validators;

use super::candidate::Candidate;
use crate::cli::place::Place;
use crate::errors::{ApiError, ApiResult};
use crate::files;
use crate::follower::Follower;
use crate::governor::Governor;
use crate::member::Registration;
use crate::net::NetDir;
use crate::submit::Submitted;

/// Arguments of `network propose`.
#[derive(Clone, Debug, Args)]
pub struct ProposeArgs {
    /// Where the operator works.
    #[command(flatten)]
    pub place: Place,
    /// What to propose.
    #[command(subcommand)]
    pub change: ChangeArgs,
}

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

/// Arguments of `network approve` and `network withdraw`.
#[derive(Clone, Debug, Args)]
pub struct VoteArgs {
    /// Number of the proposal.
    pub proposal: u64,
    /// Where the operator works.
    #[command(flatten)]
    pub place: Place,
}

/// Arguments of the lists.
#[derive(Clone, Debug, Args)]
pub struct ListArgs {
    /// The net folder.
    #[arg(long)]
    pub net: PathBuf,
}

/// What came of a proposal or a vote.
#[derive(Debug, Serialize)]
pub struct Voted {
    /// The change it is about; none for a withdrawal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change: Option<Change>,
    /// Where the vote stands and what it did.
    pub submitted: Submitted,
}

impl fmt::Display for Voted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.change.as_ref().map_or("change", Change::name);
        let height = self.submitted.height;
        match self.submitted.outcome {
            Outcome::Voted { proposal, missing } => write!(
                f,
                "proposal {proposal} ({name}): {missing} more votes are needed (height {height})"
            ),
            Outcome::Enacted { proposal, .. } => {
                write!(
                    f,
                    "proposal {proposal} ({name}) is enacted (height {height})"
                )
            }
            Outcome::Withdrawn { proposal } => {
                write!(f, "proposal {proposal} is withdrawn (height {height})")
            }
            // The ledger gives no other outcome to these actions.
            _ => write!(f, "done (height {height})"),
        }
    }
}

/// `network propose`: proposes a change.
///
/// # Errors
/// When an argument is not as it must be, or the ledger refuses the change.
pub async fn propose(args: &ProposeArgs) -> ApiResult<Voted> {
    let governor = Governor::connect(&args.place).await?;
    let change = args.change.read(governor.follower()).await?;
    let submitted = governor.propose(change.clone()).await?;
    Ok(Voted {
        change: Some(change),
        submitted,
    })
}

/// `network approve`: votes for a proposal.
///
/// # Errors
/// When the ledger refuses the vote.
pub async fn approve(args: &VoteArgs) -> ApiResult<Voted> {
    let governor = Governor::connect(&args.place).await?;
    let proposal = governor
        .follower()
        .proposal(ProposalId(args.proposal))
        .await?;
    let submitted = governor.approve(&proposal).await?;
    Ok(Voted {
        change: Some(proposal.change),
        submitted,
    })
}

/// `network withdraw`: takes a proposal back.
///
/// # Errors
/// When the ledger refuses it.
pub async fn withdraw(args: &VoteArgs) -> ApiResult<Voted> {
    let governor = Governor::connect(&args.place).await?;
    let submitted = governor.withdraw(ProposalId(args.proposal)).await?;
    Ok(Voted {
        change: None,
        submitted,
    })
}

impl ChangeArgs {
    async fn read(&self, follower: &Follower) -> ApiResult<Change> {
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
                let now = follower.policy().await?;
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

/// The proposals that are open.
#[derive(Debug, Serialize)]
pub struct Proposals {
    /// Height of the state that was read.
    pub height: Height,
    /// The proposals, in order of their numbers.
    pub proposals: Vec<Open>,
}

/// An open proposal.
#[derive(Debug, Serialize)]
pub struct Open {
    /// Its number.
    pub proposal: ProposalId,
    /// Who proposed it.
    pub proposer: ValidatorId,
    /// What is to be done.
    #[serde(flatten)]
    pub change: Change,
    /// Who voted for it.
    pub votes: Vec<ValidatorId>,
    /// Votes that are missing.
    pub missing: usize,
    /// Last block time at which votes count.
    pub expires: BlockTime,
}

impl fmt::Display for Proposals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.proposals.is_empty() {
            return write!(f, "no proposal is open (height {})", self.height);
        }
        for open in &self.proposals {
            let content = serde_json::to_string(&open.change).map_err(|_| fmt::Error)?;
            writeln!(
                f,
                "proposal {} by validator {}: {content}; {} more votes are needed",
                open.proposal, open.proposer, open.missing
            )?;
        }
        Ok(())
    }
}

/// `network proposals`: the open ones.
///
/// # Errors
/// When the node does not deliver.
pub async fn proposals(args: &ListArgs) -> ApiResult<Proposals> {
    let follower = Follower::connect(&NetDir::new(&args.net), None).await?;
    let tip = follower.sync().await?;
    let active = follower.validators().await?;
    let mut found = Vec::new();
    for id in follower.open_proposals().await?.0 {
        let record = follower.proposal(id).await?;
        if record.is_open(tip.header().time) {
            found.push(Open {
                proposal: id,
                proposer: record.proposer,
                missing: record.missing(&active),
                votes: record.votes.0,
                expires: record.expires,
                change: record.change,
            });
        }
    }
    Ok(Proposals {
        height: tip.header().height,
        proposals: found,
    })
}

/// The validators and the policy.
#[derive(Debug, Serialize)]
pub struct Standing {
    /// Height of the state that was read.
    pub height: Height,
    /// Its epoch.
    pub epoch: Epoch,
    /// First height of the next epoch.
    pub next_epoch_from: Height,
    /// Votes that decide in this epoch.
    pub quorum: usize,
    /// The validators of this epoch.
    pub active: Validators,
    /// The validators of the next, as far as it is decided.
    pub scheduled: Validators,
    /// What grants may say.
    pub policy: GrantPolicy,
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "epoch {} (height {}); {} votes decide",
            self.epoch, self.height, self.quorum
        )?;
        list(f, &self.active)?;
        if self.scheduled != self.active {
            writeln!(f, "from height {} on:", self.next_epoch_from)?;
            list(f, &self.scheduled)?;
        }
        write!(
            f,
            "grants: at most {} s, beginning at most {} s from now, purposes {:#010x}",
            self.policy.max_duration_secs,
            self.policy.max_start_offset_secs,
            self.policy.purposes.0
        )
    }
}

fn list(f: &mut fmt::Formatter<'_>, validators: &Validators) -> fmt::Result {
    for validator in validators.as_slice() {
        writeln!(
            f,
            "  {}: {} at {}",
            validator.id, validator.name, validator.address
        )?;
    }
    Ok(())
}

/// `network validators`: those of this epoch and of the next, and the policy.
///
/// # Errors
/// When the node does not deliver.
pub async fn validators(args: &ListArgs) -> ApiResult<Standing> {
    let follower = Follower::connect(&NetDir::new(&args.net), None).await?;
    let tip = follower.sync().await?;
    let active = follower.validators().await?;
    let epochs = follower.spec().epochs();
    Ok(Standing {
        height: tip.header().height,
        epoch: tip.header().epoch,
        next_epoch_from: epochs.last(tip.header().epoch).next(),
        quorum: active.quorum(),
        scheduled: follower.scheduled_validators().await?,
        active,
        policy: follower.policy().await?,
    })
}
