//! Tests of the access statement.

mod agree;
mod attacks;
mod clauses;
mod soundness;

use super::sample;
use super::*;
use crate::bench::Sample;
use crate::commit::GrantBody;
use crate::keys::{ProvingKey, insecure_development_setup};
use crate::r1cs::{Mode, System};
use crate::sample::{GRANTEE, World, audit_secret, element};
use crate::statement::synthesize;
use crate::types::{LeafKind, MemberId, Position};
use std::collections::BTreeSet;
use std::sync::OnceLock;

/// The sample: an access that holds.
fn honest() -> (AccessPublic, AccessWitness) {
    Access::sample().unwrap()
}

fn member(id: u32) -> MemberId {
    MemberId::new(id).unwrap()
}

fn body() -> GrantBody {
    sample::body().unwrap()
}

fn world_with(kind: LeafKind, body: &GrantBody) -> (World, Position) {
    sample::world_with(kind, body).unwrap()
}

fn seal(public: AccessPublic, witness: &AccessWitness) -> AccessPublic {
    sample::seal(public, witness).unwrap()
}

fn access_under(
    world: &World,
    position: Position,
    body: GrantBody,
) -> (AccessPublic, AccessWitness) {
    sample::access_under(world, position, body).unwrap()
}

fn access_with(body: GrantBody) -> (AccessPublic, AccessWitness) {
    let (world, position) = world_with(LeafKind::Grant, &body);
    access_under(&world, position, body)
}

fn system(public: &AccessPublic, witness: &AccessWitness) -> System {
    synthesize::<Access>(Mode::Record, &Access::inputs(public).unwrap(), witness)
}

/// The clauses that the circuit finds broken.
fn broken(system: &System) -> BTreeSet<&'static str> {
    system.broken().map(|row| row.clause).collect()
}

/// The development key, made once for all tests.
fn key() -> &'static ProvingKey {
    static CELL: OnceLock<ProvingKey> = OnceLock::new();
    CELL.get_or_init(|| insecure_development_setup::<Access>().unwrap())
}
