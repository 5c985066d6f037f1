//! Members: register, rotate, suspend, and what signatures count.

use super::{Chain, keys_for, signing_key};
use crate::action::*;
use crate::governance::{
    Effect, RegisterMember, ReinstateMember, ReplaceMemberKeys, SuspendMember,
};
use crate::ids::{ChainId, Height, ValidatorId};
use crate::member::{MemberStatus, PlatformCommitment, Role, Roles};
use crate::outcome::Outcome;
use crate::reject::Reject;
use crate::state;
use crate::text::{Name, Purpose, SchemaDocument};
use crate::tx::{Authorization, Tx, ValidatorSignature};
use tacit_circuits::tree::platform;
use tacit_circuits::types::{Digest32, MemberId};

fn id(n: u32) -> MemberId {
    MemberId::new(n).unwrap()
}

fn register(name: &str, n: u8, roles: &[Role], platform: bool) -> RegisterMember {
    RegisterMember {
        name: Name::new(name).unwrap(),
        roles: Roles::new(roles).unwrap(),
        keys: keys_for(n, platform),
    }
}

#[test]
fn members_get_numbers_in_order_and_names_are_unique() {
    let mut chain = Chain::with_members();
    assert_eq!(
        chain.register(4, &[Role::Vault]).unwrap(),
        Effect::Member { member: id(4) }
    );
    let taken = chain.decide(register("member 2", 9, &[Role::Vault], false));
    assert!(matches!(taken, Err(Reject::NameTaken(holder)) if holder == id(2)));
    // A refused registration uses up no number.
    assert_eq!(
        chain.register(5, &[Role::Vault]).unwrap(),
        Effect::Member { member: id(5) }
    );
}

#[test]
fn platforms_and_only_platforms_have_a_commitment_that_is_not_zero() {
    let mut chain = Chain::new();
    for (roles, platform) in [(Role::Vault, true), (Role::Platform, false)] {
        let refused = chain.decide(register("x", 9, &[roles], platform));
        assert!(matches!(refused, Err(Reject::PlatformCommitment)));
    }
    let mut action = register("x", 9, &[Role::Platform], true);
    action.keys.platform = Some(PlatformCommitment(0u64.into()));
    let refused = chain.decide(action);
    assert!(matches!(refused, Err(Reject::PlatformCommitment)));
    assert_eq!(chain.tip().platform_root, platform::empty_root());
}

#[test]
fn a_signature_counts_for_one_chain_member_request_and_action_only() {
    let mut chain = Chain::with_members();
    let action: Action = chain.issue(50).into();
    let good = chain.by_member(1, 1, action.clone());
    let request = good.request_id;
    let Authorization::Member(signed) = good.authorization else {
        panic!()
    };

    let other_chain = ChainId(Digest32([1; 32]));
    let elsewhere = Tx::signed_by_member(
        &other_chain,
        request,
        action.clone(),
        id(1),
        &signing_key(1),
    );
    assert!(matches!(chain.submit(elsewhere), Err(Reject::Signature)));

    let as_another = Tx::signed_by_member(
        &chain.spec.id(),
        request,
        action.clone(),
        id(1),
        &signing_key(2),
    );
    assert!(matches!(chain.submit(as_another), Err(Reject::Signature)));

    let moved_request = Tx {
        request_id: chain.request(),
        ..good.clone()
    };
    assert!(matches!(
        chain.submit(moved_request),
        Err(Reject::Signature)
    ));

    let moved_action = Tx {
        action: chain.issue(60).into(),
        ..good.clone()
    };
    assert!(matches!(chain.submit(moved_action), Err(Reject::Signature)));

    let mut changed = signed;
    changed.signature.0[0] ^= 1;
    let changed = Tx {
        authorization: Authorization::Member(changed),
        ..good.clone()
    };
    assert!(matches!(chain.submit(changed), Err(Reject::Signature)));

    let unknown = chain.by_member(99, 1, action.clone());
    assert!(matches!(
        chain.submit(unknown),
        Err(Reject::UnknownMember(_))
    ));

    let validator = Tx {
        authorization: Authorization::Validator(ValidatorSignature {
            validator: ValidatorId::new(1).unwrap(),
            signature: signed.signature,
        }),
        ..good.clone()
    };
    assert!(matches!(
        chain.submit(validator),
        Err(Reject::Authorization { .. })
    ));

    assert!(chain.submit(good).is_ok());
}

