//! The vault on disk: the only part of this crate with IO and tokio.
//!
//! Ciphertext lies in an [`ObjectStore`] (a local folder by default). What the vault knows about it, what it has served,
//! which slots are in use, and requests with their answers lie in small files in the vault's folder, each replaced as a whole. A file is durable before
//! the call that wrote it returns, so whatever was acknowledged survives a kill or power cut at any moment; what was not is
//! cleared away when the vault opens again. One process at a time: the folder is locked by the operating system.

mod durable;
mod erasure;
mod error;
mod fetch;
mod meta;
mod objects;
mod read;
mod requests;
mod slots;
mod staged;
mod upload;

#[cfg(test)]
mod tests;

pub use erasure::{ErasureStatement, SignedErasure};
pub use error::StoreError;
pub use fetch::Download;
pub use read::ObjectReader;
pub use requests::{RequestView, WaitingRequest};
pub use slots::{BeginPut, SlotPut, SlotReader};
pub use upload::{Begin, Upload};

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use commonware_codec::FixedSize;
use object_store::ObjectStore;
use object_store::local::LocalFileSystem;
use tokio::sync::watch;

use crate::ids::VaultIdentity;
use crate::object::Header;

/// Length in bytes of the shortest object: a header and the tag of an empty last chunk.
pub(crate) const MIN_OBJECT: u64 = Header::SIZE as u64 + 16;

/// Bounds of a vault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Longest object in bytes.
    pub max_object_bytes: u64,
    /// Bytes of all objects together.
    pub max_total_bytes: u64,
    /// Objects stored.
    pub max_objects: usize,
    /// Uploads that run at a time, and likewise puts to slots. Each holds one part in memory.
    pub max_uploads: usize,
    /// Slots in use.
    pub max_slots: usize,
    /// Bytes of all slots together. A quarter is left to slots that are there and grow.
    pub max_slot_bytes: u64,
    /// Statements about erased objects that are kept; the oldest go first.
    pub max_erased: usize,
    /// Bytes written to the object store at a time. S3 wants at least 5 MiB.
    pub part_bytes: usize,
    /// Bytes read from the object store at a time. Liveness is checked before each piece.
    pub piece_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_object_bytes: 16 << 30,
            max_total_bytes: 256 << 30,
            max_objects: 100_000,
            max_uploads: 16,
            max_slots: 100_000,
            max_slot_bytes: 64 << 30,
            max_erased: 100_000,
            part_bytes: 1 << 20,
            piece_bytes: 1 << 20,
        }
    }
}

/// How to open a vault.
pub struct VaultConfig {
    /// Folder of the vault. Made if it does not exist.
    pub folder: PathBuf,
    /// Chain and member the vault belongs to.
    pub identity: VaultIdentity,
    /// Bounds.
    pub limits: Limits,
    /// Where ciphertext lies; `None`: in the vault's folder.
    pub blobs: Option<Arc<dyn ObjectStore>>,
}

/// An open vault. Clones share it.
#[derive(Clone)]
pub struct Vault {
    inner: Arc<Inner>,
}

struct Inner {
    identity: VaultIdentity,
    limits: Limits,
    blobs: Arc<dyn ObjectStore>,
    /// Folder of the blobs if they are local, for what the object store leaves to us.
    local_blobs: Option<PathBuf>,
    objects: objects::Objects,
    served: fetch::ServedJournal,
    requests: requests::Requests,
    slots: slots::Slots,
    /// Counts changes of requests, for watchers.
    changes: watch::Sender<u64>,
    /// Locked while the vault is open.
    _lock: File,
}

impl Vault {
    /// Opens a vault: takes the lock, reads what is stored, clears away what was never acknowledged.
    ///
    /// # Errors
    /// [`StoreError::InUse`] if another process has the folder; disk errors.
    pub async fn open(config: VaultConfig) -> Result<Self, StoreError> {
        let VaultConfig {
            folder,
            identity,
            limits,
            blobs,
        } = config;
        let (inner, folder) = blocking(move || {
            let lock = lock(&folder)?;
            let local_blobs = blobs.is_none().then(|| folder.join("blobs"));
            let blobs = match (blobs, &local_blobs) {
                (Some(blobs), _) => blobs,
                (None, local) => open_local(local.as_deref().unwrap_or(&folder))?,
            };
            let inner = Inner {
                identity,
                limits,
                blobs,
                local_blobs,
                objects: objects::Objects::open(folder.join("objects"))?,
                served: fetch::ServedJournal::open(folder.join("served"))?,
                requests: requests::Requests::open(folder.join("requests"))?,
                slots: slots::Slots::open(folder.join("slots"))?,
                changes: watch::Sender::new(0),
                _lock: lock,
            };
            Ok((inner, folder))
        })
        .await?;
        let vault = Self {
            inner: Arc::new(inner),
        };
        vault.sweep().await?;
        tracing::info!(folder = %folder.display(), objects = vault.object_count(), "vault open");
        Ok(vault)
    }

    /// Chain and member the vault belongs to.
    pub fn identity(&self) -> VaultIdentity {
        self.inner.identity
    }

    /// Bounds of the vault.
    pub fn limits(&self) -> Limits {
        self.inner.limits
    }
}

/// Makes the folder if needed and takes its lock, which the system frees when the process ends in any way.
fn lock(folder: &Path) -> Result<File, StoreError> {
    fs::create_dir_all(folder)?;
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(folder.join("lock"))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::InUse),
        Err(TryLockError::Error(error)) => Err(error.into()),
    }
}

fn open_local(folder: &Path) -> Result<Arc<dyn ObjectStore>, StoreError> {
    fs::create_dir_all(folder)?;
    if let Some(parent) = folder.parent() {
        durable::sync_folder(parent)?;
    }
    Ok(Arc::new(
        LocalFileSystem::new_with_prefix(folder)?.with_fsync(true),
    ))
}

/// Runs file IO on a thread that may block. Once begun it runs to its end, even if the caller stops waiting: what keeps
/// disk and memory in step must not stop half-way.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| StoreError::ShuttingDown)?
}

/// Locks; a thread that panicked with the lock held left the value whole, since every change is one insertion.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
