//! Proving.

use crate::field::Fr;
use crate::keys::ProvingKey;
use crate::proof::Proof;
use crate::r1cs::{Mode, System};
use crate::statement::{FormError, Statement, synthesize};
use crate::verifier;
use ark_ec::CurveGroup;
use ark_ff::UniformRand;
use ark_groth16::r1cs_to_qap::{LibsnarkReduction, R1CSToQAP};
use ark_poly::GeneralEvaluationDomain;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use std::fmt;
use thiserror::Error;
use zeroize::Zeroize;

/// 32 fresh random bytes from the caller, used once.
///
/// Two proofs of different witnesses made from the same bytes would give the witnesses away.
pub struct Entropy([u8; 32]);

impl Entropy {
    /// Takes bytes that must come from the operating system's generator and be used nowhere else.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    pub(crate) fn into_rng(self) -> ChaCha20Rng {
        ChaCha20Rng::from_seed(self.0)
    }
}

impl Drop for Entropy {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for Entropy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Entropy(redacted)")
    }
}

/// Why there is no proof.
#[derive(Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProveError<C: std::error::Error + 'static> {
    /// The key is for another statement.
    #[error("the proving key is for another statement")]
    WrongKey,
    /// The public part is not well-formed.
    #[error(transparent)]
    Form(#[from] FormError),
    /// A clause does not hold.
    #[error(transparent)]
    Clause(C),
    /// The circuit refuses what the native check accepts. Never happens; a proof is not handed out unverified.
    #[error("the circuit refuses the witness")]
    Circuit,
    /// The engine failed.
    #[error("proving failed: {0}")]
    Engine(String),
}

/// Proves a statement.
///
/// Refuses, by clause, when the native check fails. The finished proof is verified before it is handed out.
pub fn prove<S: Statement>(
    key: &ProvingKey,
    public: &S::Public,
    witness: &S::Witness,
    entropy: Entropy,
) -> Result<Proof, ProveError<S::Clause>> {
    if key.statement() != S::ID {
        return Err(ProveError::WrongKey);
    }
    let inputs = S::inputs(public)?;
    S::check(public, witness).map_err(ProveError::Clause)?;
    let proof = prove_unchecked::<S>(key, &inputs, witness, entropy).map_err(ProveError::Engine)?;
    match verifier::verify(key.verifying_key(), &inputs, &proof) {
        Ok(()) => Ok(proof),
        Err(_) => Err(ProveError::Circuit),
    }
}

/// Proves without asking whether the statement holds; if it does not, the proof does not verify.
pub(crate) fn prove_unchecked<S: Statement>(
    key: &ProvingKey,
    inputs: &[Fr],
    witness: &S::Witness,
    entropy: Entropy,
) -> Result<Proof, String> {
    create(
        key,
        inputs.len() + 1,
        &synthesize::<S>(Mode::Assign, inputs, witness),
        entropy,
    )
}

/// Not generic, so that the engine is compiled (and optimised) here and not in every crate that calls it.
fn create(
    key: &ProvingKey,
    instances: usize,
    system: &System,
    entropy: Entropy,
) -> Result<Proof, String> {
    let mut rng = entropy.into_rng();
    let (r, s) = (Fr::rand(&mut rng), Fr::rand(&mut rng));
    let values = system.values();
    let quotient = LibsnarkReduction::witness_map_from_matrices::<Fr, GeneralEvaluationDomain<Fr>>(
        &key.matrices,
        instances,
        key.constraints,
        values,
    )
    .map_err(|error| error.to_string())?;

    // Five multi-scalar multiplications, each on one thread, the longest first.
    let queries = &key.queries;
    let witness = values.get(instances..).unwrap_or(&[]);
    let (b_g2, ((h, a), (l, b_g1))) = rayon::join(
        || queries.b_g2.weighted(values),
        || {
            rayon::join(
                || (queries.h.weighted(&quotient), queries.a.weighted(values)),
                || (queries.l.weighted(witness), queries.b_g1.weighted(values)),
            )
        },
    );

    // Groth16, section 3.2: A = α + Σ a_i u_i + r δ, B = β + Σ a_i v_i + s δ, C = L + H + s A + r B - r s δ.
    let engine = &key.engine;
    let a = a + engine.vk.alpha_g1 + engine.delta_g1 * r;
    let b = b_g2 + engine.vk.beta_g2 + engine.vk.delta_g2 * s;
    let b_g1 = b_g1 + engine.beta_g1 + engine.delta_g1 * s;
    let c = h + l + a * s + b_g1 * r - engine.delta_g1 * (r * s);
    Proof::new(&a.into_affine(), &b.into_affine(), &c.into_affine())
        .ok_or_else(|| "proof points".to_owned())
}
