//! Why an SD-JWT was refused.

use core::fmt;

use super::{MAX_BYTES, MAX_DISCLOSURES};
use crate::json::{JsonError, MAX_DEPTH};
use crate::jwk::JwkError;

/// The part of a presentation that an error is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The JWT that the issuer signed.
    Issuer,
    /// A disclosure.
    Disclosure,
    /// The JWT that the holder signed.
    KeyBinding,
    /// A status list token.
    StatusList,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Issuer => "issuer-signed JWT",
            Self::Disclosure => "disclosure",
            Self::KeyBinding => "key binding JWT",
            Self::StatusList => "status list token",
        })
    }
}

/// Why an SD-JWT was refused, or could not be made. Values are never repeated: they can be somebody's data.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SdJwtError {
    /// Longer than [`MAX_BYTES`].
    #[error("SD-JWT of {0} bytes: at most {MAX_BYTES} are accepted")]
    TooLarge(usize),
    /// More disclosures than [`MAX_DISCLOSURES`].
    #[error("SD-JWT with more than {MAX_DISCLOSURES} disclosures")]
    TooManyDisclosures,
    /// Not a JWT, disclosures and perhaps a key binding JWT, with `~` between them.
    #[error(
        "an SD-JWT is a JWT and disclosures, each followed by `~`, then a key binding JWT or nothing"
    )]
    Form,
    /// Not three texts with dots between them.
    #[error("{0}: not a JWT in compact form")]
    Jwt(Part),
    /// Not base64url without padding and without stray bits.
    #[error("{0}: not base64url without padding")]
    Base64(Part),
    /// JSON that is not accepted.
    #[error("{part}: {error}")]
    Json {
        /// Where.
        part: Part,
        /// Which rule.
        error: JsonError,
    },
    /// Header or payload is not a JSON object.
    #[error("{0}: header and payload are JSON objects")]
    NotAnObject(Part),
    /// A header parameter is missing or of the wrong type.
    #[error("{0}: header parameter `{1}` is missing or malformed")]
    Header(Part, &'static str),
    /// `typ` is another one.
    #[error("{0}: header parameter `typ` is not the expected one")]
    Type(Part),
    /// `alg` is none of ES256, EdDSA and Ed25519; `none` is among the refused.
    #[error("{0}: signing algorithm is not accepted: only ES256 and EdDSA are")]
    Algorithm(Part),
    /// `alg` is not the algorithm of the key.
    #[error("{0}: signing algorithm is not that of the signer's key")]
    AlgorithmOfKey(Part),
    /// The header has `crit`: an extension that must be understood and is not.
    #[error("{0}: header with critical extensions")]
    Critical(Part),
    /// The caller knows no such key of this issuer.
    #[error("{0}: no key of this issuer is known that could have signed it")]
    KeyUnknown(Part),
    /// The signature is not by that key over these bytes.
    #[error("{0}: the signature does not verify")]
    Signature(Part),
    /// `_sd_alg` is none of sha-256, sha-384 and sha-512.
    #[error("`_sd_alg` is not a hash algorithm that is accepted")]
    HashAlgorithm,
    /// `_sd`, `...` or `_sd_alg` where they may not be, or of a form that they may not have.
    #[error(
        "a reserved name (`_sd`, `...`, `_sd_alg`) is in a place or has a form that is not allowed"
    )]
    Reserved,
    /// A digest is not the hash's length in base64url.
    #[error("a digest is malformed")]
    Digest,
    /// The same digest is there twice.
    #[error("the same digest is there twice")]
    DigestTwice,
    /// A disclosure is not an array of salt, name and value (of an object), or of salt and value (of an array).
    #[error("a disclosure is not of the form that its place asks for")]
    DisclosureForm,
    /// The same disclosure is there twice.
    #[error("the same disclosure is there twice")]
    DisclosureTwice,
    /// A disclosure would give an object a claim that it has already.
    #[error("a disclosure has the name of another claim of the same object")]
    DisclosureCollision,
    /// A disclosure whose digest is nowhere.
    #[error("a disclosure is not referred to by any digest")]
    DisclosureUnused,
    /// With its disclosures put in, the payload nests too deeply.
    #[error("the payload nests deeper than {MAX_DEPTH} levels")]
    TooDeep,
    /// A required claim is missing.
    #[error("{0}: claim `{1}` is missing")]
    Missing(Part, &'static str),
    /// A registered claim has a type or value that it may not have.
    #[error("{0}: claim `{1}` is malformed")]
    Claim(Part, &'static str),
    /// Before `nbf`.
    #[error("the credential is not valid yet")]
    NotYetValid,
    /// At or after `exp`.
    #[error("the credential is no longer valid")]
    NoLongerValid,
    /// `aud` names others.
    #[error("{0}: made for another audience")]
    Audience(Part),
    /// Key binding is required, and there is none.
    #[error("the presentation has no key binding JWT")]
    KeyBindingMissing,
    /// A key binding JWT where none is expected.
    #[error("a key binding JWT is there and none is expected")]
    KeyBindingUnexpected,
    /// The credential names no holder's key, or one of another kind.
    #[error("the credential has no holder's key (`cnf` with `jwk`)")]
    NoHolderKey,
    /// The holder's key is no acceptable JWK.
    #[error("holder's key: {0}")]
    HolderKey(JwkError),
    /// The key binding was made too long ago, or later than now.
    #[error("the key binding JWT was not made within the accepted time")]
    KeyBindingAge,
    /// Made for another request.
    #[error("the key binding JWT has another nonce")]
    KeyBindingNonce,
    /// Made for another credential, or for other disclosures.
    #[error("the key binding JWT is over another presentation")]
    KeyBindingHash,
    /// A claim that must always be seen was made selectively disclosable.
    #[error("claim `{0}` must not be selectively disclosable")]
    MustBeOpen(&'static str),
    /// `_sd` where nothing can be disclosed.
    #[error("`_sd` is there and nothing is selectively disclosable")]
    NothingToDisclose,
    /// A claim with this name is given by a field of the draft, or is reserved.
    #[error("claim `{0}` is set by other means, or reserved")]
    ReservedClaim(String),
    /// A path that leads nowhere.
    #[error("there is no claim {0}")]
    NoSuchClaim(String),
    /// A salt came twice: the source of randomness does not work.
    #[error("the source of salts gave the same salt twice")]
    SaltTwice,
    /// The type metadata document is not the one that the credential means.
    #[error("the document does not have the digest that is expected of it")]
    Integrity,
}

impl SdJwtError {
    /// The part that the error is about; `None` for errors about the whole.
    pub fn part(&self) -> Option<Part> {
        match self {
            Self::Jwt(part)
            | Self::Base64(part)
            | Self::Json { part, .. }
            | Self::NotAnObject(part)
            | Self::Header(part, _)
            | Self::Type(part)
            | Self::Algorithm(part)
            | Self::AlgorithmOfKey(part)
            | Self::Critical(part)
            | Self::KeyUnknown(part)
            | Self::Signature(part)
            | Self::Missing(part, _)
            | Self::Claim(part, _)
            | Self::Audience(part) => Some(*part),
            _ => None,
        }
    }
}
