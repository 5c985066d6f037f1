//! Documents: sealing them, and their leaves.
//!
//! A step that was cut off is taken again by calling the same methods again. Data key and nonce follow from the seed, the
//! counter and the content, so sealing the same document again gives the same object, and its transaction the same bytes:
//! one object, one leaf.

use std::io::{Read, Seek, SeekFrom, Write};

use tacit_circuits::types::{Category, MemberId, Secret};
use tacit_ledger::action::RegisterRecord;
use tacit_ledger::ids::RequestId;
use tacit_ledger::outcome::Outcome;
use tacit_ledger::tx::Tx;
use tacit_vault::keys::ContentHasher;
use tacit_vault::object::{self, ChunkSize, ContentDigest, DataKey, IoError, ObjectNonce};
use zeroize::Zeroizing;

use crate::codec::{Blob, Text};
use crate::derive::{Counter, Plan, PlanKind};
use crate::error::WalletError;
use crate::leaf;
use crate::state::{Progress, RecordEntry, Submission};
use crate::wallet::{Wallet, take_counter};

/// Bytes of a document that are read at a time.
const PIECE: usize = 64 * 1024;

/// A document to keep.
#[derive(Clone, Copy)]
pub struct NewRecord<'a> {
    /// Title, for the holder only.
    pub title: &'a str,
    /// What it is about.
    pub category: Category,
    /// The vault that is going to keep it.
    pub vault: MemberId,
}

impl Wallet {
    /// Seals a document into `object` and enters it as a record. A document that is entered already, in the same category
    /// and vault, keeps its record and is sealed into the very same object.
    ///
    /// The document is read twice: its keys depend on its content.
    ///
    /// # Errors
    /// [`WalletError::Object`] when reading or writing fails, [`WalletError::Text`], [`WalletError::Full`].
    pub fn add_record(
        &mut self,
        new: NewRecord<'_>,
        document: &mut (impl Read + Seek),
        object: impl Write,
    ) -> Result<Counter, WalletError> {
        let title = Text::new(new.title).ok_or(WalletError::Text("title"))?;
        let digest = digest(document)?;
        let (category, vault) = (
            new.category.get().to_be_bytes(),
            new.vault.get().to_be_bytes(),
        );
        let plan = Plan::of(PlanKind::Record, &[digest.as_bytes(), &category, &vault]);
        let known = self
            .state
            .records
            .iter()
            .find(|r| r.plan == plan && !matches!(r.progress, Progress::Ended(_)));
        let known = known.map(|record| (record.counter, record.object));
        let counter = known.map_or(self.state.next, |(counter, _)| counter);

        let key = DataKey::new(*self.keys.data_key(counter, &plan).expose());
        let nonce = ObjectNonce::for_content(&key, &digest);
        let info = object::seal(&key, nonce, ChunkSize::DEFAULT, document, object)?;
        if info.content_digest != digest || known.is_some_and(|(_, object)| object != info) {
            return Err(WalletError::NotYet(
                "the document changed while it was read: try again",
            ));
        }
        if known.is_some() {
            return Ok(counter);
        }
        self.change(|state, _| {
            let counter = take_counter(state)?;
            let record = RecordEntry {
                counter,
                generation: state.generation,
                plan,
                title,
                category: new.category,
                vault: new.vault,
                object: info,
                uploaded: false,
                bound: false,
                progress: Progress::Planned,
            };
            state
                .records
                .push(record)
                .map_err(|_| WalletError::Full("record"))?;
            Ok(counter)
        })
    }

    /// The documents.
    #[must_use]
    pub fn records(&self) -> &[RecordEntry] {
        &self.state.records
    }

    /// One document.
    ///
    /// # Errors
    /// [`WalletError::Unknown`].
    pub fn record(&self, number: Counter) -> Result<&RecordEntry, WalletError> {
        let found = self
            .state
            .records
            .iter()
            .find(|record| record.counter == number);
        found.ok_or(WalletError::Unknown {
            what: "record",
            number,
        })
    }

    /// The secret of the Ed25519 key that owns a document's object at the vault.
    ///
    /// # Errors
    /// [`WalletError::Unknown`].
    pub fn object_owner(&self, number: Counter) -> Result<Secret<[u8; 32]>, WalletError> {
        let record = self.record(number)?;
        Ok(self.keys.object_owner_key(record.counter, &record.plan))
    }

