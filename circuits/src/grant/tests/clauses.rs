//! The grant statement: honest proofs, and for each clause a change that breaks only it.

use super::super::circuit::circuit_with_grantee;
use super::super::sample::{DAY, policy};
use super::*;
use crate::audit::{AuditCiphertext, AuditSecretKey, GrantTerms};
use crate::commit::{self, GrantBody};
use crate::r1cs::ConstraintSystem;
use crate::sample::{NOW, record_body};
use crate::types::{
    Body, Category, CategorySet, EndTag, LeafKind, Nym, Position, Purpose, PurposeSet, Secret,
    Timestamp,
};
use ark_ff::{AdditiveGroup, Field};

/// Native check and circuit both refuse, for this clause and no other.
fn assert_breaks(
    public: &GrantPublic,
    witness: &GrantWitness,
    clause: Clause,
    label: &'static str,
) {
    assert_eq!(Grant::check(public, witness), Err(clause));
    assert_eq!(broken(&system(public, witness)), BTreeSet::from([label]));
}

/// Changes the terms, makes everything else fit, and expects one clause to break.
fn assert_terms_break(change: impl FnOnce(&mut GrantBody), clause: Clause, label: &'static str) {
    let (public, mut witness) = honest();
    change(&mut witness.body);
    assert_breaks(&seal(public, &witness), &witness, clause, label);
}

/// Changes the terms, makes everything else fit, and expects the statement to hold.
fn assert_terms_hold(change: impl FnOnce(&mut GrantBody)) {
    let (public, mut witness) = honest();
    change(&mut witness.body);
    let public = seal(public, &witness);
    assert_eq!(Grant::check(&public, &witness), Ok(()));
    assert!(system(&public, &witness).is_satisfied());
}

#[test]
fn an_honest_grant_holds_and_fits_the_smaller_domain() {
    let (public, witness) = honest();
    assert_eq!(Grant::check(&public, &witness), Ok(()));
    let system = system(&public, &witness);
    assert_eq!(broken(&system), BTreeSet::new());
    // Groth16 adds one row for each public input and the constant.
    let size = system.rows().len() + system.inputs() + 1;
    assert!(size <= 1 << 14, "{size} rows need a domain of 2^15");
    assert_eq!(Grant::INPUTS, system.inputs());
}

#[test]
fn the_structure_depends_on_no_value() {
    let (public, witness) = honest();
    let blank = crate::statement::constraints::<Grant>();
    assert_eq!(blank.digest(), system(&public, &witness).digest());
}

#[test]
fn a_leaf_that_is_not_there_or_is_no_record() {
    let (public, mut witness) = honest();
    witness.record_end_tag = EndTag(element(99));
    assert_breaks(&public, &witness, Clause::Membership, "membership");
    for kind in [LeafKind::Credential, LeafKind::Grant, LeafKind::Certificate] {
        let (world, position) = world_with_record(kind);
        let (public, witness) = grant_over(&world, position);
        assert_breaks(&public, &witness, Clause::Membership, "membership");
    }
}

#[test]
fn a_record_of_somebody_else() {
    let (public, mut witness) = honest();
    witness.sk = Secret::new(element(98));
    witness.body.audit_nym =
        commit::audit_nym(&element(98), &public.audit_key.id().0, public.year());
    assert_breaks(
        &seal(public, &witness),
        &witness,
        Clause::Membership,
        "membership",
    );
}

#[test]
fn an_ended_record() {
    let (mut world, position) = world_with_record(LeafKind::Record);
    world.end(position).unwrap();
    let (public, witness) = grant_over(&world, position);
    assert_breaks(&public, &witness, Clause::Live, "live");
}

#[test]
fn an_ended_root_of_another_anchor() {
    let (mut world, position) = world_with_record(LeafKind::Record);
    let (mut public, witness) = grant_over(&world, position);
    world.end(position).unwrap();
    public.anchor.ended_root = world.anchor().unwrap().ended_root;
    assert_breaks(&public, &witness, Clause::EndedRoot, "ended root");
}

