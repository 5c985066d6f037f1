//! A verifier's request for a proof.

use core::fmt;
use core::str::FromStr;

use bytes::BufMut;
use commonware_codec::{EncodeSize, FixedSize, Write};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use tacit_circuits::context::{self, Challenge};
use tacit_circuits::field::Fr;
use tacit_circuits::tags;
use tacit_circuits::types::{Digest32, Timestamp};

use super::{MAX_PRESENTATION_BYTES, PresentationError, ProofTerms};
use crate::did::{DidError, MemberDid, MemberResolver};
use crate::json;
use crate::keys::Signature;
use crate::signer::MemberSigner;
use crate::wire::Kind;

const KIND: &str = "presentation-request";
const VERSION: u32 = 1;
const BYTES: Kind = Kind {
    name: "presentation request",
    magic: *b"TPRQ",
    limit: 4096,
};

/// Who a proof is for, as the holder has authenticated it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verifier {
    /// A member of the chain.
    Member(MemberDid),
    /// Nobody in particular: whoever gets such a proof can show it on, so it does not tell who presents it.
    Anyone,
}

impl fmt::Display for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Member(did) => did.fmt(f),
            Self::Anyone => f.write_str("anyone"),
        }
    }
}

impl FromStr for Verifier {
    type Err = DidError;

    fn from_str(text: &str) -> Result<Self, DidError> {
        if text == "anyone" {
            Ok(Self::Anyone)
        } else {
            text.parse().map(Self::Member)
        }
    }
}

impl Serialize for Verifier {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Verifier {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

/// What is to be proven, to whom, and until when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct PresentationRequest {
    /// The chain.
    pub chain: Digest32,
    /// Who the proof is for.
    pub verifier: Verifier,
    /// What is to be shown.
    pub terms: ProofTerms,
    /// What the proof's way to the verifier is bound to; absent for files.
    pub channel: Option<Digest32>,
    /// Random, fresh.
    #[serde(with = "crate::hex_text::bytes32")]
    pub nonce: [u8; 32],
    /// The proof is accepted before this time.
    pub expires: Timestamp,
}

impl PresentationRequest {
    /// The scope of the pseudonym: the verifier's identity and its label.
    pub fn scope(&self) -> Fr {
        context::scope(self.verifier.to_string().as_bytes(), &self.terms.label)
    }

    /// The digest that the proof is bound to: the challenge and everything else that was asked.
    pub fn binding(&self) -> Digest32 {
        let verifier = self.verifier.to_string();
        let challenge = Challenge {
            verifier: verifier.as_bytes(),
            channel: self.channel.as_ref().map_or(&[], |channel| &channel.0),
            nonce: self.nonce,
            expiry: self.expires,
        };
        tags::tagged_sha256(
            tags::PRESENTATION,
            &[&challenge.digest().0, &self.to_bytes()],
        )
    }

    /// The canonical bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        BYTES.encode(self)
    }
}

impl Write for PresentationRequest {
    fn write(&self, buf: &mut impl BufMut) {
        self.chain.write(buf);
        match self.verifier {
            Verifier::Member(did) => {
                buf.put_u8(1);
                did.chain.write(buf);
                did.member.write(buf);
            }
            Verifier::Anyone => buf.put_u8(0),
        }
        self.terms.write(buf);
        self.channel.write(buf);
        self.nonce.write(buf);
        self.expires.write(buf);
    }
}

impl EncodeSize for PresentationRequest {
    fn encode_size(&self) -> usize {
        let verifier = match self.verifier {
            Verifier::Member(did) => 1 + Digest32::SIZE + did.member.encode_size(),
            Verifier::Anyone => 1,
        };
        Digest32::SIZE
            + verifier
            + self.terms.encode_size()
            + self.channel.encode_size()
            + 32
            + Timestamp::SIZE
    }
}

/// A request in a file: signed when the verifier is a member. Not verified yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedPresentationRequest {
    request: PresentationRequest,
    signature: Signature,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    tacit: String,
    version: u32,
    request: PresentationRequest,
    signature: Signature,
}

impl SignedPresentationRequest {
    /// What is asked; unverified.
    pub fn unverified(&self) -> &PresentationRequest {
        &self.request
    }

    /// The file's bytes (JSON).
    ///
    /// # Errors
    /// [`PresentationError::Json`], never in practice.
    pub fn to_json(&self) -> Result<Vec<u8>, PresentationError> {
        let file = File {
            tacit: KIND.to_owned(),
            version: VERSION,
            request: self.request.clone(),
            signature: self.signature,
        };
        Ok(json::pretty(&json::to_value(&file, KIND)?)?)
    }

    /// Reads the file's bytes.
    ///
    /// # Errors
    /// [`PresentationError::Json`], [`PresentationError::Kind`], [`PresentationError::Version`].
    pub fn parse(bytes: &[u8]) -> Result<Self, PresentationError> {
        let file: File = json::parse_as(bytes, MAX_PRESENTATION_BYTES, KIND)?;
        if file.tacit != KIND {
            return Err(PresentationError::Kind(KIND));
        }
        if file.version != VERSION {
            return Err(PresentationError::Version(KIND, file.version));
        }
        Ok(Self {
            request: file.request,
            signature: file.signature,
        })
    }

    /// The wallet's check: the verifier named is a member that signed this with its current key, for this chain, and it has
    /// not expired. `now` is the ledger's newest time.
    ///
    /// # Errors
    /// [`PresentationError`] names the first thing that is wrong.
    pub fn verify(
        self,
        chain: &Digest32,
        members: &impl MemberResolver,
        now: Timestamp,
    ) -> Result<PresentationRequest, PresentationError> {
        let Self { request, signature } = self;
        let Verifier::Member(did) = request.verifier else {
            return Err(PresentationError::NotTheVerifier);
        };
        if request.chain != *chain || did.chain != *chain {
            return Err(PresentationError::OtherChain);
        }
        let member = members
            .resolve(did.member)
            .ok_or(PresentationError::UnknownMember)?;
        if !member.active {
            return Err(PresentationError::Suspended);
        }
        member
            .signing_key
            .verify(
                tags::PRESENTATION_REQUEST,
                chain,
                &request.to_bytes(),
                &signature,
            )
            .map_err(|_| PresentationError::Signature)?;
        if now >= request.expires {
            return Err(PresentationError::Expired);
        }
        request.terms.query()?;
        Ok(request)
    }
}

impl MemberSigner {
    /// Signs a request for a proof in this member's own name.
    ///
    /// # Errors
    /// [`PresentationError`] when the request is not acceptable or names another verifier.
    pub fn sign_presentation_request(
        &self,
        request: PresentationRequest,
    ) -> Result<SignedPresentationRequest, PresentationError> {
        if request.verifier != Verifier::Member(self.did()) || request.chain != self.did().chain {
            return Err(PresentationError::NotTheVerifier);
        }
        request.terms.query()?;
        let signature = Signature::sign(
            self.key(),
            tags::PRESENTATION_REQUEST,
            &request.chain,
            &request.to_bytes(),
        );
        Ok(SignedPresentationRequest { request, signature })
    }
}
