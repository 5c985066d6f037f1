use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::OnceLock;

use proptest::prelude::*;
use tacit_circuits::types::Digest32;
use tacit_ledger::genesis::ChainSpec;

use super::*;
use crate::seed::Seed;
use crate::testing::steps::{add, recorded, register, sync, vault};
use crate::testing::{Chain, Home, rng};

const PASSWORD: &[u8] = b"password of the new machine";
const COST: KdfCost = KdfCost::INSECURE_TEST;

/// What a vault does for one slot.
#[derive(Default)]
struct Shelf(Option<(SlotVersion, Vec<u8>)>);

impl Shelf {
    fn version(&self) -> Option<SlotVersion> {
        self.0.as_ref().map(|(version, _)| *version)
    }

    /// Takes an upload; `None` when it is stale.
    fn put(&mut self, upload: &SlotUpload) -> Option<SlotVersion> {
        use tacit_vault::slot::Put;
        let current = self.version();
        match Put::of(current.as_ref(), upload.replaces.as_ref(), upload.digest) {
            Put::Next(version) => {
                self.0 = Some((version, upload.bytes.clone()));
                Some(version)
            }
            Put::Repeated(version) => Some(version),
            Put::Stale => None,
        }
    }

    /// Brings the slot up to date.
    fn keep(&mut self, wallet: &mut Wallet) {
        let upload = wallet.slot_upload().unwrap();
        let version = self.put(&upload).expect("no other copy has written");
        wallet.slot_stored(version).unwrap();
    }
}

/// An empty machine.
struct Machine(tempfile::TempDir);

