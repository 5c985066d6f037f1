//! Registered claims of tokens: texts, and times in whole seconds since 1970.

use serde_json::{Map, Value};
use tacit_circuits::types::Timestamp;

use super::{Part, SdJwtError};

/// A time claim; `None` when it is not there.
pub(super) fn read(
    part: Part,
    payload: &Map<String, Value>,
    name: &'static str,
) -> Result<Option<Timestamp>, SdJwtError> {
    match payload.get(name) {
        None => Ok(None),
        Some(value) => match value.as_u64() {
            Some(seconds) => Ok(Some(Timestamp(seconds))),
            None => Err(SdJwtError::Claim(part, name)),
        },
    }
}

/// A text claim; `None` when it is not there.
pub(super) fn text<'a>(
    part: Part,
    payload: &'a Map<String, Value>,
    name: &'static str,
) -> Result<Option<&'a str>, SdJwtError> {
    match payload.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(SdJwtError::Claim(part, name)),
    }
}