#[test]
fn roles_are_needed_for_their_actions() {
    let mut chain = Chain::with_members();
    let tip = chain.height();
    let schema = RegisterSchema {
        document: SchemaDocument::new("{}").unwrap(),
    };
    let open = OpenAudit {
        from: Height(0),
        to: tip,
        purpose: Purpose::new("case 7").unwrap(),
    };
    let actions: [Action; 3] = [chain.issue(1).into(), schema.into(), open.into()];
    for action in actions {
        let tx = chain.by_member(2, 2, action);
        assert!(matches!(chain.submit(tx), Err(Reject::Role { .. })));
    }
}

#[test]
fn rotation_keeps_history_and_ends_the_old_key() {
    let mut chain = Chain::with_members();
    let before = chain.height();
    let platform_before = chain.tip().platform_root;
    let rotate = RotateKeys {
        member: id(2),
        keys: keys_for(42, true),
    };

    let by_another = chain.by_member(1, 1, rotate.clone());
    assert!(matches!(
        chain.submit(by_another),
        Err(Reject::Authorization { .. })
    ));
    let same = chain.by_member(
        2,
        2,
        RotateKeys {
            member: id(2),
            keys: keys_for(2, true),
        },
    );
    assert!(matches!(chain.submit(same), Err(Reject::SameKeys)));
    let lost = chain.by_member(
        2,
        2,
        RotateKeys {
            member: id(2),
            keys: keys_for(42, false),
        },
    );
    assert!(matches!(
        chain.submit(lost),
        Err(Reject::PlatformCommitment)
    ));

    let tx = chain.by_member(2, 2, rotate);
    assert!(chain.submit(tx).is_ok());
    let at = chain.height();
    assert_ne!(chain.tip().platform_root, platform_before);
    let record = state::member(&chain.state, id(2)).unwrap().unwrap();
    assert_eq!(record.keys_at(at).unwrap(), &keys_for(42, true));
    assert_eq!(record.keys_at(before).unwrap(), &keys_for(2, true));
    assert_eq!(record.keys_at(Height(0)), None);

    let old = chain.by_member(
        2,
        2,
        RotateKeys {
            member: id(2),
            keys: keys_for(43, true),
        },
    );
    assert!(matches!(chain.submit(old), Err(Reject::Signature)));
    // The validators help a member that lost its key.
    let helped = chain.decide(ReplaceMemberKeys {
        member: id(2),
        keys: keys_for(43, true),
    });
    assert!(helped.is_ok());
    let new = chain.by_member(
        2,
        43,
        RotateKeys {
            member: id(2),
            keys: keys_for(44, true),
        },
    );
    assert!(chain.submit(new).is_ok());
}

#[test]
fn two_actions_of_one_block_around_a_rotation_use_the_key_of_their_moment() {
    let mut chain = Chain::with_members();
    let first = chain.by_member(1, 1, chain.issue(10));
    let rotate = chain.by_member(
        1,
        1,
        RotateKeys {
            member: id(1),
            keys: keys_for(42, false),
        },
    );
    let stale = chain.by_member(1, 1, chain.issue(20));
    let fresh = chain.by_member(1, 42, chain.issue(30));
    let (executed, rejected) = chain.block(vec![first, rotate, stale, fresh]);
    assert_eq!(executed.results.len(), 3);
    assert!(matches!(rejected[..], [Reject::Signature]));
}

