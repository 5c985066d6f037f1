//! A credential, from the moment it is asked for.

use bytes::BufMut;
use commonware_codec::{Buf, EncodeSize, Error, Read, ReadExt, Write};
use tacit_circuits::types::{Leaf, MemberId, Position};
use tacit_identity::credential::MAX_CREDENTIAL_BYTES;

use crate::codec::{Blob, codec_struct};
use crate::derive::{Counter, Plan};

/// Most bytes of a credential, opening or schema document.
pub const MAX_DOCUMENT: usize = MAX_CREDENTIAL_BYTES;

/// A credential that was asked for, or is held.
#[derive(Debug, PartialEq, Eq)]
pub struct HeldCredential {
    /// Counter of the leaf: names the credential in this wallet.
    pub counter: Counter,
    /// What the leaf says; with the counter it gives the keys.
    pub plan: Plan,
    /// The issuer.
    pub issuer: MemberId,
    /// The schema document (JSON).
    pub schema: Blob<MAX_DOCUMENT>,
    /// How far it is.
    pub stage: CredentialStage,
}
codec_struct!(HeldCredential { counter, plan, issuer, schema, stage });

/// How far a credential is.
#[derive(Debug, PartialEq, Eq)]
pub enum CredentialStage {
    /// Asked for.
    Requested,
    /// Issued and checked, all but the leaf's place on the chain; looked up at the next sync.
    Claimed(Issued),
    /// Issued, checked and held.
    Held(Issued),
}

/// What the issuer gave, checked.
#[derive(Debug, PartialEq, Eq)]
pub struct Issued {
    /// The verifiable credential (JSON).
    pub credential: Blob<MAX_DOCUMENT>,
    /// The opening of its commitment (JSON), never presented.
    pub opening: Blob<MAX_DOCUMENT>,
    /// Its leaf.
    pub leaf: Leaf,
    /// Where the leaf stands.
    pub position: Position,
    /// Whether the leaf's bit is set.
    pub ended: bool,
}
codec_struct!(Issued { credential, opening, leaf, position, ended });

impl EncodeSize for CredentialStage {
    fn encode_size(&self) -> usize {
        match self {
            Self::Requested => 1,
            Self::Claimed(issued) | Self::Held(issued) => 1 + issued.encode_size(),
        }
    }
}

impl Write for CredentialStage {
    fn write(&self, buf: &mut impl BufMut) {
        match self {
            Self::Requested => buf.put_u8(0),
            Self::Claimed(issued) => {
                buf.put_u8(1);
                issued.write(buf);
            }
            Self::Held(issued) => {
                buf.put_u8(2);
                issued.write(buf);
            }
        }
    }
}

impl Read for CredentialStage {
    type Cfg = ();

    fn read_cfg(buf: &mut impl Buf, (): &()) -> Result<Self, Error> {
        match u8::read(buf)? {
            0 => Ok(Self::Requested),
            1 => Ok(Self::Claimed(Issued::read(buf)?)),
            2 => Ok(Self::Held(Issued::read(buf)?)),
            other => Err(Error::InvalidEnum(other)),
        }
    }
}
