mod refusals;

use std::collections::BTreeSet;
use std::io::Cursor;

use commonware_codec::Encode;
use tacit_circuits::Proof;
use tacit_circuits::audit::AuditSecretKey;
use tacit_circuits::grant::Grant;
use tacit_circuits::statement::Statement;
use tacit_circuits::types::{Category, Digest32, MemberId, Position, Purpose, Timestamp};
use tacit_identity::presentation::ProofTerms;
use tacit_identity::request::{Approval, RequestError, SharingRequest, SignedSharingRequest};
use tacit_ledger::action::Action;
use tacit_ledger::block::Sidecar;
use tacit_ledger::governance::SuspendMember;
use tacit_ledger::tx::Tx;
use tacit_vault::envelope::SealedMessage;
use tacit_vault::object;

use super::*;
use crate::answer::Delivery;
use crate::codec::decode_exact;
use crate::leaf;
use crate::record::NewRecord;
use crate::review::Warning;
use crate::state::Route;
use crate::testing::steps::{add, register, sync, vault};
use crate::testing::{Chain, Home, Node, Platform, grant_key, rng};
use crate::unfinished::Step;

const DOCUMENT: &[u8] = b"the planted content of a passport";

/// A person with a document on the chain and an inbox that a platform knows.
struct Story {
    chain: Chain,
    home: Home,
    wallet: Wallet,
    platform: Platform,
    record: Counter,
    object: Vec<u8>,
    inbox: u32,
    audit: AuditSecretKey,
}

impl Story {
    fn begin() -> Self {
        Self::on(Chain::new())
    }

    fn on(mut chain: Chain) -> Self {
        let audit = chain.reviewer(50);
        let vault = vault(&mut chain);
        let platform = Platform::register(&mut chain, "Bank", 60);
        let (home, mut wallet) = Home::new(&chain, 1);
        let mut object = Vec::new();
        let category = Category::from_slug("official-id").unwrap();
        let new = NewRecord {
            title: "Passport",
            category,
            vault,
        };
        let record = wallet
            .add_record(new, &mut Cursor::new(DOCUMENT), &mut object)
            .unwrap();
        register(&mut wallet, &mut chain, record);
        chain.anchor();
        sync(&mut wallet, &chain);
        let inbox = wallet.add_inbox("my bank", vault).unwrap();
        wallet.note_inbox_open(inbox).unwrap();
        Story {
            chain,
            home,
            wallet,
            platform,
            record,
            object,
            inbox,
            audit,
        }
    }

    /// Ends the process without a word, and begins another.
    fn kill(self) -> Self {
        let Story {
            chain,
            mut home,
            wallet,
            platform,
            record,
            object,
            inbox,
            audit,
        } = self;
        drop(wallet);
        let wallet = home.reopen();
        Story {
            chain,
            home,
            wallet,
            platform,
            record,
            object,
            inbox,
            audit,
        }
    }

    /// The platform leaves a request in the inbox; the wallet takes it in and reads the platform's record.
    fn receive(&mut self, request: SharingRequest) -> RequestId {
        let signed = self.platform.sign(request);
        let sealed = self
            .wallet
            .invitation(self.inbox)
            .unwrap()
            .seal(&signed, &mut rng(7))
            .unwrap();
        let id = self.wallet.receive_sealed(self.inbox, 4, &sealed).unwrap();
        self.read_platform();
        id
    }

    fn read_platform(&mut self) {
        sync(&mut self.wallet, &self.chain);
        self.wallet
            .read_members(&mut Node::new(&self.chain), &[self.platform.member])
            .unwrap();
    }

    fn choice(&self) -> Choice {
        Choice {
            record: self.record,
            categories: [Category::from_slug("official-id").unwrap()]
                .into_iter()
                .collect(),
            validity_secs: 7 * 86_400,
            max_uses: 2,
            credential: None,
        }
    }

