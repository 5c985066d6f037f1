use std::collections::BTreeSet;
use std::io::Cursor;
use std::sync::OnceLock;

use ed25519_dalek::SigningKey;
use proptest::prelude::*;
use tacit_circuits::Proof;
use tacit_circuits::field::fr_to_bytes;
use tacit_circuits::types::{Category, MemberId};
use tacit_identity::request::{DenialReason, Reply};

use super::*;
use crate::derive::Counter;
use crate::file::KdfCost;
use crate::record::NewRecord;
use crate::seed::Seed;
use crate::share::Choice;
use crate::state::Persona;
use crate::testing::steps::{recorded, register, sync, vault};
use crate::testing::{Chain, Home, Issuer, Node, PASSWORD, Platform, open_key, rng, show_key};
use crate::wallet::Wallet;

fn names(home: &Home) -> Vec<String> {
    home.personas()
        .list()
        .into_iter()
        .map(|persona| persona.name)
        .collect()
}

#[track_caller]
fn refused<T>(result: Result<T, WalletError>, reason: &str) {
    match result {
        Ok(_) => panic!("expected {reason}"),
        Err(error) => assert_eq!(error.reason(), reason),
    }
}

#[test]
fn personas_are_added_listed_renamed_and_never_confused() {
    let chain = Chain::new();
    let (home, wallet) = Home::new(&chain, 1);
    drop(wallet);
    let mut personas = home.personas();
    assert_eq!(personas.add("work", None).unwrap(), 1);
    assert_eq!(personas.add("shopping", None).unwrap(), 2);
    for name in ["work", FIRST] {
        refused(personas.add(name, None), "PERSONA_EXISTS");
        refused(personas.rename("shopping", name), "PERSONA_EXISTS");
    }
    for name in ["", " work", "a\u{1b}[31m", &"n".repeat(65)] {
        refused(personas.add(name, None), "WALLET_TEXT");
    }
    personas.rename("work", "office").unwrap();
    personas.rename("office", "office").unwrap();
    refused(personas.rename("work", "other"), "PERSONA_UNKNOWN");
    drop(personas);
    assert_eq!(names(&home), [FIRST, "office", "shopping"]);

    let open = |name: Option<&str>| Wallet::open(&home.path(), PASSWORD, name, Box::new(rng(5)));
    refused(open(None), "PERSONA_MISSING");
    refused(open(Some("work")), "PERSONA_UNKNOWN");
    let office = open(Some("office")).unwrap();
    assert_eq!(
        (office.persona().number, office.persona().name.as_str()),
        (1, "office")
    );
}

#[test]
fn a_persona_ends_when_nothing_of_it_is_left_on_the_chain() {
    let mut chain = Chain::new();
    let vault = vault(&mut chain);
    let (mut home, wallet) = Home::new(&chain, 1);
    drop(wallet);
    refused(home.personas().end(FIRST), "PERSONA_LAST");
    home.persona("work");
    let mut work = home.work_as("work");
    let (record, _) = recorded(&mut work, &mut chain, vault, b"passport");
    let ending = work.ending(record).unwrap();
    drop(work);
    refused(home.personas().end("work"), "PERSONA_LIVE");
    assert_eq!(home.personas().list()[1].live, 1);
    chain.relay(&ending).unwrap();
    chain.anchor();
    sync(&mut home.work_as("work"), &chain);
    home.personas().end("work").unwrap();
    refused(home.personas().end("work"), "PERSONA_UNKNOWN");
    // The first one can go too, and neither number comes again.
    assert_eq!(home.persona("home"), 2);
    home.personas().end(FIRST).unwrap();
    assert_eq!(names(&home), ["home"]);
    assert_eq!(home.persona(FIRST), 3);
    let mut last = home.work_as(FIRST);
    assert!(
        sync(&mut last, &chain).found.is_empty(),
        "it has a seed of its own"
    );
}

