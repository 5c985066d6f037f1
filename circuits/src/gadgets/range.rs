//! Range checks: a number is proven small by its binary digits.

use crate::field::Fr;
use crate::r1cs::{Bit, ConstraintSystem, Num};
use ark_ff::{BigInteger, PrimeField};

/// The `width` lowest binary digits of a number, lowest first, with the demand that they are all of it: so the number
/// is below 2^width. `width` + 1 constraints. Width at most 253, so that there is one way only to write a number.
pub fn bits_of(cs: &mut ConstraintSystem, number: &Num, width: usize) -> Vec<Bit> {
    debug_assert!(width < Fr::MODULUS_BIT_SIZE as usize - 1);
    let digits = number.value().into_bigint();
    let bits: Vec<_> = (0..width).map(|i| cs.bit(digits.get_bit(i))).collect();
    cs.equal(&Bit::number(&bits), number);
    bits
}

/// Demands 0 <= number < 2^width. `width` + 1 constraints.
pub fn range(cs: &mut ConstraintSystem, number: &Num, width: usize) {
    bits_of(cs, number, width);
}

/// Demands 0 <= gate * number < 2^width: the product and the range check share a constraint. `width` + 1 constraints.
pub fn gated_range(cs: &mut ConstraintSystem, gate: &Num, number: &Num, width: usize) {
    let digits = (gate.value() * number.value()).into_bigint();
    let bits: Vec<_> = (0..width).map(|i| cs.bit(digits.get_bit(i))).collect();
    cs.enforce(gate, number, &Bit::number(&bits));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::r1cs::Mode;
    use ark_ff::{AdditiveGroup, Field};

    fn in_range(value: Fr, width: usize) -> bool {
        let (mut cs, inputs) = ConstraintSystem::new(Mode::Record, &[value]);
        range(&mut cs, &inputs[0], width);
        cs.finish().is_satisfied()
    }

    #[test]
    fn exactly_the_numbers_of_the_range() {
        let limit = Fr::from(2u64).pow([64]);
        assert!(in_range(Fr::ZERO, 64));
        assert!(in_range(limit - Fr::ONE, 64));
        assert!(!in_range(limit, 64));
        assert!(!in_range(-Fr::ONE, 64));
    }

    #[test]
    fn an_open_gate_checks_and_a_closed_gate_does_not() {
        for (gate, value, holds) in [(1u64, 255u64, true), (1, 256, false), (0, 256, true)] {
            let (mut cs, inputs) =
                ConstraintSystem::new(Mode::Record, &[Fr::from(gate), Fr::from(value)]);
            gated_range(&mut cs, &inputs[0], &inputs[1], 8);
            assert_eq!(cs.finish().is_satisfied(), holds);
        }
    }
}
