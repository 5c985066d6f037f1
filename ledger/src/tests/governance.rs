//! Voting: who may, what counts, and when a proposal is done or over.

use super::chain::{PROPOSAL_SECS, genesis, governance_key};
use super::{Chain, keys_for, signing_key};
use crate::action::{Action, Approve, Propose, Withdraw};
use crate::genesis::GrantPolicy;
use crate::governance::{
    Change, Effect, MAX_OPEN_PER_VALIDATOR, ProposalId, ProposalStatus, RegisterMember,
    RemoveValidator, ReplaceValidatorKeys, SetPolicy, SuspendMember, open_proposals, policy,
    proposal, proposals_by,
};
use crate::ids::{BlockTime, ChainId, ValidatorId};
use crate::member::{Role, Roles};
use crate::outcome::Outcome;
use crate::reject::Reject;
use crate::signature::{SigningPublicKey, ValidatorKey};
use crate::state;
use crate::text::Name;
use crate::tx::{Authorization, Tx};
use tacit_circuits::types::{Digest32, MemberId, PurposeSet};

pub(super) const FOUR: [u8; 4] = [101, 102, 103, 104];

pub(super) fn validator(n: u32) -> ValidatorId {
    ValidatorId::new(n).unwrap()
}

pub(super) fn register(n: u8) -> RegisterMember {
    RegisterMember {
        name: Name::new(format!("member {n}")).unwrap(),
        roles: Roles::new(&[Role::Vault]).unwrap(),
        keys: keys_for(n, false),
    }
}

fn four() -> Chain {
    Chain::with_genesis(genesis(&FOUR))
}

fn voted(missing: u32) -> Outcome {
    Outcome::Voted {
        proposal: ProposalId(1),
        missing,
    }
}

#[test]
fn a_quorum_of_validators_decides_and_fewer_do_not() {
    let mut chain = four();
    let tx = chain.propose(1, register(1));
    assert_eq!(chain.submit(tx).unwrap(), voted(2));
    let tx = chain.approve(3, 1, register(1));
    assert_eq!(chain.submit(tx).unwrap(), voted(1));
    let member = MemberId::new(1).unwrap();
    assert!(state::member(&chain.state, member).unwrap().is_none());
    let record = proposal(&chain.state, ProposalId(1)).unwrap().unwrap();
    assert_eq!(record.votes.0, [validator(1), validator(3)]);
    assert_eq!(record.status, ProposalStatus::Open);

    let tx = chain.approve(2, 1, register(1));
    let enacted = Outcome::Enacted {
        proposal: ProposalId(1),
        effect: Effect::Member { member },
    };
    assert_eq!(chain.submit(tx).unwrap(), enacted);
    assert!(state::member(&chain.state, member).unwrap().is_some());
    let record = proposal(&chain.state, ProposalId(1)).unwrap().unwrap();
    assert_eq!(
        (record.status, record.since),
        (ProposalStatus::Enacted, chain.height())
    );
    assert!(open_proposals(&chain.state).unwrap().0.is_empty());
    let late = chain.approve(4, 1, register(1));
    assert!(matches!(
        chain.submit(late),
        Err(Reject::ProposalClosed(ProposalId(1)))
    ));
}

#[test]
fn one_validator_decides_at_once() {
    let mut chain = Chain::new();
    let tx = chain.propose(1, register(1));
    assert!(matches!(chain.submit(tx), Ok(Outcome::Enacted { .. })));
}

#[test]
fn only_active_validators_vote_and_only_under_their_governance_key() {
    let mut chain = four();
    let action: Action = Propose {
        sequence: 0,
        change: register(1).into(),
    }
    .into();
    let unsigned = chain.unsigned(action.clone());
    assert!(matches!(
        chain.submit(unsigned),
        Err(Reject::Authorization { .. })
    ));
    let by_member = chain.by_member(1, 1, action.clone());
    assert!(matches!(
        chain.submit(by_member),
        Err(Reject::Authorization { .. })
    ));
    let stranger = chain.by_validator(5, action.clone());
    assert!(matches!(chain.submit(stranger), Err(Reject::NotActive(_))));
    let chain_id = chain.spec.id();
    // The consensus key lies on a server: it decides nothing. Nor does another validator's key.
    for key in [signing_key(101), governance_key(102)] {
        let request = chain.request();
        let forged =
            Tx::signed_by_validator(&chain_id, request, action.clone(), validator(1), &key);
        assert!(matches!(chain.submit(forged), Err(Reject::Signature)));
    }
}

