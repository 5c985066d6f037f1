use std::io::Cursor;

use tacit_vault::object;

use super::*;
use crate::testing::steps::{recorded, sync, vault};
use crate::testing::{Chain, Home};

fn new<'a>(vault: MemberId) -> NewRecord<'a> {
    NewRecord {
        title: "Passport",
        category: Category::from_slug("official-id").unwrap(),
        vault,
    }
}

#[test]
fn sealing_again_gives_the_same_object_and_the_same_transaction() {
    let mut chain = Chain::new();
    let vault = vault(&mut chain);
    let (mut home, mut wallet) = Home::new(&chain, 1);
    let (mut first, mut second) = (Vec::new(), Vec::new());
    let record = wallet
        .add_record(new(vault), &mut Cursor::new(b"passport"), &mut first)
        .unwrap();
    let transaction = wallet
        .record_submission(record)
        .unwrap()
        .transaction
        .as_bytes()
        .to_vec();
    drop(wallet);
    let mut wallet = home.reopen();
    let again = wallet
        .add_record(new(vault), &mut Cursor::new(b"passport"), &mut second)
        .unwrap();
    assert_eq!((again, &second), (record, &first));
    assert_eq!(
        wallet
            .record_submission(record)
            .unwrap()
            .transaction
            .as_bytes(),
        transaction
    );
    assert_eq!(wallet.records().len(), 1);

    let mut opened = Vec::new();
    let info = wallet.record(record).unwrap().object;
    object::open(
        wallet.data_key(record).unwrap(),
        &info,
        &first[..],
        &mut opened,
    )
    .unwrap();
    assert_eq!(opened, b"passport");
}

#[test]
fn two_documents_share_no_key() {
    let mut chain = Chain::new();
    let vault = vault(&mut chain);
    let (_home, mut wallet) = Home::new(&chain, 1);
    let mut add = |document: &[u8]| {
        wallet
            .add_record(new(vault), &mut Cursor::new(document), &mut Vec::new())
            .unwrap()
    };
    let (a, b) = (add(b"passport"), add(b"payslip"));
    assert_ne!(
        wallet.data_key(a).unwrap().expose(),
        wallet.data_key(b).unwrap().expose()
    );
    assert_ne!(
        wallet.object_owner(a).unwrap(),
        wallet.object_owner(b).unwrap()
    );
    let leaf = |counter| crate::leaf::record(&wallet.keys, wallet.record(counter).unwrap());
    assert_ne!(leaf(a).holder_key, leaf(b).holder_key);
    assert_ne!(leaf(a).end_tag, leaf(b).end_tag);
}

#[test]
fn a_document_that_was_ended_can_be_kept_anew() {
    let mut chain = Chain::new();
    let vault = vault(&mut chain);
    let (_home, mut wallet) = Home::new(&chain, 1);
    let (old, _) = recorded(&mut wallet, &mut chain, vault, b"passport");
    let ending = wallet.ending(old).unwrap();
    chain.relay(&ending).unwrap();
    chain.anchor();
    sync(&mut wallet, &chain);
    let (new, _) = recorded(&mut wallet, &mut chain, vault, b"passport");
    assert_ne!(old, new);
    assert_ne!(
        wallet.data_key(old).unwrap().expose(),
        wallet.data_key(new).unwrap().expose()
    );
}

/// Gives other bytes every time it is read from the beginning.
struct Changing(Cursor<Vec<u8>>);

impl Read for Changing {
    fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
        self.0.read(buf)
    }
}

impl Seek for Changing {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        self.0.get_mut()[0] ^= 1;
        self.0.seek(to)
    }
}

#[test]
fn a_document_that_changes_while_it_is_read_is_not_entered() {
    let mut chain = Chain::new();
    let vault = vault(&mut chain);
    let (_home, mut wallet) = Home::new(&chain, 1);
    let mut document = Changing(Cursor::new(b"passport".to_vec()));
    let error = wallet
        .add_record(new(vault), &mut document, &mut Vec::new())
        .unwrap_err();
    assert!(matches!(error, WalletError::NotYet(_)), "{error}");
    assert!(wallet.records().is_empty());
}

#[test]
fn a_title_that_would_play_tricks_on_a_terminal_is_refused() {
    let mut chain = Chain::new();
    let vault = vault(&mut chain);
    let (_home, mut wallet) = Home::new(&chain, 1);
    let long = "x".repeat(300);
    for title in ["\u{1b}]0;title\u{7}", "two\nlines", &long] {
        let new = NewRecord {
            title,
            ..new(vault)
        };
        let error = wallet
            .add_record(new, &mut Cursor::new(b"passport"), &mut Vec::new())
            .unwrap_err();
        assert!(matches!(error, WalletError::Text("title")));
    }
}

#[test]
fn an_outcome_of_something_else_is_refused() {
    let mut chain = Chain::new();
    let vault = vault(&mut chain);
    let (_home, mut wallet) = Home::new(&chain, 1);
    let record = wallet
        .add_record(new(vault), &mut Cursor::new(b"passport"), &mut Vec::new())
        .unwrap();
    wallet.record_submission(record).unwrap();
    assert!(matches!(
        wallet.note_outcome(record, &Outcome::Accessed),
        Err(WalletError::Outcome)
    ));
    assert!(wallet.ending(record).is_err());
}
