//! The statements.

use serde::Serialize;
use std::fmt;
use tacit_circuits::access::Access;
use tacit_circuits::bench::{ReferenceMsm, Sample};
use tacit_circuits::grant::Grant;
use tacit_circuits::open::Open;
use tacit_circuits::show::Show;
use tacit_circuits::{BatchVerifier, Entropy, Proof, prove, verify};

use super::{Figure, RunsArgs};
use crate::cli::run::Context;
use crate::errors::{ApiError, ApiResult};
use crate::keys::KeyCache;

/// Proofs of a batch.
const BATCH: usize = 64;

/// What the statements cost.
#[derive(Debug, Serialize)]
pub struct Statements {
    /// Processors that the prover may use.
    processors: usize,
    /// Points of the reference multi-scalar multiplication.
    reference_points: usize,
    /// The reference.
    reference_msm: Figure,
    /// Each statement.
    statements: Vec<Measured>,
}

/// What one statement costs.
#[derive(Debug, Serialize)]
struct Measured {
    statement: &'static str,
    constraints: usize,
    public_inputs: usize,
    proof_bytes: usize,
    prove: Figure,
    verify: Figure,
    /// A batch of 64, for each proof.
    verify_batch_64_per_proof: Figure,
    /// Median of proving over median of the reference.
    prove_per_reference: f64,
}

/// Measures all statements.
pub(super) fn measure(runs: RunsArgs, context: &Context) -> ApiResult<Statements> {
    let reference = ReferenceMsm::new();
    let reference_msm = Figure::of(runs, || {
        reference
            .run()
            .then_some(())
            .ok_or_else(|| ApiError::internal("the reference is no point"))
    })?;
    let keys = KeyCache::of_user(context.output);
    let statements = vec![
        statement::<Show>(runs, &keys, &reference_msm)?,
        statement::<Grant>(runs, &keys, &reference_msm)?,
        statement::<Access>(runs, &keys, &reference_msm)?,
        statement::<Open>(runs, &keys, &reference_msm)?,
    ];
    Ok(Statements {
        processors: std::thread::available_parallelism().map_or(1, Into::into),
        reference_points: ReferenceMsm::POINTS,
        reference_msm,
        statements,
    })
}

fn statement<S: Sample>(
    runs: RunsArgs,
    keys: &KeyCache,
    reference: &Figure,
) -> ApiResult<Measured> {
    let key = keys.proving::<S>()?;
    let (public, witness) =
        S::sample().ok_or_else(|| ApiError::internal("the sample does not hold"))?;
    let inputs = S::inputs(&public).map_err(ApiError::internal)?;
    let proved = || prove::<S>(&key, &public, &witness, entropy()?).map_err(ApiError::internal);
    let proof = proved()?;
    let verified = || verify(key.verifying_key(), &inputs, &proof).map_err(ApiError::internal);
    let batched = || {
        let mut batch = BatchVerifier::new();
        for _ in 0..BATCH {
            batch
                .push(key.verifying_key(), inputs.clone(), proof)
                .map_err(ApiError::internal)?;
        }
        batch.verify(entropy()?).map_err(ApiError::internal)
    };
    let prove = Figure::of(runs, proved)?;
    let batch = Figure::of(runs, batched)?;
    let each = |ms: f64| ms / BATCH as f64;
    Ok(Measured {
        statement: S::ID.name(),
        constraints: key.constraints(),
        public_inputs: inputs.len(),
        proof_bytes: size_of::<Proof>(),
        prove_per_reference: prove.median_ms / reference.median_ms,
        prove,
        verify: Figure::of(runs, verified)?,
        verify_batch_64_per_proof: Figure {
            min_ms: each(batch.min_ms),
            median_ms: each(batch.median_ms),
            max_ms: each(batch.max_ms),
        },
    })
}

fn entropy() -> ApiResult<Entropy> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(ApiError::internal)?;
    Ok(Entropy::new(bytes))
}

impl fmt::Display for Statements {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} processors; reference: one multi-scalar multiplication of {} points of G1, {:.1} ms",
            self.processors, self.reference_points, self.reference_msm.median_ms
        )?;
        writeln!(
            f,
            "medians      constraints  inputs    prove ms  of reference  verify ms  in a batch of 64"
        )?;
        for row in &self.statements {
            writeln!(
                f,
                "{:<12} {:>11}  {:>6}  {:>10.1}  {:>12.2}  {:>9.2}  {:>15.2}",
                row.statement,
                row.constraints,
                row.public_inputs,
                row.prove.median_ms,
                row.prove_per_reference,
                row.verify.median_ms,
                row.verify_batch_64_per_proof.median_ms
            )?;
        }
        Ok(())
    }
}
