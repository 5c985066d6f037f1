//! What an action may see and change while it is applied.

use crate::check::Evidence;
use crate::genesis::ChainSpec;
use crate::governance::register_member::check_platform_commitment;
use crate::ids::{BlockTime, Height, ValidatorId};
use crate::keys;
use crate::member::{MAX_KEY_HISTORY, MemberKeys, MemberRecord, MemberStatus, PastKeys, Role};
use crate::outcome::Outcome;
use crate::reject::Reject;
use crate::state::{self, Counters, Overlay, PositionInfo};
use tacit_circuits::commit;
use tacit_circuits::field::Fr;
use tacit_circuits::types::{
    AnchorView, AuditKeyId, Body, EndTag, HolderKey, Leaf, LeafKind, MemberId, Position,
};

/// The surroundings of one transaction: the chain, the block it goes into, the state under it.
pub(crate) struct Env<'a, 'b> {
    /// The chain's constants.
    pub spec: &'a ChainSpec,
    /// Height of the block.
    pub height: Height,
    /// Time of the block.
    pub time: BlockTime,
    /// The state, with the changes of the block so far.
    pub state: &'a mut Overlay<'b>,
    /// Counters of the state; written once per block.
    pub counters: Counters,
    /// What the block does to the trees; done once per block.
    pub trees: TreeChanges,
}

/// What transactions do to the trees.
#[derive(Clone, Debug, Default)]
pub(crate) struct TreeChanges {
    /// Leaves to append to the note tree, in order.
    pub leaves: Vec<Leaf>,
    /// Positions whose bit to set in the ended tree.
    pub ended: Vec<Position>,
    /// Entries of the platform tree to set, by their commitment; none removes an entry.
    pub platforms: Vec<(MemberId, Option<Fr>)>,
}

impl TreeChanges {
    /// Adds what a further transaction does.
    pub fn extend(&mut self, more: TreeChanges) {
        self.leaves.extend(more.leaves);
        self.ended.extend(more.ended);
        self.platforms.extend(more.platforms);
    }
}

/// What identifies a new leaf, apart from its kind and controller.
pub(crate) struct NewLeaf {
    /// K.
    pub holder_key: HolderKey,
    /// Commitment to the content.
    pub body: Body,
    /// E.
    pub end_tag: EndTag,
}

impl Env<'_, '_> {
    /// An active member.
    pub fn active_member(&self, id: MemberId) -> Result<MemberRecord, Reject> {
        let record = state::member(self.state, id)?.ok_or(Reject::UnknownMember(id))?;
        match record.status {
            MemberStatus::Active => Ok(record),
            MemberStatus::Suspended => Err(Reject::Suspended(id)),
        }
    }

    /// The member whose signature was checked; it must still be active under the same key and have the role.
    pub fn signer(&self, evidence: &Evidence, role: Role) -> Result<MemberRecord, Reject> {
        let Evidence::Member { id, key } = evidence else {
            return Err(Reject::Authorization {
                expected: "a member",
            });
        };
        let record = self.active_member(*id)?;
        if record.keys.signing != *key {
            return Err(Reject::Stale);
        }
        if !record.roles.has(role) {
            return Err(Reject::Role {
                member: *id,
                role: role.name(),
            });
        }
        Ok(record)
    }

    /// The validator whose signature was checked; it must still be active under the same key.
    pub fn voter(&self, evidence: &Evidence) -> Result<ValidatorId, Reject> {
        let Evidence::Validator { id, key } = evidence else {
            return Err(Reject::Authorization {
                expected: "an active validator",
            });
        };
        match state::validators(self.state)?.get(*id) {
            Some(validator) if validator.governance_key == *key => Ok(*id),
            Some(_) => Err(Reject::Stale),
            None => Err(Reject::NotActive(*id)),
        }
    }

