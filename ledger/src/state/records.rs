//! Typed access to the values under the keys.

use super::{Overlay, StateError, StateRead};
use crate::action::register_schema::SchemaRecord;
use crate::codec::{codec_struct, decode_slice, encode_vec};
use crate::governance::register_audit_key::AuditKeyRecord;
use crate::ids::{BlockTime, Height};
use crate::keys::{self, StateKey};
use crate::member::MemberRecord;
use crate::reject::Reject;
use commonware_codec::{EncodeSize, Read, Write};
use tacit_circuits::types::{AnchorView, AuditKeyId, EndTag, LeafKind, MemberId, Position};

/// Counters of the state and the block it belongs to. Every block writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counters {
    /// Height of the block this is the state of.
    pub height: Height,
    /// Its time.
    pub time: BlockTime,
    /// Members ever registered; the newest has this number.
    pub members: u32,
    /// Validators there ever were; the newest has this number.
    pub validators: u32,
    /// Proposals there ever were; the newest has this number.
    pub proposals: u64,
    /// Leaves in the note tree; the next leaf's position.
    pub leaves: u64,
    /// Leaves ended.
    pub ended: u64,
    /// Anchors so far.
    pub anchors: u64,
    /// Stated openings of audit records so far.
    pub openings: u64,
    /// First height whose request ids are still remembered.
    pub oldest_requests: Height,
}
codec_struct!(Counters {
    height,
    time,
    members,
    validators,
    proposals,
    leaves,
    ended,
    anchors,
    openings,
    oldest_requests
});

/// What the chain knows about a position of the note tree: enough to end it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PositionInfo {
    /// Kind of the leaf.
    pub kind: LeafKind,
    /// The issuer that controls it, for credentials and certificates.
    pub controller: Option<MemberId>,
    /// Whoever reveals its preimage ends the leaf.
    pub end_tag: EndTag,
    /// Height at which the leaf entered.
    pub entered: Height,
    /// Height at which it was ended.
    pub ended: Option<Height>,
}
codec_struct!(PositionInfo {
    kind,
    controller,
    end_tag,
    entered,
    ended
});

/// An anchor that proofs may name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnchorRecord {
    /// Number of the anchor, from 0 for the genesis block.
    pub sequence: u64,
    /// Roots and time.
    pub view: AnchorView,
}
codec_struct!(AnchorRecord { sequence, view });

/// Reads and decodes a value.
///
/// # Errors
/// [`StateError`] when the view fails or the value is damaged.
pub fn read<T: Read<Cfg = ()>>(
    view: &dyn StateRead,
    key: &StateKey,
) -> Result<Option<T>, StateError> {
    view.get(key)?
        .map(|bytes| decode_slice(&bytes).map_err(|_| StateError::Corrupt("value")))
        .transpose()
}

/// Encodes and writes a value.
pub(crate) fn write<T: Write + EncodeSize>(overlay: &mut Overlay<'_>, key: StateKey, value: &T) {
    overlay.put(key, encode_vec(value));
}

/// Removes a value.
pub(crate) fn delete(overlay: &mut Overlay<'_>, key: StateKey) {
    overlay.remove(key);
}

/// The counters.
///
/// # Errors
/// [`StateError::Corrupt`] when there are none: the view is not the state of a chain.
pub fn counters(view: &dyn StateRead) -> Result<Counters, StateError> {
    read(view, &keys::counters())?.ok_or(StateError::Corrupt("no counters"))
}

/// A member, if it exists.
///
/// # Errors
/// [`StateError`] when the view fails.
pub fn member(view: &dyn StateRead, id: MemberId) -> Result<Option<MemberRecord>, StateError> {
    read(view, &keys::member(id))
}

/// A schema by its id, if it is registered.
///
/// # Errors
/// [`StateError`] when the view fails.
pub fn schema(view: &dyn StateRead, id: &[u8; 32]) -> Result<Option<SchemaRecord>, StateError> {
    read(view, &keys::schema(id))
}

/// An audit key, if it is registered.
///
/// # Errors
/// [`StateError`] when the view fails.
pub fn audit_key(
    view: &dyn StateRead,
    id: &AuditKeyId,
) -> Result<Option<AuditKeyRecord>, StateError> {
    read(view, &keys::audit_key(id))
}

/// The audit key that grants and accesses must encrypt to, if there is one yet.
///
/// # Errors
/// [`StateError`] when the view fails.
pub fn current_audit_key(view: &dyn StateRead) -> Result<Option<AuditKeyRecord>, StateError> {
    match read::<AuditKeyId>(view, &keys::current_audit_key())? {
        Some(id) => audit_key(view, &id),
        None => Ok(None),
    }
}

/// What is known about a position, if a leaf stands there.
///
/// # Errors
/// [`StateError`] when the view fails.
pub fn position_info(
    view: &dyn StateRead,
    position: Position,
) -> Result<Option<PositionInfo>, StateError> {
    read(view, &keys::position_info(position))
}

/// The anchor of a height.
///
/// # Errors
/// [`Reject::UnknownAnchor`] when the height is no anchor that the chain still knows.
pub fn anchor(view: &dyn StateRead, height: Height) -> Result<AnchorView, Reject> {
    let record: Option<AnchorRecord> = read(view, &keys::anchor(height))?;
    record
        .map(|record| record.view)
        .ok_or(Reject::UnknownAnchor(height))
}
