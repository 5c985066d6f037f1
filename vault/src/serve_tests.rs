use tacit_circuits::field::Fr;
use tacit_circuits::types::Digest32;

use super::*;
use crate::ids::SessionKey;

const RECEIPT_TIME: Timestamp = Timestamp(1_000);
const OBJECT: ObjectId = ObjectId([8; 32]);

fn member(id: u32) -> MemberId {
    MemberId::new(id).unwrap()
}

fn vault() -> VaultIdentity {
    VaultIdentity {
        chain: Digest32([1; 32]),
        member: member(9),
    }
}

fn session() -> SessionKey {
    SessionKey::new(&[7; 32])
}

fn opening() -> ReceiptOpening {
    ReceiptOpening {
        grant: Position(11),
        record: Position(10),
        grantee: member(5),
        vault: member(9),
        session_key_hash: session().public().hash(),
        not_after: Timestamp(5_000),
        anchor_time: Timestamp(990),
        nonce: Fr::from(3u64),
    }
}

fn request_for(opening: ReceiptOpening, object: ObjectId, offset: u64) -> FetchRequest {
    let signature = session().sign_fetch(&vault(), &opening.commit(), &object, offset);
    FetchRequest {
        opening,
        object,
        offset,
        session_key: session().public(),
        signature,
    }
}

fn request() -> FetchRequest {
    request_for(opening(), OBJECT, 0)
}

fn live() -> LiveFacts {
    LiveFacts {
        newest_time: Timestamp(1_010),
        grant_ended: false,
        record_ended: false,
        grantee_active: true,
    }
}

fn chain() -> ChainFacts {
    ChainFacts {
        receipt_time: Some(RECEIPT_TIME),
        live: live(),
    }
}

fn object() -> Option<ObjectFacts> {
    Some(ObjectFacts {
        record: Some(Position(10)),
        length: 100,
    })
}

fn decided(
    request: &FetchRequest,
    chain: ChainFacts,
    before: Option<&Served>,
) -> Result<Serve, Refusal> {
    decide(&vault(), member(5), request, &chain, object(), before)
}

#[test]
fn a_fresh_receipt_is_served_and_says_what_to_watch() {
    let serve = decided(&request(), chain(), None).unwrap();
    assert_eq!(serve.receipt, opening().commit());
    assert_eq!(
        (serve.guard.grant, serve.guard.record),
        (Position(11), Position(10))
    );
    assert_eq!((serve.entry.attempts, serve.entry.acknowledged), (1, false));
    assert_eq!(serve.entry.until, Timestamp(1_300));
}

#[test]
fn receipts_of_another_vault_member_session_or_chain_are_refused() {
    let other_vault = request_for(
        ReceiptOpening {
            vault: member(8),
            ..opening()
        },
        OBJECT,
        0,
    );
    assert_eq!(
        decided(&other_vault, chain(), None),
        Err(Refusal::OtherVault)
    );

    let by_another = decide(&vault(), member(6), &request(), &chain(), object(), None);
    assert_eq!(by_another, Err(Refusal::OtherMember));

    let thief = SessionKey::new(&[6; 32]);
    let signature = thief.sign_fetch(&vault(), &opening().commit(), &OBJECT, 0);
    let stolen = FetchRequest {
        session_key: thief.public(),
        signature,
        ..request()
    };
    assert_eq!(
        decided(&stolen, chain(), None),
        Err(Refusal::OtherSessionKey)
    );
    let stolen = FetchRequest {
        signature,
        ..request()
    };
    assert_eq!(
        decided(&stolen, chain(), None),
        Err(Refusal::SessionSignature)
    );

    let elsewhere = VaultIdentity {
        chain: Digest32([2; 32]),
        ..vault()
    };
    let signature = session().sign_fetch(&elsewhere, &opening().commit(), &OBJECT, 0);
    let moved = FetchRequest {
        signature,
        ..request()
    };
    assert_eq!(
        decided(&moved, chain(), None),
        Err(Refusal::SessionSignature)
    );
}

#[test]
fn the_session_signature_covers_object_offset_and_receipt() {
    let changes = [
        FetchRequest {
            object: ObjectId([0; 32]),
            ..request()
        },
        FetchRequest {
            offset: 1,
            ..request()
        },
        FetchRequest {
            opening: ReceiptOpening {
                nonce: Fr::from(4u64),
                ..opening()
            },
            ..request()
        },
        FetchRequest {
            opening: ReceiptOpening {
                not_after: Timestamp(6_000),
                ..opening()
            },
            ..request()
        },
        FetchRequest {
            opening: ReceiptOpening {
                record: Position(12),
                ..opening()
            },
            ..request()
        },
    ];
    for changed in changes {
        assert_eq!(
            decided(&changed, chain(), None),
            Err(Refusal::SessionSignature)
        );
    }
}

#[test]
fn a_session_key_of_small_order_signs_nothing() {
    let key = SessionPublicKey([0; 32]);
    let opening = ReceiptOpening {
        session_key_hash: key.hash(),
        ..opening()
    };
    let request = FetchRequest {
        session_key: key,
        signature: [0; 64],
        ..request_for(opening, OBJECT, 0)
    };
    assert_eq!(
        decided(&request, chain(), None),
        Err(Refusal::SessionSignature)
    );
}

