//! Reading what the validators decide about: themselves, the members, the policy, the proposals. All of it is proven.

use tacit_circuits::types::{AuditKeyId, MemberId};
use tacit_ledger::codec::decode_slice;
use tacit_ledger::genesis::GrantPolicy;
use tacit_ledger::governance::{OpenProposals, ProposalId, ProposalRecord};
use tacit_ledger::header::Header;
use tacit_ledger::ids::ValidatorId;
use tacit_ledger::keys::{self, StateKey};
use tacit_ledger::member::MemberRecord;
use tacit_ledger::state::Counters;
use tacit_ledger::validators::Validators;

use super::{Follower, lied};
use crate::errors::{ApiError, ApiResult, catalogue as reason};
use crate::limits::FEW_STATE_PROOFS;

/// What counts in the state after one block.
#[derive(Clone, Debug)]
pub struct Standing {
    /// The block's header.
    pub header: Header,
    /// The validators of its epoch.
    pub active: Validators,
    /// The validators of the epoch after, as far as it is decided.
    pub scheduled: Validators,
    /// What grants may say.
    pub policy: GrantPolicy,
    /// The key that grants and accesses are encrypted to, if one is registered.
    pub audit_key: Option<AuditKeyId>,
}

impl Follower {
    /// Validators, policy and audit key of the newest state.
    ///
    /// # Errors
    /// When the node does not deliver.
    pub async fn standing(&self) -> ApiResult<Standing> {
        let wanted = [
            keys::active_validators(),
            keys::scheduled_validators(),
            keys::policy(),
            keys::current_audit_key(),
        ];
        let (header, values) = self.values(&wanted).await?;
        let [active, scheduled, policy, audit_key]: [Option<Vec<u8>>; 4] =
            values.try_into().map_err(|_| lied())?;
        Ok(Standing {
            header,
            active: present(active)?,
            scheduled: present(scheduled)?,
            policy: present(policy)?,
            audit_key: audit_key.as_deref().map(read).transpose()?,
        })
    }

    /// The validators of the newest state's epoch.
    ///
    /// # Errors
    /// When the node does not deliver.
    pub async fn validators(&self) -> ApiResult<Validators> {
        self.record(&keys::active_validators())
            .await?
            .ok_or_else(lied)
    }

    /// How many proposals a validator has made.
    ///
    /// # Errors
    /// When the node does not deliver.
    pub async fn proposals_by(&self, validator: ValidatorId) -> ApiResult<u64> {
        let made = self.record(&keys::proposals_by(validator)).await?;
        Ok(made.unwrap_or_default())
    }

    /// A proposal by its number.
    ///
    /// # Errors
    /// PROPOSAL_UNKNOWN when there is none; when the node does not deliver.
    pub async fn proposal(&self, id: ProposalId) -> ApiResult<ProposalRecord> {
        self.record(&keys::proposal(id.0))
            .await?
            .ok_or_else(|| ApiError::plain(&reason::PROPOSAL_UNKNOWN))
    }

    /// The proposals that are open, in order of their numbers.
    ///
    /// # Errors
    /// When the node does not deliver.
    pub async fn open_proposals(&self) -> ApiResult<Vec<ProposalRecord>> {
        let open: Option<OpenProposals> = self.record(&keys::open_proposals()).await?;
        let wanted: Vec<StateKey> = open
            .unwrap_or_default()
            .0
            .iter()
            .map(|id| keys::proposal(id.0))
            .collect();
        let mut found: Vec<ProposalRecord> = Vec::new();
        for some in wanted.chunks(FEW_STATE_PROOFS) {
            let (header, values) = self.values(some).await?;
            for value in values {
                let record: ProposalRecord = present(value)?;
                if record.is_open(header.time) {
                    found.push(record);
                }
            }
        }
        Ok(found)
    }

    /// All members, in order of their ids.
    ///
    /// # Errors
    /// When the node does not deliver.
    pub async fn members(&self) -> ApiResult<Vec<MemberRecord>> {
        let counters: Counters = self.record(&keys::counters()).await?.ok_or_else(lied)?;
        // Ids are given out without gaps.
        let ids = (1..=counters.members).filter_map(|id| MemberId::new(id).ok());
        let wanted: Vec<StateKey> = ids.map(keys::member).collect();
        let mut found = Vec::new();
        for some in wanted.chunks(FEW_STATE_PROOFS) {
            let (_, values) = self.values(some).await?;
            for value in values {
                found.push(present(value)?);
            }
        }
        Ok(found)
    }
}

fn present<T: commonware_codec::Read<Cfg = ()>>(value: Option<Vec<u8>>) -> ApiResult<T> {
    read(&value.ok_or_else(lied)?)
}

fn read<T: commonware_codec::Read<Cfg = ()>>(bytes: &[u8]) -> ApiResult<T> {
    decode_slice(bytes).map_err(|_| lied())
}
