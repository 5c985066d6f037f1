use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::testing::rng;

const PASSWORD: &[u8] = b"correct horse battery staple";

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn new_wallet(folder: &Path, plaintext: &[u8]) -> (PathBuf, WalletFile) {
    let path = folder.join("wallet.tacit");
    let file = WalletFile::create(
        &path,
        PASSWORD,
        KdfCost::INSECURE_TEST,
        plaintext,
        &mut rng(1),
    )
    .unwrap();
    (path, file)
}

fn content(path: &Path) -> Vec<u8> {
    WalletFile::open(path, PASSWORD).unwrap().1.to_vec()
}

fn names(folder: &Path) -> BTreeSet<String> {
    fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect()
}

#[test]
fn what_is_saved_is_what_is_opened() {
    let folder = folder();
    let (path, file) = new_wallet(folder.path(), b"first");
    file.save(b"second", &mut rng(2)).unwrap();
    drop(file);
    assert_eq!(content(&path), b"second");
}

#[test]
fn a_wrong_password_is_its_own_error() {
    let folder = folder();
    let (path, file) = new_wallet(folder.path(), b"first");
    drop(file);
    assert!(matches!(
        WalletFile::open(&path, b"guess"),
        Err(FileError::WrongPassword)
    ));
    assert_eq!(content(&path), b"first");
}

#[test]
fn every_changed_byte_is_refused() {
    let folder = folder();
    let (path, file) = new_wallet(folder.path(), b"something to keep");
    drop(file);
    let good = fs::read(&path).unwrap();
    for at in 0..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 1;
        let error = seal::open(&bad, PASSWORD).unwrap_err();
        match at {
            0..4 => assert!(matches!(error, FileError::NotAWallet), "byte {at}: {error}"),
            4 => assert!(
                matches!(error, FileError::UnknownVersion(_)),
                "byte {at}: {error}"
            ),
            _ => assert!(matches!(error, FileError::Damaged), "byte {at}: {error}"),
        }
    }
}

#[test]
fn every_truncation_and_an_extra_byte_is_refused() {
    let folder = folder();
    let (path, file) = new_wallet(folder.path(), b"something to keep");
    drop(file);
    let good = fs::read(&path).unwrap();
    for length in 0..good.len() {
        let error = seal::open(&good[..length], PASSWORD).unwrap_err();
        assert!(
            matches!(error, FileError::NotAWallet | FileError::Damaged),
            "{length} bytes: {error}"
        );
    }
    let mut longer = good.clone();
    longer.push(0);
    assert!(matches!(
        seal::open(&longer, PASSWORD),
        Err(FileError::Damaged)
    ));
}

#[test]
fn a_header_rewritten_with_a_fitting_checksum_still_does_not_open() {
    let (key, mut rng) = (
        FileKey::new(PASSWORD, KdfCost::INSECURE_TEST, &mut rng(3)).unwrap(),
        rng(4),
    );
    let good = key.seal(b"something", &mut rng).unwrap();
    for at in 5..77 {
        let mut bad = good.clone();
        bad[at] ^= 1;
        let sum = <sha2::Sha256 as sha2::Digest>::digest(&bad[..77]);
        bad[77..85].copy_from_slice(&sum[..8]);
        assert!(seal::open(&bad, PASSWORD).is_err(), "byte {at}");
    }
}

#[test]
fn a_hostile_cost_is_refused_before_memory_is_taken() {
    for (memory, passes, lanes) in [
        (u32::MAX, 1, 1),
        (8, u32::MAX, 1),
        (8, 1, 0),
        (8, 0, 1),
        (8, 1, 2),
        (1 << 20, 1, 17),
    ] {
        assert!(matches!(
            KdfCost::new(memory, passes, lanes),
            Err(FileError::Cost)
        ));
    }
    let key = FileKey::new(PASSWORD, KdfCost::INSECURE_TEST, &mut rng(3)).unwrap();
    let mut bad = key.seal(b"something", &mut rng(4)).unwrap();
    bad[5..9].copy_from_slice(&u32::MAX.to_be_bytes());
    let sum = <sha2::Sha256 as sha2::Digest>::digest(&bad[..77]);
    bad[77..85].copy_from_slice(&sum[..8]);
    assert!(matches!(seal::open(&bad, PASSWORD), Err(FileError::Cost)));
}

#[test]
fn a_second_process_is_kept_out_until_the_first_is_done() {
    let folder = folder();
    let (path, file) = new_wallet(folder.path(), b"first");
    assert!(matches!(
        WalletFile::open(&path, PASSWORD),
        Err(FileError::InUse)
    ));
    assert!(matches!(
        WalletFile::create(&path, PASSWORD, KdfCost::INSECURE_TEST, b"", &mut rng(1)),
        Err(FileError::InUse)
    ));
    drop(file);
    assert_eq!(content(&path), b"first");
}

#[test]
fn a_new_wallet_never_overwrites_a_file() {
    let folder = folder();
    let (path, file) = new_wallet(folder.path(), b"first");
    drop(file);
    assert!(matches!(
        WalletFile::create(&path, PASSWORD, KdfCost::INSECURE_TEST, b"", &mut rng(1)),
        Err(FileError::AlreadyExists(_))
    ));
    assert_eq!(content(&path), b"first");
    assert!(matches!(
        WalletFile::open(&folder.path().join("elsewhere"), PASSWORD),
        Err(FileError::NotFound(_))
    ));
}

