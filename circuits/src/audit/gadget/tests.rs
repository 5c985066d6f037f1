//! The gadget against its native twin.

use super::super::encryption::NONCE_BITS;
use super::super::tests::{arb_fr, arb_grant_terms};
use super::super::{AuditCiphertext, AuditSecretKey};
use super::*;
use crate::r1cs::{Bit, Mode, System};
use ark_ff::{BigInt, BigInteger, Field, PrimeField};
use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use std::collections::BTreeSet;

/// The system of one encryption, and the digest it computes.
fn encryption(mode: Mode, key: [Fr; 2], secret: Fr, domain: Fr, words: [Fr; 2]) -> (Fr, System) {
    let inputs = [key[0], key[1], secret, domain, words[0], words[1]];
    let (mut cs, n) = ConstraintSystem::new(mode, &inputs);
    let key = [n[0].clone(), n[1].clone()];
    let digest = audit_digest(&mut cs, &key, &n[2], &n[3], &[n[4].clone(), n[5].clone()]);
    (digest.value(), cs.finish())
}

fn secret_key(seed: u64) -> AuditSecretKey {
    AuditSecretKey::generate(&mut ChaCha20Rng::seed_from_u64(seed))
}

#[test]
fn costs_what_the_documentation_says() {
    let key = secret_key(1).public().point().coordinates();
    let (_, system) = encryption(Mode::Record, key, Fr::ONE, Fr::ONE, [Fr::ONE; 2]);
    assert!(system.is_satisfied());
    let hashes = 240 + 2 * 297 + 297;
    let products = 497 + 1504 + 3 * 2;
    assert_eq!(system.rows().len(), hashes + products + 426);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn agrees_with_the_native_encryption(
        seed: u64, secret in arb_fr(), domain in arb_fr(), terms in arb_grant_terms(),
    ) {
        let key = secret_key(seed).public();
        let native = AuditCiphertext::encrypt(&key, &secret, &domain, &terms.words()).unwrap();
        for mode in [Mode::Assign, Mode::Record] {
            let coordinates = key.point().coordinates();
            let (digest, system) = encryption(mode, coordinates, secret, domain, terms.words());
            prop_assert_eq!(digest, native.digest().0);
            prop_assert!(system.is_satisfied());
        }
    }

    #[test]
    fn products_agree_for_every_pattern_of_bits(seed: u64, pattern in any::<[u8; 32]>(), kind in 0..4u8) {
        // All zeros, all ones and alternating bits are where incomplete formulas would first meet an exception.
        let bit = |i: usize| match kind {
            0 => pattern[i / 8] >> (i % 8) & 1 == 1,
            1 => pattern[0] & 1 == 1,
            2 => i.is_multiple_of(2) ^ (pattern[0] & 1 == 1),
            _ => i > usize::from(pattern[0]) % NONCE_BITS,
        };
        let values: Vec<bool> = (0..NONCE_BITS).map(bit).collect();
        let nonce = super::super::encryption::nonce_of_bits(&values);
        let key = secret_key(seed).public();
        let (mut cs, n) = ConstraintSystem::new(Mode::Record, &key.point().coordinates());
        let bits: [Bit; NONCE_BITS] = std::array::from_fn(|i| cs.bit(values[i]));
        let base = Montgomery::from_edwards(&mut cs, &[n[0].clone(), n[1].clone()]);
        let fixed = multiply::fixed_base(&mut cs, &bits).to_edwards(&mut cs).map(|c| c.value());
        let variable = multiply::variable_base(&mut cs, &base, &bits).to_edwards(&mut cs).map(|c| c.value());
        prop_assert_eq!(fixed, super::super::Point::from_scalar(&nonce).unwrap().coordinates());
        prop_assert_eq!(variable, key.point().times(&nonce).unwrap().coordinates());
        prop_assert!(cs.finish().is_satisfied());
    }

    #[test]
    fn packed_terms_agree(terms in arb_grant_terms()) {
        let mut terms = terms;
        terms.not_before.0 >>= 64 - terms::TIME_BITS;
        terms.not_after.0 >>= 64 - terms::TIME_BITS;
        terms.max_uses = terms.max_uses % crate::commit::MAX_USES + 1;
        let (mut cs, _) = ConstraintSystem::new(Mode::Record, &[]);
        let record = terms::number(&mut cs, u64::from(terms.record.0), 32);
        let grantee = terms::number(&mut cs, u64::from(terms.grantee.get()), 32);
        let packed = terms::TermsVar::new(&mut cs, &terms, record, grantee).packed();
        prop_assert_eq!(packed.value(), terms.packed());
        prop_assert!(cs.finish().is_satisfied());
    }
}

/// The nonce gadget over a hash, with the bits replaced by those of a number and the running products following them, as
/// a lying prover would have them. Returns the rows and which of them are broken.
fn nonce_with_bits(hash: Fr, number: BigInt<4>) -> (System, Vec<usize>) {
    let (mut cs, n) = ConstraintSystem::new(Mode::Record, &[hash]);
    nonce::nonce_bits(&mut cs, &n[0]);
    let system = cs.finish();
    let mut values = system.values().to_vec();
    for i in 0..255 {
        values[2 + i] = Fr::from(number.get_bit(i));
    }
    for row in system.rows().iter().filter(|row| row.c.len() == 1) {
        let side = |terms: &[(usize, Fr)]| terms.iter().map(|(i, c)| values[*i] * c).sum::<Fr>();
        values[row.c[0].0] = side(&row.a) * side(&row.b);
    }
    let rows = system.rows().iter().enumerate();
    let broken = rows
        .filter(|(_, row)| !System::holds(row, &values))
        .map(|(i, _)| i)
        .collect();
    (system, broken)
}

#[test]
fn the_second_binary_form_of_a_small_hash_is_refused_and_every_comparison_is_needed() {
    let five = BigInt::from(5u64);
    assert!(nonce_with_bits(Fr::from(5u64), five).1.is_empty());
    let mut plus_order = Fr::MODULUS;
    plus_order.add_with_carry(&five);
    assert_eq!(nonce_with_bits(Fr::from(5u64), plus_order).1.len(), 1);

    // Numbers of 255 bits that leave r - 1 upwards first at one of its zeros: the form x + r of some x.
    let limit = (-Fr::ONE).into_bigint();
    let mut found = BTreeSet::new();
    for zero in (0..255).filter(|i| !limit.get_bit(*i)) {
        let bits: Vec<bool> = (0..255)
            .map(|i| {
                if i == zero {
                    true
                } else {
                    i > zero && limit.get_bit(i)
                }
            })
            .collect();
        let number = BigInt::<4>::from_bits_le(&bits);
        assert!(number > limit);
        let mut hash = number;
        hash.sub_with_borrow(&Fr::MODULUS);
        let (_, broken) = nonce_with_bits(Fr::from_bigint(hash).unwrap(), number);
        assert_eq!(broken.len(), 1, "exactly one comparison notices");
        found.extend(broken);
    }
    // 255 digits and their sum, then products and comparisons: each comparison was the only one to notice something.
    let (system, _) = nonce_with_bits(Fr::ONE, BigInt::from(1u64));
    let comparisons = system
        .rows()
        .iter()
        .enumerate()
        .skip(256)
        .filter(|(_, row)| row.c.is_empty());
    assert_eq!(found, comparisons.map(|(i, _)| i).collect());
}