#[test]
fn a_suspended_member_does_nothing_any_more_until_it_is_reinstated() {
    let mut chain = Chain::with_members();
    let before = chain.tip().platform_root;
    for member in [1, 2] {
        chain.decide(SuspendMember { member: id(member) }).unwrap();
    }
    assert_eq!(
        state::member(&chain.state, id(2)).unwrap().unwrap().status,
        MemberStatus::Suspended
    );
    assert_eq!(
        chain.tip().platform_root,
        platform::empty_root(),
        "its platform entry is gone"
    );
    let issue = chain.by_member(1, 1, chain.issue(1));
    assert!(matches!(chain.submit(issue), Err(Reject::Suspended(_))));
    let replace = chain.decide(ReplaceMemberKeys {
        member: id(2),
        keys: keys_for(42, true),
    });
    assert!(matches!(replace, Err(Reject::Suspended(_))));
    let again = chain.decide(SuspendMember { member: id(2) });
    assert!(matches!(again, Err(Reject::Suspended(_))));
    let nobody = chain.decide(SuspendMember { member: id(77) });
    assert!(matches!(nobody, Err(Reject::UnknownMember(_))));

    let nobody = chain.decide(ReinstateMember { member: id(77) });
    assert!(matches!(nobody, Err(Reject::UnknownMember(_))));
    let active = chain.decide(ReinstateMember { member: id(3) });
    assert!(matches!(active, Err(Reject::NotSuspended(_))));
    for member in [1, 2] {
        chain
            .decide(ReinstateMember { member: id(member) })
            .unwrap();
    }
    assert_eq!(chain.tip().platform_root, before);
    let issue = chain.by_member(1, 1, chain.issue(1));
    assert!(chain.submit(issue).is_ok());
}

#[test]
fn schemas_are_addressed_by_content_and_stay() {
    let mut chain = Chain::with_members();
    let register = |text: &str| RegisterSchema {
        document: SchemaDocument::new(text).unwrap(),
    };
    let first = chain.by_member(1, 1, register("{\"a\":1}"));
    let Outcome::Schema {
        id: schema,
        existing: false,
    } = chain.submit(first).unwrap()
    else {
        panic!()
    };
    let again = chain.by_member(1, 1, register("{\"a\":1}"));
    assert_eq!(
        chain.submit(again).unwrap(),
        Outcome::Schema {
            id: schema,
            existing: true
        }
    );
    let other = chain.by_member(1, 1, register("{\"a\":2}"));
    assert!(
        matches!(chain.submit(other).unwrap(), Outcome::Schema { id, existing: false } if id != schema)
    );
    assert_eq!(
        state::schema(&chain.state, &schema.0)
            .unwrap()
            .unwrap()
            .document
            .as_str(),
        "{\"a\":1}"
    );
}

#[test]
fn an_opening_names_heights_that_are_on_the_chain() {
    let mut chain = Chain::with_members();
    let tip = chain.height().0;
    let open = |from, to| OpenAudit {
        from: Height(from),
        to: Height(to),
        purpose: Purpose::new("yearly report").unwrap(),
    };
    // The first heights in the future, as seen from each block in turn; then an empty range.
    for (from, to) in [
        (0, tip + 1),
        (tip + 2, tip + 2),
        (tip + 50, tip + 60),
        (2, 1),
    ] {
        let tx = chain.by_member(3, 3, open(from, to));
        assert!(
            matches!(chain.submit(tx), Err(Reject::Range)),
            "{from} {to}"
        );
    }
    let now = chain.height().0;
    let tx = chain.by_member(3, 3, open(0, now));
    assert_eq!(chain.submit(tx).unwrap(), Outcome::Opened { opening: 0 });
    let future = chain.height().0 + 1;
    let tx = chain.by_member(3, 3, open(0, future));
    assert!(matches!(chain.submit(tx), Err(Reject::Range)));
}
