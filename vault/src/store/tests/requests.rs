use bytes::Bytes;
use commonware_codec::Encode;
use rand_core::SeedableRng;

use super::*;
use crate::envelope::{MessageKind, SealedMessage};
use crate::hpke_keys::HpkeSecretKey;
use crate::ids::InboxAddress;
use crate::inbox::{Handle, InboxError, RequestState, Sequence};
use crate::test_rng::TestRng;

const HANDLE: Handle = Handle([6; 16]);
const LATER: Timestamp = Timestamp(NOW.0 + 3_600);

fn message(seed: u64, content: &[u8]) -> Bytes {
    let mut rng = TestRng::seed_from_u64(seed);
    let to = HpkeSecretKey::new([8; 32]).public_key();
    SealedMessage::seal(MessageKind::Request, to, b"", content, &mut rng)
        .unwrap()
        .encode()
}

async fn post(vault: &Vault, handle: Handle, address: InboxAddress) -> Result<(), StoreError> {
    vault
        .post_request(
            member(5),
            handle,
            address,
            message(1, b"may I?"),
            LATER,
            NOW,
        )
        .await
}

fn inbox_error<T>(result: Result<T, StoreError>) -> Option<InboxError> {
    match result {
        Err(StoreError::Inbox(error)) => Some(error),
        _ => None,
    }
}

#[tokio::test]
async fn a_request_and_its_answer_survive_a_restart_at_every_step() {
    let folder = tempfile::tempdir().unwrap();
    let reopen = || open_vault(folder.path());
    let state =
        |vault: Vault| async move { vault.request_state(member(5), HANDLE, NOW).await.unwrap() };

    let vault = reopen().await;
    post(&vault, HANDLE, InboxAddress::of(&OWNER))
        .await
        .unwrap();
    post(&vault, HANDLE, InboxAddress::of(&OWNER))
        .await
        .unwrap();
    drop(vault);

    let vault = reopen().await;
    assert_eq!(
        state(vault.clone()).await,
        RequestView {
            state: RequestState::Pending,
            answer: None
        }
    );
    let waiting = vault.poll_inbox(OWNER, Sequence(0), 10, NOW).await.unwrap();
    assert_eq!(waiting.len(), 1);
    assert_eq!(waiting[0].sealed, message(1, b"may I?"));
    let sequence = waiting[0].sequence;
    vault
        .acknowledge_inbox(OWNER, vec![sequence, Sequence(1)], NOW)
        .await
        .unwrap();
    drop(vault);

    let vault = reopen().await;
    assert!(
        vault
            .poll_inbox(OWNER, Sequence(0), 10, NOW)
            .await
            .unwrap()
            .is_empty()
    );
    let mut changes = vault.request_changes();
    vault
        .answer_request(OWNER, sequence, message(2, b"yes"), NOW)
        .await
        .unwrap();
    assert!(changes.has_changed().unwrap());
    changes.mark_unchanged();
    vault
        .answer_request(OWNER, sequence, message(2, b"yes"), NOW)
        .await
        .unwrap();
    assert!(
        !changes.has_changed().unwrap(),
        "the same answer again wakes nobody"
    );
    let other = vault
        .answer_request(OWNER, sequence, message(3, b"no"), NOW)
        .await;
    assert_eq!(inbox_error(other), Some(InboxError::AlreadyAnswered));
    drop(vault);

    let vault = reopen().await;
    let answered = RequestView {
        state: RequestState::Answered,
        answer: Some(message(2, b"yes")),
    };
    assert_eq!(state(vault).await, answered);
}

#[tokio::test]
async fn only_the_key_of_an_address_polls_takes_and_answers() {
    let folder = tempfile::tempdir().unwrap();
    let vault = open_vault(folder.path()).await;
    post(&vault, HANDLE, InboxAddress::of(&OWNER))
        .await
        .unwrap();
    let sequence = vault.poll_inbox(OWNER, Sequence(0), 1, NOW).await.unwrap()[0].sequence;
    assert!(
        vault
            .poll_inbox(STRANGER, Sequence(0), 10, NOW)
            .await
            .unwrap()
            .is_empty()
    );
    vault
        .acknowledge_inbox(STRANGER, vec![sequence], NOW)
        .await
        .unwrap();
    assert_eq!(
        vault
            .poll_inbox(OWNER, Sequence(0), 10, NOW)
            .await
            .unwrap()
            .len(),
        1
    );
    let answer = vault
        .answer_request(STRANGER, sequence, message(2, b"yes"), NOW)
        .await;
    assert_eq!(inbox_error(answer), Some(InboxError::Unknown));
}