#[test]
fn a_persona_does_not_end_while_something_asked_for_may_still_come() {
    let mut chain = Chain::new();
    let issuer = Issuer::register(&mut chain, "Residents' Office", 30);
    let vault = vault(&mut chain);
    let (mut home, wallet) = Home::new(&chain, 1);
    drop(wallet);
    for name in ["work", "club"] {
        home.persona(name);
    }
    let mut work = home.work_as("work");
    sync(&mut work, &chain);
    let offer = issuer.offer(&chain, 7);
    work.request_credential(&offer, open_key()).unwrap();
    drop(work);
    refused(home.personas().end("work"), "PERSONA_LIVE");

    // A grant whose proof was taken back to be made anew: the first one may come onto the chain after all.
    let mut club = home.work_as("club");
    let (record, _) = recorded(&mut club, &mut chain, vault, b"passport");
    let ending = club.ending(record).unwrap();
    let platform = Platform::register(&mut chain, "Shop", 50);
    chain.reviewer(60);
    sync(&mut club, &chain);
    let asked = platform.sign(platform.request(&chain, 1));
    club.read_members(&mut Node::new(&chain), &[platform.member])
        .unwrap();
    let id = club.receive_file(&asked).unwrap();
    let choice = Choice {
        record,
        categories: [Category::from_slug("official-id").unwrap()]
            .into_iter()
            .collect(),
        validity_secs: 7 * 86_400,
        max_uses: 2,
        credential: None,
    };
    club.approve(id, &choice).unwrap();
    chain.relay(&ending).unwrap();
    chain.anchor();
    sync(&mut club, &chain);
    drop(club);
    refused(home.personas().end("club"), "PERSONA_LIVE");

    // Nothing of it can come any more once it has lapsed.
    chain.block_after(40 * 86_400 * 1000, Vec::new());
    chain.anchor();
    for name in ["work", "club"] {
        sync(&mut home.work_as(name), &chain);
        home.personas().end(name).unwrap();
    }
}

#[test]
fn a_lost_persona_comes_back_by_its_number() {
    let mut chain = Chain::new();
    let vault = vault(&mut chain);
    let (mut home, wallet) = Home::new(&chain, 1);
    drop(wallet);
    home.persona("work");
    let mut work = home.work_as("work");
    let (record, _) = recorded(&mut work, &mut chain, vault, b"passport");
    work.open_slot(vault, None).unwrap();
    let upload = work.slot_upload().unwrap();
    drop(work);
    refused(home.personas().end("work"), "PERSONA_LIVE");

    // The seed gives the first one; it is in nobody's slot.
    let (home, wallet) = Home::new(&chain, 1);
    drop(wallet);
    let mut personas = home.personas();
    let revision = tacit_vault::slot::Revision(1);
    let opened = |number| {
        personas
            .recovery(number)
            .unwrap()
            .open(vault, revision, &upload.bytes)
    };
    assert!(opened(0).is_err() && opened(2).is_err());
    let backup = opened(1).unwrap();
    let recovery = personas.recovery(1).unwrap();
    personas.recover(recovery, Some(backup), None).unwrap();
    // Another one without any backup: its leaves would be found by the scan.
    let recovery = personas.recovery(3).unwrap();
    personas.recover(recovery, None, None).unwrap();
    for (number, name) in [(1, None), (3, Some("again")), (4, Some("work"))] {
        let recovery = personas.recovery(number).unwrap();
        refused(personas.recover(recovery, None, name), "PERSONA_EXISTS");
    }
    assert_eq!(personas.next_number(), 4);
    drop(personas);
    assert_eq!(names(&home), [FIRST, "work", "persona-3"]);
    let mut home = home;
    let mut work = home.work_as("work");
    assert!(sync(&mut work, &chain).found.is_empty());
    assert!(work.record(record).unwrap().progress.live().is_some());
    drop(work);
    // Whether anything is left of it on the chain is not known before the chain was read.
    refused(home.personas().end("persona-3"), "WALLET_NOT_YET");
    sync(&mut home.work_as("persona-3"), &chain);
    home.personas().end("persona-3").unwrap();
}

