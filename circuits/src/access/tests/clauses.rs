//! The access statement: honest proofs, and for each clause a change that breaks only it.

use super::super::sample::RECORD;
use super::*;
use crate::audit::{AccessTerms, AuditCiphertext, AuditSecretKey};
use crate::commit::{self, GrantBody, ReceiptOpening};
use crate::sample::{NOW, platform_secret};
use crate::types::{LeafKind, Position, Purpose, Secret, Timestamp};
use ark_ff::Field;

/// Native check and circuit both refuse, for this clause and no other.
fn assert_breaks(
    public: &AccessPublic,
    witness: &AccessWitness,
    clause: Clause,
    label: &'static str,
) {
    assert_eq!(Access::check(public, witness), Err(clause));
    assert_eq!(broken(&system(public, witness)), BTreeSet::from([label]));
}

fn assert_holds((public, witness): (AccessPublic, AccessWitness)) {
    assert_eq!(Access::check(&public, &witness), Ok(()));
    assert!(system(&public, &witness).is_satisfied());
}

#[test]
fn an_honest_access_holds_within_its_bound() {
    let (public, witness) = honest();
    assert_eq!(Access::check(&public, &witness), Ok(()));
    let system = system(&public, &witness);
    assert_eq!(broken(&system), BTreeSet::new());
    assert!(
        system.rows().len() <= 26_000,
        "{} constraints",
        system.rows().len()
    );
    assert_eq!(Access::INPUTS, system.inputs());
}

#[test]
fn the_structure_depends_on_no_value() {
    let (public, witness) = honest();
    let blank = crate::statement::constraints::<Access>();
    assert_eq!(blank.digest(), system(&public, &witness).digest());
}

#[test]
fn the_record_and_the_grant_may_share_a_word_or_be_one_shard_apart() {
    for record in [1, 76, 77, 106, (1 << 20) - 1, u32::MAX] {
        let mut body = body();
        body.record = Position(record);
        assert_holds(access_with(body));
    }
}

#[test]
fn a_record_or_anything_else_presented_as_a_grant() {
    for kind in [
        LeafKind::Record,
        LeafKind::Credential,
        LeafKind::Certificate,
    ] {
        let (world, position) = world_with(kind, &body());
        let (public, witness) = access_under(&world, position, body());
        assert_breaks(&public, &witness, Clause::Membership, "membership");
    }
}

#[test]
fn a_grant_that_was_never_accepted() {
    // The terms were never put on the chain; another grant stands at the position.
    let (world, position) = world_with(LeafKind::Grant, &body());
    let mut wider = body();
    wider.not_after.0 += 1;
    let (public, witness) = access_under(&world, position, wider);
    assert_breaks(&public, &witness, Clause::Membership, "membership");
}

#[test]
fn an_ended_grant() {
    let (mut world, position) = world_with(LeafKind::Grant, &body());
    world.end(position).unwrap();
    let (public, witness) = access_under(&world, position, body());
    assert_breaks(&public, &witness, Clause::GrantLive, "grant live");
}

#[test]
fn an_ended_record() {
    let (mut world, position) = world_with(LeafKind::Grant, &body());
    world.end(RECORD).unwrap();
    let (public, witness) = access_under(&world, position, body());
    assert_breaks(&public, &witness, Clause::RecordLive, "record live");
}

#[test]
fn ended_paths_of_another_anchor() {
    let (mut world, position) = world_with(LeafKind::Grant, &body());
    let (public, old) = access_under(&world, position, body());
    world.end(Position(0x00ff_ffff)).unwrap();
    let (new_public, new) = access_under(&world, position, body());
    let mut mixed = access_under(&world, position, body()).1;
    (mixed.path.word, mixed.path.ended) = (old.path.word, old.path.ended);
    assert_breaks(
        &new_public,
        &mixed,
        Clause::GrantEndedRoot,
        "grant ended root",
    );
    let mut mixed = access_under(&world, position, body()).1;
    mixed.record_path = old.record_path;
    assert_breaks(
        &new_public,
        &mixed,
        Clause::RecordEndedRoot,
        "record ended root",
    );
    assert_eq!(Access::check(&new_public, &new), Ok(()));
    assert_ne!(public.anchor.ended_root, new_public.anchor.ended_root);
}

#[test]
fn the_bit_looked_at_is_that_of_the_record_in_the_terms() {
    // The record has ended; a path of any other position must not pass for its path.
    let (mut world, position) = world_with(LeafKind::Grant, &body());
    world.end(RECORD).unwrap();
    for bit in 0..32 {
        let (public, mut witness) = access_under(&world, position, body());
        witness.record_path = world.ended_path(Position(RECORD.0 ^ 1 << bit)).unwrap();
        // Inside the word the path is the record's own, and its bit is found set.
        let (clause, label) = if bit < 6 {
            (Clause::RecordLive, "record live")
        } else {
            (Clause::RecordEndedRoot, "record ended root")
        };
        assert_eq!(Access::check(&public, &witness), Err(clause), "bit {bit}");
        if [0, 5, 6, 19, 20, 31].contains(&bit) {
            assert_breaks(&public, &witness, clause, label);
        }
    }
}

