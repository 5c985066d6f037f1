//! Predicates: the circuit agrees with the operations' meaning on every edge.

use super::super::circuit::predicate;
use super::super::public::{PredicateBits, ShowInputs};
use super::*;
use crate::attribute::{self, SLOTS};
use crate::calendar::Date;
use crate::field::Fr;
use crate::gadgets::bits_of;
use crate::r1cs::ConstraintSystem;
use ark_ff::AdditiveGroup;
use proptest::prelude::*;

const OPS: [Op; 10] = [
    Op::Eq,
    Op::Ne,
    Op::Lt,
    Op::Le,
    Op::Gt,
    Op::Ge,
    Op::In,
    Op::NotIn,
    Op::InSet,
    Op::NotInSet,
];

/// Whether the predicate's constraints hold for an attribute in its slot.
fn in_circuit(predicate_: &Predicate, attribute: Fr, set: &[Fr]) -> bool {
    let (mut public, _) = honest();
    public.predicates = vec![*predicate_];
    public.set = set.to_vec();
    let ShowInputs {
        shape,
        operands,
        set,
        ..
    } = public.inputs().unwrap();
    let shape = crate::field::fr_to_u64(&shape).unwrap() & ((1 << PredicateBits::WIDTH) - 1);
    let mut attributes = [attribute::from_i64(-1); SLOTS];
    attributes[usize::from(predicate_.slot)] = attribute;
    let inputs = [&[Fr::from(shape)][..], &operands[0], &attributes, &set].concat();
    let (mut cs, inputs) = ConstraintSystem::new(Mode::Record, &inputs);
    let (head, set) = inputs.split_at(3 + SLOTS);
    let bits = bits_of(&mut cs, &head[0], PredicateBits::WIDTH);
    let operands = [head[1].clone(), head[2].clone()];
    predicate(&mut cs, &bits, &operands, &head[3..], set);
    cs.finish().is_satisfied()
}

/// The predicate, if it is well-formed, with the set it needs.
fn formed(slot: u8, op: Op, a: Fr, b: Fr, set: &[Fr]) -> Option<(Predicate, Vec<Fr>)> {
    let predicate = match op {
        Op::InSet | Op::NotInSet => Predicate::set(slot, op),
        Op::In | Op::NotIn => Predicate::interval(slot, op, a, b),
        _ => Predicate::new(slot, op, a),
    };
    let set = if op.uses_set() { set.to_vec() } else { vec![] };
    let formed = predicate.check_form().is_ok() && !set.contains(&attribute::absent());
    formed.then_some((predicate, set))
}

fn agree(slot: u8, op: Op, a: Fr, b: Fr, set: &[Fr], attribute: Fr) {
    let Some((predicate, set)) = formed(slot, op, a, b, set) else {
        return;
    };
    let native = predicate.holds(&attribute, &set);
    assert_eq!(
        in_circuit(&predicate, attribute, &set),
        native,
        "{predicate:?} of {attribute} with {set:?}"
    );
}

/// The ends of the range, around zero, absent, just beyond the range, and no integer at all.
fn edges() -> Vec<Fr> {
    let integers =
        [i64::MIN, i64::MIN + 1, -1, 0, 1, i64::MAX - 1, i64::MAX].map(attribute::from_i64);
    let others = [
        attribute::absent() + Fr::from(1u64),
        -Fr::from(1u64),
        attribute::from_text("x").unwrap(),
    ];
    [&integers[..], &[attribute::absent()], &others].concat()
}

#[test]
fn every_operation_at_every_edge() {
    let edges = edges();
    for op in OPS {
        for attribute in &edges {
            for a in &edges {
                let seconds = if matches!(op, Op::In | Op::NotIn) {
                    &edges[..7]
                } else {
                    &edges[..1]
                };
                for b in seconds {
                    agree(3, op, *a, *b, &[*a], *attribute);
                }
            }
        }
    }
}

#[test]
fn no_predicate_holds_for_an_absent_attribute() {
    for op in OPS {
        let a = attribute::from_i64(5);
        let (predicate, set) = formed(0, op, a, a, &[a]).unwrap();
        assert!(!predicate.holds(&attribute::absent(), &set));
        assert!(!in_circuit(&predicate, attribute::absent(), &set));
    }
}

#[test]
fn every_slot_is_found() {
    for slot in 0..16 {
        let a = attribute::from_i64(i64::from(slot) + 100);
        agree(slot, Op::Eq, a, a, &[], a);
        agree(slot, Op::Lt, a, a, &[], attribute::from_i64(99));
        agree(slot, Op::Eq, a, a, &[], attribute::from_i64(0));
    }
}

#[test]
fn sets_of_one_of_sixteen_equal_and_of_sixteen_different_with_zero() {
    let zero = Fr::ZERO;
    let different: Vec<_> = (0..16u64).map(Fr::from).collect();
    for set in [
        vec![Fr::from(5u64)],
        vec![Fr::from(5u64); 16],
        different,
        vec![zero],
    ] {
        for attribute in [0u64, 5, 15, 16].map(Fr::from) {
            agree(1, Op::InSet, zero, zero, &set, attribute);
            agree(1, Op::NotInSet, zero, zero, &set, attribute);
        }
    }
}

#[test]
fn of_age_on_the_birthday_and_not_the_day_before() {
    let bound = |today: &str| {
        let today = Date::parse(today).unwrap();
        attribute::from_date(today.latest_birthdate(18).unwrap())
    };
    let leapling = attribute::from_date(Date::parse("2004-02-29").unwrap());
    for (today, holds) in [("2022-02-28", false), ("2022-03-01", true)] {
        let predicate = Predicate::new(2, Op::Le, bound(today));
        assert_eq!(predicate.holds(&leapling, &[]), holds, "{today}");
        assert_eq!(in_circuit(&predicate, leapling, &[]), holds, "{today}");
    }
}

fn arb_attribute() -> impl Strategy<Value = Fr> {
    prop_oneof![
        any::<i64>().prop_map(attribute::from_i64),
        (-3i64..3).prop_map(attribute::from_i64),
        Just(attribute::absent()),
        any::<u64>().prop_map(|n| -Fr::from(n)),
    ]
}

proptest! {
    #[test]
    fn circuit_and_meaning_agree(
        op in prop::sample::select(&OPS[..]),
        slot in 0u8..16,
        attribute in arb_attribute(),
        a in arb_attribute(),
        b in arb_attribute(),
        set in prop::collection::vec(arb_attribute().prop_filter("absent", |v| *v != attribute::absent()), 1..16),
    ) {
        agree(slot, op, a, b, &set, attribute);
    }
}
