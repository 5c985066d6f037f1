//! All keys of the state, in one place.
//!
//! The first byte names the space. Spaces below [`FIRST_UNCOMMITTED`] are authenticated by the state root; those from
//! there on hold the nodes of the trees, whose roots stand in the header themselves.

use crate::ids::{Height, RequestId, ValidatorId, ValidatorsHash};
use crate::text::Name;
use bytes::BufMut;
use commonware_codec::{Buf, EncodeSize, Error, RangeCfg, Read, Write};
use std::fmt;
use tacit_circuits::types::{AuditKeyId, Leaf, MemberId, Position, Receipt, UseNullifier};

/// A key of the state: a space byte and the space's own bytes.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StateKey(Vec<u8>);

/// First space that the state root does not cover.
pub const FIRST_UNCOMMITTED: u8 = 0x80;

/// Longest key in bytes.
pub const MAX_KEY_BYTES: usize = 96;

impl StateKey {
    fn new(space: Space, parts: &[&[u8]]) -> Self {
        let mut key = vec![space as u8];
        for part in parts {
            key.extend_from_slice(part);
        }
        Self(key)
    }

    /// Takes the bytes of a stored key.
    ///
    /// Returns `None` for an empty or too long key; any other key is just absent from the state.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        (!bytes.is_empty() && bytes.len() <= MAX_KEY_BYTES).then(|| Self(bytes.to_vec()))
    }

    /// The bytes of the key.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Whether the state root covers this key.
    pub fn is_committed(&self) -> bool {
        self.0
            .first()
            .is_some_and(|space| *space < FIRST_UNCOMMITTED)
    }
}

impl Write for StateKey {
    fn write(&self, buf: &mut impl BufMut) {
        self.0.write(buf);
    }
}

impl EncodeSize for StateKey {
    fn encode_size(&self) -> usize {
        self.0.encode_size()
    }
}

impl Read for StateKey {
    type Cfg = ();
    fn read_cfg(buf: &mut impl Buf, (): &()) -> Result<Self, Error> {
        Vec::read_cfg(buf, &(RangeCfg::new(1..=MAX_KEY_BYTES), ())).map(Self)
    }
}

impl fmt::Debug for StateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StateKey({})", hex::encode(&self.0))
    }
}

/// The spaces of the state.
#[derive(Clone, Copy)]
enum Space {
    Counters = 0x01,
    Member = 0x02,
    MemberName = 0x03,
    Schema = 0x04,
    AuditKey = 0x05,
    CurrentAuditKey = 0x06,
    LeafPosition = 0x07,
    PositionInfo = 0x08,
    Nullifier = 0x09,
    Receipt = 0x0a,
    Request = 0x0b,
    RequestsOfHeight = 0x0c,
    Anchor = 0x0d,
    AnchorSequence = 0x0e,
    AuditOpening = 0x0f,
    ActiveValidators = 0x10,
    ScheduledValidators = 0x11,
    ValidatorSet = 0x12,
    Proposal = 0x13,
    OpenProposals = 0x14,
    ProposalsBy = 0x15,
    Policy = 0x16,
    NoteNode = 0x80,
    EndedNode = 0x81,
    PlatformNode = 0x82,
    CommitNode = 0x83,
}

/// Counters and the head of the chain: [`crate::state::Counters`].
pub fn counters() -> StateKey {
    StateKey::new(Space::Counters, &[])
}

/// A member: [`crate::member::MemberRecord`].
pub fn member(id: MemberId) -> StateKey {
    StateKey::new(Space::Member, &[&id.get().to_be_bytes()])
}

/// The member that has a name: its [`MemberId`].
pub fn member_name(name: &Name) -> StateKey {
    StateKey::new(Space::MemberName, &[name.as_str().as_bytes()])
}

/// A schema by the bytes of its id: [`crate::action::register_schema::SchemaRecord`].
pub fn schema(id: &[u8; 32]) -> StateKey {
    StateKey::new(Space::Schema, &[id])
}

/// An audit key by its id: [`crate::governance::register_audit_key::AuditKeyRecord`].
pub fn audit_key(id: &AuditKeyId) -> StateKey {
    StateKey::new(Space::AuditKey, &[&id.to_bytes()])
}

