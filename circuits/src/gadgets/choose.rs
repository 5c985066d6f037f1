//! Choosing, membership, zero tests.

use crate::field::Fr;
use crate::r1cs::{Bit, ConstraintSystem, Num};
use ark_ff::{AdditiveGroup, Field};

/// The choice with the number that the bits write (lowest bit first). `choices` - 1 constraints.
///
/// `choices` has exactly 2^(number of bits) entries.
pub fn mux(cs: &mut ConstraintSystem, bits: &[Bit], choices: &[Num]) -> Num {
    debug_assert_eq!(choices.len(), 1 << bits.len());
    let mut left = choices.to_vec();
    for bit in bits {
        left = left
            .chunks_exact(2)
            .map(|pair| &pair[0] + &cs.mul(bit.num(), &(&pair[1] - &pair[0])))
            .collect();
    }
    left.pop().unwrap_or_else(Num::zero)
}

/// Product of (number - member) over the set: zero exactly for members. One constraint less than members.
pub fn distance_to_set(cs: &mut ConstraintSystem, number: &Num, set: &[Num]) -> Num {
    let mut differences = set.iter().map(|member| number - member);
    let Some(first) = differences.next() else {
        return Num::constant(Fr::ONE);
    };
    differences.fold(first, |product, difference| cs.mul(&product, &difference))
}

/// Demands that the number is in the set. As many constraints as members.
pub fn in_set(cs: &mut ConstraintSystem, number: &Num, set: &[Num]) {
    let distance = distance_to_set(cs, number, set);
    cs.zero(&distance);
}

/// Demands, where the gate is 1, that the number is not zero; where it is 0, nothing. One constraint.
///
/// The inverse is a hint; it is free where the gate is 0 and the number is 0, for then nothing depends on it.
pub fn non_zero(cs: &mut ConstraintSystem, gate: &Num, number: &Num) {
    let inverse = number.value().inverse().unwrap_or(Fr::ZERO) * gate.value();
    let inverse = cs.witness(inverse);
    cs.enforce(number, &inverse, gate);
}

/// Whether the number is zero, as a bit. Two constraints.
///
/// The inverse is a hint; it is free where the number is zero, for then nothing depends on it.
pub fn is_zero(cs: &mut ConstraintSystem, number: &Num) -> Num {
    let inverse = cs.witness(number.value().inverse().unwrap_or(Fr::ZERO));
    let different = cs.mul(number, &inverse);
    let answer = &Num::constant(Fr::ONE) - &different;
    cs.enforce(number, &answer, &Num::zero());
    answer
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::r1cs::Mode;

    fn numbers(values: &[u64]) -> (ConstraintSystem, Vec<Num>) {
        let values: Vec<_> = values.iter().map(|value| Fr::from(*value)).collect();
        ConstraintSystem::new(Mode::Record, &values)
    }

    #[test]
    fn mux_chooses_by_number() {
        for chosen in 0..8usize {
            let (mut cs, choices) = numbers(&[10, 11, 12, 13, 14, 15, 16, 17]);
            let bits: Vec<_> = (0..3).map(|i| cs.bit(chosen >> i & 1 == 1)).collect();
            let out = mux(&mut cs, &bits, &choices);
            assert_eq!(out.value(), choices[chosen].value());
            let system = cs.finish();
            assert!(system.is_satisfied());
            assert_eq!(system.rows().len(), 3 + 7);
        }
    }

    #[test]
    fn sets_have_their_members_and_no_others() {
        for (value, member) in [(5, true), (7, true), (6, false), (0, false)] {
            let (mut cs, set) = numbers(&[5, 7, 7]);
            let value = cs.witness(Fr::from(value as u64));
            in_set(&mut cs, &value, &set);
            assert_eq!(cs.finish().is_satisfied(), member);
        }
    }

    #[test]
    fn zero_is_zero_and_nothing_else() {
        for value in [0u64, 1, 77] {
            let (mut cs, inputs) = numbers(&[value]);
            let answer = is_zero(&mut cs, &inputs[0]);
            assert_eq!(answer.value(), Fr::from(value == 0));
            assert!(cs.finish().is_satisfied());
        }
        for (gate, value, holds) in [
            (1u64, 0u64, false),
            (1, 5, true),
            (0, 0, true),
            (0, 5, true),
        ] {
            let (mut cs, inputs) = numbers(&[gate, value]);
            non_zero(&mut cs, &inputs[0], &inputs[1]);
            assert_eq!(cs.finish().is_satisfied(), holds);
        }
    }
}
