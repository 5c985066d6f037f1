//! What is not given: denials, choices that ask for too much, requests that do not hold.

use super::*;

#[test]
fn a_denial_says_its_reason_and_nothing_else() {
    let mut story = Story::begin();
    let asked = story.platform.request(&story.chain, 1);
    let id = story.receive(asked.clone());
    let delivery = story
        .wallet
        .deny(id, DenialReason::PurposeNotAccepted)
        .unwrap();
    let again = story.wallet.deny(id, DenialReason::Declined).unwrap();
    assert_eq!(
        delivery, again,
        "the first decision stands, with the same bytes"
    );
    match story.platform.open(&asked, &delivery.sealed) {
        Reply::Denial(denial) => assert_eq!(denial.reason, DenialReason::PurposeNotAccepted),
        Reply::Approval(_) => panic!("approved"),
    }
    assert!(matches!(
        story.wallet.approve(id, &story.choice()),
        Err(WalletError::AlreadyAnswered("denied"))
    ));
    assert!(story.wallet.grants().is_empty());
    // The same request a second time is not asked again.
    assert_eq!(
        story
            .wallet
            .receive_file(&story.platform.sign(asked))
            .unwrap(),
        id
    );
    assert!(story.wallet.waiting().is_empty());
}

#[test]
fn an_ignored_request_leaves_no_answer() {
    let mut story = Story::begin();
    let id = story.receive(story.platform.request(&story.chain, 1));
    story.wallet.ignore(id).unwrap();
    assert!(matches!(
        story.wallet.review(id),
        Err(WalletError::UnknownRequest)
    ));
    assert!(story.wallet.answers().is_empty());
}

#[test]
fn an_approved_request_keeps_its_first_terms() {
    let mut story = Story::begin();
    let id = story.receive(story.platform.request(&story.chain, 1));
    let grant = story.wallet.approve(id, &story.choice()).unwrap();
    let other = Choice {
        max_uses: 1,
        ..story.choice()
    };
    assert_eq!(story.wallet.approve(id, &other).unwrap(), grant);
    assert_eq!(story.wallet.grant(grant).unwrap().terms.max_uses, 2);
    assert!(matches!(
        story.wallet.deny(id, DenialReason::Declined),
        Err(WalletError::AlreadyAnswered("approved"))
    ));
}

#[test]
fn nobody_gets_more_than_was_asked_or_than_the_chain_allows() {
    let mut story = Story::begin();
    let id = story.receive(story.platform.request(&story.chain, 1));
    let good = story.choice();
    let set = |slugs: &[&str]| {
        slugs
            .iter()
            .map(|slug| Category::from_slug(slug).unwrap())
            .collect()
    };
    let bad = [
        Choice {
            categories: set(&[]),
            ..good
        },
        Choice {
            categories: set(&["official-id", "medical"]),
            ..good
        },
        Choice {
            categories: set(&["address"]),
            ..good
        },
        Choice {
            validity_secs: 0,
            ..good
        },
        Choice {
            validity_secs: 30 * 86_400 + 1,
            ..good
        },
        Choice {
            max_uses: 0,
            ..good
        },
        Choice {
            max_uses: 4,
            ..good
        },
        Choice {
            credential: Some(Counter(0)),
            ..good
        },
    ];
    for choice in bad {
        let error = story.wallet.approve(id, &choice).unwrap_err();
        assert!(
            matches!(error, WalletError::Choice(_)),
            "{choice:?}: {error}"
        );
    }
    let unknown = Choice {
        record: Counter(99),
        ..good
    };
    assert!(matches!(
        story.wallet.approve(id, &unknown),
        Err(WalletError::Unknown { .. })
    ));
    let not_on_chain = add(
        &mut story.wallet,
        MemberId::new(2).unwrap(),
        b"something else",
    );
    let early = Choice {
        record: not_on_chain,
        ..good
    };
    assert!(matches!(
        story.wallet.approve(id, &early),
        Err(WalletError::NotYet(_))
    ));
    assert!(story.wallet.grants().is_empty());
    assert_eq!(story.wallet.waiting().len(), 1);
    story.wallet.approve(id, &good).unwrap();
}

