use tacit_circuits::types::Category;
use tacit_identity::request::{RequestId, SharingRequest};

use super::*;
use crate::persona::FIRST;
use crate::share::Choice;
use crate::testing::steps::{add, recorded, sync, vault};
use crate::testing::{Chain, Home, Issuer, Node, Platform, open_key, rng, show_key};

const WORK: &str = "work";

/// A wallet of two personas, and who may ask them for something.
struct Story {
    chain: Chain,
    home: Home,
    bank: Platform,
    shop: Platform,
    issuer: Issuer,
    vault: MemberId,
}

impl Story {
    fn begin() -> Self {
        let mut chain = Chain::with_show();
        chain.reviewer(50);
        let vault = vault(&mut chain);
        let bank = Platform::register(&mut chain, "Bank", 60);
        let shop = Platform::register(&mut chain, "Shop", 61);
        let issuer = Issuer::register(&mut chain, "Registry", 70);
        let (home, wallet) = Home::new(&chain, 1);
        drop(wallet);
        home.persona(WORK);
        Story {
            chain,
            home,
            bank,
            shop,
            issuer,
            vault,
        }
    }

    fn work_as(&mut self, persona: &str) -> Wallet {
        let mut wallet = self.home.work_as(persona);
        self.read(&mut wallet);
        wallet
    }

    fn read(&self, wallet: &mut Wallet) {
        sync(wallet, &self.chain);
        let members = [self.bank.member, self.shop.member, self.issuer.member];
        wallet
            .read_members(&mut Node::new(&self.chain), &members)
            .unwrap();
    }

    /// What the request would link, of what is pointed out.
    fn links(&self, wallet: &mut Wallet, request: RequestId) -> Vec<Warning> {
        self.read(wallet);
        let review = wallet.review(request).unwrap();
        let incoming = wallet.any_request(request).unwrap();
        let links = wallet.request_links(&review, incoming).unwrap();
        assert!(links.iter().all(|link| review.warnings.contains(link)));
        links
    }

    fn receive(&self, wallet: &mut Wallet, request: SharingRequest) -> RequestId {
        wallet.receive_file(&self.bank.sign(request)).unwrap()
    }

    fn credential(&mut self, wallet: &mut Wallet, code: u8) -> Counter {
        let offer = self.issuer.offer(&self.chain, code);
        let (number, request) = wallet.request_credential(&offer, open_key()).unwrap();
        let documents = self.issuer.issue(&mut self.chain, &offer, &request);
        self.chain.anchor();
        self.read(wallet);
        wallet
            .import_credential(number, &documents.received())
            .unwrap();
        self.read(wallet);
        number
    }
}

fn main() -> String {
    FIRST.to_owned()
}

fn choice(record: Counter) -> Choice {
    Choice {
        record,
        categories: [Category::from_slug("official-id").unwrap()]
            .into_iter()
            .collect(),
        validity_secs: 86_400,
        max_uses: 1,
        credential: None,
    }
}

#[test]
fn a_platform_that_another_persona_gave_something_is_pointed_out() {
    let mut story = Story::begin();
    let mut wallet = story.work_as(FIRST);
    let (record, _) = recorded(&mut wallet, &mut story.chain, story.vault, b"passport");
    let id = story.receive(&mut wallet, story.bank.request(&story.chain, 1));
    assert_eq!(story.links(&mut wallet, id), []);
    wallet.approve(id, &choice(record)).unwrap();
    assert_eq!(
        story.links(&mut wallet, id),
        [],
        "a persona is no other to itself"
    );
    drop(wallet);

    let mut wallet = story.work_as(WORK);
    let other = story.receive(&mut wallet, story.bank.request(&story.chain, 2));
    assert_eq!(
        story.links(&mut wallet, other),
        [Warning::GivenByPersona(main())]
    );
    let same = story.receive(&mut wallet, story.bank.request(&story.chain, 1));
    assert_eq!(
        story.links(&mut wallet, same),
        [
            Warning::GivenByPersona(main()),
            Warning::AskedPersona(main())
        ]
    );
    // The same document, from the moment it fits.
    add(&mut wallet, story.vault, b"another");
    recorded(&mut wallet, &mut story.chain, story.vault, b"passport");
    assert!(
        story
            .links(&mut wallet, other)
            .contains(&Warning::DocumentOfPersona(main()))
    );
    assert!(Warning::GivenByPersona(main()).text().contains(FIRST));
}

