//! Tests of the grant statement.

mod agree;
mod attacks;
mod clauses;
mod soundness;

use super::sample::{self, sk};
use super::*;
use crate::bench::Sample;
use crate::keys::{ProvingKey, insecure_development_setup};
use crate::r1cs::{Mode, System};
use crate::sample::{World, audit_secret, element};
use crate::statement::synthesize;
use crate::types::{LeafKind, MemberId, Position};
use std::collections::BTreeSet;
use std::sync::OnceLock;

/// The sample: a grant that holds.
fn honest() -> (GrantPublic, GrantWitness) {
    Grant::sample().unwrap()
}

fn member(id: u32) -> MemberId {
    MemberId::new(id).unwrap()
}

fn world_with_record(kind: LeafKind) -> (World, Position) {
    sample::world_with_record(kind).unwrap()
}

fn seal(public: GrantPublic, witness: &GrantWitness) -> GrantPublic {
    sample::seal(public, witness).unwrap()
}

fn grant_over(world: &World, position: Position) -> (GrantPublic, GrantWitness) {
    sample::grant_over(world, position).unwrap()
}

fn system(public: &GrantPublic, witness: &GrantWitness) -> System {
    synthesize::<Grant>(Mode::Record, &Grant::inputs(public).unwrap(), witness)
}

/// The clauses that the circuit finds broken.
fn broken(system: &System) -> BTreeSet<&'static str> {
    system.broken().map(|row| row.clause).collect()
}

/// The development key, made once for all tests.
fn key() -> &'static ProvingKey {
    static CELL: OnceLock<ProvingKey> = OnceLock::new();
    CELL.get_or_init(|| insecure_development_setup::<Grant>().unwrap())
}
