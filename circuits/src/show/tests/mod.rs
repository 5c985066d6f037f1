//! Tests of the show statement.

mod attacks;
mod clauses;
mod predicates;
mod public;
mod soundness;

use super::*;
use crate::bench::Sample;
use crate::field::Fr;
use crate::keys::{ProvingKey, insecure_development_setup};
use crate::r1cs::{Mode, System};
use crate::statement::{constraints, synthesize};
use std::collections::BTreeSet;
use std::sync::OnceLock;

/// The sample: a show that holds.
fn honest() -> (ShowPublic, ShowWitness) {
    Show::sample().unwrap()
}

/// The constraints under the assignment of this public part and witness.
fn system(public: &ShowPublic, witness: &ShowWitness) -> System {
    system_of(&Show::inputs(public).unwrap(), witness)
}

/// The same for inputs that need not be well-formed. The constraints are recorded once: they depend on no value.
fn system_of(inputs: &[Fr], witness: &ShowWitness) -> System {
    static CONSTRAINTS: OnceLock<System> = OnceLock::new();
    let constraints = CONSTRAINTS.get_or_init(constraints::<Show>);
    constraints.assigned(&synthesize::<Show>(Mode::Assign, inputs, witness))
}

/// The clauses that the circuit finds broken.
fn broken(public: &ShowPublic, witness: &ShowWitness) -> BTreeSet<&'static str> {
    system(public, witness)
        .broken()
        .map(|row| row.clause)
        .collect()
}

/// The development key, made once for all tests.
fn key() -> &'static ProvingKey {
    static CELL: OnceLock<ProvingKey> = OnceLock::new();
    CELL.get_or_init(|| insecure_development_setup::<Show>().unwrap())
}

#[test]
fn the_sample_holds_and_the_circuit_is_small_enough() {
    let (public, witness) = honest();
    assert_eq!(Show::check(&public, &witness), Ok(()));
    let system = system(&public, &witness);
    assert_eq!(
        system.broken().map(|row| row.clause).collect::<Vec<_>>(),
        [""; 0]
    );
    assert_eq!(system.inputs(), Show::INPUTS);
    assert!(
        system.rows().len() < 12_500,
        "{} constraints",
        system.rows().len()
    );
}

#[test]
fn the_structure_does_not_depend_on_values() {
    let (public, witness) = honest();
    assert_eq!(
        system(&public, &witness).digest(),
        crate::statement::constraints::<Show>().digest()
    );
}

#[test]
fn assigning_alone_gives_the_same_witness_as_recording() {
    let (public, witness) = honest();
    let inputs = Show::inputs(&public).unwrap();
    let assigned = synthesize::<Show>(Mode::Assign, &inputs, &witness);
    let recorded = synthesize::<Show>(Mode::Record, &inputs, &witness);
    assert_eq!(assigned.values(), recorded.values());
    assert!(assigned.rows().is_empty());
}
