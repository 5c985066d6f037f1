//! Request bodies: bounded in size and time before they are read, then strict JSON.

use axum::body::Body;
use http::{HeaderMap, header};
use http_body::Body as _;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde_json::Value;
use tacit_identity::json;
use tacit_identity::sd_jwt;
use tacit_w3c::model::MAX_DOCUMENT_BYTES;
use tokio::time::timeout;

use crate::errors::{ApiError, catalogue as reason};
use crate::limits;
use crate::w3c::problem::Outcome;

/// Longest body, in bytes: a document and what is around it.
pub const MAX_BODY: usize = MAX_DOCUMENT_BYTES + 4096;

/// Longest body with an SD-JWT, in bytes.
pub const MAX_SD_JWT_BODY: usize = sd_jwt::MAX_BYTES + MAX_BODY;

/// Reads a body of at most `max` bytes as JSON.
///
/// # Errors
/// When it is no JSON by its type or its content, too long, or too slow.
pub(super) async fn read(headers: &HeaderMap, body: Body, max: usize) -> Outcome<Value> {
    if !is_json(headers) {
        return Err(ApiError::plain(&reason::MEDIA_TYPE).into());
    }
    // What says that it is too long is not read at all.
    if body.size_hint().lower() > max as u64 {
        return Err(ApiError::plain(&reason::MESSAGE_TOO_LARGE).into());
    }
    let read = timeout(limits::BODY_TIMEOUT, Limited::new(body, max).collect());
    let bytes = match read.await {
        Ok(Ok(collected)) => collected.to_bytes(),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            return Err(ApiError::plain(&reason::MESSAGE_TOO_LARGE).into());
        }
        Ok(Err(_)) | Err(_) => return Err(ApiError::plain(&reason::BODY_INCOMPLETE).into()),
    };
    parse(&bytes, max)
}

/// A body that has come whole, of at most `max` bytes.
///
/// # Errors
/// When it is longer, or no strict JSON.
pub fn parse(bytes: &[u8], max: usize) -> Outcome<Value> {
    Ok(json::parse(bytes, max)?)
}

/// True for the media types of JSON documents. A web page can send none of them to another site without being asked first.
fn is_json(headers: &HeaderMap) -> bool {
    let value = headers.get(header::CONTENT_TYPE);
    let Some(value) = value.and_then(|value| value.to_str().ok()) else {
        return false;
    };
    let essence = value.split(';').next().unwrap_or_default().trim();
    let essence = essence.to_ascii_lowercase();
    ["application/json", "application/vc", "application/vp"].contains(&essence.as_str())
        || (essence.starts_with("application/") && essence.ends_with("+json"))
}

/// A document, bare or wrapped: `{"NAME": DOCUMENT, "options": {…}}`.
///
/// # Errors
/// When a wrapper has other members.
pub fn unwrap(body: Value, name: &str) -> Outcome<(Value, Option<Value>)> {
    match body {
        Value::Object(mut members) if members.contains_key(name) => {
            let document = members.remove(name).unwrap_or_default();
            let options = members.remove("options");
            match members.is_empty() {
                true => Ok((document, options)),
                false => {
                    let what = format!("beside `{name}` there can be `options`");
                    Err(ApiError::bad_field("body", what).into())
                }
            }
        }
        bare => Ok((bare, None)),
    }
}
