//! The person's answer: an approval or a denial.

use core::fmt;

use bytes::BufMut;
use commonware_codec::{Buf, EncodeSize, Error, FixedSize, Read, ReadExt, Write};
use serde::{Deserialize, Serialize};

use super::{Approval, RequestError, RequestId};
use crate::wire::Kind;

const KIND: Kind = Kind {
    name: "reply",
    magic: *b"TRPL",
    limit: 100 * 1024,
};

macro_rules! reasons {
    ($($(#[$doc:meta])* $name:ident = $number:literal $slug:literal $text:literal;)*) => {
        /// Why a person says no: a closed list, so that a denial tells no more than it must.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        #[repr(u8)]
        pub enum DenialReason {
            $($(#[$doc])* $name = $number,)*
        }

        impl DenialReason {
            /// Every reason.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The stable name, as commands and messages show it.
            pub fn slug(self) -> &'static str {
                match self { $(Self::$name => $slug,)* }
            }

            /// The reason in words.
            pub fn text(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            fn from_number(number: u8) -> Option<Self> {
                Self::ALL.iter().copied().find(|reason| *reason as u8 == number)
            }

            /// The reason with this stable name.
            pub fn from_slug(slug: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|reason| reason.slug() == slug)
            }
        }
    };
}

reasons! {
    /// The person does not say why.
    Declined = 1 "declined" "the person declines";
    /// The purpose is not one the person accepts.
    PurposeNotAccepted = 2 "purpose-not-accepted" "the purpose is not accepted";
    /// The person has no such data.
    NoSuchData = 3 "no-such-data" "there is no such data to share";
    /// Too much, too long or too often.
    TooMuchAsked = 4 "too-much-asked" "too much is asked for, or for too long";
    /// The person does not trust the platform.
    RequesterNotTrusted = 5 "requester-not-trusted" "the requester is not trusted";
    /// The facts asked for cannot be proven.
    CannotProve = 6 "cannot-prove" "the facts asked for cannot be proven";
}

impl fmt::Display for DenialReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.slug())
    }
}

impl FixedSize for DenialReason {
    const SIZE: usize = 1;
}

impl Write for DenialReason {
    fn write(&self, buf: &mut impl BufMut) {
        buf.put_u8(*self as u8);
    }
}

impl Read for DenialReason {
    type Cfg = ();

    fn read_cfg(buf: &mut impl Buf, (): &()) -> Result<Self, Error> {
        let number = u8::read(buf)?;
        Self::from_number(number).ok_or(Error::InvalidEnum(number))
    }
}

/// A denial.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Denial {
    /// The request.
    pub request: RequestId,
    /// Why.
    pub reason: DenialReason,
}

/// An answer, to be sealed to the request's reply key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// Yes, with everything needed to read.
    Approval(Box<Approval>),
    /// No.
    Denial(Denial),
}

impl Reply {
    /// The request that is answered.
    pub fn request(&self) -> RequestId {
        match self {
            Self::Approval(approval) => approval.request,
            Self::Denial(denial) => denial.request,
        }
    }

    /// The canonical bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        KIND.encode(self)
    }

    /// Reads canonical bytes.
    ///
    /// # Errors
    /// [`RequestError::Wire`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, RequestError> {
        Ok(KIND.decode(bytes)?)
    }
}

impl Write for Reply {
    fn write(&self, buf: &mut impl BufMut) {
        match self {
            Self::Approval(approval) => {
                buf.put_u8(1);
                approval.write(buf);
            }
            Self::Denial(denial) => {
                buf.put_u8(2);
                denial.request.write(buf);
                denial.reason.write(buf);
            }
        }
    }
}

impl EncodeSize for Reply {
    fn encode_size(&self) -> usize {
        1 + match self {
            Self::Approval(approval) => approval.encode_size(),
            Self::Denial(_) => RequestId::SIZE + DenialReason::SIZE,
        }
    }
}

impl Read for Reply {
    type Cfg = ();

    fn read_cfg(buf: &mut impl Buf, (): &()) -> Result<Self, Error> {
        match u8::read(buf)? {
            1 => Ok(Self::Approval(Box::new(Approval::read(buf)?))),
            2 => Ok(Self::Denial(Denial {
                request: RequestId::read(buf)?,
                reason: DenialReason::read(buf)?,
            })),
            other => Err(Error::InvalidEnum(other)),
        }
    }
}
