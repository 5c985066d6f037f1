use std::collections::BTreeSet;
use std::fs;

use proptest::prelude::*;

use super::*;
use crate::keys::SlotHasher;
use crate::slot::{Revision, SIZES, SlotDigest, SlotName, SlotVersion};
use crate::store::slots::Slots;

const SMALL: usize = SIZES[0] as usize;

fn backup(seed: u8) -> Vec<u8> {
    vec![seed; SMALL]
}

fn digest(bytes: &[u8]) -> SlotDigest {
    let mut hasher = SlotHasher::default();
    hasher.update(bytes);
    hasher.finish()
}

async fn put(
    vault: &Vault,
    owner: CallerKey,
    replaces: Option<SlotVersion>,
    bytes: &[u8],
) -> Result<SlotVersion, StoreError> {
    let begun = vault.begin_put(owner, replaces, digest(bytes), bytes.len() as u64);
    match begun.await? {
        BeginPut::AlreadyStored(version) => Ok(version),
        BeginPut::Put(mut put) => {
            for piece in bytes.chunks(3000) {
                put.write(piece).await?;
            }
            put.finish().await
        }
    }
}

async fn get(vault: &Vault, owner: CallerKey) -> Result<Vec<u8>, StoreError> {
    let mut reader = vault.read_slot(&owner)?;
    let mut bytes = Vec::new();
    while let Some(piece) = reader.next_piece().await? {
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes)
}

/// The sealed bytes and the small files of all slots on disk.
fn on_disk(folder: &Path) -> (usize, usize) {
    (
        files(&folder.join("blobs")).len(),
        files(&folder.join("slots")).len(),
    )
}

#[tokio::test]
async fn a_backup_is_stored_replaced_read_and_removed() {
    let folder = tempfile::tempdir().unwrap();
    let vault = open_vault(folder.path()).await;
    let first = put(&vault, OWNER, None, &backup(1)).await.unwrap();
    assert_eq!(first.revision, Revision(1));
    let second = put(&vault, OWNER, Some(first), &backup(2)).await.unwrap();
    assert_eq!(second.revision, Revision(2));
    assert_eq!(get(&vault, OWNER).await.unwrap(), backup(2));
    assert_eq!(on_disk(folder.path()), (1, 1), "the first is gone");
    drop(vault);

    let vault = open_vault(folder.path()).await;
    assert_eq!(get(&vault, OWNER).await.unwrap(), backup(2));
    let early = vault.remove_slot(OWNER, first).await;
    assert!(matches!(early, Err(StoreError::SlotStale)));
    vault.remove_slot(OWNER, second).await.unwrap();
    assert_eq!(on_disk(folder.path()), (0, 0));
    assert!(matches!(
        get(&vault, OWNER).await,
        Err(StoreError::SlotUnknown)
    ));
    drop(vault);
    let vault = open_vault(folder.path()).await;
    assert_eq!(vault.slot(&OWNER).unwrap(), None);
}

#[tokio::test]
async fn of_two_copies_the_second_to_write_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let vault = open_vault(folder.path()).await;
    let first = put(&vault, OWNER, None, &backup(1)).await.unwrap();
    let second = put(&vault, OWNER, Some(first), &backup(2)).await.unwrap();
    for replaces in [None, Some(first)] {
        let stale = put(&vault, OWNER, replaces, &backup(3)).await;
        assert!(matches!(stale, Err(StoreError::SlotStale)), "{replaces:?}");
    }
    let again = put(&vault, OWNER, Some(first), &backup(2)).await.unwrap();
    assert_eq!(again, second, "the same put, whose answer was lost");
    // A slot that was removed and begun anew counts up again, and its versions are others.
    vault.remove_slot(OWNER, second).await.unwrap();
    let anew = put(&vault, OWNER, None, &backup(4)).await.unwrap();
    assert_eq!(anew.revision, first.revision);
    let stale = put(&vault, OWNER, Some(first), &backup(5)).await;
    assert!(matches!(stale, Err(StoreError::SlotStale)));
    assert_eq!(get(&vault, OWNER).await.unwrap(), backup(4));
}

