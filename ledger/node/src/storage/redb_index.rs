//! The index on redb.
//!
//! redb keeps every batch whole and takes back what a kill or a power cut left unfinished. A batch is on the disk for sure
//! only with the next durable one, at most a second of blocks later: what is lost is executed again from the log.
//!
//! redb looks at its checksums only after a crash, so each entry has one of its own: a flipped bit must not become a state.

use super::{
    StorageError,
    file::sync_folder,
    index::{Batch, Entries, Index, IndexTip},
};
use redb::{Builder, Database, Durability, ReadableDatabase, TableDefinition};
use std::{
    fs, io,
    ops::Range,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError, RwLock},
    time::{Duration, Instant},
};

/// The file in the index's folder.
const FILE: &str = "state.redb";
/// redb's cache in bytes.
const CACHE: usize = 48 << 20;
/// Longest time between durable batches, while there are batches.
const DURABLE_EVERY: Duration = Duration::from_secs(1);

const VALUES: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("values");
const TIP: TableDefinition<'_, (), &[u8]> = TableDefinition::new("tip");

/// See [`Index`]. Empty once closed.
pub(crate) struct RedbIndex {
    path: PathBuf,
    database: RwLock<Option<Database>>,
    durable: Mutex<Instant>,
}

impl RedbIndex {
    /// Opens or creates the index in `folder`.
    ///
    /// # Errors
    /// [`StorageError::Index`] when redb cannot use the file: move the folder aside and rebuild.
    pub(crate) fn open(folder: &Path) -> Result<Self, StorageError> {
        let path = folder.join(FILE);
        fs::create_dir_all(folder).map_err(|e| StorageError::io("cannot prepare", folder, e))?;
        let database = guarded(&path, || {
            let mut builder = Builder::new();
            let database = builder.set_cache_size(CACHE).create(&path)?;
            // Readers find both tables. A durable batch here would make the next opening after a kill read the whole file.
            let mut write = database.begin_write()?;
            write.set_durability(Durability::None)?;
            write.open_table(VALUES)?;
            write.open_table(TIP)?;
            write.commit()?;
            Ok(database)
        })?;
        sync_folder(folder).map_err(|e| StorageError::io("cannot prepare", folder, e))?;
        Ok(Self {
            path,
            database: RwLock::new(Some(database)),
            durable: Mutex::new(Instant::now()),
        })
    }

    fn run<T>(
        &self,
        call: impl FnOnce(&Database) -> Result<T, redb::Error>,
    ) -> Result<T, StorageError> {
        let database = self.database.read().unwrap_or_else(PoisonError::into_inner);
        let database = database
            .as_ref()
            .ok_or_else(|| StorageError::Index("it is closed".into()))?;
        guarded(&self.path, || call(database))
    }

    /// Whether the next batch has to be durable.
    fn is_due(&self) -> bool {
        let mut durable = self.durable.lock().unwrap_or_else(PoisonError::into_inner);
        let due = durable.elapsed() >= DURABLE_EVERY;
        if due {
            *durable = Instant::now();
        }
        due
    }

    fn write(
        &self,
        tip: Option<IndexTip>,
        batch: Batch,
        durable: bool,
    ) -> Result<(), StorageError> {
        self.run(|database| {
            let mut write = database.begin_write()?;
            match durable {
                // Opening after a kill must not read the whole file.
                true => write.set_quick_repair(true),
                false => write.set_durability(Durability::None)?,
            }
            {
                let mut values = write.open_table(VALUES)?;
                for (key, value) in &batch {
                    match value {
                        Some(value) => {
                            values.insert(key.as_slice(), sealed(key, value).as_slice())?
                        }
                        None => values.remove(key.as_slice())?,
                    };
                }
                if let Some(tip) = tip {
                    write
                        .open_table(TIP)?
                        .insert((), sealed(b"", &tip.to_bytes()).as_slice())?;
                }
            }
            Ok(write.commit()?)
        })
    }
}

/// A value as it is stored, with a checksum of the entry.
fn sealed(key: &[u8], value: &[u8]) -> Vec<u8> {
    let sum = crc32c::crc32c_append(crc32c::crc32c(key), value);
    [value, &sum.to_le_bytes()].concat()
}

/// The value of an entry whose checksum is right.
fn opened(key: &[u8], stored: &[u8]) -> Result<Vec<u8>, redb::Error> {
    let damaged = || redb::Error::Corrupted("an entry's checksum".into());
    let (value, sum) = stored.split_last_chunk::<4>().ok_or_else(damaged)?;
    match crc32c::crc32c_append(crc32c::crc32c(key), value) == u32::from_le_bytes(*sum) {
        true => Ok(value.to_vec()),
        false => Err(damaged()),
    }
}

/// Runs a call of redb; its errors and panics become ours. What a new index would not cure is told apart.
fn guarded<T>(
    path: &Path,
    call: impl FnOnce() -> Result<T, redb::Error>,
) -> Result<T, StorageError> {
    use io::ErrorKind::{
        FileTooLarge, PermissionDenied, QuotaExceeded, ReadOnlyFilesystem, StorageFull,
    };
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(redb::Error::DatabaseAlreadyOpen)) => Err(StorageError::Locked(
            path.parent().unwrap_or(path).to_path_buf(),
        )),
        Ok(Err(redb::Error::Io(e))) => match e.kind() {
            StorageFull | QuotaExceeded | FileTooLarge | PermissionDenied | ReadOnlyFilesystem => {
                Err(StorageError::io("cannot use", path, e))
            }
            _ => Err(StorageError::Index(e.to_string())),
        },
        Ok(Err(e)) => Err(StorageError::Index(e.to_string())),
        Err(_) => Err(StorageError::Index("redb panicked".into())),
    }
}

impl Index for RedbIndex {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StorageError> {
        self.run(|database| {
            let read = database.begin_read()?;
            let stored = read.open_table(VALUES)?.get(key)?;
            stored.map(|stored| opened(key, stored.value())).transpose()
        })
    }

    fn scan(&self, from: &[u8], to: &[u8], most: usize) -> Result<Entries, StorageError> {
        self.run(|database| {
            let read = database.begin_read()?;
            let values = read.open_table(VALUES)?;
            let range: Range<&[u8]> = from..to;
            let found = values.range::<&[u8]>(range)?.take(most);
            found
                .map(|entry| {
                    let (key, value) = entry?;
                    let value = opened(key.value(), value.value())?;
                    Ok((key.value().to_vec(), value))
                })
                .collect()
        })
    }

    fn commit(&self, tip: IndexTip, batch: Batch) -> Result<(), StorageError> {
        self.write(Some(tip), batch, self.is_due())
    }

    fn tip(&self) -> Result<Option<IndexTip>, StorageError> {
        let bytes = self.run(|database| {
            let read = database.begin_read()?;
            let tip = read.open_table(TIP)?.get(())?;
            tip.map(|tip| opened(b"", tip.value())).transpose()
        })?;
        let Some(bytes) = bytes else {
            return Ok(None);
        };
        IndexTip::from_bytes(&bytes)
            .map(Some)
            .ok_or_else(|| StorageError::Index("the tip does not decode".into()))
    }

    fn flush(&self) -> Result<(), StorageError> {
        self.write(None, Batch::new(), true)
    }

    fn close(&self) -> Result<(), StorageError> {
        let flushed = self.flush();
        let database = self
            .database
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        drop(database);
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
