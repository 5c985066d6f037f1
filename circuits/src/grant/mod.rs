//! The grant statement (protocol 4.2): the owner of a live record gives a platform access.

mod check;
mod circuit;
mod public;
mod sample;
#[cfg(test)]
mod tests;
mod witness;

pub use check::Clause;
pub use public::{GrantInputs, GrantPublic, PolicyBounds};
pub use witness::GrantWitness;

use crate::context::StatementId;
use crate::field::Fr;
use crate::r1cs::{ConstraintSystem, Num};
use crate::statement::{FormError, Statement};

/// The grant statement.
pub struct Grant;

impl Statement for Grant {
    const ID: StatementId = StatementId::Grant;
    const INPUTS: usize = GrantInputs::<Fr>::COUNT;
    type Public = GrantPublic;
    type Witness = GrantWitness;
    type Clause = Clause;

    fn inputs(public: &GrantPublic) -> Result<Vec<Fr>, FormError> {
        public.inputs().map(GrantInputs::into_vec)
    }

    fn check(public: &GrantPublic, witness: &GrantWitness) -> Result<(), Clause> {
        check::check(public, witness)
    }

    fn circuit(cs: &mut ConstraintSystem, inputs: &[Num], witness: &GrantWitness) {
        circuit::circuit(cs, inputs, witness);
    }

    fn blank() -> GrantWitness {
        GrantWitness::blank()
    }
}