#[tokio::test]
async fn a_slot_of_another_and_one_that_never_was_look_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let vault = open_vault(folder.path()).await;
    let stored = put(&vault, OWNER, None, &backup(1)).await.unwrap();
    let nobody = CallerKey([9; 32]);
    for key in [STRANGER, nobody] {
        assert_eq!(vault.slot(&key).unwrap(), None);
        assert!(matches!(
            get(&vault, key).await,
            Err(StoreError::SlotUnknown)
        ));
        let removed = vault.remove_slot(key, stored).await;
        assert!(matches!(removed, Err(StoreError::SlotUnknown)));
        let stale = put(&vault, key, Some(stored), &backup(2)).await;
        assert!(matches!(stale, Err(StoreError::SlotStale)));
    }
    put(&vault, STRANGER, None, &backup(1)).await.unwrap();
    assert_eq!(get(&vault, OWNER).await.unwrap(), backup(1));
}

#[tokio::test]
async fn only_the_sizes_of_backups_and_what_was_announced_are_taken() {
    let folder = tempfile::tempdir().unwrap();
    let vault = open_vault(folder.path()).await;
    for size in [0, 1, SIZES[0] - 1, SIZES[0] + 1, SIZES[0] * 2, u64::MAX] {
        let begun = vault.begin_put(OWNER, None, digest(&[]), size).await;
        assert!(matches!(begun, Err(StoreError::SlotSize)), "{size}");
    }
    let bytes = backup(1);
    let begin = || vault.begin_put(OWNER, None, digest(&bytes), SIZES[0]);
    for sent in [&bytes[1..], &[&bytes[1..], &[2]].concat()] {
        let BeginPut::Put(mut put) = begin().await.unwrap() else {
            panic!("nothing is stored");
        };
        put.write(sent).await.unwrap();
        assert!(matches!(put.finish().await, Err(StoreError::Upload(_))));
    }
    let BeginPut::Put(mut put) = begin().await.unwrap() else {
        panic!("nothing is stored");
    };
    put.write(&bytes).await.unwrap();
    assert!(matches!(put.write(&[0]).await, Err(StoreError::Upload(_))));
    drop(put);
    assert_eq!(vault.slot(&OWNER).unwrap(), None);
    drop(vault);
    drop(open_vault(folder.path()).await);
    assert_eq!(on_disk(folder.path()), (0, 0));
}

#[tokio::test]
async fn the_bounds_on_slots_bytes_and_puts_hold_and_do_not_touch_those_that_are_there() {
    let folder = tempfile::tempdir().unwrap();
    let vault = open_vault(folder.path()).await;
    let first = put(&vault, OWNER, None, &backup(1)).await.unwrap();
    for key in [2, 3] {
        put(&vault, CallerKey([key; 32]), None, &backup(key))
            .await
            .unwrap();
    }
    for key in 4..50 {
        let full = put(&vault, CallerKey([key; 32]), None, &backup(key)).await;
        assert!(matches!(full, Err(StoreError::QuotaExceeded)), "{key}");
    }
    // Whoever has a slot goes on, as far as there are bytes.
    let first = put(&vault, OWNER, Some(first), &backup(4)).await.unwrap();
    let big = vec![5; SIZES[1] as usize];
    let first = put(&vault, OWNER, Some(first), &big).await.unwrap();
    let bigger = vec![6; SIZES[2] as usize];
    let full = put(&vault, OWNER, Some(first), &bigger).await;
    assert!(matches!(full, Err(StoreError::QuotaExceeded)));
    assert_eq!(get(&vault, OWNER).await.unwrap(), big);
    vault.remove_slot(OWNER, first).await.unwrap();

    // Puts that run count as slots, one at a time for each, and give their room back.
    let begin = |key: u8| vault.begin_put(CallerKey([key; 32]), None, digest(&[key]), SIZES[0]);
    let running = begin(7).await.unwrap();
    assert!(matches!(begin(7).await, Err(StoreError::UploadInProgress)));
    assert!(matches!(begin(8).await, Err(StoreError::QuotaExceeded)));
    drop(running);
    let running = begin(8).await.unwrap();
    let key = CallerKey([2; 32]);
    let current = vault.slot(&key).unwrap().unwrap().version;
    let replacing = vault.begin_put(key, Some(current), digest(&[2]), SIZES[0]);
    let replacing = replacing.await.unwrap();
    let removed = vault.remove_slot(key, current).await;
    assert!(matches!(removed, Err(StoreError::UploadInProgress)));
    let key = CallerKey([3; 32]);
    let current = vault.slot(&key).unwrap().unwrap().version;
    let third = vault.begin_put(key, Some(current), digest(&[3]), SIZES[0]);
    assert!(matches!(third.await, Err(StoreError::TooManyUploads)));
    drop((running, replacing));
    assert_eq!(vault.slot_count(), 2);
}

