//! Native audit encryption: what it promises to the reviewers, and what it refuses.

use super::point::{Scalar, scalar_from_bytes, scalar_to_bytes};
use super::*;
use crate::field::{Fr, fr_to_bytes};
use crate::types::{CategorySet, Digest32, MemberId, Nym, Position, Purpose, Timestamp};
use ark_ff::{AdditiveGroup, BigInteger, Field, PrimeField, UniformRand};
use commonware_codec::{DecodeExt, Encode};
use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

fn secret_key(seed: u64) -> AuditSecretKey {
    AuditSecretKey::generate(&mut ChaCha20Rng::seed_from_u64(seed))
}

fn fr(seed: u64) -> Fr {
    Fr::rand(&mut ChaCha20Rng::seed_from_u64(seed))
}

pub(super) fn arb_fr() -> impl Strategy<Value = Fr> {
    any::<[u8; 32]>().prop_map(|bytes| Fr::from_be_bytes_mod_order(&bytes))
}

pub(super) fn arb_grant_terms() -> impl Strategy<Value = GrantTerms> {
    let numbers = (
        any::<u32>(),
        1..=u32::MAX,
        0..32u8,
        any::<u32>(),
        any::<u64>(),
        any::<u64>(),
    );
    (numbers, any::<u16>(), arb_fr()).prop_map(
        |((record, grantee, purpose, mask, from, to), max_uses, nym)| GrantTerms {
            record: Position(record),
            grantee: MemberId::new(grantee).unwrap(),
            purpose: Purpose::new(purpose).unwrap(),
            categories: CategorySet(mask),
            not_before: Timestamp(from),
            not_after: Timestamp(to),
            max_uses,
            audit_nym: Nym(nym),
        },
    )
}

fn arb_access_terms() -> impl Strategy<Value = AccessTerms> {
    let numbers = (
        any::<u32>(),
        any::<u32>(),
        1..=u32::MAX,
        0..32u8,
        any::<u32>(),
        any::<u64>(),
    );
    (numbers, arb_fr()).prop_map(|((grant, record, grantee, purpose, mask, time), nym)| {
        AccessTerms {
            grantee: MemberId::new(grantee).unwrap(),
            grant: Position(grant),
            record: Position(record),
            purpose: Purpose::new(purpose).unwrap(),
            categories: CategorySet(mask),
            time: Timestamp(time),
            audit_nym: Nym(nym),
        }
    })
}

#[test]
fn keys_off_the_curve_of_small_order_or_neutral_are_refused() {
    let [x, y] = secret_key(1).public().point().coordinates();
    assert!(AuditPublicKey::from_coordinates(x, y).is_ok());
    assert_eq!(
        AuditPublicKey::from_coordinates(x + Fr::ONE, y),
        Err(PointError::OffCurve)
    );
    assert_eq!(
        AuditPublicKey::from_coordinates(Fr::ZERO, Fr::ZERO),
        Err(PointError::OffCurve)
    );
    assert_eq!(
        AuditPublicKey::from_coordinates(Fr::ZERO, Fr::ONE),
        Err(PointError::Identity)
    );
    // (0, -1) has order two; (x, y) + (0, -1) = (-x, -y) has order 2l.
    assert_eq!(
        AuditPublicKey::from_coordinates(Fr::ZERO, -Fr::ONE),
        Err(PointError::SmallOrder)
    );
    assert_eq!(
        AuditPublicKey::from_coordinates(-x, -y),
        Err(PointError::SmallOrder)
    );
    // Order four: y = 0, x² = -1.
    let i = (-Fr::ONE).sqrt().unwrap();
    assert_eq!(
        AuditPublicKey::from_coordinates(i, Fr::ZERO),
        Err(PointError::SmallOrder)
    );
}

#[test]
fn key_bytes_are_canonical_and_exact() {
    let key = secret_key(2).public();
    let bytes = key.encode().to_vec();
    assert_eq!(AuditPublicKey::decode(bytes.clone()).unwrap(), key);
    assert!(AuditPublicKey::decode(bytes[..63].to_vec()).is_err());
    assert!(AuditPublicKey::decode([&bytes[..], &[0]].concat()).is_err());
    let modulus: [u8; 32] = Fr::MODULUS.to_bytes_be().try_into().unwrap();
    let mut plus_order = bytes.clone();
    let mut carry = 0u16;
    for i in (0..32).rev() {
        let sum = u16::from(bytes[i]) + u16::from(modulus[i]) + carry;
        plus_order[i] = sum as u8;
        carry = sum >> 8;
    }
    assert_eq!(carry, 0, "x + r fits 256 bits");
    assert!(AuditPublicKey::decode(plus_order).is_err());
    let identity = [fr_to_bytes(&Fr::ZERO), fr_to_bytes(&Fr::ONE)].concat();
    assert!(AuditPublicKey::decode(identity).is_err());
}

