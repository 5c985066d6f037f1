use std::fs;
use std::io::{self, ErrorKind};

use object_store::memory::InMemory;
use tacit_circuits::types::Position;

use super::*;

#[tokio::test]
async fn a_folder_is_open_in_one_vault_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let vault = open_vault(folder.path()).await;
    let second = open_with(folder.path(), small_limits()).await;
    assert!(matches!(second, Err(StoreError::InUse)));
    drop(vault);
    open_vault(folder.path()).await;
}

#[tokio::test]
async fn a_damaged_file_is_an_error_of_its_own_and_nothing_is_removed_because_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let (object, info) = sealed(1, 1_000);
    let (other, other_info) = sealed(2, 1_000);
    let vault = open_vault(folder.path()).await;
    upload(&vault, &object, &info).await.unwrap();
    upload(&vault, &other, &other_info).await.unwrap();
    drop(vault);

    let path = folder.path().join("objects").join(info.id.to_string());
    let good = fs::read(&path).unwrap();
    for at in 0..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 1;
        fs::write(&path, &bad).unwrap();
        let vault = open_vault(folder.path()).await;
        assert!(
            matches!(vault.read(OWNER, info.id, 0), Err(StoreError::Damaged(_))),
            "byte {at}"
        );
        let again = vault
            .begin_upload(OWNER, info.id, object.len() as u64)
            .await;
        assert!(matches!(again, Err(StoreError::Damaged(_))));
        assert_eq!(read_all(&vault, &other_info, 0).await.unwrap(), other);
        assert_eq!(fs::read(&path).unwrap(), bad);
    }
    // A file under another's name is damage too.
    fs::copy(
        folder
            .path()
            .join("objects")
            .join(other_info.id.to_string()),
        &path,
    )
    .unwrap();
    let vault = open_vault(folder.path()).await;
    assert!(matches!(
        vault.read(OWNER, info.id, 0),
        Err(StoreError::Damaged(_))
    ));
    drop(vault);
    // Repaired from a backup, everything is there: the ciphertext was kept.
    fs::write(&path, good).unwrap();
    assert_eq!(
        read_all(&open_vault(folder.path()).await, &info, 0)
            .await
            .unwrap(),
        object
    );
}

#[tokio::test]
async fn cut_off_ciphertext_is_damage_and_not_a_short_object() {
    let folder = tempfile::tempdir().unwrap();
    let (object, info) = sealed(1, 20_000);
    let vault = open_vault(folder.path()).await;
    upload(&vault, &object, &info).await.unwrap();
    let (path, bytes) = files(&folder.path().join("blobs")).remove(0);
    fs::write(path, &bytes[..bytes.len() - 1]).unwrap();
    let error = read_all(&vault, &info, 0).await.unwrap_err();
    assert!(
        matches!(error, StoreError::Damaged(_) | StoreError::Blobs(_)),
        "{error}"
    );
}

#[tokio::test]
async fn half_written_files_are_removed_when_the_vault_opens() {
    let folder = tempfile::tempdir().unwrap();
    drop(open_vault(folder.path()).await);
    for area in ["objects", "served", "requests", "slots"] {
        fs::write(folder.path().join(area).join("ab.tmp"), b"half").unwrap();
    }
    let _vault = open_vault(folder.path()).await;
    for area in ["objects", "served", "requests", "slots"] {
        assert!(files(&folder.path().join(area)).is_empty());
    }
}

#[tokio::test]
async fn any_object_store_can_hold_the_ciphertext() {
    let folder = tempfile::tempdir().unwrap();
    let blobs = Arc::new(InMemory::new());
    let open = || {
        Vault::open(VaultConfig {
            folder: folder.path().to_path_buf(),
            identity: identity(),
            limits: small_limits(),
            blobs: Some(blobs.clone()),
        })
    };
    let (object, info) = sealed(1, 20_000);
    let vault = open().await.unwrap();
    upload(&vault, &object, &info).await.unwrap();
    drop(vault);
    let vault = open().await.unwrap();
    assert_eq!(read_all(&vault, &info, 0).await.unwrap(), object);
    vault.erase(OWNER, info.id, NOW, |_| [0; 64]).await.unwrap();
    assert!(matches!(
        vault.read(OWNER, info.id, 0),
        Err(StoreError::Erased)
    ));
}

