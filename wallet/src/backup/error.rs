//! Why a backup was not made or not restored.

use crate::file::FileError;
use crate::state::StateError;

/// What can be wrong with a backup. Nothing on the disk was changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BackupError {
    /// It does not begin with the magic of a backup.
    #[error("this is not a wallet's backup")]
    NotABackup,
    /// A version this program does not know.
    #[error("backup version {0} is not known to this program")]
    UnknownVersion(u8),
    /// The passphrase does not fit.
    #[error("wrong passphrase")]
    WrongPassphrase,
    /// Truncated, extended or changed.
    #[error("the backup is damaged: truncated or changed")]
    Damaged,
    /// It is of a wallet on another chain.
    #[error("the backup is of a wallet of another chain")]
    OtherChain,
    /// The stated argon2id cost is outside the bounds, or this machine lacks the memory for it.
    #[error("the cost of the backup's key is outside the bounds of this program")]
    Cost,
    /// Larger than a wallet can be.
    #[error("the backup is larger than a wallet can be")]
    TooLarge,
    /// It opens, but the state in it is of an unknown version or not whole.
    #[error("the backup opens, but not the wallet in it: {0}")]
    State(#[from] StateError),
}

impl BackupError {
    /// The stable reason code.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::NotABackup => "BACKUP_MAGIC",
            Self::UnknownVersion(_) | Self::State(StateError::UnknownVersion(_)) => {
                "BACKUP_VERSION"
            }
            Self::WrongPassphrase => "BACKUP_PASSPHRASE",
            Self::Damaged | Self::State(_) => "BACKUP_DAMAGED",
            Self::OtherChain => "BACKUP_OTHER_CHAIN",
            Self::Cost => "BACKUP_COST",
            Self::TooLarge => "BACKUP_TOO_LARGE",
        }
    }
}

impl From<FileError> for BackupError {
    fn from(error: FileError) -> Self {
        match error {
            FileError::NotAWallet => Self::NotABackup,
            FileError::UnknownVersion(version) => Self::UnknownVersion(version),
            FileError::WrongPassword => Self::WrongPassphrase,
            FileError::Cost => Self::Cost,
            FileError::TooLarge => Self::TooLarge,
            // Sealing and opening bytes has no other outcome.
            _ => Self::Damaged,
        }
    }
}
