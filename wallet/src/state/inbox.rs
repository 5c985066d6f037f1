//! Inboxes, what came in, and what was answered.

use bytes::BufMut;
use commonware_codec::{Buf, EncodeSize, Error, Read, ReadExt, Write};
use tacit_circuits::types::{MemberId, Timestamp};
use tacit_identity::request::{DenialReason, RequestId};

use crate::codec::{Blob, Text, codec_struct};
use crate::derive::Counter;

/// Most bytes of a signed request.
pub const MAX_REQUEST: usize = 4096;
/// Most bytes of a sealed answer.
pub const MAX_MESSAGE: usize = tacit_vault::envelope::SealedMessage::MAX_ENCODED;
/// Most bytes of an inbox's label.
pub const MAX_LABEL: usize = 128;

/// An inbox at a vault: one for each relationship, so that nobody can tell two of them apart from two persons.
#[derive(Debug, PartialEq, Eq)]
pub struct Inbox {
    /// Number; gives the keys, and with them the address.
    pub number: u32,
    /// Whom the address was given to, for the holder only.
    pub label: Text<MAX_LABEL>,
    /// The vault that keeps it.
    pub vault: MemberId,
    /// Whether the vault has said that it is open.
    pub open: bool,
}
codec_struct!(Inbox {
    number,
    label,
    vault,
    open
});

/// How a request came, and so how its answer goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    /// As a file or link: the answer is a file.
    File,
    /// Through an inbox.
    Inbox {
        /// The inbox.
        number: u32,
        /// Number of the item in it.
        sequence: u64,
    },
}

/// A request that is not answered yet.
#[derive(Debug, PartialEq, Eq)]
pub struct Incoming {
    /// The request's id: names it in this wallet.
    pub id: RequestId,
    /// How it came.
    pub route: Route,
    /// When it lapses.
    pub expiry: Timestamp,
    /// The signed request.
    pub request: Blob<MAX_REQUEST>,
}
codec_struct!(Incoming {
    id,
    route,
    expiry,
    request
});

/// What the holder decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Approved, by this grant, with facts proven from this credential where the request wanted some.
    Approved {
        /// The grant.
        grant: Counter,
        /// The credential.
        credential: Option<Counter>,
    },
    /// Denied, for this reason.
    Denied(DenialReason),
}

/// A request that was decided, and its answer on the way.
#[derive(Debug, PartialEq, Eq)]
pub struct Answer {
    /// The request with how it came.
    pub to: Incoming,
    /// The decision.
    pub decision: Decision,
    /// The sealed answer, once there is one: always sent with the same bytes.
    pub sealed: Option<Blob<MAX_MESSAGE>>,
    /// Whether it was delivered.
    pub delivered: bool,
}

impl EncodeSize for Route {
    fn encode_size(&self) -> usize {
        match self {
            Self::File => 1,
            Self::Inbox { .. } => 1 + 4 + 8,
        }
    }
}

impl Write for Route {
    fn write(&self, buf: &mut impl BufMut) {
        match self {
            Self::File => buf.put_u8(0),
            Self::Inbox { number, sequence } => {
                buf.put_u8(1);
                number.write(buf);
                sequence.write(buf);
            }
        }
    }
}

impl Read for Route {
    type Cfg = ();

    fn read_cfg(buf: &mut impl Buf, (): &()) -> Result<Self, Error> {
        match u8::read(buf)? {
            0 => Ok(Self::File),
            1 => Ok(Self::Inbox {
                number: u32::read(buf)?,
                sequence: u64::read(buf)?,
            }),
            other => Err(Error::InvalidEnum(other)),
        }
    }
}

impl EncodeSize for Decision {
    fn encode_size(&self) -> usize {
        match self {
            Self::Approved { grant, credential } => {
                1 + grant.encode_size() + credential.encode_size()
            }
            Self::Denied(reason) => 1 + reason.encode_size(),
        }
    }
}

impl Write for Decision {
    fn write(&self, buf: &mut impl BufMut) {
        match self {
            Self::Approved { grant, credential } => {
                buf.put_u8(0);
                grant.write(buf);
                credential.write(buf);
            }
            Self::Denied(reason) => {
                buf.put_u8(1);
                reason.write(buf);
            }
        }
    }
}

impl Read for Decision {
    type Cfg = ();

    fn read_cfg(buf: &mut impl Buf, (): &()) -> Result<Self, Error> {
        match u8::read(buf)? {
            0 => Ok(Self::Approved {
                grant: Counter::read(buf)?,
                credential: Option::read(buf)?,
            }),
            1 => Ok(Self::Denied(DenialReason::read(buf)?)),
            other => Err(Error::InvalidEnum(other)),
        }
    }
}
codec_struct!(Answer {
    to,
    decision,
    sealed,
    delivered
});
