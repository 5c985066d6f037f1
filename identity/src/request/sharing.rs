//! A platform's request for data.

use core::fmt;
use core::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::BufMut;
use commonware_codec::{Buf, EncodeSize, Error, FixedSize, Read, ReadExt, Write};
use serde::{Deserialize, Serialize};
use tacit_circuits::commit::MAX_USES;
use tacit_circuits::tags::{self, tagged_sha256};
use tacit_circuits::types::{CategorySet, Digest32, MemberId, Purpose, Timestamp};

use super::RequestError;
use crate::did::{MemberDid, MemberResolver};
use crate::keys::Signature;
use crate::presentation::{PresentationRequest, ProofTerms, Verifier};
use crate::signer::MemberSigner;
use crate::wire::Kind;

/// Longest time that a request may stay open: 30 days, in seconds.
pub const MAX_REQUEST_SECS: u64 = 30 * 86_400;

const UNSIGNED: Kind = Kind {
    name: "sharing request",
    magic: *b"TSRQ",
    limit: 4096,
};
const SIGNED: Kind = Kind {
    name: "signed sharing request",
    magic: *b"TSRS",
    limit: 4096,
};
const LINK: &str = "tacit:request:";

/// Names a request: the tagged SHA-256 of its canonical bytes. Secret between the two parties, as the nonce is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RequestId(pub Digest32);

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RequestId({self})")
    }
}

impl FromStr for RequestId {
    type Err = tacit_circuits::types::OutOfRange;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

impl FixedSize for RequestId {
    const SIZE: usize = Digest32::SIZE;
}

impl Write for RequestId {
    fn write(&self, buf: &mut impl BufMut) {
        self.0.write(buf);
    }
}

impl Read for RequestId {
    type Cfg = ();

    fn read_cfg(buf: &mut impl Buf, (): &()) -> Result<Self, Error> {
        Digest32::read(buf).map(Self)
    }
}

/// What a platform asks a person for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharingRequest {
    /// The chain.
    pub chain: Digest32,
    /// Who asks, and who would read.
    pub platform: MemberId,
    /// What for.
    pub purpose: Purpose,
    /// What the data is about; the person may give fewer.
    pub categories: CategorySet,
    /// Longest validity of the grant asked for, in seconds; the person may give less.
    pub longest_validity: u64,
    /// Most reads asked for; the person may give fewer.
    pub max_uses: u16,
    /// Facts that the platform also wants proven.
    pub wanted: Option<ProofTerms>,
    /// X25519 key that the answer is sealed to.
    pub reply_key: [u8; 32],
    /// Random, fresh.
    pub nonce: [u8; 32],
    /// An answer is taken before this time.
    pub expires: Timestamp,
}

impl SharingRequest {
    /// The canonical bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        UNSIGNED.encode(self)
    }

    /// The request's id.
    pub fn id(&self) -> RequestId {
        RequestId(tagged_sha256(tags::SHARING_REQUEST_ID, &[&self.to_bytes()]))
    }

    /// The presentation that answers [`SharingRequest::wanted`]: bound to this request by its id as the channel.
    pub fn presentation_request(&self) -> Option<PresentationRequest> {
        let terms = self.wanted.clone()?;
        let verifier = Verifier::Member(MemberDid {
            chain: self.chain,
            member: self.platform,
        });
        let (chain, nonce, expires) = (self.chain, self.nonce, self.expires);
        Some(PresentationRequest {
            chain,
            verifier,
            terms,
            channel: Some(self.id().0),
            nonce,
            expires,
        })
    }

    fn check(&self) -> Result<(), RequestError> {
        if self.purpose.entry().is_none() {
            return Err(RequestError::Purpose);
        }
        if self.categories.is_empty()
            || self
                .categories
                .iter()
                .any(|category| category.entry().is_none())
        {
            return Err(RequestError::Categories);
        }
        if self.longest_validity == 0 {
            return Err(RequestError::Validity);
        }
        if self.max_uses == 0 || self.max_uses > MAX_USES {
            return Err(RequestError::Uses);
        }
        if self.reply_key == [0; 32] {
            return Err(RequestError::ReplyKey);
        }
        self.wanted.as_ref().map(ProofTerms::query).transpose()?;
        Ok(())
    }
}

impl Write for SharingRequest {
    fn write(&self, buf: &mut impl BufMut) {
        self.chain.write(buf);
        self.platform.write(buf);
        self.purpose.write(buf);
        self.categories.write(buf);
        self.longest_validity.write(buf);
        self.max_uses.write(buf);
        self.wanted.write(buf);
        self.reply_key.write(buf);
        self.nonce.write(buf);
        self.expires.write(buf);
    }
}

impl EncodeSize for SharingRequest {
    fn encode_size(&self) -> usize {
        Digest32::SIZE
            + MemberId::SIZE
            + Purpose::SIZE
            + CategorySet::SIZE
            + u64::SIZE
            + u16::SIZE
            + self.wanted.encode_size()
            + 64
            + Timestamp::SIZE
    }
}

impl Read for SharingRequest {
    type Cfg = ();

