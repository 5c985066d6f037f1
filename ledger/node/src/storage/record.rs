//! One record of a log, on disk:
//!
//! ```text
//! magic "TRec" (4) | body length u32 LE | crc32c of length and body u32 LE | body
//! body: kind (1) | height u64 LE | durable u64 LE | key (32) | payload
//! ```
//!
//! `durable` is the length of the log that was known to be on the disk when the record was written. It tells a torn tail
//! (never acknowledged, may be cut) from damage to acknowledged bytes (must be reported).

use super::StorageError;

/// First bytes of every record.
pub(crate) const MAGIC: [u8; 4] = *b"TRec";
/// Magic, length and checksum.
pub(crate) const FRAME: usize = 12;
/// Kind, height, durable and key.
pub(crate) const BODY_HEAD: usize = 1 + 8 + 8 + 32;
/// Longest payload; a block with all its limits fits (checked where blocks are encoded).
pub(crate) const MAX_PAYLOAD: usize = 64 << 20;

/// What a record holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A finalized block.
    Block,
    /// The engine's finalization of a block.
    Finalization,
    /// A sidecar, keyed by its digest.
    Sidecar,
}

impl Kind {
    fn byte(self) -> u8 {
        match self {
            Self::Block => 1,
            Self::Finalization => 2,
            Self::Sidecar => 3,
        }
    }

    fn parse(byte: u8) -> Option<Self> {
        match byte {
            1 => Some(Self::Block),
            2 => Some(Self::Finalization),
            3 => Some(Self::Sidecar),
            _ => None,
        }
    }
}

/// A decoded record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    /// What it holds.
    pub(crate) kind: Kind,
    /// Height of the block it belongs to.
    pub(crate) height: u64,
    /// Length of the log on disk when it was written.
    pub(crate) durable: u64,
    /// Digest by which it is found.
    pub(crate) key: [u8; 32],
    /// The bytes kept.
    pub(crate) payload: Vec<u8>,
}

impl Record {
    /// Encodes the record with its frame.
    pub(crate) fn encode(&self) -> Result<Vec<u8>, StorageError> {
        if self.payload.len() > MAX_PAYLOAD {
            return Err(StorageError::TooLarge {
                len: self.payload.len(),
                max: MAX_PAYLOAD,
            });
        }
        let len = BODY_HEAD + self.payload.len();
        let len32 = u32::try_from(len).map_err(|_| StorageError::TooLarge {
            len,
            max: MAX_PAYLOAD,
        })?;
        let mut out = Vec::with_capacity(FRAME + len);
        out.extend_from_slice(&MAGIC);
        out.extend_from_slice(&len32.to_le_bytes());
        out.extend_from_slice(&[0; 4]);
        out.push(self.kind.byte());
        out.extend_from_slice(&self.height.to_le_bytes());
        out.extend_from_slice(&self.durable.to_le_bytes());
        out.extend_from_slice(&self.key);
        out.extend_from_slice(&self.payload);
        let crc = checksum(len32, out.get(FRAME..).unwrap_or_default());
        if let Some(slot) = out.get_mut(8..FRAME) {
            slot.copy_from_slice(&crc.to_le_bytes());
        }
        Ok(out)
    }

    /// Decodes a body whose checksum was verified.
    fn parse(body: &[u8]) -> Option<Self> {
        let (&kind, rest) = body.split_first()?;
        let (height, rest) = rest.split_first_chunk::<8>()?;
        let (durable, rest) = rest.split_first_chunk::<8>()?;
        let (key, payload) = rest.split_first_chunk::<32>()?;
        Some(Self {
            kind: Kind::parse(kind)?,
            height: u64::from_le_bytes(*height),
            durable: u64::from_le_bytes(*durable),
            key: *key,
            payload: payload.to_vec(),
        })
    }
}

/// Reads the frame: length of the body and its checksum, or nothing if these bytes start no record.
pub(crate) fn parse_frame(frame: &[u8; FRAME]) -> Option<(u32, u32)> {
    let (magic, rest) = frame.split_first_chunk::<4>()?;
    let (len, crc) = rest.split_first_chunk::<4>()?;
    let len = u32::from_le_bytes(*len);
    let sane = *magic == MAGIC && (BODY_HEAD..=BODY_HEAD + MAX_PAYLOAD).contains(&(len as usize));
    sane.then_some((len, u32::from_le_bytes(*crc.first_chunk::<4>()?)))
}

/// Verifies the checksum of a body and decodes it.
pub(crate) fn parse_body(len: u32, crc: u32, body: &[u8]) -> Option<Record> {
    (checksum(len, body) == crc)
        .then(|| Record::parse(body))
        .flatten()
}

fn checksum(len: u32, body: &[u8]) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c(&len.to_le_bytes()), body)
}
