use super::*;

const NOW: Timestamp = Timestamp(1_800_000_000);
const LATER: Timestamp = Timestamp(NOW.0 + 3_600);
const ADDRESS: InboxAddress = InboxAddress([1; 32]);

fn id(member: u32, handle: u64) -> RequestId {
    let mut bytes = [0; 16];
    bytes[8..].copy_from_slice(&handle.to_be_bytes());
    RequestId {
        member: MemberId::new(member).unwrap(),
        handle: Handle(bytes),
    }
}

fn digest(byte: u8) -> Digest32 {
    Digest32([byte; 32])
}

fn post(
    inbox: &mut Inbox,
    id: RequestId,
    address: InboxAddress,
) -> Result<Option<Sequence>, InboxError> {
    let entry = inbox.post(id, address, digest(1), LATER, NOW)?;
    if let Some(entry) = entry {
        inbox.insert(id, entry);
    }
    Ok(entry.map(|entry| entry.sequence))
}

fn answer(
    inbox: &mut Inbox,
    sequence: Sequence,
    what: u8,
    now: Timestamp,
) -> Result<bool, InboxError> {
    let change = inbox.answer(ADDRESS, sequence, digest(what), now)?;
    if let Some((id, entry)) = change {
        inbox.insert(id, entry);
    }
    Ok(change.is_some())
}

#[test]
fn a_request_waits_is_taken_and_answered_once() {
    let mut inbox = Inbox::default();
    let sequence = post(&mut inbox, id(1, 1), ADDRESS).unwrap().unwrap();
    assert_eq!(
        inbox.get(&id(1, 1)).unwrap().state(NOW),
        RequestState::Pending
    );
    assert_eq!(inbox.waiting(ADDRESS, Sequence(0), 10, NOW).len(), 1);

    let (taken_id, taken) = inbox.take(ADDRESS, sequence).unwrap();
    inbox.insert(taken_id, taken);
    assert!(inbox.waiting(ADDRESS, Sequence(0), 10, NOW).is_empty());
    assert!(inbox.take(ADDRESS, sequence).is_none());
    assert_eq!(
        inbox.get(&id(1, 1)).unwrap().state(NOW),
        RequestState::Pending
    );

    assert_eq!(answer(&mut inbox, sequence, 5, NOW), Ok(true));
    assert_eq!(
        inbox.get(&id(1, 1)).unwrap().state(NOW),
        RequestState::Answered
    );
    assert_eq!(
        answer(&mut inbox, sequence, 5, NOW),
        Ok(false),
        "the same answer again changes nothing"
    );
    assert_eq!(
        answer(&mut inbox, sequence, 6, NOW),
        Err(InboxError::AlreadyAnswered)
    );
    assert_eq!(
        answer(&mut inbox, sequence, 5, Timestamp(u64::MAX)),
        Ok(false),
        "an answer stays past the expiry"
    );
}

#[test]
fn posting_again_changes_nothing_and_a_handle_is_used_once() {
    let mut inbox = Inbox::default();
    assert!(post(&mut inbox, id(1, 1), ADDRESS).unwrap().is_some());
    assert_eq!(post(&mut inbox, id(1, 1), ADDRESS), Ok(None));
    assert_eq!(
        inbox.post(id(1, 1), ADDRESS, digest(2), LATER, NOW),
        Err(InboxError::HandleUsed)
    );
    assert_eq!(
        inbox.post(id(1, 1), InboxAddress([2; 32]), digest(1), LATER, NOW),
        Err(InboxError::HandleUsed)
    );
    // The handle of another member is another request.
    assert!(post(&mut inbox, id(2, 1), ADDRESS).unwrap().is_some());
}

#[test]
fn an_answer_needs_the_address_and_an_open_request() {
    let mut inbox = Inbox::default();
    let sequence = post(&mut inbox, id(1, 1), ADDRESS).unwrap().unwrap();
    let elsewhere = inbox.answer(InboxAddress([2; 32]), sequence, digest(5), NOW);
    assert_eq!(elsewhere, Err(InboxError::Unknown));
    assert_eq!(
        answer(&mut inbox, Sequence(sequence.0 + 1), 5, NOW),
        Err(InboxError::Unknown)
    );
    assert_eq!(
        answer(&mut inbox, sequence, 5, LATER),
        Err(InboxError::Closed)
    );
    assert_eq!(
        answer(&mut inbox, sequence, 5, Timestamp(LATER.0 - 1)),
        Ok(true)
    );
}

#[test]
fn a_withdrawn_request_is_gone_from_the_inbox_and_an_answered_one_stays_answered() {
    let mut inbox = Inbox::default();
    let sequence = post(&mut inbox, id(1, 1), ADDRESS).unwrap().unwrap();
    let entry = inbox.withdraw(&id(1, 1), NOW).unwrap().unwrap();
    inbox.insert(id(1, 1), entry);
    assert_eq!(
        inbox.get(&id(1, 1)).unwrap().state(NOW),
        RequestState::Withdrawn
    );
    assert!(inbox.waiting(ADDRESS, Sequence(0), 10, NOW).is_empty());
    assert_eq!(
        answer(&mut inbox, sequence, 5, NOW),
        Err(InboxError::Closed)
    );
    assert_eq!(inbox.withdraw(&id(1, 1), NOW), Ok(None));
    assert_eq!(
        inbox.withdraw(&id(2, 1), NOW),
        Err(InboxError::Unknown),
        "another member's request"
    );

    let sequence = post(&mut inbox, id(1, 2), ADDRESS).unwrap().unwrap();
    answer(&mut inbox, sequence, 5, NOW).unwrap();
    assert_eq!(inbox.withdraw(&id(1, 2), NOW), Ok(None));
    assert_eq!(
        inbox.get(&id(1, 2)).unwrap().state(NOW),
        RequestState::Answered
    );
}

