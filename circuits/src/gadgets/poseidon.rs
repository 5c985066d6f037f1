//! Poseidon in a circuit: 240 constraints for two inputs, 297 for four, 300 for each further four.
//!
//! Each S-box takes three constraints: x·x = x², x²·x² = x⁴, x⁴·x = x⁵, with x⁴ on the left side, so that it needs no
//! point of the larger group G2 in the key. The linear layers are free: they only change linear combinations.

use crate::field::Fr;
use crate::poseidon::{Parameters, capacity, parameters_3, parameters_5};
use crate::r1cs::{ConstraintSystem, Num};
use crate::tags::Tag;

/// Domain-separated hash; twin of [`crate::poseidon::hash`].
pub fn hash(cs: &mut ConstraintSystem, tag: Tag, inputs: &[Num]) -> Num {
    if inputs.len() <= 2 {
        sponge(cs, parameters_3(), tag, inputs)
    } else {
        sponge(cs, parameters_5(), tag, inputs)
    }
}

fn sponge<const T: usize>(
    cs: &mut ConstraintSystem,
    parameters: &Parameters<T>,
    tag: Tag,
    inputs: &[Num],
) -> Num {
    let mut state: [Num; T] = std::array::from_fn(|_| Num::zero());
    state[0] = Num::constant(capacity(tag, inputs.len()));
    let mut blocks = inputs.chunks(T - 1);
    let mut block = blocks.next().unwrap_or(&[]);
    loop {
        for (element, input) in state[1..].iter_mut().zip(block) {
            *element = &*element + input;
        }
        permute(cs, parameters, &mut state);
        match blocks.next() {
            Some(next) => block = next,
            None => return state[1].clone(),
        }
    }
}

fn permute<const T: usize>(
    cs: &mut ConstraintSystem,
    parameters: &Parameters<T>,
    state: &mut [Num; T],
) {
    for (round, constants) in parameters.constants.iter().enumerate() {
        for (element, constant) in state.iter_mut().zip(constants) {
            *element = &*element + *constant;
        }
        let active = if parameters.is_full(round) { T } else { 1 };
        for element in &mut state[..active] {
            *element = fifth_power(cs, element);
        }
        let mixed = |row: &[Fr; T]| Num::weighted(state.iter().zip(row.iter().copied()));
        *state = std::array::from_fn(|i| mixed(&parameters.mds[i]));
    }
}

fn fifth_power(cs: &mut ConstraintSystem, x: &Num) -> Num {
    if x.is_constant() {
        let square = x.value() * x.value();
        return Num::constant(square * square * x.value());
    }
    let square = cs.mul(x, x);
    let fourth = cs.mul(&square, &square);
    cs.mul(&fourth, x)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::r1cs::Mode;

    #[test]
    fn agrees_with_the_native_hash_and_costs_what_it_should() {
        for (count, constraints) in [
            (1, 237),
            (2, 240),
            (3, 294),
            (4, 297),
            (5, 597),
            (9, 897),
            (20, 1497),
        ] {
            let values: Vec<_> = (0..count).map(|i| Fr::from(1000 + i as u64)).collect();
            for mode in [Mode::Assign, Mode::Record] {
                let (mut cs, inputs) = ConstraintSystem::new(mode, &values);
                let out = hash(&mut cs, Tag("test"), &inputs);
                assert_eq!(out.value(), crate::poseidon::hash(Tag("test"), &values));
                let system = cs.finish();
                assert!(system.is_satisfied());
                if mode == Mode::Record {
                    assert_eq!(system.rows().len(), constraints, "{count} inputs");
                }
            }
        }
    }

    #[test]
    fn the_fourth_power_never_stands_on_the_right() {
        let (mut cs, inputs) =
            ConstraintSystem::new(Mode::Record, &[Fr::from(3u64), Fr::from(4u64)]);
        hash(&mut cs, Tag("test"), &inputs);
        let system = cs.finish();
        for boxes in system.rows().chunks(3) {
            let [(fourth, _)] = boxes[1].c[..] else {
                panic!("x^4 is a variable")
            };
            assert!(
                system
                    .rows()
                    .iter()
                    .all(|row| row.b.iter().all(|(index, _)| *index != fourth))
            );
        }
    }
}
