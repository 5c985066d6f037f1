//! What the vault stores about an object.

use bytes::BufMut;
use commonware_codec::{Buf, EncodeSize, Error as CodecError, Read, ReadExt, Write};
use tacit_circuits::types::Position;

use super::erasure::SignedErasure;
use crate::ids::CallerKey;

/// One object's file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Meta {
    /// Who may bind, read and erase it.
    pub(super) owner: CallerKey,
    /// Length of the object in bytes.
    pub(super) length: u64,
    /// The record it belongs to.
    pub(super) record: Option<Position>,
    /// How far its life has come.
    pub(super) life: Life,
}

/// Life of an object: it only goes forward.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Life {
    /// Its ciphertext is there.
    Stored,
    /// Its ciphertext is being removed.
    Erasing,
    /// Its ciphertext is gone.
    Erased(SignedErasure),
}

impl EncodeSize for Meta {
    fn encode_size(&self) -> usize {
        let life = match &self.life {
            Life::Stored | Life::Erasing => 1,
            Life::Erased(statement) => 1 + statement.encode_size(),
        };
        32 + 8 + self.record.encode_size() + life
    }
}

impl Write for Meta {
    fn write(&self, buf: &mut impl BufMut) {
        self.owner.write(buf);
        self.length.write(buf);
        self.record.write(buf);
        match &self.life {
            Life::Stored => buf.put_u8(0),
            Life::Erasing => buf.put_u8(1),
            Life::Erased(statement) => {
                buf.put_u8(2);
                statement.write(buf);
            }
        }
    }
}

impl Read for Meta {
    type Cfg = ();

    fn read_cfg(buf: &mut impl Buf, _: &()) -> Result<Self, CodecError> {
        Ok(Self {
            owner: CallerKey::read(buf)?,
            length: u64::read(buf)?,
            record: Option::<Position>::read(buf)?,
            life: match u8::read(buf)? {
                0 => Life::Stored,
                1 => Life::Erasing,
                2 => Life::Erased(SignedErasure::read(buf)?),
                other => return Err(CodecError::InvalidEnum(other)),
            },
        })
    }
}
