use std::path::PathBuf;
use std::sync::OnceLock;

use proptest::prelude::*;
use tacit_circuits::types::{Digest32, MemberId};
use tacit_identity::schema::Schema;

use super::padding::LENGTH;
use super::*;
use crate::derive::Counter;
use crate::issuance::Received;
use crate::state::Progress;
use crate::testing::steps::{add, recorded, register, sync, vault};
use crate::testing::{
    Chain, Home, IssuedDocuments, Issuer, Node, PASSWORD, Platform, open_key, rng, show_key,
};
use crate::unfinished::Step;

const PASSPHRASE: &[u8] = b"a passphrase for the drawer";
const OTHER_PASSWORD: &[u8] = b"password of the other device";
const COST: KdfCost = KdfCost::INSECURE_TEST;

/// Changes a content before it is sealed.
type Spoil<'a> = &'a dyn Fn(&mut Vec<u8>);

/// An empty machine.
struct Machine(tempfile::TempDir);

impl Machine {
    fn new() -> Self {
        Machine(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("wallet")
    }

    fn restore_with(
        &self,
        spec: &ChainSpec,
        bytes: &[u8],
        passphrase: &[u8],
    ) -> Result<Wallet, WalletError> {
        let backup = Backup { bytes, passphrase };
        let rng = Box::new(rng(77));
        Wallet::restore(&self.path(), OTHER_PASSWORD, COST, spec, &backup, rng)
    }

    fn restore(&self, chain: &Chain, bytes: &[u8]) -> Wallet {
        self.restore_with(&chain.spec, bytes, PASSPHRASE).unwrap()
    }
}

/// A wallet with a document and an inbox, and its chain.
fn furnished() -> (Chain, MemberId, Home, Wallet) {
    let mut chain = Chain::new();
    let vault = vault(&mut chain);
    let (home, mut wallet) = Home::new(&chain, 1);
    recorded(&mut wallet, &mut chain, vault, b"passport");
    wallet.add_inbox("bank", vault).unwrap();
    (chain, vault, home, wallet)
}

fn made(wallet: &mut Wallet) -> Vec<u8> {
    wallet.backup(PASSPHRASE, COST).unwrap()
}

/// A backup to spoil, and the chain it is of.
fn example() -> (&'static ChainSpec, Vec<u8>) {
    static EXAMPLE: OnceLock<(ChainSpec, Vec<u8>)> = OnceLock::new();
    let (spec, bytes) = EXAMPLE.get_or_init(|| {
        let (chain, _, _home, mut wallet) = furnished();
        let bytes = made(&mut wallet);
        (chain.spec, bytes)
    });
    (spec, bytes.clone())
}

/// Seals a content of one's own making as a backup.
fn sealed(content: &[u8]) -> Vec<u8> {
    let key = FileKey::of_kind(Kind::Backup, PASSPHRASE, COST, &mut rng(1)).unwrap();
    key.seal(content, &mut rng(2)).unwrap()
}

#[track_caller]
fn refused(spec: &ChainSpec, bytes: &[u8], passphrase: &[u8], reason: &str) {
    let machine = Machine::new();
    let error = machine.restore_with(spec, bytes, passphrase).unwrap_err();
    assert_eq!(error.reason(), reason, "{error}");
    assert!(
        !machine.path().exists(),
        "nothing is left of a refused restore"
    );
}

#[test]
fn a_restored_wallet_knows_all_and_goes_on() {
    let (mut chain, vault, home, mut wallet) = furnished();
    let bytes = made(&mut wallet);
    let mut before = wallet.state.duplicate().unwrap();
    drop((wallet, home));

    let machine = Machine::new();
    let mut wallet = machine.restore(&chain, &bytes);
    before.next_inbox = wallet.state.next_inbox;
    before.recovered = true;
    assert_eq!(*wallet.state.to_bytes(), *before.to_bytes());
    assert!(sync(&mut wallet, &chain).found.is_empty());
    let (second, _) = recorded(&mut wallet, &mut chain, vault, b"payslip");
    assert!(second > Counter(1), "room for what was on its way");
    assert!(chain.relay(&wallet.ending(Counter(0)).unwrap()).is_ok());
    drop(wallet);
    assert!(Wallet::open(&machine.path(), OTHER_PASSWORD, None, Box::new(rng(3))).is_ok());
    let error = Wallet::open(&machine.path(), PASSPHRASE, None, Box::new(rng(3))).unwrap_err();
    assert_eq!(
        error.reason(),
        "WALLET_PASSWORD",
        "the passphrase is the backup's alone"
    );
}

#[test]
fn a_restored_wallet_proves_as_the_same_person() {
    let mut chain = Chain::with_show();
    let issuer = Issuer::register(&mut chain, "Registry", 70);
    let shop = Platform::register(&mut chain, "Shop", 60);
    let (home, mut wallet) = Home::new(&chain, 1);
    let offer = issuer.offer(&chain, 1);
    let (number, request) = wallet.request_credential(&offer, open_key()).unwrap();
    let documents: IssuedDocuments = issuer.issue(&mut chain, &offer, &request);
    chain.anchor();
    sync(&mut wallet, &chain);
    let received: Received<'_> = documents.received();
    wallet
        .read_members(&mut Node::new(&chain), &[issuer.member])
        .unwrap();
    wallet.import_credential(number, &received).unwrap();
    sync(&mut wallet, &chain);
    let prove = |wallet: &mut Wallet| {
        let signed = shop.ask(&chain, &issuer, "age >= 18");
        wallet
            .read_members(&mut Node::new(&chain), &[shop.member])
            .unwrap();
        let request = signed
            .verify(&wallet.chain().0, &wallet.members(), wallet.newest_time())
            .unwrap();
        let proof = wallet.prove(number, request.clone(), show_key()).unwrap();
        proof.answers(&request, chain.now()).unwrap();
        let anchor = wallet.newest_anchor().unwrap();
        let schema = Schema::person().unwrap();
        let key = show_key().verifying_key();
        proof.verify(&schema, &anchor, key).unwrap().nym
    };
    let first = prove(&mut wallet);
    let bytes = made(&mut wallet);
    drop((wallet, home));

    let machine = Machine::new();
    let mut wallet = machine.restore(&chain, &bytes);
    sync(&mut wallet, &chain);
    let second = prove(&mut wallet);
    assert_eq!(first, second, "the same pseudonym towards the same shop");
}

#[test]
fn what_was_under_way_goes_on_with_the_same_bytes() {
    let (mut chain, vault, home, mut wallet) = furnished();
    let record = add(&mut wallet, vault, b"payslip");
    wallet.note_uploaded(record).unwrap();
    let sent = wallet.record_submission(record).unwrap();
    let sent = sent.transaction.as_bytes().to_vec();
    let bytes = made(&mut wallet);
    // The old device still gets it out before it breaks.
    chain.relay_bytes(&sent).unwrap();
    drop((wallet, home));

    let machine = Machine::new();
    let mut wallet = machine.restore(&chain, &bytes);
    assert!(wallet.unfinished().contains(&Step::Register(record)));
    register(&mut wallet, &mut chain, record);
    chain.anchor();
    sync(&mut wallet, &chain);
    assert!(wallet.record(record).unwrap().progress.live().is_some());
    assert_eq!(chain.leaves(), 2, "one leaf, however often it was sent");
}

#[test]
fn an_old_backup_finds_the_leaves_that_came_after_it() {
    let (mut chain, vault, _home, mut wallet) = furnished();
    let bytes = made(&mut wallet);
    let (later, position) = recorded(&mut wallet, &mut chain, vault, b"payslip");

    let machine = Machine::new();
    let mut restored = machine.restore(&chain, &bytes);
    assert_eq!(sync(&mut restored, &chain).found, [later]);
    let (kept, newer) = (Counter(0), add(&mut restored, vault, b"new"));
    assert!(newer > later);
    assert!(restored.record(kept).unwrap().progress.live().is_some());
    // It has no content, but it can be ended.
    chain.relay(&restored.ending(later).unwrap()).unwrap();
    chain.anchor();
    sync(&mut wallet, &chain);
    assert_eq!(
        wallet.record(later).unwrap().progress,
        Progress::Ended(position)
    );
}

#[test]
fn two_copies_that_work_at_once_are_told_and_share_nothing() {
    let (mut chain, vault, mut home, first) = furnished();
    drop(first);
    let machine = Machine::new();
    std::fs::write(machine.path(), home.copy()).unwrap();
    let mut first = home.reopen();
    let mut second = Wallet::open(&machine.path(), PASSWORD, None, Box::new(rng(78))).unwrap();

    // Both take the next number, for different documents: the chain takes one of them.
    let (here, there) = (
        add(&mut first, vault, b"from the first"),
        add(&mut second, vault, b"from the second"),
    );
    assert_eq!(here, there);
    let key = |wallet: &Wallet, number| *wallet.data_key(number).unwrap().expose();
    assert_ne!(key(&first, here), key(&second, there));
    register(&mut first, &mut chain, here);
    let late = second.record_submission(there).unwrap();
    let late = late.transaction.as_bytes().to_vec();
    assert_eq!(
        chain.relay_bytes(&late).unwrap_err().code(),
        "REQUEST_ID_REUSED"
    );
    chain.anchor();
    let report = sync(&mut second, &chain);
    assert_eq!(
        (&report.displaced, &report.found),
        (&vec![there], &vec![there])
    );
    let (again, _) = recorded(&mut second, &mut chain, vault, b"from the second");
    assert!(again > there);
    assert_eq!(
        sync(&mut first, &chain).found,
        [again],
        "the first is told as well"
    );
}

#[test]
fn a_restored_wallet_takes_neither_a_number_that_is_in_flight_nor_an_address() {
    let (mut chain, vault, _home, mut first) = furnished();
    let bytes = made(&mut first);
    // After the backup, and not on the chain yet: as a request in a file, which may lie with its issuer for days.
    let flying = add(&mut first, vault, b"in flight");

    let machine = Machine::new();
    let mut second = machine.restore(&chain, &bytes);
    assert!(second.state.recovered, "no number before the chain is read");
    sync(&mut second, &chain);
    let here = add(&mut second, vault, b"new");
    assert!(here > flying);
    register(&mut first, &mut chain, flying);
    chain.anchor();
    let report = sync(&mut second, &chain);
    assert_eq!((report.displaced, report.found), (vec![], vec![flying]));
    let number = first.add_inbox("shop", vault).unwrap();
    let other = second.add_inbox("club", vault).unwrap();
    assert_ne!(number, other);
    assert_ne!(
        first.invitation(number).unwrap().address,
        second.invitation(other).unwrap().address
    );
}

#[test]
fn a_moved_wallet_only_opens_to_be_backed_up_again() {
    let (chain, _, home, mut wallet) = furnished();
    wallet.retire().unwrap();
    drop(wallet);
    let open = Wallet::open(&home.path(), PASSWORD, None, Box::new(rng(1)));
    assert_eq!(open.unwrap_err().reason(), "WALLET_RETIRED");
    let mut left = Wallet::open_to_back_up(&home.path(), PASSWORD, Box::new(rng(1))).unwrap();
    let bytes = made(&mut left);
    drop(left);
    let machine = Machine::new();
    sync(&mut machine.restore(&chain, &bytes), &chain);
    assert!(Wallet::open(&machine.path(), OTHER_PASSWORD, None, Box::new(rng(1))).is_ok());
}

#[test]
fn a_wallet_that_is_there_is_never_replaced() {
    let (spec, bytes) = example();
    let machine = Machine::new();
    std::fs::write(machine.path(), b"something of the person's").unwrap();
    let error = machine.restore_with(spec, &bytes, PASSPHRASE).unwrap_err();
    assert_eq!(error.reason(), "WALLET_EXISTS");
    assert_eq!(
        std::fs::read(machine.path()).unwrap(),
        b"something of the person's"
    );
}

#[test]
fn every_defect_has_an_error_of_its_own() {
    let (spec, bytes) = example();
    refused(spec, &bytes, b"guess", "BACKUP_PASSPHRASE");
    let other = Chain::with_pinned(Digest32([8; 32]), Digest32([9; 32]));
    refused(&other.spec, &bytes, PASSPHRASE, "BACKUP_OTHER_CHAIN");
    for version in [0, 2, 255] {
        let mut other = bytes.clone();
        other[4] = version;
        refused(spec, &other, PASSPHRASE, "BACKUP_VERSION");
    }
    refused(spec, b"", PASSPHRASE, "BACKUP_MAGIC");
    let longer = [&bytes[..], &[0]].concat();
    for damaged in [
        &bytes[..bytes.len() - 1],
        &bytes[..90],
        &bytes[..5],
        &longer,
    ] {
        refused(spec, damaged, PASSPHRASE, "BACKUP_DAMAGED");
    }
    // A wallet file is no backup, and a backup no wallet file.
    let (_chain, _, home, wallet) = furnished();
    drop(wallet);
    refused(spec, &home.copy(), PASSWORD, "BACKUP_MAGIC");
    home.restore(&bytes);
    let open = Wallet::open(&home.path(), PASSPHRASE, None, Box::new(rng(1)));
    assert_eq!(open.unwrap_err().reason(), "WALLET_MAGIC");
    let mut posing = bytes;
    posing[..4].copy_from_slice(b"TCWF");
    let sum = <sha2::Sha256 as sha2::Digest>::digest(&posing[..77]);
    posing[77..85].copy_from_slice(&sum[..8]);
    home.restore(&posing);
    let open = Wallet::open(&home.path(), PASSPHRASE, None, Box::new(rng(1)));
    assert_eq!(open.unwrap_err().reason(), "WALLET_PASSWORD");
}

#[test]
fn a_content_that_was_sealed_wrongly_is_refused() {
    let (chain, _, _home, wallet) = furnished();
    let spec = &chain.spec;
    let state = wallet.others.with(&wallet.state);
    let good = pad(&state).unwrap();
    assert!(
        Machine::new()
            .restore_with(spec, &sealed(&good), PASSPHRASE)
            .is_ok()
    );
    let spoiled = |spoil: Spoil<'_>| {
        let mut content = good.to_vec();
        spoil(&mut content);
        sealed(&content)
    };
    let cases: [Spoil<'_>; 7] = [
        &|content| content.clear(),
        &|content| content.truncate(7),
        &|content| content[..8].copy_from_slice(&u64::MAX.to_be_bytes()),
        &|content| content[7] ^= 1,
        &|content| *content.last_mut().unwrap() = 1,
        &|content| content.resize(2 * content.len(), 0),
        &|content| content.truncate(content.len() - 1),
    ];
    for spoil in cases {
        refused(spec, &spoiled(spoil), PASSPHRASE, "BACKUP_DAMAGED");
    }
    refused(
        spec,
        &spoiled(&|content| content[8] ^= 1),
        PASSPHRASE,
        "BACKUP_DAMAGED",
    );
    refused(
        spec,
        &spoiled(&|content| content[12] = 99),
        PASSPHRASE,
        "BACKUP_VERSION",
    );
}

