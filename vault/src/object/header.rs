//! The header of an object.

use bytes::BufMut;
use commonware_codec::{FixedSize, Write};
use rand_core::CryptoRng;

use super::{ContentDigest, DataKey, KeyCommitment, ObjectError};
use crate::bytes::bytes32;
use crate::keys;

/// First bytes of every object.
const MAGIC: [u8; 4] = *b"TOBJ";
/// The one version of the format there is.
const VERSION: u8 = 1;
/// AES-256-GCM, HKDF-SHA256, SHA-256.
const SUITE: u8 = 1;

bytes32!(
    /// The salt of an object's key derivation: one data key and one nonce belong to one content. Sealing two contents
    /// under the same pair would reveal their difference.
    ObjectNonce
);

impl ObjectNonce {
    /// A fresh random nonce.
    pub fn random(rng: &mut impl CryptoRng) -> Self {
        let mut bytes = [0; 32];
        rng.fill_bytes(&mut bytes);
        Self(bytes)
    }

    /// The nonce that follows from key and content. Sealing the same content with the same key again (a wallet that
    /// goes on after a crash) gives the same object, and another content can never meet the same nonce.
    pub fn for_content(key: &DataKey, content: &ContentDigest) -> Self {
        keys::content_nonce(key, content)
    }
}

/// Plaintext bytes of a full chunk: a power of two from 1 KiB to 1 MiB.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ChunkSize(u32);

impl ChunkSize {
    /// The smallest chunk size, 1 KiB.
    pub const MIN: u32 = 1 << 10;
    /// The largest chunk size, 1 MiB: the bound on an opener's memory.
    pub const MAX: u32 = 1 << 20;
    /// 64 KiB: 0.03 % of overhead, and small enough for any client.
    pub const DEFAULT: Self = Self(1 << 16);

    /// Checks the bounds.
    ///
    /// # Errors
    /// [`ObjectError::ChunkSize`].
    pub const fn new(bytes: u32) -> Result<Self, ObjectError> {
        if bytes.is_power_of_two() && bytes >= Self::MIN && bytes <= Self::MAX {
            Ok(Self(bytes))
        } else {
            Err(ObjectError::ChunkSize(bytes))
        }
    }

    /// The size in bytes.
    pub const fn bytes(self) -> usize {
        self.0 as usize
    }
}

impl Default for ChunkSize {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// The first 74 bytes of an object.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Header {
    /// Plaintext bytes of a full chunk.
    pub chunk_size: ChunkSize,
    /// Salt of the key derivation.
    pub nonce: ObjectNonce,
    /// Commitment to data key and nonce.
    pub key_commitment: KeyCommitment,
}

impl FixedSize for Header {
    const SIZE: usize = 4 + 1 + 1 + 4 + 32 + 32;
}

impl Write for Header {
    fn write(&self, buf: &mut impl BufMut) {
        buf.put_slice(&MAGIC);
        buf.put_u8(VERSION);
        buf.put_u8(SUITE);
        buf.put_u32(self.chunk_size.0);
        self.nonce.write(buf);
        self.key_commitment.write(buf);
    }
}

impl Header {
    /// The canonical bytes.
    pub fn to_bytes(&self) -> [u8; Self::SIZE] {
        let mut bytes = [0; Self::SIZE];
        self.write(&mut &mut bytes[..]);
        bytes
    }

    /// Reads a header. Not a codec `Read`, because each defect of a header has an error of its own.
    ///
    /// # Errors
    /// [`ObjectError::Magic`], [`ObjectError::Version`], [`ObjectError::Suite`], [`ObjectError::ChunkSize`].
    pub fn parse(bytes: &[u8; Self::SIZE]) -> Result<Self, ObjectError> {
        let (magic, rest) = take::<4>(bytes)?;
        let ([version, suite], rest) = take::<2>(rest)?;
        let (chunk_size, rest) = take::<4>(rest)?;
        let (nonce, rest) = take::<32>(rest)?;
        let (key_commitment, _) = take::<32>(rest)?;
        if magic != MAGIC {
            return Err(ObjectError::Magic);
        }
        if version != VERSION {
            return Err(ObjectError::Version(version));
        }
        if suite != SUITE {
            return Err(ObjectError::Suite(suite));
        }
        Ok(Self {
            chunk_size: ChunkSize::new(u32::from_be_bytes(chunk_size))?,
            nonce: ObjectNonce(nonce),
            key_commitment: KeyCommitment(key_commitment),
        })
    }
}

fn take<const N: usize>(bytes: &[u8]) -> Result<([u8; N], &[u8]), ObjectError> {
    let (head, tail) = bytes
        .split_first_chunk::<N>()
        .ok_or(ObjectError::Truncated)?;
    Ok((*head, tail))
}
