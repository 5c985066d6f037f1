//! Slots on disk: which backup of a wallet each key has here.
//!
//! A small file per slot says which version it holds; the sealed bytes lie in the object store under a name of slot and
//! version. A put writes the bytes beside those of the version before, then replaces the file: that is the moment at which
//! the new version counts. What is left of a put or a removal that was cut off is swept away when the vault opens.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use object_store::path::Path as BlobPath;

use super::durable::Cabinet;
use super::read::pieces;
use super::staged::Staged;
use super::{Inner, Limits, StoreError, Vault, blocking, locked};
use crate::ids::CallerKey;
use crate::keys::SlotHasher;
use crate::object::ObjectError;
use crate::slot::{Put, SIZES, SlotContent, SlotDigest, SlotName, SlotVersion};

/// One part of so many of the bytes is left to slots that are there and grow.
const RESERVE: u64 = 4;

/// All slots of a vault.
pub(super) struct Slots {
    cabinet: Cabinet,
    index: Mutex<Index>,
    /// Held while a file is written and the index brought in line.
    writing: Mutex<()>,
}

/// The index in memory.
#[derive(Default)]
struct Index {
    known: BTreeMap<SlotName, SlotContent>,
    /// Names of damaged files.
    damaged: BTreeSet<String>,
    /// Sizes of the puts that run.
    puts: BTreeMap<SlotName, u64>,
    bytes: u64,
}

impl Index {
    fn insert(&mut self, name: SlotName, content: SlotContent) {
        self.remove(&name);
        self.bytes = self.bytes.saturating_add(content.size);
        self.known.insert(name, content);
    }

    fn remove(&mut self, name: &SlotName) {
        if let Some(old) = self.known.remove(name) {
            self.bytes = self.bytes.saturating_sub(old.size);
        }
    }

    fn get(&self, name: &SlotName) -> Result<Option<SlotContent>, StoreError> {
        let text = name.to_string();
        if self.damaged.contains(&text) {
            return Err(StoreError::Damaged(text));
        }
        Ok(self.known.get(name).copied())
    }

    /// Whether there is room for a put beside what is stored and under way. What counts is what stands in the end: while a
    /// version replaces another both lie on the disk, at most [`Limits::max_uploads`] longest backups more.
    fn room(&self, name: &SlotName, size: u64, limits: &Limits) -> Result<(), StoreError> {
        if self.puts.contains_key(name) {
            return Err(StoreError::UploadInProgress);
        }
        if self.puts.len() >= limits.max_uploads {
            return Err(StoreError::TooManyUploads);
        }
        let growth = |name: &SlotName, size: u64| {
            let before = self.known.get(name).map_or(0, |content| content.size);
            size.saturating_sub(before)
        };
        let wanted = growth(name, size);
        let total = self
            .puts
            .iter()
            .map(|(name, size)| growth(name, *size))
            .fold(self.bytes.saturating_add(wanted), u64::saturating_add);
        let fits = if self.known.contains_key(name) {
            wanted == 0 || total <= limits.max_slot_bytes
        } else {
            let coming = self
                .puts
                .keys()
                .filter(|name| !self.known.contains_key(name));
            self.known.len() + coming.count() < limits.max_slots
                && total <= limits.max_slot_bytes - limits.max_slot_bytes / RESERVE
        };
        fits.then_some(()).ok_or(StoreError::QuotaExceeded)
    }
}

impl Slots {
    pub(super) fn open(folder: PathBuf) -> Result<Self, StoreError> {
        let cabinet = Cabinet::open(folder)?;
        let loaded = cabinet.load::<SlotContent>()?;
        let mut index = Index {
            damaged: loaded.damaged,
            ..Index::default()
        };
        for (name, content) in loaded.files {
            match name.parse() {
                Ok(name) => index.insert(name, content),
                Err(_) => tracing::warn!(file = %name, "not a file of the vault"),
            }
        }
        Ok(Self {
            cabinet,
            index: Mutex::new(index),
            writing: Mutex::new(()),
        })
    }

    /// Makes a version the one that counts, durably, then visibly.
    fn store(&self, name: SlotName, content: SlotContent) -> Result<(), StoreError> {
        let _writing = locked(&self.writing);
        self.cabinet.put(&name.to_string(), &content)?;
        locked(&self.index).insert(name, content);
        Ok(())
    }

    /// Whether the small file of a slot may name a version whose writing failed, now or after a power cut: it may have failed
    /// after the rename.
    fn may_name(&self, name: &SlotName, version: &SlotVersion) -> bool {
        let durable = self.cabinet.sync().map_err(StoreError::from);
        match durable.and_then(|()| self.cabinet.get::<SlotContent>(&name.to_string())) {
            Ok(named) => named.is_some_and(|content| content.version == *version),
            Err(_) => true,
        }
    }

