//! What everybody sees of a grant.

use crate::audit::AuditPublicKey;
use crate::audit::gadget::terms::TIME_BITS;
use crate::calendar::Date;
use crate::commit;
use crate::field::Fr;
use crate::statement::FormError;
use crate::types::{
    AnchorView, AuditDigest, Body, Context, EndTag, HolderKey, Leaf, LeafKind, PurposeSet, Year,
};
use serde::{Deserialize, Serialize};

/// What grants the chain allows, fixed in genesis. Both bounds are below 2^40.
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

    /// Whether the statement says something that can be proven.
    pub fn check_form(&self) -> Result<(), FormError> {
        let times = [
            self.anchor.time.0,
            self.policy.max_duration_secs,
            self.policy.max_start_offset_secs,
        ];
        if times.iter().any(|time| time >> TIME_BITS != 0) {
            return Err(FormError(
                "a time or a bound of the policy is 2^40 seconds or more",
            ));
        }
        Ok(())
    }

    /// The circuit's public inputs.
    pub fn inputs(&self) -> Result<GrantInputs<Fr>, FormError> {
        self.check_form()?;
        Ok(GrantInputs {
            note_root: self.anchor.note_root.0,
            ended_root: self.anchor.ended_root.0,
            time: Fr::from(self.anchor.time.0),
            holder_key: self.holder_key.0,
            body: self.body.0,
            leaf: self.leaf().0,
            audit_key: self.audit_key.point().coordinates(),
            audit_key_id: self.audit_key.id().0,
            audit_digest: self.audit_digest.0,
            year: Fr::from(self.year().0),
            max_duration: Fr::from(self.policy.max_duration_secs),
            max_start_offset: Fr::from(self.policy.max_start_offset_secs),
            purposes: Fr::from(self.policy.purposes.0),
            context: self.context.0,
        })
    }
}

/// The public inputs by name: as field elements for the verifier, as numbers for the circuit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantInputs<T> {
    /// Root of the note tree.
    pub note_root: T,
    /// Root of the ended tree.
    pub ended_root: T,
    /// Time of the anchor.
    pub time: T,
    /// K of the new grant.
    pub holder_key: T,
    /// Body of the new grant.
    pub body: T,
    /// Leaf of the new grant, computed by the verifier from K, body and E.
    pub leaf: T,
    /// Coordinates (x, y) of the audit key; the verifier has them from a checked key only.
    pub audit_key: [T; 2],
    /// Id of the audit key, computed by the verifier.
    pub audit_key_id: T,
    /// Digest of the audit ciphertext.
    pub audit_digest: T,
    /// Calendar year of the anchor's time, computed by the verifier.
    pub year: T,
    /// Longest duration of a grant.
    pub max_duration: T,
    /// Furthest start of a grant from the anchor's time.
    pub max_start_offset: T,
    /// Allowed purposes, one bit each.
    pub purposes: T,
    /// Context. No clause speaks of it; Groth16 binds every input.
    pub context: T,
}

impl<T> GrantInputs<T> {
    /// How many inputs there are.
    pub const COUNT: usize = 15;

    /// Builds the inputs from a source, asked in the one order that they have.
    pub fn build(mut next: impl FnMut() -> T) -> Self {
        Self {
            note_root: next(),
            ended_root: next(),
            time: next(),
            holder_key: next(),
            body: next(),
            leaf: next(),
            audit_key: [next(), next()],
            audit_key_id: next(),
            audit_digest: next(),
            year: next(),
            max_duration: next(),
            max_start_offset: next(),
            purposes: next(),
            context: next(),
        }
    }

    /// The inputs in order.
    pub fn into_vec(self) -> Vec<T> {
        let [key_x, key_y] = self.audit_key;
        let roots = [self.note_root, self.ended_root, self.time];
        let grant = [self.holder_key, self.body, self.leaf];
        let audit = [
            key_x,
            key_y,
            self.audit_key_id,
            self.audit_digest,
            self.year,
        ];
        let policy = [
            self.max_duration,
            self.max_start_offset,
            self.purposes,
            self.context,
        ];
        roots
            .into_iter()
            .chain(grant)
            .chain(audit)
            .chain(policy)
            .collect()
    }
}
