//! Schemas: which claims a credential of a kind has, of which type, and in which of the 16 slots of the commitment.
//!
//! A schema is a JSON document, versioned by `revision` and named by its content: [`SchemaId`] is a hash of its
//! canonical bytes (RFC 8785), so a changed schema is another schema.

mod claims;
mod document;
mod shipped;
mod value;

pub use claims::{Attributes, Claims};
pub use document::{ClaimRule, Schema, SchemaId};
pub use shipped::Shipped;
pub use value::{ClaimType, ClaimValue, Country};

use crate::json::JsonError;

/// Longest schema document, in bytes.
pub const MAX_SCHEMA_BYTES: usize = 16 * 1024;

/// Longest claims document, in bytes.
pub const MAX_CLAIMS_BYTES: usize = 32 * 1024;

/// Why a schema, or claims under a schema, were refused. Values are never repeated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SchemaError {
    /// Not acceptable JSON, or not the fields of a schema.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// A registered document that is not in canonical form.
    #[error("the registered schema is not in canonical form")]
    NotCanonical,
    /// Another kind of document.
    #[error("not a schema document: the field `tacit` must be \"schema\"")]
    NotASchema,
    /// A version of the schema format that this software does not know.
    #[error("schema format version {0} is not known")]
    Version(u32),
    /// A name, title or revision out of bounds.
    #[error("schema field `{0}` is empty, too long or has characters that are not allowed")]
    Field(&'static str),
    /// No claim, or more than there are slots.
    #[error("a schema has 1 to 16 claims")]
    Count,
    /// A claim's name is not a lower-case letter followed by letters, digits and underscores, or is a reserved word.
    #[error("claim name `{0}` is not allowed")]
    ClaimName(String),
    /// A slot beyond 15.
    #[error("claim `{0}`: slots are 0 to 15")]
    Slot(String),
    /// Two claims share a slot.
    #[error("claim `{0}` shares its slot with another claim")]
    SlotTwice(String),
    /// Claims are not a JSON object.
    #[error("claims are a JSON object of names and values")]
    NotClaims,
    /// A claim that the schema does not have.
    #[error("the schema has no claim `{0}`")]
    UnknownClaim(String),
    /// A required claim is missing.
    #[error("required claim `{0}` is missing")]
    Missing(String),
    /// A claim's value is not of its type.
    #[error("claim `{claim}` takes {wanted}")]
    WrongType {
        /// The claim.
        claim: String,
        /// Values that fit.
        wanted: &'static str,
    },
}

#[cfg(test)]
mod shipped_tests;
#[cfg(test)]
mod tests;
