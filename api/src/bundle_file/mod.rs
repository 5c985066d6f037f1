//! Files of bundles: each verifies with no network, and says as of when it is true.
//!
//! A presentation's file holds the words as well (`presentation`); the others are
//!
//! ```text
//! {
//!   "tacit": "grant-bundle",        or transaction, state, receipt, audit-row, absence
//!   "version": 2,
//!   "warning": "…",                 on a development chain: what its evidence has to say, for people
//!   "evidence": "…"                 base64 of the ledger's bundle in its canonical bytes
//! }
//! ```
//!
//! A file has one form only, byte for byte: what is written otherwise, even in its spaces, is refused.

mod checkpoint;
mod evidence;
mod presentation;

pub use checkpoint::{MAX_CHECKPOINT_FILE, checkpoint_to_json, parse_checkpoint};
pub use evidence::{Evidence, parse, to_json};
pub use presentation::{BundleFile, VerifiedFile};

use serde::Deserialize;
use tacit_identity::json;
use tacit_identity::presentation::MAX_PRESENTATION_BYTES;
use tacit_ledger::bundle::{
    AbsenceBundle, ChainEvidence, GrantBundle, MAX_BUNDLE_BYTES, ReceiptBundle, RowBundle,
    StateBundle, TransactionBundle,
};
use tacit_ledger::ids::ChainId;

use crate::errors::{ApiError, ApiResult, catalogue as reason};

/// Most bytes of a file: base64 takes four bytes for three, a presentation is indented once more.
pub const MAX_BUNDLE_FILE: usize = MAX_BUNDLE_BYTES / 3 * 4 + 2 * MAX_PRESENTATION_BYTES + 1024;

const VERSION: u32 = 2;

/// A bundle of any kind. Nothing in it is verified yet.
#[derive(Debug)]
pub enum AnyBundle {
    /// Facts from a credential.
    Presentation(Box<BundleFile>),
    /// A transaction and its place.
    Transaction(Box<TransactionBundle>),
    /// A value of the state, or that there is none.
    State(Box<StateBundle>),
    /// A grant and whether it was ended.
    Grant(Box<GrantBundle>),
    /// An access.
    Receipt(Box<ReceiptBundle>),
    /// A grant or access as a reviewer opened it.
    Row(Box<RowBundle>),
    /// That nobody used a grant in a range of heights.
    Absence(Box<AbsenceBundle>),
}

impl AnyBundle {
    /// Reads a file of any kind.
    ///
    /// # Errors
    /// VERIFICATION_FAILED when it is none.
    pub fn parse(bytes: &[u8]) -> ApiResult<Self> {
        #[derive(Deserialize)]
        struct Kind {
            tacit: String,
        }
        let kind: Kind =
            json::parse_as(bytes, MAX_BUNDLE_FILE, "bundle").map_err(|error| refused("", error))?;
        Ok(match kind.tacit.as_str() {
            presentation::KIND => Self::Presentation(Box::new(BundleFile::parse(bytes)?)),
            TransactionBundle::KIND => Self::Transaction(Box::new(parse(bytes)?)),
            StateBundle::KIND => Self::State(Box::new(parse(bytes)?)),
            GrantBundle::KIND => Self::Grant(Box::new(parse(bytes)?)),
            ReceiptBundle::KIND => Self::Receipt(Box::new(parse(bytes)?)),
            RowBundle::KIND => Self::Row(Box::new(parse(bytes)?)),
            AbsenceBundle::KIND => Self::Absence(Box::new(parse(bytes)?)),
            _ => return Err(refused("", "not a bundle that this program knows")),
        })
    }

    /// The chain that the file itself names. It is worth something only to whoever knows that chain from elsewhere.
    ///
    /// # Errors
    /// VERIFICATION_FAILED when the genesis inside is not valid.
    pub fn claimed_chain(&self) -> ApiResult<ChainId> {
        self.chain()
            .claimed_chain()
            .map_err(|error| refused("the evidence: ", error))
    }

    fn chain(&self) -> &ChainEvidence {
        match self {
            Self::Presentation(file) => file.chain(),
            Self::Transaction(bundle) => &bundle.chain,
            Self::State(bundle) => &bundle.chain,
            Self::Grant(bundle) => &bundle.chain,
            Self::Receipt(bundle) => &bundle.chain,
            Self::Row(bundle) => &bundle.chain,
            Self::Absence(bundle) => &bundle.chain,
        }
    }
}

pub(crate) fn refused(part: &str, error: impl std::fmt::Display) -> ApiError {
    ApiError::new(&reason::VERIFICATION_FAILED, format!("{part}{error}"))
}

#[cfg(test)]
mod tests;
