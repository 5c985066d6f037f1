//! Rank-1 constraint systems: how circuits are written down.
//!
//! A circuit is a function that takes a [`ConstraintSystem`] and values and says what must hold. The same function
//! runs in two modes: [`Mode::Assign`] computes only the witness (proving), [`Mode::Record`] also records the
//! constraints (setup, tests). The structure never depends on the values.
//!
//! Witness variables are of two kinds. A *derived* variable is the product of a constraint over earlier variables, so
//! it has exactly one right value. A *hint* is chosen by the prover, and every constraint on it is an explicit assertion.
//! Tests check this for every statement: see `soundness`.

mod num;
mod system;

#[cfg(test)]
pub(crate) mod resynthesis;
#[cfg(test)]
pub(crate) mod soundness;

pub use num::{Bit, Num, Terms};
pub use system::{Row, System};

use crate::field::Fr;
use ark_ff::Field;

/// What a synthesis produces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Only the values of the witness: what a prover with known constraints needs.
    Assign,
    /// The constraints as well.
    Record,
}

/// A constraint system while a circuit is being written into it.
pub struct ConstraintSystem {
    system: System,
    mode: Mode,
    clause: &'static str,
    #[cfg(test)]
    lie: Option<(usize, Fr)>,
}

impl ConstraintSystem {
    /// Begins a system with these public inputs and returns them as numbers, in order.
    pub fn new(mode: Mode, inputs: &[Fr]) -> (Self, Vec<Num>) {
        let mut values = Vec::with_capacity(1 << 14);
        values.push(Fr::ONE);
        values.extend(inputs);
        let system = System {
            values,
            inputs: inputs.len(),
            rows: Vec::new(),
            clauses: Vec::new(),
        };
        let this = Self {
            system,
            mode,
            clause: "",
            #[cfg(test)]
            lie: None,
        };
        let numbers = (0..inputs.len()).map(|i| this.variable(i + 1)).collect();
        (this, numbers)
    }

    /// Names the clause that the following constraints and variables belong to.
    pub fn clause(&mut self, name: &'static str) {
        self.clause = name;
    }

    /// Gives one variable another value; everything after it is computed from the lie.
    #[cfg(test)]
    pub(crate) fn lie(&mut self, lie: (usize, Fr)) {
        self.lie = Some(lie);
    }

    /// A hint: a new witness variable of the prover's choice.
    pub fn witness(&mut self, value: Fr) -> Num {
        #[cfg(test)]
        let value = match self.lie {
            Some((variable, lie)) if variable == self.system.values.len() => lie,
            _ => value,
        };
        self.system.values.push(value);
        if self.mode == Mode::Record {
            self.system.clauses.push(self.clause);
        }
        self.variable(self.system.values.len() - 1)
    }

    /// A hint that is 0 or 1.
    pub fn bit(&mut self, value: bool) -> Bit {
        let bit = self.witness(Fr::from(value));
        self.enforce(&bit, &(&bit - Fr::ONE), &Num::zero());
        Bit(bit)
    }

    /// The product. Of two variables: a new variable that this constraint defines. With a constant: free.
    pub fn mul(&mut self, a: &Num, b: &Num) -> Num {
        if a.is_constant() {
            return b * a.value();
        }
        if b.is_constant() {
            return a * b.value();
        }
        let product = self.witness(a.value() * b.value());
        self.enforce(a, b, &product);
        product
    }

    /// Demands a * b = c.
    pub fn enforce(&mut self, a: &Num, b: &Num, c: &Num) {
        if self.mode == Mode::Record {
            let row = Row {
                a: a.terms(),
                b: b.terms(),
                c: c.terms(),
                clause: self.clause,
            };
            self.system.rows.push(row);
        }
    }

    /// Demands a = b.
    pub fn equal(&mut self, a: &Num, b: &Num) {
        self.zero(&(a - b));
    }

    /// Demands a = 0.
    pub fn zero(&mut self, a: &Num) {
        self.enforce(a, &Num::constant(Fr::ONE), &Num::zero());
    }

    /// Ends the synthesis.
    pub fn finish(self) -> System {
        self.system
    }

    fn variable(&self, index: usize) -> Num {
        Num::variable(index, self.system.values[index], self.mode == Mode::Record)
    }
}