#[test]
fn a_request_lapses_at_the_exact_second_and_is_forgotten_after_the_retention() {
    let mut inbox = Inbox::default();
    post(&mut inbox, id(1, 1), ADDRESS).unwrap();
    let entry = inbox.get(&id(1, 1)).unwrap();
    assert_eq!(entry.state(Timestamp(LATER.0 - 1)), RequestState::Pending);
    assert_eq!(entry.state(LATER), RequestState::Expired);
    assert!(inbox.waiting(ADDRESS, Sequence(0), 10, LATER).is_empty());
    assert!(inbox.lapsed(Timestamp(LATER.0 + RETENTION)).is_empty());
    assert_eq!(inbox.lapsed(Timestamp(LATER.0 + RETENTION + 1)), [id(1, 1)]);
    inbox.remove(&id(1, 1));
    assert!(inbox.get(&id(1, 1)).is_none() && inbox.by_address.is_empty());
}

#[test]
fn expiries_in_the_past_or_far_ahead_are_refused() {
    let inbox = Inbox::default();
    let with = |expires_at| {
        inbox
            .post(id(1, 1), ADDRESS, digest(1), expires_at, NOW)
            .map(|_| ())
    };
    assert_eq!(with(NOW), Err(InboxError::Expiry));
    assert_eq!(with(Timestamp(0)), Err(InboxError::Expiry));
    assert_eq!(
        with(Timestamp(NOW.0 + MAX_LIFETIME + 1)),
        Err(InboxError::Expiry)
    );
    assert_eq!(with(Timestamp(u64::MAX)), Err(InboxError::Expiry));
    assert_eq!(with(Timestamp(NOW.0 + MAX_LIFETIME)), Ok(()));
    assert_eq!(with(Timestamp(NOW.0 + 1)), Ok(()));
}

#[test]
fn addresses_members_and_the_vault_have_bounds() {
    let mut inbox = Inbox::default();
    for handle in 0..MAX_WAITING_PER_ADDRESS as u64 {
        post(&mut inbox, id(1, handle), ADDRESS).unwrap();
    }
    assert_eq!(
        post(&mut inbox, id(2, 1), ADDRESS),
        Err(InboxError::AddressFull)
    );
    // What has been taken makes room.
    let (first, entry) = inbox.waiting(ADDRESS, Sequence(0), 1, NOW)[0];
    inbox.insert(
        first,
        Entry {
            taken: true,
            ..entry
        },
    );
    assert!(post(&mut inbox, id(2, 1), ADDRESS).is_ok());

    let address = |i: usize| {
        let mut bytes = [9; 32];
        bytes[..8].copy_from_slice(&(i as u64).to_be_bytes());
        InboxAddress(bytes)
    };
    let mut inbox = Inbox::default();
    for i in 0..MAX_REQUESTS_PER_MEMBER {
        post(&mut inbox, id(1, i as u64), address(i)).unwrap();
    }
    assert_eq!(
        post(&mut inbox, id(1, u64::MAX), ADDRESS),
        Err(InboxError::MemberFull)
    );
    for i in MAX_REQUESTS_PER_MEMBER..MAX_REQUESTS {
        post(&mut inbox, id(2 + (i / 4000) as u32, i as u64), address(i)).unwrap();
    }
    assert_eq!(
        post(&mut inbox, id(99, 0), ADDRESS),
        Err(InboxError::VaultFull)
    );
}

#[test]
fn polling_goes_on_after_a_number_and_gives_a_bounded_page() {
    let mut inbox = Inbox::default();
    for handle in 0..40 {
        post(&mut inbox, id(1, handle), ADDRESS).unwrap();
        post(&mut inbox, id(2, handle), InboxAddress([2; 32])).unwrap();
    }
    let (mut after, mut seen) = (Sequence(0), Vec::new());
    loop {
        let page = inbox.waiting(ADDRESS, after, usize::MAX, NOW);
        assert!(page.len() <= MAX_PAGE);
        let Some((_, last)) = page.last() else { break };
        after = last.sequence;
        seen.extend(page.iter().map(|(id, _)| *id));
    }
    assert_eq!(
        seen,
        (0..40).map(|handle| id(1, handle)).collect::<Vec<_>>()
    );
    assert!(
        inbox
            .waiting(ADDRESS, Sequence(u64::MAX), 1, NOW)
            .is_empty()
    );
}

#[test]
fn a_number_is_not_used_again_when_its_request_has_been_forgotten() {
    let mut inbox = Inbox::default();
    let first = post(&mut inbox, id(1, 1), ADDRESS).unwrap().unwrap();
    // A restart after the retention, when nothing is stored any more.
    let inbox = Inbox::default();
    let later = Timestamp(LATER.0 + RETENTION + 1);
    let entry = inbox
        .post(id(1, 1), ADDRESS, digest(1), later.saturating_add(1), later)
        .unwrap()
        .unwrap();
    assert!(entry.sequence > first);
}