#[test]
fn no_bit_of_the_position_can_be_chosen_for_itself() {
    let (mut world, position) = world_with_record(LeafKind::Record);
    world.end(position).unwrap();
    let (public, honest) = grant_over(&world, position);
    for bit in 0..32 {
        let elsewhere = Position(position.0 ^ 1 << bit);
        let ended = world.ended_path(elsewhere).unwrap();
        let mut witness = grant_over(&world, position).1;
        witness.path.position = elsewhere;
        (witness.path.word, witness.path.ended) = (ended.word, ended.siblings);
        assert_eq!(
            Grant::check(&public, &witness),
            Err(Clause::Membership),
            "bit {bit}"
        );
        assert!(
            broken(&system(&public, &witness)).contains("membership"),
            "bit {bit}"
        );
    }
    assert_eq!(Grant::check(&public, &honest), Err(Clause::Live));
}

#[test]
fn a_grant_key_of_somebody_else() {
    let (mut public, witness) = honest();
    public.holder_key = commit::holder_key(&element(98), witness.grant_rho.expose());
    public.audit_digest = witness.audit_ciphertext(&public).unwrap().digest();
    assert_breaks(&public, &witness, Clause::HolderKey, "holder key");
}

#[test]
fn a_body_of_other_terms() {
    let changes: [fn(&mut GrantBody); 9] = [
        |body| body.record.0 ^= 1,
        |body| body.grantee = member(7),
        |body| body.purpose = Purpose::new(1).unwrap(),
        |body| body.categories.0 ^= 4,
        |body| body.not_before.0 += 1,
        |body| body.not_after.0 += 1,
        |body| body.max_uses += 1,
        |body| body.audit_nym.0 += Fr::ONE,
        |body| body.salt += Fr::ONE,
    ];
    for change in changes {
        let (mut public, witness) = honest();
        let mut other = witness.body.clone();
        change(&mut other);
        public.body = other.commit();
        public.audit_digest = witness.audit_ciphertext(&public).unwrap().digest();
        assert_breaks(&public, &witness, Clause::Body, "body");
    }
}

#[test]
fn another_records_position_in_the_terms() {
    // The circuit takes the position from the record's path, so the terms' body and ciphertext no longer fit.
    let (public, mut witness) = honest();
    witness.body.record.0 ^= 1;
    let public = seal(public, &witness);
    assert_eq!(Grant::check(&public, &witness), Err(Clause::RecordPosition));
    assert_eq!(
        broken(&system(&public, &witness)),
        BTreeSet::from(["body", "audit"])
    );
}

#[test]
fn categories_without_the_records() {
    assert_terms_break(
        |body| body.categories = CategorySet(!0b10),
        Clause::Category,
        "category",
    );
    assert_terms_break(
        |body| body.categories = CategorySet::EMPTY,
        Clause::Category,
        "category",
    );
    assert_terms_hold(|body| body.categories = CategorySet(u32::MAX));
    assert_terms_hold(|body| body.categories = CategorySet(0b10));
}

#[test]
fn every_category_selects_its_own_bit() {
    for number in [0, 1, 2, 4, 8, 16, 30, 31] {
        let category = Category::new(number).unwrap();
        let mut body = record_body().unwrap();
        body.category = category;
        let mut world = World::new().unwrap();
        let key = commit::holder_key(&sk(), &element(11));
        let position = world
            .append_note(LeafKind::Record, &key, &body.commit(), &EndTag(element(12)))
            .unwrap();
        let (public, mut witness) = grant_over(&world, position);
        witness.record_body = body;
        witness.body.categories = CategorySet::EMPTY.with(category);
        let public = seal(public, &witness);
        assert_eq!(Grant::check(&public, &witness), Ok(()));
        assert!(system(&public, &witness).is_satisfied());
    }
}

