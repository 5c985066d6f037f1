//! Why a backup was not sealed for a slot, or one from a slot not opened.

use tacit_circuits::types::MemberId;

use crate::file::FileError;
use crate::state::StateError;

/// What can be wrong with the backup in a slot.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SlotError {
    /// The wallet has no backup at a vault turned on.
    #[error("the wallet keeps no backup at a vault")]
    Off,
    /// The backup is on at the vault of another member.
    #[error("the backup is kept by the vault of member {0}: turn it off there first")]
    Elsewhere(MemberId),
    /// The wallet is larger than a slot can be.
    #[error("the wallet is larger than a slot at a vault can be")]
    TooLarge,
    /// Truncated, extended or changed, or no backup at all.
    #[error("what the vault has is damaged: truncated or changed, or no backup")]
    Damaged,
    /// A version this program does not know.
    #[error("version {0} of the backup at the vault is not known to this program")]
    UnknownVersion(u8),
    /// It is of another seed or chain.
    #[error("what the vault has is the backup of another seed or chain")]
    OtherSeed,
    /// The vault says another revision, or is another vault, than the wallet wrote inside.
    #[error("the backup is not the revision that the vault says, or was made for another vault")]
    OtherRevision,
}

impl SlotError {
    /// The stable reason code.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Off => "SLOT_OFF",
            Self::Elsewhere(_) => "SLOT_ELSEWHERE",
            Self::TooLarge => "SLOT_TOO_LARGE",
            Self::Damaged => "SLOT_DAMAGED",
            Self::UnknownVersion(_) => "SLOT_VERSION",
            Self::OtherSeed => "SLOT_OTHER_SEED",
            Self::OtherRevision => "SLOT_OTHER_REVISION",
        }
    }
}

impl From<FileError> for SlotError {
    fn from(error: FileError) -> Self {
        match error {
            FileError::UnknownVersion(version) => Self::UnknownVersion(version),
            FileError::WrongPassword => Self::OtherSeed,
            FileError::TooLarge => Self::TooLarge,
            // Opening bytes has no other outcome.
            _ => Self::Damaged,
        }
    }
}

impl From<StateError> for SlotError {
    fn from(error: StateError) -> Self {
        match error {
            StateError::UnknownVersion(version) => Self::UnknownVersion(version),
            _ => Self::Damaged,
        }
    }
}
