//! Verifying, one proof or many.

use crate::field::Fr;
use crate::keys::VerifyingKey;
use crate::proof::Proof;
use crate::prover::Entropy;
use ark_bls12_381::{Bls12_381, G1Affine, G1Projective, G2Affine};
use ark_ec::pairing::{Pairing, PairingOutput};
use ark_ec::{CurveGroup, VariableBaseMSM};
use ark_ff::{AdditiveGroup, BigInt, PrimeField};
use rand_chacha::rand_core::RngCore;
use rayon::prelude::*;
use thiserror::Error;

/// Why a proof was refused.
#[derive(Debug, Error, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum VerifyError {
    /// The number of public inputs is not the key's.
    #[error("proof comes with {found} public inputs, the statement has {expected}")]
    Inputs {
        /// How many came.
        found: usize,
        /// How many the key has.
        expected: usize,
    },
    /// The proof's bytes are not three valid points.
    #[error("proof malformed")]
    Encoding,
    /// The proof does not prove this statement about these inputs.
    #[error("proof invalid")]
    Invalid,
}

/// Verifies a proof against a key and the public inputs that [`crate::statement::Statement::inputs`] gives.
pub fn verify(key: &VerifyingKey, inputs: &[Fr], proof: &Proof) -> Result<(), VerifyError> {
    check_count(key, inputs)?;
    let (a, b, c) = proof.points().ok_or(VerifyError::Encoding)?;
    let scalars: Vec<_> = std::iter::once(BigInt::from(1u64))
        .chain(inputs.iter().map(|x| x.into_bigint()))
        .collect();
    let input_point = G1Projective::msm_bigint(&key.abc, &scalars).into_affine();
    let left: [<Bls12_381 as Pairing>::G1Prepared; 3] = [a.into(), input_point.into(), c.into()];
    let right = [b.into(), key.gamma.clone(), key.delta.clone()];
    match Bls12_381::final_exponentiation(Bls12_381::multi_miller_loop(left, right)) {
        Some(product) if product == key.alpha_beta => Ok(()),
        _ => Err(VerifyError::Invalid),
    }
}

/// ark-groth16 does not check the number of inputs itself: it ignores extra ones and takes missing ones for zero.
fn check_count(key: &VerifyingKey, inputs: &[Fr]) -> Result<(), VerifyError> {
    if inputs.len() == key.inputs() {
        Ok(())
    } else {
        Err(VerifyError::Inputs {
            found: inputs.len(),
            expected: key.inputs(),
        })
    }
}

/// Verifies many proofs, of one statement or several, in one product of pairings.
///
/// Each proof's equation is raised to a random 128-bit power, so a false proof passes with probability 2^-128 (Bellare,
/// Garay, Rabin, "Fast Batch Verification for Modular Exponentiation and Digital Signatures", EUROCRYPT 1998).
#[derive(Default)]
pub struct BatchVerifier<'a> {
    entries: Vec<Entry<'a>>,
}

struct Entry<'a> {
    key: &'a VerifyingKey,
    inputs: Vec<Fr>,
    proof: Proof,
}

impl<'a> BatchVerifier<'a> {
    /// An empty batch.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a proof; refuses a wrong number of inputs at once.
    pub fn push(
        &mut self,
        key: &'a VerifyingKey,
        inputs: Vec<Fr>,
        proof: Proof,
    ) -> Result<(), VerifyError> {
        check_count(key, &inputs)?;
        self.entries.push(Entry { key, inputs, proof });
        Ok(())
    }

    /// Number of proofs.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is nothing to verify.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Whether all proofs are valid. An empty batch is.
    pub fn verify(&self, entropy: Entropy) -> Result<(), VerifyError> {
        let mut rng = entropy.into_rng();
        let weights: Vec<Fr> = self.entries.iter().map(|_| weight(&mut rng)).collect();
        let points: Option<Vec<_>> = self
            .entries
            .par_iter()
            .map(|entry| entry.proof.points())
            .collect();
        let points = points.ok_or(VerifyError::Encoding)?;

        let weighted: Vec<G1Projective> = points
            .par_iter()
            .zip(&weights)
            .map(|((a, _, _), weight)| *a * weight)
            .collect();
        let mut left = G1Projective::normalize_batch(&weighted);
        let mut right: Vec<<Bls12_381 as Pairing>::G2Prepared> = points
            .par_iter()
            .map(|(_, b, _): &(G1Affine, G2Affine, G1Affine)| (*b).into())
            .collect();
        let mut expected = PairingOutput::<Bls12_381>::ZERO;
        for group in self.groups() {
            let key = group.key;
            let (input_point, c) = group.sums(&self.entries, &points, &weights);
            left.extend(G1Projective::normalize_batch(&[input_point, c]));
            right.extend([key.gamma.clone(), key.delta.clone()]);
            expected += key.alpha_beta * group.members.iter().map(|i| weights[*i]).sum::<Fr>();
        }
        match Bls12_381::final_exponentiation(Bls12_381::multi_miller_loop(left, right)) {
            Some(product) if product == expected => Ok(()),
            _ => Err(VerifyError::Invalid),
        }
    }

    /// Verifies each proof by itself: to find the false ones after the batch was refused.
    pub fn verify_each(&self) -> Vec<Result<(), VerifyError>> {
        self.entries
            .par_iter()
            .map(|entry| verify(entry.key, &entry.inputs, &entry.proof))
            .collect()
    }

    fn groups(&self) -> Vec<Group<'a>> {
        let mut groups = Vec::<Group<'a>>::new();
        for (i, entry) in self.entries.iter().enumerate() {
            match groups
                .iter_mut()
                .find(|group| group.key.id() == entry.key.id())
            {
                Some(group) => group.members.push(i),
                None => groups.push(Group {
                    key: entry.key,
                    members: vec![i],
                }),
            }
        }
        groups
    }
}

/// The proofs of one key.
struct Group<'a> {
    key: &'a VerifyingKey,
    members: Vec<usize>,
}

impl Group<'_> {
    /// The weighted sums of the input points and of the points C.
    fn sums(
        &self,
        entries: &[Entry<'_>],
        points: &[(G1Affine, G2Affine, G1Affine)],
        weights: &[Fr],
    ) -> (G1Projective, G1Projective) {
        let mut scalars = vec![Fr::ZERO; self.key.abc.len()];
        for i in &self.members {
            scalars[0] += weights[*i];
            for (scalar, input) in scalars[1..].iter_mut().zip(&entries[*i].inputs) {
                *scalar += weights[*i] * input;
            }
        }
        let bigints: Vec<_> = scalars.iter().map(|scalar| scalar.into_bigint()).collect();
        let input_point = G1Projective::msm_bigint(&self.key.abc, &bigints);
        let (c, factors): (Vec<_>, Vec<_>) = self
            .members
            .iter()
            .map(|i| (points[*i].2, weights[*i].into_bigint()))
            .unzip();
        (input_point, G1Projective::msm_bigint(&c, &factors))
    }
}

/// A random weight of 128 bits, not zero.
fn weight(rng: &mut impl RngCore) -> Fr {
    let low = u128::from(rng.next_u64()) | u128::from(rng.next_u64()) << 64;
    Fr::from(low.max(1))
}
