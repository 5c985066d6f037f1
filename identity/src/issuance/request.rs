//! A holder's request for a credential.

use bytes::BufMut;
use commonware_codec::{EncodeSize, FixedSize, Write};
use serde::{Deserialize, Serialize};
use tacit_circuits::context::{self, STATEMENT_VERSION, StatementId};
use tacit_circuits::field::{FIELD_BYTES, write_fr};
use tacit_circuits::keys::VerifyingKey;
use tacit_circuits::open::OpenPublic;
use tacit_circuits::tags::{self, tagged_sha256};
use tacit_circuits::types::{Digest32, EndTag, HolderKey, MemberId, Timestamp};
use tacit_circuits::{Proof, verify};

use super::{IssuanceError, IssuanceOffer, MAX_ISSUANCE_BYTES, MAX_ISSUANCE_SECS};
use crate::did::{DidKey, MemberDid};
use crate::json;
use crate::keys::{Signature, VerifyKey};
use crate::schema::SchemaId;
use crate::signer::HolderSigner;
use crate::wire::Kind;

const KIND: &str = "issuance-request";
const VERSION: u32 = 1;
const BYTES: Kind = Kind {
    name: "issuance request",
    magic: *b"TIRQ",
    limit: 512,
};

/// What a holder asks an issuer for. The claims are not in it: the issuer states what it knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct IssuanceRequest {
    /// The issuer, and with it the chain.
    pub issuer: MemberDid,
    /// Schema of the credential.
    pub schema: SchemaId,
    /// The subject of the credential: a DID of a fresh key, so that two credentials do not link.
    pub subject: DidKey,
    /// K, fresh.
    pub holder_key: HolderKey,
    /// E, fresh.
    pub end_tag: EndTag,
    /// The offer that is redeemed ([`IssuanceOffer::id`]).
    pub offer: Digest32,
    /// Valid before this time.
    pub expires: Timestamp,
}

impl IssuanceRequest {
    /// The canonical bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        BYTES.encode(self)
    }

    /// What the proof that K opens is bound to: every field of the request. Also the request's id.
    pub fn binding(&self) -> Digest32 {
        tagged_sha256(tags::ISSUANCE, &[&self.to_bytes()])
    }

    /// The public part of the open statement that proves K for this request.
    pub fn open_public(&self) -> OpenPublic {
        let chain = &self.issuer.chain;
        OpenPublic {
            holder_key: self.holder_key,
            context: context::context(chain, StatementId::Open, STATEMENT_VERSION, &self.binding()),
        }
    }
}

impl Write for IssuanceRequest {
    fn write(&self, buf: &mut impl BufMut) {
        self.issuer.chain.write(buf);
        self.issuer.member.write(buf);
        write_fr(&self.schema.0, buf);
        self.subject.key().write(buf);
        self.holder_key.write(buf);
        self.end_tag.write(buf);
        self.offer.write(buf);
        self.expires.write(buf);
    }
}

impl EncodeSize for IssuanceRequest {
    fn encode_size(&self) -> usize {
        2 * Digest32::SIZE + MemberId::SIZE + 3 * FIELD_BYTES + VerifyKey::SIZE + Timestamp::SIZE
    }
}

/// A request with proof and signature; not verified yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedIssuanceRequest {
    request: IssuanceRequest,
    proof: Proof,
    signature: Signature,
}

/// A request that an issuer may act on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VerifiedIssuance {
    /// What is asked.
    pub request: IssuanceRequest,
    /// The request's id: the same request again is the same issuance.
    pub id: Digest32,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    tacit: String,
    version: u32,
    request: IssuanceRequest,
    #[serde(with = "crate::hex_text::proof")]
    proof: Proof,
    signature: Signature,
}

impl SignedIssuanceRequest {
    /// What is asked; unverified.
    pub fn unverified(&self) -> &IssuanceRequest {
        &self.request
    }

    /// The file's bytes (JSON); the same go over gRPC.
    ///
    /// # Errors
    /// [`IssuanceError::Json`], never in practice.
    pub fn to_json(&self) -> Result<Vec<u8>, IssuanceError> {
        let file = File {
            tacit: KIND.to_owned(),
            version: VERSION,
            request: self.request,
            proof: self.proof,
            signature: self.signature,
        };
        Ok(json::pretty(&json::to_value(&file, KIND)?)?)
    }

    /// Reads the file's bytes.
    ///
    /// # Errors
    /// [`IssuanceError::Json`], [`IssuanceError::Kind`], [`IssuanceError::Version`].
    pub fn parse(bytes: &[u8]) -> Result<Self, IssuanceError> {
        let file: File = json::parse_as(bytes, MAX_ISSUANCE_BYTES, KIND)?;
        if file.tacit != KIND {
            return Err(IssuanceError::Kind);
        }
        if file.version != VERSION {
            return Err(IssuanceError::Version(file.version));
        }
        Ok(Self {
            request: file.request,
            proof: file.proof,
            signature: file.signature,
        })
    }

    /// The issuer's check against its own offer. `now` is the ledger's newest time, `key` the chain's for the open statement.
    ///
    /// # Errors
    /// [`IssuanceError`] names the first thing that is wrong.
    pub fn verify(
        &self,
        offer: &IssuanceOffer,
        now: Timestamp,
        key: &VerifyingKey,
    ) -> Result<VerifiedIssuance, IssuanceError> {
        let request = self.request;
        if request.issuer != offer.issuer {
            return Err(IssuanceError::OtherIssuer);
        }
        if request.schema != offer.schema {
            return Err(IssuanceError::OtherSchema);
        }
        if request.offer != offer.id() {
            return Err(IssuanceError::OtherOffer);
        }
        if now >= request.expires || now >= offer.expires {
            return Err(IssuanceError::Expired);
        }
        if request.expires > now.saturating_add(MAX_ISSUANCE_SECS) {
            return Err(IssuanceError::ExpiryTooFar);
        }
        request
            .subject
            .key()
            .verify(
                tags::ISSUANCE_REQUEST,
                &request.issuer.chain,
                &request.to_bytes(),
                &self.signature,
            )
            .map_err(|_| IssuanceError::Signature)?;
        let inputs = request.open_public().inputs();
        if key.statement() != StatementId::Open || verify(key, &inputs, &self.proof).is_err() {
            return Err(IssuanceError::Proof);
        }
        Ok(VerifiedIssuance {
            request,
            id: request.binding(),
        })
    }
}

impl HolderSigner {
    /// Signs an issuance request whose subject is this key's DID. `proof` is of [`IssuanceRequest::open_public`].
    ///
    /// # Errors
    /// [`IssuanceError::OtherSubject`].
    pub fn sign_issuance_request(
        &self,
        request: IssuanceRequest,
        proof: Proof,
    ) -> Result<SignedIssuanceRequest, IssuanceError> {
        if request.subject != self.did() {
            return Err(IssuanceError::OtherSubject);
        }
        let chain = request.issuer.chain;
        let signature = Signature::sign(
            self.key(),
            tags::ISSUANCE_REQUEST,
            &chain,
            &request.to_bytes(),
        );
        Ok(SignedIssuanceRequest {
            request,
            proof,
            signature,
        })
    }
}
