//! Verifying keys whose trapdoor is known, and proofs made with it: what the zero-knowledge simulator of Groth16 (J. Groth,
//! EUROCRYPT 2016, section 3.1) does. The nodes verify them like any other, pairings and all, and making one takes a
//! millisecond instead of a second.

use ark_bls12_381::{Fr, G1Affine, G2Affine};
use ark_ec::{AffineRepr, CurveGroup};
use ark_ff::One;
use ark_serialize::CanonicalSerialize;
use tacit_circuits::{
    Proof,
    context::StatementId,
    keys::{SetupKind, VerifyingKey},
    tags::{self, tagged_sha256},
};

/// Discrete logarithms of alpha, beta, gamma and delta.
const ALPHA: u64 = 3;
const BETA: u64 = 4;
const GAMMA: u64 = 5;
const DELTA: u64 = 7;

/// The discrete logarithm of the point that belongs to the n-th input (the constant 1 is the first).
fn of_input(n: usize) -> Fr {
    Fr::from(n as u64 * 2 + 1)
}

fn g1(scalar: Fr) -> Vec<u8> {
    bytes(&(G1Affine::generator() * scalar).into_affine())
}

fn g2(scalar: Fr) -> Vec<u8> {
    bytes(&(G2Affine::generator() * scalar).into_affine())
}

fn bytes(point: &impl CanonicalSerialize) -> Vec<u8> {
    let mut bytes = Vec::new();
    // Writing into memory does not fail.
    let _ = point.serialize_compressed(&mut bytes);
    bytes
}

/// The verifying key of a statement with so many public inputs; `None` when there are too many.
pub(super) fn key(statement: StatementId, inputs: usize) -> Option<VerifyingKey> {
    let mut key = [
        b"TCVK".as_slice(),
        &[1, statement as u8, SetupKind::InsecureDevelopment as u8],
        &u16::try_from(inputs).ok()?.to_be_bytes(),
        &g1(ALPHA.into()),
        &g2(BETA.into()),
        &g2(GAMMA.into()),
        &g2(DELTA.into()),
    ]
    .concat();
    (0..=inputs).for_each(|n| key.extend(g1(of_input(n))));
    VerifyingKey::load(&key, &tagged_sha256(tags::VERIFYING_KEY, &[&key])).ok()
}

/// A proof that verifies for these public inputs and no others that anybody would think of.
pub(super) fn prove(inputs: &[Fr], randomness: u64) -> Option<Proof> {
    let c = Fr::from(randomness) + Fr::one();
    let instance: Fr = std::iter::once(Fr::one())
        .chain(inputs.iter().copied())
        .enumerate()
        .map(|(n, input)| of_input(n) * input)
        .sum();
    // e(A, B) = e(alpha, beta) e(instance, gamma) e(C, delta) with B = G2.
    let a = Fr::from(ALPHA * BETA) + instance * Fr::from(GAMMA) + c * Fr::from(DELTA);
    let proof = [g1(a), g2(Fr::one()), g1(c)].concat();
    proof.try_into().ok().map(Proof)
}