#[tokio::test]
async fn new_slots_take_no_room_from_those_that_are_there() {
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits {
        max_slots: 100,
        max_slot_bytes: 8 * SIZES[0],
        ..small_limits()
    };
    let vault = open_with(folder.path(), limits).await.unwrap();
    let mut first = put(&vault, OWNER, None, &backup(1)).await.unwrap();
    let mut last = first;
    for key in 2..=6 {
        let stored = put(&vault, CallerKey([key; 32]), None, &backup(key)).await;
        last = stored.unwrap();
    }
    let new = |key: u8| vault.begin_put(CallerKey([key; 32]), None, digest(&[key]), SIZES[0]);
    assert!(matches!(new(7).await, Err(StoreError::QuotaExceeded)));
    for seed in 8..12 {
        let stored = put(&vault, OWNER, Some(first), &backup(seed)).await;
        first = stored.unwrap();
    }
    // One may grow into the reserve of two, not by three.
    let big = vec![1; SIZES[1] as usize];
    let grown = put(&vault, OWNER, Some(first), &big).await;
    assert!(matches!(grown, Err(StoreError::QuotaExceeded)));
    vault.remove_slot(CallerKey([6; 32]), last).await.unwrap();
    first = put(&vault, OWNER, Some(first), &big).await.unwrap();
    assert!(matches!(new(7).await, Err(StoreError::QuotaExceeded)));
    drop(vault);
    // Also when the operator has lowered the bounds under what is there.
    let lower = Limits {
        max_slots: 1,
        max_slot_bytes: SIZES[0],
        ..limits
    };
    let vault = open_with(folder.path(), lower).await.unwrap();
    let again = vec![2; SIZES[1] as usize];
    first = put(&vault, OWNER, Some(first), &again).await.unwrap();
    put(&vault, OWNER, Some(first), &backup(1)).await.unwrap();
}

#[tokio::test]
async fn a_reader_is_told_when_the_slot_is_replaced_under_it() {
    let folder = tempfile::tempdir().unwrap();
    let vault = open_vault(folder.path()).await;
    let first = put(&vault, OWNER, None, &backup(1)).await.unwrap();
    let mut reader = vault.read_slot(&OWNER).unwrap();
    assert!(reader.next_piece().await.unwrap().is_some());
    put(&vault, OWNER, Some(first), &backup(2)).await.unwrap();
    assert!(matches!(
        reader.next_piece().await,
        Err(StoreError::SlotStale)
    ));
}

#[tokio::test]
async fn a_damaged_slot_is_an_error_of_its_own_and_nothing_is_removed_because_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let vault = open_vault(folder.path()).await;
    let stored = put(&vault, OWNER, None, &backup(1)).await.unwrap();
    drop(vault);
    let path = folder
        .path()
        .join("slots")
        .join(SlotName::of(&OWNER).to_string());
    let good = fs::read(&path).unwrap();
    for at in 0..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 1;
        fs::write(&path, &bad).unwrap();
        let vault = open_vault(folder.path()).await;
        assert!(
            matches!(vault.slot(&OWNER), Err(StoreError::Damaged(_))),
            "byte {at}"
        );
        for replaces in [None, Some(stored)] {
            let put = put(&vault, OWNER, replaces, &backup(2)).await;
            assert!(matches!(put, Err(StoreError::Damaged(_))));
        }
        assert_eq!(vault.slot(&STRANGER).unwrap(), None);
    }
    fs::write(&path, good).unwrap();
    let vault = open_vault(folder.path()).await;
    assert_eq!(get(&vault, OWNER).await.unwrap(), backup(1));
    // Bytes that were cut off are damage, not a short backup.
    let (blob, bytes) = files(&folder.path().join("blobs")).remove(0);
    fs::write(blob, &bytes[..bytes.len() - 1]).unwrap();
    assert!(get(&vault, OWNER).await.is_err());
}

