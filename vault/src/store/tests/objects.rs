use commonware_codec::{DecodeExt, Encode};
use ed25519_dalek::{Signer, SigningKey};
use tacit_circuits::types::Position;

use super::*;
use crate::object::{ObjectError, ObjectId};

fn signer() -> SigningKey {
    SigningKey::from_bytes(&[4; 32])
}

fn sign(digest: &Digest32) -> [u8; 64] {
    signer().sign(&digest.0).to_bytes()
}

#[tokio::test]
async fn an_uploaded_object_is_read_back_whole_and_from_any_byte_also_after_opening_anew() {
    let folder = tempfile::tempdir().unwrap();
    let (object, info) = sealed(1, 20_000);
    let vault = open_vault(folder.path()).await;
    assert!(upload(&vault, &object, &info).await.unwrap());
    assert!(
        !upload(&vault, &object, &info).await.unwrap(),
        "storing it again changes nothing"
    );
    for offset in [0, 1, 4096, 20_000, object.len() as u64, u64::MAX] {
        let start = object.len().min(usize::try_from(offset).unwrap());
        assert_eq!(
            read_all(&vault, &info, offset).await.unwrap(),
            object[start..]
        );
    }
    drop(vault);
    let vault = open_vault(folder.path()).await;
    assert_eq!(
        (vault.object_count(), vault.object_bytes()),
        (1, object.len() as u64)
    );
    assert_eq!(read_all(&vault, &info, 0).await.unwrap(), object);
}

#[tokio::test]
async fn what_is_not_the_announced_object_is_refused_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let vault = open_vault(folder.path()).await;
    let (object, info) = sealed(1, 20_000);
    let mut changed = object.clone();
    changed[15_000] ^= 1;
    let length = object.len() as u64;
    let cases: [(&[u8], u64, ObjectError); 5] = [
        (&changed, length, ObjectError::IdMismatch),
        (&object[..object.len() - 1], length, ObjectError::Truncated),
        (&object, length - 1, ObjectError::TooLong),
        (b"%PDF-1.7 plaintext that somebody sent by mistake, long enough for a header to be there", length, ObjectError::Magic),
        (&object[..10], length, ObjectError::Truncated),
    ];
    for (bytes, announced, expected) in cases {
        let Begin::Upload(mut upload) =
            vault.begin_upload(OWNER, info.id, announced).await.unwrap()
        else {
            panic!("nothing is stored yet");
        };
        let result = match upload.write(bytes).await {
            Ok(()) => upload.finish().await,
            Err(error) => {
                upload.abort().await;
                Err(error)
            }
        };
        assert!(
            matches!(result, Err(StoreError::Upload(error)) if error == expected),
            "{expected:?}"
        );
        assert!(matches!(
            vault.read(OWNER, info.id, 0),
            Err(StoreError::ObjectUnknown)
        ));
        assert!(
            files(&folder.path().join("blobs")).is_empty(),
            "{expected:?}"
        );
    }
    assert!(
        upload(&vault, &object, &info).await.unwrap(),
        "and the room is free again"
    );
}

#[tokio::test]
async fn an_upload_that_is_dropped_or_killed_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let vault = open_vault(folder.path()).await;
    let (object, info) = sealed(1, 20_000);
    let Begin::Upload(mut begun) = vault
        .begin_upload(OWNER, info.id, object.len() as u64)
        .await
        .unwrap()
    else {
        panic!("nothing is stored yet");
    };
    begun.write(&object[..10_000]).await.unwrap();
    let twice = vault
        .begin_upload(OWNER, info.id, object.len() as u64)
        .await;
    assert!(matches!(twice, Err(StoreError::UploadInProgress)));
    assert_eq!(files(&folder.path().join("blobs")).len(), 1);
    // As a killed process would leave it: the drop below would clear it away.
    std::mem::forget(begun);
    drop(vault);
    // The lock is still held by the forgotten upload; a killed process would have freed it.
    let staged = files(&folder.path().join("blobs"));
    let moved = tempfile::tempdir().unwrap();
    for (path, bytes) in staged {
        let target = moved.path().join(path.strip_prefix(folder.path()).unwrap());
        std::fs::create_dir_all(target.parent().unwrap()).unwrap();
        std::fs::write(target, bytes).unwrap();
    }
    let vault = open_vault(moved.path()).await;
    assert!(files(&moved.path().join("blobs")).is_empty());
    assert_eq!(vault.object_count(), 0);
}

