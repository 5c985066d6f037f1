//! kill -9 at random moments: whatever was acknowledged is there afterwards, and nothing needs repair.
//!
//! The test starts itself as a child process, which works on a vault and prints a line after each acknowledged step, and kills
//! it. Then it opens the vault and compares.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use bytes::Bytes;
use tacit_circuits::types::{Digest32, MemberId, Position, Timestamp};
use tacit_vault::ids::{CallerKey, InboxAddress, VaultIdentity};
use tacit_vault::inbox::{Handle, RequestState, Sequence};
use tacit_vault::keys::SlotHasher;
use tacit_vault::object::{ChunkSize, DataKey, ObjectInfo, ObjectNonce, seal};
use tacit_vault::slot::{SIZES, SlotDigest};
use tacit_vault::store::{Begin, BeginPut, Limits, StoreError, Vault, VaultConfig};

const OWNER: CallerKey = CallerKey([1; 32]);
const NOW: Timestamp = Timestamp(1_800_000_000);
const FOLDER: &str = "TACIT_CRASH_FOLDER";
const START: &str = "TACIT_CRASH_START";
const ROUNDS: u64 = 12;

fn member(id: u32) -> MemberId {
    MemberId::new(id).unwrap()
}

async fn open(folder: &Path) -> Vault {
    let identity = VaultIdentity {
        chain: Digest32([3; 32]),
        member: member(9),
    };
    // Small parts, so that an upload has several.
    let limits = Limits {
        part_bytes: 4 << 10,
        piece_bytes: 4 << 10,
        ..Limits::default()
    };
    Vault::open(VaultConfig {
        folder: folder.to_path_buf(),
        identity,
        limits,
        blobs: None,
    })
    .await
    .unwrap()
}

async fn upload(vault: &Vault, object: &[u8], info: &ObjectInfo) {
    let Begin::Upload(mut upload) = vault
        .begin_upload(OWNER, info.id, object.len() as u64)
        .await
        .unwrap()
    else {
        panic!("nobody has uploaded it");
    };
    for piece in object.chunks(1000) {
        upload.write(piece).await.unwrap();
    }
    upload.finish().await.unwrap();
}

async fn read_all(vault: &Vault, info: &ObjectInfo) -> Result<Vec<u8>, StoreError> {
    let mut reader = vault.read(OWNER, info.id, 0)?;
    let mut bytes = Vec::new();
    while let Some(piece) = reader.next_piece().await? {
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes)
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| {
            if path.is_dir() {
                files(&path)
            } else {
                vec![path]
            }
        })
        .collect()
}

fn object(number: u64) -> (Vec<u8>, ObjectInfo) {
    let mut object = Vec::new();
    let mut seed = [0; 32];
    seed[..8].copy_from_slice(&number.to_be_bytes());
    let content = vec![number as u8; 20_000];
    let info = seal(
        &DataKey::new(seed),
        ObjectNonce(seed),
        ChunkSize::default(),
        &content[..],
        &mut object,
    )
    .unwrap();
    (object, info)
}

fn handle(number: u64) -> Handle {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&number.to_be_bytes());
    Handle(bytes)
}

/// The shape of a sealed message of the smallest length.
fn message(number: u64) -> Bytes {
    let mut bytes = b"TMSG\x01".to_vec();
    bytes.extend_from_slice(&[7; 32]);
    bytes.extend_from_slice(&[0x90, 0x10]);
    bytes.extend(number.to_be_bytes().repeat((2048 + 16) / 8));
    bytes.into()
}

/// A sealed backup as good as any: the number, over and over.
fn backup(number: u64) -> (Vec<u8>, SlotDigest) {
    let bytes = number.to_be_bytes().repeat(SIZES[0] as usize / 8);
    let mut hasher = SlotHasher::default();
    hasher.update(&bytes);
    (bytes, hasher.finish())
}

/// Puts the backup with this number over what is there.
async fn keep(vault: &Vault, number: u64) {
    let (bytes, digest) = backup(number);
    let before = vault.slot(&OWNER).unwrap().map(|content| content.version);
    let begun = vault.begin_put(OWNER, before, digest, SIZES[0]);
    let BeginPut::Put(mut put) = begun.await.unwrap() else {
        panic!("numbers are not put twice");
    };
    for piece in bytes.chunks(5000) {
        put.write(piece).await.unwrap();
    }
    put.finish().await.unwrap();
}

/// The number of the backup that is there, which must be whole; `None` where there is none.
async fn kept(vault: &Vault) -> Option<u64> {
    let mut reader = vault.read_slot(&OWNER).ok()?;
    let mut bytes = Vec::new();
    while let Some(piece) = reader.next_piece().await.unwrap() {
        bytes.extend_from_slice(&piece);
    }
    let number = u64::from_be_bytes(*bytes.first_chunk().unwrap());
    let (whole, digest) = backup(number);
    assert_eq!(bytes, whole);
    assert_eq!(reader.content().version.digest, digest);
    Some(number)
}

