//! What every index must do, run against each implementation.

use super::{
    StorageError,
    index::{Batch, Index, IndexTip},
    memory::MemoryIndex,
    redb_index::RedbIndex,
};
use std::path::Path;

fn tip(height: u64) -> IndexTip {
    IndexTip {
        height,
        state_root: [height as u8; 32],
    }
}

fn set(key: &[u8], value: &[u8]) -> (Vec<u8>, Option<Vec<u8>>) {
    (key.to_vec(), Some(value.to_vec()))
}

fn conforms(index: &dyn Index) {
    assert_eq!(index.tip().unwrap(), None);
    assert_eq!(index.get(b"a").unwrap(), None);

    index
        .commit(
            tip(1),
            vec![set(b"a", b"1"), set(b"b", b""), set(b"", b"empty key")],
        )
        .unwrap();
    assert_eq!(index.tip().unwrap(), Some(tip(1)));
    assert_eq!(index.get(b"a").unwrap().as_deref(), Some(&b"1"[..]));
    assert_eq!(index.get(b"b").unwrap().as_deref(), Some(&b""[..]));
    assert_eq!(index.get(b"").unwrap().as_deref(), Some(&b"empty key"[..]));

    index
        .commit(
            tip(2),
            vec![
                set(b"a", b"2"),
                (b"b".to_vec(), None),
                (b"never".to_vec(), None),
            ],
        )
        .unwrap();
    assert_eq!(index.get(b"a").unwrap().as_deref(), Some(&b"2"[..]));
    assert_eq!(index.get(b"b").unwrap(), None);
    assert_eq!(index.tip().unwrap(), Some(tip(2)));

    let more = (0..5u8).map(|n| set(&[7, n], &[n])).collect();
    index.commit(tip(2), more).unwrap();
    let keys = |from: &[u8], to: &[u8], most| {
        let found = index.scan(from, to, most).unwrap();
        assert!(found.iter().all(|(key, value)| key[1..] == value[..]));
        found.iter().map(|(key, _)| key[1]).collect::<Vec<_>>()
    };
    assert_eq!(keys(&[7], &[8], 9), [0, 1, 2, 3, 4]);
    assert_eq!(keys(&[7, 1], &[7, 4], 9), [1, 2, 3]);
    assert_eq!(keys(&[7, 1, 0], &[8], 2), [2, 3]);
    assert_eq!(keys(&[8], &[9], 2), [] as [u8; 0]);

    // A key that looks like the tip's own is an ordinary key.
    index.commit(tip(3), vec![set(&[0], b"x")]).unwrap();
    assert_eq!(index.tip().unwrap(), Some(tip(3)));
    index.flush().unwrap();

    index.close().unwrap();
    assert!(
        index.get(b"a").is_err()
            && index.tip().is_err()
            && index.commit(tip(4), Vec::new()).is_err()
    );
}

fn many(batches: u64) -> impl Iterator<Item = (IndexTip, Batch)> {
    (1..=batches).map(|height| {
        (
            tip(height),
            vec![
                set(b"height", &height.to_be_bytes()),
                set(&height.to_be_bytes(), &[1; 200]),
            ],
        )
    })
}

#[test]
fn the_memory_index_conforms() {
    conforms(&MemoryIndex::default());
}

#[test]
fn the_redb_index_conforms() {
    let dir = tempfile::tempdir().unwrap();
    conforms(&RedbIndex::open(dir.path()).unwrap());
}

#[test]
fn the_redb_index_keeps_what_was_flushed() {
    let dir = tempfile::tempdir().unwrap();
    let index = RedbIndex::open(dir.path()).unwrap();
    for (tip, batch) in many(100) {
        index.commit(tip, batch).unwrap();
    }
    index.flush().unwrap();
    drop(index);
    let index = RedbIndex::open(dir.path()).unwrap();
    assert_eq!(index.tip().unwrap(), Some(tip(100)));
    assert_eq!(index.get(b"height").unwrap().unwrap(), 100u64.to_be_bytes());
}

#[test]
fn an_index_in_use_is_told_apart_from_a_broken_one() {
    let dir = tempfile::tempdir().unwrap();
    let index = RedbIndex::open(dir.path()).unwrap();
    assert!(matches!(
        RedbIndex::open(dir.path()),
        Err(StorageError::Locked(_))
    ));
    index.close().unwrap();
    RedbIndex::open(dir.path()).unwrap();
}

fn damaged(name: &str, change: impl Fn(&Path)) {
    let dir = tempfile::tempdir().unwrap();
    let index = RedbIndex::open(dir.path()).unwrap();
    for (tip, batch) in many(200) {
        index.commit(tip, batch).unwrap();
    }
    index.flush().unwrap();
    drop(index);
    change(&dir.path().join("state.redb"));
    // It may open with less, but it must not panic, and what it says about its tip must be one that was committed.
    match RedbIndex::open(dir.path()).and_then(|index| index.tip()) {
        Ok(Some(found)) => assert_eq!(found, tip(found.height), "{name}"),
        Ok(None) => {}
        Err(error) => assert!(
            matches!(error, StorageError::Index(_) | StorageError::Io { .. }),
            "{name}: {error}"
        ),
    }
}

#[test]
fn a_damaged_file_gives_an_error_or_an_older_tip_and_never_a_panic() {
    damaged("emptied", |file| std::fs::write(file, b"").unwrap());
    damaged("noise", |file| std::fs::write(file, [0xa5; 8192]).unwrap());
    damaged("cut in half", |file| {
        let bytes = std::fs::read(file).unwrap();
        std::fs::write(file, &bytes[..bytes.len() / 2]).unwrap();
    });
    damaged("starts with noise", |file| {
        let mut bytes = std::fs::read(file).unwrap();
        bytes[..4096].fill(0x5a);
        std::fs::write(file, bytes).unwrap();
    });
}

#[test]
fn a_flipped_bit_in_a_value_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let index = RedbIndex::open(dir.path()).unwrap();
    let value = b"a value that is nowhere else in the file";
    index.commit(tip(1), vec![set(b"key", value)]).unwrap();
    index.close().unwrap();
    let file = dir.path().join("state.redb");
    let mut bytes = std::fs::read(&file).unwrap();
    let mut flipped = 0;
    for at in 0..bytes.len() - value.len() {
        if bytes[at..].starts_with(value) {
            bytes[at] ^= 1;
            flipped += 1;
        }
    }
    assert!(flipped > 0);
    std::fs::write(&file, bytes).unwrap();
    let index = RedbIndex::open(dir.path()).unwrap();
    assert!(matches!(index.get(b"key"), Err(StorageError::Index(_))));
}
