//! The index on sled 0.34.
//!
//! sled alone is not safe enough for a truth: it can refuse to open after a kill while it was opening, and may lose its
//! newest batches on a power cut. As an index it may do both: this file clears what stops it from opening, makes its
//! names durable, and turns every failure, panics included, into an error upon which the caller rebuilds.

use super::{
    StorageError,
    file::sync_folder,
    index::{Batch, Entries, Index, IndexTip},
};
use std::{
    fs::{self, File},
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::{PoisonError, RwLock},
};

/// sled's page cache in bytes.
const CACHE: u64 = 32 << 20;
/// Key of the tip; state keys never start with this byte.
const TIP: &[u8] = &[0];
/// First byte of all other keys.
const VALUE: u8 = 1;

/// See [`Index`]. Empty once closed.
pub(crate) struct SledIndex(RwLock<Option<sled::Db>>);

impl SledIndex {
    /// Opens or creates the index in `folder`.
    ///
    /// # Errors
    /// [`StorageError::Index`] when sled cannot use the folder: move it aside and rebuild.
    pub(crate) fn open(folder: &Path) -> Result<Self, StorageError> {
        let io = |e| StorageError::io("cannot prepare", folder, e);
        fs::create_dir_all(folder).map_err(io)?;
        remove_unfinished_snapshots(folder).map_err(io)?;
        let config = sled::Config::new()
            .path(folder)
            .cache_capacity(CACHE)
            .flush_every_ms(Some(1000));
        let db = guarded(folder, || config.open())?;
        for name in ["conf", "db"] {
            File::open(folder.join(name))
                .and_then(|f| f.sync_all())
                .map_err(io)?;
        }
        sync_folder(folder).map_err(io)?;
        Ok(Self(RwLock::new(Some(db))))
    }

    fn run<T>(&self, call: impl FnOnce(&sled::Db) -> sled::Result<T>) -> Result<T, StorageError> {
        let db = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let db = db
            .as_ref()
            .ok_or_else(|| StorageError::Index("it is closed".into()))?;
        guarded(Path::new("index"), || call(db))
    }
}

/// A snapshot that was being written when the process died makes sled refuse to open.
fn remove_unfinished_snapshots(folder: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with("snap.") && name.ends_with(".generating") {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Runs a call of sled; its errors and panics become ours. What a new index would not cure is told apart.
fn guarded<T>(folder: &Path, call: impl FnOnce() -> sled::Result<T>) -> Result<T, StorageError> {
    use std::io::ErrorKind::{
        FileTooLarge, PermissionDenied, QuotaExceeded, ReadOnlyFilesystem, StorageFull,
    };
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(sled::Error::Io(e))) => match e.kind() {
            StorageFull | QuotaExceeded | FileTooLarge | PermissionDenied | ReadOnlyFilesystem => {
                Err(StorageError::io("cannot use", folder, e))
            }
            _ if e.to_string().contains("could not acquire lock") => {
                Err(StorageError::Locked(folder.to_path_buf()))
            }
            _ => Err(StorageError::Index(e.to_string())),
        },
        Ok(Err(e)) => Err(StorageError::Index(e.to_string())),
        Err(_) => Err(StorageError::Index("sled panicked".into())),
    }
}

fn stored(key: &[u8]) -> Vec<u8> {
    let mut stored = Vec::with_capacity(key.len() + 1);
    stored.push(VALUE);
    stored.extend_from_slice(key);
    stored
}

impl Index for SledIndex {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StorageError> {
        Ok(self
            .run(|db| db.get(stored(key)))?
            .map(|value| value.to_vec()))
    }

    fn scan(&self, from: &[u8], to: &[u8], most: usize) -> Result<Entries, StorageError> {
        self.run(|db| {
            let found = db.range(stored(from)..stored(to)).take(most);
            found
                .map(|entry| {
                    let (key, value) = entry?;
                    let key = key.get(1..).unwrap_or_default();
                    Ok((key.to_vec(), value.to_vec()))
                })
                .collect()
        })
    }

    fn commit(&self, tip: IndexTip, batch: Batch) -> Result<(), StorageError> {
        let mut out = sled::Batch::default();
        for (key, value) in batch {
            match value {
                Some(value) => out.insert(stored(&key), value),
                None => out.remove(stored(&key)),
            }
        }
        out.insert(TIP, &tip.to_bytes()[..]);
        self.run(|db| db.apply_batch(out))
    }

    fn tip(&self) -> Result<Option<IndexTip>, StorageError> {
        let Some(bytes) = self.run(|db| db.get(TIP))? else {
            return Ok(None);
        };
        IndexTip::from_bytes(&bytes)
            .map(Some)
            .ok_or_else(|| StorageError::Index("the tip does not decode".into()))
    }

    fn flush(&self) -> Result<(), StorageError> {
        self.run(|db| db.flush()).map(|_| ())
    }

    fn close(&self) -> Result<(), StorageError> {
        let flushed = self.flush();
        drop(
            self.0
                .write()
                .unwrap_or_else(PoisonError::into_inner)
                .take(),
        );
        flushed
    }
}

/// Moves a folder out of the way, keeping one such copy for inspection.
pub(crate) fn move_aside(folder: &Path) -> Result<(), StorageError> {
    let aside = folder.with_extension("discarded");
    let io = |e| StorageError::io("cannot move aside", folder, e);
    match fs::remove_dir_all(&aside) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(io(e)),
        _ => {}
    }
    match fs::rename(folder, &aside) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(io(e)),
        _ => Ok(()),
    }
}
