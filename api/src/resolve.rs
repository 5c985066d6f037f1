//! Members of the ledger as the identity crate sees them.

use tacit_identity::did::ResolvedMember;
use tacit_identity::keys::VerifyKey;
use tacit_ledger::member::{MemberRecord, MemberStatus, Role};
use tacit_ledger::signature::SigningPublicKey;

use crate::errors::{ApiError, ApiResult};

/// A member's record as a DID resolver knows it.
///
/// # Errors
/// Never for a record of the ledger: its keys were checked when they were registered.
pub fn resolved(record: &MemberRecord) -> ApiResult<ResolvedMember> {
    let key =
        |key: &SigningPublicKey| VerifyKey::from_bytes(key.as_bytes()).map_err(ApiError::internal);
    let earlier = record
        .past_keys
        .0
        .iter()
        .rev()
        .map(|past| key(&past.keys.signing));
    Ok(ResolvedMember {
        name: record.name.as_str().to_owned(),
        active: record.status == MemberStatus::Active,
        issuer: record.roles.has(Role::Issuer),
        platform: record.roles.has(Role::Platform),
        signing_key: key(&record.keys.signing)?,
        earlier_signing_keys: earlier.collect::<ApiResult<_>>()?,
        hpke_key: *record.keys.hpke.as_bytes(),
    })
}