    /// What the prover would do: the statement holds, and the chain of this test takes every proof.
    fn submit(&mut self, grant: Counter) -> Vec<u8> {
        if self.wallet.grant(grant).unwrap().progress == Progress::Planned {
            self.wallet.refresh_terms(grant).unwrap();
            let draft = self.wallet.draft_grant(grant).unwrap();
            Grant::check(&draft.public, &draft.witness).unwrap();
            self.wallet
                .enter_grant(grant, draft, Proof([0; Proof::BYTES]))
                .unwrap();
        }
        self.wallet
            .grant(grant)
            .unwrap()
            .progress
            .submission()
            .unwrap()
            .transaction
            .as_bytes()
            .to_vec()
    }

    /// From the decision to the sealed answer.
    fn approve(&mut self, id: RequestId, choice: &Choice) -> (Counter, Delivery) {
        let grant = self.wallet.approve(id, choice).unwrap();
        let bytes = self.submit(grant);
        let outcome = self.chain.relay_bytes(&bytes).unwrap();
        self.wallet.note_outcome(grant, &outcome).unwrap();
        self.chain.anchor();
        self.read_platform();
        (grant, self.wallet.answer(id, None).unwrap())
    }

    fn approval(&self, asked: &SharingRequest, delivery: &Delivery) -> Approval {
        match self.platform.open(asked, &delivery.sealed) {
            Reply::Approval(approval) => *approval,
            Reply::Denial(denial) => panic!("{denial:?}"),
        }
    }
}

#[test]
fn a_person_gives_less_than_asked_sees_the_access_and_revokes() {
    let mut story = Story::begin();
    let asked = story.platform.request(&story.chain, 1);
    let id = story.receive(asked.clone());

    let review = story.wallet.review(id).unwrap();
    assert_eq!(
        (review.platform, review.platform_name.as_str()),
        (story.platform.member, "Bank")
    );
    assert_eq!(review.purpose.slug(), "customer-due-diligence");
    assert_eq!(review.fitting, [story.record]);
    assert_eq!(review.warnings, [Warning::Stranger]);

    let (grant, delivery) = story.approve(id, &story.choice());
    assert_eq!(
        delivery.route,
        Route::Inbox {
            number: story.inbox,
            sequence: 4
        }
    );
    let approval = story.approval(&asked, &delivery);
    assert_eq!(approval.grant.body.max_uses, 2);
    assert_eq!(
        approval.grant.body.not_after.0 - approval.grant.body.not_before.0,
        7 * 86_400
    );
    assert_eq!(story.chain.count_leaf(&approval.grant.leaf()), 1);

    // The platform opens the object with the key, as the record's commitments demand.
    let info = story.wallet.record(story.record).unwrap().object;
    assert_eq!(approval.record.body.key_commitment.0, info.key_commitment.0);
    let mut opened = Vec::new();
    let key = story.platform.data_key(&story.chain, &approval);
    object::open(key, &info, &story.object[..], &mut opened).unwrap();
    assert_eq!(opened, DOCUMENT);

    assert!(story.wallet.access_log().is_empty());
    story.platform.access(&mut story.chain, &approval, 0);
    let report = sync(&mut story.wallet, &story.chain);
    assert_eq!(report.uses.len(), 1);
    {
        let log = story.wallet.access_log();
        let [row] = &log[..] else { panic!("{log:?}") };
        assert_eq!(
            (row.grant, row.record, row.number),
            (grant, story.record, 0)
        );
        assert_eq!(
            (row.grantee, row.grantee_name, row.title),
            (story.platform.member, "Bank", "Passport")
        );
        assert_eq!(
            (row.height, row.time),
            (story.chain.tip().header.height, story.chain.now())
        );
    }

    let ending = story.wallet.ending(grant).unwrap();
    assert_eq!(
        story.wallet.ending(grant).unwrap().to_bytes(),
        ending.to_bytes()
    );
    story.chain.relay(&ending).unwrap();
    story.chain.relay(&ending).unwrap();
    story.chain.anchor();
    assert_eq!(sync(&mut story.wallet, &story.chain).ended, [grant]);
    assert!(matches!(
        story.wallet.ending(grant),
        Err(WalletError::Ended("grant"))
    ));

    // The log survives, and the next request is from somebody known, who was not given the address and asks for it again.
    story.wallet.note_delivered(id).unwrap();
    let mut story = story.kill();
    assert_eq!(story.wallet.access_log().len(), 1);
    let id = story.receive(story.platform.request(&story.chain, 2));
    let address = Category::from_slug("address").unwrap();
    assert_eq!(
        story.wallet.review(id).unwrap().warnings,
        [Warning::MoreThanBefore(address)]
    );
}