#[test]
fn the_size_of_a_small_backup_tells_nothing_of_its_content() {
    let (mut chain, vault, _home, mut wallet) = furnished();
    let before = made(&mut wallet);
    recorded(&mut wallet, &mut chain, vault, b"payslip");
    wallet
        .add_inbox("a longer label than before", vault)
        .unwrap();
    let after = made(&mut wallet);
    assert_eq!(before.len(), after.len());
    assert!(before.len() < 70_000);
    let text = wallet.seed_text();
    assert!(
        !after
            .windows(8)
            .any(|window| text.as_bytes().starts_with(window))
    );
    assert!(!after.windows(4).any(|window| window == b"bank"));
}

#[test]
fn a_state_that_fills_the_bound_is_padded_and_a_longer_one_refused() {
    assert_eq!(
        pad(&vec![1; MAX_PLAINTEXT - LENGTH]).unwrap().len(),
        MAX_PLAINTEXT
    );
    assert!(pad(&vec![1; MAX_PLAINTEXT - LENGTH + 1]).is_none());
    for length in [
        0,
        1,
        MIN_CONTENT - LENGTH,
        MIN_CONTENT - LENGTH + 1,
        MIN_CONTENT,
    ] {
        let state = vec![3; length];
        assert_eq!(unpad(&pad(&state).unwrap()), Some(&state[..]));
    }
}

