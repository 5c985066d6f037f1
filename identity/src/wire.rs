//! Binary messages: four magic bytes, one version byte, then the fields; bounded, and consumed exactly.

use bytes::BufMut;
use commonware_codec::{Buf, Copying, EncodeSize, Error, Read, ReadRangeExt, Write};

/// Why bytes are not the message expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WireError {
    /// More bytes than such a message can have.
    #[error("message of {length} bytes: at most {limit} are accepted")]
    TooLong {
        /// Bytes that came.
        length: usize,
        /// Bytes accepted.
        limit: usize,
    },
    /// The magic bytes are those of something else.
    #[error("not a {0}")]
    Magic(&'static str),
    /// A version that this software does not know.
    #[error("{message} version {version} is not known")]
    Version {
        /// The message.
        message: &'static str,
        /// The version that came.
        version: u8,
    },
    /// Fields are truncated, out of range, not canonical, or something follows them.
    #[error("malformed {0}")]
    Malformed(&'static str),
}

/// A message kind: name for errors, magic bytes, and the longest encoding accepted.
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    pub(crate) magic: [u8; 4],
    pub(crate) limit: usize,
}

const VERSION: u8 = 1;

impl Kind {
    /// Magic, version and fields.
    pub(crate) fn encode(&self, fields: &(impl Write + EncodeSize)) -> Vec<u8> {
        let mut out = Vec::with_capacity(5 + fields.encode_size());
        out.put_slice(&self.magic);
        out.put_u8(VERSION);
        fields.write(&mut out);
        out
    }

    /// Reads what [`Kind::encode`] writes.
    pub(crate) fn decode<T: Read<Cfg = ()>>(&self, bytes: &[u8]) -> Result<T, WireError> {
        if bytes.len() > self.limit {
            return Err(WireError::TooLong {
                length: bytes.len(),
                limit: self.limit,
            });
        }
        let fields = bytes
            .strip_prefix(&self.magic)
            .ok_or(WireError::Magic(self.name))?;
        let (version, fields) = fields
            .split_first()
            .ok_or(WireError::Malformed(self.name))?;
        if *version != VERSION {
            return Err(WireError::Version {
                message: self.name,
                version: *version,
            });
        }
        commonware_codec::Decode::decode_cfg(Copying(fields), &())
            .map_err(|_| WireError::Malformed(self.name))
    }
}

/// Writes a text as its UTF-8 bytes with a length before.
pub(crate) fn write_text(text: &str, buf: &mut impl BufMut) {
    text.len().write(buf);
    buf.put_slice(text.as_bytes());
}

/// Bytes that [`write_text`] writes.
pub(crate) fn text_size(text: &str) -> usize {
    text.len().encode_size() + text.len()
}

/// Reads a text of at most `limit` bytes without control characters.
pub(crate) fn read_text(buf: &mut impl Buf, limit: usize) -> Result<String, Error> {
    let bytes = Vec::<u8>::read_range(buf, ..=limit)?;
    let text = String::from_utf8(bytes).map_err(|_| Error::Invalid("text", "not UTF-8"))?;
    if text.chars().any(char::is_control) {
        return Err(Error::Invalid("text", "control character"));
    }
    Ok(text)
}