#[test]
fn a_proven_grant_is_taken_by_a_chain_that_verifies() {
    let mut story = Story::on(Chain::with_grants());
    let id = story.receive(story.platform.request(&story.chain, 1));
    let grant = story.wallet.approve(id, &story.choice()).unwrap();
    let submission = story.wallet.grant_submission(grant, grant_key()).unwrap();
    let bytes = submission.transaction.as_bytes().to_vec();
    let sidecar: Sidecar = decode_exact(submission.sidecar.as_bytes()).unwrap();

    // Proving again gives the same bytes, as long as nobody says that they were refused.
    let again = story.wallet.grant_submission(grant, grant_key()).unwrap();
    assert_eq!(again.transaction.as_bytes(), bytes);
    let tx = Tx::from_bytes(&bytes).unwrap();
    assert_eq!(tx.action.audit_digest(), Some(sidecar.digest()));

    // The proof is for this grant only.
    let mut forged = tx.clone();
    if let Action::Grant(action) = &mut forged.action {
        action.end_tag = tacit_circuits::types::EndTag(tacit_circuits::field::Fr::from(1u64));
    }
    assert_eq!(
        story.chain.relay(&forged).unwrap_err().code(),
        "PROOF_INVALID"
    );
    let outcome = story.chain.relay(&tx).unwrap();
    story.wallet.note_outcome(grant, &outcome).unwrap();
    story.chain.anchor();
    assert_eq!(sync(&mut story.wallet, &story.chain).confirmed, [grant]);

    // The reviewers read exactly the terms.
    let leaf = leaf::grant(
        &story.wallet.keys,
        story.wallet.grant(grant).unwrap(),
        Position(0),
    )
    .leaf;
    let words = sidecar.ciphertext.decrypt(&story.audit, &leaf.0).unwrap();
    let terms = tacit_circuits::audit::GrantTerms::from_words(&words).unwrap();
    assert_eq!(
        (terms.record, terms.grantee, terms.max_uses),
        (Position(0), story.platform.member, 2)
    );
}

#[test]
fn the_log_shows_uses_of_own_grants_only_and_each_once() {
    let mut story = Story::begin();
    let asked = story.platform.request(&story.chain, 1);
    let id = story.receive(asked.clone());
    let (_, delivery) = story.approve(id, &story.choice());
    let approval = story.approval(&asked, &delivery);
    for number in 0..2 {
        story.platform.access(&mut story.chain, &approval, number);
    }
    // A use beyond those granted has no nullifier in the wallet's table; neither has somebody else's grant.
    story.platform.access(&mut story.chain, &approval, 2);
    let mut foreign = approval.clone();
    foreign.grant.body.salt += tacit_circuits::field::Fr::from(1u64);
    story.platform.access(&mut story.chain, &foreign, 3);
    sync(&mut story.wallet, &story.chain);
    sync(&mut story.wallet, &story.chain);
    let numbers: Vec<u16> = story
        .wallet
        .access_log()
        .iter()
        .map(|row| row.number)
        .collect();
    assert_eq!(numbers, [0, 1]);
}

#[test]
fn a_killed_wallet_ends_with_exactly_one_grant_and_one_answer() {
    let mut total = None;
    for killed_at in 0.. {
        let mut story = Story::begin();
        let asked = story.platform.request(&story.chain, 1);
        let sealed = story
            .wallet
            .invitation(story.inbox)
            .unwrap()
            .seal(&story.platform.sign(asked.clone()), &mut rng(7));
        let sealed = sealed.unwrap();
        let mut delivered = BTreeSet::new();
        let mut budget = Some(killed_at);
        while !run(&mut story, &sealed, &mut delivered, &mut budget) {
            budget = None;
            story = story.kill();
        }
        let reached_the_end = budget.is_some_and(|left| left > 0);
        assert_eq!(story.wallet.grants().len(), 1, "killed at {killed_at}");
        assert_eq!(
            story.chain.leaves(),
            2,
            "a record and a grant; killed at {killed_at}"
        );
        assert_eq!(delivered.len(), 1, "killed at {killed_at}");
        let sealed: &Vec<u8> = delivered.first().unwrap();
        let delivery = Delivery {
            request: asked.id(),
            route: Route::File,
            sealed: sealed.clone(),
        };
        let approval = story.approval(&asked, &delivery);
        assert_eq!(story.chain.count_leaf(&approval.grant.leaf()), 1);
        if reached_the_end {
            total = Some(killed_at);
            break;
        }
    }
    assert!(total.unwrap() >= 9, "every step was cut");
}