#[test]
fn a_wallet_that_was_brought_back_hands_out_no_number_of_a_persona_it_does_not_know() {
    let chain = Chain::new();
    let (home, mut wallet) = Home::new(&chain, 1);
    let backup = wallet.backup(b"phrase", KdfCost::INSECURE_TEST).unwrap();
    let (root, spec) = (wallet.seed_text(), wallet.spec().clone());
    drop(wallet);
    // Lost afterwards: known to the chain and the vault, but to neither the seed nor the backup.
    assert_eq!(home.persona("work"), 1);

    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let cost = KdfCost::INSECURE_TEST;
    let recovery = Recovery::new(Seed::from_text(&root).unwrap(), &spec);
    let recovered = recovery.finish(&path("seed"), PASSWORD, cost, None, Box::new(rng(3)));
    drop(recovered.unwrap());
    let backup = crate::backup::Backup {
        bytes: &backup,
        passphrase: b"phrase",
    };
    let restored = Wallet::restore(
        &path("file"),
        PASSWORD,
        cost,
        &spec,
        &backup,
        Box::new(rng(4)),
    );
    drop(restored.unwrap());

    for name in ["seed", "file"] {
        let open = || Personas::open(&path(name), PASSWORD, Box::new(rng(5))).unwrap();
        refused(open().add("shop", None), "PERSONA_NUMBER");
        refused(open().add("shop", Some(0)), "PERSONA_NUMBER");
        assert_eq!(open().add("shop", Some(2)).unwrap(), 2);
        // Should that one have been used as well, neither a leaf's number nor an inbox is the same before the chain was read.
        let open_as = |name_of| Wallet::open(&path(name), PASSWORD, name_of, Box::new(rng(6)));
        let mut shop = open_as(Some("shop")).unwrap();
        assert!(shop.state.recovered && shop.state.next_inbox > 0);
        sync(&mut shop, &chain);
        drop(shop);
        // The lost one still comes back, and what follows the number that was said is new.
        let mut personas = open();
        let recovery = personas.recovery(1).unwrap();
        personas.recover(recovery, None, Some("work")).unwrap();
        assert_eq!(personas.add("club", None).unwrap(), 3);
        drop(personas);
        let club = open_as(Some("club")).unwrap();
        assert!(!club.state.recovered && club.state.next_inbox == 0);
    }
}

#[test]
fn work_as_one_persona_keeps_the_others_as_they_are() {
    let mut chain = Chain::new();
    let vault = vault(&mut chain);
    let (mut home, mut wallet) = Home::new(&chain, 1);
    recorded(&mut wallet, &mut chain, vault, b"passport");
    let (before, seed) = (wallet.state.to_bytes(), wallet.seed_text());
    drop(wallet);
    home.persona("work");
    let mut work = home.work_as("work");
    // Its leaves are none of the other's, and the seed that is written down is the one of all.
    assert!(sync(&mut work, &chain).found.is_empty());
    assert_eq!(work.seed_text(), seed);
    recorded(&mut work, &mut chain, vault, b"payslip");
    work.change_password(PASSWORD, KdfCost::INSECURE_TEST)
        .unwrap();
    drop(work);
    let mut main = home.work_as(FIRST);
    assert_eq!(main.state.to_bytes(), before);
    assert!(sync(&mut main, &chain).found.is_empty());
    assert_eq!(
        main.personas()
            .iter()
            .map(|p| p.records)
            .collect::<Vec<_>>(),
        [1, 1]
    );
}

