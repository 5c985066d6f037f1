//! Files that hold evidence only.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use tacit_identity::json;
use tacit_ledger::bundle::{
    AbsenceBundle, BundleError, ChainEvidence, GrantBundle, ReceiptBundle, RowBundle, StateBundle,
    TransactionBundle,
};

use super::{MAX_BUNDLE_FILE, VERSION, refused};
use crate::errors::{ApiError, ApiResult};

/// A bundle whose file holds its canonical bytes and nothing else.
pub trait Evidence: Sized {
    /// What the file says it is.
    const KIND: &'static str;
    /// What ties it to its chain.
    fn chain(&self) -> &ChainEvidence;
    /// Canonical bytes.
    fn to_bytes(&self) -> Vec<u8>;
    /// Reads canonical bytes.
    ///
    /// # Errors
    /// [`BundleError::Encoding`].
    fn from_bytes(bytes: &[u8]) -> Result<Self, BundleError>;
}

macro_rules! evidence {
    ($($name:ident: $kind:literal),+ $(,)?) => {$(
        impl Evidence for $name {
            const KIND: &'static str = $kind;
            fn chain(&self) -> &ChainEvidence {
                &self.chain
            }
            fn to_bytes(&self) -> Vec<u8> {
                $name::to_bytes(self)
            }
            fn from_bytes(bytes: &[u8]) -> Result<Self, BundleError> {
                $name::from_bytes(bytes)
            }
        }
    )+};
}

evidence! {
    TransactionBundle: "transaction-bundle",
    StateBundle: "state-bundle",
    GrantBundle: "grant-bundle",
    ReceiptBundle: "receipt-bundle",
    RowBundle: "audit-row-bundle",
    AbsenceBundle: "absence-bundle",
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    tacit: String,
    version: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    warning: Option<String>,
    evidence: String,
}

/// A bundle's file.
///
/// # Errors
/// Never in practice: a bundle always has a document.
pub fn to_json<E: Evidence>(bundle: &E) -> ApiResult<Vec<u8>> {
    let document = Document {
        tacit: E::KIND.to_owned(),
        version: VERSION,
        warning: bundle.chain().warning().map(str::to_owned),
        evidence: STANDARD.encode(bundle.to_bytes()),
    };
    let mut bytes = serde_json::to_vec_pretty(&document).map_err(ApiError::internal)?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// Reads a bundle's file, in exactly the form of [`to_json`].
///
/// # Errors
/// VERIFICATION_FAILED when the bytes are anything else.
pub fn parse<E: Evidence>(bytes: &[u8]) -> ApiResult<E> {
    let document: Document =
        json::parse_as(bytes, MAX_BUNDLE_FILE, E::KIND).map_err(|error| refused("", error))?;
    if document.tacit != E::KIND || document.version != VERSION {
        return Err(refused(
            "",
            format!("not a {} of version {VERSION}", E::KIND),
        ));
    }
    let evidence = STANDARD
        .decode(&document.evidence)
        .map_err(|_| refused("the evidence: ", "not base64"))?;
    let bundle = E::from_bytes(&evidence).map_err(|error| refused("the evidence: ", error))?;
    if to_json(&bundle)? != bytes {
        return Err(refused("", "the file was changed since it was written"));
    }
    Ok(bundle)
}