#[test]
fn a_changed_word_or_sibling_leads_to_another_root() {
    let (mut world, position) = world_with(LeafKind::Grant, &body());
    world.end(RECORD).unwrap();
    let cleared = |word: u64| word & !(1 << (RECORD.0 % 64));
    let (public, mut witness) = access_under(&world, position, body());
    witness.record_path.word = cleared(witness.record_path.word);
    assert_breaks(
        &public,
        &witness,
        Clause::RecordEndedRoot,
        "record ended root",
    );
    let mut words: Vec<_> = (0..64)
        .map(|bit| witness.record_path.word ^ 1 << bit)
        .collect();
    words.push(0);
    for word in words {
        witness.record_path.word = word;
        // One of these words is the true one, with the record's bit set.
        let clause = Access::check(&public, &witness).unwrap_err();
        assert!([Clause::RecordEndedRoot, Clause::RecordLive].contains(&clause));
    }
    for level in 0..witness.record_path.siblings.len() {
        for sibling in 0..3 {
            let (public, mut witness) = honest();
            witness.record_path.siblings[level][sibling] += Fr::ONE;
            assert_eq!(
                Access::check(&public, &witness),
                Err(Clause::RecordEndedRoot)
            );
        }
    }
}

#[test]
fn somebody_who_is_not_the_grantee() {
    let (public, mut witness) = honest();
    witness.platform_secret = Secret::new(platform_secret(2));
    assert_breaks(
        &seal(public, &witness),
        &witness,
        Clause::Grantee,
        "grantee",
    );
    // Another platform's own entry and path, for a grant to somebody else.
    let (world, position) = world_with(LeafKind::Grant, &body());
    let (public, mut witness) = access_under(&world, position, body());
    witness.platform_secret = Secret::new(platform_secret(2));
    witness.platform_path = world.platform_path(2).unwrap();
    assert_breaks(
        &seal(public, &witness),
        &witness,
        Clause::Grantee,
        "grantee",
    );
}

#[test]
fn a_grantee_that_is_suspended_or_no_platform_or_beyond_the_tree() {
    let (mut world, position) = world_with(LeafKind::Grant, &body());
    world.suspend(GRANTEE);
    let (public, witness) = access_under(&world, position, body());
    assert_breaks(&public, &witness, Clause::Grantee, "grantee");

    let mut stranger = body();
    stranger.grantee = member(5);
    let (world, position) = world_with(LeafKind::Grant, &stranger);
    let (public, mut witness) = access_under(&world, position, stranger);
    witness.platform_secret = Secret::new(platform_secret(5));
    witness.platform_path = world.platform_path(5).unwrap();
    assert_breaks(
        &seal(public, &witness),
        &witness,
        Clause::Grantee,
        "grantee",
    );

    // An id that equals a platform's in its low 16 bits.
    let mut beyond = body();
    beyond.grantee = member(GRANTEE + (1 << 16));
    let (world, position) = world_with(LeafKind::Grant, &beyond);
    let (public, mut witness) = access_under(&world, position, beyond);
    assert_eq!(Access::check(&public, &witness), Err(Clause::Grantee));
    assert!(!system(&public, &witness).is_satisfied());
    witness.platform_path.member = member(GRANTEE + (1 << 16));
    assert_eq!(Access::check(&public, &witness), Err(Clause::Grantee));
    assert!(!system(&public, &witness).is_satisfied());
}

#[test]
fn outside_of_the_grants_time() {
    let at = |from: u64, to: u64| {
        let mut body = body();
        (body.not_before, body.not_after) = (Timestamp(from), Timestamp(to));
        body
    };
    assert_holds(access_with(at(NOW, NOW + 1)));
    let (public, witness) = access_with(at(NOW + 1, NOW + 2));
    assert_breaks(&public, &witness, Clause::NotBefore, "not before");
    let (public, witness) = access_with(at(NOW - 1, NOW));
    assert_breaks(&public, &witness, Clause::NotAfter, "not after");
    let (public, witness) = access_with(at(0, 1));
    assert_breaks(&public, &witness, Clause::NotAfter, "not after");
}

#[test]
fn uses_beyond_the_number_of_uses() {
    for (use_index, max_uses, holds) in [
        (0, 1, true),
        (1, 1, false),
        (2, 3, true),
        (3, 3, false),
        (4095, 4096, true),
        (4095, 4095, false),
    ] {
        let mut body = body();
        body.max_uses = max_uses;
        let (public, mut witness) = access_with(body);
        witness.use_index = use_index;
        let public = seal(public, &witness);
        if holds {
            assert_holds((public, witness));
        } else {
            assert_breaks(&public, &witness, Clause::UseIndex, "use index");
        }
    }
    // Indices that the bits cannot express: the nullifier no longer fits either.
    for use_index in [4096, u16::MAX] {
        let (public, mut witness) = honest();
        witness.use_index = use_index;
        let public = seal(public, &witness);
        assert_eq!(Access::check(&public, &witness), Err(Clause::UseIndex));
        assert!(broken(&system(&public, &witness)).contains("nullifier"));
    }
}