#[test]
fn a_new_persona_reads_the_chain_from_its_beginning() {
    let mut chain = Chain::new();
    let vault = vault(&mut chain);
    let (mut home, mut wallet) = Home::new(&chain, 1);
    recorded(&mut wallet, &mut chain, vault, b"passport");
    drop(wallet);
    home.persona("work");
    let first_call = |wallet: &mut Wallet| {
        let mut node = Node::new(&chain);
        wallet.sync(&mut node).unwrap();
        node.calls.remove(0).asked
    };
    let (_other, mut stranger) = Home::new(&chain, 2);
    assert_eq!(
        first_call(&mut home.work_as("work")),
        first_call(&mut stranger)
    );
}

/// What others get to see of a wallet that does everything once, message by message.
struct Everything<'a> {
    chain: &'a mut Chain,
    vault: MemberId,
    issuer: &'a Issuer,
    platform: &'a Platform,
}

impl Everything<'_> {
    fn of(&mut self, mut wallet: Wallet, number: u8) -> Vec<Vec<u8>> {
        let mut seen = Vec::new();
        self.read(&mut wallet, &mut seen);
        let credential = self.credential(&mut wallet, number, &mut seen);
        let record = self.document(&mut wallet, &mut seen);
        self.share(&mut wallet, number, record, &mut seen);

        // A proof for the platform, and the ending of everything.
        let signed = self.platform.ask(self.chain, self.issuer, "age >= 18");
        let asked = signed.verify(&wallet.chain().0, &wallet.members(), wallet.newest_time());
        let proof = wallet
            .prove(credential, asked.unwrap(), show_key())
            .unwrap();
        seen.push(proof.to_json().unwrap());
        for leaf in 0..3 {
            let ending = wallet.ending(Counter(leaf)).unwrap();
            seen.push(ending.to_bytes());
            self.chain.relay(&ending).unwrap();
        }
        self.chain.anchor();
        self.read(&mut wallet, &mut seen);
        seen
    }

    /// What the node is asked.
    fn read(&mut self, wallet: &mut Wallet, seen: &mut Vec<Vec<u8>>) {
        let mut node = Node::new(self.chain);
        wallet.sync(&mut node).unwrap();
        let members = [self.issuer.member, self.platform.member];
        wallet.read_members(&mut node, &members).unwrap();
        seen.extend(node.calls.into_iter().map(|call| call.asked));
    }

    fn credential(&mut self, wallet: &mut Wallet, number: u8, seen: &mut Vec<Vec<u8>>) -> Counter {
        let offer = self.issuer.offer(self.chain, number);
        let (credential, request) = wallet.request_credential(&offer, open_key()).unwrap();
        seen.push(request.to_json().unwrap());
        let documents = self.issuer.issue(self.chain, &offer, &request);
        self.chain.anchor();
        self.read(wallet, seen);
        wallet
            .import_credential(credential, &documents.received())
            .unwrap();
        credential
    }

    fn document(&mut self, wallet: &mut Wallet, seen: &mut Vec<Vec<u8>>) -> Counter {
        let category = Category::from_slug("official-id").unwrap();
        let new = NewRecord {
            title: "Passport",
            category,
            vault: self.vault,
        };
        let mut object = Vec::new();
        let record = wallet
            .add_record(new, &mut Cursor::new(b"one passport"), &mut object)
            .unwrap();
        seen.push(object);
        let owner = SigningKey::from_bytes(wallet.object_owner(record).unwrap().expose());
        seen.push(owner.verifying_key().to_bytes().to_vec());
        seen.push(wallet.record(record).unwrap().object.id.0.to_vec());
        seen.push(
            wallet
                .record_submission(record)
                .unwrap()
                .transaction
                .as_bytes()
                .to_vec(),
        );
        register(wallet, self.chain, record);
        self.chain.anchor();
        self.read(wallet, seen);
        record
    }

    /// A denial and an approval, through an inbox each.
    fn share(&mut self, wallet: &mut Wallet, number: u8, record: Counter, seen: &mut Vec<Vec<u8>>) {
        for nonce in [10 + number, 20 + number] {
            let inbox = wallet.add_inbox("the platform", self.vault).unwrap();
            let invitation = wallet.invitation(inbox).unwrap();
            seen.push(invitation.to_string().into_bytes());
            seen.extend([
                invitation.address.as_bytes().to_vec(),
                invitation.key.0.to_vec(),
            ]);
            let owner = SigningKey::from_bytes(wallet.inbox_owner(inbox).unwrap().expose());
            seen.push(owner.verifying_key().to_bytes().to_vec());
            let asked = self.platform.request(self.chain, nonce);
            let sealed = invitation
                .seal(&self.platform.sign(asked.clone()), &mut rng(nonce.into()))
                .unwrap();
            let id = wallet.receive_sealed(inbox, 1, &sealed).unwrap();
            if nonce < 20 {
                seen.push(
                    wallet
                        .deny(id, DenialReason::from_slug("declined").unwrap())
                        .unwrap()
                        .sealed,
                );
                continue;
            }
            let choice = Choice {
                record,
                categories: [Category::from_slug("official-id").unwrap()]
                    .into_iter()
                    .collect(),
                validity_secs: 7 * 86_400,
                max_uses: 2,
                credential: None,
            };
            let grant = wallet.approve(id, &choice).unwrap();
            let draft = wallet.draft_grant(grant).unwrap();
            wallet
                .enter_grant(grant, draft, Proof([0; Proof::BYTES]))
                .unwrap();
            let sent = wallet.grant(grant).unwrap().progress.submission().unwrap();
            let bytes = sent.transaction.as_bytes().to_vec();
            seen.extend([bytes.clone(), sent.sidecar.as_bytes().to_vec()]);
            let outcome = self.chain.relay_bytes(&bytes).unwrap();
            wallet.note_outcome(grant, &outcome).unwrap();
            self.chain.anchor();
            self.read(wallet, seen);
            // The reviewers' pseudonym, and all that the platform opens.
            let nym = wallet.grant(grant).unwrap().terms.audit_nym;
            seen.push(fr_to_bytes(&nym.0).to_vec());
            let answer = wallet.answer(id, None).unwrap();
            let reply = self.platform.open(&asked, &answer.sealed);
            let Reply::Approval(approval) = &reply else {
                panic!("denied")
            };
            seen.push(
                self.platform
                    .data_key(self.chain, approval)
                    .expose()
                    .to_vec(),
            );
            seen.extend([reply.to_bytes(), answer.sealed]);
        }
    }
}

