use proptest::prelude::*;
use tacit_circuits::commit::{GrantBody, RecordBody};
use tacit_circuits::field::Fr;
use tacit_circuits::types::{
    Category, CategorySet, Digest32, EndTag, HolderKey, Nym, Position, Purpose, Timestamp,
};

use super::*;
use crate::presentation::ProofTerms;
use crate::testing::*;

type E = RequestError;

fn request() -> SharingRequest {
    SharingRequest {
        chain: CHAIN,
        platform: member(3),
        purpose: Purpose::from_slug("age-verification").unwrap(),
        categories: [Category::new(1).unwrap(), Category::new(3).unwrap()]
            .into_iter()
            .collect(),
        longest_validity: 86_400,
        max_uses: 3,
        wanted: Some(ProofTerms {
            label: "shop".into(),
            schema: person().id().unwrap(),
            issuers: vec![member(1), member(2)],
            query: "age >= 18".into(),
            oldest_anchor: Timestamp(NOW.0 - 600),
        }),
        reply_key: [7; 32],
        nonce: [9; 32],
        expires: Timestamp(NOW.0 + 3600),
    }
}

fn sign(request: SharingRequest) -> SignedSharingRequest {
    signer(3).sign_sharing_request(request).unwrap()
}

fn verify(signed: SignedSharingRequest) -> Result<VerifiedRequest, E> {
    signed.verify(&CHAIN, &members(), NOW)
}

#[test]
fn a_signed_request_survives_link_and_bytes_and_is_verified() {
    let signed = sign(request());
    assert_eq!(
        SignedSharingRequest::from_bytes(&signed.to_bytes()),
        Ok(signed.clone())
    );
    let link = format!("  {}\n", signed.to_link());
    let verified = verify(SignedSharingRequest::from_link(&link).unwrap()).unwrap();
    assert_eq!(
        (verified.request.clone(), verified.id),
        (request(), request().id())
    );
    assert_eq!(verified.platform_name, "Member 3");
    let presentation = verified.request.presentation_request().unwrap();
    assert_eq!(presentation.channel, Some(verified.id.0));
}

#[test]
fn requests_are_refused_each_by_its_own_error() {
    assert_eq!(
        sign(request()).verify(&OTHER_CHAIN, &members(), NOW),
        Err(E::OtherChain)
    );
    let mut changed = members();
    changed.remove(&member(3));
    assert_eq!(
        sign(request()).verify(&CHAIN, &changed, NOW),
        Err(E::UnknownMember)
    );
    changed = members();
    changed.get_mut(&member(3)).unwrap().platform = false;
    assert_eq!(
        sign(request()).verify(&CHAIN, &changed, NOW),
        Err(E::NotAPlatform)
    );
    changed = members();
    changed.get_mut(&member(3)).unwrap().active = false;
    assert_eq!(
        sign(request()).verify(&CHAIN, &changed, NOW),
        Err(E::Suspended)
    );
    // A rotated-away key no longer asks for anything.
    changed = members();
    let old = changed[&member(3)].signing_key;
    let rotated = changed.get_mut(&member(3)).unwrap();
    rotated.signing_key = signer(8).verify_key();
    rotated.earlier_signing_keys = vec![old];
    assert_eq!(
        sign(request()).verify(&CHAIN, &changed, NOW),
        Err(E::Signature)
    );
    assert_eq!(
        sign(request()).verify(&CHAIN, &members(), request().expires),
        Err(E::Expired)
    );
    let late = SharingRequest {
        expires: Timestamp(NOW.0 + MAX_REQUEST_SECS + 1),
        ..request()
    };
    assert_eq!(verify(sign(late)), Err(E::ExpiryTooFar));

    let refused = |request| signer(3).sign_sharing_request(request).unwrap_err();
    assert_eq!(
        refused(SharingRequest {
            purpose: Purpose::new(31).unwrap(),
            ..request()
        }),
        E::Purpose
    );
    assert_eq!(
        refused(SharingRequest {
            categories: CategorySet::EMPTY,
            ..request()
        }),
        E::Categories
    );
    assert_eq!(
        refused(SharingRequest {
            categories: CategorySet(1 << 31),
            ..request()
        }),
        E::Categories
    );
    assert_eq!(
        refused(SharingRequest {
            longest_validity: 0,
            ..request()
        }),
        E::Validity
    );
    assert_eq!(
        refused(SharingRequest {
            max_uses: 0,
            ..request()
        }),
        E::Uses
    );
    assert_eq!(
        refused(SharingRequest {
            max_uses: 4097,
            ..request()
        }),
        E::Uses
    );
    assert_eq!(
        refused(SharingRequest {
            reply_key: [0; 32],
            ..request()
        }),
        E::ReplyKey
    );
    let terms = |change: &dyn Fn(&mut ProofTerms)| {
        let mut request = request();
        change(request.wanted.as_mut().unwrap());
        refused(request)
    };
    assert!(matches!(
        terms(&|t| t.query = "age >>= 18".into()),
        E::Terms(PresentationError::Predicate(_))
    ));
    assert_eq!(
        terms(&|t| t.label = "x".repeat(65)),
        E::Terms(PresentationError::Label)
    );
    assert_eq!(
        terms(&|t| t.issuers = vec![member(2), member(1)]),
        E::Terms(PresentationError::Issuers)
    );
    assert_eq!(
        refused(SharingRequest {
            platform: member(4),
            ..request()
        }),
        E::UnknownMember
    );
    assert_eq!(
        refused(SharingRequest {
            chain: OTHER_CHAIN,
            ..request()
        }),
        E::OtherChain
    );
    assert_eq!(SignedSharingRequest::from_link("https://x"), Err(E::Link));
    assert_eq!(
        SignedSharingRequest::from_link(&format!("tacit:request:{}", "A".repeat(100_000))),
        Err(E::Link)
    );
}

