//! Public keys of others, of every kind that DIDs and JWTs bring here: Ed25519, P-256 (ES256), X25519.
//!
//! Our own members and persons sign with Ed25519 only ([`crate::keys`]). As text a key is a multikey: multicodec prefix and
//! bytes as multibase base58btc (Controlled Identifiers 1.0, section 2.2.2); as a JWK see [`crate::jwk`]. One text for one key.

use core::fmt;

use curve25519_dalek::{MontgomeryPoint, Scalar, traits::IsIdentity};
use p256::ecdsa::signature::{Signer, Verifier};
use p256::ecdsa::{Signature, SigningKey, VerifyingKey};
use tacit_circuits::types::Secret;

use crate::keys::{KeyError, VerifyKey};
use crate::multibase;

// Multicodec prefixes (unsigned varints) of public keys.
const ED25519: [u8; 2] = [0xed, 0x01];
const X25519: [u8; 2] = [0xec, 0x01];
const P256: [u8; 2] = [0x80, 0x24];

/// A checked public key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum PublicKey {
    /// Signs with EdDSA.
    Ed25519(VerifyKey),
    /// Signs with ES256.
    P256(P256Key),
    /// Agrees on keys; signs nothing.
    X25519(X25519Key),
}

impl PublicKey {
    /// The multikey: `z6Mk…` (Ed25519), `zDn…` (P-256), `z6LS…` (X25519).
    pub fn to_multibase(&self) -> String {
        let (prefix, key): ([u8; 2], Vec<u8>) = match self {
            Self::Ed25519(key) => (ED25519, key.to_bytes().to_vec()),
            Self::P256(key) => (P256, key.to_compressed().to_vec()),
            Self::X25519(key) => (X25519, key.0.to_vec()),
        };
        multibase::encode(&[&prefix[..], &key].concat())
    }

    /// Reads what [`PublicKey::to_multibase`] writes, and nothing else.
    pub fn from_multibase(text: &str) -> Option<Self> {
        if let Some(bytes) = multibase::decode::<34>(text) {
            let (prefix, key) = bytes.split_first_chunk::<2>()?;
            let key: &[u8; 32] = key.try_into().ok()?;
            return match *prefix {
                ED25519 => VerifyKey::from_bytes(key).ok().map(Self::Ed25519),
                X25519 => X25519Key::from_bytes(key).ok().map(Self::X25519),
                _ => None,
            };
        }
        let bytes = multibase::decode::<35>(text)?;
        let (prefix, key) = bytes.split_first_chunk::<2>()?;
        (*prefix == P256).then_some(())?;
        P256Key::from_compressed(key.try_into().ok()?)
            .ok()
            .map(Self::P256)
    }

    /// Verifies 64 bytes of signature over a message: EdDSA (RFC 8032, strict), or ES256 (RFC 7518, section 3.4: r, then s).
    ///
    /// # Errors
    /// [`KeyError::Signature`], [`KeyError::NotForSignatures`].
    pub fn verify(&self, message: &[u8], signature: &[u8; 64]) -> Result<(), KeyError> {
        match self {
            Self::Ed25519(key) => key.verify_raw(message, signature),
            Self::P256(key) => key.verify(message, signature),
            Self::X25519(_) => Err(KeyError::NotForSignatures),
        }
    }
}

/// A public key on P-256: a point of the curve other than the neutral one.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct P256Key(VerifyingKey);

impl P256Key {
    /// Reads the 33 bytes of a compressed point (SEC 1).
    ///
    /// # Errors
    /// [`KeyError::NotP256`] off the curve.
    pub fn from_compressed(bytes: &[u8; 33]) -> Result<Self, KeyError> {
        // SEC 1 knows a second way to write a point without its y, which would give a key two names.
        match bytes {
            [2 | 3, ..] => Self::from_sec1(bytes),
            _ => Err(KeyError::NotP256),
        }
    }

    /// Reads both coordinates, big-endian.
    ///
    /// # Errors
    /// [`KeyError::NotP256`] off the curve.
    pub fn from_coordinates(x: &[u8; 32], y: &[u8; 32]) -> Result<Self, KeyError> {
        Self::from_sec1(&[&[4][..], x, y].concat())
    }