/// Id of the audit key that grants and accesses must encrypt to.
pub fn current_audit_key() -> StateKey {
    StateKey::new(Space::CurrentAuditKey, &[])
}

/// Position of a leaf value: [`Position`].
pub fn leaf_position(leaf: &Leaf) -> StateKey {
    StateKey::new(Space::LeafPosition, &[&leaf.to_bytes()])
}

/// What the chain knows about a position: [`crate::state::PositionInfo`].
pub fn position_info(position: Position) -> StateKey {
    StateKey::new(Space::PositionInfo, &[&position.0.to_be_bytes()])
}

/// A spent use nullifier: [`crate::action::access::NullifierRecord`].
pub fn nullifier(nullifier: &UseNullifier) -> StateKey {
    StateKey::new(Space::Nullifier, &[&nullifier.to_bytes()])
}

/// A receipt: [`crate::action::access::ReceiptRecord`].
pub fn receipt(receipt: &Receipt) -> StateKey {
    StateKey::new(Space::Receipt, &[&receipt.to_bytes()])
}

/// First outcome of a request id: [`crate::request::RequestRecord`].
pub fn request(id: &RequestId) -> StateKey {
    StateKey::new(Space::Request, &[&id.0])
}

/// Request ids first seen at a height: [`crate::request::RequestsOfHeight`].
pub fn requests_of_height(height: Height) -> StateKey {
    StateKey::new(Space::RequestsOfHeight, &[&height.0.to_be_bytes()])
}

/// An anchor by its height: [`crate::state::AnchorRecord`].
pub fn anchor(height: Height) -> StateKey {
    StateKey::new(Space::Anchor, &[&height.0.to_be_bytes()])
}

/// Height of the n-th anchor.
pub fn anchor_sequence(n: u64) -> StateKey {
    StateKey::new(Space::AnchorSequence, &[&n.to_be_bytes()])
}

/// The n-th stated opening of audit records: [`crate::action::open_audit::OpeningRecord`].
pub fn audit_opening(n: u64) -> StateKey {
    StateKey::new(Space::AuditOpening, &[&n.to_be_bytes()])
}

/// The validators of the current epoch: [`crate::validators::Validators`].
pub fn active_validators() -> StateKey {
    StateKey::new(Space::ActiveValidators, &[])
}

/// The validators of the next epoch as far as it is decided: [`crate::validators::Validators`].
pub fn scheduled_validators() -> StateKey {
    StateKey::new(Space::ScheduledValidators, &[])
}

/// A validator set that certifies or ever certified blocks, by its hash: [`crate::validators::ValidatorSet`].
pub fn validator_set(hash: &ValidatorsHash) -> StateKey {
    StateKey::new(Space::ValidatorSet, &[hash.as_bytes()])
}

/// A proposal by its number: [`crate::governance::ProposalRecord`].
pub fn proposal(n: u64) -> StateKey {
    StateKey::new(Space::Proposal, &[&n.to_be_bytes()])
}

/// The proposals that may be open: [`crate::governance::OpenProposals`].
pub fn open_proposals() -> StateKey {
    StateKey::new(Space::OpenProposals, &[])
}

/// How many proposals a validator has ever made: a 64-bit number.
pub fn proposals_by(validator: ValidatorId) -> StateKey {
    StateKey::new(Space::ProposalsBy, &[&validator.get().to_be_bytes()])
}

/// What grants may say: [`crate::genesis::GrantPolicy`].
pub fn policy() -> StateKey {
    StateKey::new(Space::Policy, &[])
}

/// A node of the note tree: 32 bytes of a field element.
pub fn note_node(level: u8, index: u64) -> StateKey {
    StateKey::new(Space::NoteNode, &[&[level], &index.to_be_bytes()])
}

/// A node of the ended tree: 32 bytes of a field element.
pub fn ended_node(level: u8, index: u64) -> StateKey {
    StateKey::new(Space::EndedNode, &[&[level], &index.to_be_bytes()])
}

/// A node of the platform tree: 32 bytes of a field element.
pub fn platform_node(level: u8, index: u64) -> StateKey {
    StateKey::new(Space::PlatformNode, &[&[level], &index.to_be_bytes()])
}

/// A node of the tree that commits to the state, by the bytes of its path.
pub(crate) fn commit_node(path: &[u8]) -> StateKey {
    StateKey::new(Space::CommitNode, &[path])
}
