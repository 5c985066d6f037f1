//! Each kind of bundle: what it shows, and that no byte of it can be changed.

use super::scene::{Scene, member};
use crate::action::end::EndRight;
use crate::action::{Action, End};
use crate::audit::AuditAction;
use crate::bundle::*;
use crate::genesis::DEVELOPMENT_WARNING;
use crate::ids::Height;
use crate::keys;
use crate::tests::field;
use proptest::prelude::*;
use std::fmt::Debug;
use tacit_circuits::types::Position;

/// Encodes and decodes a bundle and checks it; then, with every `step`-th byte changed, that it is refused.
fn whole<B: Clone + PartialEq + Debug, V>(
    bundle: &B,
    step: usize,
    to_bytes: fn(&B) -> Vec<u8>,
    from_bytes: fn(&[u8]) -> Result<B, BundleError>,
    verify: impl Fn(&B) -> Result<V, BundleError>,
) -> V {
    let bytes = to_bytes(bundle);
    assert_eq!(from_bytes(&bytes).unwrap(), *bundle);
    for at in (0..bytes.len()).step_by(step) {
        let mut changed = bytes.clone();
        changed[at] ^= 1 << (at % 8);
        let accepted = from_bytes(&changed).is_ok_and(|bundle| verify(&bundle).is_ok());
        assert!(!accepted, "byte {at} of {}", bytes.len());
    }
    for len in (0..bytes.len()).step_by(97) {
        assert!(from_bytes(&bytes[..len]).is_err());
    }
    assert!(from_bytes(&[bytes, vec![0]].concat()).is_err());
    verify(bundle).unwrap()
}

macro_rules! whole {
    ($kind:ident, $bundle:expr, $step:expr, $trust:expr) => {
        whole($bundle, $step, $kind::to_bytes, $kind::from_bytes, |b| {
            b.verify($trust)
        })
    };
}

#[test]
fn a_transaction_bundle_shows_a_transaction_and_its_place() {
    let scene = Scene::new();
    let bundle = scene.transaction(scene.granted);
    assert_eq!(bundle.chain.warning(), Some(DEVELOPMENT_WARNING));
    assert_eq!(bundle.chain.claimed_chain().unwrap(), scene.chain.spec.id());
    let shown = whole!(TransactionBundle, &bundle, 1, &scene.trust());
    assert_eq!((shown.header.height, shown.index), (scene.granted, 0));
    assert!(matches!(shown.tx.action, Action::Grant(_)));
}

#[test]
fn a_state_bundle_shows_a_value_or_that_there_is_none() {
    let scene = Scene::new();
    let shown = whole!(
        StateBundle,
        &scene.state_bundle(keys::member(member(2))),
        1,
        &scene.trust()
    );
    assert!(shown.value.is_some());
    assert_eq!(shown.height, scene.chain.height());
    let absent = scene.state_bundle(keys::member(member(77)));
    let trust = scene.trust();
    let shown = whole(
        &absent,
        1,
        StateBundle::to_bytes,
        StateBundle::from_bytes,
        |bundle| {
            // The same proof may show that another key is absent too: that is another statement, and true.
            let shown = bundle.verify(&trust)?;
            match shown.key == absent.key {
                true => Ok(shown),
                false => Err(BundleError::Encoding("another key".into())),
            }
        },
    );
    assert_eq!(shown.value, None);
}

#[test]
fn a_grant_bundle_shows_the_terms_and_whether_it_was_ended() {
    let mut scene = Scene::new();
    let shown = whole!(GrantBundle, &scene.grant(), 3, &scene.trust());
    assert_eq!(shown.position, scene.position);
    assert_eq!(shown.body, scene.opening.body);
    assert_eq!(shown.grantee.name.as_str(), "member 2");
    assert_eq!((shown.ended, shown.record_ended), (false, false));
    assert_eq!(shown.height, scene.chain.height());
    for (position, secret, expected) in [
        (scene.position, 8, (true, false)),
        (Position(0), 12, (true, true)),
    ] {
        scene.submit(End {
            position,
            right: EndRight::Secret(field(secret)),
        });
        let shown = scene.grant().verify(&scene.trust()).unwrap();
        assert_eq!((shown.ended, shown.record_ended), expected);
    }
}

#[test]
fn a_receipt_bundle_shows_who_read_and_when() {
    let scene = Scene::new();
    let shown = whole!(ReceiptBundle, &scene.receipt(1), 3, &scene.trust());
    let accessed = &scene.accesses[1];
    assert_eq!(shown.height, accessed.height);
    assert_eq!(shown.time, scene.header(accessed.height).time.timestamp());
    assert_eq!(shown.opening, accessed.receipt);
    assert_eq!(shown.grantee.id, member(2));
    assert_eq!(shown.vault.name.as_str(), "member 4");
}

