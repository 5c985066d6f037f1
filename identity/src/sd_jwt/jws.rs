//! JWTs in compact form: read, verified with the signer's key, and signed.
//!
//! The key decides which algorithm is right; the header may only agree. Keys in headers (`jwk`, `x5c`, `jku`) are never used.

use core::fmt;

use ed25519_dalek::Signer as _;
use serde_json::{Map, Value};

use super::{Part, SdJwtError, base64url};
use crate::json;
use crate::public_key::{P256Signer, PublicKey};
use crate::signer::{HolderSigner, IssuerSigner};

/// What a verifier knows when it needs a key: what the token says of its signer, none of it verified.
#[derive(Clone, Copy)]
pub struct KeyRequest<'a> {
    /// `iss` of the token, or of the credential that the token is about.
    pub issuer: Option<&'a str>,
    /// `kid` of the header.
    pub key_id: Option<&'a str>,
    /// The whole header.
    pub header: &'a Map<String, Value>,
}

/// Finds keys of issuers: DIDs, issuer metadata, a list of trusted keys. Who answers vouches that the key is the issuer's.
pub trait IssuerKeys {
    /// The key that this issuer signs credentials with; `None` when there is none.
    fn key(&self, request: &KeyRequest<'_>) -> Option<PublicKey>;
}

impl<F: Fn(&KeyRequest<'_>) -> Option<PublicKey>> IssuerKeys for F {
    fn key(&self, request: &KeyRequest<'_>) -> Option<PublicKey> {
        self(request)
    }
}

/// A key that signs tokens: Ed25519 (`EdDSA`) or P-256 (`ES256`).
///
/// What it signs begins with a JWT header in base64url, whose `typ` says what the token is for: no signature of one purpose is
/// one of another, and none is one over the tagged hashes that the same Ed25519 keys sign elsewhere.
#[derive(Clone, Copy)]
pub struct TokenKey<'a>(Inner<'a>);

#[derive(Clone, Copy)]
enum Inner<'a> {
    Ed25519(&'a ed25519_dalek::SigningKey),
    P256(&'a P256Signer),
}

impl<'a> From<&'a IssuerSigner> for TokenKey<'a> {
    fn from(signer: &'a IssuerSigner) -> Self {
        Self(Inner::Ed25519(signer.key()))
    }
}

impl<'a> From<&'a HolderSigner> for TokenKey<'a> {
    fn from(signer: &'a HolderSigner) -> Self {
        Self(Inner::Ed25519(signer.key()))
    }
}

impl<'a> From<&'a P256Signer> for TokenKey<'a> {
    fn from(signer: &'a P256Signer) -> Self {
        Self(Inner::P256(signer))
    }
}

impl TokenKey<'_> {
    /// The public key.
    pub fn public_key(&self) -> PublicKey {
        match self.0 {
            Inner::Ed25519(key) => PublicKey::Ed25519(crate::keys::VerifyKey::of(key)),
            Inner::P256(key) => PublicKey::P256(key.public_key()),
        }
    }

    fn algorithm(&self) -> &'static str {
        match self.0 {
            Inner::Ed25519(_) => "EdDSA",
            Inner::P256(_) => "ES256",
        }
    }

    /// A token in compact form.
    pub(super) fn sign(
        &self,
        typ: &str,
        key_id: Option<&str>,
        payload: &Map<String, Value>,
    ) -> String {
        let mut header = Map::new();
        header.insert("alg".to_owned(), self.algorithm().into());
        header.insert("typ".to_owned(), typ.into());
        if let Some(key_id) = key_id {
            header.insert("kid".to_owned(), key_id.into());
        }
        let text = |object: &Map<String, Value>| {
            base64url::encode(Value::Object(object.clone()).to_string().as_bytes())
        };
        let input = format!("{}.{}", text(&header), text(payload));
        let signature = match self.0 {
            Inner::Ed25519(key) => key.sign(input.as_bytes()).to_bytes(),
            Inner::P256(key) => key.sign_raw(input.as_bytes()),
        };
        format!("{input}.{}", base64url::encode(&signature))
    }
}