#[test]
fn any_changed_byte_of_a_signed_request_is_refused() {
    let good = sign(request()).to_bytes();
    for at in 0..good.len() {
        let mut bytes = good.clone();
        bytes[at] ^= 1;
        let result = SignedSharingRequest::from_bytes(&bytes).and_then(verify);
        assert!(result.is_err(), "byte {at}");
    }
    let version = {
        let mut bytes = good.clone();
        bytes[4] = 2;
        SignedSharingRequest::from_bytes(&bytes)
    };
    assert!(matches!(
        version,
        Err(E::Wire(WireError::Version { version: 2, .. }))
    ));
    let longer = [good.as_slice(), &[0]].concat();
    assert!(matches!(
        SignedSharingRequest::from_bytes(&longer),
        Err(E::Wire(WireError::Malformed(_)))
    ));
    assert!(matches!(
        SignedSharingRequest::from_bytes(b"TSRQ\x01"),
        Err(E::Wire(WireError::Magic(_)))
    ));
    assert!(matches!(
        SignedSharingRequest::from_bytes(&[0; 5000]),
        Err(E::Wire(WireError::TooLong { .. }))
    ));
}

fn approval() -> Approval {
    Approval {
        request: request().id(),
        grant: GrantOpening {
            holder_key: HolderKey(Fr::from(1u64)),
            end_tag: EndTag(Fr::from(2u64)),
            body: GrantBody {
                record: Position(5),
                grantee: member(3),
                purpose: request().purpose,
                categories: CategorySet::EMPTY.with(Category::new(1).unwrap()),
                not_before: NOW,
                not_after: Timestamp(NOW.0 + 86_400),
                max_uses: 1,
                audit_nym: Nym(Fr::from(3u64)),
                salt: Fr::from(424_242u64),
            },
            position: Position(6),
        },
        record: RecordOpening {
            holder_key: HolderKey(Fr::from(4u64)),
            end_tag: EndTag(Fr::from(5u64)),
            body: RecordBody {
                content_digest: Digest32([1; 32]),
                key_commitment: Digest32([2; 32]),
                category: Category::new(1).unwrap(),
                salt: Fr::from(6u64),
            },
        },
        vault: member(4),
        object: Digest32([3; 32]),
        content_length: 1000,
        object_length: 1090,
        envelope: vec![1, 2, 3],
        presentation: Some(b"{}".to_vec()),
    }
}

#[test]
fn approvals_may_give_less_and_never_more_or_something_else() {
    assert_eq!(approval().check(&request()), Ok(()));
    let with = |change: &dyn Fn(&mut Approval)| {
        let mut approval = approval();
        change(&mut approval);
        approval.check(&request()).unwrap_err()
    };
    assert_eq!(
        with(&|a| a.request = RequestId(Digest32([0; 32]))),
        E::OtherRequest
    );
    assert_eq!(
        with(&|a| a.grant.body.grantee = member(4)),
        E::Grant("grantee")
    );
    assert_eq!(
        with(&|a| a.grant.body.purpose = Purpose::new(0).unwrap()),
        E::Grant("purpose")
    );
    assert_eq!(
        with(&|a| a.grant.body.categories = CategorySet(1)),
        E::Grant("categories")
    );
    assert_eq!(
        with(&|a| a.grant.body.categories = CategorySet::EMPTY),
        E::Grant("categories")
    );
    assert_eq!(
        with(&|a| a.grant.body.not_after = Timestamp(NOW.0 + 86_401)),
        E::Grant("validity")
    );
    assert_eq!(
        with(&|a| a.grant.body.not_after = NOW),
        E::Grant("validity")
    );
    assert_eq!(with(&|a| a.grant.body.max_uses = 4), E::Grant("uses"));
    assert_eq!(with(&|a| a.grant.body.max_uses = 0), E::Grant("uses"));
    assert_eq!(
        with(&|a| a.record.body.category = Category::new(3).unwrap()),
        E::Record("category")
    );
    assert_eq!(with(&|a| a.presentation = None), E::NoPresentation);
    assert_ne!(approval().grant.leaf().0, approval().record.leaf().0);
}

