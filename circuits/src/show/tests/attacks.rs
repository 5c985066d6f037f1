//! Proofs of the show statement under attack, and what is pinned.

use super::*;
use crate::context::{StatementId, context};
use crate::field::Fr;
use crate::pins;
use crate::testing::entropy;
use crate::types::Digest32;
use crate::{BatchVerifier, ProveError, VerifyError, prove, verify};

#[test]
fn a_proof_verifies_and_is_bound_to_every_input() {
    let (public, witness) = honest();
    let proof = prove::<Show>(key(), &public, &witness, entropy(1)).unwrap();
    let inputs = Show::inputs(&public).unwrap();
    let key = key().verifying_key();
    assert_eq!(verify(key, &inputs, &proof), Ok(()));
    for i in 0..inputs.len() {
        let mut changed = inputs.clone();
        changed[i] += Fr::from(1u64);
        assert_eq!(
            verify(key, &changed, &proof),
            Err(VerifyError::Invalid),
            "input {i}"
        );
    }
    let mut batch = BatchVerifier::new();
    batch.push(key, inputs.clone(), proof).unwrap();
    assert_eq!(batch.verify(entropy(2)), Ok(()));
    for length in [0, inputs.len() - 1] {
        assert!(matches!(
            verify(key, &inputs[..length], &proof),
            Err(VerifyError::Inputs { .. })
        ));
    }

    // Moved to another chain, statement, version, challenge.
    let (a, b) = (Digest32([1; 32]), Digest32([2; 32]));
    assert_eq!(public.context, context(&a, StatementId::Show, 1, &b));
    for other in [
        context(&b, StatementId::Show, 1, &b),
        context(&a, StatementId::Grant, 1, &b),
        context(&a, StatementId::Show, 2, &b),
        context(&a, StatementId::Show, 1, &a),
    ] {
        let moved = ShowPublic {
            context: other,
            ..public.clone()
        };
        let inputs = Show::inputs(&moved).unwrap();
        assert_eq!(verify(key, &inputs, &proof), Err(VerifyError::Invalid));
    }
}

#[test]
fn the_prover_names_the_clause_that_fails() {
    let (mut public, witness) = honest();
    public.schema += Fr::from(1u64);
    let refused = prove::<Show>(key(), &public, &witness, entropy(1));
    assert_eq!(refused, Err(ProveError::Clause(Clause::Schema)));
}

#[test]
fn the_circuit_the_keys_and_a_stored_proof_are_the_pinned_ones() {
    pins::check::<Show>(key());
}

#[test]
#[ignore = "writes circuits/pins/show.txt: run it after a wanted change of the circuit"]
fn pin() {
    pins::write::<Show>(key());
}
