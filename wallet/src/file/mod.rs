//! The encrypted wallet file: its bytes ([`seal`]) and its life on disk ([`WalletFile`]).
//!
//! At every moment the path holds either the old content or the new, whole: a save writes a temporary file in the same
//! folder, syncs it, renames it over the old one and syncs the folder. A lock file beside it, held for as long as the
//! wallet is open, keeps a second process out (the wallet file itself cannot carry the lock, since rename replaces it).

pub mod seal;

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use seal::{FileKey, MAX_FILE};
pub use seal::{KdfCost, MAX_PLAINTEXT};

/// Why a wallet file could not be made, opened or saved.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// There is no wallet file at this path.
    #[error("there is no wallet at {0}")]
    NotFound(PathBuf),
    /// A wallet would overwrite a file that is already there.
    #[error("there is already a file at {0}")]
    AlreadyExists(PathBuf),
    /// Another process has this wallet open.
    #[error("the wallet is open in another process")]
    InUse,
    /// The file does not begin with the magic of a wallet file.
    #[error("this is not a wallet file")]
    NotAWallet,
    /// A version this program does not know.
    #[error("wallet file version {0} is not known to this program")]
    UnknownVersion(u8),
    /// The password does not fit.
    #[error("wrong password")]
    WrongPassword,
    /// The file is truncated or was changed.
    #[error("the wallet file is damaged: truncated or changed")]
    Damaged,
    /// The stated argon2id cost is outside the bounds, or this machine lacks the memory for it.
    #[error("the cost of the password key is outside the bounds of this program")]
    Cost,
    /// More than [`MAX_PLAINTEXT`].
    #[error("the wallet is larger than {MAX_PLAINTEXT} bytes")]
    TooLarge,
    /// The operating system refused. The file still holds what it held before.
    #[error("could not {doing} ({source}); the wallet file keeps its earlier content")]
    Io {
        /// What was being done.
        doing: &'static str,
        /// The operating system's error.
        source: io::Error,
    },
    /// The new content is in place, but the folder could not be synced.
    #[error(
        "the wallet was saved, but its folder could not be synced ({0}): a power cut may bring the earlier content back"
    )]
    NotSynced(io::Error),
}

impl FileError {
    /// The stable reason code.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::NotFound(_) => "WALLET_NOT_FOUND",
            Self::AlreadyExists(_) => "WALLET_EXISTS",
            Self::InUse => "WALLET_IN_USE",
            Self::NotAWallet => "WALLET_MAGIC",
            Self::UnknownVersion(_) => "WALLET_VERSION",
            Self::WrongPassword => "WALLET_PASSWORD",
            Self::Damaged => "WALLET_DAMAGED",
            Self::Cost => "WALLET_KDF_COST",
            Self::TooLarge => "WALLET_TOO_LARGE",
            Self::Io { .. } => "WALLET_IO",
            Self::NotSynced(_) => "WALLET_NOT_SYNCED",
        }
    }

    fn io(doing: &'static str) -> impl FnOnce(io::Error) -> FileError {
        move |source| FileError::Io { doing, source }
    }
}

/// An open wallet file: its path, its lock and the key of its password.
#[derive(Debug)]
pub struct WalletFile {
    path: PathBuf,
    key: FileKey,
    _lock: File,
}

impl WalletFile {
    /// Makes a new file that holds `plaintext`.
    ///
    /// # Errors
    /// [`FileError::AlreadyExists`], [`FileError::InUse`], [`FileError::TooLarge`], [`FileError::Cost`],
    /// [`FileError::Io`].
    pub fn create(
        path: &Path,
        password: &[u8],
        cost: KdfCost,
        plaintext: &[u8],
        rng: &mut impl CryptoRng,
    ) -> Result<Self, FileError> {
        let lock = lock(path)?;
        // With the lock held nobody of ours can slip a file in between this look and the rename.
        if fs::symlink_metadata(path).is_ok() {
            return Err(FileError::AlreadyExists(path.to_owned()));
        }
        let file = WalletFile {
            path: path.to_owned(),
            key: FileKey::new(password, cost, rng)?,
            _lock: lock,
        };
        file.save(plaintext, rng)?;
        Ok(file)
    }

