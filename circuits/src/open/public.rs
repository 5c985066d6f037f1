//! The public part of the open statement, and the order of its inputs.

use crate::field::Fr;
use crate::types::{Context, HolderKey};

/// What an opening says, to the issuer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenPublic {
    /// K, whose opening the prover knows.
    pub holder_key: HolderKey,
    /// What the proof is bound to: the issuance request. No clause speaks of it; Groth16 binds every input.
    pub context: Context,
}

impl OpenPublic {
    /// Number of public inputs.
    pub const INPUTS: usize = 2;

    /// The public inputs, in the one order that prover, verifier and circuit use.
    pub fn inputs(&self) -> [Fr; Self::INPUTS] {
        [self.holder_key.0, self.context.0]
    }
}
