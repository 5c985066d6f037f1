use tacit_circuits::types::Position;
use tacit_ledger::action::RegisterRecord;
use tacit_ledger::ids::Height;
use tacit_ledger::tx::Tx;

use super::*;
use crate::leaf;
use crate::state::Progress;
use crate::testing::steps::{add, recorded, register, sync, vault};
use crate::testing::{Chain, Home, Node};

fn leaf_of(wallet: &Wallet, record: Counter) -> Leaf {
    leaf::record(&wallet.keys, wallet.record(record).unwrap()).leaf
}

#[test]
fn a_document_is_on_the_chain_when_the_wallet_has_seen_it_there() {
    let mut chain = Chain::new();
    let vault = vault(&mut chain);
    let (mut home, mut wallet) = Home::new(&chain, 1);
    let record = add(&mut wallet, vault, b"passport");
    register(&mut wallet, &mut chain, record);
    let report = sync(&mut wallet, &chain);
    assert!(
        report.confirmed.is_empty(),
        "the relay's word is not enough"
    );
    chain.anchor();
    let report = sync(&mut wallet, &chain);
    assert_eq!(report.confirmed, [record]);
    assert_eq!(report.tip, chain.tip().header.height);
    let position = wallet.record(record).unwrap().progress.live().unwrap();
    assert_eq!(
        wallet.view.snapshot.as_ref().unwrap().leaves[&position].leaf,
        leaf_of(&wallet, record)
    );
    drop(wallet);
    assert_eq!(
        home.reopen().record(record).unwrap().progress,
        Progress::Final(position)
    );
}

#[test]
fn the_traffic_of_two_leaves_of_one_bucket_and_shard_is_the_same_byte_for_byte() {
    let mut chain = Chain::new();
    let vault = vault(&mut chain);
    let (_a, mut alice) = Home::new(&chain, 1);
    let (_b, mut bob) = Home::new(&chain, 2);
    let documents: [(&mut Wallet, &[u8]); 2] = [
        (&mut alice, b"a passport"),
        (&mut bob, b"a letter, much longer"),
    ];
    for (wallet, document) in documents {
        let record = add(wallet, vault, document);
        register(wallet, &mut chain, record);
    }
    chain.anchor();
    // The first sync finds the leaves, the second is the everyday one, the third follows an ending.
    for round in 0..3 {
        let [to_alice, to_bob] = [&mut alice, &mut bob].map(|wallet| {
            let mut node = Node::new(&chain);
            wallet.sync(&mut node).unwrap();
            node.calls
        });
        assert!(
            to_alice
                .iter()
                .any(|call| call.asked.starts_with(b"bucket"))
        );
        assert!(to_alice.iter().any(|call| call.asked.starts_with(b"shard")));
        assert_eq!(to_alice, to_bob, "round {round}");
        if round == 1 {
            // A leaf of somebody else is ended in between.
            let ending = alice.ending(Counter(0)).unwrap();
            let (_c, mut carol) = Home::new(&chain, 3);
            recorded(&mut carol, &mut chain, vault, b"carol's");
            assert_ne!(carol.ending(Counter(0)).unwrap(), ending);
            chain.relay(&carol.ending(Counter(0)).unwrap()).unwrap();
        }
        chain.anchor();
    }
}

#[test]
fn nothing_that_a_lying_node_says_is_believed() {
    let mut chain = Chain::new();
    let vault = vault(&mut chain);
    let (mut home, mut wallet) = Home::new(&chain, 1);
    let record = add(&mut wallet, vault, b"passport");
    register(&mut wallet, &mut chain, record);
    chain.reviewer(50);
    chain.anchor();
    let honest = {
        let mut node = Node::new(&chain);
        wallet.sync(&mut node).unwrap();
        node.names()
    };
    drop(wallet);
    let mut kinds: Vec<&str> = honest.iter().map(String::as_str).collect();
    kinds.sort_unstable();
    kinds.dedup();
    assert_eq!(
        kinds,
        [
            "block",
            "bucket",
            "certificate",
            "header",
            "proof",
            "shard",
            "validators",
            "value"
        ]
    );
    let (_, fresh) = Home::new(&chain, 1);
    let before = fresh.state.checkpoint.tip.height;
    assert_eq!(before, Height(0));
    for kind in kinds {
        for (name, spoil) in spoilers() {
            let (_home, mut wallet) = Home::new(&chain, 1);
            let mut node = Node::new(&chain);
            node.lie = Some(Box::new(move |asked, bytes| {
                if asked == kind {
                    spoil(bytes)
                }
            }));
            let error = wallet.sync(&mut node).unwrap_err();
            let WalletError::Sync(error) = error else {
                panic!("{kind} {name}: {error}")
            };
            assert_eq!(
                error.reason(),
                "NODE_UNTRUSTWORTHY",
                "{kind} {name}: {error}"
            );
        }
    }
    // What failed left nothing behind: an honest node is enough afterwards.
    let mut wallet = home.reopen();
    chain.anchor();
    sync(&mut wallet, &chain);
    assert!(wallet.record(record).unwrap().progress.live().is_some());
}

