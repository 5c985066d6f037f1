//! Encryption of audit terms: hashed ElGamal over Jubjub with a nonce that the circuit dictates.
//!
//! ```text
//! h   = H("audit-nonce"; secret, domain)        secret: the prover's; domain: grant leaf, or use nullifier
//! K   = the low 250 bits of h
//! r   = 2^250 + 1 + 2K                          odd, in [2^250 + 1, 3·2^250 - 1], so below the order and never zero
//! R   = r·G        S = r·A
//! N_j = word_j + H("audit-pad"; S.x, S.y, domain, j)
//! digest = H("audit-digest"; R.x, R.y, N_0, N_1)
//! ```
//!
//! r is a pseudorandom function of the prover's secret, so nobody can choose a nonce that leaks the terms or opens a
//! covert channel. K is within statistical distance 2^-10 of uniform (h is uniform below the field's order, which is
//! 28.98·2^250), and K to r is one to one. Discrete logarithms in an interval of 2^250 values cost 2^125 steps (Pollard's
//! kangaroo), as good as the curve's own 2^126; and hashed ElGamal, unlike signatures, gives an attacker no linear
//! relation between nonce and key that such a bias would feed. The form of r is what lets the gadget use incomplete
//! addition formulas with no exceptional case; see `gadget`.

use super::key::{AuditPublicKey, AuditSecretKey};
use super::point::{Point, Scalar, scalar_from_bits_le};
use crate::field::{Fr, read_fr, write_fr};
use crate::poseidon;
use crate::tags;
use crate::types::AuditDigest;
use ark_ff::{AdditiveGroup, BigInteger, Field, PrimeField};
use bytes::BufMut;
use commonware_codec::{FixedSize, Read, Write};

/// Number of plaintext words of either statement's terms.
pub const WORDS: usize = 2;

/// Number of bits of K, and so of the nonce's entropy.
pub const NONCE_BITS: usize = 250;

/// The plaintext: terms as field elements.
pub type Words = [Fr; WORDS];

/// What the reviewers can open: travels as a sidecar, never in a block.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AuditCiphertext {
    /// R = r·G.
    nonce_point: Point,
    /// N_j, the masked words.
    words: Words,
}

impl AuditCiphertext {
    /// Encrypts `words` to `key`.
    ///
    /// `secret` is the prover's (a holder's sk, a platform's secret), `domain` the grant leaf or use nullifier: together
    /// they determine the nonce, so two plaintexts must never share both. `None` only if a product is the identity,
    /// which cannot be for a nonce below the order and a key of prime order.
    pub fn encrypt(key: &AuditPublicKey, secret: &Fr, domain: &Fr, words: &Words) -> Option<Self> {
        let nonce = encryption_nonce(secret, domain);
        let shared = key.point().times(&nonce)?;
        let pads = pads(&shared, domain);
        Some(Self {
            nonce_point: Point::from_scalar(&nonce)?,
            words: std::array::from_fn(|j| words[j] + pads[j]),
        })
    }

    /// Decrypts with the whole audit key. There is no tag: a wrong key or domain gives other words, of which
    /// about one in a thousand reads as some terms. Authenticity comes from the chain, through [`AuditCiphertext::digest`].
    pub fn decrypt(&self, secret: &AuditSecretKey, domain: &Fr) -> Option<Words> {
        Some(self.unmask(&self.nonce_point.times(secret.scalar())?, domain))
    }

    /// Removes the pads that belong to a shared point S = r·A.
    pub(super) fn unmask(&self, shared: &Point, domain: &Fr) -> Words {
        let pads = pads(shared, domain);
        std::array::from_fn(|j| self.words[j] - pads[j])
    }

    /// The public input and on-chain name of this ciphertext.
    pub fn digest(&self) -> AuditDigest {
        let [x, y] = self.nonce_point.coordinates();
        AuditDigest(poseidon::hash(
            tags::AUDIT_DIGEST,
            &[x, y, self.words[0], self.words[1]],
        ))
    }

    /// R, which partial decryptions are made from.
    pub fn nonce_point(&self) -> &Point {
        &self.nonce_point
    }
}

impl FixedSize for AuditCiphertext {
    const SIZE: usize = Point::SIZE + 32 * WORDS;
}

impl Write for AuditCiphertext {
    fn write(&self, buf: &mut impl BufMut) {
        self.nonce_point.write(buf);
        self.words.iter().for_each(|word| write_fr(word, buf));
    }
}

impl Read for AuditCiphertext {
    type Cfg = ();

    fn read_cfg(
        buf: &mut impl commonware_codec::Buf,
        cfg: &(),
    ) -> Result<Self, commonware_codec::Error> {
        Ok(Self {
            nonce_point: Point::read_cfg(buf, cfg)?,
            words: [read_fr(buf)?, read_fr(buf)?],
        })
    }
}

/// r, from secret and domain.
pub(super) fn encryption_nonce(secret: &Fr, domain: &Fr) -> Scalar {
    let hash = poseidon::hash(tags::AUDIT_NONCE, &[*secret, *domain]);
    nonce_of_bits(&hash.into_bigint().to_bits_le()[..NONCE_BITS])
}

/// r = 2^250 + 1 + 2K, from the bits of K, the lowest first.
pub(super) fn nonce_of_bits(bits: &[bool]) -> Scalar {
    let offset = Scalar::from(2u64).pow([NONCE_BITS as u64]) + Scalar::ONE;
    offset + scalar_from_bits_le(bits).double()
}

/// `H("audit-pad"; S.x, S.y, domain, j)` for every word j.
fn pads(shared: &Point, domain: &Fr) -> Words {
    let [x, y] = shared.coordinates();
    std::array::from_fn(|j| poseidon::hash(tags::AUDIT_PAD, &[x, y, *domain, Fr::from(j as u64)]))
}
