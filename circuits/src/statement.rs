//! What every statement has in common: a public part, a witness, a native check, a circuit.
//!
//! Keys, proving, verifying and batching are written once over this trait.

use crate::context::StatementId;
use crate::field::Fr;
use crate::r1cs::{ConstraintSystem, Mode, Num, System};
use thiserror::Error;

/// A statement that can be proven.
pub trait Statement {
    /// Which one.
    const ID: StatementId;
    /// What prover and verifier both know.
    type Public;
    /// What only the prover knows.
    type Witness;
    /// The clauses that can fail.
    type Clause: std::error::Error + Send + Sync + 'static;

    /// The public inputs in the circuit's order.
    ///
    /// # Errors
    ///
    /// Refuses a public part that is not well-formed. There is no other way to get the inputs, so no proof verifies
    /// for such a part.
    fn inputs(public: &Self::Public) -> Result<Vec<Fr>, FormError>;

    /// Checks every clause natively and names the first that fails. Agrees with the circuit.
    fn check(public: &Self::Public, witness: &Self::Witness) -> Result<(), Self::Clause>;

    /// Writes the circuit. `inputs` are as [`Statement::inputs`] orders them; the structure depends on no value.
    fn circuit(cs: &mut ConstraintSystem, inputs: &[Num], witness: &Self::Witness);

    /// Number of public inputs.
    const INPUTS: usize;

    /// Any witness, for its shape only: the setup runs the circuit over it.
    fn blank() -> Self::Witness;
}

/// A public part that is not well-formed: it says nothing that could be proven.
#[derive(Debug, Error, Clone, Copy, PartialEq, Eq)]
#[error("public part not well-formed: {0}")]
pub struct FormError(pub &'static str);

/// Runs a statement's circuit over inputs and a witness.
pub fn synthesize<S: Statement>(mode: Mode, inputs: &[Fr], witness: &S::Witness) -> System {
    let (mut cs, numbers) = ConstraintSystem::new(mode, inputs);
    S::circuit(&mut cs, &numbers, witness);
    cs.finish()
}

/// The statement's constraints, over an assignment without meaning.
pub fn constraints<S: Statement>() -> System {
    use ark_ff::AdditiveGroup;
    synthesize::<S>(Mode::Record, &vec![Fr::ZERO; S::INPUTS], &S::blank())
}
