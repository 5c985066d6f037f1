//! Lies that the rest of the circuit follows: is every demand that a hint is a bit needed?
//!
//! A bit that many ranges depend on (of a time, of an index) cannot be shown needed by moving along a direction: all that
//! depends on it is itself made of bits. So the circuit is run again with the lie in its place, and computes everything
//! else from it.

use super::soundness::{touched, users};
use super::system::{Row, evaluate};
use super::{ConstraintSystem, Mode, System};
use crate::field::Fr;
use crate::statement::{Statement, synthesize};
use ark_ff::{AdditiveGroup, Field};
use std::collections::BTreeSet;

/// Removes from `open` the demands that a hint is a bit for which some lie breaks that demand alone.
///
/// The bit becomes 1/2, 2 or -1. Public inputs that are compared with computed values follow: the adversary chooses them.
pub(crate) fn lying_bits<S: Statement>(
    inputs: &[Fr],
    witness: &S::Witness,
    open: &mut BTreeSet<usize>,
) {
    let honest = synthesize::<S>(Mode::Record, inputs, witness);
    let users = users(&honest);
    let half = Fr::from(2u64).inverse().unwrap();
    open.retain(|row| {
        let Some(bit) = bit_of(&honest.rows[*row]) else {
            return true;
        };
        ![half, Fr::from(2u64), -Fr::ONE]
            .into_iter()
            .any(|lie| breaks_alone::<S>(&honest, &users, (inputs, witness), (bit, lie), *row))
    });
}

fn breaks_alone<S: Statement>(
    honest: &System,
    users: &[BTreeSet<usize>],
    (inputs, witness): (&[Fr], &S::Witness),
    lie: (usize, Fr),
    row: usize,
) -> bool {
    let mut inputs = inputs.to_vec();
    // One input may depend on another (a ciphertext on a leaf), but only a few steps deep.
    for _ in 0..4 {
        let (mut cs, numbers) = ConstraintSystem::new(Mode::Assign, &inputs);
        cs.lie(lie);
        S::circuit(&mut cs, &numbers, witness);
        let values = cs.finish().values;
        let holds = |row: &usize| System::holds(&honest.rows[*row], &values);
        let touched = touched(honest, users, &values).into_iter();
        let broken: Vec<_> = touched.filter(|row| !holds(row)).collect();
        if broken == [row] {
            return true;
        }
        let followed = broken
            .iter()
            .filter(|row| follow(honest, &honest.rows[**row], &values, &mut inputs));
        if followed.count() == 0 {
            return false;
        }
    }
    false
}

/// The hint x of a row x · (x - 1) = 0.
fn bit_of(row: &Row) -> Option<usize> {
    let [(x, _)] = row.a[..] else { return None };
    (row.c.is_empty() && row.b == [(0, -Fr::ONE), (x, Fr::ONE)]).then_some(x)
}

/// Where a row demands that a sum with one public input is zero, gives the input the value that makes it so.
fn follow(system: &System, row: &Row, values: &[Fr], inputs: &mut [Fr]) -> bool {
    let is_input = |index: usize| (1..=system.inputs).contains(&index);
    let mut compared = row.a.iter().filter(|(index, _)| is_input(*index));
    let (Some((input, coefficient)), None) = (compared.next(), compared.next()) else {
        return false;
    };
    if row.b != [(0, Fr::ONE)] || !row.c.is_empty() {
        return false;
    }
    let scale = coefficient.inverse().unwrap_or(Fr::ZERO);
    inputs[*input - 1] -= evaluate(&row.a, values) * scale;
    true
}
