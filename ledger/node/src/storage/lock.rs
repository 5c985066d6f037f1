//! One process at a time may use a data folder.

use super::StorageError;
use std::{
    fs::{File, OpenOptions, TryLockError},
    path::Path,
};

/// Holds the data folder until dropped; the operating system releases it when the process dies.
pub(crate) struct FolderLock(#[expect(dead_code, reason = "held, not read")] File);

impl FolderLock {
    /// Takes the folder, creating it when missing.
    ///
    /// # Errors
    /// [`StorageError::Locked`] when another process has it.
    pub(crate) fn take(folder: &Path) -> Result<Self, StorageError> {
        std::fs::create_dir_all(folder)
            .map_err(|e| StorageError::io("cannot create", folder, e))?;
        let path = folder.join("lock");
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(|e| StorageError::io("cannot open", &path, e))?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => Err(StorageError::Locked(folder.to_path_buf())),
            Err(TryLockError::Error(e)) => Err(StorageError::io("cannot lock", &path, e)),
        }
    }
}
