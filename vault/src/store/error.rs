//! Errors of the store.

use std::error::Error as _;
use std::io::{self, ErrorKind};

use crate::inbox::InboxError;
use crate::object::ObjectError;
use crate::serve::Refusal;

/// Why the store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Another process has the folder open.
    #[error("the vault folder is in use by another process")]
    InUse,
    /// The disk is full. Nothing that was acknowledged is lost.
    #[error("the disk is full: free some space and try again")]
    DiskFull,
    /// The file system failed.
    #[error("the vault's disk failed: {0}")]
    Io(io::Error),
    /// The object store behind the vault failed.
    #[error("the object store failed: {0}")]
    Blobs(object_store::Error),
    /// A file of the vault is damaged.
    #[error("a file of the vault is damaged: {0}")]
    Damaged(String),
    /// The vault has no such object of this key.
    #[error("the vault has no such object of yours")]
    ObjectUnknown,
    /// The object was erased and is not taken again.
    #[error("this object was erased")]
    Erased,
    /// The object is there under another key.
    #[error("this object is stored under another key")]
    OtherOwner,
    /// The object is bound to another record.
    #[error("this object is bound to another record")]
    OtherRecord,
    /// The same object is being uploaded.
    #[error("this object is being uploaded already")]
    UploadInProgress,
    /// The object is shorter or longer than an object may be.
    #[error("an object has {min} to {max} bytes here", min = super::MIN_OBJECT)]
    ObjectSize {
        /// The longest object, in bytes.
        max: u64,
    },
    /// Too many uploads run.
    #[error("the vault is taking as many uploads as it can: try again later")]
    TooManyUploads,
    /// The vault's space or number of objects is used up.
    #[error("the vault has no room for this object")]
    QuotaExceeded,
    /// What was uploaded is not what was announced.
    #[error("what was uploaded is not what was announced: {0}")]
    Upload(ObjectError),
    /// The key has no slot here.
    #[error("the vault has no backup of a wallet under this key")]
    SlotUnknown,
    /// The slot holds another version than the one that was to be replaced, read or removed.
    #[error("the slot holds another version than the one named")]
    SlotStale,
    /// A size that no backup in a slot has.
    #[error("a backup in a slot has {sizes} bytes", sizes = sizes())]
    SlotSize,
    /// The fetch is not allowed.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The request or answer is not taken.
    #[error(transparent)]
    Inbox(#[from] InboxError),
    /// A task of the vault was stopped, because the process is ending.
    #[error("the vault is shutting down")]
    ShuttingDown,
}

impl StoreError {
    /// The stable reason code.
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::InUse => "VAULT_IN_USE",
            Self::DiskFull => "VAULT_DISK_FULL",
            Self::Io(_) => "VAULT_DISK",
            Self::Blobs(_) => "VAULT_OBJECT_STORE",
            Self::Damaged(_) => "VAULT_DAMAGED",
            Self::ObjectUnknown => "OBJECT_UNKNOWN",
            Self::Erased => "OBJECT_ERASED",
            Self::OtherOwner => "OBJECT_OTHER_OWNER",
            Self::OtherRecord => "OBJECT_OTHER_RECORD",
            Self::UploadInProgress => "UPLOAD_IN_PROGRESS",
            Self::ObjectSize { .. } => "OBJECT_SIZE",
            Self::TooManyUploads => "TOO_MANY_UPLOADS",
            Self::QuotaExceeded => "QUOTA_EXCEEDED",
            Self::Upload(error) => error.reason(),
            Self::SlotUnknown => "SLOT_UNKNOWN",
            Self::SlotStale => "SLOT_STALE",
            Self::SlotSize => "SLOT_SIZE",
            Self::Refused(refusal) => refusal.reason(),
            Self::Inbox(error) => error.reason(),
            Self::ShuttingDown => "SHUTTING_DOWN",
        }
    }
}

fn sizes() -> String {
    crate::slot::SIZES.map(|size| size.to_string()).join(" or ")
}

impl From<io::Error> for StoreError {
    fn from(error: io::Error) -> Self {
        if is_full(&error) {
            Self::DiskFull
        } else {
            Self::Io(error)
        }
    }
}

impl From<object_store::Error> for StoreError {
    fn from(error: object_store::Error) -> Self {
        let mut cause = error.source();
        while let Some(current) = cause {
            if current.downcast_ref::<io::Error>().is_some_and(is_full) {
                return Self::DiskFull;
            }
            cause = current.source();
        }
        Self::Blobs(error)
    }
}

fn is_full(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge
    )
}