/// Every so many bytes in a row of some messages.
fn pieces(messages: &[Vec<u8>], length: usize) -> BTreeSet<&[u8]> {
    messages
        .iter()
        .flat_map(|message| message.windows(length))
        .collect()
}

/// Pieces that two share, long enough that chance makes none, and with nothing in them that is common to strangers: names of
/// members, forms, times, the content that all of them keep.
fn shared(a: &[Vec<u8>], b: &[Vec<u8>], strangers: &[Vec<Vec<u8>>; 2]) -> Vec<String> {
    let [one, other] = strangers;
    let common = &pieces(one, 8) & &pieces(other, 8);
    assert!(common.len() > 100, "strangers have forms in common");
    let of_everybody = |piece: &[u8]| piece.windows(8).any(|part| common.contains(part));
    let both = &pieces(a, 16) & &pieces(b, 16);
    let shared = both.into_iter().filter(|piece| !of_everybody(piece));
    shared
        .map(|piece| format!("{} {}", hex::encode(piece), String::from_utf8_lossy(piece)))
        .collect()
}

#[test]
fn two_personas_share_nothing_that_two_strangers_do_not() {
    let mut chain = Chain::with_show();
    chain.reviewer(50);
    let vault = vault(&mut chain);
    let issuer = Issuer::register(&mut chain, "Registry", 70);
    let platform = Platform::register(&mut chain, "Bank", 60);
    let (mut home, wallet) = Home::new(&chain, 1);
    let (_other, stranger) = Home::new(&chain, 2);
    let (_another, third) = Home::new(&chain, 3);
    drop(wallet);
    home.persona("work");

    let mut everything = Everything {
        chain: &mut chain,
        vault,
        issuer: &issuer,
        platform: &platform,
    };
    let main = everything.of(home.work_as(FIRST), 1);
    let work = everything.of(home.work_as("work"), 2);
    let strangers = [everything.of(stranger, 3), everything.of(third, 4)];

    assert_eq!(shared(&main, &work, &strangers), Vec::<String>::new());
    // The test sees what it looks for: a persona's own leaves and keys come again in her messages.
    let (first, last) = main.split_at(main.len() / 2);
    assert!(!shared(&main, &main, &strangers).is_empty());
    assert!(!shared(first, last, &strangers).is_empty());
}

