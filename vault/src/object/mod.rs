//! The encrypted object: a header, then AES-256-GCM chunks in the STREAM construction.
//!
//! ```text
//! header  magic "TOBJ" | version 1 | suite 1 | chunk size u32 | object nonce [32] | key commitment [32]
//! chunk   AES-256-GCM(encryption key, nonce = 0^7 | index u32 | last u8, ad = header hash | index u64 | last u8)
//! ```
//!
//! Integers are big-endian. Every chunk but the last holds exactly `chunk size` plaintext bytes; the last holds 1 to
//! `chunk size`, or 0 when the whole object is empty, so that a content has one division into chunks. STREAM (Hoang,
//! Reyhanitabar, Rogaway, Vizár 2015) makes reordered, removed, added and truncated chunks fail their own tag.
//!
//! GCM does not commit to its key: a ciphertext can be made that opens under two. So the header holds a commitment to
//! the data key and the object nonce, which the opener compares with the record's before it decrypts anything.
//!
//! Sealing and opening need one chunk of memory whatever the size of the object.

mod file;
mod header;
mod io;
mod opener;
mod sealer;

#[cfg(test)]
mod tests;
#[cfg(test)]
mod two_keys;
#[cfg(test)]
mod vectors;

pub use file::{VerifiedFile, open_to_file};
pub use header::{ChunkSize, Header, ObjectNonce};
pub use io::{IoError, open, seal};
pub use opener::Opener;
pub use sealer::Sealer;

use bytes::BufMut;
use commonware_codec::{Buf, Error as CodecError, FixedSize, Read, ReadExt, Write};
use serde::{Deserialize, Serialize};
use tacit_circuits::types::Secret;

use crate::bytes::bytes32;

bytes32!(
    /// Name of an object: tagged SHA-256 of its header and ciphertext. Whoever knows it can check every byte.
    ObjectId
);
bytes32!(
    /// Commitment to the data key and object nonce (HKDF-SHA256 output, 32 bytes). It stands in the object's header and
    /// in the record on the chain.
    KeyCommitment
);
bytes32!(
    /// Tagged SHA-256 of the plaintext. It stands in the record, salted by the record's own salt.
    ContentDigest
);

/// The secret of one object, 32 bytes: HKDF gives its encryption key and its key commitment.
#[derive(Debug)]
pub struct DataKey(pub(crate) Secret<[u8; 32]>);

impl DataKey {
    /// Takes 32 secret bytes, drawn or derived for this object only.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Secret::new(bytes))
    }

    /// A fresh random data key.
    pub fn random(rng: &mut impl rand_core::CryptoRng) -> Self {
        let mut bytes = zeroize::Zeroizing::new([0; 32]);
        rng.fill_bytes(bytes.as_mut());
        Self::new(*bytes)
    }

    /// The secret bytes, for an envelope or an encrypted wallet file.
    pub fn expose(&self) -> &[u8; 32] {
        self.0.expose()
    }
}

/// What names and pins one object: the result of sealing, and what opening demands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ObjectInfo {
    /// Hash of header and ciphertext.
    pub id: ObjectId,
    /// Commitment to the data key.
    pub key_commitment: KeyCommitment,
    /// Digest of the plaintext.
    pub content_digest: ContentDigest,
    /// Length of the plaintext in bytes.
    pub content_length: u64,
    /// Length of header and ciphertext in bytes: what the vault stores.
    pub object_length: u64,
}

impl FixedSize for ObjectInfo {
    const SIZE: usize = 3 * 32 + 2 * 8;
}

impl Write for ObjectInfo {
    fn write(&self, buf: &mut impl BufMut) {
        self.id.write(buf);
        self.key_commitment.write(buf);
        self.content_digest.write(buf);
        self.content_length.write(buf);
        self.object_length.write(buf);
    }
}

impl Read for ObjectInfo {
    type Cfg = ();

    fn read_cfg(buf: &mut impl Buf, _: &()) -> Result<Self, CodecError> {
        Ok(Self {
            id: ObjectId::read(buf)?,
            key_commitment: KeyCommitment::read(buf)?,
            content_digest: ContentDigest::read(buf)?,
            content_length: u64::read(buf)?,
            object_length: u64::read(buf)?,
        })
    }
}

/// Why an object could not be sealed or opened. Each defect has its own variant, so that a person can be told what is
/// wrong without any byte of the content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ObjectError {
    /// The first four bytes are not `TOBJ`.
    #[error("this is not a Tacit object")]
    Magic,
    /// The version is not known to this software.
    #[error("object version {0} is not supported")]
    Version(u8),
    /// The suite of algorithms is not known to this software.
    #[error("object suite {0} is not supported")]
    Suite(u8),
    /// The chunk size is no power of two within the bounds of [`ChunkSize`].
    #[error("chunk size {0} is not allowed")]
    ChunkSize(u32),
    /// The object ends before its header or its last chunk does.
    #[error("the object is cut short")]
    Truncated,
    /// The header's key commitment is not the one that was expected.
    #[error("the object's key commitment is not the record's")]
    CommitmentMismatch,
    /// The data key does not open the header's key commitment.
    #[error("the data key is not the one this object was sealed with")]
    WrongKey,
    /// A chunk failed authentication: changed, moved, cut, or of another object.
    #[error("chunk {0} of the object is not authentic")]
    Chunk(u64),
    /// The last chunk is empty although the object is not: a second encoding of the same content.
    #[error("the object is not in its canonical form")]
    NotCanonical,
    /// The object is longer than what was expected.
    #[error("the object has more bytes than it should")]
    TooLong,
    /// Header and ciphertext do not hash to the expected object id.
    #[error("the object is not the one that was asked for")]
    IdMismatch,
    /// The plaintext does not hash to the expected content digest or has another length.
    #[error("the content is not the one that was recorded")]
    ContentMismatch,
    /// More chunks than one object may have (2^32 - 1).
    #[error("the object has too many chunks")]
    TooManyChunks,
    /// An earlier call on the same sealer or opener failed: nothing more can be done with it.
    #[error("an earlier part of the object failed")]
    Poisoned,
}

impl ObjectError {
    /// The stable reason code of the error.
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::Magic => "OBJECT_MAGIC",
            Self::Version(_) => "OBJECT_VERSION",
            Self::Suite(_) => "OBJECT_SUITE",
            Self::ChunkSize(_) => "OBJECT_CHUNK_SIZE",
            Self::Truncated => "OBJECT_TRUNCATED",
            Self::CommitmentMismatch => "OBJECT_COMMITMENT_MISMATCH",
            Self::WrongKey => "OBJECT_WRONG_KEY",
            Self::Chunk(_) => "OBJECT_CHUNK_NOT_AUTHENTIC",
            Self::NotCanonical => "OBJECT_NOT_CANONICAL",
            Self::TooLong => "OBJECT_TOO_LONG",
            Self::IdMismatch => "OBJECT_ID_MISMATCH",
            Self::ContentMismatch => "OBJECT_CONTENT_MISMATCH",
            Self::TooManyChunks => "OBJECT_TOO_MANY_CHUNKS",
            Self::Poisoned => "OBJECT_POISONED",
        }
    }
}
