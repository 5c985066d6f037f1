//! A file in memory that loses, tears and refuses writes on demand.

use super::file::LogFile;
use std::{
    collections::BTreeSet,
    io,
    sync::{Mutex, PoisonError},
};

/// What a disk writes at once.
pub(crate) const SECTOR: usize = 512;

#[derive(Default)]
struct State {
    /// What the operating system would show.
    cache: Vec<u8>,
    /// What is on the disk for certain.
    disk: Vec<u8>,
    /// Sectors that differ and may or may not reach the disk.
    dirty: BTreeSet<usize>,
    /// Bytes that still fit.
    room: Option<usize>,
    sync_fails: bool,
}

/// See the module.
#[derive(Default)]
pub(crate) struct FaultyFile(Mutex<State>);

impl FaultyFile {
    /// A file whose bytes are all on the disk.
    pub(crate) fn with(bytes: Vec<u8>) -> Self {
        Self(Mutex::new(State {
            cache: bytes.clone(),
            disk: bytes,
            ..State::default()
        }))
    }

    #[cfg(test)]
    /// Lets only `room` more bytes be written.
    pub(crate) fn limit(&self, room: Option<usize>) {
        self.lock().room = room;
    }

    #[cfg(test)]
    /// Makes every sync fail.
    pub(crate) fn fail_syncs(&self) {
        self.lock().sync_fails = true;
    }

    /// The bytes after a power cut at which `keeps` decides for every dirty sector whether it reached the disk.
    pub(crate) fn power_cut(&self, mut keeps: impl FnMut(usize) -> bool) -> Vec<u8> {
        let state = self.lock();
        let mut bytes = state.disk.clone();
        for sector in &state.dirty {
            if !keeps(*sector) {
                continue;
            }
            let start = sector * SECTOR;
            let end = (start + SECTOR).min(state.cache.len());
            let Some(new) = state.cache.get(start..end) else {
                continue;
            };
            if bytes.len() < end {
                bytes.resize(end, 0);
            }
            bytes[start..end].copy_from_slice(new);
        }
        bytes
    }

    /// The bytes as a killed process leaves them.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.lock().cache.clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl LogFile for FaultyFile {
    fn len(&self) -> io::Result<u64> {
        Ok(self.lock().cache.len() as u64)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let mut state = self.lock();
        let room = state.room.unwrap_or(usize::MAX);
        let fits = &bytes[..bytes.len().min(room)];
        if let Some(room) = &mut state.room {
            *room -= fits.len();
        }
        let start = offset as usize;
        let end = start + fits.len();
        if state.cache.len() < end {
            state.cache.resize(end, 0);
        }
        state.cache[start..end].copy_from_slice(fits);
        state.dirty.extend(start / SECTOR..end.div_ceil(SECTOR));
        match fits.len() == bytes.len() {
            true => Ok(()),
            false => Err(io::ErrorKind::StorageFull.into()),
        }
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        let state = self.lock();
        let start = offset as usize;
        let bytes = state
            .cache
            .get(start..start + buffer.len())
            .ok_or(io::ErrorKind::UnexpectedEof)?;
        buffer.copy_from_slice(bytes);
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        let mut state = self.lock();
        if state.sync_fails {
            return Err(io::ErrorKind::Other.into());
        }
        state.disk = state.cache.clone();
        state.dirty.clear();
        Ok(())
    }

    fn truncate(&self, len: u64) -> io::Result<()> {
        let mut state = self.lock();
        state.cache.truncate(len as usize);
        state.disk = state.cache.clone();
        state.dirty.clear();
        Ok(())
    }
}
