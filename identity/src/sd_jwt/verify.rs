//! Verification of an SD-JWT of any type (RFC 9901, section 7).

use serde_json::{Map, Value};
use tacit_circuits::types::Timestamp;

use super::digest::HashAlgorithm;
use super::jws::IssuerKeys;
use super::process::{Processed, process};
use super::{Part, SdJwt, SdJwtError, claims, key_binding};
use crate::jwk::Jwk;
use crate::public_key::PublicKey;

/// What a verifier expects of a presentation. All of it is the verifier's own: nothing is taken from the presentation.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// Who verifies: what `aud` must be.
    pub audience: &'a str,
    /// Now.
    pub now: Timestamp,
    /// How many seconds clocks may differ.
    pub leeway_secs: u64,
    /// Whether the holder must prove its key: with `Some`, a presentation without proof is refused; with `None`, one with a
    /// proof is, for nobody asked for it and it would not be checked.
    pub key_binding: Option<ExpectedBinding<'a>>,
}

/// What a verifier expects of a key binding.
#[derive(Debug, Clone, Copy)]
pub struct ExpectedBinding<'a> {
    /// The nonce of the verifier's request.
    pub nonce: &'a str,
    /// How many seconds ago the holder may have signed.
    pub max_age_secs: u64,
}

/// An SD-JWT that verified.
#[derive(Clone)]
pub struct VerifiedSdJwt {
    /// The payload with the disclosed claims in their places, and no trace of the others.
    pub payload: Map<String, Value>,
    /// The header of the issuer's JWT.
    pub header: Map<String, Value>,
    /// The key that signed it.
    pub issuer_key: PublicKey,
    /// The key that the holder proved to have; `None` when no proof was expected.
    pub holder_key: Option<PublicKey>,
}

/// Verifies an SD-JWT whose header says `typ`. Credentials have rules of their own on top: [`super::verify`].
///
/// # Errors
/// [`SdJwtError`] names the first rule that is broken.
pub fn verify_sd_jwt(
    text: &str,
    typ: &str,
    keys: &dyn IssuerKeys,
    expected: &Expected<'_>,
) -> Result<VerifiedSdJwt, SdJwtError> {
    let opened = Opened::open(text, typ, keys)?;
    let holder_key = opened.check(expected)?;
    Ok(VerifiedSdJwt {
        header: opened.sd_jwt.header().clone(),
        payload: opened.processed.payload,
        issuer_key: opened.issuer_key,
        holder_key,
    })
}

/// An SD-JWT whose issuer's signature and disclosures hold; times, audience and key binding are not looked at yet.
pub(super) struct Opened {
    pub(super) sd_jwt: SdJwt,
    pub(super) processed: Processed,
    pub(super) algorithm: HashAlgorithm,
    pub(super) issuer_key: PublicKey,
}

impl Opened {
    pub(super) fn open(text: &str, typ: &str, keys: &dyn IssuerKeys) -> Result<Self, SdJwtError> {
        let sd_jwt = SdJwt::parse(text)?;
        let jwt = &sd_jwt.jwt;
        jwt.expect_type(typ)?;
        let issuer = claims::text(jwt.part(), jwt.payload(), "iss")?;
        let issuer_key = jwt.find_key(issuer, keys)?;
        jwt.verify(&issuer_key)?;
        let algorithm = sd_jwt.hash_algorithm()?;
        let processed = process(jwt.payload(), &sd_jwt.disclosures, algorithm)?;
        // Who is the issuer was decided by the claim in the open.
        if processed.payload.get("iss") != jwt.payload().get("iss") {
            return Err(SdJwtError::MustBeOpen("iss"));
        }
        Ok(Self {
            sd_jwt,
            processed,
            algorithm,
            issuer_key,
        })
    }

    /// Checks times, audience and key binding; gives the key that the holder proved to have.
    pub(super) fn check(&self, expected: &Expected<'_>) -> Result<Option<PublicKey>, SdJwtError> {
        let payload = &self.processed.payload;
        check_times(Part::Issuer, payload, expected.now, expected.leeway_secs)?;
        check_audience(payload, expected.audience)?;
        match (&expected.key_binding, &self.sd_jwt.key_binding) {
            (None, None) => Ok(None),
            (None, Some(_)) => Err(SdJwtError::KeyBindingUnexpected),
            (Some(_), None) => Err(SdJwtError::KeyBindingMissing),
            (Some(binding), Some(jwt)) => {
                let key = holder_key(payload)?.ok_or(SdJwtError::NoHolderKey)?;
                let hash = self.algorithm.digest(self.sd_jwt.presented().as_bytes());
                key_binding::verify(jwt, &key, &hash, expected, binding)?;
                Ok(Some(key))
            }
        }
    }
}

/// `nbf` and `exp`.
pub(super) fn check_times(
    part: Part,
    payload: &Map<String, Value>,
    now: Timestamp,
    leeway_secs: u64,
) -> Result<(), SdJwtError> {
    claims::read(part, payload, "iat")?;
    if claims::read(part, payload, "nbf")?.is_some_and(|t| now.0.saturating_add(leeway_secs) < t.0)
    {
        return Err(SdJwtError::NotYetValid);
    }
    if claims::read(part, payload, "exp")?.is_some_and(|t| t.0.saturating_add(leeway_secs) <= now.0)
    {
        return Err(SdJwtError::NoLongerValid);
    }
    Ok(())
}

/// `aud` of the issuer's JWT: absent, or among others the verifier.
fn check_audience(payload: &Map<String, Value>, audience: &str) -> Result<(), SdJwtError> {
    let meant = match payload.get("aud") {
        None => true,
        Some(Value::String(one)) => one == audience,
        Some(Value::Array(several)) => several.iter().any(|one| one == audience),
        Some(_) => return Err(SdJwtError::Claim(Part::Issuer, "aud")),
    };
    meant
        .then_some(())
        .ok_or(SdJwtError::Audience(Part::Issuer))
}

/// The holder's key: `cnf` with `jwk` (RFC 7800, section 3.2). `None` when there is none, or one that is given otherwise.
pub(super) fn holder_key(payload: &Map<String, Value>) -> Result<Option<PublicKey>, SdJwtError> {
    let Some(confirmation) = payload.get("cnf") else {
        return Ok(None);
    };
    let confirmation = confirmation.as_object();
    let confirmation = confirmation.ok_or(SdJwtError::Claim(Part::Issuer, "cnf"))?;
    let Some(jwk) = confirmation.get("jwk") else {
        return Ok(None);
    };
    let jwk = Jwk::from_json(jwk).map_err(SdJwtError::HolderKey)?;
    Ok(jwk.for_signatures().copied())
}
