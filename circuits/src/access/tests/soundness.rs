//! Lying provers and deleted constraints.

use super::*;
use crate::r1cs::resynthesis::lying_bits;
use crate::r1cs::soundness::{Structure, free_variables, unneeded};
use crate::sample::NOW;
use crate::types::{EndTag, HolderKey, Timestamp};
use std::collections::BTreeMap;

/// An access under a grant with changed terms, some leaves further on, after a change of the world.
fn case(
    fill: u64,
    terms: impl FnOnce(&mut GrantBody),
    change: impl FnOnce(&mut World, Position),
) -> (AccessPublic, AccessWitness) {
    let mut body = body();
    terms(&mut body);
    let mut world = World::new().unwrap();
    world.fill(fill).unwrap();
    let (key, end) = (HolderKey(element(22)), EndTag(element(23)));
    let position = world
        .append_note(LeafKind::Grant, &key, &body.commit(), &end)
        .unwrap();
    change(&mut world, position);
    access_under(&world, position, body)
}

/// An access under a grant with all the time and all the uses there are.
fn wide() -> (AccessPublic, AccessWitness) {
    let (public, mut witness) = case(
        0,
        |body| {
            body.not_after = Timestamp((1 << 40) - 1);
            body.max_uses = 4096;
        },
        |_, _| (),
    );
    witness.use_index = 0;
    (seal(public, &witness), witness)
}

fn honest_cases() -> Vec<(AccessPublic, AccessWitness)> {
    vec![
        honest(),
        wide(),
        case(3, |body| body.record.0 += 1, |_, _| ()),
    ]
}

/// Accesses that break one range by one, or choose a bit that is set.
fn dishonest_cases() -> Vec<(AccessPublic, AccessWitness)> {
    let end_record = |world: &mut World, _| world.end(sample::RECORD).unwrap();
    let end_grant = |world: &mut World, grant| world.end(grant).unwrap();
    let (public, mut witness) = honest();
    witness.use_index = witness.body.max_uses;
    vec![
        (seal(public, &witness), witness),
        case(0, |_| (), end_grant),
        case(0, |_| (), end_record),
        case(0, |body| body.not_before = Timestamp(NOW + 1), |_, _| ()),
        case(0, |body| body.not_after = Timestamp(NOW), |_, _| ()),
    ]
}

fn systems(cases: &[(AccessPublic, AccessWitness)]) -> Vec<System> {
    cases
        .iter()
        .map(|(public, witness)| system(public, witness))
        .collect()
}

#[test]
fn every_changed_variable_is_noticed() {
    for system in systems(&honest_cases()) {
        assert_eq!(free_variables(&system), []);
    }
}

/// Each variable is defined by a constraint, or is one of these hints. Deleting a definition makes one hint more.
#[test]
fn hints_and_assertions_are_these() {
    let system = crate::statement::constraints::<Access>();
    let structure = Structure::of(&system);
    let hints = BTreeMap::from([
        // Secret, K, E, nym, salt, session; 32 bits of each position, 16 of the grantee.
        ("witness", 6 + 2 * 32 + 16),
        // Purpose, categories, two times, uses.
        ("terms", 5 + 32 + 40 + 40 + 12),
        // 4 children a level.
        ("membership", 16 * 4),
        // 64 bits of the word, 4 children a level.
        ("grant ended root", 64 + 13 * 4),
        ("record ended root", 64 + 13 * 4),
        ("grantee", 8 * 4),
        ("not before", 40),
        ("not after", 40),
        // The index and the range.
        ("use index", 12 + 12),
        // As in the grant statement.
        ("audit nonce", 255),
        ("audit products", 3 * 124 + 5 * 250 + 3 + 6),
    ]);
    assert_eq!(structure.hints(&system), hints);
    let assertions = BTreeMap::from([
        ("witness", 2 * 32 + 16),
        ("terms", 5 + 32 + 40 + 40 + 12),
        ("membership", 16 + 1),
        ("grant ended root", 64 + 13 + 1),
        ("grant live", 1),
        ("record ended root", 64 + 13 + 1),
        ("record live", 1),
        ("grantee", 8 + 1),
        ("not before", 41),
        ("not after", 41),
        ("use index", 12 + 13),
        ("nullifier", 1),
        ("receipt", 1),
        ("audit nonce", 255 + 1 + COMPARISONS),
        ("audit products", 3 * 124 + 5 * 250 + 3 + 6),
        ("audit", 1),
    ]);
    assert_eq!(structure.assertions(&system), assertions);
}

/// Comparisons of a binary form with r - 1: one for each run of zeros.
const COMPARISONS: usize = 44;

/// For each assertion there is an assignment that breaks it alone: without it, somebody could lie. The comparisons of the
/// nonce's binary form speak of hashes that nobody finds; the gadget's own test does it for them.
#[test]
fn no_assertion_can_be_deleted() {
    let (honest, dishonest) = (systems(&honest_cases()), systems(&dishonest_cases()));
    let all = [honest, dishonest].concat();
    let mut open = unneeded(&all).into_iter().map(|(row, _)| row).collect();
    let (public, witness) = wide();
    lying_bits::<Access>(&Access::inputs(&public).unwrap(), &witness, &mut open);
    let clauses: Vec<_> = open.iter().map(|row| all[0].rows()[*row].clause).collect();
    assert_eq!(clauses, ["audit nonce"; COMPARISONS]);
}
