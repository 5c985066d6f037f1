//! An SD-JWT taken apart: the issuer's JWT, the disclosures, and perhaps a key binding JWT. Nothing is verified here.

use core::fmt;

use serde_json::{Map, Value};

use super::digest::HashAlgorithm;
use super::disclosure::Disclosure;
use super::jws::Jws;
use super::{MAX_BYTES, MAX_DISCLOSURES, Part, SdJwtError};

/// An SD-JWT, or an SD-JWT with key binding, in compact form. Read, not verified. `Debug` shows no claim.
#[derive(Clone)]
pub struct SdJwt {
    pub(super) jwt: Jws,
    pub(super) disclosures: Vec<Disclosure>,
    pub(super) key_binding: Option<Jws>,
}

impl SdJwt {
    /// Reads the compact form.
    ///
    /// # Errors
    /// [`SdJwtError`] names the first rule of form that is broken.
    pub fn parse(text: &str) -> Result<Self, SdJwtError> {
        if text.len() > MAX_BYTES {
            return Err(SdJwtError::TooLarge(text.len()));
        }
        let (presented, last) = text.rsplit_once('~').ok_or(SdJwtError::Form)?;
        let mut parts = presented.split('~');
        let jwt = parts.next().ok_or(SdJwtError::Form)?;
        let disclosures: Vec<&str> = parts.collect();
        if disclosures.len() > MAX_DISCLOSURES {
            return Err(SdJwtError::TooManyDisclosures);
        }
        if disclosures.iter().any(|text| text.is_empty()) {
            return Err(SdJwtError::Form);
        }
        Ok(Self {
            jwt: Jws::parse(Part::Issuer, jwt)?,
            disclosures: disclosures
                .into_iter()
                .map(Disclosure::parse)
                .collect::<Result<_, _>>()?,
            key_binding: match last {
                "" => None,
                text => Some(Jws::parse(Part::KeyBinding, text)?),
            },
        })
    }

    /// The disclosures, in the order in which they came.
    pub fn disclosures(&self) -> &[Disclosure] {
        &self.disclosures
    }

    /// Whether a key binding JWT is there.
    pub fn has_key_binding(&self) -> bool {
        self.key_binding.is_some()
    }

    /// The header of the issuer's JWT, not verified.
    pub fn header(&self) -> &Map<String, Value> {
        self.jwt.header()
    }

    /// The payload of the issuer's JWT as it was signed, not verified: where to look before verification, and nothing else.
    pub fn payload(&self) -> &Map<String, Value> {
        self.jwt.payload()
    }

    /// The compact form without key binding: what `sd_hash` is taken over.
    pub(super) fn presented(&self) -> String {
        let texts = self.disclosures.iter().map(Disclosure::encoded);
        presented(self.jwt.text(), texts)
    }

    /// The hash that the payload names.
    pub(super) fn hash_algorithm(&self) -> Result<HashAlgorithm, SdJwtError> {
        match self.jwt.payload().get("_sd_alg") {
            None => Ok(HashAlgorithm::Sha256),
            Some(Value::String(name)) => HashAlgorithm::from_name(name),
            Some(_) => Err(SdJwtError::HashAlgorithm),
        }
    }
}

/// A JWT and disclosures, each with a `~` after it.
pub(super) fn presented<'a>(jwt: &'a str, disclosures: impl Iterator<Item = &'a str>) -> String {
    core::iter::once(jwt)
        .chain(disclosures)
        .flat_map(|text| [text, "~"])
        .collect()
}

/// The compact form.
impl fmt::Display for SdJwt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.presented())?;
        f.write_str(self.key_binding.as_ref().map_or("", Jws::text))
    }
}

impl fmt::Debug for SdJwt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SdJwt")
            .field("disclosures", &self.disclosures.len())
            .field("key_binding", &self.has_key_binding())
            .finish_non_exhaustive()
    }
}