    /// The key that opens a document's object, for the holder's own download.
    ///
    /// # Errors
    /// [`WalletError::Unknown`].
    pub fn data_key(&self, number: Counter) -> Result<DataKey, WalletError> {
        let record = self.record(number)?;
        Ok(DataKey::new(
            *self.keys.data_key(record.counter, &record.plan).expose(),
        ))
    }

    /// Notes that the vault has a document's object.
    ///
    /// # Errors
    /// [`WalletError::Unknown`].
    pub fn note_uploaded(&mut self, number: Counter) -> Result<(), WalletError> {
        self.change_record(number, |record| record.uploaded = true)
    }

    /// Notes that the vault has tied a document's object to its leaf.
    ///
    /// # Errors
    /// [`WalletError::Unknown`].
    pub fn note_bound(&mut self, number: Counter) -> Result<(), WalletError> {
        self.change_record(number, |record| record.bound = true)
    }

    /// The transaction that registers a record: the same bytes whenever it is asked for. To be relayed by the vault.
    ///
    /// # Errors
    /// [`WalletError::Unknown`]; [`WalletError::NotYet`] when the record is on the chain already.
    pub fn record_submission(&mut self, number: Counter) -> Result<&Submission, WalletError> {
        if self.record(number)?.progress == Progress::Planned {
            let parts = leaf::record(&self.keys, self.record(number)?);
            let action = RegisterRecord {
                holder_key: parts.holder_key,
                body: parts.body,
                end_tag: parts.end_tag,
            };
            let tx = Tx::unsigned(RequestId(self.keys.request_id(number)), action.into());
            let submission = submission(&tx, Vec::new())?;
            self.change_record(number, |record| {
                record.progress = Progress::Sent(submission)
            })?;
        }
        self.record(number)?
            .progress
            .submission()
            .ok_or(WalletError::NotYet("the record is on the chain already"))
    }

    /// Notes what the relay says that a record's or grant's transaction did. The next sync looks it up in the note tree.
    ///
    /// # Errors
    /// [`WalletError::Outcome`] when that is no outcome of such a transaction, [`WalletError::Unknown`].
    pub fn note_outcome(&mut self, number: Counter, outcome: &Outcome) -> Result<(), WalletError> {
        let Outcome::Leaf { position, .. } = *outcome else {
            return Err(WalletError::Outcome);
        };
        self.change(|state, _| {
            let records = state
                .records
                .iter_mut()
                .map(|record| (record.counter, &mut record.progress));
            let grants = state
                .grants
                .iter_mut()
                .map(|grant| (grant.counter, &mut grant.progress));
            let (_, progress) = records
                .chain(grants)
                .find(|(counter, _)| *counter == number)
                .ok_or(WalletError::Unknown {
                    what: "record or grant",
                    number,
                })?;
            *progress = match std::mem::replace(progress, Progress::Planned) {
                Progress::Sent(sent) | Progress::Claimed(sent, _) => {
                    Progress::Claimed(sent, position)
                }
                other => other,
            };
            Ok(())
        })
    }

    fn change_record(
        &mut self,
        number: Counter,
        change: impl FnOnce(&mut RecordEntry),
    ) -> Result<(), WalletError> {
        self.change(|state, _| {
            let found = state
                .records
                .iter_mut()
                .find(|record| record.counter == number);
            change(found.ok_or(WalletError::Unknown {
                what: "record",
                number,
            })?);
            Ok(())
        })
    }
}

/// A transaction as it is sent.
pub(crate) fn submission(tx: &Tx, sidecar: Vec<u8>) -> Result<Submission, WalletError> {
    Ok(Submission {
        transaction: Blob::new(tx.to_bytes()).ok_or(WalletError::TooLarge("transaction"))?,
        sidecar: Blob::new(sidecar).ok_or(WalletError::TooLarge("sidecar"))?,
    })
}

/// Reads a document for its digest, and goes back to its beginning.
fn digest(document: &mut (impl Read + Seek)) -> Result<ContentDigest, IoError> {
    let mut hasher = ContentHasher::default();
    let mut piece = Zeroizing::new(vec![0; PIECE]);
    document.seek(SeekFrom::Start(0))?;
    loop {
        match document.read(&mut piece) {
            Ok(0) => break,
            Ok(length) => hasher.update(piece.get(..length).unwrap_or_default()),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error.into()),
        }
    }
    document.seek(SeekFrom::Start(0))?;
    Ok(hasher.finish())
}

#[cfg(test)]
mod tests;
