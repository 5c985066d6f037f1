//! Proofs of the access statement under attack, and what is pinned.

use super::*;
use crate::context::context;
use crate::pins;
use crate::testing::entropy;
use crate::types::Digest32;
use crate::{BatchVerifier, ProveError, VerifyError, prove, verify};
use ark_ff::Field;

#[test]
fn a_proof_verifies_and_is_bound_to_every_input() {
    let (public, witness) = honest();
    let proof = prove::<Access>(key(), &public, &witness, entropy(1)).unwrap();
    let inputs = Access::inputs(&public).unwrap();
    let key = key().verifying_key();
    assert_eq!(verify(key, &inputs, &proof), Ok(()));
    for i in 0..inputs.len() {
        let mut changed = inputs.clone();
        changed[i] += Fr::ONE;
        assert_eq!(
            verify(key, &changed, &proof),
            Err(VerifyError::Invalid),
            "input {i}"
        );
    }
    let mut batch = BatchVerifier::new();
    batch.push(key, inputs.clone(), proof).unwrap();
    assert_eq!(batch.verify(entropy(2)), Ok(()));
    let longer = [&inputs[..], &[Fr::ONE]].concat();
    for wrong in [&inputs[..0], &inputs[..inputs.len() - 1], &longer] {
        assert!(matches!(
            verify(key, wrong, &proof),
            Err(VerifyError::Inputs { .. })
        ));
    }
}

#[test]
fn a_proof_moved_to_another_chain_statement_version_or_action() {
    let (public, witness) = honest();
    let proof = prove::<Access>(key(), &public, &witness, entropy(3)).unwrap();
    let (a, b) = (Digest32([1; 32]), Digest32([2; 32]));
    assert_eq!(public.context, context(&a, StatementId::Access, 1, &b));
    for other in [
        context(&b, StatementId::Access, 1, &b),
        context(&a, StatementId::Show, 1, &b),
        context(&a, StatementId::Access, 2, &b),
        context(&a, StatementId::Access, 1, &a),
    ] {
        let moved = AccessPublic {
            context: other,
            ..public.clone()
        };
        let inputs = Access::inputs(&moved).unwrap();
        assert_eq!(
            verify(key().verifying_key(), &inputs, &proof),
            Err(VerifyError::Invalid)
        );
    }
}

#[test]
fn the_prover_names_the_clause_that_fails() {
    let (mut public, witness) = honest();
    public.audit_digest.0 += Fr::ONE;
    let refused = prove::<Access>(key(), &public, &witness, entropy(1));
    assert_eq!(refused, Err(ProveError::Clause(Clause::AuditDigest)));
}

#[test]
fn the_circuit_the_keys_and_a_stored_proof_are_the_pinned_ones() {
    pins::check::<Access>(key());
}

#[test]
#[ignore = "writes circuits/pins/access.txt: run it after a wanted change of the circuit"]
fn pin() {
    pins::write::<Access>(key());
}
