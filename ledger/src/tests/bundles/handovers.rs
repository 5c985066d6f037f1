//! Bundles from before, between and after changes of the validators, for readers who trust the genesis or a checkpoint.

use super::scene::{FOUR, Scene, set};
use crate::bundle::*;
use crate::certificate::{Certificate, CertificateError, finalize_message};
use crate::handover::{Handover, SetHistory};
use crate::header::Header;
use crate::ids::{Epoch, Height};
use crate::light::{Checkpoint, LightClient, LightError};
use crate::member::Role;
use crate::signature::{Signature, ValidatorKey};
use crate::tests::signing_key;
use ed25519_dalek::Signer;

const SECOND: [u8; 4] = [102, 103, 104, 105];
const THIRD: [u8; 5] = [201, 202, 203, 204, 205];
const NEVER: [u8; 4] = [1, 2, 3, 4];

/// Two changes: one validator leaves and one joins; then all are replaced. Gives heights of each of the three times.
fn changed() -> (Scene, [Height; 3]) {
    let mut scene = Scene::new();
    let first = scene.chain.height();
    scene.replace_validators(&SECOND);
    // An epoch in which nothing changes.
    scene.pass(8);
    let second = scene.chain.height();
    scene.replace_validators(&THIRD);
    scene.pass(1);
    let third = scene.chain.height();
    (scene, [first, second, third])
}

/// A certificate by a set of these keys, whether it ever was one or not.
fn certified_by(scene: &Scene, header: &Header, keys: &[u8]) -> Certificate {
    let proposal = scene.chain.certify(header, &[]).proposal;
    let message = finalize_message(&scene.chain.spec.id(), &proposal);
    let of = |key: &ValidatorKey| {
        let mut signers = keys.iter().map(|n| signing_key(*n));
        let signer = signers.find(|signer| ValidatorKey::of(signer) == *key);
        Signature(signer.unwrap().sign(&message).to_bytes())
    };
    let votes: Vec<_> = set(keys).keys().iter().map(of).enumerate().collect();
    let certificate = Certificate::new(proposal, keys.len(), &votes).unwrap();
    certificate
        .verify(&scene.chain.spec.id(), &set(keys))
        .unwrap();
    certificate
}

fn checkpoint(scene: &Scene, height: Height) -> Checkpoint {
    let header = scene.header(height);
    Checkpoint {
        validators: scene.chain.set_of(&header),
        header,
    }
}

fn refused(bundle: &TransactionBundle, trust: &Trust) -> BundleError {
    bundle.verify(trust).unwrap_err()
}

#[test]
fn bundles_of_every_time_verify_from_genesis_and_from_checkpoints() {
    let (scene, [first, second, third]) = changed();
    assert_eq!(scene.handovers().len(), 2);
    let genesis = scene.trust();
    for height in [first, second, third] {
        let bundle = scene.transaction(height);
        let bytes = bundle.to_bytes();
        assert_eq!(TransactionBundle::from_bytes(&bytes).unwrap(), bundle);
        assert_eq!(bundle.verify(&genesis).unwrap().header.height, height);
    }
    // A grant of the first time, as it stands in the last; its absence of accesses through all of them.
    assert!(scene.grant().verify(&genesis).is_ok());
    let after = Height(scene.accesses[1].height.0 + 1);
    let absence = scene.absence(after, third);
    assert_eq!(absence.verify(&genesis).unwrap().before, 2);

    // From a checkpoint: everything from its epoch on, and nothing before, whose validators may be anybody by now.
    let middle = Trust::from(checkpoint(&scene, second));
    for height in [second, third] {
        assert!(
            scene.transaction(height).verify(&middle).is_ok(),
            "{height}"
        );
    }
    let error = refused(&scene.transaction(first), &middle);
    assert!(matches!(error, BundleError::BeforeCheckpoint(_)), "{error}");
    let newest = Trust::from(checkpoint(&scene, third));
    assert!(scene.transaction(third).verify(&newest).is_ok());
    let error = refused(&scene.transaction(second), &newest);
    assert!(matches!(error, BundleError::BeforeCheckpoint(_)), "{error}");
    // What lies before it may be left out for its reader.
    let mut short = scene.transaction(third);
    short.chain =
        ChainEvidence::new(&scene.chain.spec, &[], vec![scene.segment(third, &THIRD)]).unwrap();
    assert!(short.verify(&newest).is_ok());
    assert!(short.verify(&genesis).is_err());
    // The last header of an epoch as the checkpoint: the set that follows is the one it names.
    let end = scene.handovers()[1].header.height;
    let at_end = Trust::from(checkpoint(&scene, end));
    assert!(scene.transaction(third).verify(&at_end).is_ok());
}

#[test]
fn a_light_client_that_follows_every_header_has_the_same_sets() {
    let (scene, [_, second, third]) = changed();
    let mut client = LightClient::from_genesis(&scene.chain.spec).unwrap();
    let ends: Vec<Height> = scene.handovers().iter().map(|h| h.header.height).collect();
    let mut history = SetHistory::from_genesis(&scene.chain.spec);
    for handover in scene.handovers() {
        history.enter(&scene.chain.spec, &handover).unwrap();
    }
    for to in [ends[0], second, ends[1], third] {
        let from = client.tip().header().height.next();
        let headers: Vec<_> = (from.0..=to.0).map(|h| scene.header(Height(h))).collect();
        let last = headers.last().unwrap();
        let certificate = scene.chain.certify(last, &scene.signers(last));
        let named = scene.chain.set_of(last);
        client.follow(&headers, &certificate, &named).unwrap();
        assert_eq!(history.of(last.epoch), Some(client.validators()));
    }
    assert_eq!(history.of(Epoch(u64::MAX)).unwrap().set(), &set(&THIRD));
}