#[tokio::test]
async fn ciphertext_without_metadata_is_cleared_away_and_metadata_of_other_objects_kept() {
    let folder = tempfile::tempdir().unwrap();
    let vault = open_vault(folder.path()).await;
    let (kept, kept_info) = sealed(1, 5_000);
    let (lost, lost_info) = sealed(2, 5_000);
    upload(&vault, &kept, &kept_info).await.unwrap();
    upload(&vault, &lost, &lost_info).await.unwrap();
    drop(vault);
    // As if the process was killed between the ciphertext and the metadata.
    std::fs::remove_file(folder.path().join("objects").join(lost_info.id.to_string())).unwrap();
    let vault = open_vault(folder.path()).await;
    assert_eq!(files(&folder.path().join("blobs")).len(), 1);
    assert_eq!(read_all(&vault, &kept_info, 0).await.unwrap(), kept);
    assert!(upload(&vault, &lost, &lost_info).await.unwrap());
}

#[tokio::test]
async fn quotas_hold_and_erasing_gives_the_room_back() {
    let folder = tempfile::tempdir().unwrap();
    let vault = open_vault(folder.path()).await;
    let begin = |seed: u8, length: u64| vault.begin_upload(OWNER, ObjectId([seed; 32]), length);
    assert!(matches!(
        begin(1, 0).await,
        Err(StoreError::ObjectSize { max: 65_536 })
    ));
    assert!(matches!(
        begin(1, 89).await,
        Err(StoreError::ObjectSize { .. })
    ));
    assert!(matches!(
        begin(1, 65_537).await,
        Err(StoreError::ObjectSize { .. })
    ));
    assert!(matches!(
        begin(1, u64::MAX).await,
        Err(StoreError::ObjectSize { .. })
    ));
    let first = begin(1, 65_536).await.unwrap();
    let second = begin(2, 65_536).await.unwrap();
    assert!(matches!(
        begin(3, 90).await,
        Err(StoreError::TooManyUploads)
    ));
    drop(first);
    assert!(
        matches!(begin(3, 65_537 - 1).await, Ok(Begin::Upload(_))),
        "room of a dropped upload is free"
    );
    drop(second);

    let mut infos = Vec::new();
    for seed in 1..=4 {
        let (object, info) = sealed(seed, 1_000);
        upload(&vault, &object, &info).await.unwrap();
        infos.push(info);
    }
    let (object, info) = sealed(5, 1_000);
    assert!(matches!(
        upload(&vault, &object, &info).await,
        Err(StoreError::QuotaExceeded)
    ));
    vault.erase(OWNER, infos[0].id, NOW, sign).await.unwrap();
    upload(&vault, &object, &info).await.unwrap();
}

#[tokio::test]
async fn the_total_of_bytes_is_bounded() {
    let folder = tempfile::tempdir().unwrap();
    let vault = open_with(
        folder.path(),
        Limits {
            max_objects: 100,
            ..small_limits()
        },
    )
    .await
    .unwrap();
    for seed in 1..=2 {
        let (object, info) = sealed(seed, 60_000);
        upload(&vault, &object, &info).await.unwrap();
    }
    let (object, info) = sealed(3, 60_000);
    assert!(matches!(
        upload(&vault, &object, &info).await,
        Err(StoreError::QuotaExceeded)
    ));
}

#[tokio::test]
async fn only_the_owner_reads_binds_and_erases() {
    let folder = tempfile::tempdir().unwrap();
    let vault = open_vault(folder.path()).await;
    let (object, info) = sealed(1, 1_000);
    upload(&vault, &object, &info).await.unwrap();
    assert!(matches!(
        vault.read(STRANGER, info.id, 0),
        Err(StoreError::ObjectUnknown)
    ));
    assert!(matches!(
        vault.bind(STRANGER, info.id, Position(1)).await,
        Err(StoreError::ObjectUnknown)
    ));
    let erased = vault
        .erase(STRANGER, info.id, NOW, |_| panic!("nothing to sign"))
        .await;
    assert!(matches!(erased, Err(StoreError::ObjectUnknown)));
    let begun = vault
        .begin_upload(STRANGER, info.id, object.len() as u64)
        .await;
    assert!(matches!(begun, Err(StoreError::OtherOwner)));
    assert_eq!(read_all(&vault, &info, 0).await.unwrap(), object);
}

#[tokio::test]
async fn an_object_is_bound_to_one_record() {
    let folder = tempfile::tempdir().unwrap();
    let vault = open_vault(folder.path()).await;
    let (object, info) = sealed(1, 1_000);
    upload(&vault, &object, &info).await.unwrap();
    vault.bind(OWNER, info.id, Position(5)).await.unwrap();
    vault.bind(OWNER, info.id, Position(5)).await.unwrap();
    drop(vault);
    let vault = open_vault(folder.path()).await;
    assert!(matches!(
        vault.bind(OWNER, info.id, Position(6)).await,
        Err(StoreError::OtherRecord)
    ));
}

