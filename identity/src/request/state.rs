//! The life of a request, as both sides see it.
//!
//! PENDING ends in exactly one of APPROVED, DENIED, WITHDRAWN (what was said first, before the expiry) or EXPIRED
//! (nothing was said in time). EXPIRED is never stored: it follows from the clock, so a reply that arrived in time
//! and is read late still counts, in whatever order a restarted side reads its mail.

use core::fmt;

use bytes::BufMut;
use commonware_codec::{Buf, EncodeSize, Error, FixedSize, Read, ReadExt, Write};
use serde::{Deserialize, Serialize};
use tacit_circuits::types::Timestamp;

use super::{DenialReason, RequestError};

/// How a request ended by somebody's word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Outcome {
    /// The person approved, possibly less than was asked.
    Approved,
    /// The person denied.
    Denied(DenialReason),
    /// The platform took the request back.
    Withdrawn,
}

/// How a request stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RequestState {
    /// No answer yet.
    Pending,
    /// Approved.
    Approved,
    /// Denied.
    Denied(DenialReason),
    /// Nothing was said before the expiry.
    Expired,
    /// Taken back.
    Withdrawn,
}

impl fmt::Display for RequestState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pending => f.write_str("PENDING"),
            Self::Approved => f.write_str("APPROVED"),
            Self::Denied(reason) => write!(f, "DENIED ({reason})"),
            Self::Expired => f.write_str("EXPIRED"),
            Self::Withdrawn => f.write_str("WITHDRAWN"),
        }
    }
}

/// What is kept of a request's life: its expiry and how it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestLife {
    expires: Timestamp,
    outcome: Option<Outcome>,
}

impl RequestLife {
    /// A request without an answer.
    pub fn new(expires: Timestamp) -> Self {
        Self {
            expires,
            outcome: None,
        }
    }

    /// How the request stands at a time.
    pub fn state(&self, now: Timestamp) -> RequestState {
        match self.outcome {
            Some(Outcome::Approved) => RequestState::Approved,
            Some(Outcome::Denied(reason)) => RequestState::Denied(reason),
            Some(Outcome::Withdrawn) => RequestState::Withdrawn,
            None if now >= self.expires => RequestState::Expired,
            None => RequestState::Pending,
        }
    }

    /// Takes note of an end that was said at time `at` (when the mailbox took it, not when it is read). Saying the same
    /// again changes nothing.
    ///
    /// # Errors
    /// [`RequestError::Expired`] for what was said too late; [`RequestError::AlreadyDecided`] for a second, different end.
    pub fn decide(&mut self, outcome: Outcome, at: Timestamp) -> Result<(), RequestError> {
        match self.outcome {
            Some(decided) if decided == outcome => Ok(()),
            Some(_) => Err(RequestError::AlreadyDecided(self.state(at))),
            None if at >= self.expires => Err(RequestError::Expired),
            None => {
                self.outcome = Some(outcome);
                Ok(())
            }
        }
    }
}

impl Write for Outcome {
    fn write(&self, buf: &mut impl BufMut) {
        match self {
            Self::Approved => buf.put_u8(1),
            Self::Denied(reason) => {
                buf.put_u8(2);
                reason.write(buf);
            }
            Self::Withdrawn => buf.put_u8(3),
        }
    }
}

impl EncodeSize for Outcome {
    fn encode_size(&self) -> usize {
        match self {
            Self::Denied(_) => 1 + DenialReason::SIZE,
            Self::Approved | Self::Withdrawn => 1,
        }
    }
}

impl Read for Outcome {
    type Cfg = ();

    fn read_cfg(buf: &mut impl Buf, (): &()) -> Result<Self, Error> {
        match u8::read(buf)? {
            1 => Ok(Self::Approved),
            2 => Ok(Self::Denied(DenialReason::read(buf)?)),
            3 => Ok(Self::Withdrawn),
            other => Err(Error::InvalidEnum(other)),
        }
    }
}

impl Write for RequestLife {
    fn write(&self, buf: &mut impl BufMut) {
        self.expires.write(buf);
        self.outcome.write(buf);
    }
}

impl EncodeSize for RequestLife {
    fn encode_size(&self) -> usize {
        Timestamp::SIZE + self.outcome.encode_size()
    }
}

impl Read for RequestLife {
    type Cfg = ();

    fn read_cfg(buf: &mut impl Buf, (): &()) -> Result<Self, Error> {
        Ok(Self {
            expires: Timestamp::read(buf)?,
            outcome: Option::read(buf)?,
        })
    }
}