    /// Does something and forgets it: only whether the rules allow it counts.
    pub fn try_out<T>(
        &self,
        act: impl FnOnce(&mut Env<'_, '_>) -> Result<T, Reject>,
    ) -> Result<T, Reject> {
        let mut state = Overlay::new(&*self.state);
        act(&mut Env {
            spec: self.spec,
            height: self.height,
            time: self.time,
            state: &mut state,
            counters: self.counters.clone(),
            trees: TreeChanges::default(),
        })
    }

    /// Gives a member other keys; the old ones go into its history.
    pub fn replace_keys(
        &mut self,
        mut record: MemberRecord,
        new: &MemberKeys,
    ) -> Result<(), Reject> {
        check_platform_commitment(record.roles, new)?;
        if record.keys == *new {
            return Err(Reject::SameKeys);
        }
        if record.past_keys.0.len() >= MAX_KEY_HISTORY {
            return Err(Reject::TooManyRotations);
        }
        let old = std::mem::replace(&mut record.keys, new.clone());
        record.past_keys.0.push(PastKeys {
            keys: old,
            from: record.keys_from,
            until: self.height,
        });
        record.keys_from = self.height;
        state::write(self.state, keys::member(record.id), &record);
        self.set_platform(&record);
        Ok(())
    }

    /// The anchor whose proof was checked; the state must hold exactly the same, and the audit key must be current.
    pub fn proven_anchor(
        &self,
        evidence: &Evidence,
        anchor: Height,
        audit_key: &AuditKeyId,
    ) -> Result<AnchorView, Reject> {
        let Evidence::Proof {
            anchor: checked,
            audit_key: key,
            ..
        } = evidence
        else {
            return Err(Reject::Proof);
        };
        let known = state::anchor(self.state, anchor)?;
        if known != *checked || key != audit_key {
            return Err(Reject::Stale);
        }
        match state::current_audit_key(self.state)? {
            Some(current) if current.id() == *audit_key => Ok(known),
            _ => Err(Reject::AuditKey),
        }
    }

    /// Appends a leaf; one that stands in the tree already keeps its position and nothing changes.
    pub fn append(
        &mut self,
        kind: LeafKind,
        controller: Option<MemberId>,
        new: NewLeaf,
    ) -> Result<Outcome, Reject> {
        let leaf = commit::leaf(kind, controller, &new.holder_key, &new.body, &new.end_tag);
        let key = keys::leaf_position(&leaf);
        if let Some(position) = state::read(self.state, &key)? {
            return Ok(Outcome::Leaf {
                position,
                existing: true,
            });
        }
        let position = u32::try_from(self.counters.leaves)
            .map(Position)
            .map_err(|_| Reject::TreeFull)?;
        let info = PositionInfo {
            kind,
            controller,
            end_tag: new.end_tag,
            entered: self.height,
            ended: None,
        };
        state::write(self.state, key, &position);
        state::write(self.state, keys::position_info(position), &info);
        self.counters.leaves += 1;
        self.trees.leaves.push(leaf);
        Ok(Outcome::Leaf {
            position,
            existing: false,
        })
    }

    /// Brings a member's entry in the platform tree in line with its record.
    pub fn set_platform(&mut self, record: &MemberRecord) {
        if record.roles.has(Role::Platform) {
            let active = record.status == MemberStatus::Active;
            let commitment = record
                .keys
                .platform
                .filter(|_| active)
                .map(|commitment| commitment.0);
            self.trees.platforms.push((record.id, commitment));
        }
    }

    /// Ends the leaf at a position; an ended leaf stays ended and nothing changes.
    pub fn end(&mut self, position: Position, mut info: PositionInfo) -> Outcome {
        if info.ended.is_some() {
            return Outcome::Ended {
                position,
                existing: true,
            };
        }
        info.ended = Some(self.height);
        state::write(self.state, keys::position_info(position), &info);
        self.counters.ended += 1;
        self.trees.ended.push(position);
        Outcome::Ended {
            position,
            existing: false,
        }
    }
}
