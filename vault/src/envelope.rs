//! HPKE (RFC 9180, base mode): DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM.
//!
//! Two uses, each with its own info label: an [`Envelope`] wraps the data key of an object to a grantee and is bound to
//! the grant; a [`SealedMessage`] carries a request or an answer through an inbox, padded so that its length says little.
//! Base mode does not authenticate the sender: requests carry a signature inside, and what an envelope gives is checked
//! against the key commitment on the chain.

use bytes::{BufMut, Bytes};
use commonware_codec::{
    Buf, EncodeSize, Error as CodecError, FixedSize, RangeCfg, Read, ReadExt, Write,
};
use hpke::aead::AesGcm256;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::{Deserializable, Kem, OpModeR, OpModeS, Serializable};
use rand_core::CryptoRng;
use tacit_circuits::tags::{self, Tag};
use tacit_circuits::types::{Digest32, Leaf, MemberId};
use zeroize::Zeroizing;

use crate::hpke_keys::{HpkePublicKey, HpkeSecretKey};
use crate::object::{DataKey, ObjectId};

#[cfg(test)]
#[path = "envelope_tests.rs"]
mod tests;

type EncappedKey = <X25519HkdfSha256 as Kem>::EncappedKey;

/// Bytes of an encapsulated X25519 key.
const ENCAPPED: usize = 32;
/// Bytes of a GCM tag.
const TAG: usize = 16;

/// Why something could not be sealed or opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EnvelopeError {
    /// The recipient's public key is no usable X25519 key (a point of small order).
    #[error("the recipient's encryption key is not usable")]
    RecipientKey,
    /// It does not open: changed, for another recipient, or bound to something else.
    #[error("it does not open: changed, for another recipient, or bound to something else")]
    NotAuthentic,
    /// The message is longer than the largest bucket.
    #[error("the message has {0} bytes, more than {max}", max = SealedMessage::MAX_PLAINTEXT)]
    TooLong(usize),
    /// What was opened is not padded as it must be.
    #[error("the message is not padded correctly")]
    Padding,
}

impl EnvelopeError {
    /// The stable reason code of the error.
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::RecipientKey => "ENVELOPE_RECIPIENT_KEY",
            Self::NotAuthentic => "ENVELOPE_NOT_AUTHENTIC",
            Self::TooLong(_) => "ENVELOPE_TOO_LONG",
            Self::Padding => "ENVELOPE_PADDING",
        }
    }
}

/// What an envelope is bound to. It opens only with all of it equal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EnvelopeBinding {
    /// The chain on which the grant stands.
    pub chain: Digest32,
    /// The grant's leaf.
    pub grant: Leaf,
    /// The object whose data key is wrapped.
    pub object: ObjectId,
    /// The member that may open it.
    pub grantee: MemberId,
}

impl EnvelopeBinding {
    /// The HPKE additional data: fixed lengths, so the parts cannot run into each other.
    fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.chain.write(&mut bytes);
        self.grant.write(&mut bytes);
        self.object.write(&mut bytes);
        self.grantee.write(&mut bytes);
        bytes
    }
}

/// The data key of an object, wrapped to one member under one grant: encapsulated key and 48 bytes of ciphertext.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Envelope {
    /// The public key it was sealed to, so that a member that rotated its keys knows which one opens it.
    pub recipient: HpkePublicKey,
    encapped: [u8; ENCAPPED],
    ciphertext: [u8; 32 + TAG],
}

impl Envelope {
    const MAGIC: [u8; 4] = *b"TENV";
    const VERSION: u8 = 1;

    /// Wraps `key` to `recipient`.
    ///
    /// # Errors
    /// [`EnvelopeError::RecipientKey`].
    pub fn seal(
        key: &DataKey,
        recipient: HpkePublicKey,
        binding: &EnvelopeBinding,
        rng: &mut impl CryptoRng,
    ) -> Result<Self, EnvelopeError> {
        let (encapped, sealed) = hpke_seal(
            recipient,
            tags::VAULT_HPKE_ENVELOPE,
            &binding.bytes(),
            key.expose(),
            rng,
        )?;
        let ciphertext = sealed.try_into().map_err(|_| EnvelopeError::RecipientKey)?;
        Ok(Self {
            recipient,
            encapped,
            ciphertext,
        })
    }

