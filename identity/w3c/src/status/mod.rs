//! Bitstring Status List 1.0: what became of a credential, without asking about one credential alone.
//!
//! An issuer publishes a [`List`] of many credentials' statuses as a credential of its own; each of those credentials has an
//! [`Entry`] that says where to look. [`check()`] gives one of three outcomes, and whatever goes wrong gives the third: unknown.

mod bitstring;
mod check;
mod entry;
mod list;

use tacit_identity::json::JsonError;

pub use bitstring::{Bitstring, EntrySize, MAX_BYTES, MAX_ENCODED_BYTES, MIN_ENTRIES};
pub use check::{FetchedList, Lists, Outcome, Status, Unknown, check};
pub use entry::{ENTRY_TYPE, Entry, Message};
pub use list::{
    DEFAULT_TTL_MILLIS, LIST_CREDENTIAL_TYPE, LIST_TYPE, List, MAX_LIST_DOCUMENT_BYTES, read,
};

/// Why a status list or an entry was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StatusError {
    /// Not acceptable JSON.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// A status of another type.
    #[error("the status is not a {ENTRY_TYPE}")]
    OtherType,
    /// A member of an entry breaks a rule.
    #[error("`{0}` of the status entry is missing or malformed")]
    Entry(&'static str),
    /// A member of a list credential breaks a rule.
    #[error("`{0}` of the status list is missing or malformed")]
    List(&'static str),
    /// Not multibase base64url of one gzip member.
    #[error("encodedList is not base64url (multibase u) of one gzip member")]
    Encoding,
    /// More than [`MAX_BYTES`] uncompressed.
    #[error("the status list is longer than {MAX_BYTES} bytes")]
    TooLong,
    /// Fewer than [`MIN_ENTRIES`].
    #[error("the status list has fewer than {MIN_ENTRIES} entries")]
    TooShort,
    /// A value that does not fit in the bits of an entry.
    #[error("a status needs more bits than an entry has")]
    Value,
}

impl StatusError {
    /// The stable reason code.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Json(error) => error.reason(),
            Self::OtherType => "STATUS_OTHER_TYPE",
            Self::Entry(_) => "STATUS_ENTRY",
            Self::List(_) => "STATUS_LIST",
            Self::Encoding => "STATUS_ENCODING",
            Self::TooLong => "STATUS_TOO_LONG",
            Self::TooShort => "STATUS_TOO_SHORT",
            Self::Value => "STATUS_VALUE",
        }
    }
}

#[cfg(test)]
mod tests;