    /// Removes the small file of a slot that holds a version. No put begins before the place is given back.
    pub(super) fn forget(
        inner: &Arc<Inner>,
        name: SlotName,
        version: SlotVersion,
    ) -> Result<Place, StoreError> {
        let slots = &inner.slots;
        let _writing = locked(&slots.writing);
        let mut index = locked(&slots.index);
        let content = index.get(&name)?.ok_or(StoreError::SlotUnknown)?;
        if content.version != version {
            return Err(StoreError::SlotStale);
        }
        if index.puts.contains_key(&name) {
            return Err(StoreError::UploadInProgress);
        }
        slots.cabinet.remove(&name.to_string())?;
        index.remove(&name);
        index.puts.insert(name, 0);
        Ok(Place {
            inner: Arc::clone(inner),
            name,
        })
    }

    /// Whether syncing the folder of the small files is to fail.
    #[cfg(test)]
    pub(super) fn break_sync(&self, broken: bool) {
        let flag = &self.cabinet.broken;
        flag.store(broken, std::sync::atomic::Ordering::Relaxed);
    }

    /// Whether a blob of this name has a reason to be there.
    pub(super) fn wants(&self, blob: &str) -> bool {
        let index = locked(&self.index);
        let Some((name, _)) = blob.split_once('.') else {
            return false;
        };
        // As with objects: what a damaged file may still need is kept.
        index.damaged.contains(name)
            || name.parse().is_ok_and(|name| {
                index
                    .known
                    .get(&name)
                    .is_some_and(|content| blob_name(&name, &content.version) == blob)
            })
    }
}

/// Beginning of a put.
pub enum BeginPut {
    /// The very same put came before: this is the version that it made.
    AlreadyStored(SlotVersion),
    /// Send the bytes.
    Put(Box<SlotPut>),
}

/// A put that runs. Dropped before [`SlotPut::finish`], it changes nothing.
pub struct SlotPut {
    content: SlotContent,
    before: Option<SlotVersion>,
    hasher: SlotHasher,
    staged: Staged,
    place: Place,
}

/// Room taken for a put, or a slot whose bytes are being removed; given back when dropped.
pub(super) struct Place {
    inner: Arc<Inner>,
    name: SlotName,
}

impl Drop for Place {
    fn drop(&mut self) {
        locked(&self.inner.slots.index).puts.remove(&self.name);
    }
}

impl Vault {
    /// Slots in use.
    pub fn slot_count(&self) -> usize {
        locked(&self.inner.slots.index).known.len()
    }

    /// What is in the slot of a key; `None` where there is none.
    ///
    /// # Errors
    /// [`StoreError::Damaged`].
    pub fn slot(&self, caller: &CallerKey) -> Result<Option<SlotContent>, StoreError> {
        locked(&self.inner.slots.index).get(&SlotName::of(caller))
    }

    /// Begins to replace what is in the slot of a key, which must hold the version named: none where it is the first.
    ///
    /// # Errors
    /// [`StoreError::SlotSize`], [`StoreError::SlotStale`], [`StoreError::QuotaExceeded`], [`StoreError::TooManyUploads`],
    /// [`StoreError::UploadInProgress`], disk errors.
    pub async fn begin_put(
        &self,
        caller: CallerKey,
        replaces: Option<SlotVersion>,
        digest: SlotDigest,
        size: u64,
    ) -> Result<BeginPut, StoreError> {
        if !SIZES.contains(&size) {
            return Err(StoreError::SlotSize);
        }
        let name = SlotName::of(&caller);
        let version = {
            let mut index = locked(&self.inner.slots.index);
            let current = index.get(&name)?.map(|content| content.version);
            let version = match Put::of(current.as_ref(), replaces.as_ref(), digest) {
                Put::Next(version) => version,
                Put::Repeated(version) => return Ok(BeginPut::AlreadyStored(version)),
                Put::Stale => return Err(StoreError::SlotStale),
            };
            index.room(&name, size, &self.inner.limits)?;
            index.puts.insert(name, size);
            version
        };
        let place = Place {
            inner: Arc::clone(&self.inner),
            name,
        };
        Ok(BeginPut::Put(Box::new(SlotPut {
            content: SlotContent { version, size },
            before: replaces,
            hasher: SlotHasher::default(),
            staged: Staged::begin(&self.inner, &blob_path(&name, &version)).await?,
            place,
        })))
    }

    /// Reads what is in the slot of a key.
    ///
    /// # Errors
    /// [`StoreError::SlotUnknown`], [`StoreError::Damaged`].
    pub fn read_slot(&self, caller: &CallerKey) -> Result<SlotReader, StoreError> {
        let content = self.slot(caller)?.ok_or(StoreError::SlotUnknown)?;
        Ok(SlotReader {
            inner: Arc::clone(&self.inner),
            name: SlotName::of(caller),
            content,
            position: 0,
        })
    }