#[tokio::test]
async fn a_put_that_cannot_be_written_changes_nothing_and_can_be_tried_again() {
    let folder = tempfile::tempdir().unwrap();
    let vault = open_vault(folder.path()).await;
    let first = put(&vault, OWNER, None, &backup(1)).await.unwrap();
    let half_written = folder
        .path()
        .join("slots")
        .join(format!("{}.tmp", SlotName::of(&OWNER)));
    // What is written to this device fails as on a full disk.
    #[cfg(target_os = "linux")]
    {
        std::os::unix::fs::symlink("/dev/full", &half_written).unwrap();
        let full = put(&vault, OWNER, Some(first), &backup(2)).await;
        assert!(matches!(full, Err(StoreError::DiskFull)));
    }
    fs::create_dir(&half_written).unwrap();
    let failed = put(&vault, OWNER, Some(first), &backup(2)).await;
    assert!(matches!(failed, Err(StoreError::Io(_))));
    assert_eq!(get(&vault, OWNER).await.unwrap(), backup(1));
    assert_eq!(on_disk(folder.path()).0, 1, "no bytes of what failed");
    fs::remove_dir(&half_written).unwrap();
    put(&vault, OWNER, Some(first), &backup(2)).await.unwrap();
    assert_eq!(get(&vault, OWNER).await.unwrap(), backup(2));
}

#[tokio::test]
async fn when_only_the_sync_failed_both_versions_stay_until_the_vault_opens_again() {
    let folder = tempfile::tempdir().unwrap();
    let small_file = || {
        let slots = folder.path().join("slots");
        slots.join(SlotName::of(&OWNER).to_string())
    };
    let vault = open_vault(folder.path()).await;
    let first = put(&vault, OWNER, None, &backup(1)).await.unwrap();
    let old = fs::read(small_file()).unwrap();
    vault.inner.slots.break_sync(true);
    let failed = put(&vault, OWNER, Some(first), &backup(2)).await;
    assert!(matches!(failed, Err(StoreError::Io(_))));
    assert_eq!(get(&vault, OWNER).await.unwrap(), backup(1));
    vault.inner.slots.break_sync(false);
    // The same put, which now cannot even write the file, takes away nothing that the file may name; nor does another put.
    let half_written = small_file().with_extension("tmp");
    fs::create_dir(&half_written).unwrap();
    for seed in [2, 3] {
        let failed = put(&vault, OWNER, Some(first), &backup(seed)).await;
        assert!(matches!(failed, Err(StoreError::Io(_))));
    }
    fs::remove_dir(&half_written).unwrap();
    assert_eq!(on_disk(folder.path()), (2, 1));
    drop(vault);
    let new = fs::read(small_file()).unwrap();
    let copy = tempfile::tempdir().unwrap();
    for file in files(folder.path()) {
        let path = copy.path().join(file.0.strip_prefix(&folder).unwrap());
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, file.1).unwrap();
    }
    // Whichever file a power cut leaves, the bytes that it names are there.
    let name = small_file();
    let name = name.strip_prefix(&folder).unwrap();
    for (folder, file, seed) in [(&folder, new, 2), (&copy, old, 1)] {
        fs::write(folder.path().join(name), file).unwrap();
        let vault = open_vault(folder.path()).await;
        assert_eq!(get(&vault, OWNER).await.unwrap(), backup(seed));
        assert_eq!(on_disk(folder.path()), (1, 1));
    }
}

#[tokio::test]
async fn no_put_begins_while_the_bytes_of_a_slot_are_being_removed() {
    let folder = tempfile::tempdir().unwrap();
    let vault = open_vault(folder.path()).await;
    let stored = put(&vault, OWNER, None, &backup(1)).await.unwrap();
    let removing = Slots::forget(&vault.inner, SlotName::of(&OWNER), stored).unwrap();
    assert_eq!(vault.slot(&OWNER).unwrap(), None);
    let again = put(&vault, OWNER, None, &backup(1)).await;
    assert!(matches!(again, Err(StoreError::UploadInProgress)));
    drop(removing);
    put(&vault, OWNER, None, &backup(1)).await.unwrap();
}

