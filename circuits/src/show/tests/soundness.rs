//! Lying provers and deleted constraints.

use super::super::sample;
use super::*;
use crate::attribute;
use crate::field::Fr;
use crate::r1cs::soundness::{Structure, free_variables, unneeded};
use crate::types::Position;
use ark_ff::Field;
use std::collections::BTreeMap;

fn integer(value: i64) -> Fr {
    attribute::from_i64(value)
}

fn placed(
    position: Position,
    ended: &[Position],
    change: impl FnOnce(&mut ShowWitness),
) -> (ShowPublic, ShowWitness) {
    let (mut public, mut witness) = honest();
    change(&mut witness);
    (witness.path, public.anchor) =
        sample::place_at(position, sample::leaf(&witness), ended).unwrap();
    (public, witness)
}

/// Shows that use every operation in every place, disclosing every slot that has a value or nothing, at two positions.
fn honest_systems() -> Vec<System> {
    let kinds = [
        Predicate::new(3, Op::Eq, integer(0)),
        Predicate::new(sample::NAME, Op::Ne, integer(1)),
        Predicate::interval(sample::INCOME, Op::In, integer(51_000), integer(53_000)),
        Predicate::interval(sample::INCOME, Op::NotIn, integer(0), integer(9)),
        Predicate::interval(sample::INCOME, Op::NotIn, integer(60_000), integer(70_000)),
        Predicate::set(sample::COUNTRY, Op::InSet),
        Predicate::set(sample::INCOME, Op::NotInSet),
    ];
    let mut systems = Vec::new();
    for first in 0..kinds.len() {
        let position = Position(sample::POSITION.0 - first as u32);
        let (mut public, witness) = placed(position, &[], |_| ());
        public.predicates = (0..MAX_PREDICATES)
            .map(|i| kinds[(first + i) % kinds.len()])
            .collect();
        public.set = vec![attribute::from_country("DE").unwrap()];
        if !public
            .predicates
            .iter()
            .any(|predicate| predicate.op.uses_set())
        {
            public.set.clear();
        }
        public.disclosed = [None; 16];
        systems.push(system(&public, &witness));
        public.disclosed = witness.body.attributes.map(Some);
        public.disclosed[usize::from(sample::ABSENT)] = None;
        systems.push(system(&public, &witness));
    }
    systems
}

/// Shows that break one clause: a predicate by one, below and above; a value disclosed falsely; an ended credential.
fn dishonest_systems() -> Vec<System> {
    let mut systems = Vec::new();
    for place in 0..MAX_PREDICATES {
        for (low, high) in [(52_001, 60_000), (0, 51_999)] {
            let (mut public, witness) = honest();
            public.predicates[place] =
                Predicate::interval(sample::INCOME, Op::In, integer(low), integer(high));
            if !public
                .predicates
                .iter()
                .any(|predicate| predicate.op.uses_set())
            {
                public.set.clear();
            }
            systems.push(system(&public, &witness));
        }
    }
    for slot in 0..16 {
        let (mut public, witness) = honest();
        public.disclosed[slot] = Some(integer(77));
        systems.push(system(&public, &witness));
    }
    let (public, witness) = placed(sample::POSITION, &[sample::POSITION], |_| ());
    systems.push(system(&public, &witness));
    systems
}

/// Number of the input that holds the packed shape.
fn shape_input() -> usize {
    let mut next = 0;
    let numbers = ShowInputs::build(|| {
        next += 1;
        next
    });
    numbers.shape
}

/// The shape says something that its bits do not. All that depends on bits of the shape is chosen so that it holds for any
/// value of a bit: all attributes are equal, and equal (or, for the test on difference, unequal) to all operands.
fn false_shapes() -> Vec<System> {
    let value = integer(5);
    let (public, witness) = placed(sample::POSITION, &[], |witness| {
        witness.body.attributes = [value; 16]
    });
    let plain = ShowPublic {
        predicates: vec![],
        set: vec![],
        disclosed: [None; 16],
        ..public
    };
    let inputs = plain.inputs().unwrap();
    [value, integer(6)]
        .map(|operand| {
            let inputs = ShowInputs {
                operands: [[operand; 2]; MAX_PREDICATES],
                set: [operand; MAX_SET],
                disclosed: [value; 16],
                ..inputs.clone()
            };
            let honest = system_of(&inputs.to_vec(), &witness);
            assert!(honest.is_satisfied());
            Structure::of(&honest).lie(&honest, &[(shape_input(), Fr::from(3u64))])
        })
        .to_vec()
}