/// All steps of answering a request, as a command would take them. False when the budget of steps ran out: the kill.
fn run(
    story: &mut Story,
    sealed: &SealedMessage,
    delivered: &mut BTreeSet<Vec<u8>>,
    budget: &mut Option<usize>,
) -> bool {
    let mut alive = || match budget {
        None => true,
        Some(0) => false,
        Some(left) => {
            *left -= 1;
            true
        }
    };
    macro_rules! step {
        ($step:expr) => {{
            if !alive() {
                return false;
            }
            $step
        }};
    }
    let id = step!(story.wallet.receive_sealed(story.inbox, 4, sealed)).unwrap();
    story.read_platform();
    let choice = story.choice();
    let grant = step!(story.wallet.approve(id, &choice)).unwrap();
    if story.wallet.grant(grant).unwrap().progress.live().is_none() {
        let bytes = step!(story.submit(grant));
        let outcome = step!(story.chain.relay_bytes(&bytes)).unwrap();
        step!(story.wallet.note_outcome(grant, &outcome)).unwrap();
        story.chain.anchor();
        step!(story.read_platform());
    }
    let delivery = step!(story.wallet.answer(id, None)).unwrap();
    step!(delivered.insert(delivery.sealed));
    step!(story.wallet.note_delivered(id)).unwrap();
    true
}

#[test]
fn after_a_kill_the_wallet_itself_knows_how_to_go_on() {
    for killed_after in 0..8 {
        let mut story = Story::begin();
        story.wallet.note_uploaded(story.record).unwrap();
        story.wallet.note_bound(story.record).unwrap();
        assert_eq!(story.wallet.unfinished(), []);
        let asked = story.platform.request(&story.chain, 1);
        let id = story.receive(asked.clone());
        let choice = story.choice();
        let grant = story.wallet.approve(id, &choice).unwrap();
        let mut delivered = BTreeSet::new();
        let mut taken = Vec::new();
        while let Some(step) = story.wallet.unfinished().first().copied() {
            taken.push(step);
            let lost = taken.len() == killed_after;
            match step {
                Step::Grant(number) => {
                    let bytes = story.submit(number);
                    let outcome = story.chain.relay_bytes(&bytes).unwrap();
                    if !lost {
                        story.wallet.note_outcome(number, &outcome).unwrap();
                    }
                }
                Step::Sync(_) => {
                    story.chain.anchor();
                    story.read_platform();
                }
                Step::Answer(id) => {
                    story.wallet.answer(id, None).unwrap();
                }
                Step::Deliver(id) => {
                    delivered.insert(story.wallet.answer(id, None).unwrap().sealed);
                    if !lost {
                        story.wallet.note_delivered(id).unwrap();
                    }
                }
                other => panic!("{other:?}"),
            }
            if lost {
                story = story.kill();
                story.read_platform();
            }
        }
        assert_eq!(
            (story.chain.leaves(), delivered.len()),
            (2, 1),
            "{killed_after}: {taken:?}"
        );
        assert!(story.wallet.grant(grant).unwrap().progress.live().is_some());
        assert!(taken.len() <= 5, "{killed_after}: {taken:?}");
    }
}

