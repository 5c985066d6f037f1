//! Verifying, one proof or many.

use crate::field::Fr;
use crate::keys::VerifyingKey;
use crate::points;
use crate::proof::Proof;
use crate::prover::Entropy;
use ark_ff::{AdditiveGroup, Field};
use blst::{blst_fp12, blst_p1_affine, blst_p2_affine};
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
    let input_point = points::weighted_sum(&key.abc, &with_one(inputs));
    // e(A, B) = e(alpha, beta) · e(inputs, gamma) · e(C, delta). None of these points is the identity: those of keys and
    // proofs are checked, and inputs that sum up to it would be a discrete logarithm in the key's points.
    let left = blst_fp12::miller_loop(&b, &a);
    let right =
        blst_fp12::miller_loop_n(&[key.gamma, key.delta], &[input_point, c]) * key.alpha_beta;
    equal(&left, &right)
}

fn equal(left: &blst_fp12, right: &blst_fp12) -> Result<(), VerifyError> {
    if blst_fp12::finalverify(left, right) {
        Ok(())
    } else {
        Err(VerifyError::Invalid)
    }
}

fn with_one(inputs: &[Fr]) -> Vec<Fr> {
    std::iter::once(Fr::ONE)
        .chain(inputs.iter().copied())
        .collect()
}

/// Without this, extra inputs would be ignored and missing ones taken for zero.
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

/// The points A, B, C of a proof.
type Points = (blst_p1_affine, blst_p2_affine, blst_p1_affine);

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
        let points: Option<Vec<Points>> = self
            .entries
            .par_iter()
            .map(|entry| entry.proof.points())
            .collect();
        let points = points.ok_or(VerifyError::Encoding)?;

        let left = points.par_iter().zip(&weights).map(|((a, b, _), weight)| {
            blst_fp12::miller_loop(b, &points::weighted_sum(&[*a], &[*weight]))
        });
        let groups = self.groups();
        let right = groups
            .par_iter()
            .map(|group| group.miller_loop(&self.entries, &points, &weights));
        let product = |a: blst_fp12, b: blst_fp12| a * b;
        equal(
            &left.reduce(blst_fp12::default, product),
            &right.reduce(blst_fp12::default, product),
        )
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
    /// The Miller loop of the right-hand sides, weighted.
    fn miller_loop(&self, entries: &[Entry<'_>], points: &[Points], weights: &[Fr]) -> blst_fp12 {
        let key = self.key;
        let mut scalars = vec![Fr::ZERO; key.abc.len()];
        for i in &self.members {
            for (scalar, input) in scalars.iter_mut().zip(with_one(&entries[*i].inputs)) {
                *scalar += weights[*i] * input;
            }
        }
        let (c, own): (Vec<_>, Vec<_>) = self
            .members
            .iter()
            .map(|i| (points[*i].2, weights[*i]))
            .unzip();
        let alpha = points::weighted_sum(&[key.alpha], &scalars[..1]);
        let input_point = points::weighted_sum(&key.abc, &scalars);
        let c = points::weighted_sum(&c, &own);
        blst_fp12::miller_loop_n(&[key.beta, key.gamma, key.delta], &[alpha, input_point, c])
    }
}