#[tokio::test]
async fn an_erased_object_is_gone_and_the_statement_can_be_checked() {
    let folder = tempfile::tempdir().unwrap();
    let vault = open_vault(folder.path()).await;
    let (object, info) = sealed(1, 1_000);
    upload(&vault, &object, &info).await.unwrap();
    vault.bind(OWNER, info.id, Position(5)).await.unwrap();
    let mut reading = vault.read(OWNER, info.id, 0).unwrap();

    let signed = vault.erase(OWNER, info.id, NOW, sign).await.unwrap();
    assert!(files(&folder.path().join("blobs")).is_empty());
    assert!(matches!(
        reading.next_piece().await,
        Err(StoreError::Erased)
    ));
    assert!(matches!(
        vault.read(OWNER, info.id, 0),
        Err(StoreError::Erased)
    ));
    assert!(matches!(
        vault.bind(OWNER, info.id, Position(5)).await,
        Err(StoreError::Erased)
    ));
    assert!(matches!(
        upload(&vault, &object, &info).await,
        Err(StoreError::Erased)
    ));

    let key = signer().verifying_key().to_bytes();
    let read = SignedErasure::decode(signed.encode()).unwrap();
    assert!(read.verify(&key));
    assert_eq!(
        (read.statement.object, read.statement.record),
        (info.id, Some(Position(5)))
    );
    assert_eq!(
        (read.statement.vault, read.statement.erased_at),
        (identity(), NOW)
    );
    assert!(!read.verify(&[4; 32]));
    let other = ErasureStatement {
        object: ObjectId([0; 32]),
        ..read.statement
    };
    assert!(
        !SignedErasure {
            statement: other,
            ..read
        }
        .verify(&key)
    );

    drop((vault, reading));
    let vault = open_vault(folder.path()).await;
    let again = vault
        .erase(OWNER, info.id, Timestamp(0), |_| panic!("signed once"))
        .await
        .unwrap();
    assert_eq!(again, signed);
}

#[tokio::test]
async fn an_erasure_that_was_cut_off_is_completed() {
    use crate::store::meta::{Life, Meta};
    let folder = tempfile::tempdir().unwrap();
    let (object, info) = sealed(1, 1_000);
    let vault = open_vault(folder.path()).await;
    upload(&vault, &object, &info).await.unwrap();
    // As it stands on disk when the process is killed before the ciphertext is removed.
    let meta = Meta {
        owner: OWNER,
        length: object.len() as u64,
        record: None,
        life: Life::Erasing,
    };
    vault.inner.objects.put(info.id, meta).unwrap();
    drop(vault);
    let vault = open_vault(folder.path()).await;
    assert!(files(&folder.path().join("blobs")).is_empty());
    assert!(
        vault
            .erase(OWNER, info.id, NOW, sign)
            .await
            .unwrap()
            .verify(&signer().verifying_key().to_bytes())
    );
}

#[tokio::test]
async fn only_so_many_erasure_statements_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let vault = open_vault(folder.path()).await;
    let mut ids = Vec::new();
    for seed in 1..=3 {
        let (object, info) = sealed(seed, 100);
        upload(&vault, &object, &info).await.unwrap();
        vault
            .erase(OWNER, info.id, Timestamp(NOW.0 + u64::from(seed)), sign)
            .await
            .unwrap();
        ids.push(info.id);
    }
    let again = |id| vault.erase(OWNER, id, NOW, sign);
    assert!(
        matches!(again(ids[0]).await, Err(StoreError::ObjectUnknown)),
        "the oldest went"
    );
    assert!(again(ids[1]).await.is_ok() && again(ids[2]).await.is_ok());
    assert_eq!(files(&folder.path().join("objects")).len(), 2);
}

#[tokio::test]
async fn nothing_of_a_content_is_found_in_the_vault() {
    let folder = tempfile::tempdir().unwrap();
    let vault = open_vault(folder.path()).await;
    let content = b"planted: Erika Mustermann, born 1964-08-12, passport C01X00T47";
    let mut object = Vec::new();
    let key = DataKey::new([0x77; 32]);
    let info = seal(
        &key,
        ObjectNonce([1; 32]),
        ChunkSize::default(),
        &content[..],
        &mut object,
    )
    .unwrap();
    upload(&vault, &object, &info).await.unwrap();
    for (path, bytes) in files(folder.path()) {
        for needle in [&content[..], &key.expose()[..], &info.content_digest.0[..]] {
            for part in needle.windows(12) {
                assert!(!contains(&bytes, part), "{}", path.display());
                assert!(
                    !contains(&bytes, hex::encode(part).as_bytes()),
                    "{}",
                    path.display()
                );
            }
        }
    }
    assert!(
        contains(&object, &info.key_commitment.0),
        "the search finds what is there"
    );
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}
