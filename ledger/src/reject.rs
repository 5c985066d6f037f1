//! Why the ledger refuses a transaction.

use crate::governance::ProposalId;
use crate::ids::{Height, RequestId, TxId, ValidatorId};
use crate::request::RequestRecord;
use crate::state::StateError;
use tacit_circuits::types::{MemberId, Position};

/// Why a transaction is refused. Every reason is deterministic, except [`Reject::State`], which is no verdict at all.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Reject {
    /// The signature is missing, or the action wants none.
    #[error("the action must be authorised by {expected}")]
    Authorization {
        /// Who must sign.
        expected: &'static str,
    },
    /// The signature does not verify under the signer's current key.
    #[error("the signature does not verify under the signer's current key on this chain")]
    Signature,
    /// There is no such member.
    #[error("there is no member {0}")]
    UnknownMember(MemberId),
    /// The member is suspended.
    #[error("member {0} is suspended")]
    Suspended(MemberId),
    /// The member lacks the role that the action needs.
    #[error("member {member} lacks the role {role}")]
    Role {
        /// The member.
        member: MemberId,
        /// The role.
        role: &'static str,
    },
    /// The member name is taken.
    #[error("the name is taken by member {0}")]
    NameTaken(MemberId),
    /// The chain has as many members as it can have.
    #[error("the chain is full of members")]
    TooManyMembers,
    /// The member has rotated its keys too often.
    #[error("the member has rotated its keys as often as it may")]
    TooManyRotations,
    /// Platforms have a platform commitment, others have none.
    #[error("a platform needs a platform commitment that is not zero, and only a platform has one")]
    PlatformCommitment,
    /// The rotation changes nothing.
    #[error("the keys are the current ones already")]
    SameKeys,
    /// The audit key's proof of possession does not verify.
    #[error("the proof of possession of the audit key does not verify")]
    ProofOfPossession,
    /// The audit key is registered already.
    #[error("the audit key is registered already")]
    AuditKeyExists,
    /// The chain has no audit key yet, or another one is current.
    #[error("the audit key is not the current one")]
    AuditKey,
    /// The height is no anchor that the chain still knows.
    #[error("height {0} is no anchor the chain still knows")]
    UnknownAnchor(Height),
    /// The anchor is too old for this action.
    #[error("the anchor is {age_secs} s old, at most {max_secs} s are allowed")]
    AnchorTooOld {
        /// Age by block time, in seconds.
        age_secs: u64,
        /// Most allowed, in seconds.
        max_secs: u64,
    },
    /// The proof does not verify for exactly this action on this chain.
    #[error("the proof does not verify for this action, anchor, audit key and chain")]
    Proof,
    /// The proof was checked for another anchor or key than the state holds.
    #[error("what the transaction was checked against is no longer in the state")]
    Stale,
    /// The use of the grant is spent.
    #[error("this use of the grant is spent")]
    NullifierSpent,
    /// The receipt is on the chain already.
    #[error("the receipt is on the chain already")]
    ReceiptExists,
    /// No leaf has this position yet.
    #[error("no leaf has position {0} yet")]
    UnknownPosition(Position),
    /// What was revealed does not end this leaf.
    #[error("the revealed secret does not end the leaf at this position")]
    WrongEndSecret,
    /// The signer does not control this leaf.
    #[error("member {0} does not control the leaf at this position")]
    NotController(MemberId),
    /// The note tree is full.
    #[error("the note tree is full")]
    TreeFull,
    /// The range of heights is empty or lies in the future.
    #[error("the range of heights is empty or not yet on the chain")]
    Range,
    /// The request id was used with exactly this transaction: here is its first outcome.
    #[error("request {id} is on the chain at height {}", record.height)]
    Repeated {
        /// The request id.
        id: RequestId,
        /// Where it stands and what it did.
        record: Box<RequestRecord>,
    },
    /// The request id was used with another transaction.
    #[error("request id {id} was used for another transaction, {first}")]
    RequestIdReused {
        /// The request id.
        id: RequestId,
        /// The transaction that has it.
        first: TxId,
    },
    /// The validator is not active in this epoch.
    #[error("validator {0} is not active in this epoch")]
    NotActive(ValidatorId),
    /// No such validator is scheduled for the next epoch.
    #[error("no validator {0} is scheduled for the next epoch")]
    UnknownValidator(ValidatorId),
    /// The change would leave no validator.
    #[error("the change would leave no validator")]
    LastValidator,
    /// The change would leave too many validators.
    #[error("the chain has as many validators as it can have")]
    TooManyValidators,
    /// Two validators of the next epoch would have something in common.
    #[error("two validators would have the same {0}")]
    ValidatorShares(&'static str),
    /// The member is not suspended.
    #[error("member {0} is not suspended")]
    NotSuspended(MemberId),
    /// The policy breaks a rule.
    #[error("the policy allows no purpose or no duration, or one of 2^40 seconds or more")]
    Policy,
    /// The proposal names another number than that of the validator's next one.
    #[error(
        "the proposal must name {next} as the number of proposals that the validator made before"
    )]
    ProposalSequence {
        /// The number it has to name.
        next: u64,
    },
    /// There are too many open proposals, of this validator or in all.
    #[error("there are too many open proposals, of this validator or in all")]
    TooManyProposals,
    /// There is no such proposal.
    #[error("there is no proposal {0}")]
    UnknownProposal(ProposalId),
    /// The proposal is enacted or withdrawn.
    #[error("proposal {0} is not open any more")]
    ProposalClosed(ProposalId),
    /// The proposal's time is over.
    #[error("the time of proposal {0} is over")]
    ProposalExpired(ProposalId),
    /// The vote is for another change than the proposal's.
    #[error("the vote is for another change than that of proposal {0}")]
    ProposalDigest(ProposalId),
    /// The validator has voted for the proposal.
    #[error("the validator has voted for proposal {0} already")]
    VotedAlready(ProposalId),
    /// Only its proposer takes a proposal back.
    #[error("proposal {0} is another validator's")]
    NotProposer(ProposalId),
    /// The transaction is too large.
    #[error("the transaction is larger than {max} bytes")]
    TooLarge {
        /// Most allowed, in bytes.
        max: usize,
    },
    /// The state could not be read: nothing is said about the transaction.
    #[error(transparent)]
    State(#[from] StateError),
}

