//! An issuer's offer: a one-time code for one credential of one schema.

use core::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::BufMut;
use commonware_codec::{Buf, Error, FixedSize, Read, ReadExt, Write};
use tacit_circuits::field;
use tacit_circuits::tags::{self, tagged_sha256};
use tacit_circuits::types::{Digest32, MemberId, Secret, Timestamp};
use zeroize::Zeroizing;

use super::IssuanceError;
use crate::did::MemberDid;
use crate::schema::SchemaId;
use crate::wire::Kind;

const KIND: Kind = Kind {
    name: "issuance offer",
    magic: *b"TOFR",
    limit: 256,
};
const LINK: &str = "tacit:offer:";

/// What an issuer hands to a person it has identified. Whoever has the code can redeem it, once.
#[derive(Debug)]
pub struct IssuanceOffer {
    /// The issuer.
    pub issuer: MemberDid,
    /// Schema of the credential offered.
    pub schema: SchemaId,
    /// The one-time code.
    pub code: Secret<[u8; 32]>,
    /// Redeemable before this time.
    pub expires: Timestamp,
}

impl IssuanceOffer {
    /// The offer as requests name it: a hash, so that a request seen by somebody does not give the code away.
    pub fn id(&self) -> Digest32 {
        Self::id_of(self.code.expose())
    }

    /// The offer's id from its code alone.
    pub fn id_of(code: &[u8; 32]) -> Digest32 {
        tagged_sha256(tags::ISSUANCE_OFFER, &[code])
    }

    /// The offer as a link. Holds the code: wiped on drop.
    pub fn to_link(&self) -> Zeroizing<String> {
        let bytes = Zeroizing::new(KIND.encode(self));
        Zeroizing::new(format!("{LINK}{}", URL_SAFE_NO_PAD.encode(&*bytes)))
    }

    /// Reads a link; white space around it is dropped.
    ///
    /// # Errors
    /// [`IssuanceError::Link`] and [`IssuanceError::Wire`].
    pub fn from_link(text: &str) -> Result<Self, IssuanceError> {
        let encoded = text
            .trim_ascii()
            .strip_prefix(LINK)
            .ok_or(IssuanceError::Link)?;
        if encoded.len() > 2 * KIND.limit {
            return Err(IssuanceError::Link);
        }
        let bytes = Zeroizing::new(
            URL_SAFE_NO_PAD
                .decode(encoded)
                .map_err(|_| IssuanceError::Link)?,
        );
        Ok(KIND.decode(&bytes)?)
    }
}

impl fmt::Display for IssuanceOffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "offer {} of {}", self.id(), self.issuer)
    }
}

impl Write for IssuanceOffer {
    fn write(&self, buf: &mut impl BufMut) {
        self.issuer.chain.write(buf);
        self.issuer.member.write(buf);
        field::write_fr(&self.schema.0, buf);
        self.code.expose().write(buf);
        self.expires.write(buf);
    }
}

impl FixedSize for IssuanceOffer {
    const SIZE: usize = Digest32::SIZE + MemberId::SIZE + field::FIELD_BYTES + 32 + Timestamp::SIZE;
}

impl Read for IssuanceOffer {
    type Cfg = ();

    fn read_cfg(buf: &mut impl Buf, (): &()) -> Result<Self, Error> {
        Ok(Self {
            issuer: MemberDid {
                chain: Digest32::read(buf)?,
                member: MemberId::read(buf)?,
            },
            schema: SchemaId(field::read_fr(buf)?),
            code: Secret::new(<[u8; 32]>::read(buf)?),
            expires: Timestamp::read(buf)?,
        })
    }
}
