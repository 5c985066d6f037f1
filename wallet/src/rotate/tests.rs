use tacit_circuits::Proof;
use tacit_circuits::grant::Grant;
use tacit_circuits::statement::Statement;
use tacit_circuits::types::{Category, Nym};
use tacit_identity::schema::Schema;

use super::*;
use crate::backup::Backup;
use crate::file::KdfCost;
use crate::persona::FIRST;
use crate::review::Warning;
use crate::seed::Seed;
use crate::share::Choice;
use crate::testing::steps::{recorded, sync, vault};
use crate::testing::{
    Chain, Home, IssuedDocuments, Issuer, Node, PASSWORD, Platform, open_key, rng, show_key,
};

/// A person who gets credentials of an issuer.
struct Story {
    chain: Chain,
    home: Home,
    wallet: Wallet,
    issuer: Issuer,
    shop: Platform,
}

impl Story {
    fn begin() -> Self {
        let mut chain = Chain::with_show();
        chain.reviewer(50);
        let issuer = Issuer::register(&mut chain, "Registry", 70);
        let shop = Platform::register(&mut chain, "Shop", 60);
        let (home, wallet) = Home::new(&chain, 1);
        Story {
            chain,
            home,
            wallet,
            issuer,
            shop,
        }
    }

    fn read(&mut self) {
        sync(&mut self.wallet, &self.chain);
        let members = [self.issuer.member, self.shop.member];
        self.wallet
            .read_members(&mut Node::new(&self.chain), &members)
            .unwrap();
    }

    fn credential(&mut self, code: u8) -> (Counter, IssuedDocuments) {
        let offer = self.issuer.offer(&self.chain, code);
        let (number, request) = self.wallet.request_credential(&offer, open_key()).unwrap();
        let documents = self.issuer.issue(&mut self.chain, &offer, &request);
        self.chain.anchor();
        self.read();
        self.wallet
            .import_credential(number, &documents.received())
            .unwrap();
        sync(&mut self.wallet, &self.chain);
        (number, documents)
    }

    /// Proves to the shop; what was warned of, and the pseudonym that the shop sees.
    fn prove(&mut self, credential: Counter) -> (Vec<Warning>, Nym) {
        let signed = self.shop.ask(&self.chain, &self.issuer, "age >= 18");
        let wallet = &mut self.wallet;
        let asked = signed
            .verify(&wallet.chain().0, &wallet.members(), wallet.newest_time())
            .unwrap();
        let warnings = wallet.presentation_warnings(credential, &asked).unwrap();
        let proof = wallet.prove(credential, asked.clone(), show_key()).unwrap();
        proof.answers(&asked, self.chain.now()).unwrap();
        let anchor = wallet.newest_anchor().unwrap();
        let key = show_key().verifying_key();
        (
            warnings,
            proof
                .verify(&Schema::person().unwrap(), &anchor, key)
                .unwrap()
                .nym,
        )
    }
}

#[test]
fn what_stands_proves_as_before_and_what_is_new_under_another_pseudonym() {
    let mut story = Story::begin();
    let (old, _) = story.credential(1);
    let (warnings, nym) = story.prove(old);
    assert_eq!(warnings, []);
    assert_eq!(story.wallet.rotate().unwrap().get(), 1);
    let bound = Bound {
        number: old,
        generation: Generation::default(),
        what: BoundKind::Credential(story.issuer.member),
    };
    assert_eq!(story.wallet.bound_to_earlier(), [bound]);
    assert_eq!(
        story.prove(old),
        (Vec::new(), nym),
        "as if nothing had been"
    );

    let (new, _) = story.credential(2);
    assert_eq!(
        story.wallet.credential(new).unwrap().generation,
        story.wallet.generation()
    );
    assert_eq!(story.wallet.bound_to_earlier(), [bound]);
    let (warnings, other) = story.prove(new);
    assert_eq!(warnings, [Warning::NewPseudonym]);
    assert_ne!(other, nym);
    // From here on the shop knows both.
    assert_eq!(story.prove(new), (Vec::new(), other));

    let ending = story.wallet.ending(old).unwrap();
    story.chain.relay(&ending).unwrap();
    story.chain.anchor();
    story.read();
    assert_eq!(story.wallet.bound_to_earlier(), []);
}

#[test]
fn a_request_for_an_offer_that_lapsed_keeps_its_keys_over_a_rotation() {
    let mut story = Story::begin();
    let mut offer = story.issuer.offer(&story.chain, 1);
    offer.expires = story.chain.now().saturating_add(60 * 86_400);
    let (number, first) = story.wallet.request_credential(&offer, open_key()).unwrap();
    story.wallet.rotate().unwrap();
    story.chain.block_after(5 * 86_400 * 1000, Vec::new());
    sync(&mut story.wallet, &story.chain);
    let (again, second) = story.wallet.request_credential(&offer, open_key()).unwrap();
    assert_eq!(number, again);
    assert_eq!(
        first.unverified().holder_key,
        second.unverified().holder_key
    );
    assert!(second.unverified().expires > first.unverified().expires);
}

/// Approves the shop's request for a document; whether the grant's statement holds, and the reviewers' pseudonym.
fn granted(story: &mut Story, record: Counter, nonce: u8) -> (Counter, Nym) {
    let asked = story.shop.sign(story.shop.request(&story.chain, nonce));
    let id = story.wallet.receive_file(&asked).unwrap();
    story.read();
    let choice = Choice {
        record,
        categories: [Category::from_slug("official-id").unwrap()]
            .into_iter()
            .collect(),
        validity_secs: 7 * 86_400,
        max_uses: 2,
        credential: None,
    };
    let grant = story.wallet.approve(id, &choice).unwrap();
    let draft = story.wallet.draft_grant(grant).unwrap();
    Grant::check(&draft.public, &draft.witness).unwrap();
    story
        .wallet
        .enter_grant(grant, draft, Proof([0; Proof::BYTES]))
        .unwrap();
    (grant, story.wallet.grant(grant).unwrap().terms.audit_nym)
}

