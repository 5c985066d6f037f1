//! Signing keys of members and persons. Each has one method per purpose; the methods stand beside what they sign.

use core::fmt;

use ed25519_dalek::SigningKey;
use tacit_circuits::types::Secret;

use crate::did::{DidKey, MemberDid};
use crate::keys::VerifyKey;

/// A member that signs requests: [`MemberSigner::sign_sharing_request`](crate::request),
/// [`MemberSigner::sign_presentation_request`](crate::presentation) and withdrawals.
pub struct MemberSigner {
    did: MemberDid,
    key: SigningKey,
}

/// An issuer that signs credentials. The member's key is the same; the type is another, so that what may issue is seen.
pub struct IssuerSigner(MemberSigner);

/// A person that signs issuance requests with the key of a `did:key`.
pub struct HolderSigner(SigningKey);

impl MemberSigner {
    /// The member's signer from the 32 secret bytes of its Ed25519 key.
    pub fn new(did: MemberDid, secret: &Secret<[u8; 32]>) -> Self {
        Self {
            did,
            key: SigningKey::from_bytes(secret.expose()),
        }
    }

    /// The member.
    pub fn did(&self) -> MemberDid {
        self.did
    }

    /// The public key.
    pub fn verify_key(&self) -> VerifyKey {
        VerifyKey::of(&self.key)
    }

    pub(crate) fn key(&self) -> &SigningKey {
        &self.key
    }
}

impl IssuerSigner {
    /// The issuer's signer from the 32 secret bytes of its Ed25519 key.
    pub fn new(did: MemberDid, secret: &Secret<[u8; 32]>) -> Self {
        Self(MemberSigner::new(did, secret))
    }

    /// The member.
    pub fn did(&self) -> MemberDid {
        self.0.did
    }

    /// The public key.
    pub fn verify_key(&self) -> VerifyKey {
        self.0.verify_key()
    }

    pub(crate) fn key(&self) -> &SigningKey {
        &self.0.key
    }
}

impl HolderSigner {
    /// The signer from the 32 secret bytes of an Ed25519 key.
    pub fn new(secret: &Secret<[u8; 32]>) -> Self {
        Self(SigningKey::from_bytes(secret.expose()))
    }

    /// The person's DID for this key.
    pub fn did(&self) -> DidKey {
        DidKey::new(VerifyKey::of(&self.0))
    }

    pub(crate) fn key(&self) -> &SigningKey {
        &self.0
    }
}

macro_rules! redacted {
    ($($name:ident),*) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({:?}, secret redacted)"), self.did())
            }
        }
    )*};
}
redacted!(MemberSigner, IssuerSigner, HolderSigner);

#[cfg(test)]
mod tests {
    use crate::testing::{did, holder, issuer, signer};

    #[test]
    fn signers_print_who_they_are_and_nothing_secret() {
        let shown = format!("{:?} {:?} {:?}", signer(7), issuer(7), holder());
        assert!(shown.contains("secret redacted") && shown.contains(&did(7).member.to_string()));
        for secret in ["0707", "7, 7", "6363", "99, 99"] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }
}
