//! A grant that holds, for benchmarks and tests: every input fixed.

use super::{Grant, GrantPublic, GrantWitness, PolicyBounds};
use crate::bench::Sample;
use crate::commit::{self, GrantBody};
use crate::context::{STATEMENT_VERSION, StatementId, context};
use crate::field::Fr;
use crate::sample::{GRANTEE, NOW, World, audit_secret, element, record_body};
use crate::types::{
    AuditDigest, Body, CategorySet, Digest32, EndTag, HolderKey, LeafKind, MemberId, Position,
    Purpose, PurposeSet, Secret, Timestamp,
};
use ark_ff::AdditiveGroup;

/// Seconds of a day.
pub(super) const DAY: u64 = 86_400;

/// The holder's secret.
pub(super) fn sk() -> Fr {
    element(10)
}

/// The policy: purposes 1, 2 and 31, for 90 days, from 30 days before to 30 days after now.
pub(super) fn policy() -> PolicyBounds {
    PolicyBounds {
        max_duration_secs: 90 * DAY,
        max_start_offset_secs: 30 * DAY,
        purposes: PurposeSet(1 << 31 | 0b110),
    }
}

/// A world that holds the holder's record as a leaf of some kind.
pub(super) fn world_with_record(kind: LeafKind) -> Option<(World, Position)> {
    let mut world = World::new()?;
    let key = commit::holder_key(&sk(), &element(11));
    let end = EndTag(element(12));
    let position = world.append_note(kind, &key, &record_body()?.commit(), &end)?;
    world.fill(5)?;
    Some((world, position))
}

/// A public part that fits the witness in all that follows from it.
pub(super) fn seal(mut public: GrantPublic, witness: &GrantWitness) -> Option<GrantPublic> {
    public.holder_key = witness.holder_key();
    public.body = witness.body.commit();
    public.audit_digest = witness.audit_ciphertext(&public)?.digest();
    Some(public)
}

/// An honest grant over a record at a position of a world.
pub(super) fn grant_over(world: &World, position: Position) -> Option<(GrantPublic, GrantWitness)> {
    let public = GrantPublic {
        anchor: world.anchor()?,
        holder_key: HolderKey(Fr::ZERO),
        body: Body(Fr::ZERO),
        end_tag: EndTag(element(13)),
        audit_key: audit_secret()?.public(),
        audit_digest: AuditDigest(Fr::ZERO),
        policy: policy(),
        context: context(
            &Digest32([1; 32]),
            StatementId::Grant,
            STATEMENT_VERSION,
            &Digest32([2; 32]),
        ),
    };
    let body = GrantBody {
        record: position,
        grantee: MemberId::new(GRANTEE).ok()?,
        purpose: Purpose::new(2).ok()?,
        categories: CategorySet(0b1000_0010),
        not_before: Timestamp(NOW + 60),
        not_after: Timestamp(NOW + 60 + 7 * DAY),
        max_uses: 3,
        audit_nym: commit::audit_nym(&sk(), &public.audit_key.id().0, public.year()),
        salt: element(15),
    };
    let witness = GrantWitness {
        sk: Secret::new(sk()),
        record_rho: Secret::new(element(11)),
        record_body: record_body()?,
        record_end_tag: EndTag(element(12)),
        path: world.path(position)?,
        grant_rho: Secret::new(element(16)),
        body,
    };
    Some((seal(public, &witness)?, witness))
}

impl Sample for Grant {
    fn sample() -> Option<(GrantPublic, GrantWitness)> {
        let (world, position) = world_with_record(LeafKind::Record)?;
        grant_over(&world, position)
    }
}