#[test]
fn secret_keys_that_are_zero_or_too_large_are_refused_and_none_is_printed() {
    assert!(matches!(
        AuditSecretKey::from_bytes(&[0; 32]),
        Err(SecretKeyError::Zero)
    ));
    assert!(matches!(
        AuditSecretKey::from_bytes(&[0xff; 32]),
        Err(SecretKeyError::NotCanonical)
    ));
    let order: [u8; 32] = Scalar::MODULUS.to_bytes_be().try_into().unwrap();
    assert!(matches!(
        AuditSecretKey::from_bytes(&order),
        Err(SecretKeyError::NotCanonical)
    ));
    let key = secret_key(3);
    let bytes = key.to_bytes();
    assert_eq!(
        AuditSecretKey::from_bytes(&bytes).unwrap().public(),
        key.public()
    );
    let shown = format!("{key:?}");
    assert!(!shown.contains(&hex::encode(*bytes)));
    assert!(!shown.contains(&Scalar::from_be_bytes_mod_order(&*bytes).to_string()));
}

#[test]
fn possession_counts_for_its_key_and_context_only() {
    let (key, context) = (secret_key(4), Digest32([7; 32]));
    let proof = PossessionProof::prove(&key, &context).unwrap();
    assert!(proof.verify(&key.public(), &context));
    assert!(!proof.verify(&secret_key(5).public(), &context));
    for byte in 0..32 {
        let mut other = context;
        other.0[byte] ^= 1;
        assert!(!proof.verify(&key.public(), &other));
    }
    let bytes = proof.encode().to_vec();
    assert_eq!(PossessionProof::decode(bytes.clone()).unwrap(), proof);
    for byte in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[byte] ^= 1;
        let refused =
            PossessionProof::decode(changed).map_or(true, |p| !p.verify(&key.public(), &context));
        assert!(refused, "byte {byte} changed and still accepted");
    }
}

#[test]
fn a_copied_possession_proof_does_not_serve_a_related_key() {
    // A' = A + G: whoever registers it after seeing A knows no secret, and A's proof must not help.
    let (key, context) = (secret_key(6), Digest32([1; 32]));
    let proof = PossessionProof::prove(&key, &context).unwrap();
    let related = key.public().point().group() + Point::generator().group();
    let related = ark_ec::CurveGroup::into_affine(related);
    let related = AuditPublicKey::from_coordinates(related.x, related.y).unwrap();
    assert!(!proof.verify(&related, &context));
}

#[test]
fn a_share_opens_the_ciphertext_and_only_with_a_right_proof() {
    let key = secret_key(7);
    let (secret, domain, words) = (fr(1), fr(2), [fr(3), fr(4)]);
    let ciphertext = AuditCiphertext::encrypt(&key.public(), &secret, &domain, &words).unwrap();
    let other = AuditCiphertext::encrypt(&key.public(), &secret, &fr(5), &words).unwrap();
    let share = DecryptionShare::compute(&key, &ciphertext).unwrap();
    let shared = SharedPoint::from_share(&share, &key.public(), &ciphertext).unwrap();
    assert_eq!(shared.open(&ciphertext, &domain), words);
    assert_eq!(
        SharedPoint::from_share(&share, &secret_key(8).public(), &ciphertext),
        None
    );
    assert_eq!(SharedPoint::from_share(&share, &key.public(), &other), None);
    let bytes = share.encode().to_vec();
    assert_eq!(DecryptionShare::decode(bytes.clone()).unwrap(), share);
    for byte in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[byte] ^= 1;
        let refused = DecryptionShare::decode(changed)
            .map_or(true, |share| !share.verify(&key.public(), &ciphertext));
        assert!(refused, "byte {byte} changed and still accepted");
    }
}

#[test]
fn a_share_of_another_key_is_no_share_of_this_one() {
    let (key, stranger) = (secret_key(9), secret_key(10));
    let ciphertext =
        AuditCiphertext::encrypt(&key.public(), &fr(1), &fr(2), &[fr(3), fr(4)]).unwrap();
    let share = DecryptionShare::compute(&stranger, &ciphertext).unwrap();
    assert!(share.verify(&stranger.public(), &ciphertext));
    assert!(!share.verify(&key.public(), &ciphertext));
}

