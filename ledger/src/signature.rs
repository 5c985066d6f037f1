//! Public keys of organisations and the two rules by which signatures are checked.
//!
//! Transactions are checked by RFC 8032 in its strict form. Certificates are checked by ZIP 215, the rule of the
//! consensus engine, so that a light client accepts exactly the certificates that the engine accepts.

use crate::codec::codec_newtype;
use bytes::BufMut;
use commonware_codec::{Buf, Error, FixedSize, Read, ReadExt, Write};
use curve25519_dalek::edwards::{CompressedEdwardsY, EdwardsPoint};
use curve25519_dalek::montgomery::MontgomeryPoint;
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::IsIdentity;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha512};
use std::fmt;
use tacit_circuits::types::Digest32;

macro_rules! public_key {
    ($(#[$doc:meta])* $name:ident, $check:expr) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; 32]);

        impl $name {
            /// Takes the 32 bytes of a key, checked.
            ///
            /// # Errors
            /// [`KeyError`] when the bytes are no usable key.
            pub fn new(bytes: [u8; 32]) -> Result<Self, KeyError> {
                $check(&bytes).then_some(Self(bytes)).ok_or(KeyError)
            }

            /// The bytes of the key.
            pub fn as_bytes(&self) -> &[u8; 32] {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), hex::encode(self.0))
            }
        }

        impl Write for $name {
            fn write(&self, buf: &mut impl BufMut) {
                buf.put_slice(&self.0);
            }
        }

        impl FixedSize for $name {
            const SIZE: usize = 32;
        }

        impl Read for $name {
            type Cfg = ();
            fn read_cfg(buf: &mut impl Buf, _: &()) -> Result<Self, Error> {
                Self::new(<[u8; 32]>::read(buf)?).map_err(|_| Error::Invalid(stringify!($name), "not a usable key"))
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.serialize_str(&hex::encode(self.0))
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                Self::new(Digest32::deserialize(from)?.0).map_err(serde::de::Error::custom)
            }
        }
    };
}

public_key!(
    /// Ed25519 key with which a member or a validator's operator signs: canonical, on the curve, not of small order.
    SigningPublicKey,
    usable_ed25519
);
public_key!(
    /// Ed25519 key with which a validator votes: canonical, on the curve, not of small order.
    ValidatorKey,
    usable_ed25519
);
public_key!(
    /// X25519 key that data is sealed to: not of small order.
    HpkePublicKey,
    usable_x25519
);

/// The bytes are no usable public key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the bytes are not a usable public key (not canonical, off the curve or of small order)")]
pub struct KeyError;

fn usable_ed25519(bytes: &[u8; 32]) -> bool {
    CompressedEdwardsY(*bytes)
        .decompress()
        .is_some_and(|point| !point.is_small_order() && point.compress().0 == *bytes)
}

fn usable_x25519(bytes: &[u8; 32]) -> bool {
    // Multiplying by the cofactor sends exactly the points of small order to zero.
    let times_eight = MontgomeryPoint(*bytes) * Scalar::from(8u64);
    times_eight.0 != [0; 32]
}

/// A 64-byte Ed25519 signature. Whether it is valid is decided where it is checked.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Signature(pub [u8; 64]);
codec_newtype!(Signature([u8; 64]));

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signature({})", hex::encode(self.0))
    }
}

impl SigningPublicKey {
    /// The public half of a signing key.
    pub fn of(key: &ed25519_dalek::SigningKey) -> Self {
        Self(key.verifying_key().to_bytes())
    }

    /// Checks a signature over a tagged digest, strictly (RFC 8032, canonical, no small-order parts).
    pub fn verifies(&self, digest: &Digest32, signature: &Signature) -> bool {
        ed25519_dalek::VerifyingKey::from_bytes(&self.0).is_ok_and(|key| {
            key.verify_strict(
                &digest.0,
                &ed25519_dalek::Signature::from_bytes(&signature.0),
            )
            .is_ok()
        })
    }
}

impl ValidatorKey {
    /// The public half of a validator's key.
    pub fn of(key: &ed25519_dalek::SigningKey) -> Self {
        Self(key.verifying_key().to_bytes())
    }

    /// Checks a signature by the rule of ZIP 215: `[8][s]B = [8]R + [8][k]A`, with `s` below the group order.
    pub fn verifies_zip215(&self, message: &[u8], signature: &Signature) -> bool {
        let (mut r, mut s) = ([0; 32], [0; 32]);
        r.copy_from_slice(&signature.0[..32]);
        s.copy_from_slice(&signature.0[32..]);
        let Some(s) = Scalar::from_canonical_bytes(s).into_option() else {
            return false;
        };
        let Some(a) = CompressedEdwardsY(self.0).decompress() else {
            return false;
        };
        let Some(point_r) = CompressedEdwardsY(r).decompress() else {
            return false;
        };
        let hash = Sha512::new()
            .chain_update(r)
            .chain_update(self.0)
            .chain_update(message)
            .finalize();
        let k = Scalar::from_bytes_mod_order_wide(&hash.into());
        let expected = EdwardsPoint::vartime_double_scalar_mul_basepoint(&k, &-a, &s);
        (point_r - expected).mul_by_cofactor().is_identity()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ed25519_dalek::{Signer, SigningKey};

    #[test]
    fn small_order_and_non_canonical_keys_are_refused() {
        let mut identity = [0; 32];
        identity[0] = 1;
        assert_eq!(SigningPublicKey::new(identity), Err(KeyError));
        // y = p + 1 encodes the identity a second time.
        let mut non_canonical = [0xff; 32];
        non_canonical[0] = 0xee;
        non_canonical[31] = 0x7f;
        assert_eq!(ValidatorKey::new(non_canonical), Err(KeyError));
        assert_eq!(HpkePublicKey::new([0; 32]), Err(KeyError));
        let mut one = [0; 32];
        one[0] = 1;
        assert_eq!(HpkePublicKey::new(one), Err(KeyError));
        let mut nine = [0; 32];
        nine[0] = 9;
        assert!(HpkePublicKey::new(nine).is_ok());
    }

    #[test]
    fn both_rules_accept_honest_signatures_and_refuse_changed_ones() {
        let key = SigningKey::from_bytes(&[7; 32]);
        let digest = Digest32([3; 32]);
        let good = Signature(key.sign(&digest.0).to_bytes());
        let (member, validator) = (SigningPublicKey::of(&key), ValidatorKey::of(&key));
        assert!(member.verifies(&digest, &good));
        assert!(validator.verifies_zip215(&digest.0, &good));
        for byte in 0..64 {
            let mut bad = good;
            bad.0[byte] ^= 1;
            assert!(!member.verifies(&digest, &bad), "byte {byte}");
            assert!(!validator.verifies_zip215(&digest.0, &bad), "byte {byte}");
        }
        assert!(!member.verifies(&Digest32([4; 32]), &good));
        assert!(!validator.verifies_zip215(&[4; 32], &good));
    }
}
