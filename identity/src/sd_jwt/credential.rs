//! Credentials: the rules of SD-JWT VC on top of RFC 9901.

use serde_json::{Map, Value};
use tacit_circuits::types::Timestamp;

use super::jws::IssuerKeys;
use super::process::Processed;
use super::verify::{Expected, Opened, holder_key};
use super::{CREDENTIAL_TYPE, Part, SdJwtError, claims};
use crate::public_key::PublicKey;

/// Claims that must always be seen, with all that is in them.
pub(super) const OPEN: [&str; 8] = [
    "iss",
    "nbf",
    "exp",
    "cnf",
    "vct",
    "vct#integrity",
    "aka_vcts",
    "status",
];

/// Claims about the credential and not about its subject: these, and [`OPEN`].
pub(super) const OTHERS: [&str; 4] = ["iat", "sub", "aud", "jti"];

/// A credential that follows the rules. `Debug` is not there: all of it is somebody's data.
#[derive(Clone)]
pub struct Credential {
    payload: Map<String, Value>,
    holder_key: Option<PublicKey>,
}

/// A credential that verified.
#[derive(Clone)]
pub struct Verified {
    /// The credential, with the claims that were disclosed.
    pub credential: Credential,
    /// The key that the issuer signed with.
    pub issuer_key: PublicKey,
    /// The key that the holder proved to have; `None` when no proof was expected.
    pub holder_key: Option<PublicKey>,
}

/// Verifies a presentation of an SD-JWT VC. Its status is another question: [`super::status::check`].
///
/// # Errors
/// [`SdJwtError`] names the first rule that is broken.
pub fn verify(
    text: &str,
    keys: &dyn IssuerKeys,
    expected: &Expected<'_>,
) -> Result<Verified, SdJwtError> {
    let opened = Opened::open(text, CREDENTIAL_TYPE, keys)?;
    let credential = Credential::check(opened.sd_jwt.jwt.payload(), &opened.processed)?;
    let holder_key = opened.check(expected)?;
    Ok(Verified {
        credential,
        issuer_key: opened.issuer_key,
        holder_key,
    })
}

impl Credential {
    /// Checks the payload as it was signed and as it was processed.
    pub(super) fn check(
        signed: &Map<String, Value>,
        processed: &Processed,
    ) -> Result<Self, SdJwtError> {
        let payload = &processed.payload;
        for name in OPEN {
            if signed.get(name) != payload.get(name) {
                return Err(SdJwtError::MustBeOpen(name));
            }
        }
        if processed.digest_lists > 0 && processed.digests == 0 {
            return Err(SdJwtError::NothingToDisclose);
        }
        let part = Part::Issuer;
        match claims::text(part, payload, "vct")? {
            None => return Err(SdJwtError::Missing(part, "vct")),
            Some("") => return Err(SdJwtError::Claim(part, "vct")),
            Some(_) => {}
        }
        for text in ["vct#integrity", "sub"] {
            claims::text(part, payload, text)?;
        }
        let other_types = payload.get("aka_vcts").map(|types| types.as_array());
        let well_formed = |types: &Vec<Value>| {
            !types.is_empty()
                && types.iter().all(Value::is_string)
                && !types.iter().any(|one| Some(one) == payload.get("vct"))
        };
        if other_types.is_some_and(|types| !types.is_some_and(well_formed)) {
            return Err(SdJwtError::Claim(part, "aka_vcts"));
        }
        if payload.get("status").is_some_and(|v| !v.is_object()) {
            return Err(SdJwtError::Claim(part, "status"));
        }
        Ok(Self {
            holder_key: holder_key(payload)?,
            payload: payload.clone(),
        })
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.payload.get(name).and_then(Value::as_str)
    }

    fn time(&self, name: &str) -> Option<Timestamp> {
        Some(Timestamp(self.payload.get(name)?.as_u64()?))
    }

    /// `vct`: what kind of credential it is.
    pub fn credential_type(&self) -> &str {
        self.text("vct").unwrap_or_default()
    }

    /// `vct#integrity`: which type metadata document its issuer means; see
    /// [`type_metadata::check_integrity`](super::type_metadata::check_integrity).
    pub fn type_integrity(&self) -> Option<&str> {
        self.text("vct#integrity")
    }

    /// Whether it is of this type, by `vct` or by `aka_vcts`.
    pub fn is_of_type(&self, vct: &str) -> bool {
        let others = self.payload.get("aka_vcts").and_then(Value::as_array);
        self.credential_type() == vct || others.is_some_and(|types| types.iter().any(|t| t == vct))
    }

    /// `iss`; `None` when the issuer is known by its key alone.
    pub fn issuer(&self) -> Option<&str> {
        self.text("iss")
    }

    /// `sub`.
    pub fn subject(&self) -> Option<&str> {
        self.text("sub")
    }

    /// `iat`.
    pub fn issued_at(&self) -> Option<Timestamp> {
        self.time("iat")
    }

    /// `nbf`: not valid before.
    pub fn valid_from(&self) -> Option<Timestamp> {
        self.time("nbf")
    }

    /// `exp`: not valid from then on.
    pub fn valid_until(&self) -> Option<Timestamp> {
        self.time("exp")
    }

    /// The key in `cnf`, which its holder can prove to have.
    pub fn holder_key(&self) -> Option<&PublicKey> {
        self.holder_key.as_ref()
    }

    /// `status`: where its status can be looked up.
    pub fn status(&self) -> Option<&Map<String, Value>> {
        self.payload.get("status").and_then(Value::as_object)
    }

    /// The claims about the subject: all but those about the credential itself.
    pub fn claims(&self) -> Map<String, Value> {
        let about_it = |name: &str| OPEN.contains(&name) || OTHERS.contains(&name);
        self.payload
            .iter()
            .filter(|(name, _)| !about_it(name))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    }

    /// The whole payload.
    pub fn payload(&self) -> &Map<String, Value> {
        &self.payload
    }
}