    /// Opens a file and gives what it holds.
    ///
    /// # Errors
    /// [`FileError::NotFound`], [`FileError::InUse`], [`FileError::WrongPassword`], [`FileError::Damaged`] and the other
    /// variants as they are documented.
    pub fn open(path: &Path, password: &[u8]) -> Result<(Self, Zeroizing<Vec<u8>>), FileError> {
        if !path.exists() {
            return Err(FileError::NotFound(path.to_owned()));
        }
        let lock = lock(path)?;
        let bytes = read_bounded(path)?;
        let (key, plaintext) = seal::open(&bytes, password)?;
        let file = WalletFile {
            path: path.to_owned(),
            key,
            _lock: lock,
        };
        Ok((file, plaintext))
    }

    /// Replaces the content, all or nothing; when it returns, the new content survives a power cut.
    ///
    /// # Errors
    /// [`FileError::TooLarge`], [`FileError::Io`] (for instance a full disk): the old content is then still there.
    /// [`FileError::NotSynced`]: the new content is there, but a power cut may bring the old one back.
    pub fn save(&self, plaintext: &[u8], rng: &mut impl CryptoRng) -> Result<(), FileError> {
        replace(&self.path, &self.key.seal(plaintext, rng)?, |_| Ok(()))
    }

    /// Saves `plaintext` under a new password, with a fresh salt.
    ///
    /// # Errors
    /// As [`WalletFile::save`]; the old password then still holds.
    pub fn change_password(
        &mut self,
        password: &[u8],
        cost: KdfCost,
        plaintext: &[u8],
        rng: &mut impl CryptoRng,
    ) -> Result<(), FileError> {
        let key = FileKey::new(password, cost, rng)?;
        replace(&self.path, &key.seal(plaintext, rng)?, |_| Ok(()))?;
        self.key = key;
        Ok(())
    }

    /// Where the file is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// The steps of a save, named so that tests can cut between any two of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Create,
    Write,
    SyncFile,
    Rename,
    SyncFolder,
}

/// Writes `bytes` to `path` all or nothing. `before` runs ahead of each step and may fail it.
fn replace(
    path: &Path,
    bytes: &[u8],
    mut before: impl FnMut(Step) -> io::Result<()>,
) -> Result<(), FileError> {
    let temporary = beside(path, ".tmp");
    // Left over from a save that was cut off. Removing it, then making it anew and exclusively, never follows a link.
    match fs::remove_file(&temporary) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => {
            return Err(FileError::io("clear an unfinished save")(e));
        }
        _ => {}
    }
    let written = before(Step::Create)
        .and_then(|()| private_file(&temporary))
        .and_then(|mut file| {
            before(Step::Write)?;
            file.write_all(bytes)?;
            before(Step::SyncFile)?;
            file.sync_all()
        })
        .and_then(|()| before(Step::Rename))
        .and_then(|()| fs::rename(&temporary, path));
    if let Err(e) = written {
        // The failed save is over; what it left is of no use, and a full disk needs the space.
        let _ = fs::remove_file(&temporary);
        return Err(FileError::io("save the wallet")(e));
    }
    before(Step::SyncFolder)
        .and_then(|()| sync_folder(path))
        .map_err(FileError::NotSynced)
}

fn private_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    File::open(folder)?.sync_all()
}

fn lock(path: &Path) -> Result<File, FileError> {
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .open(beside(path, ".lock"))
        .map_err(FileError::io("open the wallet's lock"))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(FileError::InUse),
        Err(TryLockError::Error(e)) => Err(FileError::io("lock the wallet")(e)),
    }
}

fn read_bounded(path: &Path) -> Result<Vec<u8>, FileError> {
    let file = File::open(path).map_err(FileError::io("open the wallet"))?;
    let mut bytes = Vec::new();
    file.take(MAX_FILE as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(FileError::io("read the wallet"))?;
    Ok(bytes)
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

#[cfg(test)]
mod tests;
