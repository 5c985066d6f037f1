//! What others make of true bundles: other heights, chains, openings, receipts, signatures. Each is refused by its name.

use super::scene::{FOUR, Scene, member};
use crate::action::Access;
use crate::bundle::*;
use crate::certificate::{Certificate, CertificateError, finalize_message};
use crate::ids::{ChainId, Height};
use crate::keys;
use crate::light::LightError;
use crate::member::Role;
use crate::outcome::Outcome;
use crate::signature::Signature;
use crate::tests::{audit_secret, field, signing_key};
use ed25519_dalek::Signer;
use tacit_circuits::audit::{AuditCiphertext, DecryptionShare};
use tacit_circuits::tree::{ended, note};
use tacit_circuits::types::{Digest32, Position};

macro_rules! refused {
    ($scene:expr, $bundle:expr, $error:pat) => {
        let error = $bundle.verify(&$scene.trust()).unwrap_err();
        assert!(matches!(error, $error), "{error:?}");
    };
}

#[test]
fn another_chains_bundles_are_refused() {
    let scene = Scene::new();
    let elsewhere = Trust::Genesis(ChainId(Digest32([1; 32])));
    let error = scene.grant().verify(&elsewhere).unwrap_err();
    assert!(matches!(error, BundleError::Chain { .. }), "{error}");
    // A chain of the same people with other constants: its headers do not pass for this one's.
    let mut genesis = scene.chain.spec.genesis().clone();
    genesis.request_window_secs += 1;
    let other = crate::genesis::ChainSpec::new(genesis).unwrap();
    let mut bundle = scene.transaction(scene.granted);
    bundle.chain =
        ChainEvidence::new(&other, &[], vec![scene.segment(scene.granted, &FOUR)]).unwrap();
    let error = bundle.verify(&other.id().into()).unwrap_err();
    assert!(
        matches!(error, BundleError::Light(LightError::Chain)),
        "{error}"
    );
}

#[test]
fn certificates_with_too_few_repeated_or_foreign_signatures_are_refused() {
    let scene = Scene::new();
    let height = scene.granted;
    let with = |certificate: Certificate| {
        let segment = Segment::new(vec![scene.header(height)], certificate).unwrap();
        let mut bundle = scene.transaction(height);
        bundle.chain = ChainEvidence::new(&scene.chain.spec, &[], vec![segment]).unwrap();
        match bundle.verify(&scene.trust()).unwrap_err() {
            BundleError::Light(LightError::Certificate(error)) => error,
            other => panic!("{other}"),
        }
    };
    let header = scene.header(height);
    let few = scene.chain.certify(&header, &FOUR[..2]);
    assert_eq!(with(few), CertificateError::TooFew { got: 2, quorum: 3 });
    let proposal = scene.chain.certify(&header, &FOUR).proposal;
    let message = finalize_message(&scene.chain.spec.id(), &proposal);
    let sign = |n: u8| Signature(signing_key(n).sign(&message).to_bytes());
    // One validator's vote three times, and three strangers' votes, each in places of the set.
    for votes in [
        [sign(101), sign(101), sign(101)],
        [sign(110), sign(111), sign(112)],
    ] {
        let votes: Vec<(usize, Signature)> = votes.into_iter().enumerate().collect();
        let forged = Certificate::new(proposal, 4, &votes).unwrap();
        let error = with(forged);
        assert!(
            matches!(error, CertificateError::Signature { .. }),
            "{error}"
        );
    }
    // A set of another size, a certificate of another block, no header at all.
    let three: Vec<(usize, Signature)> = (0..3).map(|n| (n, sign(101 + n as u8))).collect();
    let smaller = Certificate::new(proposal, 3, &three).unwrap();
    assert!(matches!(with(smaller), CertificateError::OtherSet { .. }));
    let elsewhere = scene.chain.certify(scene.chain.tip(), &FOUR);
    assert_eq!(with(elsewhere.clone()), CertificateError::OtherBlock);
    assert!(Segment::new(Vec::new(), elsewhere).is_err());
}

