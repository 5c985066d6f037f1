//! Which objects there are: the index in memory, one file per object on disk, and the sweep that brings the ciphertext in
//! line with it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use futures::TryStreamExt;
use object_store::ObjectStoreExt;
use object_store::path::Path as BlobPath;
use tacit_circuits::types::Position;

use super::durable::Cabinet;
use super::meta::{Life, Meta};
use super::{Inner, Limits, StoreError, Vault, blocking, locked};
use crate::ids::CallerKey;
use crate::object::ObjectId;

/// All objects of a vault.
pub(super) struct Objects {
    cabinet: Cabinet,
    index: Mutex<Index>,
    /// Held while a file is written and the index brought in line.
    writing: Mutex<()>,
}

/// The index in memory.
#[derive(Default)]
struct Index {
    known: BTreeMap<ObjectId, Meta>,
    /// Names of damaged files.
    damaged: BTreeSet<String>,
    /// Lengths of the objects being uploaded.
    uploads: BTreeMap<ObjectId, u64>,
    stored: usize,
    stored_bytes: u64,
}

impl Index {
    fn insert(&mut self, id: ObjectId, meta: Meta) {
        self.remove(&id);
        if meta.life == Life::Stored {
            self.stored += 1;
            self.stored_bytes = self.stored_bytes.saturating_add(meta.length);
        }
        self.known.insert(id, meta);
    }

    fn remove(&mut self, id: &ObjectId) {
        if let Some(old) = self.known.remove(id)
            && old.life == Life::Stored
        {
            self.stored -= 1;
            self.stored_bytes = self.stored_bytes.saturating_sub(old.length);
        }
    }

    /// The metadata of an object, for its owner. A stranger learns no more than that it has none here.
    fn owned(&self, caller: &CallerKey, id: &ObjectId) -> Result<&Meta, StoreError> {
        let name = id.to_string();
        if self.damaged.contains(&name) {
            return Err(StoreError::Damaged(name));
        }
        self.known
            .get(id)
            .filter(|meta| meta.owner == *caller)
            .ok_or(StoreError::ObjectUnknown)
    }
}

/// Room taken for an upload; given back when dropped.
pub(super) struct Reservation {
    inner: Arc<Inner>,
    id: ObjectId,
}

impl Drop for Reservation {
    fn drop(&mut self) {
        locked(&self.inner.objects.index).uploads.remove(&self.id);
    }
}

impl Objects {
    pub(super) fn open(folder: PathBuf) -> Result<Self, StoreError> {
        let cabinet = Cabinet::open(folder)?;
        let loaded = cabinet.load::<Meta>()?;
        let mut index = Index {
            damaged: loaded.damaged,
            ..Index::default()
        };
        for (name, meta) in loaded.files {
            match name.parse() {
                Ok(id) => index.insert(id, meta),
                Err(_) => tracing::warn!(file = %name, "not a file of the vault"),
            }
        }
        Ok(Self {
            cabinet,
            index: Mutex::new(index),
            writing: Mutex::new(()),
        })
    }

    /// Checks quotas and takes room for an upload. `None`: the caller's object is stored already.
    pub(super) fn reserve(
        inner: &Arc<Inner>,
        caller: &CallerKey,
        id: ObjectId,
        length: u64,
    ) -> Result<Option<Reservation>, StoreError> {
        let limits: &Limits = &inner.limits;
        if !(super::MIN_OBJECT..=limits.max_object_bytes).contains(&length) {
            return Err(StoreError::ObjectSize {
                max: limits.max_object_bytes,
            });
        }
        let mut index = locked(&inner.objects.index);
        let name = id.to_string();
        if index.damaged.contains(&name) {
            return Err(StoreError::Damaged(name));
        }
        match index.known.get(&id) {
            Some(meta) if meta.owner != *caller => return Err(StoreError::OtherOwner),
            Some(Meta {
                life: Life::Stored, ..
            }) => return Ok(None),
            Some(_) => return Err(StoreError::Erased),
            None => {}
        }
        if index.uploads.contains_key(&id) {
            return Err(StoreError::UploadInProgress);
        }
        if index.uploads.len() >= limits.max_uploads {
            return Err(StoreError::TooManyUploads);
        }
        let reserved: u64 = index
            .uploads
            .values()
            .fold(0, |sum, length| sum.saturating_add(*length));
        let total = index
            .stored_bytes
            .saturating_add(reserved)
            .saturating_add(length);
        if total > limits.max_total_bytes
            || index.stored + index.uploads.len() >= limits.max_objects
        {
            return Err(StoreError::QuotaExceeded);
        }
        index.uploads.insert(id, length);
        Ok(Some(Reservation {
            inner: Arc::clone(inner),
            id,
        }))
    }

    /// What is known about an object that is stored.
    pub(super) fn stored(&self, id: &ObjectId) -> Option<Meta> {
        locked(&self.index)
            .known
            .get(id)
            .filter(|meta| meta.life == Life::Stored)
            .cloned()
    }

    /// The metadata of an object, for its owner.
    pub(super) fn owned(&self, caller: &CallerKey, id: &ObjectId) -> Result<Meta, StoreError> {
        locked(&self.index).owned(caller, id).cloned()
    }

