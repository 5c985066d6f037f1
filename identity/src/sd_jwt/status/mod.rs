//! Token Status List: what became of a credential since it was issued.
//!
//! As with the lists of the W3C, there are three outcomes; what is not known is never valid and never set.

mod check;
mod list;
mod token;

pub use check::{DEFAULT_TTL_SECS, FetchedToken, Outcome, StatusKind, StatusLists, Unknown, check};
pub use list::{EntryBits, MAX_LIST_BYTES, StatusList};
pub use token::{MAX_TOKEN_BYTES, StatusListToken};

use serde_json::{Map, Value, json};

use super::SdJwtError;

/// Longest URI of a list.
const MAX_URI_BYTES: usize = 2048;

/// Why a list, or a credential's reference to one, was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StatusError {
    /// The credential uses another way to tell its status.
    #[error("the credential's status is given by another mechanism than `status_list`")]
    Mechanism,
    /// `idx` or `uri` is missing or malformed.
    #[error("the credential's status reference is malformed")]
    Reference,
    /// The token is no acceptable JWT.
    #[error(transparent)]
    Token(#[from] SdJwtError),
    /// `bits` is not 1, 2, 4 or 8.
    #[error("an entry of a status list has 1, 2, 4 or 8 bits")]
    Bits,
    /// A status needs more bits than the list has for it.
    #[error("a status does not fit into the bits of the list's entries")]
    Value,
    /// More than [`MAX_LIST_BYTES`], or a token of more than [`MAX_TOKEN_BYTES`].
    #[error("the status list is too long")]
    TooLong,
    /// `lst` is not one complete zlib stream in base64url.
    #[error("the status list is not zlib in base64url")]
    Encoding,
}

/// Where the status of a credential stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusReference {
    /// URI of the status list token.
    pub uri: String,
    /// Place in the list, from 0.
    pub index: u64,
}

impl StatusReference {
    /// Reads the claim `status`.
    ///
    /// # Errors
    /// [`StatusError::Mechanism`], [`StatusError::Reference`].
    pub fn parse(status: &Map<String, Value>) -> Result<Self, StatusError> {
        let list = status.get("status_list").ok_or(StatusError::Mechanism)?;
        let uri = list.get("uri").and_then(Value::as_str);
        let index = list.get("idx").and_then(Value::as_u64);
        match (uri.filter(|uri| is_uri(uri)), index) {
            (Some(uri), Some(index)) => Ok(Self {
                uri: uri.to_owned(),
                index,
            }),
            _ => Err(StatusError::Reference),
        }
    }

    /// The claim `status`.
    pub fn to_json(&self) -> Value {
        json!({"status_list": {"uri": self.uri, "idx": self.index}})
    }
}

/// A scheme, a colon and more, in the characters that a URI can have.
fn is_uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else {
        return false;
    };
    let excluded = |c: u8| !c.is_ascii_graphic() || b"\"<>\\^`{|}".contains(&c);
    text.len() <= MAX_URI_BYTES
        && scheme
            .bytes()
            .next()
            .is_some_and(|c| c.is_ascii_alphabetic())
        && scheme
            .bytes()
            .all(|c| c.is_ascii_alphanumeric() || b"+-.".contains(&c))
        && !rest.is_empty()
        && !rest.bytes().any(excluded)
}

#[cfg(test)]
mod tests;