impl fmt::Debug for TokenKey<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenKey({:?}, secret redacted)", self.public_key())
    }
}

/// A token that was read and not verified.
#[derive(Clone)]
pub(super) struct Jws {
    part: Part,
    text: String,
    header: Map<String, Value>,
    payload: Map<String, Value>,
    signature: [u8; 64],
}

impl Jws {
    /// Reads a token; `part` names it in errors.
    pub(super) fn parse(part: Part, text: &str) -> Result<Self, SdJwtError> {
        let mut parts = text.split('.');
        let (Some(header), Some(payload), Some(signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(SdJwtError::Jwt(part));
        };
        let header = object(part, header)?;
        let payload = object(part, payload)?;
        let jws = Self {
            part,
            text: text.to_owned(),
            signature: base64url::decode(signature)
                .ok_or(SdJwtError::Base64(part))?
                .try_into()
                .map_err(|_| SdJwtError::Signature(part))?,
            header,
            payload,
        };
        if jws.header.contains_key("crit") {
            return Err(SdJwtError::Critical(part));
        }
        for optional in ["typ", "kid"] {
            if jws.header.get(optional).is_some_and(|v| !v.is_string()) {
                return Err(SdJwtError::Header(part, optional));
            }
        }
        match jws.text_parameter("alg") {
            Some("ES256" | "EdDSA" | "Ed25519") => Ok(jws),
            Some(_) => Err(SdJwtError::Algorithm(part)),
            None => Err(SdJwtError::Header(part, "alg")),
        }
    }

    fn text_parameter(&self, name: &str) -> Option<&str> {
        self.header.get(name).and_then(Value::as_str)
    }

    /// Refuses another `typ`.
    pub(super) fn expect_type(&self, typ: &str) -> Result<(), SdJwtError> {
        if self.text_parameter("typ") == Some(typ) {
            Ok(())
        } else {
            Err(SdJwtError::Type(self.part))
        }
    }

    /// The key of the issuer, as the caller finds it.
    pub(super) fn find_key(
        &self,
        issuer: Option<&str>,
        keys: &dyn IssuerKeys,
    ) -> Result<PublicKey, SdJwtError> {
        let request = KeyRequest {
            issuer,
            key_id: self.text_parameter("kid"),
            header: &self.header,
        };
        keys.key(&request).ok_or(SdJwtError::KeyUnknown(self.part))
    }

    /// Verifies the signature with the signer's key.
    pub(super) fn verify(&self, key: &PublicKey) -> Result<(), SdJwtError> {
        match (key, self.text_parameter("alg")) {
            (PublicKey::Ed25519(_), Some("EdDSA" | "Ed25519"))
            | (PublicKey::P256(_), Some("ES256")) => {}
            _ => return Err(SdJwtError::AlgorithmOfKey(self.part)),
        }
        let refused = SdJwtError::Signature(self.part);
        let (input, _) = self.text.rsplit_once('.').ok_or(refused.clone())?;
        key.verify(input.as_bytes(), &self.signature)
            .map_err(|_| refused)
    }

    /// The compact form, as it was read.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn header(&self) -> &Map<String, Value> {
        &self.header
    }

    pub(super) fn payload(&self) -> &Map<String, Value> {
        &self.payload
    }

    pub(super) fn part(&self) -> Part {
        self.part
    }
}

fn object(part: Part, text: &str) -> Result<Map<String, Value>, SdJwtError> {
    let bytes = base64url::decode(text).ok_or(SdJwtError::Base64(part))?;
    match json::parse(&bytes, bytes.len()) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(_) => Err(SdJwtError::NotAnObject(part)),
        Err(error) => Err(SdJwtError::Json { part, error }),
    }
}
