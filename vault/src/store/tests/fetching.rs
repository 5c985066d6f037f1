use tacit_circuits::commit::ReceiptOpening;
use tacit_circuits::field::Fr;
use tacit_circuits::types::Position;

use super::*;
use crate::ids::SessionKey;
use crate::object::ObjectId;
use crate::serve::{ChainFacts, FetchRequest, LiveFacts, Refusal};

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

fn request(object: ObjectId, offset: u64) -> FetchRequest {
    let signature = session().sign_fetch(&identity(), &opening().commit(), &object, offset);
    FetchRequest {
        opening: opening(),
        object,
        offset,
        session_key: session().public(),
        signature,
    }
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
        receipt_time: Some(Timestamp(1_000)),
        live: live(),
    }
}

async fn drain(download: &mut Download) -> Result<Vec<u8>, StoreError> {
    let mut bytes = Vec::new();
    while let Some(piece) = download.next_piece(&live()).await? {
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes)
}

fn refused<T>(result: Result<T, StoreError>) -> Option<Refusal> {
    match result {
        Err(StoreError::Refused(refusal)) => Some(refusal),
        _ => None,
    }
}

async fn with_bound_object(folder: &Path) -> (Vault, Vec<u8>, ObjectId) {
    let vault = open_vault(folder).await;
    let (object, info) = sealed(1, 20_000);
    upload(&vault, &object, &info).await.unwrap();
    vault.bind(OWNER, info.id, Position(10)).await.unwrap();
    (vault, object, info.id)
}

#[tokio::test]
async fn a_platform_that_is_killed_resumes_across_a_restart_of_the_vault_and_a_finished_receipt_is_used_up()
 {
    let folder = tempfile::tempdir().unwrap();
    let (vault, object, id) = with_bound_object(folder.path()).await;
    let mut download = vault
        .fetch(member(5), request(id, 0), chain())
        .await
        .unwrap();
    assert_eq!(download.object_length(), object.len() as u64);
    let first = download.next_piece(&live()).await.unwrap().unwrap();
    drop((download, vault));

    let vault = open_vault(folder.path()).await;
    let mut download = vault
        .fetch(member(5), request(id, first.len() as u64), chain())
        .await
        .unwrap();
    let rest = drain(&mut download).await.unwrap();
    assert_eq!([&first[..], &rest].concat(), object);

    // Killed before it noted that it has everything: from the start again, and no second access.
    download = vault
        .fetch(member(5), request(id, 0), chain())
        .await
        .unwrap();
    assert_eq!(drain(&mut download).await.unwrap(), object);
    let receipt = opening().commit();
    let signature = session().sign_acknowledgement(&identity(), &receipt);
    vault.acknowledge_fetch(receipt, signature).await.unwrap();
    vault.acknowledge_fetch(receipt, signature).await.unwrap();
    let again = vault.fetch(member(5), request(id, 0), chain()).await;
    assert_eq!(refused(again), Some(Refusal::AlreadyServed));
    drop((download, vault));
    let vault = open_vault(folder.path()).await;
    let again = vault.fetch(member(5), request(id, 0), chain()).await;
    assert_eq!(
        refused(again),
        Some(Refusal::AlreadyServed),
        "also after a restart"
    );
}

#[tokio::test]
async fn a_refused_fetch_leaves_no_trace_that_could_use_up_the_receipt() {
    let folder = tempfile::tempdir().unwrap();
    let (vault, _, id) = with_bound_object(folder.path()).await;
    for _ in 0..20 {
        let thief = vault.fetch(member(6), request(id, 0), chain()).await;
        assert_eq!(refused(thief), Some(Refusal::OtherMember));
    }
    assert!(files(&folder.path().join("served")).is_empty());
    assert!(
        vault
            .fetch(member(5), request(id, 0), chain())
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn a_stream_in_flight_stops_when_access_ends() {
    let folder = tempfile::tempdir().unwrap();
    let (vault, _, id) = with_bound_object(folder.path()).await;
    let mut download = vault
        .fetch(member(5), request(id, 0), chain())
        .await
        .unwrap();
    assert!(download.next_piece(&live()).await.unwrap().is_some());
    let revoked = LiveFacts {
        grant_ended: true,
        ..live()
    };
    assert_eq!(
        refused(download.next_piece(&revoked).await),
        Some(Refusal::GrantEnded)
    );
    let late = LiveFacts {
        newest_time: Timestamp(5_000),
        ..live()
    };
    assert_eq!(
        refused(download.next_piece(&late).await),
        Some(Refusal::Expired)
    );

    vault.erase(OWNER, id, NOW, |_| [0; 64]).await.unwrap();
    assert_eq!(
        refused(download.next_piece(&live()).await),
        Some(Refusal::ObjectUnknown)
    );
}

#[tokio::test]
async fn one_receipt_feeds_one_stream_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let (vault, _, id) = with_bound_object(folder.path()).await;
    let mut first = vault
        .fetch(member(5), request(id, 0), chain())
        .await
        .unwrap();
    let mut second = vault
        .fetch(member(5), request(id, 0), chain())
        .await
        .unwrap();
    assert_eq!(
        refused(first.next_piece(&live()).await),
        Some(Refusal::Superseded)
    );
    assert!(second.next_piece(&live()).await.unwrap().is_some());
}

#[tokio::test]
async fn starting_at_the_same_time_counts_every_start() {
    let folder = tempfile::tempdir().unwrap();
    let (vault, _, id) = with_bound_object(folder.path()).await;
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..32 {
        let vault = vault.clone();
        tasks.spawn(async move {
            vault
                .fetch(member(5), request(id, 0), chain())
                .await
                .is_ok()
        });
    }
    let allowed = tasks.join_all().await.into_iter().filter(|ok| *ok).count();
    assert_eq!(allowed, usize::from(crate::serve::MAX_ATTEMPTS));
}

#[tokio::test]
async fn objects_are_served_only_bound_and_only_under_their_record() {
    let folder = tempfile::tempdir().unwrap();
    let vault = open_vault(folder.path()).await;
    let (object, info) = sealed(1, 1_000);
    let fetch = || vault.fetch(member(5), request(info.id, 0), chain());
    assert_eq!(refused(fetch().await), Some(Refusal::ObjectUnknown));
    upload(&vault, &object, &info).await.unwrap();
    assert_eq!(refused(fetch().await), Some(Refusal::OtherRecord));
    vault.bind(OWNER, info.id, Position(77)).await.unwrap();
    assert_eq!(refused(fetch().await), Some(Refusal::OtherRecord));
}

#[tokio::test]
async fn old_entries_of_the_journal_are_removed() {
    let folder = tempfile::tempdir().unwrap();
    let (vault, _, id) = with_bound_object(folder.path()).await;
    vault
        .fetch(member(5), request(id, 0), chain())
        .await
        .unwrap();
    assert_eq!(files(&folder.path().join("served")).len(), 1);
    // Another access, two days later.
    let later = Timestamp(1_000 + 2 * 86_400);
    let opening = ReceiptOpening {
        nonce: Fr::from(4u64),
        not_after: Timestamp(u64::MAX),
        ..opening()
    };
    let signature = session().sign_fetch(&identity(), &opening.commit(), &id, 0);
    let request = FetchRequest {
        opening,
        object: id,
        offset: 0,
        session_key: session().public(),
        signature,
    };
    let chain = ChainFacts {
        receipt_time: Some(later),
        live: LiveFacts {
            newest_time: later,
            ..live()
        },
    };
    vault.fetch(member(5), request, chain).await.unwrap();
    assert_eq!(files(&folder.path().join("served")).len(), 1);
}