#[tokio::test]
async fn versions_of_one_revision_have_bytes_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let vault = open_vault(folder.path()).await;
    let first = put(&vault, OWNER, None, &backup(1)).await.unwrap();
    let mut reader = vault.read_slot(&OWNER).unwrap();
    vault.remove_slot(OWNER, first).await.unwrap();
    put(&vault, OWNER, None, &backup(2)).await.unwrap();
    // Who reads the one is never given the other's.
    assert!(matches!(
        reader.next_piece().await,
        Err(StoreError::SlotStale)
    ));
}

#[tokio::test]
async fn what_a_kill_leaves_beside_a_slot_is_swept_away() {
    let folder = tempfile::tempdir().unwrap();
    let vault = open_vault(folder.path()).await;
    put(&vault, OWNER, None, &backup(1)).await.unwrap();
    drop(vault);
    let (blob, _) = files(&folder.path().join("blobs")).remove(0);
    let name = SlotName::of(&OWNER);
    for other in [format!("{name}.2"), format!("{name}.2#1"), "aa.1".into()] {
        fs::write(blob.with_file_name(other), b"half").unwrap();
    }
    fs::write(folder.path().join("slots").join("ab.tmp"), b"half").unwrap();
    let vault = open_vault(folder.path()).await;
    assert_eq!(on_disk(folder.path()), (1, 1));
    assert_eq!(get(&vault, OWNER).await.unwrap(), backup(1));
}

/// What one of two copies of a wallet does.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// Puts to replace what it knows.
    Put(u8),
    /// Reads, and goes on from there.
    Read,
    /// Removes what it knows.
    Remove,
    /// The vault is opened anew.
    Reopen,
}

fn steps() -> impl Strategy<Value = Vec<(bool, Step)>> {
    let step = prop_oneof![
        4 => any::<u8>().prop_map(Step::Put),
        2 => Just(Step::Read),
        1 => Just(Step::Remove),
        1 => Just(Step::Reopen),
    ];
    proptest::collection::vec((any::<bool>(), step), 1..24)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn nothing_is_overwritten_that_its_writer_had_not_seen(steps in steps()) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let folder = tempfile::tempdir().unwrap();
            let mut vault = open_vault(folder.path()).await;
            // What is there, and what each of the copies believes to be there.
            let mut there: Option<(SlotVersion, Vec<u8>)> = None;
            let mut believed: [Option<SlotVersion>; 2] = [None, None];
            for (copy, step) in steps {
                let copy = usize::from(copy);
                let current = there.as_ref().map(|(version, _)| *version);
                match step {
                    Step::Put(seed) => {
                        let bytes = backup(seed);
                        match put(&vault, OWNER, believed[copy], &bytes).await {
                            Ok(version) => {
                                let repeated = current == Some(version);
                                assert!(repeated || believed[copy] == current);
                                believed[copy] = Some(version);
                                there = Some((version, bytes));
                            }
                            Err(StoreError::SlotStale) => assert_ne!(believed[copy], current),
                            Err(error) => panic!("{error}"),
                        }
                    }
                    Step::Read => believed[copy] = vault.slot(&OWNER).unwrap().map(|c| c.version),
                    Step::Remove => {
                        if let Some(version) = believed[copy]
                            && vault.remove_slot(OWNER, version).await.is_ok()
                        {
                            assert_eq!(current, Some(version));
                            there = None;
                        }
                    }
                    Step::Reopen => {
                        drop(vault);
                        vault = open_vault(folder.path()).await;
                    }
                }
                match &there {
                    Some((version, bytes)) => {
                        assert_eq!(vault.slot(&OWNER).unwrap().unwrap().version, *version);
                        assert_eq!(&get(&vault, OWNER).await.unwrap(), bytes);
                    }
                    None => assert_eq!(vault.slot(&OWNER).unwrap(), None),
                }
            }
            let kept: BTreeSet<usize> = [0, 1].into();
            assert!(kept.contains(&on_disk(folder.path()).0));
        });
    }
}
