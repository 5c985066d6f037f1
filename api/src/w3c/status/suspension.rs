//! Suspensions: which of the issuer's credentials are stopped for a while. One small file, replaced whole; a journal beside it
//! says when each was set and cleared.

use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use super::{ENTRIES, Standing, place};
use crate::cli::output::utc;
use crate::clock;
use crate::errors::{ApiError, ApiResult, catalogue as reason};
use crate::files;

const FILE: &str = "suspensions.json";
const LOCK: &str = "suspensions.lock";
const JOURNAL: &str = "suspensions.log";
const OLD_JOURNAL: &str = "suspensions.log.1";

/// Largest file, in bytes.
const MAX_FILE: u64 = 1 << 20;

/// Most credentials that are suspended at a time.
const MAX_SUSPENDED: usize = 65_536;

/// Most credentials that can ever be suspended: sixteen lists.
const MAX_NUMBERS: u64 = 16 * ENTRIES;

/// Longest journal, in bytes, before a new one is begun. The one before it is kept.
const MAX_JOURNAL: u64 = 4 << 20;

const VERSION: u32 = 1;

/// The suspensions of an issuer's folder. Several processes may use it.
#[derive(Debug)]
pub struct Suspensions {
    dir: PathBuf,
}

/// Which numbers are given out, and which of them are suspended.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Suspended {
    version: u32,
    /// Counts the changes.
    changes: u64,
    /// The next number to give out.
    next: u64,
    suspended: BTreeSet<u64>,
    /// Positions on the ledger whose credentials are suspended.
    #[serde(default)]
    positions: BTreeSet<u32>,
}

impl Suspended {
    /// Another one after every change.
    pub fn version(&self) -> u64 {
        self.changes
    }

    /// A list; `None` for one of which no number is given out.
    pub fn list(&self, number: u32) -> Option<Vec<Standing>> {
        let first = u64::from(number).checked_mul(ENTRIES)?;
        let standing = |one| match self.suspended.contains(&one) {
            true => Standing::Suspended,
            false => Standing::Valid,
        };
        (first < self.next).then(|| (first..first + ENTRIES).map(standing).collect())
    }

    /// Whether the credential at a position of the ledger is suspended.
    pub fn has_position(&self, position: u32) -> bool {
        self.positions.contains(&position)
    }

    fn is_full(&self) -> bool {
        self.suspended.len() + self.positions.len() >= MAX_SUSPENDED
    }
}

impl Suspensions {
    /// Those of a folder.
    pub fn of(dir: &Path) -> Self {
        Self {
            dir: dir.to_owned(),
        }
    }

    /// How it stands.
    ///
    /// # Errors
    /// When the file is damaged.
    pub fn read(&self) -> ApiResult<Suspended> {
        let path = self.dir.join(FILE);
        if !path.exists() {
            return Ok(Suspended {
                version: VERSION,
                ..Suspended::default()
            });
        }
        let state: Suspended = files::read_json(&path, MAX_FILE)?;
        let known = state.suspended.range(state.next..).next().is_none();
        match known && state.version == VERSION && state.next <= MAX_NUMBERS {
            true => Ok(state),
            false => Err(files::invalid(
                &path,
                "is no file of suspensions of this version",
            )),
        }
    }

    /// Gives out the next number.
    ///
    /// # Errors
    /// STATUS_FULL; when the file cannot be written.
    pub fn reserve(&self) -> ApiResult<u64> {
        self.change(|state| {
            let number = state.next;
            if number >= MAX_NUMBERS {
                return Err(ApiError::plain(&reason::STATUS_FULL));
            }
            state.next += 1;
            Ok(number)
        })
    }

    /// Suspends a number, or ends its suspension.
    ///
    /// # Errors
    /// STATUS_FOREIGN for one that was not given out; STATUS_FULL; when the file cannot be written.
    pub fn set(&self, number: u64, value: bool) -> ApiResult<()> {
        self.change(|state| {
            if number >= state.next {
                return Err(ApiError::plain(&reason::STATUS_FOREIGN));
            }
            if value && state.is_full() {
                return Err(ApiError::plain(&reason::STATUS_FULL));
            }
            let changed = match value {
                true => state.suspended.insert(number),
                false => state.suspended.remove(&number),
            };
            // In the journal before in the file: what is in force has been written down.
            if changed {
                self.note("list", number, value)
            } else {
                Ok(())
            }
        })
    }

