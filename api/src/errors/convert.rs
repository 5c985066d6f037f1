//! The errors of the crates below, each with its reason.

use tacit_identity::sd_jwt::{Part, SdJwtError};
use tacit_ledger::reject::Reject;
use tacit_node::snapshot::SnapshotError;
use tacit_node::{NodeError, SubmitError};
use tacit_vault::object::IoError;
use tacit_wallet::file::FileError;

use super::{ApiError, catalogue};
use crate::files;
use std::time::Duration;

impl From<Reject> for ApiError {
    fn from(reject: Reject) -> Self {
        let reason = catalogue::find(reject.code()).unwrap_or(&catalogue::TRANSACTION_REFUSED);
        Self::new(reason, reject.to_string())
    }
}

impl From<SdJwtError> for ApiError {
    fn from(error: SdJwtError) -> Self {
        use SdJwtError as E;
        let reason = match &error {
            E::KeyUnknown(_) => &catalogue::SD_JWT_KEY_UNKNOWN,
            E::Signature(Part::Issuer) | E::AlgorithmOfKey(Part::Issuer) => {
                &catalogue::SD_JWT_SIGNATURE
            }
            E::NotYetValid => &catalogue::SD_JWT_NOT_YET_VALID,
            E::NoLongerValid => &catalogue::SD_JWT_NO_LONGER_VALID,
            E::Audience(Part::Issuer) => &catalogue::SD_JWT_AUDIENCE,
            E::KeyBindingMissing
            | E::KeyBindingUnexpected
            | E::KeyBindingAge
            | E::KeyBindingNonce
            | E::KeyBindingHash
            | E::NoHolderKey
            | E::HolderKey(_) => &catalogue::SD_JWT_KEY_BINDING,
            other if other.part() == Some(Part::KeyBinding) => &catalogue::SD_JWT_KEY_BINDING,
            _ => &catalogue::SD_JWT_INVALID,
        };
        Self::new(reason, error.to_string())
    }
}

impl From<SubmitError> for ApiError {
    fn from(error: SubmitError) -> Self {
        match error {
            SubmitError::Rejected(reject) => reject.into(),
            SubmitError::Sidecar => Self::plain(&catalogue::SIDECAR_INVALID),
            SubmitError::Busy { retry_ms } => Self::plain(&catalogue::MEMPOOL_FULL)
                .retry_after(Duration::from_millis(retry_ms.into())),
            SubmitError::Interrupted => Self::plain(&catalogue::NODE_STOPPING),
            SubmitError::Node(error) => error.into(),
            other => Self::internal(other),
        }
    }
}

impl From<NodeError> for ApiError {
    fn from(error: NodeError) -> Self {
        let reason = match &error {
            NodeError::Stopped(_) => &catalogue::NODE_STOPPING,
            NodeError::NoCertificate(_) => &catalogue::NODE_BEHIND,
            NodeError::SnapshotOvertaken => &catalogue::SNAPSHOT_OVERTAKEN,
            NodeError::Follower => &catalogue::NODE_ONLY_FOLLOWS,
            NodeError::OutOfRange(_) => &catalogue::NOT_FOUND,
            NodeError::AnchorUnknown(_) => &catalogue::ANCHOR_UNKNOWN,
            NodeError::Listen { .. } => &catalogue::PORT_TAKEN,
            NodeError::Storage(tacit_node::StorageError::Locked(_)) => &catalogue::FOLDER_IN_USE,
            NodeError::Storage(tacit_node::StorageError::DiskFull(_)) => &catalogue::DISK_FULL,
            NodeError::NotAValidator
            | NodeError::Peers
            | NodeError::Storage(tacit_node::StorageError::WrongChain(_)) => {
                &catalogue::CHAIN_MISMATCH
            }
            _ => return Self::internal(error),
        };
        match error {
            NodeError::OutOfRange(_) | NodeError::AnchorUnknown(_) => {
                Self::new(reason, error.to_string())
            }
            // The rest is about this machine: its paths and causes are for the operator, not for callers.
            _ => Self::plain(reason),
        }
    }
}

impl From<SnapshotError> for ApiError {
    fn from(error: SnapshotError) -> Self {
        match error {
            SnapshotError::Node(error) => error.into(),
            // Files that an operator names: the text helps and holds nothing else.
            SnapshotError::Io { path, source } => files::failed(&path, &source),
            error => Self::new(&catalogue::SNAPSHOT_INVALID, error.to_string()),
        }
    }
}

impl From<FileError> for ApiError {
    fn from(error: FileError) -> Self {
        let reason = match &error {
            FileError::NotFound(_) => &catalogue::FILE_MISSING,
            FileError::AlreadyExists(_) => &catalogue::FILE_EXISTS,
            FileError::InUse => &catalogue::FOLDER_IN_USE,
            FileError::WrongPassword => &catalogue::PASSWORD_WRONG,
            FileError::Io { source, .. } if files::no_space(source.kind()) => &catalogue::DISK_FULL,
            FileError::Io { .. } | FileError::NotSynced(_) => &catalogue::FILE_FAILED,
            _ => &catalogue::FILE_INVALID,
        };
        Self::new(reason, error.to_string())
    }
}

impl From<tacit_wallet::error::WalletError> for ApiError {
    fn from(error: tacit_wallet::error::WalletError) -> Self {
        use tacit_wallet::error::WalletError;
        match error {
            WalletError::File(error) => error.into(),
            WalletError::Object(error @ IoError::Io(_)) => error.into(),
            // The node's own words, when it had some.
            WalletError::Sync(tacit_wallet::sync::SyncError::Source(source)) => {
                match source.0.downcast::<Self>() {
                    Ok(error) => *error,
                    Err(_) => Self::plain(&catalogue::NODE_UNREACHABLE),
                }
            }
            other => {
                let reason = catalogue::find(other.reason()).unwrap_or(&catalogue::WALLET_REFUSED);
                Self::new(reason, other.to_string())
            }
        }
    }
}
