//! Fields of messages, checked.

use commonware_codec::Read;
use tacit_ledger::codec::decode_slice;

use crate::errors::{ApiError, ApiResult};

/// A field of exactly `N` bytes.
///
/// # Errors
/// When it has another length; the error names the field.
pub fn array<const N: usize>(field: &'static str, bytes: &[u8]) -> ApiResult<[u8; N]> {
    bytes
        .try_into()
        .map_err(|_| ApiError::bad_field(field, format!("{N} bytes are needed")))
}

/// Exactly one value of a field's bytes.
///
/// # Errors
/// When they are not; the error names the field.
pub fn decode<T: Read<Cfg = ()>>(field: &'static str, bytes: &[u8]) -> ApiResult<T> {
    decode_slice(bytes).map_err(|_| ApiError::bad_field(field, "not exactly one value of its kind"))
}