#[test]
fn grants_that_no_grant_statement_let_through() {
    for uses in [0, commit::MAX_USES + 1, u16::MAX] {
        let mut body = body();
        body.max_uses = uses;
        let (public, witness) = access_with(body);
        assert_eq!(Access::check(&public, &witness), Err(Clause::MaxUses));
        assert!(broken(&system(&public, &witness)).contains("membership"));
    }
    for change in [
        (|body| body.not_before.0 = 1 << 40) as fn(&mut GrantBody),
        |body| body.not_after.0 = u64::MAX,
    ] {
        let mut body = body();
        change(&mut body);
        let (public, witness) = access_with(body);
        assert_eq!(Access::check(&public, &witness), Err(Clause::TimeRange));
        assert!(broken(&system(&public, &witness)).contains("membership"));
    }
    let (mut public, witness) = honest();
    public.anchor.time.0 = 1 << 40;
    assert!(matches!(
        Access::check(&public, &witness),
        Err(Clause::Form(_))
    ));
    assert!(Access::inputs(&public).is_err());
}

#[test]
fn a_nullifier_of_another_use_or_grant() {
    let (public, witness) = honest();
    let leaf = witness.grant_leaf();
    let other_leaf = crate::types::Leaf(leaf.0 + Fr::ONE);
    for nullifier in [
        commit::use_nullifier(&witness.body.salt, &leaf, 0),
        commit::use_nullifier(&witness.body.salt, &leaf, 2),
        // Somebody else's grant with the same salt has nullifiers of its own.
        commit::use_nullifier(&witness.body.salt, &other_leaf, 1),
        commit::use_nullifier(&element(99), &leaf, 1),
    ] {
        let mut public = public.clone();
        public.nullifier = nullifier;
        public.audit_digest = witness.audit_ciphertext(&public).unwrap().digest();
        assert_breaks(&public, &witness, Clause::Nullifier, "nullifier");
    }
}

#[test]
fn a_receipt_that_says_anything_else() {
    let changes: [fn(&mut ReceiptOpening); 8] = [
        |receipt| receipt.grant.0 ^= 1,
        |receipt| receipt.record.0 ^= 1,
        |receipt| receipt.grantee = member(2),
        |receipt| receipt.vault = member(7),
        |receipt| receipt.session_key_hash.0[31] ^= 1,
        |receipt| receipt.not_after.0 += 1,
        |receipt| receipt.anchor_time.0 += 1,
        |receipt| receipt.nonce += Fr::ONE,
    ];
    for change in changes {
        let (mut public, witness) = honest();
        let mut receipt = witness.receipt(public.anchor.time);
        change(&mut receipt);
        public.receipt = receipt.commit();
        assert_breaks(&public, &witness, Clause::Receipt, "receipt");
    }
}

#[test]
fn a_ciphertext_of_other_terms_or_domain_or_key_or_nonce() {
    let (public, witness) = honest();
    let secret = platform_secret(GRANTEE);
    let (key, domain) = (public.audit_key, public.nullifier.0);
    let terms = witness.terms(public.anchor.time);
    let other_key = AuditSecretKey::from_bytes(&[1; 32]).unwrap().public();
    let other_terms: [fn(&mut AccessTerms); 7] = [
        |terms| terms.grantee = member(2),
        |terms| terms.grant.0 ^= 1,
        |terms| terms.record.0 ^= 1,
        |terms| terms.purpose = Purpose::new(1).unwrap(),
        |terms| terms.categories.0 ^= 1,
        |terms| terms.time.0 ^= 1,
        |terms| terms.audit_nym.0 += Fr::ONE,
    ];
    let mut ciphertexts: Vec<_> = other_terms
        .iter()
        .map(|change| {
            let mut terms = terms;
            change(&mut terms);
            AuditCiphertext::encrypt(&key, &secret, &domain, &terms.words())
        })
        .collect();
    ciphertexts.push(AuditCiphertext::encrypt(
        &other_key,
        &secret,
        &domain,
        &terms.words(),
    ));
    ciphertexts.push(AuditCiphertext::encrypt(
        &key,
        &element(98),
        &domain,
        &terms.words(),
    ));
    ciphertexts.push(AuditCiphertext::encrypt(
        &key,
        &secret,
        &(domain + Fr::ONE),
        &terms.words(),
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
        .decrypt(&audit_secret().unwrap(), &public.nullifier.0)
        .unwrap();
    assert_eq!(
        AccessTerms::from_words(&words),
        Ok(witness.terms(public.anchor.time))
    );
}

#[test]
fn every_public_input_counts() {
    let (public, witness) = honest();
    let inputs = Access::inputs(&public).unwrap();
    for i in 0..inputs.len() {
        let mut changed = inputs.clone();
        changed[i] += Fr::ONE;
        let satisfied = synthesize::<Access>(Mode::Record, &changed, &witness).is_satisfied();
        // Of the context no clause speaks; Groth16 itself binds it.
        assert_eq!(satisfied, i == inputs.len() - 1, "input {i}");
    }
}
