//! Proposing, approving, withdrawing: counting votes and enacting what a quorum wants.

use super::proposal::MAX_VOTES;
use super::{
    Change, MAX_OPEN_PER_VALIDATOR, MAX_OPEN_PROPOSALS, OpenProposals, ProposalId, ProposalRecord,
    ProposalStatus, Votes, open_proposals, proposal, proposals_by,
};
use crate::env::Env;
use crate::ids::{BlockTime, ValidatorId};
use crate::keys;
use crate::outcome::Outcome;
use crate::reject::Reject;
use crate::state;
use tacit_circuits::types::Digest32;

/// Enters a proposal with the proposer's vote.
pub(crate) fn propose(
    env: &mut Env<'_, '_>,
    proposer: ValidatorId,
    sequence: u64,
    change: &Change,
) -> Result<Outcome, Reject> {
    let made = proposals_by(env.state, proposer)?;
    if sequence != made {
        return Err(Reject::ProposalSequence { next: made });
    }
    env.counters.proposals += 1;
    let lifetime_ms = u64::from(env.spec.genesis().proposal_lifetime_secs) * 1000;
    let record = ProposalRecord {
        id: ProposalId(env.counters.proposals),
        proposer,
        change: change.clone(),
        proposed: env.height,
        expires: BlockTime(env.time.0.saturating_add(lifetime_ms)),
        votes: Votes(vec![proposer]),
        status: ProposalStatus::Open,
        since: env.height,
    };
    state::write(env.state, keys::proposals_by(proposer), &(made + 1));
    // Where one vote decides, the change is tried by doing it, and the proposal is never open.
    if record.missing(&state::validators(env.state)?) > 0 {
        env.try_out(|env| change.enact(env))?;
        let mut open = still_open(env)?;
        let own = open.iter().filter(|record| record.proposer == proposer);
        if own.count() >= MAX_OPEN_PER_VALIDATOR || open.len() >= MAX_OPEN_PROPOSALS {
            return Err(Reject::TooManyProposals);
        }
        open.push(record.clone());
        write_open(env, &open);
    }
    count(env, record)
}

/// Adds a vote.
pub(crate) fn approve(
    env: &mut Env<'_, '_>,
    voter: ValidatorId,
    id: ProposalId,
    digest: &Digest32,
) -> Result<Outcome, Reject> {
    let mut record = open_proposal(env, id)?;
    if record.change.digest() != *digest {
        return Err(Reject::ProposalDigest(id));
    }
    if !record.votes.0.contains(&voter) {
        if record.votes.0.len() >= MAX_VOTES {
            return Err(Reject::ProposalClosed(id));
        }
        record.votes.0.push(voter);
    } else if record.missing(&state::validators(env.state)?) > 0 {
        // Where nothing is missing, the set has shrunk since the last vote: then anybody's word enacts it.
        return Err(Reject::VotedAlready(id));
    }
    count(env, record)
}

/// Takes a proposal back.
pub(crate) fn withdraw(
    env: &mut Env<'_, '_>,
    validator: ValidatorId,
    id: ProposalId,
) -> Result<Outcome, Reject> {
    let record = open_proposal(env, id)?;
    if record.proposer != validator {
        return Err(Reject::NotProposer(id));
    }
    close(env, record, ProposalStatus::Withdrawn)?;
    Ok(Outcome::Withdrawn { proposal: id })
}

/// Enacts a proposal when nothing is missing, else remembers its votes.
fn count(env: &mut Env<'_, '_>, record: ProposalRecord) -> Result<Outcome, Reject> {
    let proposal = record.id;
    let missing = record.missing(&state::validators(env.state)?);
    if missing > 0 {
        state::write(env.state, keys::proposal(proposal.0), &record);
        return Ok(Outcome::Voted {
            proposal,
            // At most 128.
            missing: u32::try_from(missing).unwrap_or(u32::MAX),
        });
    }
    let effect = record.change.enact(env)?;
    close(env, record, ProposalStatus::Enacted)?;
    Ok(Outcome::Enacted { proposal, effect })
}

fn open_proposal(env: &Env<'_, '_>, id: ProposalId) -> Result<ProposalRecord, Reject> {
    let record = proposal(env.state, id)?.ok_or(Reject::UnknownProposal(id))?;
    if record.status != ProposalStatus::Open {
        return Err(Reject::ProposalClosed(id));
    }
    if !record.is_open(env.time) {
        return Err(Reject::ProposalExpired(id));
    }
    Ok(record)
}

fn close(
    env: &mut Env<'_, '_>,
    mut record: ProposalRecord,
    status: ProposalStatus,
) -> Result<(), Reject> {
    record.status = status;
    record.since = env.height;
    state::write(env.state, keys::proposal(record.id.0), &record);
    let mut open = still_open(env)?;
    open.retain(|other| other.id != record.id);
    write_open(env, &open);
    Ok(())
}

/// The open proposals without those whose time is over.
fn still_open(env: &Env<'_, '_>) -> Result<Vec<ProposalRecord>, Reject> {
    let mut open = Vec::new();
    for id in open_proposals(env.state)?.0 {
        if let Some(record) = proposal(env.state, id)?.filter(|record| record.is_open(env.time)) {
            open.push(record);
        }
    }
    Ok(open)
}

fn write_open(env: &mut Env<'_, '_>, open: &[ProposalRecord]) {
    let ids = open.iter().map(|record| record.id).collect();
    state::write(env.state, keys::open_proposals(), &OpenProposals(ids));
}