#[test]
fn a_vote_counts_for_one_chain_request_and_action_only() {
    let mut chain = four();
    let good = chain.propose(1, register(1));
    let other_chain = ChainId(Digest32([1; 32]));
    let elsewhere = Tx::signed_by_validator(
        &other_chain,
        good.request_id,
        good.action.clone(),
        validator(1),
        &governance_key(101),
    );
    let moved_request = Tx {
        request_id: chain.request(),
        ..good.clone()
    };
    let moved_action = Tx {
        action: Propose {
            sequence: 0,
            change: register(2).into(),
        }
        .into(),
        ..good.clone()
    };
    let Authorization::Validator(mut signed) = good.authorization else {
        panic!()
    };
    signed.validator = validator(2);
    let as_another = Tx {
        authorization: Authorization::Validator(signed),
        ..good.clone()
    };
    for forged in [elsewhere, moved_request, moved_action, as_another] {
        assert!(matches!(chain.submit(forged), Err(Reject::Signature)));
    }
    assert!(chain.submit(good).is_ok());
}

#[test]
fn a_vote_is_for_exactly_the_change_that_was_proposed_and_counts_once() {
    let mut chain = four();
    let tx = chain.propose(1, register(1));
    chain.submit(tx).unwrap();
    let other = chain.approve(2, 1, register(2));
    assert!(matches!(
        chain.submit(other),
        Err(Reject::ProposalDigest(_))
    ));
    let nothing = chain.approve(2, 9, register(1));
    assert!(matches!(
        chain.submit(nothing),
        Err(Reject::UnknownProposal(ProposalId(9)))
    ));
    let own = chain.approve(1, 1, register(1));
    assert!(matches!(chain.submit(own), Err(Reject::VotedAlready(_))));
    let tx = chain.approve(2, 1, register(1));
    assert_eq!(chain.submit(tx).unwrap(), voted(1));
    let again = chain.approve(2, 1, register(1));
    assert!(matches!(chain.submit(again), Err(Reject::VotedAlready(_))));
}

#[test]
fn votes_count_until_the_proposal_expires() {
    let mut chain = four();
    let tx = chain.propose(1, register(1));
    chain.submit(tx).unwrap();
    let expires = proposal(&chain.state, ProposalId(1))
        .unwrap()
        .unwrap()
        .expires;
    assert_eq!(
        expires,
        BlockTime(chain.tip().time.0 + 1000 * u64::from(PROPOSAL_SECS))
    );
    let last = chain.approve(2, 1, register(1));
    let (executed, _) = chain.block_at(expires, vec![last]);
    assert_eq!(executed.results[0].outcome, voted(1));
    let late = chain.approve(3, 1, register(1));
    assert!(matches!(
        chain.submit(late),
        Err(Reject::ProposalExpired(_))
    ));
    let late = chain.by_validator(
        1,
        Withdraw {
            proposal: ProposalId(1),
        },
    );
    assert!(matches!(
        chain.submit(late),
        Err(Reject::ProposalExpired(_))
    ));
    // The next proposal clears it away, and takes no part of the bound.
    let tx = chain.propose(1, register(1));
    chain.submit(tx).unwrap();
    assert_eq!(open_proposals(&chain.state).unwrap().0, [ProposalId(2)]);
}

