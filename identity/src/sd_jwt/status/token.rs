//! The status list token: a JWT with a list in it.

use serde_json::{Map, Value, json};
use tacit_circuits::types::Timestamp;

use super::super::jws::{Jws, TokenKey};
use super::super::{Part, SdJwtError, claims};
use super::list::{EntryBits, StatusList};
use super::{StatusError, is_uri};

/// Longest token accepted: a list that does not compress, twice in base64url, and the rest.
pub const MAX_TOKEN_BYTES: usize = 2 * 1024 * 1024;

/// `typ` of status list tokens.
const TYPE: &str = "statuslist+jwt";

const PART: Part = Part::StatusList;

/// What a status list token says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusListToken {
    /// `sub`: the URI under which it is served.
    pub uri: String,
    /// `iss`: who says so, when it is there.
    pub issuer: Option<String>,
    /// `iat`.
    pub issued_at: Timestamp,
    /// `nbf`: not to be relied on before then (RFC 7519, section 4.1.5).
    pub not_before: Option<Timestamp>,
    /// `exp`: not to be relied on from then on.
    pub expires: Option<Timestamp>,
    /// `ttl`: seconds after which a copy is stale.
    pub ttl_secs: Option<u64>,
    /// The list.
    pub list: StatusList,
}

impl StatusListToken {
    /// Signs the token with the issuer's key.
    ///
    /// # Errors
    /// [`StatusError::Reference`] for a `uri` that is none, [`StatusError::Encoding`] never in practice.
    pub fn sign(&self, key: TokenKey<'_>, key_id: Option<&str>) -> Result<String, StatusError> {
        if !is_uri(&self.uri) {
            return Err(StatusError::Reference);
        }
        let mut payload = Map::new();
        payload.insert("sub".to_owned(), json!(self.uri));
        payload.insert("iat".to_owned(), json!(self.issued_at.0));
        let list = json!({"bits": self.list.bits().bits(), "lst": self.list.encode()?});
        payload.insert("status_list".to_owned(), list);
        let optional = [
            ("iss", self.issuer.as_ref().map(|v| json!(v))),
            ("nbf", self.not_before.map(|t| json!(t.0))),
            ("exp", self.expires.map(|t| json!(t.0))),
            ("ttl", self.ttl_secs.map(|v| json!(v))),
        ];
        for (name, value) in optional {
            if let Some(value) = value {
                payload.insert(name.to_owned(), value);
            }
        }
        Ok(key.sign(TYPE, key_id, &payload))
    }

    /// Reads a token without verifying its signature, which [`super::check`] does.
    ///
    /// # Errors
    /// [`StatusError`] names the first rule of form that is broken.
    pub fn read(text: &str) -> Result<Self, StatusError> {
        Self::parse(text).map(|(token, _)| token)
    }

    /// Reads a token. Its signature is verified by [`super::check`].
    pub(super) fn parse(text: &str) -> Result<(Self, Jws), StatusError> {
        if text.len() > MAX_TOKEN_BYTES {
            return Err(StatusError::TooLong);
        }
        let jws = Jws::parse(PART, text)?;
        jws.expect_type(TYPE)?;
        let payload = jws.payload();
        let missing = |name| SdJwtError::Missing(PART, name);
        let uri = claims::text(PART, payload, "sub")?.ok_or(missing("sub"))?;
        let issued_at = claims::read(PART, payload, "iat")?.ok_or(missing("iat"))?;
        let ttl_secs = match payload.get("ttl") {
            None => None,
            Some(ttl) => match ttl.as_u64() {
                Some(secs) if secs > 0 => Some(secs),
                _ => return Err(SdJwtError::Claim(PART, "ttl").into()),
            },
        };
        let list = payload.get("status_list").ok_or(missing("status_list"))?;
        let malformed = SdJwtError::Claim(PART, "status_list");
        let bits = list.get("bits").ok_or(malformed.clone())?;
        let text = list.get("lst").and_then(Value::as_str).ok_or(malformed)?;
        let bits = bits.as_u64().and_then(EntryBits::new);
        let token = Self {
            uri: uri.to_owned(),
            issuer: claims::text(PART, payload, "iss")?.map(str::to_owned),
            issued_at,
            not_before: claims::read(PART, payload, "nbf")?,
            expires: claims::read(PART, payload, "exp")?,
            ttl_secs,
            list: StatusList::decode(text, bits.ok_or(StatusError::Bits)?)?,
        };
        Ok((token, jws))
    }
}
