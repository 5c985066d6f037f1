//! The authenticated caller, and where its keys are looked up.

use crate::errors::ApiError;
use tacit_circuits::types::MemberId;
use tacit_ledger::ids::ValidatorId;
use tacit_ledger::member::{MemberRecord, MemberStatus, Role};
use tacit_ledger::signature::SigningPublicKey;

/// Who called, as proven by the signature. It is in the request's extensions of every method that is not public.
#[derive(Clone, Debug)]
pub enum Caller {
    /// An active member, as the ledger knows it.
    Member(Box<MemberRecord>),
    /// The operator of an active validator, by its governance key.
    Validator(ValidatorId),
    /// A key that is nobody's in particular.
    Key(SigningPublicKey),
}

impl Caller {
    /// The member that called.
    ///
    /// # Errors
    /// When the caller is no member.
    pub fn member(&self) -> Result<&MemberRecord, ApiError> {
        match self {
            Self::Member(record) => Ok(record),
            _ => Err(ApiError::caller_not_allowed()),
        }
    }

    /// The key that called.
    ///
    /// # Errors
    /// When the caller did not sign with a bare key.
    pub fn key(&self) -> Result<SigningPublicKey, ApiError> {
        match self {
            Self::Key(key) => Ok(*key),
            _ => Err(ApiError::caller_not_allowed()),
        }
    }

    /// Whether the caller is an active member with the role.
    pub fn has_role(&self, role: Role) -> bool {
        matches!(self, Self::Member(record) if record.may_act_as(role))
    }

    /// Takes the caller that the layer left in a request.
    ///
    /// # Errors
    /// When there is none: the method was served without the layer.
    pub fn of<T>(request: &tonic::Request<T>) -> Result<Self, ApiError> {
        request
            .extensions()
            .get::<Self>()
            .cloned()
            .ok_or_else(ApiError::caller_not_allowed)
    }
}

/// Where members and validators are looked up: the node's own state, or a light client's verified one.
#[tonic::async_trait]
pub trait Directory: Send + Sync + 'static {
    /// The member with this id at the newest finalized height; `None` when there is none.
    async fn member(&self, id: MemberId) -> Result<Option<MemberRecord>, ApiError>;

    /// The active validator with this governance key; `None` when there is none. Only nodes have methods for validators, so
    /// for other servers such a key is nobody's in particular.
    async fn validator(&self, key: &SigningPublicKey) -> Result<Option<ValidatorId>, ApiError> {
        let _ = key;
        Ok(None)
    }
}

/// Whether the member may call anything at all.
pub fn is_active(record: &MemberRecord) -> bool {
    record.status == MemberStatus::Active
}
