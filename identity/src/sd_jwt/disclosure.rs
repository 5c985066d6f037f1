//! One disclosure: salt, perhaps a name, and a value; its digest stands in the payload.

use core::fmt;

use serde_json::{Value, json};

use super::digest::HashAlgorithm;
use super::{Part, SdJwtError, base64url};
use crate::json;

/// Bytes of a salt: 128 bits, as RFC 9901 recommends.
pub const SALT_BYTES: usize = 16;

/// A disclosure that was read. `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Disclosure {
    encoded: String,
    name: Option<String>,
    value: Value,
}

impl Disclosure {
    /// Makes the disclosure of a member (with a name) or of an element (without).
    pub(super) fn new(salt: &[u8; SALT_BYTES], name: Option<&str>, value: Value) -> Self {
        let salt = base64url::encode(salt);
        let array = match name {
            Some(name) => json!([salt, name, value]),
            None => json!([salt, value]),
        };
        Self {
            encoded: base64url::encode(array.to_string().as_bytes()),
            name: name.map(str::to_owned),
            value,
        }
    }

    /// Reads one.
    pub(super) fn parse(text: &str) -> Result<Self, SdJwtError> {
        let part = Part::Disclosure;
        let bytes = base64url::decode(text).ok_or(SdJwtError::Base64(part))?;
        let array =
            json::parse(&bytes, bytes.len()).map_err(|error| SdJwtError::Json { part, error })?;
        let Value::Array(items) = array else {
            return Err(SdJwtError::DisclosureForm);
        };
        let (name, value) = match <[Value; 3]>::try_from(items) {
            Ok([Value::String(_), Value::String(name), value]) => (Some(name), value),
            Ok(_) => return Err(SdJwtError::DisclosureForm),
            Err(items) => match <[Value; 2]>::try_from(items) {
                Ok([Value::String(_), value]) => (None, value),
                _ => return Err(SdJwtError::DisclosureForm),
            },
        };
        Ok(Self {
            encoded: text.to_owned(),
            name,
            value,
        })
    }

    /// The text that is sent.
    pub(super) fn encoded(&self) -> &str {
        &self.encoded
    }

    /// The digest that stands for it in the payload.
    pub(super) fn digest(&self, algorithm: HashAlgorithm) -> String {
        algorithm.digest(self.encoded.as_bytes())
    }

    /// The claim's name; `None` for an element of an array.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The claim's value, in which digests can stand for parts.
    pub fn value(&self) -> &Value {
        &self.value
    }
}

impl fmt::Debug for Disclosure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Disclosure(redacted)")
    }
}
