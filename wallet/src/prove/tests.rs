use tacit_circuits::types::MemberId;
use tacit_identity::predicate::PredicateError;
use tacit_identity::presentation::{PresentationError, Verifier};
use tacit_ledger::bundle::BundleError;
use tacit_ledger::ids::ChainId;

use super::*;
use crate::testing::steps::sync;
use crate::testing::{Chain, Home, Issuer, Node, Platform, open_key, show_key};

/// A person with a credential, and somebody who wants to know something.
struct Story {
    chain: Chain,
    wallet: Wallet,
    issuer: Issuer,
    shop: Platform,
    credential: Counter,
    _home: Home,
}

impl Story {
    fn begin() -> Self {
        let mut chain = Chain::with_show();
        let issuer = Issuer::register(&mut chain, "Registry", 70);
        let shop = Platform::register(&mut chain, "Shop", 60);
        let (home, mut wallet) = Home::new(&chain, 1);
        let offer = issuer.offer(&chain, 1);
        let (credential, request) = wallet.request_credential(&offer, open_key()).unwrap();
        let documents = issuer.issue(&mut chain, &offer, &request);
        chain.anchor();
        sync(&mut wallet, &chain);
        wallet
            .read_members(&mut Node::new(&chain), &[issuer.member, shop.member])
            .unwrap();
        wallet
            .import_credential(credential, &documents.received())
            .unwrap();
        sync(&mut wallet, &chain);
        Story {
            chain,
            wallet,
            issuer,
            shop,
            credential,
            _home: home,
        }
    }

    /// The request, checked as the wallet checks it.
    fn asked(&self, query: &str) -> PresentationRequest {
        let signed = self.shop.ask(&self.chain, &self.issuer, query);
        signed
            .verify(
                &self.wallet.chain().0,
                &self.wallet.members(),
                self.wallet.newest_time(),
            )
            .unwrap()
    }

    fn prove(&mut self, query: &str) -> Result<Presentation, WalletError> {
        let asked = self.asked(query);
        self.wallet.prove(self.credential, asked, show_key())
    }
}

#[test]
fn a_person_proves_to_be_of_age_and_reveals_what_was_agreed() {
    let mut story = Story::begin();
    let asked = story.asked("age >= 18, reveal country");
    let presentation = story.prove("age >= 18, reveal country").unwrap();
    presentation.answers(&asked, story.chain.now()).unwrap();
    let anchor = story.wallet.newest_anchor().unwrap();
    let schema = Schema::person().unwrap();
    let key = show_key().verifying_key();
    let shown = presentation.verify(&schema, &anchor, key).unwrap();
    assert_eq!(shown.issuers, [story.issuer.member]);
    assert_eq!(
        shown
            .revealed
            .iter()
            .map(|(name, _)| name)
            .collect::<Vec<_>>(),
        ["country"]
    );
    // The pseudonym is the same for the same verifier and label, and another for another.
    let again = story
        .prove("age >= 18")
        .unwrap()
        .verify(&schema, &anchor, key)
        .unwrap();
    assert_eq!(shown.nym, again.nym);
    let other = PresentationRequest {
        verifier: Verifier::Anyone,
        ..asked
    };
    let other = story
        .wallet
        .prove(story.credential, other, show_key())
        .unwrap();
    assert_ne!(other.verify(&schema, &anchor, key).unwrap().nym, shown.nym);
}

#[test]
fn what_is_not_true_is_not_proven() {
    let mut story = Story::begin();
    for query in [
        "age < 18",
        "country in [FR, IT]",
        "birthdate > 1990-02-28",
        "income >= 1",
    ] {
        let error = story.prove(query).unwrap_err();
        assert!(matches!(error, WalletError::Untrue(_)), "{query}: {error}");
    }
    let absent = story.prove("reveal income").unwrap_err();
    assert!(
        matches!(
            absent,
            WalletError::Presentation(PresentationError::Reveal(_))
        ),
        "{absent}"
    );
    let unknown = story.prove("shoesize = 40").unwrap_err();
    let is_unknown = |error: &WalletError| {
        matches!(
            error,
            WalletError::Presentation(PresentationError::Predicate(
                PredicateError::UnknownClaim { .. }
            ))
        )
    };
    assert!(is_unknown(&unknown), "{unknown}");
    let mut foreign = story.asked("age >= 18");
    foreign.terms.issuers = vec![MemberId::new(77).unwrap()];
    let error = story
        .wallet
        .prove(story.credential, foreign, show_key())
        .unwrap_err();
    assert!(matches!(error, WalletError::Untrue(_)), "{error}");
    let other_key = story
        .wallet
        .prove(story.credential, story.asked("age >= 18"), open_key())
        .unwrap_err();
    assert_eq!(other_key.reason(), "PROVING_KEY");
}

#[test]
fn an_ended_credential_proves_nothing_more() {
    let mut story = Story::begin();
    let position = story
        .wallet
        .credential(story.credential)
        .unwrap()
        .live()
        .unwrap()
        .position;
    story.issuer.revoke(&mut story.chain, position);
    story.chain.anchor();
    assert_eq!(
        sync(&mut story.wallet, &story.chain).ended,
        [story.credential]
    );
    assert!(matches!(
        story.prove("age >= 18"),
        Err(WalletError::NotYet(_))
    ));
}

#[test]
fn a_bundle_verifies_with_no_node_and_no_network() {
    let mut story = Story::begin();
    for _ in 0..3 {
        story.chain.block_after(100, Vec::new());
    }
    let asked = story.asked("age >= 18");
    let bundled = {
        let mut node = Node::new(&story.chain);
        story
            .wallet
            .prove_bundle(&mut node, story.credential, asked.clone(), show_key())
            .unwrap()
    };
    let bytes = bundled.bundle.to_bytes();
    let bundle = PresentationBundle::from_bytes(&bytes).unwrap();
    let verified = bundle.verify(&story.chain.spec.id().into()).unwrap();
    assert_eq!(verified.challenge, asked.binding());
    assert_eq!(verified.issuers[0].name.as_str(), "Registry");
    assert_eq!(verified.height, story.chain.anchored.0);
    assert!(
        bundle.chain.warning().is_some(),
        "a development chain says so"
    );
    bundled
        .presentation
        .verify(
            &Schema::person().unwrap(),
            &verified.public.anchor,
            show_key().verifying_key(),
        )
        .unwrap();

    let elsewhere = ChainId(tacit_circuits::types::Digest32([9; 32]));
    assert!(matches!(
        bundle.verify(&elsewhere.into()),
        Err(BundleError::Chain { .. })
    ));
    // Changed bytes, all over the bundle, are refused.
    for at in (0..bytes.len()).step_by(bytes.len() / 97) {
        let mut bad = bytes.clone();
        bad[at] ^= 1;
        let accepted = PresentationBundle::from_bytes(&bad)
            .is_ok_and(|bundle| bundle.verify(&story.chain.spec.id().into()).is_ok());
        assert!(!accepted, "byte {at}");
    }

    // After a restart, with nothing new on the chain, the wallet can still make one.
    let asked = story.asked("age >= 21");
    let Story {
        chain,
        wallet,
        credential,
        mut _home,
        ..
    } = story;
    drop(wallet);
    let mut wallet = _home.reopen();
    let bundled = wallet
        .prove_bundle(&mut Node::new(&chain), credential, asked, show_key())
        .unwrap();
    bundled.bundle.verify(&chain.spec.id().into()).unwrap();
}