    fn from_sec1(bytes: &[u8]) -> Result<Self, KeyError> {
        VerifyingKey::from_sec1_bytes(bytes)
            .map(Self)
            .map_err(|_| KeyError::NotP256)
    }

    /// The 33 bytes of the compressed point.
    pub fn to_compressed(&self) -> [u8; 33] {
        let mut out = [0; 33];
        let point = self.0.to_sec1_point(true);
        // A point of a key is never the neutral one, so the length is always 33.
        if let Some(bytes) = point.as_bytes().first_chunk::<33>() {
            out = *bytes;
        }
        out
    }

    /// Both coordinates, big-endian.
    pub fn coordinates(&self) -> ([u8; 32], [u8; 32]) {
        let point = self.0.to_sec1_point(false);
        let (mut x, mut y) = ([0; 32], [0; 32]);
        if let Some((_, both)) = point.as_bytes().split_first()
            && let (Some(first), Some(last)) = (both.first_chunk::<32>(), both.last_chunk::<32>())
        {
            (x, y) = (*first, *last);
        }
        (x, y)
    }

    /// Verifies ES256. Both s and n - s are accepted, as JWS asks.
    ///
    /// # Errors
    /// [`KeyError::Signature`].
    pub fn verify(&self, message: &[u8], signature: &[u8; 64]) -> Result<(), KeyError> {
        let signature = Signature::from_slice(signature).map_err(|_| KeyError::Signature)?;
        Verifier::verify(&self.0, message, &signature).map_err(|_| KeyError::Signature)
    }
}

impl fmt::Debug for P256Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "P256Key({})", hex::encode(self.to_compressed()))
    }
}

/// A secret key on P-256 that makes ES256 signatures; wiped when dropped. What it signs stands beside what is signed.
pub struct P256Signer(SigningKey);

impl P256Signer {
    /// The signer of 32 secret bytes, big-endian.
    ///
    /// # Errors
    /// [`KeyError::NotP256`] for zero and for what is not below the group's order.
    pub fn new(secret: &Secret<[u8; 32]>) -> Result<Self, KeyError> {
        SigningKey::from_slice(secret.expose())
            .map(Self)
            .map_err(|_| KeyError::NotP256)
    }

    /// The public key.
    pub fn public_key(&self) -> P256Key {
        P256Key(*self.0.verifying_key())
    }

    /// Signs with the nonce of RFC 6979: no randomness. In the crate only: a signer has one public method per purpose.
    pub(crate) fn sign_raw(&self, message: &[u8]) -> [u8; 64] {
        let signature: Signature = self.0.sign(message);
        signature.to_bytes().into()
    }
}

impl fmt::Debug for P256Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "P256Signer({:?}, secret redacted)", self.public_key())
    }
}

/// An X25519 public key: canonical, not of small order (a shared secret with such a key would be known to all).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct X25519Key([u8; 32]);

impl X25519Key {
    /// Reads a key.
    ///
    /// # Errors
    /// [`KeyError::NotX25519`] for a coordinate of 2^255 - 19 or more and for points of small order.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, KeyError> {
        let [first, middle @ .., last] = bytes;
        let canonical =
            *last < 0x7f || (*last == 0x7f && (*first < 0xed || middle.iter().any(|b| *b != 0xff)));
        let small_order = (MontgomeryPoint(*bytes) * Scalar::from(8u8)).is_identity();
        if canonical && !small_order {
            Ok(Self(*bytes))
        } else {
            Err(KeyError::NotX25519)
        }
    }

    /// The 32 bytes.
    pub fn to_bytes(&self) -> [u8; 32] {
        self.0
    }
}

