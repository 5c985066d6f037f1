//! RegisterAuditKey: a reviewer publishes the key that every grant and access must be encrypted to.

use crate::check::{Checking, Evidence};
use crate::codec::codec_struct;
use crate::env::Env;
use crate::ids::{ChainId, Height};
use crate::keys;
use crate::member::Role;
use crate::outcome::Outcome;
use crate::reject::Reject;
use crate::state;
use tacit_circuits::audit::{AuditPublicKey, PossessionProof};
use tacit_circuits::tags::{self, tagged_sha256};
use tacit_circuits::types::{AuditKeyId, Digest32, MemberId};

/// Registers an audit key and makes it the current one. Signed by a reviewer, with a proof that it holds the secret.
/// Decoding the key checks that it is in the prime-order subgroup and not the identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegisterAuditKey {
    /// The key.
    pub key: AuditPublicKey,
    /// Proof of possession, bound to [`possession_context`].
    pub possession: PossessionProof,
}
codec_struct!(RegisterAuditKey { key, possession });

/// A registered audit key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditKeyRecord {
    /// The key.
    pub key: AuditPublicKey,
    /// The reviewer that registered it.
    pub reviewer: MemberId,
    /// Height of the registration.
    pub height: Height,
}
codec_struct!(AuditKeyRecord {
    key,
    reviewer,
    height
});

impl AuditKeyRecord {
    /// Id of the key.
    pub fn id(&self) -> AuditKeyId {
        self.key.id()
    }
}

/// What a proof of possession is bound to: the chain and the reviewer.
pub fn possession_context(chain: &ChainId, reviewer: MemberId) -> Digest32 {
    tagged_sha256(
        tags::AUDIT_KEY_REGISTRATION,
        &[chain.as_bytes(), &reviewer.get().to_be_bytes()],
    )
}

impl RegisterAuditKey {
    pub(crate) fn check(&self, checking: &Checking<'_>) -> Result<Evidence, Reject> {
        let evidence = checking.member(Some(Role::Reviewer))?;
        let Evidence::Member { id, .. } = &evidence else {
            return Err(Reject::Authorization {
                expected: "a reviewer",
            });
        };
        let context = possession_context(&checking.chain(), *id);
        if !self.possession.verify(&self.key, &context) {
            return Err(Reject::ProofOfPossession);
        }
        Ok(evidence)
    }

    pub(crate) fn apply(
        &self,
        env: &mut Env<'_, '_>,
        evidence: &Evidence,
    ) -> Result<Outcome, Reject> {
        let reviewer = env.signer(evidence, Role::Reviewer)?.id;
        let id = self.key.id();
        if state::audit_key(env.state, &id)?.is_some() {
            return Err(Reject::AuditKeyExists);
        }
        let record = AuditKeyRecord {
            key: self.key,
            reviewer,
            height: env.height,
        };
        state::write(env.state, keys::audit_key(&id), &record);
        state::write(env.state, keys::current_audit_key(), &id);
        Ok(Outcome::AuditKey { id })
    }
}