impl Machine {
    fn new() -> Self {
        Machine(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("wallet")
    }

    /// A wallet from the seed of person 1 and what the shelf has; it has not read the chain yet.
    fn recover(&self, spec: &ChainSpec, vault: MemberId, shelf: &Shelf) -> Wallet {
        let recovery = Recovery::new(Seed::from_bytes(&[1; 32]), spec);
        let backup = shelf
            .0
            .as_ref()
            .map(|(version, bytes)| recovery.open(vault, version.revision, bytes).unwrap());
        let rng = Box::new(rng(99));
        recovery
            .finish(&self.path(), PASSWORD, COST, backup, rng)
            .unwrap()
    }
}

/// A wallet with a document and an inbox, whose backup is kept on a shelf.
fn furnished() -> (Chain, MemberId, Home, Wallet, Shelf) {
    let mut chain = Chain::new();
    let vault = vault(&mut chain);
    let (home, mut wallet) = Home::new(&chain, 1);
    wallet.open_slot(vault, None).unwrap();
    recorded(&mut wallet, &mut chain, vault, b"passport");
    wallet.add_inbox("bank", vault).unwrap();
    let mut shelf = Shelf::default();
    shelf.keep(&mut wallet);
    (chain, vault, home, wallet, shelf)
}

/// A backup to spoil, its vault and the chain it is of.
fn example() -> (&'static ChainSpec, MemberId, Vec<u8>) {
    static EXAMPLE: OnceLock<(ChainSpec, MemberId, Vec<u8>)> = OnceLock::new();
    let (spec, vault, bytes) = EXAMPLE.get_or_init(|| {
        let (chain, vault, _home, _wallet, shelf) = furnished();
        (chain.spec, vault, shelf.0.unwrap().1)
    });
    (spec, *vault, bytes.clone())
}

fn opened(
    (seed, spec): (u8, &ChainSpec),
    vault: MemberId,
    revision: u64,
    bytes: &[u8],
) -> Result<SlotBackup, SlotError> {
    let recovery = Recovery::new(Seed::from_bytes(&[seed; 32]), spec);
    recovery.open(vault, Revision(revision), bytes)
}

#[track_caller]
fn refused(bytes: &[u8], reason: &str) {
    let (spec, vault, _) = example();
    let error = opened((1, spec), vault, 1, bytes).unwrap_err();
    assert_eq!(error.reason(), reason, "{error}");
}

#[test]
fn a_wallet_recovered_from_its_seed_knows_all_and_goes_on() {
    let (mut chain, vault, home, mut wallet, mut shelf) = furnished();
    let before = wallet.state.duplicate().unwrap();
    drop((wallet, home));

    let machine = Machine::new();
    wallet = machine.recover(&chain.spec, vault, &shelf);
    let early = wallet.add_inbox("shop", vault).unwrap();
    assert!(early > before.next_inbox, "addresses are from a new block");
    assert!(sync(&mut wallet, &chain).found.is_empty());
    assert_eq!(*wallet.record(Counter(0)).unwrap(), before.records[0]);
    assert_eq!(wallet.inboxes()[0], before.inboxes[0]);
    assert_eq!(wallet.slot().unwrap().stored, shelf.version());
    let (second, _) = recorded(&mut wallet, &mut chain, vault, b"payslip");
    let left_out = second.0 - 1;
    assert!((MARGIN..MARGIN + SPREAD).contains(&left_out), "{second}");
    assert!(chain.relay(&wallet.ending(Counter(0)).unwrap()).is_ok());
    shelf.keep(&mut wallet);
    assert_eq!(shelf.version().unwrap().revision, Revision(2));
}

#[test]
fn no_number_is_handed_out_before_the_chain_was_read() {
    let (chain, vault, _home, _wallet, shelf) = furnished();
    for shelf in [shelf, Shelf::default()] {
        let machine = Machine::new();
        let mut wallet = machine.recover(&chain.spec, vault, &shelf);
        let category = tacit_circuits::types::Category::from_slug("official-id").unwrap();
        let new = crate::record::NewRecord {
            title: "Payslip",
            category,
            vault,
        };
        let mut document = std::io::Cursor::new(b"payslip");
        let early = wallet.add_record(new, &mut document, &mut Vec::new());
        assert_eq!(early.unwrap_err().reason(), "WALLET_NOT_YET");
        // Also after it was opened again: the note is on the disk.
        drop(wallet);
        let rng = Box::new(rng(3));
        let mut wallet = Wallet::open(&machine.path(), PASSWORD, None, rng).unwrap();
        assert!(wallet.state.recovered);
        sync(&mut wallet, &chain);
        assert!(!wallet.state.recovered);
        add(&mut wallet, vault, b"payslip");
    }
}

#[test]
fn what_came_after_the_backup_is_found_and_what_is_on_its_way_is_left_room_for() {
    let (mut chain, vault, _home, mut lost, shelf) = furnished();
    let (later, _) = recorded(&mut lost, &mut chain, vault, b"payslip");
    // The last step of the lost machine: sent, and not on the chain yet.
    let flying = add(&mut lost, vault, b"contract");
    let sent = lost.record_submission(flying).unwrap();
    let sent = sent.transaction.as_bytes().to_vec();

    for shelf in [shelf, Shelf::default()] {
        let machine = Machine::new();
        let mut wallet = machine.recover(&chain.spec, vault, &shelf);
        let report = sync(&mut wallet, &chain);
        assert!(report.found.contains(&later));
        let new = add(&mut wallet, vault, b"new");
        assert!(new > flying, "{new}");
        let before = chain.leaves();
        chain.relay_bytes(&sent).unwrap();
        if chain.leaves() > before {
            chain.anchor();
            assert_eq!(sync(&mut wallet, &chain).found, [flying]);
        }
        register(&mut wallet, &mut chain, new);
        chain.anchor();
        sync(&mut wallet, &chain);
        assert!(wallet.record(new).unwrap().progress.live().is_some());
        // It can be ended, like everything that the seed made.
        chain.relay(&wallet.ending(new).unwrap()).unwrap();
    }
}

#[test]
fn recovering_over_and_over_loses_no_leaf_to_a_scan_with_the_seed_alone() {
    let (mut chain, vault, _home, _lost, mut shelf) = furnished();
    let mut before = 0;
    for round in 0..24 {
        let machine = Machine::new();
        let mut wallet = machine.recover(&chain.spec, vault, &shelf);
        sync(&mut wallet, &chain);
        let next = wallet.state.next.0;
        assert!(round > 4 || next >= before + MARGIN, "round {round}");
        before = next;
        shelf.keep(&mut wallet);
    }
    let machine = Machine::new();
    let mut wallet = machine.recover(&chain.spec, vault, &shelf);
    sync(&mut wallet, &chain);
    let (far, _) = recorded(&mut wallet, &mut chain, vault, b"payslip");
    assert!(
        far >= Counter(FARTHEST) && far < Counter(LOOKAHEAD),
        "{far}"
    );
    let empty = Machine::new();
    let mut bare = empty.recover(&chain.spec, vault, &Shelf::default());
    assert!(sync(&mut bare, &chain).found.contains(&far));
}

#[test]
fn what_the_wallet_decides_marks_the_backup_and_what_the_chain_tells_does_not() {
    let (mut chain, vault, mut home, mut wallet, mut shelf) = furnished();
    let dirty = |wallet: &Wallet| wallet.slot().unwrap().dirty;
    assert!(!dirty(&wallet));
    chain.anchor();
    sync(&mut wallet, &chain);
    assert!(!dirty(&wallet), "the chain tells it again");
    wallet.open_slot(vault, shelf.version()).unwrap();
    assert!(!dirty(&wallet), "nothing has changed");
    let record = add(&mut wallet, vault, b"payslip");
    assert!(dirty(&wallet));
    drop(wallet);
    let mut wallet = home.reopen();
    assert!(dirty(&wallet), "until it was uploaded");
    shelf.keep(&mut wallet);
    assert!(!dirty(&wallet));
    add(&mut wallet, vault, b"payslip");
    assert!(!dirty(&wallet), "the same document is there already");
    register(&mut wallet, &mut chain, record);
    assert!(dirty(&wallet));
    shelf.keep(&mut wallet);
    // Not forgotten for another vault, and sent again after a removal that was cut off.
    let elsewhere = MemberId::new(vault.get() + 1).unwrap();
    for found in [None, shelf.version()] {
        let refused = wallet.open_slot(elsewhere, found).unwrap_err();
        assert_eq!(refused.reason(), "SLOT_ELSEWHERE");
    }
    assert_eq!(wallet.slot().unwrap().stored, shelf.version());
    wallet.slot_may_go().unwrap();
    assert!(dirty(&wallet) && !wallet.slot_awaits_answer());
    wallet.slot_upload().unwrap();
    assert!(wallet.slot_awaits_answer());
    wallet.close_slot().unwrap();
    assert!(wallet.slot().is_none());
    assert_eq!(wallet.slot_upload().unwrap_err().reason(), "SLOT_OFF");
    add(&mut wallet, vault, b"contract");
    assert!(wallet.slot().is_none());
}

#[test]
fn an_upload_whose_answer_was_lost_is_known_again_also_after_a_kill() {
    let (_chain, vault, mut home, mut wallet, mut shelf) = furnished();
    let before = shelf.version();
    for cut in 0..4 {
        let stored = wallet.slot().unwrap().stored;
        wallet.add_inbox(&format!("shop {cut}"), vault).unwrap();
        // Some that never arrived, before and after the one that did.
        wallet.slot_upload().unwrap();
        let arrived = wallet.slot_upload().unwrap();
        let version = shelf.put(&arrived).unwrap();
        drop(wallet);
        wallet = home.reopen();
        assert_eq!(wallet.slot().unwrap().stored, stored);
        let next = wallet.slot_upload().unwrap();
        assert!(shelf.put(&next).is_none(), "stale");
        assert!(wallet.slot_is_own(&version).unwrap());
        assert!(wallet.slot().unwrap().dirty);
        shelf.keep(&mut wallet);
    }
    let other = SlotVersion {
        revision: Revision::after(shelf.version().as_ref()).unwrap(),
        digest: SlotDigest([7; 32]),
    };
    assert!(!wallet.slot_is_own(&other).unwrap());
    assert!(!wallet.slot_is_own(&before.unwrap()).unwrap());
    assert_eq!(
        wallet.slot_stored(other).unwrap_err().reason(),
        "RELAY_OUTCOME"
    );
}

#[test]
fn of_two_copies_the_one_that_writes_later_is_told() {
    let (chain, vault, _home, mut lost, mut shelf) = furnished();
    let machine = Machine::new();
    let mut wallet = machine.recover(&chain.spec, vault, &shelf);
    sync(&mut wallet, &chain);
    shelf.keep(&mut wallet);
    lost.add_inbox("shop", vault).unwrap();
    let upload = lost.slot_upload().unwrap();
    assert!(shelf.put(&upload).is_none());
    let found = shelf.version().unwrap();
    assert!(!lost.slot_is_own(&found).unwrap());
    // On purpose it goes on from there.
    lost.open_slot(vault, Some(found)).unwrap();
    shelf.keep(&mut lost);
    wallet.add_inbox("club", vault).unwrap();
    assert!(shelf.put(&wallet.slot_upload().unwrap()).is_none());
}

#[test]
fn every_changed_byte_and_every_other_length_is_refused() {
    let (_, _, good) = example();
    assert_eq!(good.len() as u64, SIZES[0]);
    let body = (85..good.len()).step_by(4099);
    for at in (0..85).chain(body).chain([good.len() - 1]) {
        let mut bad = good.clone();
        bad[at] ^= 1;
        refused(
            &bad,
            if at == 4 {
                "SLOT_VERSION"
            } else {
                "SLOT_DAMAGED"
            },
        );
    }
    for length in [0, 1, 85, 101, good.len() - 1] {
        refused(&good[..length], "SLOT_DAMAGED");
    }
    refused(&[&good[..], &[0]].concat(), "SLOT_DAMAGED");
    let longer = [&good[..], &vec![0; (SIZES[1] - SIZES[0]) as usize]].concat();
    refused(&longer, "SLOT_DAMAGED");
    refused(&vec![0; SIZES[0] as usize], "SLOT_DAMAGED");
}

#[test]
fn a_header_that_fits_its_checksum_makes_nobody_work_and_opens_nothing() {
    let (_, _, good) = example();
    let mended = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut bad = good.clone();
        change(&mut bad);
        let sum = <sha2::Sha256 as sha2::Digest>::digest(&bad[..77]);
        bad[77..85].copy_from_slice(&sum[..8]);
        bad
    };
    // One gigabyte of memory and 16 passes: refused by its cost, before anything is computed.
    let costly = mended(&|bytes| {
        bytes[5..9].copy_from_slice(&(1u32 << 20).to_be_bytes());
        bytes[9..13].copy_from_slice(&16u32.to_be_bytes());
    });
    refused(&costly, "SLOT_DAMAGED");
    refused(&mended(&|bytes| bytes[20] ^= 1), "SLOT_OTHER_SEED");
    refused(&mended(&|bytes| bytes[35] ^= 1), "SLOT_DAMAGED");
    refused(&mended(&|bytes| bytes[50] ^= 1), "SLOT_OTHER_SEED");
    // A backup in a file is none in a slot.
    refused(
        &mended(&|bytes| bytes[..4].copy_from_slice(b"TCBK")),
        "SLOT_DAMAGED",
    );
}

