//! From bytes that claim something to a transaction that is authentic.
//!
//! [`check`] verifies signatures and proofs against what the given view holds. What it was checked against stays with the
//! [`CheckedTx`], and applying it compares that with the state, so a check can be made long before the block.

use crate::action::Action;
use crate::genesis::{ChainSpec, GrantPolicy};
use crate::ids::{ChainId, TxId, ValidatorId};
use crate::member::{MemberStatus, Role};
use crate::proofs::ProofCheck;
use crate::reject::Reject;
use crate::signature::SigningPublicKey;
use crate::state::{self, StateRead};
use crate::tx::{Authorization, MAX_TX_BYTES, Tx, member_digest, validator_digest};
use commonware_codec::EncodeSize;
use tacit_circuits::types::{AnchorView, AuditKeyId, MemberId};

/// What transactions are checked against.
#[derive(Clone, Copy)]
pub struct CheckContext<'a> {
    /// The chain's constants.
    pub spec: &'a ChainSpec,
    /// The state that gives keys and anchors.
    pub view: &'a dyn StateRead,
}

/// A transaction that is authentic. Made by [`check`] only; nothing else can be applied.
#[derive(Clone, Debug)]
pub struct CheckedTx {
    tx: Tx,
    id: TxId,
    evidence: Evidence,
}

impl CheckedTx {
    /// The transaction.
    pub fn tx(&self) -> &Tx {
        &self.tx
    }

    /// Its id.
    pub fn id(&self) -> TxId {
        self.id
    }

    /// The transaction, without the mark that it was checked.
    pub fn into_tx(self) -> Tx {
        self.tx
    }

    pub(crate) fn evidence(&self) -> &Evidence {
        &self.evidence
    }
}

/// What a transaction was checked against.
#[derive(Clone, Debug)]
pub(crate) enum Evidence {
    /// Nothing: applying it checks all there is.
    Nothing,
    /// A validator's signature under this governance key.
    Validator {
        /// The validator.
        id: ValidatorId,
        /// The key.
        key: SigningPublicKey,
    },
    /// A member's signature under this key.
    Member {
        /// The member.
        id: MemberId,
        /// The key.
        key: SigningPublicKey,
    },
    /// A proof for this anchor and audit key.
    Proof {
        /// Roots and time of the anchor.
        anchor: AnchorView,
        /// The audit key.
        audit_key: AuditKeyId,
        /// The policy, where the proof is about it.
        policy: Option<GrantPolicy>,
    },
}

/// Checks signature and proof of a transaction.
///
/// Proofs go to `proofs`, which may verify them at once or collect them for a batch: in that case the transaction counts
/// as checked only when the batch has verified.
///
/// # Errors
/// [`Reject`] with the reason.
pub fn check(
    tx: Tx,
    context: &CheckContext<'_>,
    proofs: &mut dyn ProofCheck,
) -> Result<CheckedTx, Reject> {
    if tx.encode_size() > MAX_TX_BYTES {
        return Err(Reject::TooLarge { max: MAX_TX_BYTES });
    }
    let checking = Checking { tx: &tx, context };
    let evidence = match &tx.action {
        Action::RotateKeys(action) => action.check(&checking),
        Action::RegisterSchema(action) => action.check(&checking),
        Action::Issue(action) => action.check(&checking),
        Action::End(action) => action.check(&checking),
        Action::RegisterRecord(action) => action.check(&checking),
        Action::Grant(action) => action.check(&checking, proofs),
        Action::Access(action) => action.check(&checking, proofs),
        Action::OpenAudit(action) => action.check(&checking),
        Action::Propose(action) => action.check(&checking),
        Action::Approve(action) => action.check(&checking),
        Action::Withdraw(action) => action.check(&checking),
    }?;
    Ok(CheckedTx {
        id: tx.id(),
        tx,
        evidence,
    })
}

/// A transaction while it is checked.
pub(crate) struct Checking<'a> {
    tx: &'a Tx,
    /// What it is checked against.
    pub context: &'a CheckContext<'a>,
}

impl Checking<'_> {
    /// The chain.
    pub fn chain(&self) -> ChainId {
        self.context.spec.id()
    }

    /// Nobody signs: a signature where none belongs would make two encodings of one action.
    pub fn nobody(&self) -> Result<Evidence, Reject> {
        match self.tx.authorization {
            Authorization::None => Ok(Evidence::Nothing),
            _ => Err(Reject::Authorization {
                expected: "nobody (it carries its own evidence)",
            }),
        }
    }

    /// An active validator signs with its governance key.
    pub fn validator(&self) -> Result<Evidence, Reject> {
        let Authorization::Validator(signed) = &self.tx.authorization else {
            return Err(Reject::Authorization {
                expected: "an active validator",
            });
        };
        let id = signed.validator;
        let active = state::validators(self.context.view)?;
        let key = active.get(id).ok_or(Reject::NotActive(id))?.governance_key;
        let digest = validator_digest(&self.chain(), id, &self.tx.request_id, &self.tx.action);
        key.verifies(&digest, &signed.signature)
            .then_some(Evidence::Validator { id, key })
            .ok_or(Reject::Signature)
    }

    /// An active member signs under its current key; with a role, if the action needs one.
    pub fn member(&self, role: Option<Role>) -> Result<Evidence, Reject> {
        let Authorization::Member(signed) = &self.tx.authorization else {
            return Err(Reject::Authorization {
                expected: "a member",
            });
        };
        let id = signed.member;
        let record = state::member(self.context.view, id)?.ok_or(Reject::UnknownMember(id))?;
        if record.status == MemberStatus::Suspended {
            return Err(Reject::Suspended(id));
        }
        if let Some(role) = role.filter(|role| !record.roles.has(*role)) {
            return Err(Reject::Role {
                member: id,
                role: role.name(),
            });
        }
        let key = record.keys.signing;
        let digest = member_digest(&self.chain(), id, &self.tx.request_id, &self.tx.action);
        key.verifies(&digest, &signed.signature)
            .then_some(Evidence::Member { id, key })
            .ok_or(Reject::Signature)
    }

    /// The member named as signer, if one is.
    pub fn named_member(&self) -> Option<MemberId> {
        match self.tx.authorization {
            Authorization::Member(signed) => Some(signed.member),
            _ => None,
        }
    }
}