impl fmt::Debug for X25519Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "X25519Key({})", hex::encode(self.0))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    // RFC 6979, appendix A.2.5.
    const SECRET: &str = "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721";
    const X: &str = "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6";
    const Y: &str = "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299";
    const SIGNATURE: &str = concat!(
        "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716",
        "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8"
    );

    fn bytes<const N: usize>(text: &str) -> [u8; N] {
        hex::decode(text).unwrap().try_into().unwrap()
    }

    fn signer() -> P256Signer {
        P256Signer::new(&Secret::new(bytes(SECRET))).unwrap()
    }

    #[test]
    fn es256_as_published() {
        let signer = signer();
        let key = signer.public_key();
        assert_eq!(key.coordinates(), (bytes(X), bytes(Y)));
        let signature = signer.sign_raw(b"sample");
        assert_eq!(hex::encode(signature), SIGNATURE);
        let key = PublicKey::P256(key);
        assert_eq!(key.verify(b"sample", &signature), Ok(()));
        assert_eq!(key.verify(b"other", &signature), Err(KeyError::Signature));
        for broken in [[0; 64], [0xff; 64]] {
            assert_eq!(key.verify(b"sample", &broken), Err(KeyError::Signature));
        }
        for at in 0..64 {
            let mut changed = signature;
            changed[at] ^= 1;
            assert_eq!(key.verify(b"sample", &changed), Err(KeyError::Signature));
        }
    }

    #[test]
    fn secrets_out_of_range_are_refused_and_none_is_printed() {
        for bad in [[0; 32], [0xff; 32]] {
            assert!(P256Signer::new(&Secret::new(bad)).is_err());
        }
        assert!(!format!("{:?}", signer()).contains("c9af"));
    }

    #[test]
    fn x25519_verifies_nothing() {
        let key = PublicKey::X25519(X25519Key::from_bytes(&[9; 32]).unwrap());
        assert_eq!(key.verify(b"", &[0; 64]), Err(KeyError::NotForSignatures));
    }

    // did:key specification: test vectors of the three kinds.
    #[test]
    fn published_multikeys() {
        let ed25519 = "z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp";
        let x25519 = "z6LSeu9HkTHSfLLeUs2nnzUSNedgDUevfNQgQjQC23ZCit6F";
        let p256 = "zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169";
        let read = |text| PublicKey::from_multibase(text).unwrap();
        assert!(matches!(read(ed25519), PublicKey::Ed25519(_)));
        assert!(matches!(read(x25519), PublicKey::X25519(_)));
        assert!(matches!(read(p256), PublicKey::P256(_)));
        for text in [ed25519, x25519, p256] {
            assert_eq!(read(text).to_multibase(), text);
        }
    }

    #[test]
    fn hostile_multikeys() {
        let write = |prefix: [u8; 2], key: &[u8]| multibase::encode(&[&prefix, key].concat());
        let point = signer().public_key().to_compressed();
        let good = PublicKey::P256(signer().public_key()).to_multibase();
        assert_eq!(write(P256, &point), good);
        // p = 2^255 - 19 and p + 9: other texts of the points 0 and 9.
        let mut field_order = [0xff; 32];
        field_order[0] = 0xed;
        field_order[31] = 0x7f;
        let mut nine = field_order;
        nine[0] = 0xf6;
        let mut high_bit = [9; 32];
        high_bit[31] = 0x89;
        let mut one = [0; 32];
        one[0] = 1;
        let mut off_curve = [0; 33];
        (off_curve[0], off_curve[32]) = (2, 1);
        let mut uncompressed_tag = point;
        uncompressed_tag[0] = 4;
        for bad in [
            write(P256, &off_curve),
            write(P256, &[0; 33]),
            write(P256, &uncompressed_tag),
            write(P256, &point[..32]),
            write(ED25519, &point),
            write([0x81, 0x24], &point),
            write(X25519, &[0; 32]),
            write(X25519, &one),
            write(X25519, &field_order),
            write(X25519, &nine),
            write(X25519, &high_bit),
            write(ED25519, &one),
            good[1..].to_owned(),
            format!("{good}1"),
            format!("z1{}", &good[1..]),
            "z".repeat(100_000),
        ] {
            assert_eq!(PublicKey::from_multibase(&bad), None, "{bad:.80}");
        }
    }

    proptest! {
        #[test]
        fn one_text_for_one_key(kind in 0..3, bytes in prop::array::uniform32(any::<u8>())) {
            let text = match kind {
                0 => multibase::encode(&[&ED25519[..], &bytes].concat()),
                1 => multibase::encode(&[&X25519[..], &bytes].concat()),
                _ => multibase::encode(&[&P256[..], &[2], &bytes].concat()),
            };
            if let Some(key) = PublicKey::from_multibase(&text) {
                prop_assert_eq!(key.to_multibase(), text);
            }
        }
    }
}
