//! Presentations, with a real proof.

use crate::bundle::{BundleError, ChainEvidence, List, PresentationBundle, Segment, StateEvidence};
use crate::genesis::DEVELOPMENT_WARNING;
use crate::ids::{ChainId, Height};
use crate::keys;
use crate::state;
use crate::tests::field;
use crate::tests::story::{DOCUMENT, Story, proving};
use tacit_circuits::field::fr_to_bytes;
use tacit_circuits::types::{Digest32, MemberId};

const CHALLENGE: Digest32 = Digest32([8; 32]);

/// A bundle whose anchor is some blocks older than the certificate.
fn presentation(story: &mut Story) -> PresentationBundle {
    let (public, proof) = story.show(&CHALLENGE);
    let anchor = story.anchor;
    for n in 0..3 {
        let tx = story.chain.unsigned(story.chain.record(5000 + 10 * n));
        story.chain.submit(tx).unwrap();
    }
    let chain = &story.chain;
    let evidence = |key| {
        let (value, proof) = state::prove(&chain.state, chain.height(), &key).unwrap();
        StateEvidence::new(chain.height(), value, proof)
    };
    PresentationBundle {
        chain: evidence_from(story, anchor),
        public,
        proof,
        challenge: CHALLENGE,
        verifying_key: List(proving().show.verifying_key().to_bytes().to_vec()),
        issuers: List(vec![evidence(keys::member(MemberId::new(1).unwrap()))]),
        schema: evidence(keys::schema(&fr_to_bytes(&story.schema))),
    }
}

fn evidence_from(story: &Story, first: Height) -> ChainEvidence {
    let headers = story.chain.blocks[first.0 as usize..]
        .iter()
        .map(|block| block.header.clone())
        .collect();
    let certificate = story.chain.certify(story.chain.tip(), &[101]);
    let segment = Segment::new(headers, certificate).unwrap();
    ChainEvidence::new(&story.chain.spec, &[], vec![segment]).unwrap()
}

#[test]
fn a_presentation_verifies_offline_and_every_change_is_refused() {
    let mut story = Story::new();
    let bundle = presentation(&mut story);
    let chain = story.chain.spec.id();
    let bytes = bundle.to_bytes();
    let read = PresentationBundle::from_bytes(&bytes).unwrap();
    assert_eq!(read, bundle);
    assert_eq!(read.chain.claimed_chain().unwrap(), chain);
    assert_eq!(read.chain.warning(), Some(DEVELOPMENT_WARNING));
    assert!(
        bytes
            .windows(DEVELOPMENT_WARNING.len())
            .any(|part| part == DEVELOPMENT_WARNING.as_bytes())
    );

    let verified = read.verify(&chain.into()).unwrap();
    assert_eq!(verified.spec.warning(), Some(DEVELOPMENT_WARNING));
    assert_eq!(
        (verified.height, verified.time),
        (story.anchor, story.view().time)
    );
    assert_eq!(verified.issuers[0].name.as_str(), "member 1");
    assert_eq!(verified.schema.document.as_str(), DOCUMENT);
    assert_eq!(verified.challenge, CHALLENGE);

    let other = ChainId(Digest32([1; 32]));
    assert!(matches!(
        read.verify(&other.into()),
        Err(BundleError::Chain { .. })
    ));

    // A flipped bit anywhere; every 61st byte keeps the test short.
    for at in (0..bytes.len()).step_by(61) {
        let mut changed = bytes.clone();
        changed[at] ^= 1 << (at % 8);
        let accepted = PresentationBundle::from_bytes(&changed)
            .is_ok_and(|bundle| bundle.verify(&chain.into()).is_ok());
        assert!(!accepted, "byte {at} of {}", bytes.len());
    }
    for len in (0..bytes.len()).step_by(97) {
        assert!(PresentationBundle::from_bytes(&bytes[..len]).is_err());
    }
    assert!(PresentationBundle::from_bytes(&[bytes, vec![0]].concat()).is_err());

    let refused = |change: &dyn Fn(&mut PresentationBundle)| {
        let mut changed = bundle.clone();
        change(&mut changed);
        changed.verify(&chain.into()).unwrap_err()
    };
    // Another anchor's roots, a header that is none, a challenge that was not answered.
    assert!(matches!(
        refused(&|b| b.public.anchor.height += 1),
        BundleError::NotAnAnchor(_)
    ));
    assert!(matches!(
        refused(&|b| b.public.anchor.time.0 += 1),
        BundleError::Anchor
    ));
    let after = Height(story.anchor.0 + 1);
    assert!(matches!(
        refused(&|b| b.chain = evidence_from(&story, after)),
        BundleError::NoHeader(_)
    ));
    assert!(matches!(
        refused(&|b| b.public.anchor.height = 0),
        BundleError::NoHeader(_)
    ));
    assert!(matches!(
        refused(&|b| b.challenge = Digest32([9; 32])),
        BundleError::Context
    ));
    // What is shown, changed in each part.
    assert!(matches!(
        refused(&|b| b.public.predicates.clear()),
        BundleError::Proof
    ));
    assert!(matches!(
        refused(&|b| b.public.nym.0 += field(1)),
        BundleError::Proof
    ));
    assert!(matches!(
        refused(&|b| b.public.scope += field(1)),
        BundleError::Proof
    ));
    assert!(matches!(
        refused(&|b| b.public.issuers[0] = MemberId::new(2).unwrap()),
        BundleError::Proof
    ));
    assert!(matches!(
        refused(&|b| b.proof.0[3] ^= 1),
        BundleError::Proof
    ));
    // Another statement's key; records of others, or none.
    let other_key = proving().grant.verifying_key().to_bytes();
    assert!(matches!(
        refused(&|b| b.verifying_key = List(other_key.to_vec())),
        BundleError::Key(_)
    ));
    assert!(matches!(
        refused(&|b| b.issuers.0.clear()),
        BundleError::Issuer(_)
    ));
    let schema = bundle.schema.clone();
    assert!(matches!(
        refused(&|b| b.issuers.0 = vec![schema.clone()]),
        BundleError::Issuer(_)
    ));
    let issuer = bundle.issuers.0[0].clone();
    assert!(matches!(
        refused(&|b| b.schema = issuer.clone()),
        BundleError::Schema
    ));
}
