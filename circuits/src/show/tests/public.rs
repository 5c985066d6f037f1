//! The public part: form, codec, order of inputs.

use super::*;
use crate::attribute;
use crate::field::Fr;
use crate::statement::FormError;
use crate::types::MemberId;
use ark_ff::AdditiveGroup;
use commonware_codec::{DecodeExt, Encode};

#[test]
fn public_parts_that_say_nothing_provable_are_refused() {
    let absent = attribute::absent();
    let integer = attribute::from_i64;
    let beyond = absent + Fr::from(7u64);
    let with = |predicate: Predicate| {
        move |public: &mut ShowPublic| {
            public.predicates = vec![predicate];
            public.set.clear();
        }
    };
    type Change = Box<dyn Fn(&mut ShowPublic)>;
    let changes: Vec<Change> = vec![
        Box::new(|p| p.issuers.clear()),
        Box::new(|p| p.issuers = (1..=17).map(|id| MemberId::new(id).unwrap()).collect()),
        Box::new(|p| p.predicates.push(p.predicates[0])),
        Box::new(|p| p.set.clear()),
        Box::new(|p| p.set = vec![Fr::ZERO; 17]),
        Box::new(move |p| p.set[0] = absent),
        Box::new(|p| p.predicates.clear()),
        Box::new(move |p| p.disclosed[0] = Some(absent)),
        Box::new(with(Predicate::new(16, Op::Eq, integer(1)))),
        Box::new(with(Predicate::new(255, Op::Eq, integer(1)))),
        Box::new(with(Predicate::new(0, Op::Eq, absent))),
        Box::new(with(Predicate::new(0, Op::Ne, absent))),
        Box::new(with(Predicate::new(0, Op::Lt, absent))),
        Box::new(with(Predicate::new(0, Op::Ge, beyond))),
        Box::new(with(Predicate::interval(0, Op::In, integer(1), beyond))),
        Box::new(with(Predicate::interval(0, Op::In, integer(2), integer(1)))),
        Box::new(with(Predicate::interval(
            0,
            Op::NotIn,
            integer(2),
            integer(1),
        ))),
        Box::new(with(Predicate::interval(0, Op::Eq, integer(1), integer(1)))),
    ];
    for (i, change) in changes.iter().enumerate() {
        let (mut public, witness) = honest();
        change(&mut public);
        let error = public.check_form().unwrap_err();
        assert_eq!(Show::inputs(&public), Err(error), "change {i}");
        assert_eq!(Show::check(&public, &witness), Err(Clause::Form(error)));
        assert!(
            ShowPublic::decode(public.encode()).is_err(),
            "change {i} decodes"
        );
    }
    let (mut public, _) = honest();
    public.predicates[1].a = Fr::from(1u64);
    assert_eq!(
        public.check_form(),
        Err(FormError(
            "a predicate has an operand that its operation does not take"
        ))
    );
}

#[test]
fn building_the_inputs_and_listing_them_have_one_order() {
    let mut next = 0u64;
    let inputs = ShowInputs::build(|| {
        next += 1;
        Fr::from(next)
    });
    let expected: Vec<_> = (1..=Show::INPUTS as u64).map(Fr::from).collect();
    assert_eq!(inputs.to_vec(), expected);
}

#[test]
fn the_codec_is_exact() {
    let (public, _) = honest();
    let bytes = public.encode().to_vec();
    assert_eq!(ShowPublic::decode(bytes.clone()).unwrap(), public);
    for length in 0..bytes.len() {
        assert!(
            ShowPublic::decode(bytes[..length].to_vec()).is_err(),
            "{length} bytes"
        );
    }
    assert!(ShowPublic::decode([&bytes[..], &[0]].concat()).is_err());
}

#[test]
fn every_byte_of_the_encoding_counts() {
    let (public, _) = honest();
    let bytes = public.encode().to_vec();
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        if let Ok(decoded) = ShowPublic::decode(changed.clone()) {
            assert_ne!(decoded, public, "byte {at}");
            assert_eq!(decoded.encode().to_vec(), changed, "byte {at}");
        }
    }
}

#[test]
fn padding_adds_no_issuer_and_no_member() {
    let (mut public, _) = honest();
    for count in 1..=16u32 {
        public.issuers = (1..=count).map(|id| MemberId::new(id).unwrap()).collect();
        public.set = (1..=u64::from(count)).map(Fr::from).collect();
        let inputs = public.inputs().unwrap();
        let allowed: Vec<_> = (1..=u64::from(count)).map(Fr::from).collect();
        assert!(inputs.issuers.iter().all(|issuer| allowed.contains(issuer)));
        assert!(inputs.set.iter().all(|member| allowed.contains(member)));
        assert!(
            allowed
                .iter()
                .all(|value| inputs.issuers.contains(value) && inputs.set.contains(value))
        );
    }
}
