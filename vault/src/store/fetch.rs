//! Serving objects under receipts, with the journal that makes "once" hold across restarts.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use tacit_circuits::types::{MemberId, Receipt, Timestamp};

use super::durable::Cabinet;
use super::read::ObjectReader;
use super::{StoreError, Vault, blocking, locked};
use crate::serve::{
    self, ChainFacts, FetchRequest, LiveFacts, LivenessGuard, ObjectFacts, Refusal, Served,
};

/// Seconds for which an entry is kept after its receipt is no longer served.
const RETENTION: u64 = 86_400;
/// Old entries removed by one fetch.
const REMOVE_PER_FETCH: usize = 8;

/// What was served under which receipt. Each entry cost an access on the chain, which bounds their number.
pub(super) struct ServedJournal {
    cabinet: Cabinet,
    entries: Mutex<Entries>,
    /// Held while a file is written and the entries brought in line.
    writing: Mutex<()>,
}

#[derive(Default)]
struct Entries {
    served: BTreeMap<[u8; 32], Served>,
    damaged: BTreeSet<String>,
}

impl ServedJournal {
    pub(super) fn open(folder: PathBuf) -> Result<Self, StoreError> {
        let cabinet = Cabinet::open(folder)?;
        let loaded = cabinet.load::<Served>()?;
        let mut entries = Entries {
            damaged: loaded.damaged,
            ..Entries::default()
        };
        for (name, served) in loaded.files {
            match crate::bytes::parse_hex32(&name) {
                Ok(receipt) => drop(entries.served.insert(receipt, served)),
                Err(_) => tracing::warn!(file = %name, "not a file of the vault"),
            }
        }
        Ok(Self {
            cabinet,
            entries: Mutex::new(entries),
            writing: Mutex::new(()),
        })
    }

    fn get(&self, receipt: &Receipt) -> Option<Served> {
        locked(&self.entries)
            .served
            .get(&receipt.to_bytes())
            .copied()
    }

    /// Decides on what is known, makes the new entry durable, then visible: two fetches at a time cannot both be first.
    fn update<T>(
        &self,
        receipt: &Receipt,
        decide: impl FnOnce(Option<&Served>) -> Result<(Served, T), Refusal>,
    ) -> Result<T, StoreError> {
        let _writing = locked(&self.writing);
        let name = hex::encode(receipt.to_bytes());
        // What has been served under a damaged entry is not known, so nothing more is.
        if locked(&self.entries).damaged.contains(&name) {
            return Err(StoreError::Damaged(name));
        }
        let (served, result) = decide(self.get(receipt).as_ref())?;
        self.cabinet.put(&name, &served)?;
        locked(&self.entries)
            .served
            .insert(receipt.to_bytes(), served);
        Ok(result)
    }

    /// Removes some entries that no fetch can need any more.
    fn remove_old(&self, newest: Timestamp) -> Result<(), StoreError> {
        let _writing = locked(&self.writing);
        let old: Vec<_> = locked(&self.entries)
            .served
            .iter()
            .filter(|(_, served)| served.until.saturating_add(RETENTION) < newest)
            .map(|(receipt, _)| *receipt)
            .take(REMOVE_PER_FETCH)
            .collect();
        for receipt in old {
            self.cabinet.remove(&hex::encode(receipt))?;
            locked(&self.entries).served.remove(&receipt);
        }
        Ok(())
    }
}

/// A download that was allowed.
pub struct Download {
    vault: Vault,
    reader: ObjectReader,
    receipt: Receipt,
    attempt: u8,
    guard: LivenessGuard,
}

impl Vault {
    /// Decides about a fetch by a member that the API has authenticated; the start is in the journal before this returns.
    ///
    /// # Errors
    /// [`StoreError::Refused`] with the reason; disk errors.
    pub async fn fetch(
        &self,
        member: MemberId,
        request: FetchRequest,
        chain: ChainFacts,
    ) -> Result<Download, StoreError> {
        let vault = self.clone();
        blocking(move || {
            let inner = &vault.inner;
            let object = inner.objects.stored(&request.object);
            let facts = object.map(|meta| ObjectFacts {
                record: meta.record,
                length: meta.length,
            });
            let serve = inner.served.update(&request.opening.commit(), |before| {
                let serve =
                    serve::decide(&inner.identity, member, &request, &chain, facts, before)?;
                Ok((serve.entry, serve))
            })?;
            inner.served.remove_old(chain.live.newest_time)?;
            let length = facts.map_or(0, |facts| facts.length);
            Ok(Download {
                reader: ObjectReader::new(inner, request.object, request.offset, length),
                receipt: serve.receipt,
                attempt: serve.entry.attempts,
                guard: serve.guard,
                vault: vault.clone(),
            })
        })
        .await
    }

    /// Takes the platform's word that it has the whole object: the receipt is used up. Saying it again changes nothing.
    ///
    /// # Errors
    /// [`StoreError::Refused`] with the reason; disk errors.
    pub async fn acknowledge_fetch(
        &self,
        receipt: Receipt,
        signature: [u8; 64],
    ) -> Result<(), StoreError> {
        let inner = Arc::clone(&self.inner);
        blocking(move || {
            inner.served.update(&receipt, |before| {
                Ok((
                    serve::acknowledge(&inner.identity, &receipt, &signature, before)?,
                    (),
                ))
            })
        })
        .await
    }
}

impl Download {
    /// Length of the whole object in bytes.
    pub const fn object_length(&self) -> u64 {
        self.reader.object_length()
    }

    /// Which positions and member to look up for [`Download::next_piece`].
    pub const fn guard(&self) -> &LivenessGuard {
        &self.guard
    }

    /// The next bytes, `None` at the end. Every piece needs newer facts about grant, record and grantee, so that a stream in
    /// flight stops when access ends.
    ///
    /// # Errors
    /// [`StoreError::Refused`] when access has ended or the download was resumed elsewhere; disk errors.
    pub async fn next_piece(&mut self, live: &LiveFacts) -> Result<Option<Bytes>, StoreError> {
        self.guard.check(live)?;
        if self
            .vault
            .inner
            .served
            .get(&self.receipt)
            .is_none_or(|served| served.attempts != self.attempt)
        {
            return Err(Refusal::Superseded.into());
        }
        match self.reader.next_piece().await {
            Err(StoreError::Erased) => Err(Refusal::ObjectUnknown.into()),
            other => other,
        }
    }
}
