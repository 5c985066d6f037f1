//! The signed request: what is signed, and the header that carries it.

use bytes::BufMut;
use commonware_codec::{Buf, Encode, Error, FixedSize, Read, ReadExt, Write};
use ed25519_dalek::{Signer as _, SigningKey};
use tacit_circuits::tags::{self, tagged_sha256};
use tacit_circuits::types::{Digest32, MemberId};
use tacit_ledger::codec::decode_slice;
use tacit_ledger::ids::ChainId;
use tacit_ledger::signature::{Signature, SigningPublicKey};

/// Name of the (binary) header.
pub const HEADER: &str = "tacit-request-bin";

/// The longest a signed request may be good for, in seconds.
pub const MAX_LIFETIME_SECS: u64 = 60;

const MAGIC: [u8; 4] = *b"TCRQ";
const VERSION: u8 = 1;

/// The server that a request is for: SHA-256 of its TLS certificate, so the request is bound to the channel too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Audience(pub Digest32);

/// Who signs a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signer {
    /// A member, by its current signing key on the ledger.
    Member(MemberId),
    /// Whoever has this key: a validator's operator, or a person's key for one object, one inbox or one offer.
    Key(SigningPublicKey),
}

impl Write for Signer {
    fn write(&self, buf: &mut impl BufMut) {
        match self {
            Self::Member(id) => {
                buf.put_u8(1);
                id.write(buf);
            }
            Self::Key(key) => {
                buf.put_u8(2);
                key.write(buf);
            }
        }
    }
}

impl commonware_codec::EncodeSize for Signer {
    fn encode_size(&self) -> usize {
        1 + match self {
            Self::Member(_) => MemberId::SIZE,
            Self::Key(_) => SigningPublicKey::SIZE,
        }
    }
}

impl Read for Signer {
    type Cfg = ();
    fn read_cfg(buf: &mut impl Buf, (): &()) -> Result<Self, Error> {
        match u8::read(buf)? {
            1 => Ok(Self::Member(MemberId::read(buf)?)),
            2 => Ok(Self::Key(SigningPublicKey::read(buf)?)),
            kind => Err(Error::InvalidEnum(kind)),
        }
    }
}

/// What the header says; the method and the body are taken from the call itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claims {
    /// The chain on which the signer's key counts.
    pub chain: ChainId,
    /// The server it is for.
    pub audience: Audience,
    /// Who signs.
    pub signer: Signer,
    /// Random, so that equal calls differ.
    pub nonce: [u8; 16],
    /// When it lapses, unix seconds.
    pub expires: u64,
}

/// Claims with their signature, as the header carries them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignedRequest {
    /// What is claimed.
    pub claims: Claims,
    /// Over the claims, the method and the body.
    pub signature: Signature,
}

impl Claims {
    /// What is signed: a tagged hash of the claims, the gRPC path and the hash of the body.
    fn digest(&self, method: &str, body: &Digest32) -> Digest32 {
        tagged_sha256(
            tags::SIGNED_REQUEST,
            &[&self.encode(), method.as_bytes(), &body.0],
        )
    }

    /// Signs a call.
    pub fn sign(self, key: &SigningKey, method: &str, body: &Digest32) -> SignedRequest {
        let signature = Signature(key.sign(&self.digest(method, body).0).to_bytes());
        SignedRequest {
            claims: self,
            signature,
        }
    }

    /// What the log of nonces remembers: one value per signer and nonce.
    pub fn replay_key(&self) -> Digest32 {
        tagged_sha256(
            tags::SIGNED_REQUEST_NONCE,
            &[&self.signer.encode(), &self.nonce],
        )
    }
}

impl SignedRequest {
    /// Whether the key signed exactly this call.
    pub fn verifies(&self, key: &SigningPublicKey, method: &str, body: &Digest32) -> bool {
        key.verifies(&self.claims.digest(method, body), &self.signature)
    }

    /// Takes the header's bytes.
    ///
    /// # Errors
    /// When they are not exactly one signed request.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        decode_slice(bytes)
    }
}

