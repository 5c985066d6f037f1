//! What anybody sees of a network: its validators, its members, the open proposals. All of it is proven to a light client.

use clap::Args;
use serde::Serialize;
use std::fmt;
use std::path::PathBuf;
use tacit_circuits::types::{AuditKeyId, Digest32, MemberId};
use tacit_ledger::genesis::GrantPolicy;
use tacit_ledger::governance::{Change, ProposalId};
use tacit_ledger::ids::{BlockTime, Epoch, Height, ValidatorId};
use tacit_ledger::member::{MemberKeys, MemberRecord, MemberStatus, Role, Roles};
use tacit_ledger::text::Name;
use tacit_ledger::validators::Validators;

use crate::cli::output::utc;
use crate::errors::ApiResult;
use crate::follower::Follower;
use crate::net::NetDir;

/// Arguments of the lists.
#[derive(Clone, Debug, Args)]
pub struct ListArgs {
    /// The net folder.
    #[arg(long)]
    pub net: PathBuf,
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
    /// Digest of the change, which approvers sign: compare it with others over another channel.
    pub digest: Digest32,
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
                "proposal {} by validator {}: {content}\n  digest {}\n  {} more votes are needed until {}",
                open.proposal,
                open.proposer,
                open.digest,
                open.missing,
                utc(open.expires.timestamp())
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
    let standing = follower.standing().await?;
    let open = follower.open_proposals().await?.into_iter();
    let proposals = open.map(|record| Open {
        proposal: record.id,
        proposer: record.proposer,
        digest: record.change.digest(),
        missing: record.missing(&standing.active),
        votes: record.votes.0,
        expires: record.expires,
        change: record.change,
    });
    Ok(Proposals {
        height: standing.header.height,
        proposals: proposals.collect(),
    })
}

/// The validators, the policy and the audit key.
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
    /// Id of the key that grants and accesses are encrypted to, if one is registered.
    pub audit_key: Option<AuditKeyId>,
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
        writeln!(
            f,
            "grants: at most {} s, beginning at most {} s from now, purposes {:#010x}",
            self.policy.max_duration_secs,
            self.policy.max_start_offset_secs,
            self.policy.purposes.0
        )?;
        match &self.audit_key {
            Some(key) => write!(f, "audit key: {key}"),
            None => write!(
                f,
                "audit key: none is registered, so nothing can be granted"
            ),
        }
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

/// `network validators`: those of this epoch and of the next, the policy, and the audit key.
///
/// # Errors
/// When the node does not deliver.
pub async fn validators(args: &ListArgs) -> ApiResult<Standing> {
    let follower = Follower::connect(&NetDir::new(&args.net), None).await?;
    let now = follower.standing().await?;
    let (height, epoch) = (now.header.height, now.header.epoch);
    Ok(Standing {
        height,
        epoch,
        next_epoch_from: follower.spec().epochs().last(epoch).next(),
        quorum: now.active.quorum(),
        active: now.active,
        scheduled: now.scheduled,
        policy: now.policy,
        audit_key: now.audit_key,
    })
}

/// The members.
#[derive(Debug, Serialize)]
pub struct Members {
    /// The members, in order of their ids.
    pub members: Vec<Member>,
}

/// A member.
#[derive(Debug, Serialize)]
pub struct Member {
    /// Its id.
    pub member: MemberId,
    /// Its name.
    pub name: Name,
    /// What it may do.
    pub roles: Roles,
    /// Whether it may act.
    pub status: MemberStatus,
    /// Height of its registration.
    pub registered: Height,
    /// Its keys.
    pub keys: MemberKeys,
    /// First height at which they counted.
    pub keys_from: Height,
    /// How many sets of keys it had before.
    pub past_keys: usize,
}

impl From<MemberRecord> for Member {
    fn from(record: MemberRecord) -> Self {
        Self {
            member: record.id,
            name: record.name,
            roles: record.roles,
            status: record.status,
            registered: record.registered,
            keys: record.keys,
            keys_from: record.keys_from,
            past_keys: record.past_keys.0.len(),
        }
    }
}

impl fmt::Display for Members {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.members.is_empty() {
            return write!(f, "no member is registered");
        }
        for member in &self.members {
            let roles: Vec<_> = member.roles.iter().map(Role::name).collect();
            let suspended = match member.status {
                MemberStatus::Active => "",
                MemberStatus::Suspended => ", SUSPENDED",
            };
            writeln!(
                f,
                "{}: {} ({}){suspended}, since height {}, keys since {}: signing {}, sealing {}",
                member.member,
                member.name,
                roles.join(", "),
                member.registered,
                member.keys_from,
                hex::encode(member.keys.signing.as_bytes()),
                hex::encode(member.keys.hpke.as_bytes()),
            )?;
        }
        Ok(())
    }
}

/// `network members`: all of them, the suspended ones too.
///
/// # Errors
/// When the node does not deliver.
pub async fn members(args: &ListArgs) -> ApiResult<Members> {
    let follower = Follower::connect(&NetDir::new(&args.net), None).await?;
    let members = follower.members().await?;
    Ok(Members {
        members: members.into_iter().map(Member::from).collect(),
    })
}
