//! Bundles: proofs that verify with no node and no network, and say "true as of height h, time t".
//!
//! A bundle carries the chain's genesis, so it explains itself; it is worth something only to whoever knows from elsewhere
//! that the chain with that id is the right one. Bundles of a development chain carry [`DEVELOPMENT_WARNING`].

mod absence;
mod bounded;
mod chain;
mod grant;
mod presentation;
mod receipt;
mod row;
mod state;
mod transaction;
mod trust;

pub use absence::{AbsenceBundle, VerifiedAbsence};
pub use bounded::List;
pub use chain::{
    Certified, ChainEvidence, MAX_BUNDLE_HEADERS, MAX_HANDOVERS, MAX_SEGMENTS, Segment,
};
pub use grant::{GrantBundle, GrantEvidence, GrantOpening, VerifiedGrant};
pub use presentation::{IssuerEvidence, KeyBytes, PresentationBundle, VerifiedPresentation};
pub use receipt::{ReceiptBundle, VerifiedReceipt};
pub use row::{RowBundle, RowTerms, VerifiedRow};
pub use state::{StateBundle, StateEvidence, VerifiedState};
pub use transaction::{TransactionBundle, TxEvidence, VerifiedTransaction};
pub use trust::Trust;

use crate::genesis::{DEVELOPMENT_WARNING, GenesisError};
use crate::ids::{ChainId, Height};
use crate::light::LightError;
use crate::verifier::WrongKey;
use tacit_circuits::types::{MemberId, Position};

/// Most bytes of an encoded bundle: a bundle of absence holds up to 4096 proofs, of up to two kilobytes each.
pub const MAX_BUNDLE_BYTES: usize = 12 * 1024 * 1024;

/// Gives a bundle its two conversions.
macro_rules! bundle_bytes {
    ($name:ident) => {
        impl $name {
            /// Decodes a bundle, exactly and bounded.
            ///
            /// # Errors
            /// [`BundleError::Encoding`] when the bytes are none.
            pub fn from_bytes(bytes: &[u8]) -> Result<Self, $crate::bundle::BundleError> {
                $crate::bundle::decode(bytes)
            }

            /// Canonical bytes.
            pub fn to_bytes(&self) -> Vec<u8> {
                $crate::codec::encode_vec(self)
            }
        }
    };
}
use bundle_bytes;

fn decode<T: commonware_codec::Read<Cfg = ()>>(bytes: &[u8]) -> Result<T, BundleError> {
    if bytes.len() > MAX_BUNDLE_BYTES {
        return Err(BundleError::Encoding(format!(
            "more than {MAX_BUNDLE_BYTES} bytes"
        )));
    }
    crate::codec::decode_slice(bytes).map_err(|e| BundleError::Encoding(e.to_string()))
}

/// Why a bundle proves nothing.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BundleError {
    /// The bytes are no bundle.
    #[error("the bundle does not decode: {0}")]
    Encoding(String),
    /// The genesis inside is not valid.
    #[error("the bundle's genesis: {0}")]
    Genesis(#[from] GenesisError),
    /// The bundle is of another chain than the one that is trusted.
    #[error("the bundle is of chain {found}, not of {expected}")]
    Chain {
        /// The bundle's chain.
        found: ChainId,
        /// The trusted one.
        expected: ChainId,
    },
    /// The warning of a development chain is missing, or stands where none belongs.
    #[error("the bundle must carry the warning of a development chain exactly when it is of one")]
    Warning,
    /// The headers or their certificate are not in order.
    #[error(transparent)]
    Light(#[from] LightError),
    /// The header that the proof names is no anchor.
    #[error("the proof names height {0}, which is no anchor")]
    NotAnAnchor(Height),
    /// The proof's anchor is not that of the certified header.
    #[error("the proof's anchor is not the certified header's")]
    Anchor,
    /// The proof's context is not that of the bundle's chain and challenge.
    #[error("the proof is not bound to this chain and challenge")]
    Context,
    /// The verifying key is not valid.
    #[error("the bundle's verifying key: {0}")]
    Key(String),
    /// The verifying key is not the one that genesis pins.
    #[error(transparent)]
    WrongKey(#[from] WrongKey),
    /// The proof does not verify.
    #[error("the proof does not verify")]
    Proof,
    /// An accepted issuer's record is missing, not shown, or not an issuer's.
    #[error("the record of issuer {0} is not shown by the bundle")]
    Issuer(MemberId),
    /// The schema is missing or not shown.
    #[error("the schema is not shown by the bundle")]
    Schema,
    /// The evidence has no certified header of a height that the bundle speaks of.
    #[error("the bundle shows no certified header of height {0}")]
    NoHeader(Height),
    /// A header is of an epoch before the checkpoint's, which nothing that is trusted certifies.
    #[error(
        "height {0} lies before the epoch of the checkpoint: trust the genesis, or an older checkpoint"
    )]
    BeforeCheckpoint(Height),
    /// A member's record is missing or not shown.
    #[error("the record of member {0} is not shown by the bundle")]
    Member(MemberId),
    /// The grant's leaf is not under the note root: another opening, or a grant that never was.
    #[error("the opening is of no grant on the chain at that height")]
    Grant,
    /// The bit of a position is not shown.
    #[error("the bundle does not show whether position {0} was ended")]
    Ended(Position),
    /// The transaction is none of the kind that the bundle is about.
    #[error("the transaction is of another kind than the bundle says")]
    Action,
    /// The access's receipt is another one.
    #[error("the opening is not that of the access's receipt")]
    Receipt,
    /// The ciphertext or the audit key is not the transaction's.
    #[error("the sealed terms or the audit key are not those of the transaction")]
    Ciphertext,
    /// The share in opening the ciphertext is not proven right.
    #[error("the proof that the terms were opened rightly does not hold")]
    Share,
    /// What was opened is no terms.
    #[error("what was opened is no audit terms")]
    Terms,
    /// The stated opening does not cover the row.
    #[error("the stated opening does not cover the height of the row")]
    Statement,
    /// The grant allows a number of uses that no grant can have, or not each use is spoken of.
    #[error("the bundle does not speak of each use that the grant allows")]
    Uses,
    /// The range is empty, or a state is older than its end.
    #[error("the range is empty, or ends after the state that is shown")]
    Range,
    /// A value of the state is not what the ledger writes.
    #[error("a value of the state is no {0}")]
    Record(&'static str),
    /// There was an access in the range.
    #[error("use {number} of the grant was spent at height {height}, inside of the range")]
    Accessed {
        /// Number of the use, from 0.
        number: u16,
        /// Height of the access.
        height: Height,
    },
}
