//! The insecure development setup: keys from a published seed.

use super::{KeyError, ProvingKey, SetupKind};
use crate::context::StatementId;
use crate::r1cs::System;
use crate::statement::{Statement, constraints};
use crate::tags::{self, tagged_sha256};
use ark_bls12_381::Bls12_381;
use ark_groth16::Groth16;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

/// Makes a statement's keys from a seed that everybody knows: the same on every machine, and no secret at all. Whoever
/// runs this can forge proofs, so such keys are for development networks only; they carry
/// [`SetupKind::InsecureDevelopment`] in their id.
pub fn insecure_development_setup<S: Statement>() -> Result<ProvingKey, KeyError> {
    keys_of(S::ID, &constraints::<S>())
}

/// Not generic, so that the engine is compiled (and optimised) here and not in every crate that calls it.
fn keys_of(statement: StatementId, system: &System) -> Result<ProvingKey, KeyError> {
    let seed = tagged_sha256(tags::INSECURE_SETUP, &[statement.name().as_bytes()]);
    let mut rng = ChaCha20Rng::from_seed(seed.0);
    let engine = Groth16::<Bls12_381>::generate_random_parameters_with_reduction(system, &mut rng)
        .map_err(|error| KeyError::Engine(error.to_string()))?;
    ProvingKey::new(statement, SetupKind::InsecureDevelopment, system, engine)
}
