//! What only the prover of an opening knows.

use crate::field::Fr;
use crate::types::Secret;
use ark_ff::AdditiveGroup;

/// The opening of K.
#[derive(Debug)]
pub struct OpenWitness {
    /// The holder's secret.
    pub sk: Secret<Fr>,
    /// The nonce of the holder key.
    pub rho: Secret<Fr>,
}

impl OpenWitness {
    pub(super) fn blank() -> Self {
        Self {
            sk: Secret::new(Fr::ZERO),
            rho: Secret::new(Fr::ZERO),
        }
    }
}
