//! Partial decryptions: what one reviewer contributes to opening one ciphertext, with a proof that it is right.
//!
//! The audit key is made so that several reviewers are needed. Reviewer i holds a_i and publishes S_i = a_i·R with a
//! proof (Chaum and Pedersen) that the same a_i stands behind its public key A_i; the shares add up to S = a·R when
//! the a_i add up to a. This version has one reviewer, whose share is the whole; the interface is that of many.

use super::encryption::{AuditCiphertext, Words};
use super::key::{AuditPublicKey, AuditSecretKey};
use super::point::{Point, Scalar, read_scalar, scalar_to_bytes};
use super::possession::{challenge, derive_nonce, point_bytes};
use crate::field::Fr;
use crate::tags;
use bytes::BufMut;
use commonware_codec::{FixedSize, Read, Write};

/// One reviewer's share in opening one ciphertext: S_i = a_i·R, and the proof that log_G A_i = log_R S_i.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DecryptionShare {
    /// S_i.
    point: Point,
    /// Commitment t·G.
    commitment_key: Point,
    /// Commitment t·R.
    commitment_share: Point,
    /// Response z = t + c·a_i.
    response: Scalar,
}

/// The point S that a ciphertext's pads come from, put together from checked shares.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SharedPoint(Point);

impl DecryptionShare {
    /// Computes a share. `None` only if the derived nonce is zero (probability 2^-252).
    pub fn compute(secret: &AuditSecretKey, ciphertext: &AuditCiphertext) -> Option<Self> {
        let nonce_point = ciphertext.nonce_point();
        let key = secret.public();
        let nonce = derive_nonce(
            secret,
            &[&point_bytes(key.point()), &point_bytes(nonce_point)],
        );
        let point = nonce_point.times(secret.scalar())?;
        let commitment_key = Point::from_scalar(&nonce)?;
        let commitment_share = nonce_point.times(&nonce)?;
        let challenge = share_challenge(
            &key,
            nonce_point,
            &point,
            &commitment_key,
            &commitment_share,
        );
        let response = nonce + challenge * secret.scalar();
        Some(Self {
            point,
            commitment_key,
            commitment_share,
            response,
        })
    }

    /// Whether z·G = T + c·A_i and z·R = T' + c·S_i.
    pub fn verify(&self, key: &AuditPublicKey, ciphertext: &AuditCiphertext) -> bool {
        let nonce_point = ciphertext.nonce_point();
        let challenge = share_challenge(
            key,
            nonce_point,
            &self.point,
            &self.commitment_key,
            &self.commitment_share,
        );
        let holds = |base: &Point, commitment: &Point, image: &Point| {
            base.group() * self.response == commitment.group() + image.group() * challenge
        };
        holds(&Point::generator(), &self.commitment_key, key.point())
            && holds(nonce_point, &self.commitment_share, &self.point)
    }
}

impl SharedPoint {
    /// Takes the only reviewer's share, if its proof holds.
    pub fn from_share(
        share: &DecryptionShare,
        key: &AuditPublicKey,
        ciphertext: &AuditCiphertext,
    ) -> Option<Self> {
        share.verify(key, ciphertext).then_some(Self(share.point))
    }

    /// Decrypts: anybody who holds verified shares can check what the reviewers say a ciphertext says.
    pub fn open(&self, ciphertext: &AuditCiphertext, domain: &Fr) -> Words {
        ciphertext.unmask(&self.0, domain)
    }
}

impl FixedSize for DecryptionShare {
    const SIZE: usize = 3 * Point::SIZE + 32;
}

impl Write for DecryptionShare {
    fn write(&self, buf: &mut impl BufMut) {
        self.point.write(buf);
        self.commitment_key.write(buf);
        self.commitment_share.write(buf);
        buf.put_slice(&scalar_to_bytes(&self.response));
    }
}

impl Read for DecryptionShare {
    type Cfg = ();

    fn read_cfg(
        buf: &mut impl commonware_codec::Buf,
        cfg: &(),
    ) -> Result<Self, commonware_codec::Error> {
        Ok(Self {
            point: Point::read_cfg(buf, cfg)?,
            commitment_key: Point::read_cfg(buf, cfg)?,
            commitment_share: Point::read_cfg(buf, cfg)?,
            response: read_scalar(buf)?,
        })
    }
}

fn share_challenge(
    key: &AuditPublicKey,
    nonce_point: &Point,
    share: &Point,
    commitment_key: &Point,
    commitment_share: &Point,
) -> Scalar {
    let parts = [
        key.point(),
        nonce_point,
        share,
        commitment_key,
        commitment_share,
    ]
    .map(point_bytes);
    challenge(
        tags::AUDIT_SHARE,
        &parts.each_ref().map(|part| part.as_slice()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_challenge_binds_every_point() {
        let point = |n: u64| Point::from_scalar(&Scalar::from(n)).unwrap();
        let key = |n: u64| {
            let [x, y] = point(n).coordinates();
            AuditPublicKey::from_coordinates(x, y).unwrap()
        };
        let of = |n: [u64; 5]| {
            let [_, r, s, t, u] = n.map(point);
            share_challenge(&key(n[0]), &r, &s, &t, &u)
        };
        let base = [2, 3, 4, 5, 6];
        for at in 0..base.len() {
            let mut other = base;
            other[at] = 7;
            assert_ne!(of(other), of(base), "input {at}");
        }
    }
}