type Spoiler = fn(&mut Vec<u8>);

fn spoilers() -> [(&'static str, Spoiler); 4] {
    [
        ("truncated", |bytes| {
            bytes.pop();
        }),
        ("with a trailing byte", |bytes| bytes.push(0)),
        ("with its last byte changed", |bytes| {
            if let Some(last) = bytes.last_mut() {
                *last ^= 1;
            }
        }),
        ("empty", Vec::clear),
    ]
}

#[test]
fn a_node_that_breaks_off_anywhere_costs_nothing_but_another_try() {
    let mut chain = Chain::new();
    let vault = vault(&mut chain);
    let (mut home, mut wallet) = Home::new(&chain, 1);
    let record = add(&mut wallet, vault, b"passport");
    register(&mut wallet, &mut chain, record);
    chain.reviewer(50);
    chain.anchor();
    for cut in 0.. {
        let mut node = Node::new(&chain);
        node.fail_at = Some(cut);
        match wallet.sync(&mut node) {
            Ok(_) => break,
            Err(WalletError::Sync(SyncError::Source(_))) => {}
            Err(other) => panic!("call {cut}: {other}"),
        }
        drop(wallet);
        wallet = home.reopen();
    }
    assert!(wallet.record(record).unwrap().progress.live().is_some());
}

#[test]
fn headers_without_a_certificate_of_their_own_are_final_through_their_descendants() {
    let mut chain = Chain::new();
    let vault = vault(&mut chain);
    let (_home, mut wallet) = Home::new(&chain, 1);
    let record = add(&mut wallet, vault, b"passport");
    register(&mut wallet, &mut chain, record);
    chain.anchor();
    for _ in 0..3 {
        chain.block_after(100, Vec::new());
    }
    let tip = chain.tip().header.height.0;
    chain.uncertified.extend(1..tip);
    sync(&mut wallet, &chain);
    let (headers, certificate) = wallet.state.checkpoint.evidence().unwrap();
    assert_eq!((headers[0].height.0, headers.len()), (tip - 3, 4));
    assert_eq!(certificate.proposal.block, chain.tip().id());
    assert!(wallet.record(record).unwrap().progress.live().is_some());

    // A tip that nothing certifies yet is not believed, and not an error either.
    chain.block_after(100, Vec::new());
    chain.uncertified.insert(tip + 1);
    let follow_only = {
        let mut report = SyncReport::default();
        wallet.follow(&mut Node::new(&chain), &mut report).unwrap();
        wallet.state.checkpoint.tip.height.0
    };
    assert_eq!(follow_only, tip);
}

#[test]
fn a_relay_that_names_a_wrong_position_is_found_out() {
    let mut chain = Chain::new();
    let vault = vault(&mut chain);
    let (_a, mut alice) = Home::new(&chain, 1);
    let (_b, mut bob) = Home::new(&chain, 2);
    recorded(&mut bob, &mut chain, vault, b"not alice's");
    let record = add(&mut alice, vault, b"passport");
    let bytes = alice
        .record_submission(record)
        .unwrap()
        .transaction
        .as_bytes()
        .to_vec();
    chain.relay_bytes(&bytes).unwrap();
    let lie = tacit_ledger::outcome::Outcome::Leaf {
        position: Position(0),
        existing: false,
    };
    alice.note_outcome(record, &lie).unwrap();
    chain.anchor();
    assert_eq!(sync(&mut alice, &chain).refuted, [record]);
    // The scan saw the leaf go by, so the wallet finds it without being told.
    let again = alice
        .record_submission(record)
        .unwrap()
        .transaction
        .as_bytes()
        .to_vec();
    assert_eq!(again, bytes);
    let outcome = chain.relay_bytes(&again).unwrap();
    alice.note_outcome(record, &outcome).unwrap();
    chain.anchor();
    sync(&mut alice, &chain);
    assert_eq!(
        alice.record(record).unwrap().progress,
        Progress::Final(Position(1))
    );
}

#[test]
fn a_leaf_whose_outcome_never_arrived_is_found_by_the_scan() {
    let mut chain = Chain::new();
    let vault = vault(&mut chain);
    let (mut home, mut wallet) = Home::new(&chain, 1);
    let record = add(&mut wallet, vault, b"passport");
    let bytes = wallet
        .record_submission(record)
        .unwrap()
        .transaction
        .as_bytes()
        .to_vec();
    chain.relay_bytes(&bytes).unwrap();
    drop(wallet);
    let mut wallet = home.reopen();
    sync(&mut wallet, &chain);
    chain.anchor();
    let report = sync(&mut wallet, &chain);
    assert_eq!(report.confirmed, [record]);
    assert_eq!(
        wallet.record(record).unwrap().progress,
        Progress::Final(Position(0))
    );
    assert!(wallet.state.found.is_empty());
}

#[test]
fn the_seed_alone_finds_every_leaf_again_and_can_end_it() {
    let mut chain = Chain::new();
    let vault = vault(&mut chain);
    let (home, mut wallet) = Home::new(&chain, 1);
    let (_other, mut stranger) = Home::new(&chain, 2);
    let (first, at_first) = recorded(&mut wallet, &mut chain, vault, b"passport");
    recorded(&mut stranger, &mut chain, vault, b"somebody else's");
    let (second, at_second) = recorded(&mut wallet, &mut chain, vault, b"payslip");
    let written_down = wallet.seed_text();
    drop((wallet, home));

    let seed = crate::seed::Seed::from_text(&written_down).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut restored = Wallet::create(
        &folder.path().join("new"),
        b"new password",
        crate::file::KdfCost::INSECURE_TEST,
        &chain.spec,
        (seed, crate::persona::FIRST),
        Box::new(crate::testing::rng(9)),
    )
    .unwrap();
    assert_eq!(sync(&mut restored, &chain).found, [first, second]);
    let positions: Vec<_> = restored
        .state
        .found
        .iter()
        .map(|found| (found.counter, found.position))
        .collect();
    assert_eq!(
        positions,
        [(first, Some(at_first)), (second, Some(at_second))]
    );

    // New leaves do not take the numbers of the old ones.
    let third = add(&mut restored, vault, b"new document");
    assert!(third > second);

    let ending = restored.ending(second).unwrap();
    chain.relay(&ending).unwrap();
    chain.anchor();
    assert_eq!(sync(&mut restored, &chain).ended, [second]);
    assert!(matches!(
        restored.ending(second),
        Err(WalletError::Ended(_))
    ));
    assert!(restored.ending(first).is_ok());
}

#[test]
fn an_old_copy_of_the_file_cannot_reuse_a_leaf_for_other_content() {
    let mut chain = Chain::new();
    let vault = vault(&mut chain);
    let (mut home, wallet) = Home::new(&chain, 1);
    let old_copy = home.copy();
    drop(wallet);

    let mut wallet = home.reopen();
    let first = add(&mut wallet, vault, b"the first document");
    let bytes = wallet
        .record_submission(first)
        .unwrap()
        .transaction
        .as_bytes()
        .to_vec();
    chain.relay_bytes(&bytes).unwrap();
    let first_leaf = leaf_of(&wallet, first);
    drop(wallet);
    home.restore(&old_copy);

    // Before it has read the chain, the old copy hands out the same number again: the chain refuses the other content.
    let mut wallet = home.reopen();
    let second = add(&mut wallet, vault, b"another document");
    assert_eq!(second, first);
    let bytes = wallet
        .record_submission(second)
        .unwrap()
        .transaction
        .as_bytes()
        .to_vec();
    let refused = chain.relay_bytes(&bytes).unwrap_err();
    assert_eq!(refused.code(), "REQUEST_ID_REUSED");

    // Reading the chain drops the step, keeps the leaf that is there, and moves on.
    chain.anchor();
    let report = sync(&mut wallet, &chain);
    assert_eq!(report.displaced, [second]);
    assert!(wallet.records().is_empty());
    let third = add(&mut wallet, vault, b"another document");
    assert!(third > second);
    register(&mut wallet, &mut chain, third);
    chain.anchor();
    sync(&mut wallet, &chain);
    assert!(wallet.record(third).unwrap().progress.live().is_some());
    assert_eq!(chain.leaves(), 2);
    assert_eq!(chain.count_leaf(&first_leaf), 1);
}

#[test]
fn an_old_copy_that_takes_the_same_step_again_finds_its_own_leaf() {
    let mut chain = Chain::new();
    let vault = vault(&mut chain);
    let (mut home, wallet) = Home::new(&chain, 1);
    let old_copy = home.copy();
    drop(wallet);
    let mut wallet = home.reopen();
    recorded(&mut wallet, &mut chain, vault, b"passport");
    drop(wallet);
    home.restore(&old_copy);
    let mut wallet = home.reopen();
    let record = add(&mut wallet, vault, b"passport");
    register(&mut wallet, &mut chain, record);
    chain.anchor();
    sync(&mut wallet, &chain);
    assert_eq!(
        wallet.record(record).unwrap().progress,
        Progress::Final(Position(0))
    );
    assert_eq!(chain.leaves(), 1);
}

#[test]
fn members_are_read_in_pages_whichever_is_wanted() {
    let mut chain = Chain::new();
    let a = chain.member("a", tacit_ledger::member::Role::Platform, 60);
    let b = chain.member("b", tacit_ledger::member::Role::Issuer, 61);
    chain.anchor();
    let traffic = |id| {
        let (_home, mut wallet) = Home::new(&chain, 1);
        sync(&mut wallet, &chain);
        let mut node = Node::new(&chain);
        wallet.read_members(&mut node, &[id]).unwrap();
        use tacit_identity::did::MemberResolver;
        assert!(wallet.members().resolve(id).unwrap().active);
        assert!(
            wallet
                .members()
                .resolve(MemberId::new(3).unwrap())
                .is_none()
        );
        node.calls
    };
    assert_eq!(traffic(a), traffic(b));
}

#[test]
fn a_copied_end_tag_confuses_nobody() {
    let mut chain = Chain::new();
    let vault = vault(&mut chain);
    let (_home, mut wallet) = Home::new(&chain, 1);
    let record = add(&mut wallet, vault, b"passport");
    let bytes = wallet
        .record_submission(record)
        .unwrap()
        .transaction
        .as_bytes()
        .to_vec();
    let own = leaf::record(&wallet.keys, wallet.record(record).unwrap());

    // Somebody who sees the transaction on its way copies K and E into leaves of other content, before and after it.
    let copy = |chain: &mut Chain, n: u64| {
        let body = tacit_circuits::types::Body(tacit_circuits::field::Fr::from(n));
        let action = RegisterRecord {
            holder_key: own.holder_key,
            body,
            end_tag: own.end_tag,
        };
        let tx = Tx::unsigned(chain.request_id(), action.into());
        chain.relay(&tx).unwrap();
    };
    (0..20).for_each(|n| copy(&mut chain, n));
    sync(&mut wallet, &chain);
    chain.relay_bytes(&bytes).unwrap();
    (20..40).for_each(|n| copy(&mut chain, n));
    chain.anchor();
    let report = sync(&mut wallet, &chain);
    assert_eq!((report.displaced, report.found), (vec![], vec![]));
    assert_eq!(
        wallet.record(record).unwrap().progress,
        Progress::Final(Position(20))
    );
    assert!(wallet.state.found.is_empty());

    // A wallet restored from the seed takes the one that came under its own request id.
    let (_elsewhere, mut restored) = Home::new(&chain, 1);
    assert_eq!(sync(&mut restored, &chain).found, [record]);
    assert_eq!(restored.state.found[0].leaf, own.leaf);
    assert_eq!(restored.state.found[0].position, Some(Position(20)));
}

#[test]
fn leaves_in_different_buckets_are_found_and_read_in_their_own() {
    let mut chain = Chain::new();
    let vault = vault(&mut chain);
    let (_a, mut alice) = Home::new(&chain, 1);
    let (_b, mut bob) = Home::new(&chain, 2);
    recorded(&mut alice, &mut chain, vault, b"the first leaf");
    chain.fill(4100);
    let (record, position) = recorded(&mut bob, &mut chain, vault, b"a later leaf");
    assert_eq!(position, Position(4101));
    sync(&mut alice, &chain);
    let buckets = |wallet: &mut Wallet| {
        let mut node = Node::new(&chain);
        wallet.sync(&mut node).unwrap();
        let of_bucket = |call: &crate::testing::Call| {
            let index = call.asked.strip_prefix(b"bucket ")?.first_chunk::<4>()?;
            Some(u32::from_be_bytes(*index))
        };
        node.calls.iter().filter_map(of_bucket).collect::<Vec<_>>()
    };
    assert_eq!((buckets(&mut alice), buckets(&mut bob)), (vec![0], vec![1]));
    assert!(alice.live_path(Position(0)).is_ok() && bob.live_path(position).is_ok());

    // From the seed alone, both are found again.
    for (person, counter, position) in [(1, Counter(0), Position(0)), (2, record, position)] {
        let (_home, mut restored) = Home::new(&chain, person);
        sync(&mut restored, &chain);
        assert_eq!(restored.state.found[0].counter, counter);
        assert_eq!(restored.state.found[0].position, Some(position));
    }
}
