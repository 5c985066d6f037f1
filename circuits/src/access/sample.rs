//! An access that holds, for benchmarks and tests: every input fixed.

use super::{Access, AccessPublic, AccessWitness};
use crate::bench::Sample;
use crate::commit::GrantBody;
use crate::context::{STATEMENT_VERSION, StatementId, context};
use crate::field::Fr;
use crate::sample::{GRANTEE, NOW, World, audit_secret, element, platform_secret};
use crate::types::{
    AuditDigest, CategorySet, Digest32, EndTag, HolderKey, LeafKind, MemberId, Nym, Position,
    Purpose, Receipt, Secret, Timestamp, UseNullifier,
};
use ark_ff::AdditiveGroup;

/// The record: in another shard than the grant.
pub(super) const RECORD: Position = Position((5 << 20) + 77);

/// The terms of the grant.
pub(super) fn body() -> Option<GrantBody> {
    Some(GrantBody {
        record: RECORD,
        grantee: MemberId::new(GRANTEE).ok()?,
        purpose: Purpose::new(2).ok()?,
        categories: CategorySet(0b1000_0010),
        not_before: Timestamp(NOW - 60),
        not_after: Timestamp(NOW + 3600),
        max_uses: 3,
        audit_nym: Nym(element(20)),
        salt: element(21),
    })
}

/// A world that holds a leaf of some kind with a grant's content.
pub(super) fn world_with(kind: LeafKind, body: &GrantBody) -> Option<(World, Position)> {
    let mut world = World::new()?;
    let (key, end) = (HolderKey(element(22)), EndTag(element(23)));
    let position = world.append_note(kind, &key, &body.commit(), &end)?;
    world.fill(5)?;
    Some((world, position))
}

/// A public part that fits the witness in all that follows from it.
pub(super) fn seal(mut public: AccessPublic, witness: &AccessWitness) -> Option<AccessPublic> {
    public.nullifier = witness.nullifier();
    public.receipt = witness.receipt(public.anchor.time).commit();
    public.audit_digest = witness.audit_ciphertext(&public)?.digest();
    Some(public)
}

/// An honest access under a grant at a position of a world.
pub(super) fn access_under(
    world: &World,
    position: Position,
    body: GrantBody,
) -> Option<(AccessPublic, AccessWitness)> {
    let public = AccessPublic {
        anchor: world.anchor()?,
        receipt: Receipt(Fr::ZERO),
        nullifier: UseNullifier(Fr::ZERO),
        audit_key: audit_secret()?.public(),
        audit_digest: AuditDigest(Fr::ZERO),
        context: context(
            &Digest32([1; 32]),
            StatementId::Access,
            STATEMENT_VERSION,
            &Digest32([2; 32]),
        ),
    };
    let witness = AccessWitness {
        platform_secret: Secret::new(platform_secret(GRANTEE)),
        platform_path: world.platform_path(GRANTEE)?,
        holder_key: HolderKey(element(22)),
        end_tag: EndTag(element(23)),
        path: world.path(position)?,
        record_path: world.ended_path(body.record)?,
        body,
        use_index: 1,
        vault: MemberId::new(6).ok()?,
        session_key_hash: Digest32([0x5e; 32]),
        receipt_nonce: element(25),
    };
    Some((seal(public, &witness)?, witness))
}

impl Sample for Access {
    fn sample() -> Option<(AccessPublic, AccessWitness)> {
        let body = body()?;
        let (world, position) = world_with(LeafKind::Grant, &body)?;
        access_under(&world, position, body)
    }
}
