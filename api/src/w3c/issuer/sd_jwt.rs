//! SD-JWT VCs in the issuer's name.

use serde_json::{Map, Value};
use tacit_circuits::types::Timestamp;
use tacit_identity::sd_jwt::status::StatusReference;
use tacit_identity::sd_jwt::{self, ClaimPath, Draft};

use super::Issuer;
use crate::errors::{ApiError, ApiResult};
use crate::w3c::sd_jwt::options::IssueOptions;

/// How long a credential is valid that does not say it, in seconds: 365 days.
const VALID_SECS: u64 = 365 * 24 * 3600;

impl Issuer {
    /// Signs claims as an SD-JWT VC: with all claims, for the holder only.
    ///
    /// # Errors
    /// With the rule that claims or options break.
    pub fn sign_sd_jwt(
        &self,
        claims: &Map<String, Value>,
        options: &IssueOptions,
        status: Option<StatusReference>,
        now: Timestamp,
    ) -> ApiResult<String> {
        let hidden = claims.keys().filter(|name| !options.open.contains(name));
        let disclosable = hidden.map(|name| ClaimPath::from(name.as_str())).collect();
        let until = options
            .valid_until
            .unwrap_or_else(|| now.saturating_add(VALID_SECS));
        let draft = Draft {
            issuer: Some(self.identity.did().to_owned()),
            issued_at: Some(now),
            valid_from: Some(options.valid_from.unwrap_or(now)),
            valid_until: Some(until),
            holder_key: options.holder_key,
            status,
            disclosable,
            ..Draft::new(&options.credential_type, claims.clone())
        };
        // As many salts as there can be disclosures, so that a failing source is seen before anything is signed.
        let mut random = vec![[0; sd_jwt::SALT_BYTES]; sd_jwt::MAX_DISCLOSURES];
        for salt in &mut random {
            getrandom::fill(salt).map_err(ApiError::internal)?;
        }
        // A salt that comes twice is refused: running out is an error.
        let mut salts = || random.pop().unwrap_or_default();
        let method = self.identity.method();
        let issuer = sd_jwt::Issuer::new(self.identity.token_key(), Some(&method));
        Ok(issuer.issue(&draft, &mut salts)?)
    }
}
