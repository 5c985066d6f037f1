//! RegisterAuditKey: every grant and access must be encrypted to this key from now on.

use super::Effect;
use crate::codec::{codec_struct, hex_text};
use crate::env::Env;
use crate::ids::{ChainId, Height};
use crate::keys;
use crate::member::Role;
use crate::reject::Reject;
use crate::state;
use serde::{Deserialize, Serialize};
use tacit_circuits::audit::{AuditPublicKey, PossessionProof};
use tacit_circuits::tags::{self, tagged_sha256};
use tacit_circuits::types::{AuditKeyId, Digest32, MemberId};

/// Registers an audit key and makes it the current one. The reviewer proves that it holds the secret, so nobody registers
/// a key for it. Decoding the key checks that it is in the prime-order subgroup and not the identity.
///
/// Its JSON is what a reviewer hands over to the validators' operators.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegisterAuditKey {
    /// The reviewer.
    pub reviewer: MemberId,
    /// The key.
    #[serde(with = "hex_text")]
    pub key: AuditPublicKey,
    /// Proof of possession, bound to [`possession_context`].
    #[serde(with = "hex_text")]
    pub possession: PossessionProof,
}
codec_struct!(RegisterAuditKey {
    reviewer,
    key,
    possession
});

/// A registered audit key. What was encrypted to it stays so, also when another one is current.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditKeyRecord {
    /// The key.
    pub key: AuditPublicKey,
    /// The reviewer that holds it.
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
    pub(super) fn enact(&self, env: &mut Env<'_, '_>) -> Result<Effect, Reject> {
        let reviewer = env.active_member(self.reviewer)?;
        if !reviewer.roles.has(Role::Reviewer) {
            return Err(Reject::Role {
                member: self.reviewer,
                role: Role::Reviewer.name(),
            });
        }
        let id = self.key.id();
        if state::audit_key(env.state, &id)?.is_some() {
            return Err(Reject::AuditKeyExists);
        }
        let context = possession_context(&env.spec.id(), self.reviewer);
        if !self.possession.verify(&self.key, &context) {
            return Err(Reject::ProofOfPossession);
        }
        let record = AuditKeyRecord {
            key: self.key,
            reviewer: self.reviewer,
            height: env.height,
        };
        state::write(env.state, keys::audit_key(&id), &record);
        state::write(env.state, keys::current_audit_key(), &id);
        Ok(Effect::AuditKey { id })
    }
}