#[test]
fn a_set_certifies_its_own_epochs_only() {
    let (scene, [first, second, third]) = changed();
    let with = |handovers: &[Handover], segment: Segment| {
        let mut bundle = scene.transaction(third);
        bundle.chain = ChainEvidence::new(&scene.chain.spec, handovers, vec![segment]).unwrap();
        refused(&bundle, &scene.trust())
    };
    let all = scene.handovers();
    let by = |signers: &[u8]| scene.segment(third, signers);
    // A change left out, both left out, exchanged, twice.
    for handovers in [
        vec![all[0].clone()],
        vec![all[1].clone()],
        Vec::new(),
        vec![all[1].clone(), all[0].clone()],
        vec![all[0].clone(), all[0].clone(), all[1].clone()],
    ] {
        let error = with(&handovers, by(&THIRD));
        assert!(matches!(error, BundleError::Light(_)), "{error}");
    }
    // Validators who left, who still have their keys: they make a header of a later epoch that names them.
    for (keys, height) in [
        (&FOUR[..], second),
        (&FOUR[..], third),
        (&SECOND[..], third),
        (&NEVER[..], third),
    ] {
        let mut header = scene.header(height);
        header.validators = set(keys).hash();
        let certificate = certified_by(&scene, &header, keys);
        let segment = Segment::new(vec![header], certificate).unwrap();
        let error = with(&all, segment);
        let expected = LightError::Validators { height }.to_string();
        assert_eq!(error.to_string(), expected);
    }
    // The newest validators for an old header; a certificate of another epoch.
    let mut header = scene.header(first);
    header.validators = set(&THIRD).hash();
    let certificate = scene.chain.certify(&header, &THIRD);
    let error = with(&all, Segment::new(vec![header], certificate).unwrap());
    assert!(matches!(
        error,
        BundleError::Light(LightError::Validators { .. })
    ));
    let mut header = scene.header(third);
    header.epoch = Epoch(0);
    let certificate = scene.chain.certify(&header, &THIRD);
    let error = with(&all, Segment::new(vec![header], certificate).unwrap());
    assert!(matches!(error, BundleError::Light(_)), "{error}");
}

#[test]
fn a_handover_is_the_last_word_of_the_set_before() {
    let (scene, [_, second, _]) = changed();
    let spec = &scene.chain.spec;
    let all = scene.handovers();
    let enter = |handover: &Handover| {
        let mut history = SetHistory::from_genesis(spec);
        history.enter(spec, handover).unwrap_err()
    };
    let certificate_error = |error: LightError| match error {
        LightError::Certificate(error) => error,
        other => panic!("{other}"),
    };
    // Too few of the set before; the next set speaks for itself; a set that never was.
    let mut forged = all[0].clone();
    forged.certificate = scene.chain.certify(&forged.header, &FOUR[..2]);
    let error = certificate_error(enter(&forged));
    assert_eq!(error, CertificateError::TooFew { got: 2, quorum: 3 });
    for keys in [&SECOND[..], &THIRD, &NEVER] {
        let mut forged = all[0].clone();
        forged.header.validators = set(keys).hash();
        forged.header.next_validators = set(keys).hash();
        forged.next = set(keys);
        forged.certificate = certified_by(&scene, &forged.header, keys);
        assert!(matches!(enter(&forged), LightError::Validators { .. }));
    }
    // Another set than the header names.
    let mut forged = all[0].clone();
    forged.next = set(&THIRD);
    assert!(matches!(enter(&forged), LightError::Validators { .. }));
    // In the middle of an epoch the scheduled set may still change.
    let mut forged = all[0].clone();
    forged.header = scene.header(Height(forged.header.height.0 - 1));
    forged.certificate = scene.chain.certify(&forged.header, &FOUR);
    assert!(matches!(enter(&forged), LightError::Handover { .. }));
    // A checkpoint of another chain, or whose set is not the one it names.
    let mut foreign = checkpoint(&scene, second);
    foreign.validators = set(&THIRD);
    let error = refused(&scene.transaction(second), &foreign.into());
    assert!(matches!(
        error,
        BundleError::Light(LightError::Validators { .. })
    ));
}

#[test]
fn every_changed_byte_of_a_bundle_with_handovers_is_refused() {
    let (mut scene, _) = changed();
    scene.chain.register(9, &[Role::Vault]).unwrap();
    let bundle = scene.transaction(scene.chain.height());
    let bytes = bundle.to_bytes();
    for at in 0..bytes.len() {
        let mut forged = bytes.clone();
        forged[at] ^= 1 << (at % 8);
        let accepted = TransactionBundle::from_bytes(&forged)
            .is_ok_and(|bundle| bundle.verify(&scene.trust()).is_ok());
        assert!(!accepted, "byte {at} of {}", bytes.len());
    }
}
