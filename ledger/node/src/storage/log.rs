//! An append-only log of records: the truth of a node.
//!
//! A record counts only after [`RecordLog::sync`] returned. Opening verifies every record; a torn tail is cut, a change in
//! acknowledged bytes is an error.

use super::{
    StorageError,
    file::{DiskFile, LogFile},
    record::{self, FRAME, Kind, MAGIC, Record},
};
use std::{
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

const FILE_MAGIC: [u8; 4] = *b"TLog";
const FILE_VERSION: u8 = 1;
/// File magic, version, chain id.
const FILE_HEAD: usize = 4 + 1 + 32;

/// Where a record lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// Offset of the record's frame.
    pub(crate) offset: u64,
    /// Length of its body.
    pub(crate) len: u32,
}

/// An append-only file of checksummed records.
pub(crate) struct RecordLog {
    path: PathBuf,
    file: Arc<dyn LogFile>,
    end: Mutex<u64>,
    durable: AtomicU64,
    syncing: Mutex<()>,
    closed: AtomicBool,
}

impl RecordLog {
    /// Opens the log of `chain` at `path`, creating it when missing, and calls `visit` for every record in order.
    ///
    /// # Errors
    /// [`StorageError::Damaged`] when acknowledged bytes do not verify; other variants for another chain or format.
    pub(crate) fn open(
        path: &Path,
        chain: &[u8; 32],
        visit: impl FnMut(Place, Record) -> Result<(), StorageError>,
    ) -> Result<Self, StorageError> {
        let file = DiskFile::open(path).map_err(|e| StorageError::io("cannot open", path, e))?;
        Self::open_file(path, Arc::new(file), chain, visit)
    }

    /// [`RecordLog::open`] over any file.
    pub(crate) fn open_file(
        path: &Path,
        file: Arc<dyn LogFile>,
        chain: &[u8; 32],
        mut visit: impl FnMut(Place, Record) -> Result<(), StorageError>,
    ) -> Result<Self, StorageError> {
        let scan = Scan {
            path,
            file: file.as_ref(),
        };
        let len = scan.len()?;
        let end = match scan.check_head(len, chain)? {
            Head::Present => scan.records(len, &mut visit)?,
            Head::Missing => {
                let mut head = Vec::with_capacity(FILE_HEAD);
                head.extend_from_slice(&FILE_MAGIC);
                head.push(FILE_VERSION);
                head.extend_from_slice(chain);
                file.write_at(&head, 0)
                    .and_then(|()| file.sync())
                    .map_err(|e| scan.io("cannot write", e))?;
                FILE_HEAD as u64
            }
        };
        if end < len {
            tracing::warn!(file = %path.display(), bytes = len - end, "cutting an unfinished write at the end of the log");
            file.truncate(end).map_err(|e| scan.io("cannot cut", e))?;
        }
        // What was read may so far be only in the cache of a process that was killed.
        file.sync().map_err(|e| scan.io("cannot sync", e))?;
        Ok(Self {
            path: path.to_path_buf(),
            file,
            end: Mutex::new(end),
            durable: AtomicU64::new(end),
            syncing: Mutex::new(()),
            closed: AtomicBool::new(false),
        })
    }

    /// Appends a record; it is readable at once and durable after the next [`RecordLog::sync`].
    ///
    /// # Errors
    /// On a failed write the file is cut back, so that a full disk loses nothing.
    pub(crate) fn append(
        &self,
        kind: Kind,
        height: u64,
        key: [u8; 32],
        payload: Vec<u8>,
    ) -> Result<Place, StorageError> {
        let mut end = self.end.lock().unwrap_or_else(PoisonError::into_inner);
        self.check_open()?;
        let record = Record {
            kind,
            height,
            durable: self.durable.load(Ordering::Acquire),
            key,
            payload,
        };
        let bytes = record.encode()?;
        if let Err(error) = self.file.write_at(&bytes, *end) {
            if self.file.truncate(*end).is_err() {
                self.closed.store(true, Ordering::Release);
            }
            return Err(self.io("cannot write", error));
        }
        let place = Place {
            offset: *end,
            len: (bytes.len() - FRAME) as u32,
        };
        *end += bytes.len() as u64;
        Ok(place)
    }

    /// Returns when every record appended before the call is on the disk.
    ///
    /// # Errors
    /// After a failed sync nobody knows what reached the disk, so the log takes no more writes.
    pub(crate) fn sync(&self) -> Result<(), StorageError> {
        let _one_at_a_time = self.syncing.lock().unwrap_or_else(PoisonError::into_inner);
        self.check_open()?;
        let target = self.len();
        if self.durable.load(Ordering::Acquire) >= target {
            return Ok(());
        }
        self.file.sync().map_err(|error| {
            self.closed.store(true, Ordering::Release);
            self.io("cannot sync", error)
        })?;
        self.durable.store(target, Ordering::Release);
        Ok(())
    }