#[test]
fn a_row_bundle_shows_the_terms_and_why_they_were_opened() {
    let scene = Scene::new();
    let bundle = scene.row(scene.granted, &scene.grant_ciphertext);
    let shown = whole!(RowBundle, &bundle, 5, &scene.trust());
    assert_eq!(
        shown.terms,
        RowTerms::Grant(scene.opening.body.terms()),
        "exactly the terms"
    );
    assert_eq!(
        (shown.height, shown.opened_at),
        (scene.granted, scene.stated)
    );
    assert_eq!(shown.purpose.as_str(), "case 7");
    assert_eq!(shown.reviewer.name.as_str(), "member 3");
    let accessed = &scene.accesses[0];
    let shown = scene.row(accessed.height, &accessed.ciphertext);
    let shown = shown.verify(&scene.trust()).unwrap();
    let RowTerms::Access(terms) = shown.terms else {
        panic!("{:?}", shown.terms)
    };
    assert_eq!(shown.terms.action(), AuditAction::Access);
    assert_eq!(terms.grant, scene.position);
    assert_eq!(terms.time, accessed.receipt.anchor_time);
}

#[test]
fn an_absence_bundle_shows_that_a_range_has_no_access() {
    let scene = Scene::new();
    let (first, second) = (scene.accesses[0].height, scene.accesses[1].height);
    let between = (Height(first.0 + 1), Height(second.0 - 1));
    let bundle = scene.absence(between.0, between.1);
    let shown = whole!(AbsenceBundle, &bundle, 7, &scene.trust());
    assert_eq!((shown.from, shown.to), between);
    assert_eq!(shown.from_time, scene.header(between.0).time.timestamp());
    assert_eq!(shown.to_time, scene.header(between.1).time.timestamp());
    assert_eq!((shown.before, shown.after), (1, 1));
    assert_eq!(shown.position, scene.position);
    // The edges, exactly.
    let error = |from: Height, to: Height| scene.absence(from, to).verify(&scene.trust());
    for (from, to, number, height) in [
        (first, between.1, 0, first),
        (between.0, second, 3, second),
        (second, second, 3, second),
        (Height(1), scene.chain.height(), 0, first),
    ] {
        let found = error(from, to).unwrap_err();
        assert!(
            matches!(found, BundleError::Accessed { number: n, height: h } if (n, h) == (number, height)),
            "{found}"
        );
    }
    let shown = error(Height(second.0 + 1), scene.chain.height()).unwrap();
    assert_eq!((shown.before, shown.after), (2, 0));
    let shown = error(Height(1), Height(first.0 - 1)).unwrap();
    assert_eq!((shown.before, shown.after), (0, 2));
    let upside_down = error(between.1, between.0).unwrap_err();
    assert!(matches!(upside_down, BundleError::Range));
}

/// No kind decodes what is not its canonical bytes, and none panics.
fn no_panic(bytes: &[u8]) {
    macro_rules! each {
        ($($kind:ident),+) => {$(
            if let Ok(bundle) = $kind::from_bytes(bytes) {
                assert_eq!(bundle.to_bytes(), bytes);
                if let Ok(chain) = bundle.chain.claimed_chain() {
                    let _ = bundle.verify(&chain.into());
                }
            }
        )+};
    }
    each!(
        PresentationBundle,
        TransactionBundle,
        StateBundle,
        GrantBundle,
        ReceiptBundle,
        RowBundle,
        AbsenceBundle
    );
}

fn samples() -> Vec<Vec<u8>> {
    let scene = Scene::new();
    let accessed = &scene.accesses[0];
    vec![
        scene.transaction(scene.granted).to_bytes(),
        scene.state_bundle(keys::counters()).to_bytes(),
        scene.grant().to_bytes(),
        scene.receipt(0).to_bytes(),
        scene.row(accessed.height, &accessed.ciphertext).to_bytes(),
        scene.absence(Height(1), Height(2)).to_bytes(),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn random_bytes_are_refused_without_a_panic(
        kind in 0..7usize,
        bytes in proptest::collection::vec(any::<u8>(), 0..600),
    ) {
        no_panic(&bytes);
        let magics = [b"TCBP", b"TCBT", b"TCBS", b"TCBG", b"TCBR", b"TCBW", b"TCBA"];
        for version in [1, 2] {
            no_panic(&[&magics[kind][..], &[version], &bytes].concat());
        }
    }

    #[test]
    fn mutated_bundles_are_refused_or_canonical(
        kind in 0..6usize,
        edits in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        cut in proptest::option::of(any::<prop::sample::Index>()),
    ) {
        static SAMPLES: std::sync::OnceLock<Vec<Vec<u8>>> = std::sync::OnceLock::new();
        let mut bytes = SAMPLES.get_or_init(samples)[kind].clone();
        for (at, value) in edits {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        no_panic(&bytes);
    }
}