#[test]
fn member_zero_as_grantee() {
    // The native types have no member 0, so the circuit is run with the number itself.
    let (mut public, witness) = honest();
    let shift = Fr::from(2u64).pow([32]);
    let [packed, nym] = witness.terms().words();
    let packed = packed - Fr::from(witness.body.grantee.get()) * shift;
    public.body = Body(crate::poseidon::hash(
        crate::tags::GRANT,
        &[packed, nym, witness.body.salt],
    ));
    let domain = public.leaf().0;
    let ciphertext =
        AuditCiphertext::encrypt(&public.audit_key, &sk(), &domain, &[packed, nym]).unwrap();
    public.audit_digest = ciphertext.digest();
    let (mut cs, inputs) = ConstraintSystem::new(Mode::Record, &Grant::inputs(&public).unwrap());
    circuit_with_grantee(&mut cs, &inputs, &witness, 0);
    assert_eq!(broken(&cs.finish()), BTreeSet::from(["grantee"]));
}

#[test]
fn a_grant_that_ends_before_it_begins() {
    assert_terms_break(
        |body| body.not_after = body.not_before,
        Clause::Order,
        "order",
    );
    assert_terms_hold(|body| body.not_after.0 = body.not_before.0 + 1);
    let (public, mut witness) = honest();
    witness.body.not_after.0 = witness.body.not_before.0 - 5;
    assert_breaks(&seal(public, &witness), &witness, Clause::Order, "order");
}

#[test]
fn a_grant_longer_than_the_policy_allows() {
    let longest = policy().max_duration_secs;
    assert_terms_hold(|body| body.not_after.0 = body.not_before.0 + longest);
    assert_terms_break(
        |body| body.not_after.0 = body.not_before.0 + longest + 1,
        Clause::Duration,
        "duration",
    );
}

#[test]
fn a_grant_that_starts_too_far_from_now() {
    let offset = policy().max_start_offset_secs;
    let start_at = |start: u64| {
        move |body: &mut GrantBody| {
            (body.not_before, body.not_after) = (Timestamp(start), Timestamp(start + DAY));
        }
    };
    assert_terms_hold(start_at(NOW + offset));
    assert_terms_hold(start_at(NOW - offset));
    assert_terms_break(start_at(NOW + offset + 1), Clause::Start, "start");
    assert_terms_break(start_at(NOW - offset - 1), Clause::Start, "start");
}

#[test]
fn a_purpose_the_policy_does_not_list() {
    for number in [0, 1, 2, 3, 4, 8, 16, 30, 31] {
        let purpose = Purpose::new(number).unwrap();
        if policy().purposes.contains(purpose) {
            assert_terms_hold(|body| body.purpose = purpose);
        } else {
            assert_terms_break(|body| body.purpose = purpose, Clause::Purpose, "purpose");
        }
    }
    let (mut public, witness) = honest();
    public.policy.purposes = PurposeSet::EMPTY;
    assert_breaks(&public, &witness, Clause::Purpose, "purpose");
}

#[test]
fn a_number_of_uses_out_of_range() {
    assert_terms_hold(|body| body.max_uses = 1);
    assert_terms_hold(|body| body.max_uses = commit::MAX_USES);
    for uses in [0, commit::MAX_USES + 1, u16::MAX] {
        // The bits cannot express the number, so the body and the ciphertext do not fit.
        let (public, mut witness) = honest();
        witness.body.max_uses = uses;
        let public = seal(public, &witness);
        assert_eq!(Grant::check(&public, &witness), Err(Clause::MaxUses));
        assert_eq!(
            broken(&system(&public, &witness)),
            BTreeSet::from(["body", "audit"])
        );
    }
}

#[test]
fn times_out_of_range() {
    for change in [
        (|body| body.not_before.0 += 1 << 40) as fn(&mut GrantBody),
        |body| body.not_after.0 += 1 << 40,
        |body| body.not_after.0 = u64::MAX,
    ] {
        let (public, mut witness) = honest();
        change(&mut witness.body);
        let public = seal(public, &witness);
        assert_eq!(Grant::check(&public, &witness), Err(Clause::TimeRange));
        assert!(broken(&system(&public, &witness)).contains("body"));
    }
    for change in [
        (|public| public.anchor.time.0 = 1 << 40) as fn(&mut GrantPublic),
        |public| public.policy.max_duration_secs = 1 << 40,
        |public| public.policy.max_start_offset_secs = u64::MAX,
    ] {
        let (mut public, witness) = honest();
        change(&mut public);
        assert!(matches!(
            Grant::check(&public, &witness),
            Err(Clause::Form(_))
        ));
        assert!(Grant::inputs(&public).is_err());
    }
}