impl Reject {
    /// Stable reason code, for clients.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Authorization { .. } => "AUTHORIZATION_MISSING",
            Self::Signature => "SIGNATURE_INVALID",
            Self::UnknownMember(_) => "MEMBER_UNKNOWN",
            Self::Suspended(_) => "MEMBER_SUSPENDED",
            Self::Role { .. } => "ROLE_MISSING",
            Self::NameTaken(_) => "NAME_TAKEN",
            Self::TooManyMembers => "MEMBERS_FULL",
            Self::TooManyRotations => "ROTATIONS_FULL",
            Self::PlatformCommitment => "PLATFORM_COMMITMENT_INVALID",
            Self::SameKeys => "KEYS_UNCHANGED",
            Self::ProofOfPossession => "AUDIT_KEY_POSSESSION_INVALID",
            Self::AuditKeyExists => "AUDIT_KEY_EXISTS",
            Self::AuditKey => "AUDIT_KEY_NOT_CURRENT",
            Self::UnknownAnchor(_) => "ANCHOR_UNKNOWN",
            Self::AnchorTooOld { .. } => "ANCHOR_TOO_OLD",
            Self::Proof => "PROOF_INVALID",
            Self::Stale => "CHECK_STALE",
            Self::NullifierSpent => "USE_SPENT",
            Self::ReceiptExists => "RECEIPT_EXISTS",
            Self::UnknownPosition(_) => "POSITION_UNKNOWN",
            Self::WrongEndSecret => "END_SECRET_INVALID",
            Self::NotController(_) => "NOT_CONTROLLER",
            Self::TreeFull => "TREE_FULL",
            Self::Range => "RANGE_INVALID",
            Self::Repeated { .. } => "REQUEST_REPEATED",
            Self::RequestIdReused { .. } => "REQUEST_ID_REUSED",
            Self::NotActive(_) => "VALIDATOR_NOT_ACTIVE",
            Self::UnknownValidator(_) => "VALIDATOR_UNKNOWN",
            Self::LastValidator => "VALIDATOR_LAST",
            Self::TooManyValidators => "VALIDATORS_FULL",
            Self::ValidatorShares(_) => "VALIDATOR_NOT_DISTINCT",
            Self::NotSuspended(_) => "MEMBER_NOT_SUSPENDED",
            Self::Policy => "POLICY_INVALID",
            Self::ProposalSequence { .. } => "PROPOSAL_SEQUENCE",
            Self::TooManyProposals => "PROPOSALS_FULL",
            Self::UnknownProposal(_) => "PROPOSAL_UNKNOWN",
            Self::ProposalClosed(_) => "PROPOSAL_CLOSED",
            Self::ProposalExpired(_) => "PROPOSAL_EXPIRED",
            Self::ProposalDigest(_) => "PROPOSAL_DIFFERS",
            Self::VotedAlready(_) => "PROPOSAL_VOTED",
            Self::NotProposer(_) => "PROPOSAL_NOT_OWN",
            Self::TooLarge { .. } => "TRANSACTION_TOO_LARGE",
            Self::State(_) => "STATE_UNAVAILABLE",
        }
    }
}
