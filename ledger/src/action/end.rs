//! End: a leaf stops being live, for good.

use crate::check::{Checking, Evidence};
use crate::codec::codec_struct;
use crate::env::Env;
use crate::outcome::Outcome;
use crate::reject::Reject;
use crate::state;
use bytes::BufMut;
use commonware_codec::{Buf, EncodeSize, Error, Read, ReadExt, Write};
use tacit_circuits::commit::end_tag;
use tacit_circuits::field::{Fr, read_fr, write_fr};
use tacit_circuits::types::Position;

/// Ends the leaf at a position. Ending an ended leaf again changes nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// Position of the leaf.
    pub position: Position,
    /// Why the sender may end it.
    pub right: EndRight,
}
codec_struct!(End { position, right });

/// The right to end a leaf.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EndRight {
    /// The preimage of the leaf's end tag, revealed. It is public from now on and good for nothing else; nobody signs.
    Secret(Fr),
    /// The leaf's controller signs.
    Controller,
}

impl End {
    pub(crate) fn check(&self, checking: &Checking<'_>) -> Result<Evidence, Reject> {
        match self.right {
            EndRight::Secret(_) => checking.nobody(),
            EndRight::Controller => checking.member(None),
        }
    }

    pub(crate) fn apply(
        &self,
        env: &mut Env<'_, '_>,
        evidence: &Evidence,
    ) -> Result<Outcome, Reject> {
        let info = state::position_info(env.state, self.position)?
            .ok_or(Reject::UnknownPosition(self.position))?;
        match (&self.right, evidence) {
            (EndRight::Secret(e), _) => {
                if end_tag(e) != info.end_tag {
                    return Err(Reject::WrongEndSecret);
                }
            }
            (EndRight::Controller, Evidence::Member { id, key }) => {
                let member = env.active_member(*id)?;
                if member.keys.signing != *key {
                    return Err(Reject::Stale);
                }
                if info.controller != Some(*id) {
                    return Err(Reject::NotController(*id));
                }
            }
            (EndRight::Controller, _) => {
                return Err(Reject::Authorization {
                    expected: "the leaf's controller",
                });
            }
        }
        Ok(env.end(self.position, info))
    }
}

impl Write for EndRight {
    fn write(&self, buf: &mut impl BufMut) {
        match self {
            Self::Secret(e) => {
                buf.put_u8(0);
                write_fr(e, buf);
            }
            Self::Controller => buf.put_u8(1),
        }
    }
}

impl EncodeSize for EndRight {
    fn encode_size(&self) -> usize {
        match self {
            Self::Secret(_) => 33,
            Self::Controller => 1,
        }
    }
}

impl Read for EndRight {
    type Cfg = ();
    fn read_cfg(buf: &mut impl Buf, _: &()) -> Result<Self, Error> {
        match u8::read(buf)? {
            0 => read_fr(buf).map(Self::Secret),
            1 => Ok(Self::Controller),
            other => Err(Error::InvalidEnum(other)),
        }
    }
}
