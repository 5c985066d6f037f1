//! Names and keys of the vault's callers.

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use rand_core::CryptoRng;
use tacit_circuits::types::{Digest32, MemberId, Receipt};

use crate::bytes::bytes32;
use crate::keys;
use crate::object::ObjectId;

bytes32!(
    /// An Ed25519 public key whose owner the API has authenticated: a person is nothing but a key here, a fresh one per
    /// object and per inbox.
    CallerKey
);
bytes32!(
    /// Address of an inbox: the tagged hash of its owner's key. The key is fresh per relationship, so the address is
    /// random to everybody else, and nobody can take an address away from its owner.
    InboxAddress
);
bytes32!(
    /// The Ed25519 public key of one fetch; its hash stands in the receipt.
    SessionPublicKey
);

impl InboxAddress {
    /// The address that belongs to a key.
    pub fn of(key: &CallerKey) -> Self {
        keys::inbox_address(key)
    }
}

/// Which vault of which chain: part of everything that is signed for or by a vault.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct VaultIdentity {
    /// The chain.
    pub chain: Digest32,
    /// The member that runs the vault.
    pub member: MemberId,
}

impl SessionPublicKey {
    /// The hash that a receipt holds.
    pub fn hash(&self) -> Digest32 {
        keys::session_key_hash(self)
    }

    fn verify(&self, digest: &Digest32, signature: &[u8; 64]) -> bool {
        // verify_strict refuses keys of small order, which could sign anything.
        VerifyingKey::from_bytes(&self.0).is_ok_and(|key| {
            key.verify_strict(&digest.0, &Signature::from_bytes(signature))
                .is_ok()
        })
    }

    pub(crate) fn signed_fetch(
        &self,
        vault: &VaultIdentity,
        receipt: &Receipt,
        object: &ObjectId,
        offset: u64,
        signature: &[u8; 64],
    ) -> bool {
        self.verify(
            &keys::fetch_digest(vault, receipt, object, offset),
            signature,
        )
    }

    pub(crate) fn signed_acknowledgement(
        &self,
        vault: &VaultIdentity,
        receipt: &Receipt,
        signature: &[u8; 64],
    ) -> bool {
        self.verify(&keys::acknowledge_digest(vault, receipt), signature)
    }
}

/// The secret half of a session key, held by the platform for one access. One method per purpose.
pub struct SessionKey(SigningKey);

impl SessionKey {
    /// Takes 32 secret bytes.
    pub fn new(bytes: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(bytes))
    }

    /// A fresh random key.
    pub fn random(rng: &mut impl CryptoRng) -> Self {
        Self(SigningKey::generate(rng))
    }

    /// The secret bytes, for the platform's encrypted journal.
    pub fn expose(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// The public half.
    pub fn public(&self) -> SessionPublicKey {
        SessionPublicKey(self.0.verifying_key().to_bytes())
    }

    /// Signs a fetch of `object` under `receipt` from byte `offset` on.
    pub fn sign_fetch(
        &self,
        vault: &VaultIdentity,
        receipt: &Receipt,
        object: &ObjectId,
        offset: u64,
    ) -> [u8; 64] {
        self.0
            .sign(&keys::fetch_digest(vault, receipt, object, offset).0)
            .to_bytes()
    }

    /// Signs that the whole object has arrived and is safe: the receipt is used up.
    pub fn sign_acknowledgement(&self, vault: &VaultIdentity, receipt: &Receipt) -> [u8; 64] {
        self.0
            .sign(&keys::acknowledge_digest(vault, receipt).0)
            .to_bytes()
    }
}

impl std::fmt::Debug for SessionKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SessionKey(redacted)")
    }
}