    /// Unwraps the data key.
    ///
    /// # Errors
    /// [`EnvelopeError::NotAuthentic`].
    pub fn open(
        &self,
        secret: &HpkeSecretKey,
        binding: &EnvelopeBinding,
    ) -> Result<DataKey, EnvelopeError> {
        let opened = hpke_open(
            secret,
            tags::VAULT_HPKE_ENVELOPE,
            &binding.bytes(),
            &self.encapped,
            &self.ciphertext,
        )?;
        let bytes = opened.first_chunk().ok_or(EnvelopeError::NotAuthentic)?;
        Ok(DataKey::new(*bytes))
    }
}

impl FixedSize for Envelope {
    const SIZE: usize = 4 + 1 + 32 + ENCAPPED + 32 + TAG;
}

impl Write for Envelope {
    fn write(&self, buf: &mut impl BufMut) {
        buf.put_slice(&Self::MAGIC);
        buf.put_u8(Self::VERSION);
        self.recipient.write(buf);
        buf.put_slice(&self.encapped);
        buf.put_slice(&self.ciphertext);
    }
}

impl Read for Envelope {
    type Cfg = ();

    fn read_cfg(buf: &mut impl Buf, _: &()) -> Result<Self, CodecError> {
        read_prefix(buf, Self::MAGIC, Self::VERSION, "Envelope")?;
        Ok(Self {
            recipient: HpkePublicKey::read(buf)?,
            encapped: <[u8; ENCAPPED]>::read(buf)?,
            ciphertext: <[u8; 32 + TAG]>::read(buf)?,
        })
    }
}

/// What a sealed message is. Each kind has its own HPKE info, so that none opens as another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MessageKind {
    /// A platform's signed request, sealed to a person's inbox key.
    Request,
    /// A person's answer (approval package or denial), sealed to the platform's member key.
    Answer,
}

impl MessageKind {
    const fn tag(self) -> Tag {
        match self {
            Self::Request => tags::VAULT_HPKE_REQUEST,
            Self::Answer => tags::VAULT_HPKE_ANSWER,
        }
    }
}

/// A message sealed to one key and padded to one of a few lengths.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SealedMessage {
    encapped: [u8; ENCAPPED],
    ciphertext: Bytes,
}

impl SealedMessage {
    const MAGIC: [u8; 4] = *b"TMSG";
    const VERSION: u8 = 1;
    /// The lengths of a padded plaintext: all that the length of a message tells.
    pub const BUCKETS: [usize; 4] = [2 << 10, 8 << 10, 32 << 10, 128 << 10];
    /// The longest message in bytes.
    pub const MAX_PLAINTEXT: usize = Self::BUCKETS[3] - 4;
    /// The longest encoded sealed message in bytes.
    pub const MAX_ENCODED: usize = 4 + 1 + ENCAPPED + 4 + Self::BUCKETS[3] + TAG;

    /// Pads and seals `plaintext`. `context` says where the message belongs (chain, address, reply id) and must be the
    /// same when it is opened.
    ///
    /// # Errors
    /// [`EnvelopeError::TooLong`], [`EnvelopeError::RecipientKey`].
    pub fn seal(
        kind: MessageKind,
        recipient: HpkePublicKey,
        context: &[u8],
        plaintext: &[u8],
        rng: &mut impl CryptoRng,
    ) -> Result<Self, EnvelopeError> {
        let padded = pad(plaintext)?;
        let (encapped, ciphertext) = hpke_seal(recipient, kind.tag(), context, &padded, rng)?;
        Ok(Self {
            encapped,
            ciphertext: ciphertext.into(),
        })
    }

    /// Opens the message and removes the padding.
    ///
    /// # Errors
    /// [`EnvelopeError::NotAuthentic`], [`EnvelopeError::Padding`].
    pub fn open(
        &self,
        kind: MessageKind,
        secret: &HpkeSecretKey,
        context: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, EnvelopeError> {
        let mut padded = hpke_open(
            secret,
            kind.tag(),
            context,
            &self.encapped,
            &self.ciphertext,
        )?;
        unpad(&mut padded)?;
        Ok(padded)
    }
}

impl EncodeSize for SealedMessage {
    fn encode_size(&self) -> usize {
        4 + 1 + ENCAPPED + self.ciphertext.encode_size()
    }
}

impl Write for SealedMessage {
    fn write(&self, buf: &mut impl BufMut) {
        buf.put_slice(&Self::MAGIC);
        buf.put_u8(Self::VERSION);
        buf.put_slice(&self.encapped);
        self.ciphertext.write(buf);
    }
}

impl Read for SealedMessage {
    type Cfg = ();