    /// Removes the slot of a key, which must hold the version named.
    ///
    /// # Errors
    /// [`StoreError::SlotUnknown`], [`StoreError::SlotStale`], [`StoreError::UploadInProgress`], disk errors.
    pub async fn remove_slot(
        &self,
        caller: CallerKey,
        version: SlotVersion,
    ) -> Result<(), StoreError> {
        let inner = Arc::clone(&self.inner);
        let name = SlotName::of(&caller);
        to_the_end(async move {
            let slots = Arc::clone(&inner);
            // Held until the bytes are gone: the same put may come again, under the same name.
            let _place = blocking(move || Slots::forget(&slots, name, version)).await?;
            inner.remove_blob(&blob_path(&name, &version)).await
        })
        .await
    }
}

/// Runs work to its end, even if the caller stops waiting.
async fn to_the_end<T: Send + 'static>(
    work: impl Future<Output = Result<T, StoreError>> + Send + 'static,
) -> Result<T, StoreError> {
    tokio::spawn(work)
        .await
        .map_err(|_| StoreError::ShuttingDown)?
}

impl SlotPut {
    /// Takes the next bytes.
    ///
    /// # Errors
    /// [`StoreError::Upload`] as soon as there are more than announced; disk errors. The put is to be aborted then.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        self.hasher.update(bytes);
        if self.hasher.length() > self.content.size {
            return Err(StoreError::Upload(ObjectError::TooLong));
        }
        self.staged.write(bytes).await
    }

    /// Ends the put: checks length and digest, publishes the bytes, then replaces the version before. Durable when it returns.
    /// Once begun it runs to its end, even if the caller stops waiting: nobody leaves bytes behind that count for nobody.
    ///
    /// # Errors
    /// [`StoreError::Upload`], disk errors. The slot is what it was then; after a failure of the disk it may turn out to hold the
    /// new version when the vault opens again.
    pub async fn finish(mut self) -> Result<SlotVersion, StoreError> {
        if let Err(error) = self.verify() {
            self.abort().await;
            return Err(error);
        }
        to_the_end(self.replace()).await
    }

    async fn replace(mut self) -> Result<SlotVersion, StoreError> {
        if let Err(error) = self.staged.publish().await {
            self.abort().await;
            return Err(error);
        }
        let Self {
            content,
            before,
            place,
            ..
        } = self;
        let (inner, name) = (Arc::clone(&place.inner), place.name);
        // The place is given back only after the bytes that are not wanted any more are gone.
        let (_place, stored, surplus) = blocking(move || {
            let slots = &place.inner.slots;
            let stored = slots.store(name, content);
            let surplus = match &stored {
                Ok(()) => before,
                // After a power cut the file may name either version: the bytes of both stay.
                Err(_) if slots.may_name(&name, &content.version) => None,
                Err(_) => Some(content.version),
            };
            Ok((place, stored, surplus))
        })
        .await?;
        if let Some(version) = surplus
            && let Err(error) = inner.remove_blob(&blob_path(&name, &version)).await
        {
            tracing::debug!(%error, "bytes of a slot are left to the next sweep");
        }
        stored.map(|_| content.version)
    }

    /// Gives the put up and removes what was written.
    pub async fn abort(&mut self) {
        self.staged.abort().await;
    }

    fn verify(&self) -> Result<(), StoreError> {
        if self.hasher.length() != self.content.size {
            return Err(StoreError::Upload(ObjectError::Truncated));
        }
        if self.hasher.clone().finish() != self.content.version.digest {
            return Err(StoreError::Upload(ObjectError::IdMismatch));
        }
        Ok(())
    }
}

/// The sealed bytes of a slot, piece by piece.
pub struct SlotReader {
    inner: Arc<Inner>,
    name: SlotName,
    content: SlotContent,
    position: u64,
}

impl SlotReader {
    /// What is being read.
    pub const fn content(&self) -> SlotContent {
        self.content
    }

    /// The next bytes, `None` at the end.
    ///
    /// # Errors
    /// [`StoreError::SlotStale`] if it is replaced or removed meanwhile; disk errors.
    pub async fn next_piece(&mut self) -> Result<Option<bytes::Bytes>, StoreError> {
        let path = blob_path(&self.name, &self.content.version);
        let piece = pieces(&self.inner, &path, self.position, self.content.size).await;
        match piece {
            Ok(Some(piece)) => {
                self.position += piece.len() as u64;
                Ok(Some(piece))
            }
            Err(StoreError::Blobs(object_store::Error::NotFound { .. }))
                if locked(&self.inner.slots.index).get(&self.name)? != Some(self.content) =>
            {
                Err(StoreError::SlotStale)
            }
            other => other,
        }
    }
}

fn blob_name(name: &SlotName, version: &SlotVersion) -> String {
    format!("{name}.{}.{}", version.revision, version.digest)
}

/// Where the sealed bytes of a version lie.
fn blob_path(name: &SlotName, version: &SlotVersion) -> BlobPath {
    let blob = blob_name(name, version);
    BlobPath::from_iter([&blob[..2], blob.as_str()])
}
