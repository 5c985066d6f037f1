//! The list itself: statuses of equal size side by side, compressed, as text.

use std::io::Write as _;

use flate2::write::ZlibEncoder;
use flate2::{Compression, Decompress, FlushDecompress, Status};

use super::super::base64url;
use super::StatusError;

/// Longest list accepted, uncompressed: 2^23 entries of one bit.
pub const MAX_LIST_BYTES: usize = 1 << 20;

/// Longest `lst` accepted: a list that does not compress, in base64url.
const MAX_TEXT_BYTES: usize = MAX_LIST_BYTES / 3 * 4 + 1024;

/// Step by which a list grows while it is read.
const STEP: usize = 64 * 1024;

/// Bits of one entry: 1, 2, 4 or 8.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EntryBits(u8);

impl EntryBits {
    /// Valid or not.
    pub const ONE: Self = Self(1);

    /// Valid, invalid, suspended, and one of the issuer's own.
    pub const TWO: Self = Self(2);

    /// A size; `None` for others than 1, 2, 4 and 8.
    pub fn new(bits: u64) -> Option<Self> {
        let bits = u8::try_from(bits).ok()?;
        [1, 2, 4, 8].contains(&bits).then_some(Self(bits))
    }

    /// The bits.
    pub fn bits(self) -> u8 {
        self.0
    }

    fn per_byte(self) -> usize {
        usize::from(8 / self.0)
    }

    fn mask(self) -> u8 {
        u8::MAX >> (8 - self.0)
    }
}

/// A status list: entries of equal size, the first one in the lowest bits of the first byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusList {
    bytes: Vec<u8>,
    bits: EntryBits,
}

impl StatusList {
    /// A list of these statuses, in order; the last byte is filled up with 0.
    ///
    /// # Errors
    /// [`StatusError::Value`] for a status that needs more bits, [`StatusError::TooLong`] beyond [`MAX_LIST_BYTES`].
    pub fn of_values(
        bits: EntryBits,
        values: impl IntoIterator<Item = u8>,
    ) -> Result<Self, StatusError> {
        let mut bytes = Vec::new();
        for (index, value) in values.into_iter().enumerate() {
            if value > bits.mask() {
                return Err(StatusError::Value);
            }
            let place = index % bits.per_byte();
            if place == 0 {
                if bytes.len() >= MAX_LIST_BYTES {
                    return Err(StatusError::TooLong);
                }
                bytes.push(0);
            }
            if let (Some(byte), Ok(place)) = (bytes.last_mut(), u8::try_from(place)) {
                *byte |= value << (place * bits.0);
            }
        }
        Ok(Self { bytes, bits })
    }

    /// `lst`: base64url of the list's zlib stream.
    ///
    /// # Errors
    /// [`StatusError::Encoding`], never in practice.
    pub fn encode(&self) -> Result<String, StatusError> {
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::best());
        zlib.write_all(&self.bytes)
            .map_err(|_| StatusError::Encoding)?;
        let compressed = zlib.finish().map_err(|_| StatusError::Encoding)?;
        Ok(base64url::encode(&compressed))
    }

    /// Reads what [`StatusList::encode`] writes: one whole stream and nothing after it, at most [`MAX_LIST_BYTES`] however small
    /// the text.
    ///
    /// # Errors
    /// [`StatusError::TooLong`], [`StatusError::Encoding`].
    pub fn decode(text: &str, bits: EntryBits) -> Result<Self, StatusError> {
        if text.len() > MAX_TEXT_BYTES {
            return Err(StatusError::TooLong);
        }
        let compressed = base64url::decode(text).ok_or(StatusError::Encoding)?;
        let mut zlib = Decompress::new(true);
        let mut bytes = Vec::new();
        loop {
            let read = usize::try_from(zlib.total_in()).map_err(|_| StatusError::TooLong)?;
            let rest = compressed.get(read..).ok_or(StatusError::Encoding)?;
            bytes.reserve(STEP);
            let before = (read, bytes.len());
            let status = zlib
                .decompress_vec(rest, &mut bytes, FlushDecompress::None)
                .map_err(|_| StatusError::Encoding)?;
            if bytes.len() > MAX_LIST_BYTES {
                return Err(StatusError::TooLong);
            }
            let read = usize::try_from(zlib.total_in()).map_err(|_| StatusError::TooLong)?;
            match status {
                Status::StreamEnd if read == compressed.len() => return Ok(Self { bytes, bits }),
                Status::StreamEnd => return Err(StatusError::Encoding),
                // No progress with room to write: the stream is cut off.
                _ if before == (read, bytes.len()) => return Err(StatusError::Encoding),
                _ => {}
            }
        }
    }

    /// How many entries it has.
    pub fn len(&self) -> usize {
        self.bytes.len().saturating_mul(self.bits.per_byte())
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Bits of an entry.
    pub fn bits(&self) -> EntryBits {
        self.bits
    }

    /// The status at a place; `None` beyond the end.
    pub fn get(&self, index: u64) -> Option<u8> {
        let index = usize::try_from(index).ok()?;
        let byte = self.bytes.get(index / self.bits.per_byte())?;
        let place = u8::try_from(index % self.bits.per_byte()).ok()?;
        Some(byte >> (place * self.bits.0) & self.bits.mask())
    }
}