#[test]
fn an_old_copy_cannot_give_another_grant_under_a_number_that_was_used() {
    let mut story = Story::begin();
    let first = story.receive(story.platform.request(&story.chain, 1));
    let asked = story.platform.request(&story.chain, 2);
    let second = story.receive(asked.clone());
    let old_copy = story.home.copy();
    let choice = story.choice();
    let number = story.wallet.approve(first, &choice).unwrap();
    let on_its_way = story.submit(number);

    story = story.kill();
    drop(story.wallet);
    story.home.restore(&old_copy);
    story.wallet = story.home.reopen();
    story.read_platform();
    assert_eq!(story.wallet.approve(second, &choice).unwrap(), number);
    let other = story.submit(number);
    story.chain.relay_bytes(&on_its_way).unwrap();
    assert_eq!(
        story.chain.relay_bytes(&other).unwrap_err().code(),
        "REQUEST_ID_REUSED"
    );

    story.chain.anchor();
    assert_eq!(sync(&mut story.wallet, &story.chain).displaced, [number]);
    assert!(story.wallet.answers().is_empty());
    assert!(
        story.wallet.waiting().iter().any(|(id, _)| *id == second),
        "the request waits again"
    );
    story.read_platform();
    let (grant, delivery) = story.approve(second, &choice);
    assert!(grant > number);
    assert_eq!(story.approval(&asked, &delivery).request, second);
    // The grant of which the old copy knows nothing can still be revoked.
    let ending = story.wallet.ending(number).unwrap();
    story.chain.relay(&ending).unwrap();
}

#[test]
fn a_refused_proof_is_made_anew_for_the_same_leaf() {
    let mut story = Story::begin();
    let id = story.receive(story.platform.request(&story.chain, 1));
    let grant = story.wallet.approve(id, &story.choice()).unwrap();
    let first = story.submit(grant);
    // So many anchors later the chain no longer knows the first one.
    for _ in 0..40 {
        story.chain.anchor();
    }
    assert_eq!(
        story.chain.relay_bytes(&first).unwrap_err().code(),
        "ANCHOR_UNKNOWN"
    );
    story.read_platform();
    story.wallet.retry_grant(grant).unwrap();
    let second = story.submit(grant);
    assert_ne!(first, second);
    let outcome = story.chain.relay_bytes(&second).unwrap();
    story.wallet.note_outcome(grant, &outcome).unwrap();
    assert!(
        story.wallet.retry_grant(grant).is_err(),
        "what may be on the chain is not taken back"
    );
    story.chain.anchor();
    sync(&mut story.wallet, &story.chain);
    assert!(story.wallet.grant(grant).unwrap().progress.live().is_some());
    assert_eq!(story.chain.leaves(), 2);
}

#[test]
fn a_grant_that_waited_too_long_starts_when_it_is_sent() {
    let mut story = Story::begin();
    let id = story.receive(story.platform.request(&story.chain, 1));
    let grant = story.wallet.approve(id, &story.choice()).unwrap();
    let decided = story.wallet.grant(grant).unwrap().terms;
    // A year later, under another audit key.
    story.chain.block_after(366 * 86_400 * 1000, Vec::new());
    story.chain.reviewer(51);
    story.chain.anchor();
    story.read_platform();
    let bytes = story.submit(grant);
    story.chain.relay_bytes(&bytes).unwrap();
    let sent = story.wallet.grant(grant).unwrap().terms;
    assert_ne!(
        (sent.audit_key, sent.audit_nym),
        (decided.audit_key, decided.audit_nym)
    );
    assert!(sent.not_before > decided.not_after);
    assert_eq!(
        sent.not_after.0 - sent.not_before.0,
        decided.not_after.0 - decided.not_before.0
    );
    assert_eq!(
        (sent.record, sent.categories, sent.max_uses),
        (decided.record, decided.categories, decided.max_uses)
    );
}

#[test]
fn a_relay_that_lies_about_a_refusal_cannot_make_two_grants() {
    let mut story = Story::begin();
    let id = story.receive(story.platform.request(&story.chain, 1));
    let grant = story.wallet.approve(id, &story.choice()).unwrap();
    let first = story.submit(grant);
    story.chain.anchor();
    story.read_platform();
    story.wallet.retry_grant(grant).unwrap();
    let second = story.submit(grant);
    assert_ne!(first, second);
    story.chain.relay_bytes(&first).unwrap();
    assert_eq!(
        story.chain.relay_bytes(&second).unwrap_err().code(),
        "REQUEST_ID_REUSED"
    );
    story.chain.anchor();
    let report = sync(&mut story.wallet, &story.chain);
    assert_eq!(report.confirmed, [grant]);
    assert_eq!(story.chain.leaves(), 2);
}