fn example() -> Vec<u8> {
    static EXAMPLE: OnceLock<Vec<u8>> = OnceLock::new();
    let make = || {
        let mut chain = Chain::new();
        let vault = vault(&mut chain);
        let (mut home, mut wallet) = Home::new(&chain, 1);
        recorded(&mut wallet, &mut chain, vault, b"passport");
        drop(wallet);
        home.persona("work");
        let work = home.work_as("work");
        work.others.with(&work.state).to_vec()
    };
    EXAMPLE.get_or_init(make).clone()
}

#[test]
fn what_is_written_is_read_back_and_what_is_not_whole_is_refused() {
    let bytes = example();
    assert_eq!(*Content::from_bytes(&bytes).unwrap().to_bytes(), bytes);
    for length in (0..bytes.len()).step_by(7) {
        assert!(
            Content::from_bytes(&bytes[..length]).is_err(),
            "{length} bytes"
        );
    }
    assert!(Content::from_bytes(&[&bytes[..], &[0]].concat()).is_err());
    let mut newer = bytes.clone();
    newer[4] = 2;
    assert!(matches!(
        Content::from_bytes(&newer),
        Err(crate::state::StateError::UnknownVersion(2))
    ));
    newer[0] ^= 1;
    assert!(matches!(
        Content::from_bytes(&newer),
        Err(crate::state::StateError::Magic)
    ));
}

#[test]
fn a_content_that_does_not_fit_together_is_refused() {
    let spoiled = |spoil: &dyn Fn(&mut Vec<State>)| {
        let mut content = Content::from_bytes(&example()).unwrap();
        spoil(content.states_mut());
        Content::from_bytes(&content.to_bytes()).is_err()
    };
    assert!(!spoiled(&|_| {}));
    assert!(spoiled(&Vec::clear));
    assert!(spoiled(&|states| states.swap(0, 1)));
    assert!(spoiled(
        &|states| states[1].seed = Seed::from_bytes(&[9; 32])
    ));
    assert!(spoiled(&|states| states[1].persona.number = 2));
    assert!(spoiled(
        &|states| states[1].persona = Persona::new(1, FIRST).unwrap()
    ));
    let elsewhere = Chain::with_pinned(
        tacit_circuits::types::Digest32([9; 32]),
        tacit_circuits::types::Digest32([2; 32]),
    );
    assert!(spoiled(
        &|states| states[1].checkpoint = Checkpoint::genesis(&elsewhere.spec).unwrap()
    ));
}

proptest! {
    #[test]
    fn a_changed_byte_never_panics_and_what_is_read_has_one_encoding(at: prop::sample::Index, change in 1u8..) {
        let mut bytes = example();
        let at = at.index(bytes.len());
        bytes[at] ^= change;
        if let Ok(content) = Content::from_bytes(&bytes) {
            prop_assert_eq!(&*content.to_bytes(), &bytes);
        }
    }
}