/// The child: works until it is killed. Does nothing in an ordinary test run.
#[tokio::test]
async fn child_that_works_until_it_is_killed() {
    let Some(folder) = std::env::var_os(FOLDER) else {
        return;
    };
    let start: u64 = std::env::var(START).unwrap().parse().unwrap();
    let vault = open(Path::new(&folder)).await;
    let say = |step: &str, number: u64| {
        let mut out = std::io::stdout().lock();
        writeln!(out, "\n{step} {number}").unwrap();
        out.flush().unwrap();
    };
    for number in start.. {
        let (bytes, info) = object(number);
        upload(&vault, &bytes, &info).await;
        say("stored", number);
        vault
            .bind(OWNER, info.id, Position(number as u32))
            .await
            .unwrap();
        say("bound", number);
        let expires = Timestamp(NOW.0 + 1_000);
        let address = InboxAddress::of(&OWNER);
        vault
            .post_request(
                member(5),
                handle(number),
                address,
                message(number),
                expires,
                NOW,
            )
            .await
            .unwrap();
        say("posted", number);
        let waiting = vault.poll_inbox(OWNER, Sequence(0), 16, NOW).await.unwrap();
        let sequence = waiting.last().unwrap().sequence;
        vault
            .answer_request(OWNER, sequence, message(number + 1), NOW)
            .await
            .unwrap();
        say("answered", number);
        keep(&vault, number).await;
        say("kept", number);
        if number % 3 == 0 {
            vault.erase(OWNER, info.id, NOW, |_| [0; 64]).await.unwrap();
            say("erased", number);
        }
    }
}

#[test]
fn what_was_acknowledged_before_a_kill_is_found_afterwards() {
    let folder = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut said = BTreeSet::new();
    let mut start = 0;
    let seen = |said: &BTreeSet<(String, u64)>| -> BTreeSet<String> {
        said.iter().map(|(step, _)| step.clone()).collect()
    };
    // More of them where the machine is so busy that no child gets to its last step.
    for round in 0..5 * ROUNDS {
        if round >= ROUNDS && seen(&said).len() == 6 {
            break;
        }
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "child_that_works_until_it_is_killed",
                "--nocapture",
            ])
            .env(FOLDER, folder.path())
            .env(START, start.to_string())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (sender, receiver) = mpsc::channel();
        let lines = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || {
            for step in lines
                .lines()
                .map_while(Result::ok)
                .filter_map(|line| parse(&line))
            {
                if sender.send(step).is_err() {
                    break;
                }
            }
        });
        said.insert(
            receiver
                .recv_timeout(Duration::from_secs(60))
                .expect("the child begins to work"),
        );
        // Not the same moment in every round, and often in the middle of a write.
        std::thread::sleep(Duration::from_micros(10_000 + round * 17_389 % 90_000));
        child.kill().unwrap();
        child.wait().unwrap();
        said.extend(receiver);
        // A step may have been under way on this number: the next child leaves it alone.
        start = said
            .iter()
            .map(|(_, number)| number + 2)
            .max()
            .unwrap_or(start + 1);
        runtime.block_on(check(folder.path(), &said));
    }
    let steps = seen(&said);
    assert_eq!(
        steps.len(),
        6,
        "every kind of step was under test: {steps:?}"
    );
    assert!(said.len() > 20, "{}", said.len());
}

fn parse(line: &str) -> Option<(String, u64)> {
    let (step, number) = line.split_once(' ')?;
    let known = ["stored", "bound", "posted", "answered", "kept", "erased"].contains(&step);
    Some((step.to_owned(), number.parse().ok()?)).filter(|_| known)
}

async fn check(folder: &Path, said: &BTreeSet<(String, u64)>) {
    let vault = open(folder).await;
    let erased = |number| said.contains(&("erased".to_owned(), number));
    for (step, number) in said {
        let (bytes, info) = object(*number);
        match step.as_str() {
            "stored" if !erased(*number) => match read_all(&vault, &info).await {
                Ok(read) => assert_eq!(read, bytes),
                // Its erasure may have begun and not been acknowledged.
                Err(error) => assert!(
                    matches!(error, StoreError::Erased) && number % 3 == 0,
                    "{error}"
                ),
            },
            "bound" if !erased(*number) && number % 3 != 0 => {
                let other = vault.bind(OWNER, info.id, Position(u32::MAX)).await;
                assert!(matches!(other, Err(StoreError::OtherRecord)));
            }
            "posted" | "answered" => {
                let view = vault
                    .request_state(member(5), handle(*number), NOW)
                    .await
                    .unwrap();
                if step == "answered" {
                    assert_eq!(view.state, RequestState::Answered);
                    assert_eq!(view.answer, Some(message(number + 1)));
                }
            }
            "erased" => assert!(matches!(
                vault.read(OWNER, info.id, 0),
                Err(StoreError::Erased)
            )),
            _ => {}
        }
    }
    let last = said
        .iter()
        .filter(|(step, _)| step == "kept")
        .map(|(_, number)| *number)
        .max();
    let found = kept(&vault).await;
    assert!(
        found >= last,
        "{found:?} is there, {last:?} was acknowledged"
    );
    // No ciphertext without metadata, nothing half written.
    assert_eq!(
        files(&folder.join("blobs")).len(),
        vault.object_count() + vault.slot_count()
    );
    for area in ["objects", "served", "requests", "slots"] {
        assert!(
            files(&folder.join(area))
                .iter()
                .all(|path| path.extension().is_none())
        );
    }
}