#[test]
fn a_backup_opens_for_its_seed_chain_vault_and_revision_alone() {
    let (spec, vault, good) = example();
    let reason = |seed, spec, vault, revision| {
        let outcome = opened((seed, spec), vault, revision, &good);
        outcome.err().map(|error| error.reason())
    };
    assert_eq!(reason(1, spec, vault, 1), None);
    assert_eq!(reason(2, spec, vault, 1), Some("SLOT_OTHER_SEED"));
    let other = Chain::with_pinned(Digest32([8; 32]), Digest32([9; 32]));
    assert_eq!(reason(1, &other.spec, vault, 1), Some("SLOT_OTHER_SEED"));
    let elsewhere = MemberId::new(77).unwrap();
    assert_eq!(reason(1, spec, elsewhere, 1), Some("SLOT_OTHER_SEED"));
    for revision in [0, 2, u64::MAX] {
        assert_eq!(
            reason(1, spec, vault, revision),
            Some("SLOT_OTHER_REVISION"),
            "a vault that passes an old backup off as newer"
        );
    }
}

#[test]
fn a_wallet_that_is_there_is_never_replaced_by_a_recovery() {
    let (spec, vault, bytes) = example();
    let machine = Machine::new();
    std::fs::write(machine.path(), b"something of the person's").unwrap();
    let recovery = Recovery::new(Seed::from_bytes(&[1; 32]), spec);
    let backup = recovery.open(vault, Revision(1), &bytes).unwrap();
    let rng = Box::new(rng(1));
    let made = recovery.finish(&machine.path(), PASSWORD, COST, Some(backup), rng);
    assert_eq!(made.unwrap_err().reason(), "WALLET_EXISTS");
    assert_eq!(
        std::fs::read(machine.path()).unwrap(),
        b"something of the person's"
    );
}