#[test]
fn a_full_disk_has_an_error_of_its_own_from_both_sides() {
    let full = || io::Error::from(ErrorKind::StorageFull);
    assert!(matches!(StoreError::from(full()), StoreError::DiskFull));
    let wrapped = object_store::Error::Generic {
        store: "test",
        source: Box::new(full()),
    };
    assert!(matches!(StoreError::from(wrapped), StoreError::DiskFull));
    let other = object_store::Error::Generic {
        store: "test",
        source: "something else".into(),
    };
    assert!(matches!(StoreError::from(other), StoreError::Blobs(_)));
    assert!(matches!(
        StoreError::from(io::Error::from(ErrorKind::PermissionDenied)),
        StoreError::Io(_)
    ));
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn metadata_on_a_full_disk_fails_clearly_and_nothing_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let (object, info) = sealed(1, 1_000);
    let vault = open_vault(folder.path()).await;
    upload(&vault, &object, &info).await.unwrap();
    // What is written to this device fails as on a full disk.
    let half_written = folder
        .path()
        .join("objects")
        .join(format!("{}.tmp", info.id));
    std::os::unix::fs::symlink("/dev/full", &half_written).unwrap();
    assert!(matches!(
        vault.bind(OWNER, info.id, Position(1)).await,
        Err(StoreError::DiskFull)
    ));
    assert_eq!(read_all(&vault, &info, 0).await.unwrap(), object);
    drop(vault);
    let vault = open_vault(folder.path()).await;
    assert_eq!(read_all(&vault, &info, 0).await.unwrap(), object);
    vault.bind(OWNER, info.id, Position(2)).await.unwrap();

    let (object, info) = sealed(2, 1_000);
    let half_written = folder
        .path()
        .join("objects")
        .join(format!("{}.tmp", info.id));
    std::os::unix::fs::symlink("/dev/full", &half_written).unwrap();
    assert!(matches!(
        upload(&vault, &object, &info).await,
        Err(StoreError::DiskFull)
    ));
    assert!(matches!(
        vault.read(OWNER, info.id, 0),
        Err(StoreError::ObjectUnknown)
    ));
    assert!(
        upload(&vault, &object, &info).await.unwrap(),
        "with room again"
    );
}

/// Run by hand with a folder on a file system of about 1 MiB.
#[tokio::test]
#[ignore = "needs TACIT_SMALL_DISK, a folder on a file system of about 1 MiB"]
async fn a_really_full_disk_fails_clearly_and_nothing_is_lost() {
    let folder =
        std::path::PathBuf::from(std::env::var_os("TACIT_SMALL_DISK").unwrap()).join("vault");
    let limits = Limits {
        max_objects: 1_000,
        max_total_bytes: 1 << 30,
        ..small_limits()
    };
    let vault = open_with(&folder, limits).await.unwrap();
    let mut stored = Vec::new();
    let full = loop {
        let (object, info) = sealed(stored.len() as u8, 50_000);
        match upload(&vault, &object, &info).await {
            Ok(_) => stored.push((object, info)),
            Err(error) => break error,
        }
    };
    assert!(matches!(full, StoreError::DiskFull), "{full:?}");
    assert!(stored.len() > 3);
    drop(vault);
    let vault = open_with(&folder, limits).await.unwrap();
    assert_eq!(vault.object_count(), stored.len());
    for (object, info) in &stored {
        assert_eq!(&read_all(&vault, info, 0).await.unwrap(), object);
    }
    vault
        .erase(OWNER, stored[0].1.id, NOW, |_| [0; 64])
        .await
        .unwrap();
    let (object, info) = sealed(200, 40_000);
    assert!(
        upload(&vault, &object, &info).await.unwrap(),
        "with room again"
    );
}

#[tokio::test]
async fn a_file_that_cannot_be_written_changes_nothing_and_can_be_tried_again() {
    let folder = tempfile::tempdir().unwrap();
    let (object, info) = sealed(1, 1_000);
    let vault = open_vault(folder.path()).await;
    upload(&vault, &object, &info).await.unwrap();
    // A folder where the half-written file would stand: every attempt to write fails.
    let obstacle = folder
        .path()
        .join("objects")
        .join(format!("{}.tmp", info.id));
    fs::create_dir(&obstacle).unwrap();
    assert!(matches!(
        vault.bind(OWNER, info.id, Position(1)).await,
        Err(StoreError::Io(_))
    ));
    assert_eq!(read_all(&vault, &info, 0).await.unwrap(), object);
    fs::remove_dir(&obstacle).unwrap();
    vault.bind(OWNER, info.id, Position(2)).await.unwrap();
}
