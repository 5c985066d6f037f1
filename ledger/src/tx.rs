//! Transactions: an action, the id of the request it serves, and who authorises it.

use crate::action::Action;
use crate::codec::{codec_struct, decode_slice, encode_vec};
use crate::ids::{ChainId, RequestId, TxId, ValidatorId};
use crate::member::MemberSignature;
use crate::signature::Signature;
use bytes::BufMut;
use commonware_codec::{Buf, EncodeSize, Error, Read, ReadExt, Write};
use ed25519_dalek::{Signer, SigningKey};
use tacit_circuits::tags::{self, tagged_sha256};
use tacit_circuits::types::{Digest32, MemberId};

/// Most bytes of an encoded transaction.
pub const MAX_TX_BYTES: usize = 24 * 1024;

/// A transaction as it is sent, relayed and put into blocks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tx {
    /// Chosen by the client; the ledger remembers it for the window stated in genesis.
    pub request_id: RequestId,
    /// What to do.
    pub action: Action,
    /// Who says so, for actions that need it.
    pub authorization: Authorization,
}
codec_struct!(Tx, b"TCTX", 1, { request_id, action, authorization });

/// Who authorises a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Authorization {
    /// Nobody: what the action reveals or proves is enough.
    None,
    /// A member.
    Member(MemberSignature),
    /// A validator's operator, with the governance key.
    Validator(ValidatorSignature),
}

/// Signature of a validator's governance key together with the validator's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ValidatorSignature {
    /// Who signs.
    pub validator: ValidatorId,
    /// The signature.
    pub signature: Signature,
}
codec_struct!(ValidatorSignature {
    validator,
    signature
});

impl Tx {
    /// Decodes a transaction, exactly and bounded.
    ///
    /// # Errors
    /// When the bytes are more than [`MAX_TX_BYTES`] or not exactly one transaction.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        if bytes.len() > MAX_TX_BYTES {
            return Err(Error::InvalidLength(bytes.len()));
        }
        decode_slice(bytes)
    }

    /// Canonical bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        encode_vec(self)
    }

    /// Id: tagged hash of the canonical bytes.
    pub fn id(&self) -> TxId {
        TxId(tagged_sha256(tags::TX, &[&self.to_bytes()]))
    }

    /// A transaction that nobody signs.
    pub fn unsigned(request_id: RequestId, action: Action) -> Self {
        Self {
            request_id,
            action,
            authorization: Authorization::None,
        }
    }

    /// A transaction signed by a member: the one way to make a member's signature under a transaction.
    pub fn signed_by_member(
        chain: &ChainId,
        request_id: RequestId,
        action: Action,
        member: MemberId,
        key: &SigningKey,
    ) -> Self {
        let digest = member_digest(chain, member, &request_id, &action);
        let signature = Signature(key.sign(&digest.0).to_bytes());
        Self {
            request_id,
            action,
            authorization: Authorization::Member(MemberSignature { member, signature }),
        }
    }

    /// A transaction signed by a validator's operator: the one way to make a signature of a governance key.
    pub fn signed_by_validator(
        chain: &ChainId,
        request_id: RequestId,
        action: Action,
        validator: ValidatorId,
        key: &SigningKey,
    ) -> Self {
        let digest = validator_digest(chain, validator, &request_id, &action);
        let signature = Signature(key.sign(&digest.0).to_bytes());
        Self {
            request_id,
            action,
            authorization: Authorization::Validator(ValidatorSignature {
                validator,
                signature,
            }),
        }
    }
}

/// What a member signs: chain, its own number, the request id and the action.
pub(crate) fn member_digest(
    chain: &ChainId,
    member: MemberId,
    request: &RequestId,
    action: &Action,
) -> Digest32 {
    let member = member.get().to_be_bytes();
    tagged_sha256(
        tags::TX_MEMBER,
        &[chain.as_bytes(), &member, &request.0, &encode_vec(action)],
    )
}

/// What a validator's operator signs: chain, the validator's number, the request id and the action.
pub(crate) fn validator_digest(
    chain: &ChainId,
    validator: ValidatorId,
    request: &RequestId,
    action: &Action,
) -> Digest32 {
    let validator = validator.get().to_be_bytes();
    tagged_sha256(
        tags::TX_VALIDATOR,
        &[
            chain.as_bytes(),
            &validator,
            &request.0,
            &encode_vec(action),
        ],
    )
}

impl Write for Authorization {
    fn write(&self, buf: &mut impl BufMut) {
        match self {
            Self::None => buf.put_u8(0),
            Self::Member(signature) => {
                buf.put_u8(2);
                signature.write(buf);
            }
            // 1 was the operator of chains that had one.
            Self::Validator(signature) => {
                buf.put_u8(3);
                signature.write(buf);
            }
        }
    }
}

impl EncodeSize for Authorization {
    fn encode_size(&self) -> usize {
        1 + match self {
            Self::None => 0,
            Self::Member(signature) => signature.encode_size(),
            Self::Validator(signature) => signature.encode_size(),
        }
    }
}

impl Read for Authorization {
    type Cfg = ();
    fn read_cfg(buf: &mut impl Buf, _: &()) -> Result<Self, Error> {
        match u8::read(buf)? {
            0 => Ok(Self::None),
            2 => MemberSignature::read(buf).map(Self::Member),
            3 => ValidatorSignature::read(buf).map(Self::Validator),
            other => Err(Error::InvalidEnum(other)),
        }
    }
}
