//! Lying provers and deleted constraints.

use super::super::sample::{DAY, policy};
use super::*;
use crate::commit::{self, RecordBody};
use crate::r1cs::resynthesis::lying_bits;
use crate::r1cs::soundness::{Structure, free_variables, unneeded};
use crate::sample::{NOW, record_body};
use crate::types::{Category, CategorySet, EndTag, Purpose, PurposeSet, Timestamp};
use std::collections::BTreeMap;

/// A grant over a record of this category, some leaves further on, after a change.
fn case(
    fill: u64,
    category: u8,
    change: impl FnOnce(&mut GrantPublic, &mut GrantWitness),
) -> (GrantPublic, GrantWitness) {
    let category = Category::new(category).unwrap();
    let body = RecordBody {
        category,
        ..record_body().unwrap()
    };
    let key = commit::holder_key(&sk(), &element(11));
    let mut world = World::new().unwrap();
    world.fill(fill).unwrap();
    let kind = LeafKind::Record;
    let position = world
        .append_note(kind, &key, &body.commit(), &EndTag(element(12)))
        .unwrap();
    let (mut public, mut witness) = grant_over(&world, position);
    witness.record_body = body;
    change(&mut public, &mut witness);
    (seal(public, &witness), witness)
}

/// A grant under a policy without limits, of everything.
fn wide() -> (GrantPublic, GrantWitness) {
    case(0, 1, |public, witness| {
        public.policy = PolicyBounds {
            max_duration_secs: (1 << 40) - 1,
            max_start_offset_secs: (1 << 40) - 1,
            purposes: PurposeSet(u32::MAX),
        };
        witness.body.categories = CategorySet(u32::MAX);
        witness.body.not_after = Timestamp((1 << 40) - 1);
        witness.body.max_uses = 4096;
    })
}

fn honest_cases() -> Vec<(GrantPublic, GrantWitness)> {
    let other = case(3, 2, |_, witness| {
        witness.body.purpose = Purpose::new(1).unwrap();
        witness.body.categories = CategorySet(0b100);
    });
    vec![honest(), wide(), other]
}

/// Grants that break one range by one, or choose a bit that is not set.
fn dishonest_cases() -> Vec<(GrantPublic, GrantWitness)> {
    let at = |start: u64, end: u64| {
        case(0, 1, |_, witness| {
            witness.body.not_before = Timestamp(start);
            witness.body.not_after = Timestamp(end);
        })
    };
    let (longest, furthest) = (policy().max_duration_secs, policy().max_start_offset_secs);
    let (mut world, position) = world_with_record(LeafKind::Record);
    world.end(position).unwrap();
    vec![
        grant_over(&world, position),
        at(NOW, NOW),
        at(NOW, NOW + longest + 1),
        at(NOW + furthest + 1, NOW + furthest + DAY),
        at(NOW - furthest - 1, NOW - furthest + DAY),
        case(0, 1, |_, witness| {
            witness.body.purpose = Purpose::new(3).unwrap()
        }),
        case(0, 1, |_, witness| {
            witness.body.categories = CategorySet(!0b10)
        }),
    ]
}

fn systems(cases: &[(GrantPublic, GrantWitness)]) -> Vec<System> {
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
    let system = crate::statement::constraints::<Grant>();
    let structure = Structure::of(&system);
    let hints = BTreeMap::from([
        // sk, two nonces, E, four limbs, two salts, nym; 5 bits of the category, 32 of grantee and of position.
        ("witness", 11 + 5 + 32 + 32),
        // 4 children a level.
        ("membership", 16 * 4),
        // 64 bits of the word, 4 children a level.
        ("ended root", 64 + 13 * 4),
        // Purpose, categories, two times, uses.
        ("terms", 5 + 32 + 40 + 40 + 12),
        // An inverse.
        ("grantee", 1),
        ("order", 40),
        ("duration", 40),
        ("start", 2 * 41),
        ("purpose", 32),
        // Binary form of the nonce's hash.
        ("audit nonce", 255),
        // Slopes and coordinates: 3 for each of 124 additions, 5 for each of 250 steps but one product more, 3 for the
        // first doubling, and 6 for changes of form.
        ("audit products", 3 * 124 + 5 * 250 + 3 + 6),
    ]);
    assert_eq!(structure.hints(&system), hints);
    let assertions = BTreeMap::from([
        ("witness", 5 + 32 + 32),
        ("membership", 16 + 1),
        ("ended root", 64 + 13 + 1),
        ("live", 1),
        ("holder key", 1),
        ("terms", 5 + 32 + 40 + 40 + 12),
        ("body", 1),
        ("grantee", 1),
        ("category", 1),
        ("order", 41),
        ("duration", 41),
        ("start", 2 * 42),
        ("purpose", 33 + 1),
        ("audit nym", 1),
        // The bits, their sum, the comparisons with r - 1.
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
    lying_bits::<Grant>(&Grant::inputs(&public).unwrap(), &witness, &mut open);
    let clauses: Vec<_> = open.iter().map(|row| all[0].rows()[*row].clause).collect();
    assert_eq!(clauses, ["audit nonce"; COMPARISONS]);
}
