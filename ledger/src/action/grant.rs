//! Grant: a person gives a platform access to a record, in zero knowledge and open to the reviewers.

use crate::check::{Checking, Evidence};
use crate::codec::{codec_struct, encode_vec};
use crate::env::{Env, NewLeaf};
use crate::genesis::{ChainSpec, GrantPolicy};
use crate::governance::policy;
use crate::ids::Height;
use crate::outcome::Outcome;
use crate::proofs::{ProofCheck, ProofClaim};
use crate::reject::Reject;
use crate::state;
use tacit_circuits::Proof;
use tacit_circuits::audit::AuditPublicKey;
use tacit_circuits::context::{STATEMENT_VERSION, StatementId, context};
use tacit_circuits::grant::GrantPublic;
use tacit_circuits::tags::{self, tagged_sha256};
use tacit_circuits::types::{
    AnchorView, AuditDigest, AuditKeyId, Body, Digest32, EndTag, HolderKey, LeafKind,
};

/// Adds a grant. Nobody signs: the proof shows that the owner of a live record agrees to exactly this grant. Only this
/// action makes leaves of the kind "grant", so each one passed the statement and is open to the reviewers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Height of the anchor that the proof names.
    pub anchor: Height,
    /// K: the owner's key for this leaf.
    pub holder_key: HolderKey,
    /// Commitment to the terms.
    pub body: Body,
    /// E: whoever reveals its preimage ends the grant.
    pub end_tag: EndTag,
    /// The audit key that the terms are encrypted to.
    pub audit_key: AuditKeyId,
    /// Digest of the audit ciphertext, which travels beside the block.
    pub audit_digest: AuditDigest,
    /// Proof of the grant statement.
    pub proof: Proof,
}
codec_struct!(Grant {
    anchor,
    holder_key,
    body,
    end_tag,
    audit_key,
    audit_digest,
    proof
});

/// All of a grant but its proof: what the proof is bound to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantContent {
    /// See [`Grant::anchor`].
    pub anchor: Height,
    /// See [`Grant::holder_key`].
    pub holder_key: HolderKey,
    /// See [`Grant::body`].
    pub body: Body,
    /// See [`Grant::end_tag`].
    pub end_tag: EndTag,
    /// See [`Grant::audit_digest`].
    pub audit_digest: AuditDigest,
}
codec_struct!(GrantContent {
    anchor,
    holder_key,
    body,
    end_tag,
    audit_digest
});

impl GrantContent {
    /// Digest of the content, which the proof's context binds.
    pub fn binding(&self) -> Digest32 {
        tagged_sha256(tags::ACTION_GRANT, &[&encode_vec(self)])
    }

    /// The public inputs of the proof.
    ///
    /// `anchor` must be the view of the anchor at this content's height, `audit_key` and `policy` the chain's current ones.
    pub fn public(
        &self,
        spec: &ChainSpec,
        anchor: &AnchorView,
        audit_key: &AuditPublicKey,
        policy: &GrantPolicy,
    ) -> GrantPublic {
        GrantPublic {
            anchor: *anchor,
            holder_key: self.holder_key,
            body: self.body,
            end_tag: self.end_tag,
            audit_key: *audit_key,
            audit_digest: self.audit_digest,
            policy: policy.bounds(),
            context: context(
                &spec.id().0,
                StatementId::Grant,
                STATEMENT_VERSION,
                &self.binding(),
            ),
        }
    }

    /// The action, once the proof is made.
    pub fn with_proof(self, audit_key: AuditKeyId, proof: Proof) -> Grant {
        let Self {
            anchor,
            holder_key,
            body,
            end_tag,
            audit_digest,
        } = self;
        Grant {
            anchor,
            holder_key,
            body,
            end_tag,
            audit_key,
            audit_digest,
            proof,
        }
    }
}

impl Grant {
    /// All of the grant but its proof and the audit key, which the public inputs hold.
    pub fn content(&self) -> GrantContent {
        GrantContent {
            anchor: self.anchor,
            holder_key: self.holder_key,
            body: self.body,
            end_tag: self.end_tag,
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
        let policy = policy(view)?;
        let spec = checking.context.spec;
        let public = self.content().public(spec, &anchor, &key, &policy);
        let inputs = public.inputs().map_err(|_| Reject::Proof)?.into_vec();
        proofs.claim(ProofClaim {
            statement: StatementId::Grant,
            inputs,
            proof: self.proof,
        })?;
        Ok(Evidence::Proof {
            anchor,
            audit_key: self.audit_key,
            policy: Some(policy),
        })
    }

    pub(crate) fn apply(
        &self,
        env: &mut Env<'_, '_>,
        evidence: &Evidence,
    ) -> Result<Outcome, Reject> {
        env.proven_anchor(evidence, self.anchor, &self.audit_key)?;
        let Evidence::Proof {
            policy: Some(checked),
            ..
        } = evidence
        else {
            return Err(Reject::Proof);
        };
        if policy(env.state)? != *checked {
            return Err(Reject::Stale);
        }
        let new = NewLeaf {
            holder_key: self.holder_key,
            body: self.body,
            end_tag: self.end_tag,
        };
        env.append(LeafKind::Grant, None, new)
    }
}
