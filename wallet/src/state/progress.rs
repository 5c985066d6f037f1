//! How far a leaf is on its way to the chain: the journal of a step.

use bytes::BufMut;
use commonware_codec::{Buf, EncodeSize, Error, Read, ReadExt, Write};
use tacit_circuits::types::Position;
use tacit_ledger::tx::MAX_TX_BYTES;

use crate::codec::{Blob, codec_struct};

/// Most bytes of a sidecar that the wallet sends beside a transaction.
pub const MAX_SIDECAR: usize = 4096;

/// A transaction exactly as it is sent. Kept from before it is first sent until it is final: the chain knows a request id
/// by the transaction's bytes, so sending these again has one effect, while a new proof would be another transaction.
#[derive(Debug, PartialEq, Eq)]
pub struct Submission {
    /// Canonical bytes of the transaction.
    pub transaction: Blob<MAX_TX_BYTES>,
    /// Canonical bytes of the sidecar it names; empty where it names none.
    pub sidecar: Blob<MAX_SIDECAR>,
}
codec_struct!(Submission {
    transaction,
    sidecar
});

/// How far a leaf is. Each value but the first is written to disk before the step that follows from it.
#[derive(Debug, PartialEq, Eq)]
pub enum Progress {
    /// Decided on; nothing has left the wallet.
    Planned,
    /// Being sent, perhaps more than once.
    Sent(Submission),
    /// Said to be in the note tree at this position, by whoever relayed it; looked up at the next sync.
    Claimed(Submission, Position),
    /// The leaf is in the note tree.
    Final(Position),
    /// The leaf's bit is set.
    Ended(Position),
}

impl Progress {
    /// The leaf's position, where the wallet has seen it there.
    #[must_use]
    pub fn position(&self) -> Option<Position> {
        match self {
            Self::Planned | Self::Sent(_) | Self::Claimed(..) => None,
            Self::Final(position) | Self::Ended(position) => Some(*position),
        }
    }

    /// The transaction as it is sent, until the leaf is final.
    #[must_use]
    pub fn submission(&self) -> Option<&Submission> {
        match self {
            Self::Sent(submission) | Self::Claimed(submission, _) => Some(submission),
            _ => None,
        }
    }

    /// The leaf's position, if it is live as far as the wallet knows.
    #[must_use]
    pub fn live(&self) -> Option<Position> {
        match self {
            Self::Final(position) => Some(*position),
            _ => None,
        }
    }
}

impl EncodeSize for Progress {
    fn encode_size(&self) -> usize {
        1 + match self {
            Self::Planned => 0,
            Self::Sent(submission) => submission.encode_size(),
            Self::Claimed(submission, position) => {
                submission.encode_size() + position.encode_size()
            }
            Self::Final(position) | Self::Ended(position) => position.encode_size(),
        }
    }
}

impl Write for Progress {
    fn write(&self, buf: &mut impl BufMut) {
        match self {
            Self::Planned => buf.put_u8(0),
            Self::Sent(submission) => {
                buf.put_u8(1);
                submission.write(buf);
            }
            Self::Claimed(submission, position) => {
                buf.put_u8(2);
                submission.write(buf);
                position.write(buf);
            }
            Self::Final(position) => {
                buf.put_u8(3);
                position.write(buf);
            }
            Self::Ended(position) => {
                buf.put_u8(4);
                position.write(buf);
            }
        }
    }
}

impl Read for Progress {
    type Cfg = ();

    fn read_cfg(buf: &mut impl Buf, (): &()) -> Result<Self, Error> {
        Ok(match u8::read(buf)? {
            0 => Self::Planned,
            1 => Self::Sent(Submission::read(buf)?),
            2 => Self::Claimed(Submission::read(buf)?, Position::read(buf)?),
            3 => Self::Final(Position::read(buf)?),
            4 => Self::Ended(Position::read(buf)?),
            other => return Err(Error::InvalidEnum(other)),
        })
    }
}
