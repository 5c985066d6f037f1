//! What everybody sees of an access.

use crate::audit::AuditPublicKey;
use crate::audit::gadget::terms::TIME_BITS;
use crate::field::Fr;
use crate::statement::FormError;
use crate::types::{AnchorView, AuditDigest, Context, Receipt, UseNullifier};

/// Public input of the access statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessPublic {
    /// The anchor: all three roots, and the time that counts as now.
    pub anchor: AnchorView,
    /// Commitment to this access; the vault gets its opening.
    pub receipt: Receipt,
    /// Spends one use of the grant.
    pub nullifier: UseNullifier,
    /// The reviewers' key, as registered.
    pub audit_key: AuditPublicKey,
    /// Digest of the audit ciphertext.
    pub audit_digest: AuditDigest,
    /// What the proof is bound to.
    pub context: Context,
}

impl AccessPublic {
    /// Whether the statement says something that can be proven.
    pub fn check_form(&self) -> Result<(), FormError> {
        if self.anchor.time.0 >> TIME_BITS != 0 {
            return Err(FormError("the anchor's time is 2^40 seconds or more"));
        }
        Ok(())
    }

    /// The circuit's public inputs.
    pub fn inputs(&self) -> Result<AccessInputs<Fr>, FormError> {
        self.check_form()?;
        Ok(AccessInputs {
            note_root: self.anchor.note_root.0,
            ended_root: self.anchor.ended_root.0,
            platform_root: self.anchor.platform_root.0,
            time: Fr::from(self.anchor.time.0),
            receipt: self.receipt.0,
            nullifier: self.nullifier.0,
            audit_key: self.audit_key.point().coordinates(),
            audit_digest: self.audit_digest.0,
            context: self.context.0,
        })
    }
}

/// The public inputs by name: as field elements for the verifier, as numbers for the circuit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessInputs<T> {
    /// Root of the note tree.
    pub note_root: T,
    /// Root of the ended tree.
    pub ended_root: T,
    /// Root of the platform tree.
    pub platform_root: T,
    /// Time of the anchor.
    pub time: T,
    /// Commitment to this access.
    pub receipt: T,
    /// Spends one use of the grant.
    pub nullifier: T,
    /// Coordinates (x, y) of the audit key; the verifier has them from a checked key only.
    pub audit_key: [T; 2],
    /// Digest of the audit ciphertext.
    pub audit_digest: T,
    /// Context. No clause speaks of it; Groth16 binds every input.
    pub context: T,
}

impl<T> AccessInputs<T> {
    /// How many inputs there are.
    pub const COUNT: usize = 10;

    /// Builds the inputs from a source, asked in the one order that they have.
    pub fn build(mut next: impl FnMut() -> T) -> Self {
        Self {
            note_root: next(),
            ended_root: next(),
            platform_root: next(),
            time: next(),
            receipt: next(),
            nullifier: next(),
            audit_key: [next(), next()],
            audit_digest: next(),
            context: next(),
        }
    }

    /// The inputs in order.
    pub fn into_vec(self) -> Vec<T> {
        let [key_x, key_y] = self.audit_key;
        let anchor = [
            self.note_root,
            self.ended_root,
            self.platform_root,
            self.time,
        ];
        let access = [self.receipt, self.nullifier];
        let audit = [key_x, key_y, self.audit_digest, self.context];
        anchor.into_iter().chain(access).chain(audit).collect()
    }
}