    /// Makes new metadata durable, then visible.
    pub(super) fn put(&self, id: ObjectId, meta: Meta) -> Result<(), StoreError> {
        let _writing = locked(&self.writing);
        self.cabinet.put(&id.to_string(), &meta)?;
        locked(&self.index).insert(id, meta);
        Ok(())
    }

    /// Changes the metadata of an object of the caller, durably, then visibly.
    pub(super) fn update(
        &self,
        caller: &CallerKey,
        id: ObjectId,
        change: impl FnOnce(&mut Meta) -> Result<(), StoreError>,
    ) -> Result<Meta, StoreError> {
        let _writing = locked(&self.writing);
        let before = self.owned(caller, &id)?;
        let mut meta = before.clone();
        change(&mut meta)?;
        if meta != before {
            self.cabinet.put(&id.to_string(), &meta)?;
            locked(&self.index).insert(id, meta.clone());
        }
        Ok(meta)
    }

    /// Forgets the oldest statements about erased objects beyond the bound.
    pub(super) fn forget_erased(&self, max: usize) -> Result<(), StoreError> {
        let _writing = locked(&self.writing);
        let mut erased: Vec<_> = locked(&self.index)
            .known
            .iter()
            .filter_map(|(id, meta)| match &meta.life {
                Life::Erased(signed) => Some((signed.statement.erased_at, *id)),
                Life::Stored | Life::Erasing => None,
            })
            .collect();
        erased.sort_unstable();
        let surplus = erased.len().saturating_sub(max);
        for (_, id) in erased.into_iter().take(surplus) {
            self.cabinet.remove(&id.to_string())?;
            locked(&self.index).remove(&id);
        }
        Ok(())
    }

    /// Whether ciphertext of this name has a reason to be there.
    fn wants(&self, name: &str) -> bool {
        let index = locked(&self.index);
        // Ciphertext of a damaged file is kept: the damage may be repaired, a deletion not.
        index.damaged.contains(name)
            || name.parse().is_ok_and(|id| {
                index
                    .known
                    .get(&id)
                    .is_some_and(|meta| meta.life == Life::Stored)
            })
    }
}

impl Vault {
    /// Objects stored.
    pub fn object_count(&self) -> usize {
        locked(&self.inner.objects.index).stored
    }

    /// Bytes stored.
    pub fn object_bytes(&self) -> u64 {
        locked(&self.inner.objects.index).stored_bytes
    }

    /// Ties an object to its record, so that it can be served under grants of that record. Once and for all.
    ///
    /// # Errors
    /// [`StoreError::ObjectUnknown`], [`StoreError::Erased`], [`StoreError::OtherRecord`], disk errors.
    pub async fn bind(
        &self,
        caller: CallerKey,
        id: ObjectId,
        record: Position,
    ) -> Result<(), StoreError> {
        let inner = Arc::clone(&self.inner);
        blocking(move || {
            inner.objects.update(&caller, id, |meta| {
                if meta.life != Life::Stored {
                    return Err(StoreError::Erased);
                }
                if meta.record.is_some_and(|bound| bound != record) {
                    return Err(StoreError::OtherRecord);
                }
                meta.record = Some(record);
                Ok(())
            })
        })
        .await?;
        Ok(())
    }

    /// Removes ciphertext without metadata: uploads that never ended, erasures that did not get to their end.
    pub(super) async fn sweep(&self) -> Result<(), StoreError> {
        if let Some(folder) = self.inner.local_blobs.clone() {
            blocking(move || Ok(remove_staged(&folder)?)).await?;
        }
        let orphans: Vec<BlobPath> = self
            .inner
            .blobs
            .list(None)
            .try_filter_map(|blob| async move {
                let wanted = blob.location.filename().is_none_or(|name| {
                    self.inner.objects.wants(name) || self.inner.slots.wants(name)
                });
                Ok((!wanted).then_some(blob.location))
            })
            .try_collect()
            .await?;
        for path in &orphans {
            self.inner.remove_blob(path).await?;
        }
        Ok(())
    }
}

impl Inner {
    /// Where an object's ciphertext lies. Two levels, so that no folder grows too large.
    pub(super) fn blob_path(id: &ObjectId) -> BlobPath {
        let name = id.to_string();
        BlobPath::from_iter([&name[..2], name.as_str()])
    }

    /// Removes ciphertext durably. No error if there is none.
    pub(super) async fn remove_blob(&self, path: &BlobPath) -> Result<(), StoreError> {
        match self.blobs.delete(path).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        // The local object store syncs the folder of what it writes, but not of what it deletes.
        if let Some(folder) = &self.local_blobs
            && let Some(first) = path.parts().next()
        {
            let folder = folder.join(first.as_ref());
            blocking(move || {
                if folder.is_dir() {
                    Ok(super::durable::sync_folder(&folder)?)
                } else {
                    Ok(())
                }
            })
            .await?;
        }
        Ok(())
    }
}

/// Removes what the local object store staged (`name#1`) and never published.
fn remove_staged(folder: &Path) -> std::io::Result<()> {
    for level in fs::read_dir(folder)? {
        let level = level?;
        if !level.file_type()?.is_dir() {
            continue;
        }
        for file in fs::read_dir(level.path())? {
            let file = file?;
            if file.file_name().to_string_lossy().contains('#') {
                fs::remove_file(file.path())?;
            }
        }
    }
    Ok(())
}
