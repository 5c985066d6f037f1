//! The key binding JWT: the holder signs what is presented, to whom, for which request and when (RFC 9901, section 4.3).

use serde_json::{Map, Value};
use tacit_circuits::types::Timestamp;

use super::jws::{Jws, TokenKey};
use super::verify::{Expected, ExpectedBinding, check_times};
use super::{KEY_BINDING_TYPE, Part, SdJwtError, claims};
use crate::public_key::PublicKey;

/// For whom a holder binds a presentation.
#[derive(Debug, Clone, Copy)]
pub struct KeyBinding<'a> {
    /// The verifier, as it names itself in its request.
    pub audience: &'a str,
    /// The nonce of the request.
    pub nonce: &'a str,
    /// Now.
    pub issued_at: Timestamp,
}

/// Signs a key binding over the hash of what is presented.
pub(super) fn sign(binding: &KeyBinding<'_>, hash: String, key: TokenKey<'_>) -> String {
    let mut payload = Map::new();
    payload.insert("iat".to_owned(), binding.issued_at.0.into());
    payload.insert("aud".to_owned(), binding.audience.into());
    payload.insert("nonce".to_owned(), binding.nonce.into());
    payload.insert("sd_hash".to_owned(), hash.into());
    key.sign(KEY_BINDING_TYPE, None, &payload)
}

/// Verifies one with the holder's key.
pub(super) fn verify(
    jwt: &Jws,
    key: &PublicKey,
    hash: &str,
    expected: &Expected<'_>,
    binding: &ExpectedBinding<'_>,
) -> Result<(), SdJwtError> {
    let part = Part::KeyBinding;
    jwt.expect_type(KEY_BINDING_TYPE)?;
    jwt.verify(key)?;
    let payload = jwt.payload();
    let made = required(claims::read(part, payload, "iat")?, "iat")?;
    let latest = expected.now.0.saturating_add(expected.leeway_secs);
    let oldest = expected.now.0.saturating_sub(binding.max_age_secs);
    if made.0 > latest || made.0 < oldest.saturating_sub(expected.leeway_secs) {
        return Err(SdJwtError::KeyBindingAge);
    }
    check_times(part, payload, expected.now, expected.leeway_secs).map_err(
        |error| match error {
            SdJwtError::NotYetValid | SdJwtError::NoLongerValid => SdJwtError::KeyBindingAge,
            other => other,
        },
    )?;
    if text(payload, "aud")? != expected.audience {
        return Err(SdJwtError::Audience(part));
    }
    if text(payload, "nonce")? != binding.nonce {
        return Err(SdJwtError::KeyBindingNonce);
    }
    if text(payload, "sd_hash")? != hash {
        return Err(SdJwtError::KeyBindingHash);
    }
    Ok(())
}

fn required<T>(claim: Option<T>, name: &'static str) -> Result<T, SdJwtError> {
    claim.ok_or(SdJwtError::Missing(Part::KeyBinding, name))
}

fn text<'a>(payload: &'a Map<String, Value>, name: &'static str) -> Result<&'a str, SdJwtError> {
    required(claims::text(Part::KeyBinding, payload, name)?, name)
}