#[test]
fn an_address_that_two_members_use_is_pointed_out() {
    let mut story = Story::begin();
    let mut wallet = story.work_as(FIRST);
    let inbox = wallet.add_inbox("bank", story.vault).unwrap();
    let invitation = wallet.invitation(inbox).unwrap();
    let mut through = |from: &Platform, nonce: u8| {
        let signed = from.sign(from.request(&story.chain, nonce));
        let sealed = invitation.seal(&signed, &mut rng(nonce.into())).unwrap();
        wallet.receive_sealed(inbox, nonce.into(), &sealed).unwrap()
    };
    let (first, second, other) = (
        through(&story.bank, 1),
        through(&story.bank, 2),
        through(&story.shop, 3),
    );
    assert_eq!(
        story.links(&mut wallet, other),
        [Warning::SharedAddress(story.bank.member)]
    );
    assert_eq!(
        story.links(&mut wallet, first),
        [Warning::SharedAddress(story.shop.member)]
    );
    wallet.ignore(other).unwrap();
    assert_eq!(story.links(&mut wallet, second), []);
}

#[test]
fn proofs_credentials_and_issuers_of_another_persona_are_pointed_out() {
    let mut story = Story::begin();
    let wants = |story: &Story, nonce: u8, label: &str| SharingRequest {
        wanted: Some(ProofTerms {
            label: label.into(),
            ..story.issuer.terms("age >= 18")
        }),
        ..story.bank.request(&story.chain, nonce)
    };
    let mut wallet = story.work_as(FIRST);
    let offer = story.issuer.offer(&story.chain, 9);
    assert_eq!(wallet.offer_warnings(&offer), []);
    let number = story.credential(&mut wallet, 1);
    assert_eq!(
        wallet.offer_warnings(&offer),
        [],
        "what one persona has is its own affair"
    );
    let id = story.receive(&mut wallet, wants(&story, 1, "shop"));
    assert_eq!(story.links(&mut wallet, id), []);
    let asked = wallet.wanted(id).unwrap().unwrap();
    wallet.prove(number, asked.clone(), show_key()).unwrap();
    drop(wallet);

    let mut wallet = story.work_as(WORK);
    let issued = Warning::IssuedToPersona {
        persona: main(),
        issuer: story.issuer.member,
    };
    assert_eq!(wallet.offer_warnings(&offer), [issued]);
    let shown = |same_label| Warning::ShownByPersona {
        persona: main(),
        same_label,
    };
    let id = story.receive(&mut wallet, wants(&story, 2, "shop"));
    assert_eq!(
        story.links(&mut wallet, id),
        [shown(true), Warning::HeldByPersona(main())]
    );
    let number = story.credential(&mut wallet, 2);
    assert_eq!(story.links(&mut wallet, id), [shown(true)]);
    let nothing_wanted = story.bank.request(&story.chain, 7);
    let plain = story.receive(&mut wallet, nothing_wanted);
    assert_eq!(story.links(&mut wallet, plain), [shown(false)]);
    let id = story.receive(&mut wallet, wants(&story, 3, "another"));
    assert_eq!(story.links(&mut wallet, id), [shown(false)]);
    assert_eq!(
        wallet.presentation_warnings(number, &asked).unwrap(),
        [shown(true)]
    );
    // Everybody can show on what is for anyone.
    let anyone = PresentationRequest {
        verifier: Verifier::Anyone,
        ..asked.clone()
    };
    assert_eq!(wallet.presentation_warnings(number, &anyone).unwrap(), []);

    // And a pseudonym that changes, in a request for data too.
    wallet.prove(number, asked.clone(), show_key()).unwrap();
    wallet.rotate().unwrap();
    let id = story.receive(&mut wallet, wants(&story, 4, "shop"));
    assert_eq!(story.links(&mut wallet, id), [shown(true)]);
    story.credential(&mut wallet, 3);
    assert_eq!(
        story.links(&mut wallet, id),
        [shown(true), Warning::NewPseudonym]
    );
    drop(wallet);

    // What the other gave this verifier tells as much, before a proof is handed over.
    let mut wallet = story.work_as(FIRST);
    let (record, _) = recorded(&mut wallet, &mut story.chain, story.vault, b"passport");
    let id = story.receive(&mut wallet, story.bank.request(&story.chain, 8));
    wallet.approve(id, &choice(record)).unwrap();
    drop(wallet);
    let wallet = story.work_as(WORK);
    assert_eq!(
        wallet.presentation_warnings(number, &asked).unwrap(),
        [shown(true), Warning::GivenByPersona(main())]
    );
}

#[test]
fn a_credential_shown_in_plain_where_another_persona_did_is_pointed_out() {
    let mut story = Story::begin();
    let mut wallet = story.work_as(FIRST);
    wallet.note_plain("shop.example").unwrap();
    wallet.note_plain("shop.example").unwrap();
    assert_eq!(wallet.state.shown.len(), 1);
    assert_eq!(wallet.plain_warnings("shop.example"), []);
    drop(wallet);
    let wallet = story.work_as(WORK);
    let pointed_out = [Warning::PresentedByPersona(main())];
    for written in [
        "Shop.example",
        "shop.example.",
        "https://shop.example",
        "https://shop.example/login?next=1",
        "shop.example:443",
    ] {
        assert_eq!(wallet.plain_warnings(written), pointed_out, "{written}");
    }
    assert_eq!(wallet.plain_warnings("shop.example.org"), []);
}