#[test]
fn unknown_and_old_receipts_are_refused_at_the_exact_second() {
    let unknown = ChainFacts {
        receipt_time: None,
        ..chain()
    };
    assert_eq!(
        decided(&request(), unknown, None),
        Err(Refusal::ReceiptUnknown)
    );
    let at = |seconds| ChainFacts {
        live: LiveFacts {
            newest_time: Timestamp(RECEIPT_TIME.0 + seconds),
            ..live()
        },
        ..chain()
    };
    assert!(decided(&request(), at(SERVE_WINDOW), None).is_ok());
    assert_eq!(
        decided(&request(), at(SERVE_WINDOW + 1), None),
        Err(Refusal::ReceiptTooOld)
    );
}

#[test]
fn what_has_ended_is_not_served_and_stops_a_stream_in_flight() {
    let guard = decided(&request(), chain(), None).unwrap().guard;
    assert_eq!(guard.check(&live()), Ok(()));
    let ended = [
        (
            LiveFacts {
                grant_ended: true,
                ..live()
            },
            Refusal::GrantEnded,
        ),
        (
            LiveFacts {
                record_ended: true,
                ..live()
            },
            Refusal::RecordEnded,
        ),
        (
            LiveFacts {
                grantee_active: false,
                ..live()
            },
            Refusal::GranteeInactive,
        ),
    ];
    for (facts, refusal) in ended {
        assert_eq!(
            decided(
                &request(),
                ChainFacts {
                    live: facts,
                    ..chain()
                },
                None
            ),
            Err(refusal)
        );
        assert_eq!(guard.check(&facts), Err(refusal));
    }
    // not_after is the first second that is too late.
    let short = request_for(
        ReceiptOpening {
            not_after: Timestamp(1_010),
            ..opening()
        },
        OBJECT,
        0,
    );
    assert_eq!(decided(&short, chain(), None), Err(Refusal::Expired));
    let just = request_for(
        ReceiptOpening {
            not_after: Timestamp(1_011),
            ..opening()
        },
        OBJECT,
        0,
    );
    let guard = decided(&just, chain(), None).unwrap().guard;
    assert_eq!(
        guard.check(&LiveFacts {
            newest_time: Timestamp(1_011),
            ..live()
        }),
        Err(Refusal::Expired)
    );
}

#[test]
fn only_the_object_of_the_record_is_served() {
    let with = |object| decide(&vault(), member(5), &request(), &chain(), object, None);
    assert_eq!(with(None), Err(Refusal::ObjectUnknown));
    assert_eq!(
        with(Some(ObjectFacts {
            record: None,
            length: 100
        })),
        Err(Refusal::OtherRecord)
    );
    let other = ObjectFacts {
        record: Some(Position(11)),
        length: 100,
    };
    assert_eq!(with(Some(other)), Err(Refusal::OtherRecord));
    assert!(decided(&request_for(opening(), OBJECT, 100), chain(), None).is_ok());
    assert_eq!(
        decided(&request_for(opening(), OBJECT, 101), chain(), None),
        Err(Refusal::Offset)
    );
}

#[test]
fn a_receipt_is_resumed_a_few_times_and_used_up_by_its_acknowledgement() {
    let mut before = None;
    for attempt in 1..=MAX_ATTEMPTS {
        let serve = decided(
            &request_for(opening(), OBJECT, 50),
            chain(),
            before.as_ref(),
        )
        .unwrap();
        assert_eq!(serve.entry.attempts, attempt);
        before = Some(serve.entry);
    }
    assert_eq!(
        decided(&request(), chain(), before.as_ref()),
        Err(Refusal::AlreadyServed)
    );

    let first = decided(&request(), chain(), None).unwrap();
    let signature = session().sign_acknowledgement(&vault(), &first.receipt);
    let done = acknowledge(&vault(), &first.receipt, &signature, Some(&first.entry)).unwrap();
    assert_eq!(
        decided(&request(), chain(), Some(&done)),
        Err(Refusal::AlreadyServed)
    );
    assert_eq!(
        acknowledge(&vault(), &first.receipt, &signature, Some(&done)),
        Ok(done)
    );
}

#[test]
fn a_receipt_serves_one_object() {
    let first = decided(&request(), chain(), None).unwrap();
    let other = request_for(opening(), ObjectId([9; 32]), 0);
    assert_eq!(
        decided(&other, chain(), Some(&first.entry)),
        Err(Refusal::AlreadyServed)
    );
}

#[test]
fn nobody_else_can_use_up_a_receipt() {
    let first = decided(&request(), chain(), None).unwrap();
    let stranger = SessionKey::new(&[6; 32]).sign_acknowledgement(&vault(), &first.receipt);
    let wrong = acknowledge(&vault(), &first.receipt, &stranger, Some(&first.entry));
    assert_eq!(wrong, Err(Refusal::SessionSignature));
    // A fetch signature is no acknowledgement.
    let wrong = acknowledge(
        &vault(),
        &first.receipt,
        &request().signature,
        Some(&first.entry),
    );
    assert_eq!(wrong, Err(Refusal::SessionSignature));
    let signature = session().sign_acknowledgement(&vault(), &first.receipt);
    assert_eq!(
        acknowledge(&vault(), &first.receipt, &signature, None),
        Err(Refusal::ReceiptUnknown)
    );
}

#[test]
fn a_session_key_does_not_show_in_debug_output() {
    assert_eq!(format!("{:?}", session()), "SessionKey(redacted)");
}