#[test]
fn replies_round_trip_and_print_no_secrets() {
    for reply in [
        Reply::Approval(Box::new(approval())),
        Reply::Denial(Denial {
            request: request().id(),
            reason: DenialReason::TooMuchAsked,
        }),
    ] {
        assert_eq!(Reply::from_bytes(&reply.to_bytes()), Ok(reply.clone()));
        assert_eq!(reply.request(), request().id());
    }
    let shown = format!("{:?}", Reply::Approval(Box::new(approval())));
    assert_eq!(shown, "Approval(Approval(redacted))");
    let mut denial = Reply::Denial(Denial {
        request: request().id(),
        reason: DenialReason::Declined,
    })
    .to_bytes();
    *denial.last_mut().unwrap() = 99;
    assert!(Reply::from_bytes(&denial).is_err());
    for reason in DenialReason::ALL {
        assert_eq!(DenialReason::from_slug(reason.slug()), Some(*reason));
        assert_eq!(serde_json::to_value(reason).unwrap(), reason.slug());
    }
    assert_eq!(DenialReason::from_slug("because"), None);
}

#[test]
fn only_the_requester_withdraws_its_request() {
    let withdrawal = signer(3).sign_withdrawal(&request()).unwrap();
    let read = Withdrawal::from_bytes(&withdrawal.to_bytes()).unwrap();
    assert_eq!(read.verify(&request(), &members()), Ok(()));
    let other = SharingRequest {
        nonce: [1; 32],
        ..request()
    };
    assert_eq!(read.verify(&other, &members()), Err(E::OtherRequest));
    assert_eq!(signer(4).sign_withdrawal(&request()), Err(E::UnknownMember));
    let mut bytes = withdrawal.to_bytes();
    *bytes.last_mut().unwrap() ^= 1;
    assert_eq!(
        Withdrawal::from_bytes(&bytes)
            .unwrap()
            .verify(&request(), &members()),
        Err(E::Signature)
    );
    // A signature of one purpose is none of another.
    let signed = sign(request()).to_bytes();
    let moved = [&withdrawal.to_bytes()[..37], &signed[signed.len() - 64..]].concat();
    assert_eq!(
        Withdrawal::from_bytes(&moved)
            .unwrap()
            .verify(&request(), &members()),
        Err(E::Signature)
    );
}

#[test]
fn a_request_ends_once_and_late_reading_changes_nothing() {
    let (early, expiry) = (NOW, Timestamp(NOW.0 + 10));
    let fresh = RequestLife::new(expiry);
    assert_eq!(fresh.state(early), RequestState::Pending);
    assert_eq!(fresh.state(expiry), RequestState::Expired);
    let denied = Outcome::Denied(DenialReason::Declined);
    for outcome in [Outcome::Approved, denied, Outcome::Withdrawn] {
        let mut life = fresh;
        assert_eq!(life.decide(outcome, expiry), Err(E::Expired));
        // Said in time, read after the expiry: it counts, and again changes nothing.
        life.decide(outcome, early).unwrap();
        life.decide(outcome, early).unwrap();
        let ended = life.state(Timestamp(u64::MAX));
        assert_ne!(ended, RequestState::Expired);
        for other in [Outcome::Approved, denied, Outcome::Withdrawn] {
            if other != outcome {
                assert_eq!(life.decide(other, early), Err(E::AlreadyDecided(ended)));
            }
        }
        assert_eq!(life.state(early), ended);
        let bytes = commonware_codec::Encode::encode(&life);
        assert_eq!(
            <RequestLife as commonware_codec::DecodeExt<()>>::decode(bytes).unwrap(),
            life
        );
    }
}

proptest! {
    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400), magic in 0usize..4) {
        let mut bytes = bytes;
        bytes.splice(0..0, [b"TSRS\x01", b"TRPL\x01", b"TWDR\x01", b"TSRQ\x01"][magic].iter().copied());
        let _ = SignedSharingRequest::from_bytes(&bytes);
        let _ = Reply::from_bytes(&bytes);
        let _ = Withdrawal::from_bytes(&bytes);
        let _ = SignedSharingRequest::from_link(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn what_decodes_encodes_to_the_same_bytes(at in 0usize..400, byte: u8) {
        let mut bytes = Reply::Approval(Box::new(approval())).to_bytes();
        let at = at % bytes.len();
        bytes[at] = byte;
        if let Ok(reply) = Reply::from_bytes(&bytes) {
            prop_assert_eq!(reply.to_bytes(), bytes);
        }
    }
}
