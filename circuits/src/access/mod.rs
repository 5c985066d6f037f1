//! The access statement (protocol 4.3): a platform reads under a live grant.

mod check;
mod circuit;
mod public;
mod sample;
#[cfg(test)]
mod tests;
mod witness;

pub use check::Clause;
pub use public::{AccessInputs, AccessPublic};
pub use witness::AccessWitness;

use crate::context::StatementId;
use crate::field::Fr;
use crate::r1cs::{ConstraintSystem, Num};
use crate::statement::{FormError, Statement};

/// The access statement.
pub struct Access;

impl Statement for Access {
    const ID: StatementId = StatementId::Access;
    const INPUTS: usize = AccessInputs::<Fr>::COUNT;
    type Public = AccessPublic;
    type Witness = AccessWitness;
    type Clause = Clause;

    fn inputs(public: &AccessPublic) -> Result<Vec<Fr>, FormError> {
        public.inputs().map(AccessInputs::into_vec)
    }

    fn check(public: &AccessPublic, witness: &AccessWitness) -> Result<(), Clause> {
        check::check(public, witness)
    }

    fn circuit(cs: &mut ConstraintSystem, inputs: &[Num], witness: &AccessWitness) {
        circuit::circuit(cs, inputs, witness);
    }

    fn blank() -> AccessWitness {
        AccessWitness::blank()
    }
}
