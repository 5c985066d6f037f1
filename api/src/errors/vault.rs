//! The vault's errors as callers see them.

use tacit_vault::envelope::EnvelopeError;
use tacit_vault::object::{IoError, ObjectError};
use tacit_vault::store::StoreError;

use super::{ApiError, catalogue as reason};
use crate::files;

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match &error {
            StoreError::Upload(cause) => Self::new(&reason::OBJECT_INVALID, cause.to_string()),
            StoreError::SlotStale => Self::plain(&reason::SLOT_STALE),
            StoreError::DiskFull => Self::plain(&reason::VAULT_DISK_FULL),
            StoreError::Io(_) | StoreError::Blobs(_) | StoreError::ShuttingDown => {
                tracing::error!(%error, "the vault's store failed");
                Self::plain(&reason::VAULT_UNAVAILABLE)
            }
            StoreError::Damaged(_) => {
                tracing::error!(%error, "the vault's store is damaged");
                Self::plain(&reason::VAULT_DAMAGED)
            }
            _ => Self::from_code(error.reason(), &error),
        }
    }
}

impl From<ObjectError> for ApiError {
    fn from(error: ObjectError) -> Self {
        Self::new(&reason::OBJECT_DAMAGED, error.to_string())
    }
}

impl From<IoError> for ApiError {
    fn from(error: IoError) -> Self {
        match error {
            IoError::Object(error) => error.into(),
            IoError::Io(error) => Self::new(
                files::reason_for(error.kind()),
                format!("reading or writing: {}", error.kind()),
            ),
            other => Self::new(&reason::FILE_FAILED, other.to_string()),
        }
    }
}

impl From<EnvelopeError> for ApiError {
    fn from(error: EnvelopeError) -> Self {
        Self::new(&reason::ENVELOPE_INVALID, error.to_string())
    }
}
