//! The open statement: somebody who asks for a credential knows what the holder key K opens to.
//!
//! K is a hash, so knowledge of its opening needs a circuit; this is the smallest of them. An issuer checks the proof; it
//! never goes to the ledger.

mod check;
mod circuit;
mod public;
mod sample;
#[cfg(test)]
mod tests;
mod witness;

pub use check::Clause;
pub use public::OpenPublic;
pub use witness::OpenWitness;

use crate::context::StatementId;
use crate::field::Fr;
use crate::r1cs::{ConstraintSystem, Num};
use crate::statement::{FormError, Statement};

/// The open statement.
pub struct Open;

impl Statement for Open {
    const ID: StatementId = StatementId::Open;
    const INPUTS: usize = OpenPublic::INPUTS;
    type Public = OpenPublic;
    type Witness = OpenWitness;
    type Clause = Clause;

    fn inputs(public: &OpenPublic) -> Result<Vec<Fr>, FormError> {
        Ok(public.inputs().to_vec())
    }

    fn check(public: &OpenPublic, witness: &OpenWitness) -> Result<(), Clause> {
        check::check(public, witness)
    }

    fn circuit(cs: &mut ConstraintSystem, inputs: &[Num], witness: &OpenWitness) {
        circuit::circuit(cs, inputs, witness);
    }

    fn blank() -> OpenWitness {
        OpenWitness::blank()
    }
}
