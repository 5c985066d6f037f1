//! kill -9 aimed at the index: while it opens, commits, flushes and closes.

use super::{
    StorageError,
    index::{Index, IndexTip},
    redb_index::{RedbIndex, move_aside},
};
use std::{
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

const CHILD: &str = "TACIT_INDEX_CHILD";

fn tip(height: u64) -> IndexTip {
    IndexTip {
        height,
        state_root: [height as u8; 32],
    }
}

/// Opens, commits, flushes and closes the index over and over until killed.
#[test]
fn child() {
    let Ok(dir) = std::env::var(CHILD) else {
        return;
    };
    loop {
        let index = open_or_rebuild(Path::new(&dir)).0;
        let from = index.tip().unwrap().map_or(0, |tip| tip.height);
        for height in from + 1..from + 40 {
            let batch = vec![
                (b"height".to_vec(), Some(height.to_be_bytes().to_vec())),
                (height.to_be_bytes().to_vec(), Some(vec![1; 300])),
            ];
            index.commit(tip(height), batch).unwrap();
            if height % 8 == 0 {
                index.flush().unwrap();
            }
        }
    }
}

/// What the node does: an index that does not open is moved aside. Returns whether that was needed.
fn open_or_rebuild(dir: &Path) -> (RedbIndex, bool) {
    match RedbIndex::open(dir) {
        Ok(index) => (index, false),
        Err(StorageError::Index(_)) => {
            move_aside(dir).unwrap();
            (RedbIndex::open(dir).unwrap(), true)
        }
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn whatever_moment_kill_9_hits_the_index_is_whole_or_rebuilt() {
    let kills: u64 = std::env::var("TACIT_INDEX_KILLS")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(25);
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("index");
    let mut rebuilt = 0;
    for kill in 0..kills {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "storage::kill_tests::child", "--nocapture"])
            .env(CHILD, &folder)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // From before the first opening to well into the work, in uneven steps.
        std::thread::sleep(Duration::from_millis(5 + kill * 7919 % 120));
        child.kill().unwrap();
        child.wait().unwrap();
        let (index, again) = open_or_rebuild(&folder);
        rebuilt += u64::from(again);
        let Some(found) = index.tip().unwrap() else {
            continue;
        };
        assert_eq!(
            found,
            tip(found.height),
            "the tip is one that was committed"
        );
        let height = index.get(b"height").unwrap().unwrap();
        assert_eq!(
            height,
            found.height.to_be_bytes(),
            "batches are all or nothing"
        );
        for height in 1..=found.height {
            assert!(
                index.get(&height.to_be_bytes()).unwrap().is_some(),
                "batch {height} is missing"
            );
        }
    }
    println!("{kills} kills, {rebuilt} rebuilt");
}
