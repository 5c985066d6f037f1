//! Ending commands in the middle, as a power cut would: at the n-th change of a file, or after some time.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::process::Workbench;

/// Pause between two looks: far shorter than a synced write takes.
const LOOK: Duration = Duration::from_micros(100);

/// The files of a folder that are watched for changes. Journals are replaced whole, so each change is a new file.
#[derive(Debug)]
pub struct Watched {
    folder: PathBuf,
    wanted: fn(&str) -> bool,
    seen: BTreeMap<String, (u64, i64, i64)>,
    changes: usize,
}

impl Watched {
    /// Watches the files of a folder whose names are wanted.
    pub fn new(folder: PathBuf, wanted: fn(&str) -> bool) -> Self {
        let seen = look(&folder, wanted);
        Self {
            folder,
            wanted,
            seen,
            changes: 0,
        }
    }

    /// Changes up to now, as far as they were seen.
    pub fn changes(&mut self) -> usize {
        let now = look(&self.folder, self.wanted);
        self.changes += now
            .iter()
            .filter(|(name, file)| self.seen.get(*name) != Some(*file))
            .count();
        self.seen = now;
        self.changes
    }
}

fn look(folder: &Path, wanted: fn(&str) -> bool) -> BTreeMap<String, (u64, i64, i64)> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if let (true, Ok(data)) = (wanted(&name), entry.metadata()) {
            found.insert(name, (data.ino(), data.mtime(), data.mtime_nsec()));
        }
    }
    found
}

impl Workbench {
    /// Runs a line and kills it as soon as `when` holds; tells whether it was killed. Its output goes to `log`.
    pub fn kill_when(&self, log: &str, line: &str, mut when: impl FnMut() -> bool) -> bool {
        let mut running = self.start(log, line);
        let late = Instant::now() + Duration::from_secs(120);
        loop {
            if when() {
                running.kill();
                return true;
            }
            if let Some(status) = running.ended() {
                let log = std::fs::read_to_string(self.path().join(format!("{log}.log")));
                assert!(
                    status.success(),
                    "{line}: {status} before it was killed: {log:?}"
                );
                return false;
            }
            assert!(Instant::now() < late, "{line} does not end");
            std::thread::sleep(LOOK);
        }
    }
}
