//! r·G and r·A from the same bits of r, without exceptional cases.
//!
//! With K = Σ b_i·2^i (i < 250) and s_i = 2·b_i - 1, the nonce is r = 2^250 + 1 + 2K = 2^251 + Σ s_i·2^i. G and A have
//! prime order l, and 3·2^250 < l - 1. In either product no sum ever meets the identity or an equal u-coordinate:
//!
//! - fixed base: window w adds d_w·4^w·G, where d_w = s_2w + 2·s_2w+1 is ±1 or ±3, to the sum m·G of the lower windows. m
//!   is odd and 0 < |m| < 4^w ≤ |d_w·4^w|, so neither m ± d_w·4^w is zero, and both are below 2^250 in absolute value:
//!   not zero modulo l either. The last window also carries 2^251, hence adds 2^248·(5, 7, 9 or 11) to |m| < 2^248: sum
//!   and difference lie between 0 and 3·2^250 < l.
//! - variable base: from m = 2, each step adds ±A to m·A, then m·A again, giving (2m ± 1)·A. After j steps m is between
//!   2^j + 1 and 3·2^j - 1 (2 for j = 0), so 2 ≤ m < l - 1: m·A ≠ ±A; (m ± 1)·A ≠ m·A since A is not the identity;
//!   (m ± 1)·A ≠ -m·A since 0 < 2m ± 1 < l.

use super::super::encryption::NONCE_BITS;
use super::curve::{Montgomery, to_montgomery};
use crate::field::Fr;
use crate::r1cs::{Bit, ConstraintSystem, Num};
use ark_ec::{CurveGroup, PrimeGroup};
use ark_ed_on_bls12_381::EdwardsProjective;
use ark_ff::{AdditiveGroup, Field};
use std::sync::OnceLock;

/// Number of two-bit windows of the fixed base.
const WINDOWS: usize = NONCE_BITS / 2;

/// The Montgomery coordinates that one window adds, by the value of its two bits.
type Window = [[Fr; 2]; 4];

/// r·G, for the bits of K, the lowest first. 4 constraints a window but 1 for the first: 497.
pub(super) fn fixed_base(cs: &mut ConstraintSystem, bits: &[Bit; NONCE_BITS]) -> Montgomery {
    let tables = tables();
    let mut sum = lookup(cs, &tables[0], &bits[0], &bits[1]);
    for (window, pair) in tables.iter().zip(bits.chunks_exact(2)).skip(1) {
        let point = lookup(cs, window, &pair[0], &pair[1]);
        sum = sum.add(cs, &point);
    }
    sum
}

/// r·A for a point A of prime order. 6 constraints a bit and 4: 1504.
pub(super) fn variable_base(
    cs: &mut ConstraintSystem,
    base: &Montgomery,
    bits: &[Bit; NONCE_BITS],
) -> Montgomery {
    let mut sum = base.double(cs);
    for bit in bits.iter().rev() {
        let sign = &(bit.num() * Fr::from(2u64)) - Fr::ONE;
        let signed = Montgomery {
            u: base.u.clone(),
            v: cs.mul(&sign, &base.v),
        };
        sum = sum.double_and_add(cs, &signed);
    }
    sum
}

/// The window's entry that two bits select: one constraint for their product, the rest is linear.
fn lookup(cs: &mut ConstraintSystem, window: &Window, low: &Bit, high: &Bit) -> Montgomery {
    let both = cs.mul(low.num(), high.num());
    let coordinate = |c: usize| -> Num {
        let [t0, t1, t2, t3] = window.map(|entry| entry[c]);
        let single = &(low.num() * (t1 - t0)) + &(high.num() * (t2 - t0));
        &(&single + &(&both * (t3 - t2 - t1 + t0))) + t0
    };
    Montgomery {
        u: coordinate(0),
        v: coordinate(1),
    }
}

/// The tables of all windows, computed once.
fn tables() -> &'static [Window; WINDOWS] {
    static TABLES: OnceLock<[Window; WINDOWS]> = OnceLock::new();
    TABLES.get_or_init(|| {
        let mut unit = EdwardsProjective::generator();
        std::array::from_fn(|window| {
            let (double, triple) = (unit.double(), unit.double() + unit);
            let last = window + 1 == WINDOWS;
            let offset = if last {
                double.double().double()
            } else {
                EdwardsProjective::ZERO
            };
            // -3, -1, 1, 3 times 4^w·G, for the bits (0, 0), (1, 0), (0, 1), (1, 1).
            let points = [-triple, -unit, unit, triple].map(|point| point + offset);
            unit = double.double();
            points.map(|point| {
                let affine = point.into_affine();
                // Multiples of G that are not zero: never the identity, never of order two.
                to_montgomery(affine.x, affine.y).unwrap_or_default()
            })
        })
    })
}
