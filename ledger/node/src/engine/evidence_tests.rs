//! Contradicting votes: kept once for each view when both signatures hold, and never when one does not.

use super::*;
use crate::{engine::EngineConfig, test_chain::spec_of};
use commonware_consensus::{
    simplex::types::{
        ConflictingFinalize, ConflictingNotarize, Finalize, Notarize, Nullify, NullifyFinalize,
        Proposal,
    },
    types::{Epoch, Round, View},
};
use commonware_cryptography::{Signer as _, ed25519};
use commonware_runtime::{
    Runner as _, Supervisor as _,
    deterministic::{Context, Runner},
};
use commonware_utils::{TryFromIterator as _, ordered::Set};

const NAMESPACE: &[u8] = b"one chain";

const SEEDS: [[u8; 32]; 4] = [[1; 32], [2; 32], [3; 32], [4; 32]];

fn key(n: usize) -> ed25519::PrivateKey {
    EngineConfig::private_key(&SEEDS[n]).unwrap()
}

/// What the n-th of four validators signs with, on a chain.
fn signer(namespace: &[u8], n: usize) -> Scheme {
    let keys: Vec<_> = (0..4).map(|n| key(n).public_key()).collect();
    Scheme::signer(namespace, Set::try_from_iter(keys).unwrap(), key(n)).unwrap()
}

fn round(view: u64) -> Round {
    Round::new(Epoch::new(2), View::new(view))
}

fn proposal(view: u64, block: u8) -> Proposal<Digest> {
    Proposal::new(round(view), View::new(view - 1), Digest([block; 32]))
}

fn notarized(scheme: &Scheme, view: u64) -> Activity<Scheme, Digest> {
    let sign = |block| Notarize::sign(scheme, proposal(view, block)).unwrap();
    Activity::ConflictingNotarize(ConflictingNotarize::new(sign(1), sign(2)))
}

fn finalized(scheme: &Scheme, view: u64) -> Activity<Scheme, Digest> {
    let sign = |block| Finalize::sign(scheme, proposal(view, block)).unwrap();
    Activity::ConflictingFinalize(ConflictingFinalize::new(sign(1), sign(2)))
}

fn nullified(scheme: &Scheme, view: u64) -> Activity<Scheme, Digest> {
    let nullify = Nullify::sign::<Digest>(scheme, round(view)).unwrap();
    let finalize = Finalize::sign(scheme, proposal(view, 1)).unwrap();
    Activity::NullifyFinalize(NullifyFinalize::new(nullify, finalize))
}

fn witness(context: &Context, path: &Path) -> Witness<Context> {
    Witness {
        evidence: Arc::new(Evidence::open(path).unwrap()),
        scheme: signer(NAMESPACE, 0),
        validators: Arc::new(spec_of(&SEEDS).first_validators().clone()),
        rng: Arc::new(Mutex::new(context.child("rng"))),
    }
}

#[test]
fn who_contradicts_itself_is_recorded_by_name_once_for_each_view_and_for_good() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("evidence");
    Runner::default().start(|context| async move {
        let mut seen = witness(&context, &path);
        let culprit = signer(NAMESPACE, 3);
        for _ in 0..2 {
            seen.report(notarized(&culprit, 7));
            seen.report(finalized(&culprit, 7));
            seen.report(nullified(&culprit, 8));
        }
        let found = seen.evidence.records();
        let kinds: BTreeSet<_> = found.iter().map(|one| (one.kind, one.view)).collect();
        let expected = [
            (Misbehaviour::ConflictingNotarize, 7),
            (Misbehaviour::ConflictingFinalize, 7),
            (Misbehaviour::NullifyFinalize, 8),
        ];
        assert_eq!(kinds, expected.into());
        assert_eq!(found.len(), 3, "each is told once");
        let culprit_key = hex::encode(key(3).public_key());
        for one in &found {
            assert_eq!((&one.validator, one.epoch), (&culprit_key, 2));
            assert_eq!(one.name, "validator-4");
        }

        // A power cut while a line is written costs that line only.
        let mut bytes = std::fs::read(&path).unwrap();
        bytes.extend_from_slice(b"{\"validator\":\"ab");
        std::fs::write(&path, bytes).unwrap();
        let mut again = witness(&context, &path);
        assert_eq!(again.evidence.records(), found);
        again.report(notarized(&culprit, 9));
        let later = again.evidence.records();
        assert_eq!(later.len(), 4);
        let again = witness(&context, &path);
        assert_eq!(again.evidence.records(), later, "also after the torn line");
    });
}

#[test]
fn nobody_is_accused_with_votes_that_it_did_not_sign() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("evidence");
    Runner::default().start(|context| async move {
        let mut seen = witness(&context, &path);
        // Votes of another chain; and one vote that somebody else put under the validator's name.
        let elsewhere = signer(b"another chain", 3);
        seen.report(notarized(&elsewhere, 7));
        seen.report(finalized(&elsewhere, 7));
        seen.report(nullified(&elsewhere, 7));
        let culprit = signer(NAMESPACE, 3);
        let vote = Notarize::sign(&culprit, proposal(7, 1)).unwrap();
        let mut forged = Notarize::sign(&signer(NAMESPACE, 2), proposal(7, 2)).unwrap();
        forged.attestation.signer = vote.attestation.signer;
        seen.report(Activity::ConflictingNotarize(ConflictingNotarize::new(
            vote.clone(),
            forged,
        )));
        // What everybody does all the time is no misbehaviour.
        seen.report(Activity::Notarize(vote));
        assert_eq!(seen.evidence.records(), []);
        assert_eq!(std::fs::read(&path).unwrap(), b"");
    });
}