#[test]
fn a_gap_another_height_or_a_missing_header_is_refused() {
    let scene = Scene::new();
    let height = scene.granted;
    let certificate = scene.chain.certify(scene.chain.tip(), &FOUR);
    let gap = vec![scene.header(height), scene.chain.tip().clone()];
    let segment = Segment::new(gap, certificate).unwrap();
    let mut bundle = scene.transaction(height);
    bundle.chain = ChainEvidence::new(&scene.chain.spec, &[], vec![segment]).unwrap();
    refused!(scene, bundle, BundleError::Light(LightError::Gap { .. }));
    let mut bundle = scene.transaction(height);
    bundle.tx.height = Height(height.0 + 1);
    refused!(scene, bundle, BundleError::NoHeader(_));
    bundle.chain = scene.evidence(&[Height(height.0 + 1)]);
    refused!(scene, bundle, BundleError::Light(LightError::Inclusion));
    let mut bundle = scene.transaction(height);
    bundle.tx.proof.count += 1;
    refused!(scene, bundle, BundleError::Light(LightError::Inclusion));
    let mut bundle = scene.transaction(height);
    bundle.tx.tx = scene.tx(scene.stated).tx;
    refused!(scene, bundle, BundleError::Light(LightError::Inclusion));
}

#[test]
fn inclusion_and_non_inclusion_in_the_state_cannot_be_forged() {
    let scene = Scene::new();
    let spent = scene.opening.nullifiers().unwrap()[0];
    let unspent = scene.opening.nullifiers().unwrap()[1];
    let true_one = scene.state_bundle(keys::nullifier(&spent));
    assert!(true_one.verify(&scene.trust()).unwrap().value.is_some());
    let absent = scene.state_bundle(keys::nullifier(&unspent));
    assert_eq!(absent.verify(&scene.trust()).unwrap().value, None);
    let wrong = BundleError::Light(LightError::State);
    let is_wrong = |bundle: StateBundle| {
        let error = bundle.verify(&scene.trust()).unwrap_err();
        assert_eq!(error.to_string(), wrong.to_string());
    };
    // The proof of one key for the other; a spent use passed off as unspent, and the other way round.
    for (key, state) in [
        (spent, absent.state.clone()),
        (unspent, true_one.state.clone()),
    ] {
        let mut forged = true_one.clone();
        (forged.key, forged.state) = (keys::nullifier(&key), state);
        is_wrong(forged);
    }
    let (_, proof) = crate::state::prove(
        &scene.chain.state,
        scene.chain.height(),
        &keys::nullifier(&spent),
    )
    .unwrap();
    let mut forged = true_one.clone();
    forged.state = StateEvidence::new(scene.chain.height(), None, proof.clone());
    is_wrong(forged);
    // At another certified height.
    let before = Height(scene.chain.height().0 - 1);
    let mut forged = true_one;
    forged.state = StateEvidence::new(before, None, proof);
    forged.chain = scene.evidence(&[before]);
    is_wrong(forged);
}