#[test]
fn a_full_disk_loses_nothing_and_leaves_no_litter() {
    let folder = folder();
    let (path, file) = new_wallet(folder.path(), b"old");
    let before = names(folder.path());
    let new = file.key.seal(b"new", &mut rng(5)).unwrap();
    for failing in [Step::Create, Step::Write, Step::SyncFile, Step::Rename] {
        let full = |step| {
            if step == failing {
                Err(io::ErrorKind::StorageFull.into())
            } else {
                Ok(())
            }
        };
        let error = replace(&path, &new, full).unwrap_err();
        assert!(
            error.to_string().contains("keeps its earlier content"),
            "{error}"
        );
        assert_eq!(names(folder.path()), before);
    }
    drop(file);
    assert_eq!(content(&path), b"old");
}

#[test]
fn a_kill_at_any_step_leaves_the_old_content_or_the_new() {
    for killed in [
        Step::Create,
        Step::Write,
        Step::SyncFile,
        Step::Rename,
        Step::SyncFolder,
    ] {
        let folder = folder();
        let (path, file) = new_wallet(folder.path(), b"old");
        let new = file.key.seal(b"new", &mut rng(5)).unwrap();
        // A kill runs no clean-up: unwinding out of the step leaves the temporary file as it is.
        let cut = std::panic::catch_unwind(|| {
            replace(&path, &new, |step| {
                if step == killed {
                    std::panic::resume_unwind(Box::new(()))
                } else {
                    Ok(())
                }
            })
        });
        assert!(cut.is_err());
        drop(file);
        let found = content(&path);
        assert_eq!(
            found,
            if killed == Step::SyncFolder {
                b"new"
            } else {
                b"old"
            },
            "{killed:?}"
        );
        let (file, _) = WalletFile::open(&path, PASSWORD).unwrap();
        file.save(b"newer", &mut rng(6)).unwrap();
        drop(file);
        assert_eq!(content(&path), b"newer");
        assert_eq!(
            names(folder.path()).len(),
            2,
            "only the wallet and its lock remain"
        );
    }
}

#[test]
fn a_kill_while_a_file_is_made_leaves_none_or_a_whole_one() {
    for killed in [
        Step::Create,
        Step::Write,
        Step::SyncFile,
        Step::Rename,
        Step::SyncFolder,
    ] {
        let folder = folder();
        let path = folder.path().join("wallet.tacit");
        let key = FileKey::new(PASSWORD, KdfCost::INSECURE_TEST, &mut rng(1)).unwrap();
        let bytes = key.seal(b"restored", &mut rng(2)).unwrap();
        let cut = std::panic::catch_unwind(|| {
            replace(&path, &bytes, |step| {
                if step == killed {
                    std::panic::resume_unwind(Box::new(()))
                } else {
                    Ok(())
                }
            })
        });
        assert!(cut.is_err());
        let again = WalletFile::create(
            &path,
            PASSWORD,
            KdfCost::INSECURE_TEST,
            b"restored",
            &mut rng(3),
        );
        match (killed, again.err()) {
            (Step::SyncFolder, Some(FileError::AlreadyExists(_))) => {}
            (Step::SyncFolder, other) => panic!("{other:?}"),
            (_, None) => {}
            (step, Some(error)) => panic!("{step:?}: {error}"),
        }
        assert_eq!(content(&path), b"restored", "{killed:?}");
    }
}

#[test]
fn a_changed_password_replaces_the_old_one() {
    let folder = folder();
    let (path, mut file) = new_wallet(folder.path(), b"first");
    file.change_password(b"another", KdfCost::INSECURE_TEST, b"first", &mut rng(7))
        .unwrap();
    file.save(b"second", &mut rng(8)).unwrap();
    drop(file);
    assert!(matches!(
        WalletFile::open(&path, PASSWORD),
        Err(FileError::WrongPassword)
    ));
    assert_eq!(*WalletFile::open(&path, b"another").unwrap().1, b"second");
}

#[cfg(unix)]
#[test]
fn nobody_else_on_the_machine_may_read_the_file() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder();
    let (path, file) = new_wallet(folder.path(), b"first");
    file.save(b"second", &mut rng(2)).unwrap();
    assert_eq!(
        fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o600
    );
}

#[test]
fn two_saves_of_the_same_content_look_unrelated() {
    let key = FileKey::new(PASSWORD, KdfCost::INSECURE_TEST, &mut rng(3)).unwrap();
    let mut rng = rng(4);
    let (a, b) = (
        key.seal(b"same", &mut rng).unwrap(),
        key.seal(b"same", &mut rng).unwrap(),
    );
    assert_ne!(a[33..45], b[33..45], "nonce");
    assert_ne!(a[85..], b[85..], "ciphertext");
}

proptest! {
    #[test]
    fn hostile_bytes_never_open(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(seal::open(&bytes, PASSWORD).is_err());
    }

    #[test]
    fn hostile_bytes_after_a_good_beginning_never_open(tail in proptest::collection::vec(any::<u8>(), 0..300)) {
        let mut bytes = b"TCWF\x01".to_vec();
        bytes.extend(tail);
        prop_assert!(seal::open(&bytes, PASSWORD).is_err());
    }
}
