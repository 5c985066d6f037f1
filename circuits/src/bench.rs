//! What benchmarks call: samples of the statements, and a reference load to compare machines by. The caller measures time.

use crate::field::Fr;
use crate::prover::Entropy;
use crate::statement::Statement;
use ark_bls12_381::{G1Affine, G1Projective};
use ark_ec::{CurveGroup, PrimeGroup, VariableBaseMSM};
use ark_ff::{BigInt, PrimeField, UniformRand};

/// A statement with a fixed instance that holds.
pub trait Sample: Statement {
    /// The instance; `None` only if the sample itself is broken, which a test excludes.
    fn sample() -> Option<(Self::Public, Self::Witness)>;
}

/// The reference load: one multi-scalar multiplication of 2^14 points of G1 with full-size scalars, the same everywhere.
/// Figures of different machines compare by their ratio to it.
pub struct ReferenceMsm {
    points: Vec<G1Affine>,
    scalars: Vec<BigInt<4>>,
}

impl ReferenceMsm {
    /// Number of points.
    pub const POINTS: usize = 1 << 14;

    /// Prepares points and scalars (not part of what is measured).
    pub fn new() -> Self {
        let mut rng = Entropy::new([0; 32]).into_rng();
        let step = G1Projective::generator();
        let mut point = step;
        let mut points = Vec::with_capacity(Self::POINTS);
        for _ in 0..Self::POINTS {
            points.push(point);
            point = point + point + step;
        }
        let scalars = (0..Self::POINTS)
            .map(|_| Fr::rand(&mut rng).into_bigint())
            .collect();
        Self {
            points: G1Projective::normalize_batch(&points),
            scalars,
        }
    }

    /// Computes it once; returns whether the result is a point (so that the work cannot be optimised away).
    pub fn run(&self) -> bool {
        let sum = G1Projective::msm_bigint(&self.points, &self.scalars);
        sum.into_affine().is_on_curve()
    }
}

impl Default for ReferenceMsm {
    fn default() -> Self {
        Self::new()
    }
}
