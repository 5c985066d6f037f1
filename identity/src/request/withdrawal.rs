//! A platform takes its request back.

use bytes::BufMut;
use commonware_codec::{Buf, Error, FixedSize, Read, ReadExt, Write};
use tacit_circuits::tags;
use tacit_circuits::types::Digest32;

use super::{RequestError, RequestId, SharingRequest};
use crate::did::MemberResolver;
use crate::keys::Signature;
use crate::signer::MemberSigner;
use crate::wire::Kind;

const KIND: Kind = Kind {
    name: "withdrawal",
    magic: *b"TWDR",
    limit: 128,
};

/// The signed statement that a request is taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Withdrawal {
    /// The request.
    pub request: RequestId,
    signature: Signature,
}

impl Withdrawal {
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

    /// The wallet's check: it takes back this request, signed by the platform that made it.
    ///
    /// # Errors
    /// [`RequestError::OtherRequest`], [`RequestError::UnknownMember`], [`RequestError::Signature`].
    pub fn verify(
        &self,
        request: &SharingRequest,
        members: &impl MemberResolver,
    ) -> Result<(), RequestError> {
        if self.request != request.id() {
            return Err(RequestError::OtherRequest);
        }
        let member = members
            .resolve(request.platform)
            .ok_or(RequestError::UnknownMember)?;
        member
            .signing_key
            .verify(
                tags::SHARING_WITHDRAWAL,
                &request.chain,
                &self.request.0.0,
                &self.signature,
            )
            .map_err(|_| RequestError::Signature)
    }
}

impl FixedSize for Withdrawal {
    const SIZE: usize = Digest32::SIZE + Signature::SIZE;
}

impl Write for Withdrawal {
    fn write(&self, buf: &mut impl BufMut) {
        self.request.write(buf);
        self.signature.write(buf);
    }
}

impl Read for Withdrawal {
    type Cfg = ();

    fn read_cfg(buf: &mut impl Buf, (): &()) -> Result<Self, Error> {
        Ok(Self {
            request: RequestId::read(buf)?,
            signature: Signature::read(buf)?,
        })
    }
}

impl MemberSigner {
    /// Signs that one of this member's requests is taken back.
    ///
    /// # Errors
    /// [`RequestError::UnknownMember`] when the request is another member's.
    pub fn sign_withdrawal(&self, request: &SharingRequest) -> Result<Withdrawal, RequestError> {
        if request.platform != self.did().member || request.chain != self.did().chain {
            return Err(RequestError::UnknownMember);
        }
        let id = request.id();
        let signature = Signature::sign(
            self.key(),
            tags::SHARING_WITHDRAWAL,
            &request.chain,
            &id.0.0,
        );
        Ok(Withdrawal {
            request: id,
            signature,
        })
    }
}
