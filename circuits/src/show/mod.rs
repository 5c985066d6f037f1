//! The show statement (protocol 4.1): a holder proves facts from a live credential.

mod check;
mod circuit;
mod predicate;
mod public;
mod sample;
#[cfg(test)]
mod tests;
mod witness;

pub use check::Clause;
pub use predicate::{Op, Predicate};
pub use public::{MAX_ISSUERS, MAX_PREDICATES, MAX_SET, ShowInputs, ShowPublic};
pub use witness::ShowWitness;

use crate::context::StatementId;
use crate::field::Fr;
use crate::r1cs::{ConstraintSystem, Num};
use crate::statement::{FormError, Statement};

/// The show statement.
pub struct Show;

impl Statement for Show {
    const ID: StatementId = StatementId::Show;
    const INPUTS: usize = ShowInputs::<Fr>::COUNT;
    type Public = ShowPublic;
    type Witness = ShowWitness;
    type Clause = Clause;

    fn inputs(public: &ShowPublic) -> Result<Vec<Fr>, FormError> {
        public.inputs().map(|inputs| inputs.to_vec())
    }

    fn check(public: &ShowPublic, witness: &ShowWitness) -> Result<(), Clause> {
        check::check(public, witness)
    }

    fn circuit(cs: &mut ConstraintSystem, inputs: &[Num], witness: &ShowWitness) {
        circuit::circuit(cs, inputs, witness);
    }

    fn blank() -> ShowWitness {
        ShowWitness::blank()
    }
}
