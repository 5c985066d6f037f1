//! What everybody sees of a grant.

use crate::audit::AuditPublicKey;
use crate::calendar::Date;
use crate::commit;
use crate::field::Fr;
use crate::types::{
    AnchorView, AuditDigest, Body, Context, EndTag, HolderKey, Leaf, LeafKind, PurposeSet, Year,
};
use serde::{Deserialize, Serialize};

/// What grants the chain allows, fixed in genesis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyBounds {
    /// Longest time from a grant's start to its end, in seconds.
    pub max_duration_secs: u64,
    /// Furthest that a grant's start may lie before or after the anchor's time, in seconds.
    pub max_start_offset_secs: u64,
    /// Purposes that grants may have.
    pub purposes: PurposeSet,
}

/// Public input of the grant statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantPublic {
    /// The anchor: note root, ended root, and the time that counts as now.
    pub anchor: AnchorView,
    /// K of the new grant.
    pub holder_key: HolderKey,
    /// Body of the new grant.
    pub body: Body,
    /// E of the new grant.
    pub end_tag: EndTag,
    /// The reviewers' key, as registered.
    pub audit_key: AuditPublicKey,
    /// Digest of the audit ciphertext.
    pub audit_digest: AuditDigest,
    /// The chain's bounds.
    pub policy: PolicyBounds,
    /// What the proof is bound to.
    pub context: Context,
}

impl GrantPublic {
    /// Number of public inputs.
    pub const INPUTS: usize = 15;

    /// The new grant's leaf. Every node computes it, so the circuit need not.
    pub fn leaf(&self) -> Leaf {
        commit::leaf(
            LeafKind::Grant,
            None,
            &self.holder_key,
            &self.body,
            &self.end_tag,
        )
    }

    /// The calendar year of the anchor's time (0 past the calendar's end), which the audit pseudonym is for. Derived, so
    /// that nobody can state another.
    pub fn year(&self) -> Year {
        Date::of(self.anchor.time).map_or(Year(0), Date::year)
    }

    /// The public inputs, in the one order that prover, verifier and circuit use.
    pub fn inputs(&self) -> [Fr; Self::INPUTS] {
        let [key_x, key_y] = self.audit_key.point().coordinates();
        [
            self.anchor.note_root.0,
            self.anchor.ended_root.0,
            Fr::from(self.anchor.time.0),
            self.holder_key.0,
            self.body.0,
            self.leaf().0,
            key_x,
            key_y,
            self.audit_key.id().0,
            self.audit_digest.0,
            Fr::from(self.year().0),
            Fr::from(self.policy.max_duration_secs),
            Fr::from(self.policy.max_start_offset_secs),
            Fr::from(self.policy.purposes.0),
            self.context.0,
        ]
    }
}
