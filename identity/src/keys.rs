//! Ed25519 keys of members and persons: one signing method per purpose, never "sign these bytes".
//!
//! Every signature but the W3C credential proof is over the SHA-256 of a domain tag, the chain id and the message's
//! canonical bytes, so no signature of one purpose or chain is one of another.

use core::fmt;

use commonware_codec::{FixedSize, Read, ReadExt, Write};
use ed25519_dalek::{Signature as DalekSignature, Signer, SigningKey, VerifyingKey};
use tacit_circuits::tags::{Tag, tagged_sha256};
use tacit_circuits::types::Digest32;

/// A signature did not verify, or bytes are not a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// Not the canonical encoding of a point, or a point of small order.
    #[error("not an acceptable Ed25519 public key")]
    NotAKey,
    /// Not a point of P-256, or a secret key out of its range.
    #[error("not an acceptable P-256 key")]
    NotP256,
    /// Not the canonical encoding of an X25519 public key, or one of small order.
    #[error("not an acceptable X25519 public key")]
    NotX25519,
    /// An X25519 key was asked to verify a signature.
    #[error("an X25519 key makes no signatures")]
    NotForSignatures,
    /// The signature is not by this key over this message.
    #[error("the signature does not verify")]
    Signature,
}

/// An Ed25519 public key: canonical, not of small order.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct VerifyKey(VerifyingKey);

impl VerifyKey {
    /// Reads a key.
    ///
    /// # Errors
    /// [`KeyError::NotAKey`] for a non-canonical encoding and for points of small order.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, KeyError> {
        let key = VerifyingKey::from_bytes(bytes).map_err(|_| KeyError::NotAKey)?;
        if key.is_weak() || key.to_edwards().compress().to_bytes() != *bytes {
            return Err(KeyError::NotAKey);
        }
        Ok(Self(key))
    }

    /// The public part of a signing key.
    pub fn of(key: &SigningKey) -> Self {
        Self(key.verifying_key())
    }

    /// The 32 bytes.
    pub fn to_bytes(&self) -> [u8; 32] {
        self.0.to_bytes()
    }

    /// Verifies a signature of one purpose over a message's canonical bytes.
    pub(crate) fn verify(
        &self,
        tag: Tag,
        chain: &Digest32,
        message: &[u8],
        signature: &Signature,
    ) -> Result<(), KeyError> {
        self.verify_raw(&tagged_sha256(tag, &[&chain.0, message]).0, &signature.0)
    }

    /// Verifies over raw bytes: only the W3C proof needs this.
    pub(crate) fn verify_raw(&self, message: &[u8], signature: &[u8; 64]) -> Result<(), KeyError> {
        self.0
            .verify_strict(message, &DalekSignature::from_bytes(signature))
            .map_err(|_| KeyError::Signature)
    }
}

impl fmt::Debug for VerifyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifyKey({})", hex::encode(self.to_bytes()))
    }
}

impl Write for VerifyKey {
    fn write(&self, buf: &mut impl bytes::BufMut) {
        buf.put_slice(&self.to_bytes());
    }
}

impl Read for VerifyKey {
    type Cfg = ();

    fn read_cfg(
        buf: &mut impl commonware_codec::Buf,
        (): &(),
    ) -> Result<Self, commonware_codec::Error> {
        Self::from_bytes(&<[u8; 32]>::read(buf)?).map_err(|_| {
            commonware_codec::Error::Invalid("VerifyKey", "not an acceptable Ed25519 public key")
        })
    }
}

impl FixedSize for VerifyKey {
    const SIZE: usize = 32;
}

/// The 64 bytes of an Ed25519 signature; JSON shows lower-case hex.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Signature(pub [u8; 64]);

impl Signature {
    pub(crate) fn sign(key: &SigningKey, tag: Tag, chain: &Digest32, message: &[u8]) -> Self {
        Self(
            key.sign(&tagged_sha256(tag, &[&chain.0, message]).0)
                .to_bytes(),
        )
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signature({})", hex::encode(self.0))
    }
}

impl Write for Signature {
    fn write(&self, buf: &mut impl bytes::BufMut) {
        buf.put_slice(&self.0);
    }
}

impl Read for Signature {
    type Cfg = ();

    fn read_cfg(
        buf: &mut impl commonware_codec::Buf,
        (): &(),
    ) -> Result<Self, commonware_codec::Error> {
        Ok(Self(<[u8; 64]>::read(buf)?))
    }
}

impl serde::Serialize for Signature {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&hex::encode(self.0))
    }
}

impl<'de> serde::Deserialize<'de> for Signature {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let mut bytes = [0; 64];
        // One text for one signature: lower case only.
        match hex::decode_to_slice(&text, &mut bytes) {
            Ok(()) if hex::encode(bytes) == text => Ok(Self(bytes)),
            _ => Err(serde::de::Error::custom(
                "a signature is 128 lower-case hexadecimal digits",
            )),
        }
    }
}

impl FixedSize for Signature {
    const SIZE: usize = 64;
}