#[test]
fn a_grant_is_only_what_passed_as_one() {
    let mut scene = Scene::new();
    // The very same parts, registered as a record: no access was ever bound to it, and no reviewer could read it.
    let mut opening = scene.opening.clone();
    opening.holder_key.0 += field(1);
    let Outcome::Leaf { position, .. } = scene.submit(crate::action::RegisterRecord {
        holder_key: opening.holder_key,
        body: opening.body.commit(),
        end_tag: opening.end_tag,
    }) else {
        panic!("a record adds a leaf")
    };
    let nodes = crate::state::NoteNodes(&scene.chain.state);
    let mut bundle = scene.grant();
    bundle.grant.opening = opening;
    bundle.grant.path = note::path(&nodes, position).unwrap();
    refused!(scene, bundle, BundleError::Grant);
    // Other terms, and another leaf's path.
    let mut bundle = scene.grant();
    bundle.grant.opening.body.max_uses += 1;
    refused!(scene, bundle, BundleError::Grant);
    let mut bundle = scene.grant();
    bundle.grant.path = note::path(&nodes, position).unwrap();
    refused!(scene, bundle, BundleError::Grant);
    // The bit of another position, or of another height.
    let ended = |at| ended::path(&crate::state::EndedNodes(&scene.chain.state), at).unwrap();
    let mut bundle = scene.grant();
    bundle.ended = ended(position);
    refused!(scene, bundle, BundleError::Ended(_));
    let mut bundle = scene.grant();
    bundle.record_ended = ended(Position(1));
    refused!(scene, bundle, BundleError::Ended(Position(0)));
    let mut bundle = scene.grant();
    bundle.ended.word ^= 1 << (scene.position.0 % 64);
    refused!(scene, bundle, BundleError::Ended(_));
    // Somebody else's record.
    let mut bundle = scene.grant();
    bundle.grantee = scene.member(1);
    refused!(scene, bundle, BundleError::Member(_));
}

#[test]
fn a_receipt_of_others_is_no_receipt() {
    let scene = Scene::new();
    let mut bundle = scene.receipt(0);
    bundle.opening = scene.accesses[1].receipt.clone();
    refused!(scene, bundle, BundleError::Receipt);
    type Change = fn(&mut tacit_circuits::commit::ReceiptOpening);
    let changes: [Change; 8] = [
        |o| o.grant.0 += 1,
        |o| o.record.0 += 1,
        |o| o.grantee = member(1),
        |o| o.vault = member(1),
        |o| o.session_key_hash.0[0] ^= 1,
        |o| o.not_after.0 += 1,
        |o| o.anchor_time.0 += 1,
        |o| o.nonce += field(1),
    ];
    for change in changes {
        let mut bundle = scene.receipt(0);
        change(&mut bundle.opening);
        refused!(scene, bundle, BundleError::Receipt);
    }
    let mut bundle = scene.receipt(0);
    bundle.access = scene.tx(scene.granted);
    bundle.chain = scene.evidence(&[scene.granted, scene.chain.height()]);
    refused!(scene, bundle, BundleError::Action);
    let mut bundle = scene.receipt(0);
    bundle.vault = scene.member(2);
    refused!(scene, bundle, BundleError::Member(_));
}

#[test]
fn a_row_is_opened_rightly_or_not_at_all() {
    let mut scene = Scene::new();
    let accessed = &scene.accesses[0];
    let other = &scene.accesses[1];
    let true_one = scene.row(accessed.height, &accessed.ciphertext);
    let key = audit_secret(1).public();
    // Another row's ciphertext, one that says something else, another reviewer's key.
    let mut bundle = true_one.clone();
    bundle.ciphertext = other.ciphertext.clone();
    refused!(scene, bundle, BundleError::Ciphertext);
    let words = [field(1), field(2)];
    let mut bundle = true_one.clone();
    bundle.ciphertext = AuditCiphertext::encrypt(&key, &field(1), &field(2), &words).unwrap();
    refused!(scene, bundle, BundleError::Ciphertext);
    let mut bundle = true_one.clone();
    bundle.key = audit_secret(2).public();
    refused!(scene, bundle, BundleError::Ciphertext);
    // A share of another ciphertext, or made with another key: other terms.
    for (secret, ciphertext) in [(1, &other.ciphertext), (2, &accessed.ciphertext)] {
        let mut bundle = true_one.clone();
        bundle.share = DecryptionShare::compute(&audit_secret(secret), ciphertext).unwrap();
        refused!(scene, bundle, BundleError::Share);
    }
    // No statement, one of another kind, one that does not cover the row.
    let mut bundle = true_one.clone();
    bundle.opening = scene.tx(other.height);
    bundle.chain = scene.evidence(&[accessed.height, other.height, scene.chain.height()]);
    refused!(scene, bundle, BundleError::Action);
    let mut bundle = true_one.clone();
    bundle.chain = scene.evidence(&[accessed.height, scene.chain.height()]);
    refused!(scene, bundle, BundleError::NoHeader(_));
    let mut bundle = true_one.clone();
    bundle.reviewer = scene.member(1);
    refused!(scene, bundle, BundleError::Member(_));
    scene.access(4);
    let late = scene.accesses.last().unwrap();
    refused!(
        scene,
        scene.row(late.height, &late.ciphertext),
        BundleError::Statement
    );
}

