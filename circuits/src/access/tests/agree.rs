//! The native check and the circuit agree, whatever is changed.

use super::*;
use crate::sample::{NOW, platform_secret};
use crate::types::{CategorySet, Digest32, Nym, Purpose, Secret, Timestamp};
use ark_ff::Field;
use proptest::prelude::*;

/// One change to the terms of a grant before it goes into the tree, by number; `x` says how far.
fn change_terms(body: &mut GrantBody, number: u8, x: u32) {
    match number {
        0 => body.purpose = Purpose::new(x as u8 % 32).unwrap(),
        1 => body.categories = CategorySet(x),
        2 => body.not_before = Timestamp(NOW - 1 + u64::from(x % 4)),
        3 => body.not_after = Timestamp(NOW - 1 + u64::from(x % 4)),
        4 => body.max_uses = x as u16 % 5000,
        5 => body.grantee = member(if x.is_multiple_of(2) { GRANTEE } else { x }),
        6 => body.record = Position(x),
        7 => body.audit_nym = Nym(Fr::from(x)),
        _ => body.salt += Fr::from(x),
    }
}

/// One change to an access, by number; `x` says how far.
fn change(public: &mut AccessPublic, witness: &mut AccessWitness, number: u8, x: u32) {
    match number {
        0 => witness.use_index = x as u16 % 5,
        1 => witness.vault = member(x.max(1)),
        2 => witness.session_key_hash = Digest32([x as u8; 32]),
        3 => witness.receipt_nonce = Fr::from(x),
        4 => witness.platform_secret = Secret::new(platform_secret(GRANTEE + x % 2)),
        5 => witness.path.word ^= 1 << (x % 64),
        6 => witness.record_path.word ^= 1 << (x % 64),
        7 => witness.record_path.position.0 ^= 1 << (x % 32),
        8 => witness.path.position.0 ^= 1 << (x % 32),
        9 => witness.platform_path.siblings[x as usize % 8][0] += Fr::ONE,
        10 => witness.end_tag.0 += Fr::from(x % 2),
        _ => public.anchor.time = Timestamp(NOW + u64::from(x % 8000)),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn after_any_changes(
        terms in proptest::collection::vec((0..9u8, any::<u32>()), 0..2),
        changes in proptest::collection::vec((0..12u8, any::<u32>()), 0..2),
        sealed: bool,
        digest in 0..8u32,
    ) {
        let mut body = body();
        for (number, x) in terms {
            change_terms(&mut body, number, x);
        }
        let (mut public, mut witness) = access_with(body);
        for (number, x) in changes {
            change(&mut public, &mut witness, number, x);
        }
        let mut public = if sealed { seal(public, &witness) } else { public };
        if digest == 0 {
            public.audit_digest.0 += Fr::ONE;
        }
        let native = Access::check(&public, &witness);
        prop_assert_eq!(native.is_ok(), system(&public, &witness).is_satisfied(), "{:?}", native);
    }
}
