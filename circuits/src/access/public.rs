//! What everybody sees of an access.

use crate::audit::AuditPublicKey;
use crate::field::Fr;
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
    /// Number of public inputs.
    pub const INPUTS: usize = 10;

    /// The public inputs, in the one order that prover, verifier and circuit use.
    pub fn inputs(&self) -> [Fr; Self::INPUTS] {
        let [key_x, key_y] = self.audit_key.point().coordinates();
        [
            self.anchor.note_root.0,
            self.anchor.ended_root.0,
            self.anchor.platform_root.0,
            Fr::from(self.anchor.time.0),
            self.receipt.0,
            self.nullifier.0,
            key_x,
            key_y,
            self.audit_digest.0,
            self.context.0,
        ]
    }
}