#[test]
fn a_grant_has_the_generation_of_its_document() {
    let mut story = Story::begin();
    let vault = vault(&mut story.chain);
    let (old, _) = recorded(&mut story.wallet, &mut story.chain, vault, b"passport");
    story.wallet.rotate().unwrap();
    let (new, _) = recorded(&mut story.wallet, &mut story.chain, vault, b"payslip");
    let (of_old, earlier) = granted(&mut story, old, 1);
    let (of_new, later) = granted(&mut story, new, 2);
    assert_ne!(earlier, later, "reviewers see somebody else");
    let numbers: Vec<Counter> = story
        .wallet
        .bound_to_earlier()
        .iter()
        .map(|bound| bound.number)
        .collect();
    assert_eq!(numbers, [old, of_old]);
    assert_eq!(
        story.wallet.grant(of_new).unwrap().generation,
        story.wallet.generation()
    );
}

#[test]
fn the_seed_alone_finds_the_leaves_of_all_generations() {
    let mut story = Story::begin();
    let mut held = Vec::new();
    for code in 1..4 {
        held.push(story.credential(code));
        story.wallet.rotate().unwrap();
    }
    let seed = Seed::from_text(&story.wallet.seed_text()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new");
    let cost = KdfCost::INSECURE_TEST;
    story.wallet = Wallet::create(
        &path,
        PASSWORD,
        cost,
        &story.chain.spec,
        (seed, FIRST),
        Box::new(rng(9)),
    )
    .unwrap();
    let numbers: Vec<Counter> = held.iter().map(|(number, _)| *number).collect();
    assert_eq!(sync(&mut story.wallet, &story.chain).found, numbers);
    story.read();
    for (generation, at) in [(2, 2), (2, 0), (2, 1)] {
        let (number, documents) = &held[at];
        assert_eq!(
            story
                .wallet
                .recover_credential(&documents.received())
                .unwrap(),
            *number
        );
        assert_eq!(
            usize::from(story.wallet.credential(*number).unwrap().generation.get()),
            at
        );
        assert_eq!(
            story.wallet.generation().get(),
            generation,
            "what is new is bound to no older secret"
        );
    }
    story.read();
    let nyms: Vec<Nym> = numbers
        .iter()
        .map(|number| story.prove(*number).1)
        .collect();
    assert!(nyms[0] != nyms[1] && nyms[1] != nyms[2]);
}

#[test]
fn rotations_have_an_end() {
    let mut story = Story::begin();
    for number in 1..Generation::COUNT {
        assert_eq!(story.wallet.rotate().unwrap().get(), number);
    }
    assert_eq!(story.wallet.rotate().unwrap_err().reason(), "WALLET_FULL");
}

#[test]
fn a_backup_holds_every_persona_with_its_generation() {
    let mut story = Story::begin();
    let vault = vault(&mut story.chain);
    story.credential(1);
    story.wallet.rotate().unwrap();
    let Story {
        mut chain,
        mut home,
        wallet,
        issuer,
        shop,
    } = story;
    drop(wallet);
    home.persona("work");
    let mut work = home.work_as("work");
    let (record, _) = recorded(&mut work, &mut chain, vault, b"payslip");
    drop(work);
    // It does not matter as whom the wallet was opened.
    let mut wallet = home.work_as("work");
    let bytes = wallet.backup(b"phrase", KdfCost::INSECURE_TEST).unwrap();
    wallet.retire().unwrap();
    drop(wallet);
    for name in [FIRST, "work"] {
        let open = Wallet::open(&home.path(), PASSWORD, Some(name), Box::new(rng(1)));
        assert_eq!(open.unwrap_err().reason(), "WALLET_RETIRED");
    }
    let open = crate::persona::Personas::open(&home.path(), PASSWORD, Box::new(rng(1)));
    assert_eq!(open.unwrap_err().reason(), "WALLET_RETIRED");

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("restored");
    let backup = Backup {
        bytes: &bytes,
        passphrase: b"phrase",
    };
    let cost = KdfCost::INSECURE_TEST;
    let wallet = Wallet::restore(
        &path,
        PASSWORD,
        cost,
        &chain.spec,
        &backup,
        Box::new(rng(8)),
    )
    .unwrap();
    let listed: Vec<_> = wallet
        .personas()
        .into_iter()
        .map(|p| (p.name, p.generation, p.live))
        .collect();
    assert_eq!(listed, [(FIRST.into(), 1, 1), ("work".into(), 0, 1)]);
    drop(wallet);
    let open = |name| Wallet::open(&path, PASSWORD, Some(name), Box::new(rng(2))).unwrap();
    let mut work = open("work");
    assert!(sync(&mut work, &chain).found.is_empty());
    assert!(work.record(record).unwrap().progress.live().is_some());
    drop(work);
    let mut story = Story {
        chain,
        home,
        wallet: open(FIRST),
        issuer,
        shop,
    };
    story.read();
    assert_eq!(story.prove(Counter(0)).0, []);
    let (new, _) = story.credential(2);
    assert_eq!(
        story.prove(new).0,
        [Warning::NewPseudonym],
        "what was shown is in the backup"
    );
}
