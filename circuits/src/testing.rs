//! Small statements for the tests of keys, proofs and verifiers, where the real ones would only be slower.

use crate::context::StatementId;
use crate::field::Fr;
use crate::prover::Entropy;
use crate::r1cs::{ConstraintSystem, Num};
use crate::statement::{FormError, Statement};
use ark_bls12_381::{Fq, Fq2, G1Affine, G2Affine};
use ark_ff::AdditiveGroup;
use thiserror::Error;

#[derive(Debug, Error, PartialEq, Eq)]
#[error("not the factors")]
pub(crate) struct NotFactors;

/// Knowledge of two factors of a public number; a second input is bound only.
pub(crate) struct Product;

/// Knowledge of a cube root: the same statement number, another circuit.
pub(crate) struct Cube;

macro_rules! statement {
    ($name:ident, $of:expr, |$cs:ident, $x:ident, $y:ident| $circuit:expr) => {
        impl Statement for $name {
            const ID: StatementId = StatementId::Access;
            const INPUTS: usize = 2;
            type Public = [Fr; 2];
            type Witness = [Fr; 2];
            type Clause = NotFactors;

            fn inputs(public: &[Fr; 2]) -> Result<Vec<Fr>, FormError> {
                Ok(public.to_vec())
            }

            fn check(public: &[Fr; 2], witness: &[Fr; 2]) -> Result<(), NotFactors> {
                let of: fn(&[Fr; 2]) -> Fr = $of;
                if of(witness) == public[0] {
                    Ok(())
                } else {
                    Err(NotFactors)
                }
            }

            fn circuit($cs: &mut ConstraintSystem, inputs: &[Num], witness: &[Fr; 2]) {
                let $x = $cs.witness(witness[0]);
                let $y = $cs.witness(witness[1]);
                let out = $circuit;
                $cs.equal(&out, &inputs[0]);
            }

            fn blank() -> [Fr; 2] {
                [Fr::ZERO; 2]
            }
        }
    };
}

statement!(Product, |[x, y]| *x * y, |cs, x, y| cs.mul(&x, &y));
statement!(Cube, |[x, _]| *x * x * x, |cs, x, _y| {
    let square = cs.mul(&x, &x);
    cs.mul(&square, &x)
});

pub(crate) fn entropy(seed: u8) -> Entropy {
    Entropy::new([seed; 32])
}

/// A point on the curve of G1 that is not in the prime-order subgroup.
pub(crate) fn g1_off_subgroup() -> G1Affine {
    (1u64..)
        .filter_map(|x| G1Affine::get_point_from_x_unchecked(Fq::from(x), false))
        .find(|point| !point.is_in_correct_subgroup_assuming_on_curve())
        .unwrap()
}

/// A point on the curve of G2 that is not in the prime-order subgroup.
pub(crate) fn g2_off_subgroup() -> G2Affine {
    (1u64..)
        .filter_map(|x| {
            G2Affine::get_point_from_x_unchecked(Fq2::new(Fq::from(x), Fq::ZERO), false)
        })
        .find(|point| !point.is_in_correct_subgroup_assuming_on_curve())
        .unwrap()
}
