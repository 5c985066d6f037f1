//! Bundles: proofs that verify with no node and no network, and say "true as of height h, time t".
//!
//! A bundle carries the chain's genesis, so it explains itself; it is worth something only to whoever knows from elsewhere
//! that the chain with that id is the right one. Bundles of a development chain carry [`DEVELOPMENT_WARNING`].

mod evidence;
mod presentation;
mod transaction;

pub use evidence::{ChainEvidence, MAX_BUNDLE_HEADERS, StateEvidence};
pub use presentation::{IssuerEvidence, KeyBytes, PresentationBundle, VerifiedPresentation};
pub use transaction::{TransactionBundle, VerifiedTransaction};

use crate::genesis::{DEVELOPMENT_WARNING, GenesisError};
use crate::ids::{ChainId, Height};
use crate::light::LightError;
use crate::verifier::WrongKey;
use tacit_circuits::types::MemberId;

/// Most bytes of an encoded bundle.
pub const MAX_BUNDLE_BYTES: usize = 1024 * 1024;

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
}
