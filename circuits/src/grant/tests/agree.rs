//! The native check and the circuit agree, whatever is changed.

use super::*;
use crate::commit;
use crate::sample::NOW;
use crate::types::{Category, CategorySet, EndTag, Nym, Purpose, PurposeSet, Secret, Timestamp};
use ark_ff::Field;
use proptest::prelude::*;

/// One change to an honest grant, by number; `x` says how far.
fn change(public: &mut GrantPublic, witness: &mut GrantWitness, number: u8, x: u32) {
    let (body, days) = (&mut witness.body, u64::from(x % 200) * sample::DAY);
    match number {
        0 => body.purpose = Purpose::new(x as u8 % 32).unwrap(),
        1 => body.categories = CategorySet(x),
        2 => witness.record_body.category = Category::new(x as u8 % 32).unwrap(),
        3 => body.not_before = Timestamp(NOW + days - 50 * sample::DAY),
        4 => body.not_after = Timestamp(body.not_before.0 + days),
        5 => body.max_uses = x as u16,
        6 => body.grantee = member(x.max(1)),
        7 => body.audit_nym = Nym(body.audit_nym.0 + Fr::from(x % 2)),
        8 => body.record.0 ^= x % 2,
        9 => body.salt += Fr::from(x),
        10 => public.policy.purposes = PurposeSet(x),
        11 => public.policy.max_duration_secs = days,
        12 => public.policy.max_start_offset_secs = days,
        13 => public.anchor.time = Timestamp(NOW + days),
        14 => witness.path.word ^= 1 << (x % 64),
        15 => witness.path.position.0 ^= 1 << (x % 32),
        16 => witness.grant_rho = Secret::new(Fr::from(x)),
        17 => witness.sk = Secret::new(sk() + Fr::from(x % 2)),
        18 => witness.record_end_tag = EndTag(witness.record_end_tag.0 + Fr::from(x % 2)),
        _ => public.end_tag = commit::end_tag(&Fr::from(x)),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn after_any_changes(
        changes in proptest::collection::vec((0..20u8, any::<u32>()), 0..3), sealed: bool, digest in 0..8u32,
    ) {
        let (mut public, mut witness) = honest();
        for (number, x) in changes {
            change(&mut public, &mut witness, number, x);
        }
        let mut public = if sealed { seal(public, &witness) } else { public };
        if digest == 0 {
            public.audit_digest.0 += Fr::ONE;
        }
        let native = Grant::check(&public, &witness);
        prop_assert_eq!(native.is_ok(), system(&public, &witness).is_satisfied(), "{:?}", native);
    }
}