#[test]
fn a_proposer_and_nobody_else_withdraws() {
    let mut chain = four();
    let tx = chain.propose(1, register(1));
    chain.submit(tx).unwrap();
    let withdraw = Withdraw {
        proposal: ProposalId(1),
    };
    let by_another = chain.by_validator(2, withdraw.clone());
    assert!(matches!(
        chain.submit(by_another),
        Err(Reject::NotProposer(_))
    ));
    let tx = chain.by_validator(1, withdraw.clone());
    assert_eq!(
        chain.submit(tx).unwrap(),
        Outcome::Withdrawn {
            proposal: ProposalId(1)
        }
    );
    for action in [
        Action::from(withdraw),
        Approve {
            proposal: ProposalId(1),
            change: Change::from(register(1)).digest(),
        }
        .into(),
    ] {
        let tx = chain.by_validator(1, action);
        assert!(matches!(chain.submit(tx), Err(Reject::ProposalClosed(_))));
    }
}

#[test]
fn an_old_proposal_sent_again_proposes_nothing() {
    let mut chain = Chain::with_members();
    let member = MemberId::new(2).unwrap();
    let suspend = chain.propose(1, SuspendMember { member });
    chain.submit(suspend.clone()).unwrap();
    chain
        .decide(crate::governance::ReinstateMember { member })
        .unwrap();
    // The chain forgets the request, and whoever kept the transaction brings it again.
    let window = u64::from(chain.spec.genesis().request_window_secs) * 1000;
    for _ in 0..2 {
        chain.block_at(chain.after(window + 1), Vec::new());
    }
    let made = proposals_by(&chain.state, validator(1)).unwrap();
    assert!(
        matches!(chain.submit(suspend), Err(Reject::ProposalSequence { next }) if next == made)
    );
    let early = chain.by_validator(
        1,
        Propose {
            sequence: made + 1,
            change: SuspendMember { member }.into(),
        },
    );
    assert!(matches!(
        chain.submit(early),
        Err(Reject::ProposalSequence { .. })
    ));
}

#[test]
fn open_proposals_are_bounded_for_each_validator() {
    let mut chain = four();
    for n in 0..MAX_OPEN_PER_VALIDATOR {
        let tx = chain.propose(1, register(n as u8 + 1));
        chain.submit(tx).unwrap();
    }
    let tx = chain.propose(1, register(50));
    assert!(matches!(chain.submit(tx), Err(Reject::TooManyProposals)));
    let tx = chain.propose(2, register(50));
    assert!(chain.submit(tx).is_ok(), "another's room is untouched");
    let tx = chain.by_validator(
        1,
        Withdraw {
            proposal: ProposalId(1),
        },
    );
    chain.submit(tx).unwrap();
    let tx = chain.propose(1, register(51));
    assert!(chain.submit(tx).is_ok());
}

#[test]
fn a_change_that_cannot_be_done_is_refused_when_proposed_and_again_when_enacted() {
    let mut chain = four();
    let nobody = MemberId::new(9).unwrap();
    let tx = chain.propose(1, SuspendMember { member: nobody });
    assert!(matches!(chain.submit(tx), Err(Reject::UnknownMember(_))));
    assert_eq!(
        proposals_by(&chain.state, validator(1)).unwrap(),
        0,
        "a refused proposal uses up nothing"
    );
    // Two proposals want the same name; the second finds it taken at its last vote.
    for proposer in [1, 2] {
        let tx = chain.propose(proposer, register(7));
        chain.submit(tx).unwrap();
    }
    for voter in [2, 3] {
        let tx = chain.approve(voter, 1, register(7));
        chain.submit(tx).unwrap();
    }
    let tx = chain.approve(3, 2, register(7));
    chain.submit(tx).unwrap();
    let tx = chain.approve(4, 2, register(7));
    assert!(matches!(chain.submit(tx), Err(Reject::NameTaken(_))));
    let record = proposal(&chain.state, ProposalId(2)).unwrap().unwrap();
    assert_eq!(record.votes.0.len(), 2, "the refused vote left no trace");
}