    /// Suspends the credential at a position of the ledger, or ends its suspension.
    ///
    /// # Errors
    /// STATUS_FULL; when the file cannot be written.
    pub fn set_position(&self, position: u32, value: bool) -> ApiResult<()> {
        self.change(|state| {
            if value && state.is_full() {
                return Err(ApiError::plain(&reason::STATUS_FULL));
            }
            let changed = match value {
                true => state.positions.insert(position),
                false => state.positions.remove(&position),
            };
            match changed {
                true => self.note("revocation list", u64::from(position), value),
                false => Ok(()),
            }
        })
    }

    fn change<T>(&self, change: impl FnOnce(&mut Suspended) -> ApiResult<T>) -> ApiResult<T> {
        let lock = self.dir.join(LOCK);
        let failed = |error| files::failed(&lock, &error);
        let held = File::create(&lock).map_err(failed)?;
        held.lock().map_err(failed)?;
        let mut state = self.read()?;
        let result = change(&mut state)?;
        state.changes += 1;
        files::write_json(&self.dir.join(FILE), &state)?;
        Ok(result)
    }

    fn note(&self, of: &str, number: u64, value: bool) -> ApiResult<()> {
        let path = self.dir.join(JOURNAL);
        let failed = |error| files::failed(&path, &error);
        if path
            .metadata()
            .is_ok_and(|about| about.len() >= MAX_JOURNAL)
        {
            std::fs::rename(&path, self.dir.join(OLD_JOURNAL)).map_err(failed)?;
        }
        let (list, index) = place(number);
        let what = if value { "suspended" } else { "resumed" };
        let now = utc(clock::now());
        let mut journal = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&path)
            .map_err(failed)?;
        writeln!(journal, "{now} {of} {list} index {index} {what}").map_err(failed)?;
        journal.sync_data().map_err(failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suspensions_come_and_go_and_only_for_numbers_that_were_given_out() {
        let dir = tempfile::tempdir().unwrap();
        let suspensions = Suspensions::of(dir.path());
        assert!(suspensions.read().unwrap().list(0).is_none());
        assert_eq!(
            suspensions.set(0, true).unwrap_err().code(),
            "STATUS_FOREIGN"
        );
        assert_eq!(
            (
                suspensions.reserve().unwrap(),
                suspensions.reserve().unwrap()
            ),
            (0, 1)
        );
        suspensions.set(1, true).unwrap();
        // Another process sees it.
        let list = Suspensions::of(dir.path()).read().unwrap().list(0).unwrap();
        assert_eq!(
            list[..3],
            [Standing::Valid, Standing::Suspended, Standing::Valid]
        );
        suspensions.set(1, false).unwrap();
        suspensions.set(1, false).unwrap();
        assert_eq!(
            suspensions.read().unwrap().list(0).unwrap()[1],
            Standing::Valid
        );
        // Positions of the ledger are numbers of another kind.
        suspensions.set_position(1, true).unwrap();
        let state = suspensions.read().unwrap();
        assert!(state.has_position(1) && !state.has_position(0));
        assert_eq!(state.list(0).unwrap()[1], Standing::Valid);
        suspensions.set_position(1, false).unwrap();
        assert!(!suspensions.read().unwrap().has_position(1));
        let journal = std::fs::read_to_string(dir.path().join(JOURNAL)).unwrap();
        let lines: Vec<&str> = journal.lines().collect();
        assert_eq!(lines.len(), 4);
        assert!(lines[0].ends_with("list 0 index 1 suspended"));
        assert!(lines[1].ends_with("list 0 index 1 resumed"));
        assert!(lines[2].ends_with("revocation list 0 index 1 suspended"));
    }

    #[test]
    fn a_damaged_file_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        for bad in [
            "",
            "{}",
            r#"{"version":2,"changes":0,"next":0,"suspended":[]}"#,
            r#"{"version":1,"changes":0,"next":1,"suspended":[1]}"#,
            r#"{"version":1,"changes":0,"next":99999999,"suspended":[]}"#,
        ] {
            std::fs::write(dir.path().join(FILE), bad).unwrap();
            assert!(Suspensions::of(dir.path()).read().is_err(), "{bad}");
        }
    }
}