#[test]
fn a_drawn_block_lies_behind_every_number_in_use() {
    let mut rng = rng(5);
    for next in [0, 1, 1023, 1024, 1 << 30, u32::MAX - 4096, u32::MAX] {
        let drawn = inbox_block(next, &mut rng);
        assert!(
            drawn > next || next > u32::MAX - INBOX_BLOCK,
            "{next}: {drawn}"
        );
        assert!(drawn.checked_add(INBOX_BLOCK - 1).is_some() || drawn == u32::MAX);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_changed_byte_is_refused(at: prop::sample::Index, change in 1u8..) {
        let (spec, mut bytes) = example();
        let at = at.index(bytes.len());
        bytes[at] ^= change;
        let machine = Machine::new();
        let error = machine.restore_with(spec, &bytes, PASSPHRASE).unwrap_err();
        let expected = match at {
            0..4 => "BACKUP_MAGIC",
            4 => "BACKUP_VERSION",
            _ => "BACKUP_DAMAGED",
        };
        prop_assert_eq!(error.reason(), expected);
        prop_assert!(!machine.path().exists());
    }

    #[test]
    fn hostile_bytes_are_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300), good_beginning: bool) {
        let (spec, _) = example();
        let bytes = if good_beginning { [b"TCBK\x01", &bytes[..]].concat() } else { bytes };
        prop_assert!(Machine::new().restore_with(spec, &bytes, PASSPHRASE).is_err());
    }
}
