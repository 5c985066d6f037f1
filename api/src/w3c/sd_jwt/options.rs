//! The `options` of requests about SD-JWT VCs: each member known and of its type, or refused.

use serde_json::Value;
use tacit_circuits::types::Timestamp;
use tacit_identity::jwk::Jwk;
use tacit_identity::public_key::PublicKey;
use tacit_identity::sd_jwt::MAX_DISCLOSURES;

use crate::errors::ApiError;
use crate::w3c::lists::GivenLists;
use crate::w3c::options::{
    Purpose, bad, given_lists, members, purposes, text, texts, time, unknown,
};
use crate::w3c::problem::Outcome;

/// What an issuer decides about an SD-JWT VC.
#[derive(Clone, Debug)]
pub struct IssueOptions {
    /// `vct`: the credential's type, a URL or URN.
    pub credential_type: String,
    /// Claims that are always seen. The holder can show or hide each of the others.
    pub open: Vec<String>,
    /// The key that the holder has to prove when it presents.
    pub holder_key: Option<PublicKey>,
    /// Valid from this time on; from now on when `None`.
    pub valid_from: Option<Timestamp>,
    /// Valid before this time; for 365 days when `None`.
    pub valid_until: Option<Timestamp>,
    /// The statuses that the credential can get later.
    pub status: Vec<Purpose>,
}

/// What a verifier of an SD-JWT VC asks for.
#[derive(Clone, Debug)]
pub struct VerifyOptions {
    /// Who verifies, as the request for the presentation named it; empty when it named nobody.
    pub audience: String,
    /// The nonce of that request: the holder must prove its key. Without one there must be no such proof.
    pub nonce: Option<String>,
    /// Whether the status is looked up.
    pub status: bool,
    /// Status lists that came along.
    pub lists: GivenLists,
}

impl IssueOptions {
    /// For credentials of a type, every claim disclosable and nothing else decided.
    pub fn new(credential_type: impl Into<String>) -> Self {
        Self {
            credential_type: credential_type.into(),
            open: Vec::new(),
            holder_key: None,
            valid_from: None,
            valid_until: None,
            status: Vec::new(),
        }
    }

    /// Reads the `options` of a request to issue.
    ///
    /// # Errors
    /// When a member is not known or malformed, or `type` is missing.
    pub fn parse(options: Option<Value>) -> Outcome<Self> {
        let members = members(options)?;
        let missing = || ApiError::bad_field("options", "option `type` is missing");
        let credential_type = members.get("type").ok_or_else(missing)?;
        let mut parsed = Self::new(text(credential_type, "type")?);
        for (name, value) in members.iter().filter(|(_, value)| !value.is_null()) {
            match name.as_str() {
                "type" => {}
                "open" => parsed.open = texts(value, "open", MAX_DISCLOSURES)?,
                "holderKey" => {
                    let jwk = Jwk::from_json(value).map_err(|_| bad("holderKey"))?;
                    let key = jwk.for_signatures().copied();
                    parsed.holder_key = Some(key.ok_or_else(|| bad("holderKey"))?);
                }
                "validFrom" => parsed.valid_from = Some(time(value, "validFrom")?.timestamp()),
                "validUntil" => parsed.valid_until = Some(time(value, "validUntil")?.timestamp()),
                "credentialStatus" => parsed.status = purposes(value)?,
                _ => return Err(unknown()),
            }
        }
        Ok(parsed)
    }
}

impl Default for VerifyOptions {
    fn default() -> Self {
        Self {
            audience: String::new(),
            nonce: None,
            status: true,
            lists: GivenLists::default(),
        }
    }
}

impl VerifyOptions {
    /// Reads the `options` of a request to verify.
    ///
    /// # Errors
    /// When a member is not known or malformed, or there is a nonce without an audience.
    pub fn parse(options: Option<Value>) -> Outcome<Self> {
        let mut parsed = Self::default();
        let members = members(options)?;
        for (name, value) in members.iter().filter(|(_, value)| !value.is_null()) {
            match name.as_str() {
                "audience" => parsed.audience = text(value, "audience")?,
                "nonce" => parsed.nonce = Some(text(value, "nonce")?),
                "checks" => parsed.status = crate::w3c::options::status(value)?,
                "statusLists" => parsed.lists = given_lists(value)?,
                _ => return Err(unknown()),
            }
        }
        // A proof for nobody in particular could be replayed from anybody's verifier.
        match parsed.nonce.is_some() && parsed.audience.is_empty() {
            true => Err(ApiError::bad_field("options", "`nonce` needs `audience`").into()),
            false => Ok(parsed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn options_are_known_and_of_their_type_or_refused() {
        let verify = |value| VerifyOptions::parse(Some(value));
        let good = verify(json!({"audience": "a", "nonce": "n", "checks": ["proof"]})).unwrap();
        assert_eq!((good.nonce.as_deref(), good.status), (Some("n"), false));
        for bad in [
            json!({"nonce": "n"}),
            json!({"nonce": "", "audience": ""}),
            json!({"aud": "x"}),
            json!({"statusLists": "x"}),
            json!({"statusLists": ["x"]}),
            json!({"statusLists": [{}]}),
        ] {
            assert!(verify(bad.clone()).is_err(), "{bad}");
        }
        let issue = |value| IssueOptions::parse(Some(value));
        let good = json!({"type": "urn:x", "open": ["a", "b"], "credentialStatus": "suspension"});
        let good = issue(good).unwrap();
        assert_eq!(
            (good.open.len(), good.status),
            (2, vec![Purpose::Suspension])
        );
        for bad in [
            json!({}),
            json!({"type": 1}),
            json!({"type": "urn:x", "holderKey": {"kty": "OKP"}}),
            json!({"type": "urn:x", "validFrom": 1}),
            json!({"type": "urn:x", "decoys": 1}),
        ] {
            assert!(issue(bad.clone()).is_err(), "{bad}");
        }
    }
}
