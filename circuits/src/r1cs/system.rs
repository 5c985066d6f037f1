//! A finished constraint system with one assignment.

use super::Terms;
use crate::field::{Fr, fr_to_bytes};
use crate::tags::{self, tagged_sha256};
use crate::types::Digest32;
use ark_ff::Field;
use ark_relations::gr1cs::{
    ConstraintSynthesizer, ConstraintSystemRef, LinearCombination, Matrix, SynthesisError, Variable,
};

/// One constraint: a * b = c.
#[derive(Clone, Debug)]
pub struct Row {
    /// Left factor.
    pub a: Terms,
    /// Right factor.
    pub b: Terms,
    /// Product.
    pub c: Terms,
    /// The clause it belongs to.
    pub clause: &'static str,
}

/// A constraint system and an assignment of all its variables.
///
/// Variable 0 is the constant 1, then come the public inputs, then the witness.
#[derive(Clone, Debug)]
pub struct System {
    pub(super) values: Vec<Fr>,
    pub(super) inputs: usize,
    pub(super) rows: Vec<Row>,
    pub(super) clauses: Vec<&'static str>,
}

impl System {
    /// The value of every variable.
    pub fn values(&self) -> &[Fr] {
        &self.values
    }

    /// Number of public inputs, without the constant 1.
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// The constraints.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The clause in which a witness variable was made; empty for inputs.
    pub fn clause_of(&self, variable: usize) -> &'static str {
        variable
            .checked_sub(self.inputs + 1)
            .and_then(|i| self.clauses.get(i))
            .copied()
            .unwrap_or("")
    }

    /// Whether a row holds under an assignment.
    pub fn holds(row: &Row, values: &[Fr]) -> bool {
        evaluate(&row.a, values) * evaluate(&row.b, values) == evaluate(&row.c, values)
    }

    /// The rows that the assignment breaks.
    pub fn broken(&self) -> impl Iterator<Item = &Row> {
        self.rows
            .iter()
            .filter(|row| !Self::holds(row, &self.values))
    }

    /// The same constraints under another assignment, from a synthesis of the same circuit in [`super::Mode::Assign`].
    pub fn assigned(&self, other: &System) -> System {
        System {
            values: other.values.clone(),
            ..self.clone()
        }
    }

    /// Whether every constraint holds.
    pub fn is_satisfied(&self) -> bool {
        self.broken().next().is_none()
    }

    /// The matrices A, B, C, row by row.
    pub fn matrices(&self) -> Vec<Matrix<Fr>> {
        let matrix = |side: fn(&Row) -> &Terms| {
            let swap = |row| {
                side(row)
                    .iter()
                    .map(|(index, value)| (*value, *index))
                    .collect()
            };
            self.rows.iter().map(swap).collect()
        };
        vec![
            matrix(|row| &row.a),
            matrix(|row| &row.b),
            matrix(|row| &row.c),
        ]
    }

    /// Digest of the constraints (not of the assignment): the identity of a circuit.
    pub fn digest(&self) -> Digest32 {
        let mut bytes = Vec::new();
        for row in &self.rows {
            for side in [&row.a, &row.b, &row.c] {
                bytes.extend((side.len() as u64).to_be_bytes());
                for (index, coefficient) in side {
                    bytes.extend((*index as u64).to_be_bytes());
                    bytes.extend(fr_to_bytes(coefficient));
                }
            }
        }
        let sizes = [self.inputs, self.values.len(), self.rows.len()]
            .map(|size| (size as u64).to_be_bytes());
        tagged_sha256(tags::CONSTRAINTS, &[&sizes.concat(), &bytes])
    }
}

/// The value of a linear combination.
pub(super) fn evaluate(terms: &Terms, values: &[Fr]) -> Fr {
    terms
        .iter()
        .map(|(index, coefficient)| {
            if *coefficient == Fr::ONE {
                values[*index]
            } else {
                values[*index] * coefficient
            }
        })
        .sum()
}

/// Replays a recorded system into the engine that makes Groth16 keys.
impl ConstraintSynthesizer<Fr> for &System {
    fn generate_constraints(self, cs: ConstraintSystemRef<Fr>) -> Result<(), SynthesisError> {
        let mut variables = vec![Variable::One];
        for (index, value) in self.values.iter().enumerate().skip(1) {
            let variable = match index <= self.inputs {
                true => cs.new_input_variable(|| Ok(*value))?,
                false => cs.new_witness_variable(|| Ok(*value))?,
            };
            variables.push(variable);
        }
        let combination = |terms: &Terms| {
            LinearCombination(
                terms
                    .iter()
                    .map(|(index, coefficient)| (*coefficient, variables[*index]))
                    .collect(),
            )
        };
        for row in &self.rows {
            cs.enforce_r1cs_constraint(
                || combination(&row.a),
                || combination(&row.b),
                || combination(&row.c),
            )?;
        }
        Ok(())
    }
}