/// Lies about an attribute outside an interval, each with one demand broken: the flag `outside` is 2, or the side is 1/2.
fn false_sides() -> Vec<System> {
    let (flag, half) = (Fr::from(2u64), Fr::from(2u64).inverse().unwrap());
    let top = 1u64 << 63;
    let mut systems = Vec::new();
    for place in 0..MAX_PREDICATES {
        // (attribute, low, high, lies about the flag, about the side, two differences that fit into 64 bits)
        for (value, low, high, outside, above, differences) in [
            (10, 100, 100, Some(flag), None, [220, 176]),
            (
                top - 1,
                top - 2,
                top - 1,
                None,
                Some(half),
                [(1u64 << 62) - 1; 2],
            ),
        ] {
            let change = |witness: &mut ShowWitness| witness.body.attributes[0] = Fr::from(value);
            let (mut public, witness) = placed(sample::POSITION, &[], change);
            let kept = Predicate::new(1, Op::Eq, witness.body.attributes[1]);
            public.predicates = vec![kept; MAX_PREDICATES];
            public.predicates[place] =
                Predicate::interval(0, Op::NotIn, Fr::from(low), Fr::from(high));
            public.set.clear();
            let system = system(&public, &witness);
            let structure = Structure::of(&system);
            let hints = |clause| structure.hints_of(&system, clause);
            let mut lies = Vec::new();
            if let Some(flag) = outside {
                let bit = place * 9 + 5;
                let shape = system.values()[shape_input()] + Fr::from(1u64 << bit);
                lies.extend([(hints("shape")[bit], flag), (shape_input(), shape)]);
            }
            if let Some(side) = above {
                lies.push((hints("predicate side")[place], side));
            }
            let ranges = hints("predicate interval");
            for (digits, difference) in ranges[place * 128..].chunks(64).zip(differences) {
                let bit = |i: usize| Fr::from(difference >> i & 1);
                lies.extend(digits.iter().enumerate().map(|(i, digit)| (*digit, bit(i))));
            }
            let lying = structure.lie(&system, &lies);
            assert_eq!(
                lying.broken().count(),
                1,
                "place {place}, {outside:?}, {above:?}"
            );
            systems.push(lying);
        }
    }
    systems
}

/// Changing any variable is noticed, but for hints that nothing depends on: the inverse of a distance of zero (a
/// predicate that demands equality), the inverse for the absent attribute where no predicate looks at it.
#[test]
fn every_changed_variable_is_noticed() {
    for system in honest_systems() {
        let mut free = BTreeMap::<_, usize>::new();
        for (_, clause) in free_variables(&system) {
            *free.entry(clause).or_default() += 1;
        }
        let zero_distances = 2;
        assert!(
            free.iter()
                .all(|(clause, count)| *clause == "predicate equality" && *count <= zero_distances),
            "{free:?}"
        );
    }
}

/// Each variable is defined by a constraint, or is one of these hints. Deleting a definition makes one hint more.
#[test]
fn hints_and_assertions_are_these() {
    let system = crate::statement::constraints::<Show>();
    let structure = Structure::of(&system);
    let hints = BTreeMap::from([
        // sk, rho, issuer, end, schema, 16 attributes, two times, salt.
        ("witness", 24),
        // 32 bits of the position, 4 children a level.
        ("membership", 32 + 16 * 4),
        // 64 bits of the word, 4 children a level.
        ("ended root", 64 + 13 * 4),
        ("valid from", 64),
        ("valid until", 64),
        ("shape", 52),
        // Of each predicate: two inverses, the side, two ranges.
        ("predicate absent", 4),
        ("predicate equality", 4),
        ("predicate side", 4),
        ("predicate interval", 4 * 2 * 64),
    ]);
    assert_eq!(structure.hints(&system), hints);
    let assertions = BTreeMap::from([
        ("schema", 1),
        // The bits, the child on the path, the root.
        ("membership", 32 + 16 + 1),
        ("ended root", 64 + 13 + 1),
        ("live", 1),
        ("issuer", 1),
        ("nym", 1),
        ("valid from", 65),
        ("valid until", 65),
        ("shape", 53),
        ("predicate absent", 4),
        ("predicate equality", 8),
        ("predicate side", 4),
        ("predicate interval", 4 * 2 * 65),
        ("disclosed", 16),
    ]);
    assert_eq!(structure.assertions(&system), assertions);
}

/// For each assertion there is an assignment that breaks it alone: without it, somebody could lie.
#[test]
fn no_assertion_can_be_deleted() {
    let mut systems = honest_systems();
    systems.extend(dishonest_systems());
    systems.extend(false_shapes());
    systems.extend(false_sides());
    let mut left = BTreeMap::<_, usize>::new();
    for (_, clause) in unneeded(&systems) {
        *left.entry(clause).or_default() += 1;
    }
    assert_eq!(left, BTreeMap::new());
}
