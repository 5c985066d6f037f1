//! Bitstring Status List 1.0: what became of a credential, without asking about one credential alone.

mod bitstring;

pub use bitstring::{Bitstring, EntrySize, MAX_BYTES, MAX_ENCODED_BYTES, MIN_ENTRIES};

/// Why a status list or an entry was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StatusError {
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
            Self::Encoding => "STATUS_ENCODING",
            Self::TooLong => "STATUS_TOO_LONG",
            Self::TooShort => "STATUS_TOO_SHORT",
            Self::Value => "STATUS_VALUE",
        }
    }
}