    fn read_cfg(buf: &mut impl Buf, _: &()) -> Result<Self, CodecError> {
        read_prefix(buf, Self::MAGIC, Self::VERSION, "SealedMessage")?;
        let encapped = <[u8; ENCAPPED]>::read(buf)?;
        let ciphertext = Bytes::read_cfg(buf, &RangeCfg::from(TAG..=Self::BUCKETS[3] + TAG))?;
        if !Self::BUCKETS.contains(&(ciphertext.len() - TAG)) {
            return Err(CodecError::Invalid(
                "SealedMessage",
                "length is not one of the buckets",
            ));
        }
        Ok(Self {
            encapped,
            ciphertext,
        })
    }
}

/// Length (u32), plaintext, zeros up to the smallest bucket that fits.
fn pad(plaintext: &[u8]) -> Result<Zeroizing<Vec<u8>>, EnvelopeError> {
    let too_long = EnvelopeError::TooLong(plaintext.len());
    let length = u32::try_from(plaintext.len()).map_err(|_| too_long)?;
    let bucket = SealedMessage::BUCKETS
        .into_iter()
        .find(|bucket| plaintext.len() + 4 <= *bucket)
        .ok_or(too_long)?;
    let mut padded = Zeroizing::new(Vec::with_capacity(bucket));
    padded.extend_from_slice(&length.to_be_bytes());
    padded.extend_from_slice(plaintext);
    padded.resize(bucket, 0);
    Ok(padded)
}

fn unpad(padded: &mut Vec<u8>) -> Result<(), EnvelopeError> {
    let (length, rest) = padded
        .split_first_chunk::<4>()
        .ok_or(EnvelopeError::Padding)?;
    let length = u32::from_be_bytes(*length) as usize;
    let padding = rest.get(length..).ok_or(EnvelopeError::Padding)?;
    if padding.iter().any(|byte| *byte != 0) {
        return Err(EnvelopeError::Padding);
    }
    padded.drain(..4);
    padded.truncate(length);
    Ok(())
}

/// Reads magic and version of a stored format.
pub(crate) fn read_prefix(
    buf: &mut impl Buf,
    magic: [u8; 4],
    version: u8,
    name: &'static str,
) -> Result<(), CodecError> {
    if <[u8; 4]>::read(buf)? != magic {
        return Err(CodecError::Invalid(name, "magic bytes are wrong"));
    }
    if u8::read(buf)? != version {
        return Err(CodecError::Invalid(name, "version is not supported"));
    }
    Ok(())
}

fn hpke_seal(
    recipient: HpkePublicKey,
    tag: Tag,
    context: &[u8],
    plaintext: &[u8],
    rng: &mut impl CryptoRng,
) -> Result<([u8; ENCAPPED], Vec<u8>), EnvelopeError> {
    let recipient = recipient.to_kem().ok_or(EnvelopeError::RecipientKey)?;
    let (encapped, ciphertext) =
        hpke::single_shot_seal_with_rng::<AesGcm256, HkdfSha256, X25519HkdfSha256>(
            &OpModeS::Base,
            &recipient,
            tag.bytes(),
            plaintext,
            context,
            rng,
        )
        .map_err(|_| EnvelopeError::RecipientKey)?;
    Ok((encapped.to_bytes().into(), ciphertext))
}

fn hpke_open(
    secret: &HpkeSecretKey,
    tag: Tag,
    context: &[u8],
    encapped: &[u8; ENCAPPED],
    ciphertext: &[u8],
) -> Result<Zeroizing<Vec<u8>>, EnvelopeError> {
    let secret = secret.to_kem().ok_or(EnvelopeError::NotAuthentic)?;
    let encapped = EncappedKey::from_bytes(encapped).map_err(|_| EnvelopeError::NotAuthentic)?;
    hpke::single_shot_open::<AesGcm256, HkdfSha256, X25519HkdfSha256>(
        &OpModeR::Base,
        &secret,
        &encapped,
        tag.bytes(),
        ciphertext,
        context,
    )
    .map(Zeroizing::new)
    .map_err(|_| EnvelopeError::NotAuthentic)
}
