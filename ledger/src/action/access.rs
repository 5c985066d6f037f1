//! Access: a platform spends one use of a grant; the receipt is on the chain before the vault serves.

use crate::check::{Checking, Evidence};
use crate::codec::{codec_struct, encode_vec};
use crate::env::Env;
use crate::genesis::ChainSpec;
use crate::ids::{BlockTime, Height};
use crate::keys;
use crate::outcome::Outcome;
use crate::proofs::{ProofCheck, ProofClaim};
use crate::reject::Reject;
use crate::state::{self, StateRead};
use tacit_circuits::Proof;
use tacit_circuits::access::AccessPublic;
use tacit_circuits::audit::AuditPublicKey;
use tacit_circuits::context::{STATEMENT_VERSION, StatementId, context};
use tacit_circuits::tags::{self, tagged_sha256};
use tacit_circuits::types::{AnchorView, AuditDigest, AuditKeyId, Digest32, Receipt, UseNullifier};

/// Spends a use. Nobody signs: the proof shows that the sender is the grantee of a live grant, without telling which.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// Height of the anchor that the proof names; it must be young.
    pub anchor: Height,
    /// Commitment to this access, opened to the vault.
    pub receipt: Receipt,
    /// Marks the use as spent.
    pub nullifier: UseNullifier,
    /// The audit key that the terms are encrypted to.
    pub audit_key: AuditKeyId,
    /// Digest of the audit ciphertext, which travels beside the block.
    pub audit_digest: AuditDigest,
    /// Proof of the access statement.
    pub proof: Proof,
}
codec_struct!(Access {
    anchor,
    receipt,
    nullifier,
    audit_key,
    audit_digest,
    proof
});

/// All of an access but its proof: what the proof is bound to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessContent {
    /// See [`Access::anchor`].
    pub anchor: Height,
    /// See [`Access::receipt`].
    pub receipt: Receipt,
    /// See [`Access::nullifier`].
    pub nullifier: UseNullifier,
    /// See [`Access::audit_digest`].
    pub audit_digest: AuditDigest,
}
codec_struct!(AccessContent {
    anchor,
    receipt,
    nullifier,
    audit_digest
});

/// A spent use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NullifierRecord {
    /// Height at which it was spent.
    pub height: Height,
    /// Its receipt.
    pub receipt: Receipt,
}
codec_struct!(NullifierRecord { height, receipt });

/// A receipt on the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceiptRecord {
    /// Height of its block.
    pub height: Height,
    /// Time of its block: the vault serves receipts of at most five minutes ago.
    pub time: BlockTime,
    /// Height of the anchor it was proven for.
    pub anchor: Height,
    /// The use it spent.
    pub nullifier: UseNullifier,
}
codec_struct!(ReceiptRecord {
    height,
    time,
    anchor,
    nullifier
});

/// Whether, when and where a use was spent.
///
/// # Errors
/// [`state::StateError`] when the view fails.
pub fn spent(
    view: &dyn StateRead,
    nullifier: &UseNullifier,
) -> Result<Option<NullifierRecord>, state::StateError> {
    state::read(view, &keys::nullifier(nullifier))
}

impl AccessContent {
    /// Digest of the content, which the proof's context binds.
    pub fn binding(&self) -> Digest32 {
        tagged_sha256(tags::ACTION_ACCESS, &[&encode_vec(self)])
    }

    /// The public inputs of the proof.
    ///
    /// `anchor` must be the view of the anchor at this content's height, `audit_key` the chain's current audit key.
    pub fn public(
        &self,
        spec: &ChainSpec,
        anchor: &AnchorView,
        audit_key: &AuditPublicKey,
    ) -> AccessPublic {
        AccessPublic {
            anchor: *anchor,
            receipt: self.receipt,
            nullifier: self.nullifier,
            audit_key: *audit_key,
            audit_digest: self.audit_digest,
            context: context(
                &spec.id().0,
                StatementId::Access,
                STATEMENT_VERSION,
                &self.binding(),
            ),
        }
    }

    /// The action, once the proof is made.
    pub fn with_proof(self, audit_key: AuditKeyId, proof: Proof) -> Access {
        let Self {
            anchor,
            receipt,
            nullifier,
            audit_digest,
        } = self;
        Access {
            anchor,
            receipt,
            nullifier,
            audit_key,
            audit_digest,
            proof,
        }
    }
}

impl Access {
    /// All of the access but its proof and the audit key, which the public inputs hold.
    pub fn content(&self) -> AccessContent {
        AccessContent {
            anchor: self.anchor,
            receipt: self.receipt,
            nullifier: self.nullifier,
            audit_digest: self.audit_digest,
        }
    }

    pub(crate) fn check(
        &self,
        checking: &Checking<'_>,
        proofs: &mut dyn ProofCheck,
    ) -> Result<Evidence, Reject> {
        checking.nobody()?;
        let view = checking.context.view;
        let anchor = state::anchor(view, self.anchor)?;
        let key = state::audit_key(view, &self.audit_key)?
            .ok_or(Reject::AuditKey)?
            .key;
        // Cheap and final, so before the proof: a spent use is the commonest reason to refuse.
        if spent(view, &self.nullifier)?.is_some() {
            return Err(Reject::NullifierSpent);
        }
        let public = self.content().public(checking.context.spec, &anchor, &key);
        let inputs = public.inputs().map_err(|_| Reject::Proof)?.into_vec();
        proofs.claim(ProofClaim {
            statement: StatementId::Access,
            inputs,
            proof: self.proof,
        })?;
        Ok(Evidence::Proof {
            anchor,
            audit_key: self.audit_key,
            policy: None,
        })
    }

    pub(crate) fn apply(
        &self,
        env: &mut Env<'_, '_>,
        evidence: &Evidence,
    ) -> Result<Outcome, Reject> {
        let anchor = env.proven_anchor(evidence, self.anchor, &self.audit_key)?;
        let age_secs = env.time.timestamp().0.saturating_sub(anchor.time.0);
        let max_secs = u64::from(env.spec.genesis().access_anchor_max_age_secs);
        if age_secs > max_secs {
            return Err(Reject::AnchorTooOld { age_secs, max_secs });
        }
        if spent(env.state, &self.nullifier)?.is_some() {
            return Err(Reject::NullifierSpent);
        }
        if env.state.get(&keys::receipt(&self.receipt))?.is_some() {
            return Err(Reject::ReceiptExists);
        }
        let spent = NullifierRecord {
            height: env.height,
            receipt: self.receipt,
        };
        let receipt = ReceiptRecord {
            height: env.height,
            time: env.time,
            anchor: self.anchor,
            nullifier: self.nullifier,
        };
        state::write(env.state, keys::nullifier(&self.nullifier), &spent);
        state::write(env.state, keys::receipt(&self.receipt), &receipt);
        Ok(Outcome::Accessed)
    }
}
