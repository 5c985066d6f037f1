//! Steps that many tests take.

use std::io::Cursor;

use tacit_circuits::types::{Category, MemberId, Position};
use tacit_ledger::member::Role;

use super::{Chain, Node};
use crate::derive::Counter;
use crate::record::NewRecord;
use crate::sync::SyncReport;
use crate::wallet::Wallet;

/// Registers a vault.
pub fn vault(chain: &mut Chain) -> MemberId {
    chain.member("vault", Role::Vault, 40)
}

/// Reads the chain.
pub fn sync(wallet: &mut Wallet, chain: &Chain) -> SyncReport {
    wallet.sync(&mut Node::new(chain)).unwrap()
}

/// Enters a document as a record; the object is thrown away.
pub fn add(wallet: &mut Wallet, vault: MemberId, document: &[u8]) -> Counter {
    let category = Category::from_slug("official-id").unwrap();
    let new = NewRecord {
        title: "Passport",
        category,
        vault,
    };
    wallet
        .add_record(new, &mut Cursor::new(document), &mut Vec::new())
        .unwrap()
}

/// Sends a record's transaction and notes the outcome.
pub fn register(wallet: &mut Wallet, chain: &mut Chain, record: Counter) {
    let bytes = wallet
        .record_submission(record)
        .unwrap()
        .transaction
        .as_bytes()
        .to_vec();
    let outcome = chain.relay_bytes(&bytes).unwrap();
    wallet.note_outcome(record, &outcome).unwrap();
}

/// A document on the chain.
pub fn recorded(
    wallet: &mut Wallet,
    chain: &mut Chain,
    vault: MemberId,
    document: &[u8],
) -> (Counter, Position) {
    let record = add(wallet, vault, document);
    register(wallet, chain, record);
    chain.anchor();
    sync(wallet, chain);
    (
        record,
        wallet.record(record).unwrap().progress.live().unwrap(),
    )
}