#[test]
fn a_sealed_backup_has_one_of_the_sizes_and_shows_nothing() {
    let (_chain, vault, _home, mut wallet, _) = furnished();
    let first = wallet.slot_upload().unwrap();
    let second = wallet.slot_upload().unwrap();
    assert_ne!(
        first.digest, second.digest,
        "two of one content look unrelated"
    );
    assert_eq!(first.bytes.len() as u64, SIZES[0]);
    for number in 0..900 {
        let label = format!("{number}").repeat(40);
        wallet.state.inboxes.push_over_oldest(crate::state::Inbox {
            number,
            label: crate::codec::Text::new(&label[..100.min(label.len())]).unwrap(),
            vault,
            open: true,
        });
    }
    let larger = wallet.slot_upload().unwrap();
    assert_eq!(larger.bytes.len() as u64, SIZES[1]);
    for word in [&b"tacit"[..], b"bank", b"Passport", &[1; 32]] {
        let sealed = &first.bytes[85..];
        assert!(!sealed.windows(word.len()).any(|at| at == word));
    }
    assert_eq!(format!("{first:?}"), "SlotUpload(65536 bytes)");
}

/// What happens to a person in turn.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// Makes a document's leaf, whose transaction goes out; the node may keep it back for now.
    Make { kept_back: bool },
    /// Brings the backup up to date.
    Keep,
    /// What was kept back comes through.
    Release,
    /// Loses the machine, and recovers from the slot or with nothing but the seed.
    Lose { slot: bool },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => any::<bool>().prop_map(|kept_back| Step::Make { kept_back }),
        3 => Just(Step::Keep),
        2 => Just(Step::Release),
        2 => any::<bool>().prop_map(|slot| Step::Lose { slot }),
    ];
    proptest::collection::vec(step, 1..14)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn however_a_wallet_is_lost_no_two_leaves_share_an_end_tag_and_each_can_be_ended(steps in steps()) {
        let mut chain = Chain::new();
        let vault = vault(&mut chain);
        let (home, mut wallet) = Home::new(&chain, 1);
        let _home = home;
        let mut machines = Vec::new();
        wallet.open_slot(vault, None).unwrap();
        let (mut shelf, mut waiting) = (Shelf::default(), Vec::new());
        let mut documents = 0u32;
        for step in steps {
            match step {
                Step::Make { kept_back } => {
                    documents += 1;
                    let record = add(&mut wallet, vault, &documents.to_be_bytes());
                    let sent = wallet.record_submission(record).unwrap();
                    let sent = sent.transaction.as_bytes().to_vec();
                    if kept_back {
                        waiting.push(sent);
                    } else {
                        chain.relay_bytes(&sent).unwrap();
                        chain.anchor();
                        sync(&mut wallet, &chain);
                    }
                }
                Step::Keep => {
                    if wallet.slot().is_none() {
                        wallet.open_slot(vault, shelf.version()).unwrap();
                    }
                    shelf.keep(&mut wallet);
                }
                Step::Release => {
                    for sent in waiting.drain(..) {
                        chain.relay_bytes(&sent).unwrap();
                    }
                    chain.anchor();
                    sync(&mut wallet, &chain);
                }
                Step::Lose { slot } => {
                    // Of a wallet that was lost twice in a row, only chance keeps what is still on its way apart.
                    if !machines.is_empty() {
                        for sent in waiting.drain(..) {
                            chain.relay_bytes(&sent).unwrap();
                        }
                        chain.anchor();
                    }
                    let machine = Machine::new();
                    let none = Shelf::default();
                    wallet = machine.recover(&chain.spec, vault, if slot { &shelf } else { &none });
                    machines.push(machine);
                    sync(&mut wallet, &chain);
                }
            }
        }
        for sent in waiting {
            chain.relay_bytes(&sent).unwrap();
        }
        chain.anchor();
        sync(&mut wallet, &chain);
        // One number, one leaf: and this wallet has all of them.
        let placed = wallet.state.records.iter().filter(|r| r.progress.position().is_some());
        let numbers: Vec<Counter> = placed
            .map(|record| record.counter)
            .chain(wallet.found().iter().map(|found| found.counter))
            .collect();
        let distinct: BTreeSet<Counter> = numbers.iter().copied().collect();
        prop_assert_eq!(distinct.len(), numbers.len());
        prop_assert_eq!(numbers.len() as u64, chain.leaves());
        for number in numbers {
            let ending = wallet.ending(number).unwrap();
            prop_assert!(chain.relay(&ending).is_ok());
        }
    }
}