/// A random weight of 128 bits, not zero.
fn weight(rng: &mut impl RngCore) -> Fr {
    let low = u128::from(rng.next_u64()) | u128::from(rng.next_u64()) << 64;
    Fr::from(low.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::{ProvingKey, insecure_development_setup};
    use crate::points::{self, G1_BYTES, G2_BYTES};
    use crate::prover::{ProveError, prove, prove_unchecked};
    use crate::testing::{NotFactors, Product, entropy, g1_off_subgroup, g2_off_subgroup};
    use ark_bls12_381::{Bls12_381, G1Affine, G2Affine};
    use ark_ec::{AffineRepr, CurveGroup};
    use ark_groth16::Groth16;
    use ark_serialize::CanonicalDeserialize;
    use std::sync::OnceLock;

    fn key() -> &'static ProvingKey {
        static CELL: OnceLock<ProvingKey> = OnceLock::new();
        CELL.get_or_init(|| insecure_development_setup::<Product>().unwrap())
    }

    fn fr(value: u64) -> Fr {
        Fr::from(value)
    }

    /// A proof of 15 = 3 * 5 and its inputs; the last input is zero.
    fn proven() -> (Vec<Fr>, Proof) {
        let inputs = [fr(15), fr(0)];
        let proof = prove::<Product>(key(), &inputs, &[fr(3), fr(5)], entropy(1)).unwrap();
        (inputs.to_vec(), proof)
    }

    fn check(inputs: &[Fr], proof: &Proof) -> Result<(), VerifyError> {
        verify(key().verifying_key(), inputs, proof)
    }

    #[test]
    fn an_honest_proof_verifies_and_is_bound_to_every_input() {
        let (inputs, proof) = proven();
        assert_eq!(check(&inputs, &proof), Ok(()));
        for i in 0..inputs.len() {
            let mut changed = inputs.clone();
            changed[i] += fr(1);
            assert_eq!(check(&changed, &proof), Err(VerifyError::Invalid));
        }
    }

    #[test]
    fn too_many_and_too_few_inputs_are_refused() {
        let (inputs, proof) = proven();
        let more = [&inputs[..], &[fr(9)]].concat();
        assert_eq!(
            check(&more, &proof),
            Err(VerifyError::Inputs {
                found: 3,
                expected: 2
            })
        );
        // The missing input is zero: the engine alone would accept.
        assert_eq!(
            check(&inputs[..1], &proof),
            Err(VerifyError::Inputs {
                found: 1,
                expected: 2
            })
        );
        assert_eq!(
            check(&[], &proof),
            Err(VerifyError::Inputs {
                found: 0,
                expected: 2
            })
        );
        let mut batch = BatchVerifier::new();
        assert!(batch.push(key().verifying_key(), more, proof).is_err());
        assert!(
            batch
                .push(key().verifying_key(), inputs[..1].to_vec(), proof)
                .is_err()
        );
        assert!(batch.is_empty());
    }

    #[test]
    fn a_false_statement_is_refused_by_prover_and_verifier() {
        let (inputs, witness) = ([fr(16), fr(0)], [fr(3), fr(5)]);
        let refused = prove::<Product>(key(), &inputs, &witness, entropy(1));
        assert_eq!(refused, Err(ProveError::Clause(NotFactors)));
        let forged = prove_unchecked::<Product>(key(), &inputs, &witness, entropy(1)).unwrap();
        assert_eq!(check(&inputs, &forged), Err(VerifyError::Invalid));
    }

    #[test]
    fn malformed_points_are_refused() {
        let (inputs, proof) = proven();
        let c = G1_BYTES + G2_BYTES;
        let identity_1 = points::encode(&G1Affine::identity());
        let identity_2 = points::encode(&G2Affine::identity());
        let off_1 = points::encode(&g1_off_subgroup());
        let off_2 = points::encode(&g2_off_subgroup());
        // The field element x + p encodes no point.
        let too_big = [&[0x9fu8][..], &[0xff; G1_BYTES - 1]].concat();
        for (at, bad) in [
            (0, identity_1.clone()),
            (0, off_1.clone()),
            (0, too_big.clone()),
            (0, vec![0; G1_BYTES]),
            (G1_BYTES, identity_2),
            (G1_BYTES, off_2),
            (G1_BYTES, vec![0xff; G2_BYTES]),
            (c, identity_1),
            (c, off_1),
            (c, too_big),
        ] {
            let mut changed = proof;
            changed.0[at..at + bad.len()].copy_from_slice(&bad);
            assert_eq!(
                check(&inputs, &changed),
                Err(VerifyError::Encoding),
                "at {at}"
            );
            let mut batch = BatchVerifier::new();
            batch
                .push(key().verifying_key(), inputs.clone(), changed)
                .unwrap();
            assert_eq!(batch.verify(entropy(3)), Err(VerifyError::Encoding));
        }
    }

    #[test]
    fn every_flipped_bit_is_refused() {
        let (inputs, proof) = proven();
        for bit in (0..8 * Proof::BYTES).step_by(7) {
            let mut changed = proof;
            changed.0[bit / 8] ^= 1 << (bit % 8);
            assert!(check(&inputs, &changed).is_err(), "bit {bit}");
        }
    }

    #[test]
    fn truncated_and_longer_encodings_are_refused() {
        use commonware_codec::{DecodeExt, Encode};
        let (_, proof) = proven();
        let bytes = proof.encode().to_vec();
        assert_eq!(Proof::decode(bytes.clone()).unwrap(), proof);
        assert!(Proof::decode(bytes[..191].to_vec()).is_err());
        assert!(Proof::decode([&bytes[..], &[0]].concat()).is_err());
    }

    #[test]
    fn a_rerandomised_proof_is_another_proof_of_the_same_statement_and_of_no_other() {
        let (inputs, proof) = proven();
        let engine = ark_groth16::Proof::<Bls12_381>::deserialize_compressed(&proof.0[..]).unwrap();
        let mut rng = entropy(9).into_rng();
        let other = Groth16::<Bls12_381>::rerandomize_proof(&key().engine.vk, &engine, &mut rng);
        let other = Proof::new(&other.a, &other.b, &other.c).unwrap();
        assert_ne!(other, proof);
        assert_eq!(check(&inputs, &other), Ok(()));
        assert_eq!(
            check(&[inputs[0], fr(1)], &other),
            Err(VerifyError::Invalid)
        );
    }

    #[test]
    fn a_batch_is_valid_exactly_when_each_proof_is() {
        let (inputs, proof) = proven();
        let other_key = insecure_development_setup::<crate::testing::Cube>().unwrap();
        let cube_inputs = [fr(27), fr(4)];
        let cube =
            prove::<crate::testing::Cube>(&other_key, &cube_inputs, &[fr(3), fr(0)], entropy(2))
                .unwrap();
        let mut batch = BatchVerifier::new();
        assert_eq!(batch.verify(entropy(0)), Ok(()));
        for _ in 0..3 {
            batch
                .push(key().verifying_key(), inputs.clone(), proof)
                .unwrap();
            batch
                .push(other_key.verifying_key(), cube_inputs.to_vec(), cube)
                .unwrap();
        }
        assert_eq!(batch.verify(entropy(1)), Ok(()));
        // A proof under another key, and one about another number.
        for (key, inputs, proof) in [
            (other_key.verifying_key(), inputs.clone(), proof),
            (key().verifying_key(), vec![fr(14), fr(0)], proof),
        ] {
            let mut batch = BatchVerifier::new();
            batch
                .push(other_key.verifying_key(), cube_inputs.to_vec(), cube)
                .unwrap();
            batch.push(key, inputs, proof).unwrap();
            assert_eq!(batch.verify(entropy(2)), Err(VerifyError::Invalid));
            assert_eq!(batch.verify_each(), [Ok(()), Err(VerifyError::Invalid)]);
        }
    }

    #[test]
    fn errors_that_cancel_out_do_not_pass_a_batch() {
        // C + D and C - D: the plain sum of the two equations would hold.
        let (inputs, proof) = proven();
        let ark_groth16::Proof { a, b, c } =
            ark_groth16::Proof::<Bls12_381>::deserialize_compressed(&proof.0[..]).unwrap();
        let mut batch = BatchVerifier::new();
        for shift in [a.into_group(), -a.into_group()] {
            let shifted = Proof::new(&a, &b, &(shift + c).into_affine()).unwrap();
            batch
                .push(key().verifying_key(), inputs.clone(), shifted)
                .unwrap();
        }
        assert_eq!(batch.verify(entropy(5)), Err(VerifyError::Invalid));
    }
}