    fn read_cfg(buf: &mut impl Buf, (): &()) -> Result<Self, Error> {
        Ok(Self {
            chain: Digest32::read(buf)?,
            platform: MemberId::read(buf)?,
            purpose: Purpose::read(buf)?,
            categories: CategorySet::read(buf)?,
            longest_validity: u64::read(buf)?,
            max_uses: u16::read(buf)?,
            wanted: Option::read(buf)?,
            reply_key: <[u8; 32]>::read(buf)?,
            nonce: <[u8; 32]>::read(buf)?,
            expires: Timestamp::read(buf)?,
        })
    }
}

/// A request with its signature; not verified yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedSharingRequest {
    request: SharingRequest,
    signature: Signature,
}

/// A request whose signature, requester and bounds have been checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedRequest {
    /// What is asked.
    pub request: SharingRequest,
    /// Its id.
    pub id: RequestId,
    /// The platform's name on the ledger.
    pub platform_name: String,
    /// The platform's HPKE key on the ledger: envelopes are sealed to it.
    pub platform_hpke_key: [u8; 32],
}

impl SignedSharingRequest {
    /// What is asked; unverified.
    pub fn unverified(&self) -> &SharingRequest {
        &self.request
    }

    /// The canonical bytes, as an inbox carries them.
    pub fn to_bytes(&self) -> Vec<u8> {
        SIGNED.encode(self)
    }

    /// Reads canonical bytes.
    ///
    /// # Errors
    /// [`RequestError::Wire`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, RequestError> {
        Ok(SIGNED.decode(bytes)?)
    }

    /// The request as a link, for a file, a message or a code to scan.
    pub fn to_link(&self) -> String {
        format!("{LINK}{}", URL_SAFE_NO_PAD.encode(self.to_bytes()))
    }

    /// Reads a link; white space around it is dropped.
    ///
    /// # Errors
    /// [`RequestError::Link`] and [`RequestError::Wire`].
    pub fn from_link(text: &str) -> Result<Self, RequestError> {
        let encoded = text
            .trim_ascii()
            .strip_prefix(LINK)
            .ok_or(RequestError::Link)?;
        if encoded.len() > 2 * SIGNED.limit {
            return Err(RequestError::Link);
        }
        Self::from_bytes(
            &URL_SAFE_NO_PAD
                .decode(encoded)
                .map_err(|_| RequestError::Link)?,
        )
    }

    /// The wallet's check against the ledger. `now` is the ledger's newest time.
    ///
    /// # Errors
    /// [`RequestError`] names the first thing that is wrong.
    pub fn verify(
        self,
        chain: &Digest32,
        members: &impl MemberResolver,
        now: Timestamp,
    ) -> Result<VerifiedRequest, RequestError> {
        let Self { request, signature } = self;
        if request.chain != *chain {
            return Err(RequestError::OtherChain);
        }
        let member = members
            .resolve(request.platform)
            .ok_or(RequestError::UnknownMember)?;
        if !member.platform {
            return Err(RequestError::NotAPlatform);
        }
        if !member.active {
            return Err(RequestError::Suspended);
        }
        member
            .signing_key
            .verify(
                tags::SHARING_REQUEST,
                chain,
                &request.to_bytes(),
                &signature,
            )
            .map_err(|_| RequestError::Signature)?;
        if now >= request.expires {
            return Err(RequestError::Expired);
        }
        if request.expires > now.saturating_add(MAX_REQUEST_SECS) {
            return Err(RequestError::ExpiryTooFar);
        }
        request.check()?;
        let id = request.id();
        Ok(VerifiedRequest {
            request,
            id,
            platform_name: member.name,
            platform_hpke_key: member.hpke_key,
        })
    }
}

impl Write for SignedSharingRequest {
    fn write(&self, buf: &mut impl BufMut) {
        self.request.write(buf);
        self.signature.write(buf);
    }
}

impl EncodeSize for SignedSharingRequest {
    fn encode_size(&self) -> usize {
        self.request.encode_size() + Signature::SIZE
    }
}

impl Read for SignedSharingRequest {
    type Cfg = ();

    fn read_cfg(buf: &mut impl Buf, (): &()) -> Result<Self, Error> {
        Ok(Self {
            request: SharingRequest::read(buf)?,
            signature: Signature::read(buf)?,
        })
    }
}

impl MemberSigner {
    /// Signs a request for data in this member's own name.
    ///
    /// # Errors
    /// [`RequestError`] when the request is not acceptable or names another member or chain.
    pub fn sign_sharing_request(
        &self,
        request: SharingRequest,
    ) -> Result<SignedSharingRequest, RequestError> {
        if request.chain != self.did().chain {
            return Err(RequestError::OtherChain);
        }
        if request.platform != self.did().member {
            return Err(RequestError::UnknownMember);
        }
        request.check()?;
        let signature = Signature::sign(
            self.key(),
            tags::SHARING_REQUEST,
            &request.chain,
            &request.to_bytes(),
        );
        Ok(SignedSharingRequest { request, signature })
    }
}
