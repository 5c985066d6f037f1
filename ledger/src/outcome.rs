//! What an accepted transaction did.

use crate::governance::{Effect, ProposalId};
use crate::ids::TxId;
use bytes::BufMut;
use commonware_codec::{Buf, EncodeSize, Error, Read, ReadExt, Write};
use serde::Serialize;
use tacit_circuits::types::{Digest32, MemberId, Position};

/// What a transaction did. It is remembered with the request id and returned when the same request is sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Outcome {
    /// A member's record changed.
    Member {
        /// The member.
        member: MemberId,
    },
    /// A schema is registered.
    Schema {
        /// Its id, as canonical bytes of a field element.
        id: Digest32,
        /// Whether it was registered before, so nothing changed.
        existing: bool,
    },
    /// A leaf stands in the note tree.
    Leaf {
        /// Its position.
        position: Position,
        /// Whether it stood there before, so nothing changed.
        existing: bool,
    },
    /// A leaf is ended.
    Ended {
        /// Its position.
        position: Position,
        /// Whether it was ended before, so nothing changed.
        existing: bool,
    },
    /// A use of a grant is spent and its receipt is on the chain.
    Accessed,
    /// A reviewer's opening is on the chain.
    Opened {
        /// Number of the opening.
        opening: u64,
    },
    /// A vote for a proposal counts, and more are needed.
    Voted {
        /// The proposal.
        proposal: ProposalId,
        /// Votes that are missing.
        missing: u32,
    },
    /// A quorum has voted for a proposal, and it was done.
    Enacted {
        /// The proposal.
        proposal: ProposalId,
        /// What it did.
        effect: Effect,
    },
    /// A proposal was taken back.
    Withdrawn {
        /// The proposal.
        proposal: ProposalId,
    },
}

/// Result of one transaction of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct TxResult {
    /// The transaction.
    pub id: TxId,
    /// What it did.
    pub outcome: Outcome,
}

impl Write for Outcome {
    fn write(&self, buf: &mut impl BufMut) {
        match self {
            Self::Member { member } => {
                buf.put_u8(1);
                member.write(buf);
            }
            Self::Schema { id, existing } => {
                buf.put_u8(2);
                id.write(buf);
                existing.write(buf);
            }
            Self::Leaf { position, existing } => {
                buf.put_u8(4);
                position.write(buf);
                existing.write(buf);
            }
            Self::Ended { position, existing } => {
                buf.put_u8(5);
                position.write(buf);
                existing.write(buf);
            }
            Self::Accessed => buf.put_u8(6),
            Self::Opened { opening } => {
                buf.put_u8(7);
                opening.write(buf);
            }
            Self::Voted { proposal, missing } => {
                buf.put_u8(8);
                proposal.write(buf);
                missing.write(buf);
            }
            Self::Enacted { proposal, effect } => {
                buf.put_u8(9);
                proposal.write(buf);
                effect.write(buf);
            }
            Self::Withdrawn { proposal } => {
                buf.put_u8(10);
                proposal.write(buf);
            }
        }
    }
}

impl EncodeSize for Outcome {
    fn encode_size(&self) -> usize {
        1 + match self {
            Self::Member { member } => member.encode_size(),
            Self::Schema { id, existing } => id.encode_size() + existing.encode_size(),
            Self::Leaf { position, existing } | Self::Ended { position, existing } => {
                position.encode_size() + existing.encode_size()
            }
            Self::Accessed => 0,
            Self::Opened { opening } => opening.encode_size(),
            Self::Voted { proposal, missing } => proposal.encode_size() + missing.encode_size(),
            Self::Enacted { proposal, effect } => proposal.encode_size() + effect.encode_size(),
            Self::Withdrawn { proposal } => proposal.encode_size(),
        }
    }
}

impl Read for Outcome {
    type Cfg = ();
    fn read_cfg(buf: &mut impl Buf, _: &()) -> Result<Self, Error> {
        Ok(match u8::read(buf)? {
            1 => Self::Member {
                member: ReadExt::read(buf)?,
            },
            2 => Self::Schema {
                id: ReadExt::read(buf)?,
                existing: bool::read(buf)?,
            },
            4 => Self::Leaf {
                position: ReadExt::read(buf)?,
                existing: bool::read(buf)?,
            },
            5 => Self::Ended {
                position: ReadExt::read(buf)?,
                existing: bool::read(buf)?,
            },
            6 => Self::Accessed,
            7 => Self::Opened {
                opening: u64::read(buf)?,
            },
            8 => Self::Voted {
                proposal: ReadExt::read(buf)?,
                missing: u32::read(buf)?,
            },
            9 => Self::Enacted {
                proposal: ReadExt::read(buf)?,
                effect: ReadExt::read(buf)?,
            },
            10 => Self::Withdrawn {
                proposal: ReadExt::read(buf)?,
            },
            other => return Err(Error::InvalidEnum(other)),
        })
    }
}