#[test]
fn votes_of_those_who_left_no_longer_count() {
    let mut chain = four();
    let tx = chain.propose(4, register(1));
    chain.submit(tx).unwrap();
    let tx = chain.approve(3, 1, register(1));
    chain.submit(tx).unwrap();
    let remove = RemoveValidator {
        validator: validator(4),
    };
    chain.decide(remove).unwrap();
    let stays = chain.approve(4, 1, register(1));
    assert!(
        matches!(chain.submit(stays), Err(Reject::VotedAlready(_))),
        "until the epoch ends the validator is active"
    );
    chain.next_epoch();
    // Three are left, all of whom must vote: one has, and the other vote is that of somebody who left.
    let gone = chain.approve(4, 1, register(1));
    assert!(matches!(chain.submit(gone), Err(Reject::NotActive(_))));
    let tx = chain.approve(1, 1, register(1));
    assert_eq!(chain.submit(tx).unwrap(), voted(1));
    let tx = chain.approve(2, 1, register(1));
    assert!(matches!(chain.submit(tx), Ok(Outcome::Enacted { .. })));
}

#[test]
fn a_set_that_shrinks_below_the_votes_lets_anybody_finish() {
    // Seven need five votes; five of them need four.
    let mut chain = Chain::with_genesis(genesis(&[101, 102, 103, 104, 105, 106, 107]));
    let tx = chain.propose(1, register(1));
    chain.submit(tx).unwrap();
    for voter in [2, 3, 4] {
        let tx = chain.approve(voter, 1, register(1));
        chain.submit(tx).unwrap();
    }
    for n in [6, 7] {
        let remove = RemoveValidator {
            validator: validator(n),
        };
        chain.decide(remove).unwrap();
    }
    let early = chain.approve(1, 1, register(1));
    assert!(matches!(chain.submit(early), Err(Reject::VotedAlready(_))));
    chain.next_epoch();
    let tx = chain.approve(1, 1, register(1));
    assert!(matches!(chain.submit(tx), Ok(Outcome::Enacted { .. })));
}

#[test]
fn a_replaced_governance_key_votes_from_the_next_epoch_on() {
    let mut chain = four();
    let replace = ReplaceValidatorKeys {
        validator: validator(2),
        consensus_key: ValidatorKey::of(&signing_key(102)),
        governance_key: SigningPublicKey::of(&governance_key(150)),
    };
    chain.decide(replace).unwrap();
    let chain_id = chain.spec.id();
    let vote = |chain: &mut Chain, key| {
        let request = chain.request();
        let action = Propose {
            sequence: proposals_by(&chain.state, validator(2)).unwrap(),
            change: register(1).into(),
        };
        let tx = Tx::signed_by_validator(&chain_id, request, action.into(), validator(2), &key);
        chain.submit(tx)
    };
    assert!(matches!(
        vote(&mut chain, governance_key(150)),
        Err(Reject::Signature)
    ));
    assert!(vote(&mut chain, governance_key(102)).is_ok());
    chain.next_epoch();
    assert!(matches!(
        vote(&mut chain, governance_key(102)),
        Err(Reject::Signature)
    ));
    assert!(vote(&mut chain, governance_key(150)).is_ok());
}

#[test]
fn a_policy_is_what_the_validators_decided_last() {
    let mut chain = four();
    let first = chain.spec.genesis().policy;
    assert_eq!(policy(&chain.state).unwrap(), first);
    let bad: [fn(&mut GrantPolicy); 4] = [
        |policy| policy.max_duration_secs = 0,
        |policy| policy.max_duration_secs = 1 << 40,
        |policy| policy.max_start_offset_secs = 1 << 40,
        |policy| policy.purposes = PurposeSet(0),
    ];
    for change in bad {
        let mut policy = first;
        change(&mut policy);
        let tx = chain.propose(1, SetPolicy { policy });
        assert!(matches!(chain.submit(tx), Err(Reject::Policy)));
    }
    let mut policy_after = first;
    policy_after.max_duration_secs /= 2;
    let effect = chain.decide(SetPolicy {
        policy: policy_after,
    });
    assert_eq!(effect.unwrap(), Effect::Policy);
    assert_eq!(policy(&chain.state).unwrap(), policy_after);
}
