//! Hashes of disclosures and presentations, as base64url.

use sha2::{Digest, Sha256, Sha384, Sha512};

use super::SdJwtError;
use super::base64url;

/// The hash of `_sd_alg` (names of the IANA registry of named information hashes).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HashAlgorithm {
    /// `sha-256`: what is meant when nothing is said, and what we issue with.
    Sha256,
    /// `sha-384`.
    Sha384,
    /// `sha-512`.
    Sha512,
}

impl HashAlgorithm {
    /// The name in `_sd_alg`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "sha-256",
            Self::Sha384 => "sha-384",
            Self::Sha512 => "sha-512",
        }
    }

    pub(super) fn from_name(name: &str) -> Result<Self, SdJwtError> {
        [Self::Sha256, Self::Sha384, Self::Sha512]
            .into_iter()
            .find(|algorithm| algorithm.name() == name)
            .ok_or(SdJwtError::HashAlgorithm)
    }

    /// The digest of bytes, in base64url.
    pub(super) fn digest(self, bytes: &[u8]) -> String {
        match self {
            Self::Sha256 => base64url::encode(&Sha256::digest(bytes)),
            Self::Sha384 => base64url::encode(&Sha384::digest(bytes)),
            Self::Sha512 => base64url::encode(&Sha512::digest(bytes)),
        }
    }

    /// Refuses what cannot be a digest of this hash.
    pub(super) fn check_form(self, digest: &str) -> Result<(), SdJwtError> {
        let length = match self {
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        };
        match base64url::decode(digest) {
            Some(bytes) if bytes.len() == length => Ok(()),
            _ => Err(SdJwtError::Digest),
        }
    }
}