impl Write for Claims {
    fn write(&self, buf: &mut impl BufMut) {
        MAGIC.write(buf);
        VERSION.write(buf);
        self.chain.write(buf);
        self.audience.0.write(buf);
        self.signer.write(buf);
        self.nonce.write(buf);
        self.expires.write(buf);
    }
}

impl commonware_codec::EncodeSize for Claims {
    fn encode_size(&self) -> usize {
        MAGIC.len()
            + 1
            + ChainId::SIZE
            + Digest32::SIZE
            + self.signer.encode_size()
            + self.nonce.len()
            + u64::SIZE
    }
}

impl Read for Claims {
    type Cfg = ();
    fn read_cfg(buf: &mut impl Buf, (): &()) -> Result<Self, Error> {
        if <[u8; 4]>::read(buf)? != MAGIC {
            return Err(Error::Invalid("signed request", "magic"));
        }
        if u8::read(buf)? != VERSION {
            return Err(Error::Invalid("signed request", "unknown version"));
        }
        Ok(Self {
            chain: ChainId::read(buf)?,
            audience: Audience(Digest32::read(buf)?),
            signer: Signer::read(buf)?,
            nonce: <[u8; 16]>::read(buf)?,
            expires: u64::read(buf)?,
        })
    }
}

impl Write for SignedRequest {
    fn write(&self, buf: &mut impl BufMut) {
        self.claims.write(buf);
        self.signature.write(buf);
    }
}

impl commonware_codec::EncodeSize for SignedRequest {
    fn encode_size(&self) -> usize {
        self.claims.encode_size() + Signature::SIZE
    }
}

impl Read for SignedRequest {
    type Cfg = ();
    fn read_cfg(buf: &mut impl Buf, (): &()) -> Result<Self, Error> {
        Ok(Self {
            claims: Claims::read(buf)?,
            signature: Signature::read(buf)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims(signer: Signer) -> Claims {
        Claims {
            chain: ChainId(Digest32([1; 32])),
            audience: Audience(Digest32([2; 32])),
            signer,
            nonce: [3; 16],
            expires: 1_700_000_000,
        }
    }

    #[test]
    fn a_signature_covers_every_claim_the_method_and_the_body() {
        let key = SigningKey::from_bytes(&[9; 32]);
        let public = SigningPublicKey::of(&key);
        let body = Digest32([4; 32]);
        let good = claims(Signer::Key(public)).sign(&key, "/a/B", &body);
        assert!(good.verifies(&public, "/a/B", &body));
        assert!(!good.verifies(&public, "/a/C", &body));
        assert!(!good.verifies(&public, "/a/B", &Digest32([5; 32])));
        let changes: [fn(&mut Claims); 5] = [
            |c| c.chain = ChainId(Digest32([7; 32])),
            |c| c.audience = Audience(Digest32([7; 32])),
            |c| c.signer = Signer::Member(MemberId::new(1).unwrap()),
            |c| c.nonce[0] ^= 1,
            |c| c.expires += 1,
        ];
        for change in changes {
            let mut bad = good;
            change(&mut bad.claims);
            assert!(!bad.verifies(&public, "/a/B", &body));
        }
    }

    #[test]
    fn the_header_has_one_encoding() {
        let key = SigningKey::from_bytes(&[9; 32]);
        for signer in [
            Signer::Key(SigningPublicKey::of(&key)),
            Signer::Member(MemberId::new(7).unwrap()),
        ] {
            let signed = claims(signer).sign(&key, "/a/B", &Digest32([4; 32]));
            let bytes = signed.encode();
            assert_eq!(SignedRequest::from_bytes(&bytes).unwrap(), signed);
            assert!(
                SignedRequest::from_bytes(&bytes[..bytes.len() - 1]).is_err(),
                "truncated"
            );
            assert!(
                SignedRequest::from_bytes(&[&bytes[..], &[0]].concat()).is_err(),
                "trailing"
            );
            let mut version = bytes.to_vec();
            version[4] = 2;
            assert!(SignedRequest::from_bytes(&version).is_err(), "version");
        }
    }
}