#[test]
fn what_is_unusual_is_pointed_out() {
    let mut story = Story::begin();
    let slugs = ["medical", "income", "tax", "credit"];
    let mut asked = story.platform.request(&story.chain, 1);
    asked.categories = slugs
        .iter()
        .map(|slug| Category::from_slug(slug).unwrap())
        .collect();
    asked.longest_validity = 400 * 86_400;
    asked.max_uses = 500;
    asked.wanted = Some(ProofTerms {
        label: "kyc".into(),
        schema: tacit_identity::schema::Schema::person()
            .unwrap()
            .id()
            .unwrap(),
        issuers: vec![MemberId::new(9).unwrap()],
        query: "age >= 18, reveal country".into(),
        oldest_anchor: Timestamp(0),
    });
    let id = story.receive(asked);
    let warnings = story.wallet.review(id).unwrap().warnings;
    let unusual = |slug: &str| Warning::UnusualCategory {
        category: Category::from_slug(slug).unwrap(),
        purpose: Purpose::from_slug("customer-due-diligence").unwrap(),
    };
    let expected = [
        Warning::Stranger,
        Warning::LongValidity {
            asked: 400 * 86_400,
            usual: 90 * 86_400,
        },
        Warning::ManyUses {
            asked: 500,
            usual: 10,
        },
        Warning::ManyCategories { asked: 4, usual: 3 },
        unusual("credit"),
        unusual("medical"),
        Warning::Sensitive(Category::from_slug("medical").unwrap()),
        Warning::NothingFits,
        Warning::Reveals("country".into()),
        Warning::NamesIssuer(MemberId::new(9).unwrap()),
    ];
    assert_eq!(warnings, expected);
    assert!(warnings.iter().all(|warning| !warning.text().is_empty()));
}

#[test]
fn what_is_usual_follows_the_purpose() {
    let mut story = Story::begin();
    let mut warnings = |purpose: &str, days: u64, uses: u16, nonce: u8| {
        let mut asked = story.platform.request(&story.chain, nonce);
        asked.purpose = Purpose::from_slug(purpose).unwrap();
        asked.categories = [Category::from_slug("official-id").unwrap()]
            .into_iter()
            .collect();
        (asked.longest_validity, asked.max_uses) = (days * 86_400, uses);
        let id = story.receive(asked);
        story.wallet.review(id).unwrap().warnings
    };
    // The same terms are usual for one purpose and too much for another.
    let plain = [Warning::Stranger];
    assert_eq!(warnings("customer-due-diligence", 90, 10, 1), plain);
    assert_eq!(warnings("identity-verification", 30, 3, 2), plain);
    let (asked, usual) = (90 * 86_400, 30 * 86_400);
    assert_eq!(
        warnings("identity-verification", 90, 10, 3),
        [
            Warning::Stranger,
            Warning::LongValidity { asked, usual },
            Warning::ManyUses {
                asked: 10,
                usual: 3
            },
        ]
    );
    assert_eq!(
        warnings("age-verification", 1, 1, 4),
        [Warning::Stranger, Warning::ProofSuffices]
    );
    let (category, purpose) = (
        Category::from_slug("official-id").unwrap(),
        Purpose::from_slug("marketing").unwrap(),
    );
    assert_eq!(
        warnings("marketing", 1, 1, 5),
        [
            Warning::Stranger,
            Warning::UnusualCategory { category, purpose }
        ]
    );
}

#[test]
fn a_platform_that_asks_for_more_than_it_was_given_is_noticed() {
    let mut story = Story::begin();
    let id = story.receive(story.platform.request(&story.chain, 1));
    let choice = story.choice();
    story.approve(id, &choice);
    // The first request also asked for the address, and was not given it.
    let again = story.receive(story.platform.request(&story.chain, 2));
    assert_eq!(
        story.wallet.review(again).unwrap().warnings,
        [Warning::MoreThanBefore(
            Category::from_slug("address").unwrap()
        )]
    );
    let mut less = story.platform.request(&story.chain, 3);
    less.categories = choice.categories;
    let less = story.receive(less);
    assert!(story.wallet.review(less).unwrap().warnings.is_empty());
}

