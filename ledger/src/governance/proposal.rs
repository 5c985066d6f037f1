//! Proposals as the state holds them.

use super::Change;
use crate::codec::{bounded_vec, codec_newtype, codec_struct};
use crate::genesis::GrantPolicy;
use crate::ids::{BlockTime, Height, ValidatorId};
use crate::keys;
use crate::state::{self, StateError, StateRead};
use crate::validators::{MAX_VALIDATORS, Validators};
use bytes::BufMut;
use commonware_codec::{Buf, EncodeSize, Error, Read, ReadExt, Write};
use serde::Serialize;
use std::fmt;

/// Most proposals of one validator that may be open at a time.
pub const MAX_OPEN_PER_VALIDATOR: usize = 8;

/// Most proposals that may be open at a time: room for every validator's, so that no one's proposals keep out another's.
pub const MAX_OPEN_PROPOSALS: usize = MAX_OPEN_PER_VALIDATOR * MAX_VALIDATORS;

/// Number of a proposal, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct ProposalId(pub u64);
codec_newtype!(ProposalId(u64));

impl fmt::Display for ProposalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What became of a proposal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ProposalStatus {
    /// Votes count, unless its time is over.
    Open,
    /// A quorum has voted for it and it was done.
    Enacted,
    /// Its proposer took it back.
    Withdrawn,
}

impl Write for ProposalStatus {
    fn write(&self, buf: &mut impl BufMut) {
        buf.put_u8(match self {
            Self::Open => 0,
            Self::Enacted => 1,
            Self::Withdrawn => 2,
        });
    }
}

impl commonware_codec::FixedSize for ProposalStatus {
    const SIZE: usize = 1;
}

impl Read for ProposalStatus {
    type Cfg = ();
    fn read_cfg(buf: &mut impl Buf, _: &()) -> Result<Self, Error> {
        match u8::read(buf)? {
            0 => Ok(Self::Open),
            1 => Ok(Self::Enacted),
            2 => Ok(Self::Withdrawn),
            other => Err(Error::InvalidEnum(other)),
        }
    }
}

/// A proposal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProposalRecord {
    /// Its number.
    pub id: ProposalId,
    /// Who proposed it.
    pub proposer: ValidatorId,
    /// What is to be done.
    pub change: Change,
    /// Height at which it was proposed.
    pub proposed: Height,
    /// Last block time at which votes count.
    pub expires: BlockTime,
    /// Who voted for it, in order of the votes; the proposer first.
    pub votes: Votes,
    /// What became of it.
    pub status: ProposalStatus,
    /// Height at which it got this status.
    pub since: Height,
}
codec_struct!(ProposalRecord {
    id,
    proposer,
    change,
    proposed,
    expires,
    votes,
    status,
    since
});

impl ProposalRecord {
    /// Whether votes count at a block time.
    pub fn is_open(&self, time: BlockTime) -> bool {
        self.status == ProposalStatus::Open && time <= self.expires
    }

    /// Votes that are missing among these validators; votes of others do not count.
    pub fn missing(&self, active: &Validators) -> usize {
        let counted = self.votes.0.iter().filter(|id| active.get(**id).is_some());
        active.quorum().saturating_sub(counted.count())
    }
}

macro_rules! list {
    ($(#[$doc:meta])* $name:ident, $item:ty, $max:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
        #[serde(transparent)]
        pub struct $name(pub Vec<$item>);

        impl Write for $name {
            fn write(&self, buf: &mut impl BufMut) {
                self.0.write(buf);
            }
        }

        impl EncodeSize for $name {
            fn encode_size(&self) -> usize {
                self.0.encode_size()
            }
        }

        impl Read for $name {
            type Cfg = ();
            fn read_cfg(buf: &mut impl Buf, _: &()) -> Result<Self, Error> {
                bounded_vec(buf, $max).map(Self)
            }
        }
    };
}

/// Most votes of a proposal. Validators that left meanwhile have votes that no longer count; a proposal that would get more
/// is refused further ones.
pub(super) const MAX_VOTES: usize = 4 * MAX_VALIDATORS;

list!(
    /// Validators that voted for a proposal.
    Votes,
    ValidatorId,
    MAX_VOTES
);
list!(
    /// Proposals that were neither enacted nor withdrawn nor found expired, in ascending order.
    OpenProposals,
    ProposalId,
    MAX_OPEN_PROPOSALS
);

/// A proposal, if there is one of this number.
///
/// # Errors
/// [`StateError`] when the view fails.
pub fn proposal(
    view: &dyn StateRead,
    id: ProposalId,
) -> Result<Option<ProposalRecord>, StateError> {
    state::read(view, &keys::proposal(id.0))
}

/// The proposals that may be open. Expired ones can be among them: see [`ProposalRecord::is_open`].
///
/// # Errors
/// [`StateError`] when the view fails.
pub fn open_proposals(view: &dyn StateRead) -> Result<OpenProposals, StateError> {
    Ok(state::read(view, &keys::open_proposals())?.unwrap_or_default())
}

/// How many proposals a validator has ever made. The next one has to name this number.
///
/// # Errors
/// [`StateError`] when the view fails.
pub fn proposals_by(view: &dyn StateRead, validator: ValidatorId) -> Result<u64, StateError> {
    Ok(state::read(view, &keys::proposals_by(validator))?.unwrap_or_default())
}

/// What grants may say now.
///
/// # Errors
/// [`StateError::Corrupt`] when there is no policy: the view is not the state of a chain.
pub fn policy(view: &dyn StateRead) -> Result<GrantPolicy, StateError> {
    state::read(view, &keys::policy())?.ok_or(StateError::Corrupt("no policy"))
}
