//! Jubjub in Montgomery form, with the incomplete addition formulas that cost least in a circuit.
//!
//! `B·v² = u³ + A·u² + u` with u = (1 + y)/(1 - y), v = u/x (Zcash protocol specification, appendix A.3.3). Adding two
//! points by chords needs three constraints where the complete Edwards law needs six, and is right whenever the two
//! u-coordinates differ. Were they equal, the slope would be the prover's choice: so every caller must show that its
//! operands are never equal, opposite or the identity, whatever the prover does. `multiply` does, from the form of
//! the nonce.

use crate::field::Fr;
use crate::r1cs::{ConstraintSystem, Num};
use ark_ec::twisted_edwards::MontCurveConfig;
use ark_ed_on_bls12_381::JubjubConfig;
use ark_ff::{AdditiveGroup, Field};

/// Coefficient A of the Montgomery form.
const A: Fr = <JubjubConfig as MontCurveConfig>::COEFF_A;

/// Coefficient B of the Montgomery form.
const B: Fr = <JubjubConfig as MontCurveConfig>::COEFF_B;

/// Montgomery coordinates of an Edwards point that is neither the identity nor of order two.
pub(super) fn to_montgomery(x: Fr, y: Fr) -> Option<[Fr; 2]> {
    let u = (Fr::ONE + y) * (Fr::ONE - y).inverse()?;
    Some([u, u * x.inverse()?])
}

/// A point of odd order other than the identity, in Montgomery form.
#[derive(Clone)]
pub(super) struct Montgomery {
    pub(super) u: Num,
    pub(super) v: Num,
}

impl Montgomery {
    /// From Edwards coordinates of a point of odd order other than the identity (so y ≠ 1 and x ≠ 0). Two constraints.
    pub(super) fn from_edwards(cs: &mut ConstraintSystem, [x, y]: &[Num; 2]) -> Self {
        let u = quotient(cs, &(y + Fr::ONE), &(&-y + Fr::ONE));
        let v = quotient(cs, &u, x);
        Self { u, v }
    }

    /// To Edwards coordinates (odd order and not the identity: v ≠ 0 and u ≠ -1). Two constraints.
    pub(super) fn to_edwards(&self, cs: &mut ConstraintSystem) -> [Num; 2] {
        let x = quotient(cs, &self.u, &self.v);
        let y = quotient(cs, &(&self.u - Fr::ONE), &(&self.u + Fr::ONE));
        [x, y]
    }

    /// The sum of two points whose u-coordinates differ. Three constraints.
    pub(super) fn add(&self, cs: &mut ConstraintSystem, other: &Self) -> Self {
        let slope = quotient(cs, &(&other.v - &self.v), &(&other.u - &self.u));
        let u = third(cs, &slope, &self.u, &other.u);
        self.reflect(cs, &slope, u)
    }

    /// Twice a point. Four constraints.
    pub(super) fn double(&self, cs: &mut ConstraintSystem) -> Self {
        let square = cs.mul(&self.u, &self.u);
        let tangent = &(&(&square * Fr::from(3u64)) + &(&self.u * A.double())) + Fr::ONE;
        let slope = quotient(cs, &tangent, &(&self.v * B.double()));
        let u = third(cs, &slope, &self.u, &self.u);
        self.reflect(cs, &slope, u)
    }

    /// `2·self + other`, as (self + other) + self, never computing the inner sum's v. Five constraints. Needs that self,
    /// other and self + other are not the identity and that self ≠ ±other, self + other ≠ ±self.
    pub(super) fn double_and_add(&self, cs: &mut ConstraintSystem, other: &Self) -> Self {
        let first = quotient(cs, &(&other.v - &self.v), &(&other.u - &self.u));
        let inner = third(cs, &first, &self.u, &other.u);
        // The second slope is (v_inner - v)/(u_inner - u), where v_inner = first·(u - u_inner) - v.
        let half = quotient(cs, &(&self.v * Fr::from(2u64)), &(&self.u - &inner));
        let second = &half - &first;
        let u = third(cs, &second, &self.u, &inner);
        self.reflect(cs, &second, u)
    }

    /// The point of abscissa `u` on the line through self of this slope, mirrored. One constraint.
    fn reflect(&self, cs: &mut ConstraintSystem, slope: &Num, u: Num) -> Self {
        let v = product_less(cs, slope, &(&self.u - &u), &self.v);
        Self { u, v }
    }
}

/// Abscissa of the third point on a line: `B·slope² - A - u1 - u2`. One constraint.
fn third(cs: &mut ConstraintSystem, slope: &Num, u1: &Num, u2: &Num) -> Num {
    product_less(cs, slope, &(slope * B), &(&(u1 + u2) + A))
}

/// `a·b - less`, as a variable of its own so that linear combinations stay short. One constraint, which defines it.
fn product_less(cs: &mut ConstraintSystem, a: &Num, b: &Num, less: &Num) -> Num {
    let out = cs.witness(a.value() * b.value() - less.value());
    cs.enforce(a, b, &(&out + less));
    out
}

/// The q with q·denominator = numerator; unique when the denominator is not zero, which the caller must know. One
/// constraint.
fn quotient(cs: &mut ConstraintSystem, numerator: &Num, denominator: &Num) -> Num {
    let inverse = denominator.value().inverse().unwrap_or(Fr::ZERO);
    let q = cs.witness(numerator.value() * inverse);
    cs.enforce(&q, denominator, numerator);
    q
}
