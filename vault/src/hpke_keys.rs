//! X25519 keys for HPKE: a member's encryption key or a person's inbox key.

use hpke::kem::X25519HkdfSha256;
use hpke::{Deserializable, Kem};
use rand_core::CryptoRng;
use tacit_circuits::types::Secret;
use zeroize::Zeroizing;

use crate::bytes::bytes32;

bytes32!(
    /// An X25519 public key to which messages are sealed. A point of small order is refused when something is sealed to
    /// it.
    HpkePublicKey
);

/// An X25519 secret key.
#[derive(Debug)]
pub struct HpkeSecretKey(Secret<[u8; 32]>);

impl HpkeSecretKey {
    /// Takes 32 secret bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Secret::new(bytes))
    }

    /// A fresh random key.
    pub fn random(rng: &mut impl CryptoRng) -> Self {
        let mut bytes = Zeroizing::new([0; 32]);
        rng.fill_bytes(bytes.as_mut());
        Self::new(*bytes)
    }

    /// The secret bytes, for an encrypted key file.
    pub fn expose(&self) -> &[u8; 32] {
        self.0.expose()
    }

    /// The public key that belongs to it.
    pub fn public_key(&self) -> HpkePublicKey {
        let secret = x25519_dalek::StaticSecret::from(*self.expose());
        HpkePublicKey(x25519_dalek::PublicKey::from(&secret).to_bytes())
    }

    pub(crate) fn to_kem(&self) -> Option<<X25519HkdfSha256 as Kem>::PrivateKey> {
        <X25519HkdfSha256 as Kem>::PrivateKey::from_bytes(self.expose()).ok()
    }
}

impl HpkePublicKey {
    pub(crate) fn to_kem(self) -> Option<<X25519HkdfSha256 as Kem>::PublicKey> {
        <X25519HkdfSha256 as Kem>::PublicKey::from_bytes(&self.0).ok()
    }
}