#[tokio::test]
async fn only_the_member_that_posted_it_sees_or_withdraws_a_request() {
    let folder = tempfile::tempdir().unwrap();
    let vault = open_vault(folder.path()).await;
    post(&vault, HANDLE, InboxAddress::of(&OWNER))
        .await
        .unwrap();
    let seen = vault.request_state(member(6), HANDLE, NOW).await;
    assert_eq!(inbox_error(seen), Some(InboxError::Unknown));
    assert_eq!(
        inbox_error(vault.withdraw_request(member(6), HANDLE, NOW).await),
        Some(InboxError::Unknown)
    );

    vault
        .withdraw_request(member(5), HANDLE, NOW)
        .await
        .unwrap();
    vault
        .withdraw_request(member(5), HANDLE, NOW)
        .await
        .unwrap();
    assert!(
        vault
            .poll_inbox(OWNER, Sequence(0), 10, NOW)
            .await
            .unwrap()
            .is_empty()
    );
    let view = vault.request_state(member(5), HANDLE, NOW).await.unwrap();
    assert_eq!(
        view,
        RequestView {
            state: RequestState::Withdrawn,
            answer: None
        }
    );
}

#[tokio::test]
async fn an_address_that_nobody_has_looks_like_one_that_somebody_has() {
    let folder = tempfile::tempdir().unwrap();
    let vault = open_vault(folder.path()).await;
    let (somebody, nobody) = (InboxAddress::of(&OWNER), InboxAddress([0xee; 32]));
    let (first, second) = (Handle([1; 16]), Handle([2; 16]));
    // Somebody is there and looks, but has not answered.
    vault.poll_inbox(OWNER, Sequence(0), 10, NOW).await.unwrap();
    post(&vault, first, somebody).await.unwrap();
    vault.poll_inbox(OWNER, Sequence(0), 10, NOW).await.unwrap();
    post(&vault, second, nobody).await.unwrap();

    // The same results, before and after the expiry, and for one request too many.
    for now in [NOW, Timestamp(LATER.0 - 1), LATER, Timestamp(LATER.0 + 1)] {
        let at_somebody = vault.request_state(member(5), first, now).await.unwrap();
        assert_eq!(
            at_somebody,
            vault.request_state(member(5), second, now).await.unwrap()
        );
    }
    for i in 0..crate::inbox::MAX_WAITING_PER_ADDRESS as u8 - 1 {
        post(&vault, Handle([100 + i; 16]), somebody).await.unwrap();
        post(&vault, Handle([i + 3; 16]), nobody).await.unwrap();
    }
    assert_eq!(
        inbox_error(post(&vault, Handle([98; 16]), somebody).await),
        Some(InboxError::AddressFull)
    );
    assert_eq!(
        inbox_error(post(&vault, Handle([99; 16]), nobody).await),
        Some(InboxError::AddressFull)
    );
    // The same work: one file of the same length for each.
    let lengths: std::collections::BTreeSet<_> = files(&folder.path().join("requests"))
        .iter()
        .map(|(_, bytes)| bytes.len())
        .collect();
    assert_eq!(lengths.len(), 1);
}

#[tokio::test]
async fn what_is_not_sealed_is_not_stored() {
    let folder = tempfile::tempdir().unwrap();
    let vault = open_vault(folder.path()).await;
    let huge = Bytes::from(vec![0; SealedMessage::MAX_ENCODED + 1]);
    for bytes in [
        Bytes::new(),
        Bytes::from_static(b"{\"purpose\":\"plain text\"}"),
        huge,
    ] {
        let result = vault
            .post_request(
                member(5),
                HANDLE,
                InboxAddress::of(&OWNER),
                bytes.clone(),
                LATER,
                NOW,
            )
            .await;
        assert_eq!(inbox_error(result), Some(InboxError::NotSealed));
        let result = vault.answer_request(OWNER, Sequence(1), bytes, NOW).await;
        assert_eq!(inbox_error(result), Some(InboxError::NotSealed));
    }
    assert!(files(&folder.path().join("requests")).is_empty());
}

#[tokio::test]
async fn answers_at_the_same_time_leave_one() {
    let folder = tempfile::tempdir().unwrap();
    let vault = open_vault(folder.path()).await;
    post(&vault, HANDLE, InboxAddress::of(&OWNER))
        .await
        .unwrap();
    let sequence = vault.poll_inbox(OWNER, Sequence(0), 1, NOW).await.unwrap()[0].sequence;
    let mut tasks = tokio::task::JoinSet::new();
    for seed in 0..16 {
        let vault = vault.clone();
        tasks.spawn(async move {
            vault
                .answer_request(OWNER, sequence, message(seed, b"x"), NOW)
                .await
                .is_ok()
        });
    }
    assert_eq!(
        tasks.join_all().await.into_iter().filter(|ok| *ok).count(),
        1
    );
}

#[tokio::test]
async fn requests_that_lapsed_long_ago_are_forgotten_on_disk_too() {
    let folder = tempfile::tempdir().unwrap();
    let vault = open_vault(folder.path()).await;
    post(&vault, HANDLE, InboxAddress::of(&OWNER))
        .await
        .unwrap();
    let much_later = Timestamp(LATER.0 + crate::inbox::RETENTION + 1);
    vault
        .acknowledge_inbox(STRANGER, Vec::new(), much_later)
        .await
        .unwrap();
    assert!(files(&folder.path().join("requests")).is_empty());
    assert_eq!(
        inbox_error(vault.request_state(member(5), HANDLE, much_later).await),
        Some(InboxError::Unknown)
    );
}