#[test]
fn ciphertext_bytes_are_exact_and_their_point_is_checked() {
    let key = secret_key(11);
    let ciphertext =
        AuditCiphertext::encrypt(&key.public(), &fr(1), &fr(2), &[fr(3), fr(4)]).unwrap();
    let bytes = ciphertext.encode().to_vec();
    assert_eq!(bytes.len(), 128);
    assert_eq!(AuditCiphertext::decode(bytes.clone()).unwrap(), ciphertext);
    assert!(AuditCiphertext::decode(bytes[..127].to_vec()).is_err());
    assert!(AuditCiphertext::decode([&bytes[..], &[0]].concat()).is_err());
    for (x, y) in [
        (Fr::ZERO, Fr::ONE),
        (Fr::ZERO, -Fr::ONE),
        (Fr::ONE, Fr::ONE),
    ] {
        let point = [fr_to_bytes(&x), fr_to_bytes(&y)].concat();
        assert!(AuditCiphertext::decode([&point[..], &bytes[64..]].concat()).is_err());
    }
    for byte in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[byte] ^= 1;
        if let Ok(other) = AuditCiphertext::decode(changed) {
            assert_ne!(
                other.digest(),
                ciphertext.digest(),
                "byte {byte} is not in the digest"
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn an_honest_ciphertext_decrypts_to_exactly_the_terms(
        grant in arb_grant_terms(), access in arb_access_terms(), seed: u64, secret in arb_fr(), domain in arb_fr(),
    ) {
        let key = secret_key(seed);
        let ciphertext = AuditCiphertext::encrypt(&key.public(), &secret, &domain, &grant.words()).unwrap();
        let words = ciphertext.decrypt(&key, &domain).unwrap();
        prop_assert_eq!(GrantTerms::from_words(&words), Ok(grant));
        let ciphertext = AuditCiphertext::encrypt(&key.public(), &secret, &domain, &access.words()).unwrap();
        let words = ciphertext.decrypt(&key, &domain).unwrap();
        prop_assert_eq!(AccessTerms::from_words(&words), Ok(access));
    }

    #[test]
    fn a_wrong_key_a_wrong_domain_or_a_changed_word_never_gives_the_terms(
        grant in arb_grant_terms(), seed: u64, secret in arb_fr(), domain in arb_fr(), flip in 0..32usize,
    ) {
        let key = secret_key(seed);
        let ciphertext = AuditCiphertext::encrypt(&key.public(), &secret, &domain, &grant.words()).unwrap();
        let wrong_key = ciphertext.decrypt(&secret_key(seed ^ 1), &domain).unwrap();
        // About one random word in a thousand reads as some terms, never as these.
        prop_assert_ne!(GrantTerms::from_words(&wrong_key), Ok(grant));
        let wrong_domain = ciphertext.decrypt(&key, &(domain + Fr::ONE)).unwrap();
        prop_assert_ne!(GrantTerms::from_words(&wrong_domain), Ok(grant));
        let mut bytes = ciphertext.encode().to_vec();
        bytes[64 + flip] ^= 1;
        if let Ok(changed) = AuditCiphertext::decode(bytes) {
            let read = GrantTerms::from_words(&changed.decrypt(&key, &domain).unwrap());
            prop_assert_ne!(read, Ok(grant));
        }
    }

    #[test]
    fn different_terms_have_different_words(a in arb_grant_terms(), b in arb_grant_terms()) {
        prop_assert_eq!(a == b, a.words() == b.words());
    }

    #[test]
    fn the_nonce_is_odd_and_in_its_interval(secret in arb_fr(), domain in arb_fr()) {
        let nonce = super::encryption::encryption_nonce(&secret, &domain).into_bigint();
        let mut low = Scalar::from(2u64).pow([250]).into_bigint();
        prop_assert!(nonce.is_odd());
        prop_assert!(nonce > low);
        let base = low;
        low.mul2();
        low.add_with_carry(&base);
        prop_assert!(nonce < low, "below 3 * 2^250");
        prop_assert!(low < Scalar::MODULUS);
    }

    #[test]
    fn scalar_bytes_round_trip(bytes: [u8; 32]) {
        let scalar = Scalar::from_be_bytes_mod_order(&bytes);
        prop_assert_eq!(scalar_from_bytes(&scalar_to_bytes(&scalar)), Some(scalar));
    }
}

#[test]
fn words_with_stray_bits_or_impossible_fields_are_no_terms() {
    let terms = GrantTerms {
        record: Position(1),
        grantee: MemberId::new(2).unwrap(),
        purpose: Purpose::new(3).unwrap(),
        categories: CategorySet(4),
        not_before: Timestamp(5),
        not_after: Timestamp(6),
        max_uses: 7,
        audit_nym: Nym(fr(1)),
    };
    let two = Fr::from(2u64);
    let [packed, nym] = terms.words();
    assert_eq!(GrantTerms::from_words(&[packed, nym]), Ok(terms));
    // A bit above the last field; no grantee; a purpose beyond the vocabulary.
    assert_eq!(
        GrantTerms::from_words(&[packed + two.pow([248]), nym]),
        Err(NotTerms)
    );
    assert_eq!(
        GrantTerms::from_words(&[packed - two.pow([33]), nym]),
        Err(NotTerms)
    );
    assert_eq!(
        GrantTerms::from_words(&[packed + two.pow([69]), nym]),
        Err(NotTerms)
    );
    assert_eq!(
        AccessTerms::from_words(&[two.pow([200]) + Fr::ONE, nym]),
        Err(NotTerms)
    );
    assert_eq!(AccessTerms::from_words(&[Fr::ZERO, nym]), Err(NotTerms));
}