#[test]
fn absence_speaks_of_every_use() {
    let mut scene = Scene::new();
    let (first, second) = (scene.accesses[0].height, scene.accesses[1].height);
    let range = (Height(first.0 + 1), Height(second.0 - 1));
    let true_one = scene.absence(range.0, range.1);
    // One use less, one more, two exchanged, one twice.
    let mut bundle = true_one.clone();
    bundle.uses.0.pop();
    refused!(scene, bundle, BundleError::Uses);
    let mut bundle = true_one.clone();
    bundle.uses.0.push(true_one.uses.0[1].clone());
    refused!(scene, bundle, BundleError::Uses);
    let mut bundle = true_one.clone();
    bundle.uses.0.swap(0, 1);
    refused!(scene, bundle, BundleError::Light(LightError::State));
    let mut bundle = true_one.clone();
    bundle.uses.0[0] = bundle.uses.0[1].clone();
    refused!(scene, bundle, BundleError::Light(LightError::State));
    // Fewer uses than the grant allows: then it is another grant.
    let mut bundle = true_one.clone();
    bundle.grant.opening.body.max_uses = 4;
    bundle.uses.0.pop();
    refused!(scene, bundle, BundleError::Grant);
    // A range that reaches beyond the states that are shown.
    let (old, states) = (scene.chain.height(), true_one.uses.clone());
    scene.pass(2);
    scene.access(1);
    let mut bundle = scene.absence(Height(second.0 + 1), scene.chain.height());
    refused!(scene, bundle, BundleError::Accessed { number: 1, .. });
    bundle.uses = states;
    bundle.chain = scene.evidence(&[Height(second.0 + 1), old, scene.chain.height()]);
    refused!(scene, bundle, BundleError::Range);
    // Up to the old state it was true, and stays true.
    bundle.to = old;
    let shown = bundle.verify(&scene.trust()).unwrap();
    assert_eq!((shown.before, shown.after), (2, 0));
}

#[test]
fn a_members_record_is_shown_at_a_certified_height() {
    let mut scene = Scene::new();
    let bundle = scene.receipt(0);
    scene.chain.register(5, &[Role::Platform]).unwrap();
    let mut late = bundle.clone();
    late.grantee = scene.member(2);
    refused!(scene, late, BundleError::Member(_));
    late.chain = scene.evidence(&[
        scene.accesses[0].height,
        Height(scene.chain.height().0 - 1),
        scene.chain.height(),
    ]);
    late.verify(&scene.trust()).unwrap();
}

#[test]
fn uses_of_another_grant_with_the_same_salt_do_not_count() {
    let mut scene = Scene::new();
    let from = Height(scene.accesses[1].height.0 + 1);
    let mut other = scene.opening.clone();
    other.holder_key.0 += field(1);
    let (own, others) = (
        scene.opening.nullifiers().unwrap(),
        other.nullifiers().unwrap(),
    );
    assert!(own.iter().all(|nullifier| !others.contains(nullifier)));
    let spend = |scene: &mut Scene, nullifier, n| {
        let anchor = scene.chain.anchor();
        let access = scene.chain.access(anchor, n);
        scene.submit(Access {
            nullifier,
            ..access
        });
    };
    spend(&mut scene, others[1], 5000);
    let absence = scene.absence(from, scene.chain.height());
    assert!(absence.verify(&scene.trust()).is_ok());
    // Somebody who has the salt and burns a use of this very grant is seen.
    spend(&mut scene, own[1], 6000);
    let absence = scene.absence(from, scene.chain.height());
    refused!(scene, absence, BundleError::Accessed { number: 1, .. });
}
