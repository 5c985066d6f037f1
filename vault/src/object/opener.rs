//! Opening: object bytes in pieces of any size in, plaintext out.

use commonware_codec::FixedSize;
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

use super::sealer::{ChunkCipher, TAG_LENGTH};
use super::{DataKey, Header, ObjectError, ObjectInfo};
use crate::keys::{self, ContentHasher, ObjectIdHasher};

/// Opens one object and checks that it is the expected one.
///
/// Every chunk that `push` gives out is authentic for the data key, but the object may still turn out cut short or
/// another than expected: **nothing may be used before [`Opener::finish`] has succeeded.** [`super::open_to_file`] keeps
/// this rule for files.
pub struct Opener {
    expected: ObjectInfo,
    state: State,
    /// Bytes not yet decrypted: first the header, then at most one chunk with its tag.
    buffer: Zeroizing<Vec<u8>>,
    id: ObjectIdHasher,
    content: ContentHasher,
}

enum State {
    Header(DataKey),
    Chunks {
        cipher: Box<ChunkCipher>,
        sealed_chunk: usize,
    },
    Failed,
}

impl Opener {
    /// Starts to open the object that `expected` describes, with the key from its envelope.
    pub fn new(key: DataKey, expected: ObjectInfo) -> Self {
        Self {
            expected,
            state: State::Header(key),
            buffer: Zeroizing::new(Vec::with_capacity(Header::SIZE)),
            id: ObjectIdHasher::default(),
            content: ContentHasher::default(),
        }
    }

    /// Bytes of the object taken so far: where a broken download resumes.
    pub const fn position(&self) -> u64 {
        self.id.length()
    }

    /// Takes more bytes of the object and appends the plaintext of the chunks they complete to `out`.
    ///
    /// # Errors
    /// The defect found; [`ObjectError::Poisoned`] from then on.
    pub fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), ObjectError> {
        let result = self.try_push(bytes, out);
        if result.is_err() {
            self.fail();
        }
        result
    }

    /// Ends the object: checks the last chunk, the object id and the content digest, and appends the last plaintext.
    ///
    /// # Errors
    /// The defect found. `out` is left unchanged then.
    pub fn finish(mut self, out: &mut Vec<u8>) -> Result<ObjectInfo, ObjectError> {
        let mut cipher = match std::mem::replace(&mut self.state, State::Failed) {
            State::Chunks { cipher, .. } => cipher,
            State::Header(_) => return Err(ObjectError::Truncated),
            State::Failed => return Err(ObjectError::Poisoned),
        };
        if self.buffer.len() < TAG_LENGTH {
            return Err(ObjectError::Truncated);
        }
        if self.buffer.len() == TAG_LENGTH && cipher.index() > 0 {
            return Err(ObjectError::NotCanonical);
        }
        cipher.open(true, &mut self.buffer)?;
        self.content.update(&self.buffer);
        let found = ObjectInfo {
            content_length: self.content.length(),
            object_length: self.id.length(),
            id: self.id.finish(),
            key_commitment: self.expected.key_commitment,
            content_digest: self.content.finish(),
        };
        if found.id != self.expected.id {
            return Err(ObjectError::IdMismatch);
        }
        if found != self.expected {
            return Err(ObjectError::ContentMismatch);
        }
        out.extend_from_slice(&self.buffer);
        Ok(found)
    }

    fn try_push(&mut self, mut bytes: &[u8], out: &mut Vec<u8>) -> Result<(), ObjectError> {
        if matches!(self.state, State::Failed) {
            return Err(ObjectError::Poisoned);
        }
        self.id.update(bytes);
        if self.id.length() > self.expected.object_length {
            return Err(ObjectError::TooLong);
        }
        while !bytes.is_empty() {
            let room = self.wanted() - self.buffer.len();
            if room == 0 {
                // More bytes follow, so what is buffered is complete, and if a chunk not the last one.
                self.advance(out)?;
                continue;
            }
            let (head, tail) = bytes.split_at(room.min(bytes.len()));
            self.buffer.extend_from_slice(head);
            bytes = tail;
            if matches!(self.state, State::Header(_)) && self.buffer.len() == Header::SIZE {
                // The header is judged as soon as it is there, before any chunk.
                self.advance(out)?;
            }
        }
        Ok(())
    }

    /// Bytes that the part being collected has when it is complete.
    const fn wanted(&self) -> usize {
        match self.state {
            State::Chunks { sealed_chunk, .. } => sealed_chunk,
            State::Header(_) | State::Failed => Header::SIZE,
        }
    }

    fn advance(&mut self, out: &mut Vec<u8>) -> Result<(), ObjectError> {
        match &mut self.state {
            State::Header(key) => {
                let bytes = self.buffer.first_chunk().ok_or(ObjectError::Truncated)?;
                let header = Header::parse(bytes)?;
                let (cipher, sealed_chunk) = accept(&header, key, &self.expected)?;
                self.state = State::Chunks {
                    cipher,
                    sealed_chunk,
                };
            }
            State::Chunks { cipher, .. } => {
                cipher.open(false, &mut self.buffer)?;
                self.content.update(&self.buffer);
                out.extend_from_slice(&self.buffer);
            }
            State::Failed => return Err(ObjectError::Poisoned),
        }
        self.buffer.clear();
        Ok(())
    }

    fn fail(&mut self) {
        self.state = State::Failed;
        self.buffer.zeroize();
    }
}

/// The checks between header and first chunk: the record's commitment, then the key against it.
fn accept(
    header: &Header,
    key: &DataKey,
    expected: &ObjectInfo,
) -> Result<(Box<ChunkCipher>, usize), ObjectError> {
    if header.key_commitment != expected.key_commitment {
        return Err(ObjectError::CommitmentMismatch);
    }
    let keys = keys::object_keys(key, &header.nonce);
    if !bool::from(keys.commitment.0.ct_eq(&header.key_commitment.0)) {
        return Err(ObjectError::WrongKey);
    }
    let cipher = Box::new(ChunkCipher::new(keys.encryption.expose(), header));
    Ok((cipher, header.chunk_size.bytes() + TAG_LENGTH))
}