#[test]
fn another_persons_or_years_or_keys_pseudonym() {
    let id = audit_secret().unwrap().public().id().0;
    let other_id = AuditSecretKey::from_bytes(&[1; 32])
        .unwrap()
        .public()
        .id()
        .0;
    let year = honest().0.year();
    assert_eq!(year.0, 2026);
    let next = crate::types::Year(year.0 + 1);
    for nym in [
        commit::audit_nym(&element(98), &id, year),
        commit::audit_nym(&sk(), &id, next),
        commit::audit_nym(&sk(), &other_id, year),
        commit::show_nym(&sk(), &id),
        Nym(Fr::ZERO),
    ] {
        assert_terms_break(|body| body.audit_nym = nym, Clause::AuditNym, "audit nym");
    }
}

#[test]
fn a_ciphertext_of_other_terms_or_domain_or_key_or_nonce() {
    let (public, witness) = honest();
    let (key, leaf, words) = (public.audit_key, public.leaf().0, witness.terms().words());
    let other_key = AuditSecretKey::from_bytes(&[1; 32]).unwrap().public();
    let other_terms: [fn(&mut GrantTerms); 8] = [
        |terms| terms.record.0 ^= 1,
        |terms| terms.grantee = member(7),
        |terms| terms.purpose = Purpose::new(1).unwrap(),
        |terms| terms.categories.0 ^= 1,
        |terms| terms.not_before.0 ^= 1,
        |terms| terms.not_after.0 ^= 1,
        |terms| terms.max_uses ^= 1,
        |terms| terms.audit_nym.0 += Fr::ONE,
    ];
    let mut ciphertexts: Vec<_> = other_terms
        .iter()
        .map(|change| {
            let mut terms = witness.terms();
            change(&mut terms);
            AuditCiphertext::encrypt(&key, &sk(), &leaf, &terms.words())
        })
        .collect();
    ciphertexts.push(AuditCiphertext::encrypt(&other_key, &sk(), &leaf, &words));
    ciphertexts.push(AuditCiphertext::encrypt(&key, &element(98), &leaf, &words));
    ciphertexts.push(AuditCiphertext::encrypt(
        &key,
        &sk(),
        &(leaf + Fr::ONE),
        &words,
    ));
    for ciphertext in ciphertexts {
        let mut public = public.clone();
        public.audit_digest = ciphertext.unwrap().digest();
        assert_breaks(&public, &witness, Clause::AuditDigest, "audit");
    }
}

#[test]
fn the_reviewers_read_exactly_the_terms() {
    let (public, witness) = honest();
    let ciphertext = witness.audit_ciphertext(&public).unwrap();
    assert_eq!(ciphertext.digest(), public.audit_digest);
    let words = ciphertext
        .decrypt(&audit_secret().unwrap(), &public.leaf().0)
        .unwrap();
    assert_eq!(GrantTerms::from_words(&words), Ok(witness.terms()));
}

#[test]
fn every_public_input_counts() {
    let (public, witness) = honest();
    let inputs = Grant::inputs(&public).unwrap();
    for i in 0..inputs.len() {
        let mut changed = inputs.clone();
        changed[i] += Fr::ONE;
        let satisfied = synthesize::<Grant>(Mode::Record, &changed, &witness).is_satisfied();
        // A second more on the clock or in a bound, and one purpose more, still allow this grant. Of the context no
        // clause speaks. All of them are bound by Groth16 itself.
        let slack = [2, 11, 12, 13, 14].contains(&i);
        assert_eq!(satisfied, slack, "input {i}");
    }
}
