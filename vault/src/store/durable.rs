//! A folder of small files, each of them replaced as a whole.
//!
//! A file is written beside its place, synced, renamed, and the folder synced: after a power cut it holds the old content or
//! the new one. A checksum over name and content finds damage. The caller allows one writer at a time.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};

use commonware_codec::{Copying, Decode, Encode, Read};

use super::StoreError;
use crate::keys;

const MAGIC: [u8; 4] = *b"TVLT";
const VERSION: u8 = 1;
const CHECKSUM: usize = 32;
/// Longest file this reads.
const MAX_FILE: u64 = 1 << 20;
/// Ending of a file that is being written.
const TEMPORARY: &str = ".tmp";

/// One folder.
pub(super) struct Cabinet {
    folder: PathBuf,
    /// Whether syncing the folder is to fail.
    #[cfg(test)]
    pub(super) broken: std::sync::atomic::AtomicBool,
}

/// What a folder held when it was opened.
pub(super) struct Loaded<T> {
    /// The readable files by name.
    pub(super) files: Vec<(String, T)>,
    /// Names of files that are damaged. They stay where they are.
    pub(super) damaged: BTreeSet<String>,
}

impl Cabinet {
    /// Opens the folder, makes it if needed, and removes what a killed process left half written. What is read afterwards is
    /// durable: the process before may have ended between a rename and its sync.
    pub(super) fn open(folder: PathBuf) -> Result<Self, StoreError> {
        fs::create_dir_all(&folder)?;
        if let Some(parent) = folder.parent() {
            sync_folder(parent)?;
        }
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            if entry.file_name().to_string_lossy().ends_with(TEMPORARY) {
                fs::remove_file(entry.path())?;
            }
        }
        sync_folder(&folder)?;
        Ok(Self {
            folder,
            #[cfg(test)]
            broken: false.into(),
        })
    }

    /// Reads every file.
    pub(super) fn load<T: Read<Cfg = ()>>(&self) -> Result<Loaded<T>, StoreError> {
        let mut loaded = Loaded {
            files: Vec::new(),
            damaged: BTreeSet::new(),
        };
        for entry in fs::read_dir(&self.folder)? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            match self.get(&name) {
                Ok(Some(value)) => loaded.files.push((name, value)),
                Ok(None) => {}
                Err(StoreError::Damaged(_)) => {
                    tracing::warn!(file = %name, "a vault file is damaged and is left as it is");
                    loaded.damaged.insert(name);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(loaded)
    }

    /// Reads one file.
    pub(super) fn get<T: Read<Cfg = ()>>(&self, name: &str) -> Result<Option<T>, StoreError> {
        let path = self.path(name);
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let mut bytes = Vec::new();
        file.take(MAX_FILE + 1).read_to_end(&mut bytes)?;
        let damaged = || StoreError::Damaged(path.display().to_string());
        let payload = unframe(name, &bytes).ok_or_else(damaged)?;
        T::decode_cfg(Copying(payload), &())
            .map(Some)
            .map_err(|_| damaged())
    }

    /// Makes a file durable. If it fails, the file holds what it held before or, when only the sync of the folder failed, the new
    /// value; after a power cut either.
    pub(super) fn put(&self, name: &str, value: &impl Encode) -> Result<(), StoreError> {
        let payload = value.encode();
        let path = self.path(name);
        let temporary = self.path(&format!("{name}{TEMPORARY}"));
        let result =
            write_synced(&temporary, name, &payload).and_then(|()| fs::rename(&temporary, &path));
        if let Err(error) = result {
            // A full disk must not stay full because of the attempt.
            let _ = fs::remove_file(&temporary);
            return Err(error.into());
        }
        Ok(self.sync()?)
    }

    /// Removes a file durably.
    pub(super) fn remove(&self, name: &str) -> Result<(), StoreError> {
        match fs::remove_file(self.path(name)) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
            _ => Ok(self.sync()?),
        }
    }

    /// Makes the names of the files durable.
    pub(super) fn sync(&self) -> io::Result<()> {
        #[cfg(test)]
        if self.broken.load(std::sync::atomic::Ordering::Relaxed) {
            return Err(io::Error::other("the folder is not synced"));
        }
        sync_folder(&self.folder)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}

/// magic | version | payload | checksum
fn write_synced(path: &Path, name: &str, payload: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .open(path)?;
    file.write_all(&MAGIC)?;
    file.write_all(&[VERSION])?;
    file.write_all(payload)?;
    file.write_all(&keys::file_checksum(name, payload).0)?;
    file.sync_all()
}

fn unframe<'a>(name: &str, bytes: &'a [u8]) -> Option<&'a [u8]> {
    let rest = bytes.strip_prefix(&MAGIC)?.strip_prefix(&[VERSION])?;
    let (payload, checksum) = rest.split_at_checked(rest.len().checked_sub(CHECKSUM)?)?;
    (checksum == keys::file_checksum(name, payload).0).then_some(payload)
}

/// Makes the names in a folder durable.
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
