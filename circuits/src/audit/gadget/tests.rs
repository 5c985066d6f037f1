//! The gadget against its native twin.

use super::super::encryption::NONCE_BITS;
use super::super::tests::{arb_fr, arb_grant_terms};
use super::super::{AuditCiphertext, AuditSecretKey};
use super::*;
use crate::r1cs::{Bit, Mode, System};
use ark_ff::{Field, PrimeField};
use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

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

#[test]
fn both_binary_forms_of_a_small_hash_are_told_apart() {
    // 5 and 5 + r fit in 255 bits; only the first may be used.
    let form = |number: [u64; 4]| {
        let (mut cs, n) = ConstraintSystem::new(Mode::Record, &[Fr::from(5u64)]);
        nonce::nonce_bits(&mut cs, &n[0]);
        let system = cs.finish();
        let mut values = system.values().to_vec();
        for i in 0..255 {
            values[2 + i] = Fr::from(number[i / 64] >> (i % 64) & 1);
        }
        // The running products follow the bits, as a lying prover would have them.
        let products = system
            .rows()
            .iter()
            .filter(|row| row.c.len() == 1 && row.c[0].0 >= 2 + 255);
        for row in products {
            let side =
                |terms: &[(usize, Fr)]| terms.iter().map(|(i, c)| values[*i] * c).sum::<Fr>();
            values[row.c[0].0] = side(&row.a) * side(&row.b);
        }
        system
            .rows()
            .iter()
            .filter(|row| !System::holds(row, &values))
            .count()
    };
    assert_eq!(form([5, 0, 0, 0]), 0);
    let mut plus_order = Fr::MODULUS.0;
    plus_order[0] += 5;
    assert_eq!(
        form(plus_order),
        1,
        "exactly the comparison with r - 1 fails"
    );
    let mut order = Fr::MODULUS.0;
    order[0] += 4;
    assert!(form(order) > 0);
}
