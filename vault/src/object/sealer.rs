//! Sealing: plaintext in pieces of any size in, object bytes out.

use aead_stream::{NewStream, StreamBE32, StreamPrimitive};
use aes_gcm::Aes256Gcm;
use tacit_circuits::types::Digest32;
use zeroize::{Zeroize, Zeroizing};

use super::{ChunkSize, DataKey, Header, ObjectError, ObjectInfo, ObjectNonce};
use crate::keys::{self, ContentHasher, ObjectIdHasher};

/// Bytes a chunk grows by: the GCM tag.
pub(super) const TAG_LENGTH: usize = 16;
/// Chunks of one object: STREAM counts them in 32 bits, and the last value is kept free.
const MAX_CHUNKS: u64 = u32::MAX as u64;

/// The cipher of one object: key, nonce prefix and additional data in one place for both directions.
pub(super) struct ChunkCipher {
    stream: StreamBE32<Aes256Gcm>,
    header_hash: Digest32,
    index: u64,
}

impl ChunkCipher {
    pub(super) fn new(encryption_key: &[u8; 32], header: &Header) -> Self {
        Self {
            // The key serves one object only, so the nonce prefix carries nothing.
            stream: StreamBE32::new(encryption_key.into(), &Default::default()),
            header_hash: keys::header_hash(header),
            index: 0,
        }
    }

    /// Index of the next chunk.
    pub(super) const fn index(&self) -> u64 {
        self.index
    }

    /// Encrypts the next chunk in place and appends its tag.
    pub(super) fn seal(&mut self, last: bool, chunk: &mut Vec<u8>) -> Result<(), ObjectError> {
        let (position, data) = self.next(last)?;
        self.stream
            .encrypt_in_place(position, last, &data, chunk)
            .map_err(|_| ObjectError::Chunk(self.index))?;
        self.index += 1;
        Ok(())
    }

    /// Authenticates and decrypts the next chunk in place and removes its tag.
    pub(super) fn open(&mut self, last: bool, chunk: &mut Vec<u8>) -> Result<(), ObjectError> {
        let (position, data) = self.next(last)?;
        self.stream
            .decrypt_in_place(position, last, &data, chunk)
            .map_err(|_| ObjectError::Chunk(self.index))?;
        self.index += 1;
        Ok(())
    }

    /// STREAM position and additional data of the next chunk.
    fn next(&self, last: bool) -> Result<(u32, [u8; 41]), ObjectError> {
        if self.index >= MAX_CHUNKS {
            return Err(ObjectError::TooManyChunks);
        }
        let position = u32::try_from(self.index).map_err(|_| ObjectError::TooManyChunks)?;
        let mut data = [0; 41];
        data[..32].copy_from_slice(&self.header_hash.0);
        data[32..40].copy_from_slice(&self.index.to_be_bytes());
        data[40] = u8::from(last);
        Ok((position, data))
    }
}

/// Seals one object. Write [`Sealer::header`] first, then everything that `push` and `finish` append to `out`.
pub struct Sealer {
    header: Header,
    cipher: ChunkCipher,
    /// Plaintext of the chunk that is being filled; full only while more may follow.
    chunk: Zeroizing<Vec<u8>>,
    id: ObjectIdHasher,
    content: ContentHasher,
    failed: bool,
}

impl Sealer {
    /// Starts an object. `nonce` must be random or [`ObjectNonce::for_content`], never chosen otherwise.
    pub fn new(key: &DataKey, nonce: ObjectNonce, chunk_size: ChunkSize) -> Self {
        let keys = keys::object_keys(key, &nonce);
        let header = Header {
            chunk_size,
            nonce,
            key_commitment: keys.commitment,
        };
        let mut id = ObjectIdHasher::default();
        id.update(&header.to_bytes());
        Self {
            cipher: ChunkCipher::new(keys.encryption.expose(), &header),
            header,
            chunk: Zeroizing::new(Vec::with_capacity(chunk_size.bytes() + TAG_LENGTH)),
            id,
            content: ContentHasher::default(),
            failed: false,
        }
    }

    /// The header, which stands in front of the chunks.
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// Takes more plaintext and appends the chunks it completes to `out`.
    ///
    /// # Errors
    /// [`ObjectError::TooManyChunks`]; [`ObjectError::Poisoned`] after an error.
    pub fn push(&mut self, mut plaintext: &[u8], out: &mut Vec<u8>) -> Result<(), ObjectError> {
        if self.failed {
            return Err(ObjectError::Poisoned);
        }
        self.content.update(plaintext);
        while !plaintext.is_empty() {
            let room = self.header.chunk_size.bytes() - self.chunk.len();
            if room == 0 {
                // Only now is it certain that the full chunk is not the last one.
                self.emit(false, out)?;
                continue;
            }
            let (head, tail) = plaintext.split_at(room.min(plaintext.len()));
            self.chunk.extend_from_slice(head);
            plaintext = tail;
        }
        Ok(())
    }

    /// Ends the object: appends its last chunk and says what was sealed.
    ///
    /// # Errors
    /// As [`Sealer::push`].
    pub fn finish(mut self, out: &mut Vec<u8>) -> Result<ObjectInfo, ObjectError> {
        if self.failed {
            return Err(ObjectError::Poisoned);
        }
        self.emit(true, out)?;
        Ok(ObjectInfo {
            content_length: self.content.length(),
            object_length: self.id.length(),
            id: self.id.finish(),
            key_commitment: self.header.key_commitment,
            content_digest: self.content.finish(),
        })
    }

    fn emit(&mut self, last: bool, out: &mut Vec<u8>) -> Result<(), ObjectError> {
        if let Err(error) = self.cipher.seal(last, &mut self.chunk) {
            self.failed = true;
            self.chunk.zeroize();
            return Err(error);
        }
        self.id.update(&self.chunk);
        out.extend_from_slice(&self.chunk);
        self.chunk.clear();
        Ok(())
    }
}