#[test]
fn a_request_that_does_not_hold_on_the_ledger_is_never_answered() {
    let refusal = |change: &dyn Fn(&mut Story, &mut SharingRequest)| {
        let mut story = Story::begin();
        let mut asked = story.platform.request(&story.chain, 1);
        change(&mut story, &mut asked);
        let id = story.receive(asked);
        let error = story.wallet.review(id).unwrap_err();
        assert!(story.wallet.approve(id, &story.choice()).is_err());
        assert!(story.wallet.deny(id, DenialReason::Declined).is_err());
        assert!(story.wallet.answers().is_empty());
        match error {
            WalletError::Request(error) => error,
            other => panic!("{other}"),
        }
    };
    let suspended = refusal(&|story, _| {
        let member = story.platform.member;
        story.chain.decide(SuspendMember { member });
    });
    assert_eq!(suspended, RequestError::Suspended);
    let expired = refusal(&|story, asked| {
        asked.expires = story.chain.now();
    });
    assert_eq!(expired, RequestError::Expired);
    let far = refusal(&|_, asked| asked.expires = Timestamp(u64::MAX));
    assert_eq!(far, RequestError::ExpiryTooFar);
}

#[test]
fn a_forged_request_is_never_answered() {
    let mut story = Story::begin();
    let signed = story.platform.sign(story.platform.request(&story.chain, 1));
    let mut bytes = signed.to_bytes();
    if let Some(last) = bytes.last_mut() {
        *last ^= 1;
    }
    let forged = SignedSharingRequest::from_bytes(&bytes).unwrap();
    let id = story.wallet.receive_file(&forged).unwrap();
    story.read_platform();
    assert!(matches!(
        story.wallet.review(id),
        Err(WalletError::Request(RequestError::Signature))
    ));

    // A member that is no platform asks in its own name.
    let mut asked = story.platform.request(&story.chain, 2);
    asked.purpose = Purpose::from_slug("marketing").unwrap();
    let other_chain = SharingRequest {
        chain: Digest32([9; 32]),
        ..asked
    };
    let mut elsewhere = Chain::with_pinned(Digest32([7; 32]), Digest32([8; 32]));
    let stranger = Platform::register(&mut elsewhere, "Elsewhere", 61);
    let foreign = stranger.sign(SharingRequest {
        chain: elsewhere.spec.id().0,
        platform: stranger.member,
        ..other_chain
    });
    assert!(matches!(
        story.wallet.receive_file(&foreign),
        Err(WalletError::OtherChain)
    ));
}

#[test]
fn a_message_for_another_inbox_does_not_open() {
    let mut story = Story::begin();
    let signed = story.platform.sign(story.platform.request(&story.chain, 1));
    let sealed = story
        .wallet
        .invitation(story.inbox)
        .unwrap()
        .seal(&signed, &mut rng(7))
        .unwrap();
    let vault = story.wallet.inboxes()[0].vault;
    let other = story.wallet.add_inbox("another", vault).unwrap();
    assert!(matches!(
        story.wallet.receive_sealed(other, 1, &sealed),
        Err(WalletError::Envelope(_))
    ));
    assert!(matches!(
        story.wallet.receive_sealed(99, 1, &sealed),
        Err(WalletError::UnknownInbox(99))
    ));
    let mut bytes = sealed.encode().to_vec();
    if let Some(last) = bytes.last_mut() {
        *last ^= 1;
    }
    let spoiled: SealedMessage = decode_exact(&bytes).unwrap();
    assert!(matches!(
        story.wallet.receive_sealed(story.inbox, 1, &spoiled),
        Err(WalletError::Envelope(_))
    ));
    assert!(story.wallet.waiting().is_empty());
}

#[test]
fn an_invitation_is_read_back_from_its_link_and_others_are_refused() {
    let story = Story::begin();
    let invitation = story.wallet.invitation(story.inbox).unwrap();
    let link = invitation.to_string();
    assert_eq!(format!(" {link}\n").parse(), Ok(invitation));
    let long = format!("{link}{}", "A".repeat(4096));
    for bad in [
        "",
        "tacit:inbox:",
        "tacit:offer:AAAA",
        &link[..link.len() - 4],
        &long,
    ] {
        assert!(
            bad.parse::<crate::inbox::InboxInvitation>().is_err(),
            "{bad}"
        );
    }
}