    /// Reads a record back and verifies it again.
    pub(crate) fn read(&self, place: Place) -> Result<Record, StorageError> {
        let scan = Scan {
            path: &self.path,
            file: self.file.as_ref(),
        };
        match scan.record_at(place.offset, self.len())? {
            Some((found, record)) if found == place => Ok(record),
            _ => Err(StorageError::Damaged {
                path: self.path.clone(),
                offset: place.offset,
            }),
        }
    }

    /// Length in bytes.
    pub(crate) fn len(&self) -> u64 {
        *self.end.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn check_open(&self) -> Result<(), StorageError> {
        match self.closed.load(Ordering::Acquire) {
            true => Err(StorageError::Closed(self.path.clone())),
            false => Ok(()),
        }
    }

    fn io(&self, what: &'static str, error: std::io::Error) -> StorageError {
        StorageError::io(what, &self.path, error)
    }
}

enum Head {
    Present,
    Missing,
}

/// Reading while the log is not open yet.
struct Scan<'a> {
    path: &'a Path,
    file: &'a dyn LogFile,
}

impl Scan<'_> {
    fn len(&self) -> Result<u64, StorageError> {
        self.file.len().map_err(|e| self.io("cannot read", e))
    }

    fn check_head(&self, len: u64, chain: &[u8; 32]) -> Result<Head, StorageError> {
        // A crash while the very first bytes were written leaves less than a head, and no record was ever acknowledged.
        if len < FILE_HEAD as u64 {
            return Ok(Head::Missing);
        }
        let mut head = [0; FILE_HEAD];
        self.file
            .read_at(&mut head, 0)
            .map_err(|e| self.io("cannot read", e))?;
        if len == FILE_HEAD as u64 && head == [0; FILE_HEAD] {
            return Ok(Head::Missing);
        }
        let [m0, m1, m2, m3, version, id @ ..] = head;
        if [m0, m1, m2, m3] != FILE_MAGIC {
            return Err(StorageError::NotALog(self.path.to_path_buf()));
        }
        if version != FILE_VERSION {
            return Err(StorageError::UnknownVersion {
                path: self.path.to_path_buf(),
                version,
            });
        }
        if id != *chain {
            return Err(StorageError::WrongChain(self.path.to_path_buf()));
        }
        Ok(Head::Present)
    }

    /// Visits all records and returns where the good part ends.
    fn records(
        &self,
        len: u64,
        visit: &mut impl FnMut(Place, Record) -> Result<(), StorageError>,
    ) -> Result<u64, StorageError> {
        let mut offset = FILE_HEAD as u64;
        while offset < len {
            let Some((place, record)) = self.record_at(offset, len)? else {
                return match self.acknowledged_after(offset, len)? {
                    true => Err(StorageError::Damaged {
                        path: self.path.to_path_buf(),
                        offset,
                    }),
                    false => Ok(offset),
                };
            };
            offset += FRAME as u64 + u64::from(place.len);
            visit(place, record)?;
        }
        Ok(offset)
    }

    /// The record that starts at `offset`, if one verifies there.
    fn record_at(&self, offset: u64, len: u64) -> Result<Option<(Place, Record)>, StorageError> {
        let left = len.saturating_sub(offset);
        if left < FRAME as u64 {
            return Ok(None);
        }
        let mut frame = [0; FRAME];
        self.file
            .read_at(&mut frame, offset)
            .map_err(|e| self.io("cannot read", e))?;
        let Some((body_len, crc)) = record::parse_frame(&frame) else {
            return Ok(None);
        };
        if left - (FRAME as u64) < u64::from(body_len) {
            return Ok(None);
        }
        let mut body = vec![0; body_len as usize];
        self.file
            .read_at(&mut body, offset + FRAME as u64)
            .map_err(|e| self.io("cannot read", e))?;
        Ok(record::parse_body(body_len, crc, &body).map(|record| {
            (
                Place {
                    offset,
                    len: body_len,
                },
                record,
            )
        }))
    }

    /// Whether a record further on proves that the bytes at `bad` had been acknowledged.
    fn acknowledged_after(&self, bad: u64, len: u64) -> Result<bool, StorageError> {
        const WINDOW: usize = 1 << 16;
        let mut start = bad + 1;
        while start + (FRAME as u64) <= len {
            let size = usize::try_from(len - start).unwrap_or(WINDOW).min(WINDOW);
            let mut window = vec![0; size];
            self.file
                .read_at(&mut window, start)
                .map_err(|e| self.io("cannot read", e))?;
            for (at, candidate) in window.windows(MAGIC.len()).enumerate() {
                if candidate != MAGIC {
                    continue;
                }
                if let Some((_, record)) = self.record_at(start + at as u64, len)?
                    && record.durable > bad
                {
                    return Ok(true);
                }
            }
            // Windows overlap so that a magic across two of them is seen.
            start += (size - (MAGIC.len() - 1)).max(1) as u64;
        }
        Ok(false)
    }

    fn io(&self, what: &'static str, error: std::io::Error) -> StorageError {
        StorageError::io(what, self.path, error)
    }
}

#[cfg(test)]
#[path = "log_tests.rs"]
mod tests;
