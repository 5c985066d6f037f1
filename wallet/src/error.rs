//! What can go wrong in a wallet.

use tacit_circuits::types::MemberId;
use tacit_identity::credential::CredentialError;
use tacit_identity::issuance::IssuanceError;
use tacit_identity::presentation::PresentationError;
use tacit_identity::request::RequestError;
use tacit_identity::schema::SchemaError;
use tacit_ledger::bundle::BundleError;
use tacit_vault::envelope::EnvelopeError;
use tacit_vault::object::IoError;

use crate::backup::BackupError;
use crate::derive::Counter;
use crate::file::FileError;
use crate::persona::PersonaError;
use crate::slot::SlotError;
use crate::state::StateError;
use crate::sync::SyncError;

/// Why a wallet refuses or fails. Texts carry no attribute and no secret.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WalletError {
    /// The wallet file.
    #[error(transparent)]
    File(#[from] FileError),
    /// A backup.
    #[error(transparent)]
    Backup(#[from] BackupError),
    /// A persona.
    #[error(transparent)]
    Persona(#[from] PersonaError),
    /// The backup at a vault.
    #[error(transparent)]
    Slot(#[from] SlotError),
    /// The wallet was moved to another device.
    #[error("this wallet was moved to another device: use it there")]
    Retired,
    /// The content of the wallet file.
    #[error(transparent)]
    State(#[from] StateError),
    /// What a node answered.
    #[error(transparent)]
    Sync(#[from] SyncError),
    /// A credential.
    #[error(transparent)]
    Credential(#[from] CredentialError),
    /// A schema.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// A presentation or a request for one.
    #[error(transparent)]
    Presentation(#[from] PresentationError),
    /// A request for a credential.
    #[error(transparent)]
    Issuance(#[from] IssuanceError),
    /// A request for data.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// Sealing or opening a message.
    #[error(transparent)]
    Envelope(#[from] EnvelopeError),
    /// Sealing a document.
    #[error(transparent)]
    Object(#[from] IoError),
    /// A bundle.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// The wallet belongs to another chain.
    #[error("this wallet belongs to another chain")]
    OtherChain,
    /// The wallet has nothing of this number.
    #[error("the wallet has no {what} {number}")]
    Unknown {
        /// What was looked for.
        what: &'static str,
        /// Its number.
        number: Counter,
    },
    /// The wallet has no such request.
    #[error("the wallet has no request with this id")]
    UnknownRequest,
    /// The wallet has no such inbox.
    #[error("the wallet has no inbox {0}")]
    UnknownInbox(u32),
    /// The step needs an earlier one first.
    #[error("{0}")]
    NotYet(&'static str),
    /// The leaf has been ended.
    #[error("the {0} has been ended")]
    Ended(&'static str),
    /// A list of the wallet is full.
    #[error("the wallet is full: no room for another {0}")]
    Full(&'static str),
    /// A text is too long or has control characters.
    #[error("the {0} is too long or has control characters")]
    Text(&'static str),
    /// The request was answered before, otherwise.
    #[error("the request was {0} before")]
    AlreadyAnswered(&'static str),
    /// What the holder chose is more than was asked, or no grant at all.
    #[error("the choice does not fit the request: {0}")]
    Choice(&'static str),
    /// No member of this number is known.
    #[error("the ledger has no member {0}")]
    UnknownMember(MemberId),
    /// The chain has no audit key yet: nothing can be granted.
    #[error("the chain has no audit key yet, so nothing can be granted")]
    NoAuditKey,
    /// The statement is not true of what the wallet has.
    #[error("the proof cannot be made: {0}")]
    Untrue(String),
    /// The proving key is not the one that the chain pins.
    #[error("the proving key is not the one of this chain")]
    ProvingKey,
    /// The relay's answer is not about what was sent.
    #[error("the answer of the relay does not fit what was sent")]
    Outcome,
    /// A document or message does not fit the format of the wallet.
    #[error("the {0} is too large")]
    TooLarge(&'static str),
}

impl WalletError {
    /// The stable reason code.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::File(error) => error.reason(),
            Self::Backup(error) => error.reason(),
            Self::Persona(error) => error.reason(),
            Self::Slot(error) => error.reason(),
            Self::Retired => "WALLET_RETIRED",
            Self::State(_) => "WALLET_STATE",
            Self::Sync(error) => error.reason(),
            Self::Credential(_) => "CREDENTIAL_INVALID",
            Self::Schema(_) => "SCHEMA_INVALID",
            Self::Presentation(PresentationError::Predicate(_)) => "PREDICATE_INVALID",
            Self::Presentation(_) => "PRESENTATION_INVALID",
            Self::Issuance(_) => "ISSUANCE_INVALID",
            Self::Request(_) => "REQUEST_INVALID",
            Self::Envelope(error) => error.reason(),
            Self::Object(_) => "OBJECT_INVALID",
            Self::Bundle(_) => "BUNDLE_INVALID",
            Self::OtherChain => "WALLET_OTHER_CHAIN",
            Self::Unknown { .. } | Self::UnknownRequest | Self::UnknownInbox(_) => "WALLET_UNKNOWN",
            Self::NotYet(_) => "WALLET_NOT_YET",
            Self::Ended(_) => "WALLET_ENDED",
            Self::Full(_) => "WALLET_FULL",
            Self::Text(_) => "WALLET_TEXT",
            Self::AlreadyAnswered(_) => "REQUEST_ALREADY_ANSWERED",
            Self::Choice(_) => "REQUEST_CHOICE",
            Self::UnknownMember(_) => "MEMBER_UNKNOWN",
            Self::NoAuditKey => "AUDIT_KEY_MISSING",
            Self::Untrue(_) => "PROOF_UNTRUE",
            Self::ProvingKey => "PROVING_KEY",
            Self::Outcome => "RELAY_OUTCOME",
            Self::TooLarge(_) => "WALLET_TOO_LARGE",
        }
    }
}
