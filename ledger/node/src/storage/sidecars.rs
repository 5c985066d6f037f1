//! Sidecars, kept apart from the chain so that they can be erased without touching it.

use super::{
    StorageError,
    file::sync_folder,
    log::{Place, RecordLog},
    record::Kind,
};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{PoisonError, RwLock},
};

/// Log of sidecars, found by digest.
pub(crate) struct SidecarLog {
    path: PathBuf,
    chain: [u8; 32],
    inner: RwLock<Inner>,
}

struct Inner {
    log: RecordLog,
    /// With the height of the block that brought it.
    places: BTreeMap<[u8; 32], (u64, Place)>,
}

impl Inner {
    fn open(path: &Path, chain: &[u8; 32]) -> Result<Self, StorageError> {
        let mut places = BTreeMap::new();
        let log = RecordLog::open(path, chain, |place, record| {
            places.insert(record.key, (record.height, place));
            Ok(())
        })?;
        Ok(Self { log, places })
    }
}

impl SidecarLog {
    /// Opens the log, verifying every record.
    pub(crate) fn open(path: &Path, chain: &[u8; 32]) -> Result<Self, StorageError> {
        let inner = Inner::open(path, chain)?;
        Ok(Self {
            path: path.to_path_buf(),
            chain: *chain,
            inner: RwLock::new(inner),
        })
    }

    /// [`SidecarLog::open`] over any file. What is in it cannot be erased.
    #[cfg(feature = "simulation")]
    pub(crate) fn over(
        file: std::sync::Arc<dyn super::file::LogFile>,
        chain: &[u8; 32],
    ) -> Result<Self, StorageError> {
        let path = Path::new("sidecars.log");
        let mut places = BTreeMap::new();
        let log = RecordLog::open_file(path, file, chain, |place, record| {
            places.insert(record.key, (record.height, place));
            Ok(())
        })?;
        Ok(Self {
            path: path.to_path_buf(),
            chain: *chain,
            inner: RwLock::new(Inner { log, places }),
        })
    }

    /// Appends a sidecar of the block at `height`; one that is already there is left alone.
    pub(crate) fn put(
        &self,
        height: u64,
        digest: [u8; 32],
        bytes: Vec<u8>,
    ) -> Result<(), StorageError> {
        let mut inner = self.inner.write().unwrap_or_else(PoisonError::into_inner);
        if !inner.places.contains_key(&digest) {
            let place = inner.log.append(Kind::Sidecar, height, digest, bytes)?;
            inner.places.insert(digest, (height, place));
        }
        Ok(())
    }

    /// Returns when all that was put is on the disk.
    pub(crate) fn sync(&self) -> Result<(), StorageError> {
        self.read().log.sync()
    }

    /// Whether the sidecar with this digest is here.
    pub(crate) fn has(&self, digest: &[u8; 32]) -> bool {
        self.read().places.contains_key(digest)
    }

    /// The sidecar with this digest; `None` when it never came or was erased.
    pub(crate) fn get(&self, digest: &[u8; 32]) -> Result<Option<Vec<u8>>, StorageError> {
        let inner = self.read();
        let Some((_, place)) = inner.places.get(digest) else {
            return Ok(None);
        };
        Ok(Some(inner.log.read(*place)?.payload))
    }

    /// Lowest height that has a sidecar here.
    pub(crate) fn oldest(&self) -> Option<u64> {
        self.read().places.values().map(|(height, _)| *height).min()
    }

    /// Erases the sidecars of blocks below `height` by writing the others to a new file that replaces the old one. Returns
    /// how many are gone.
    pub(crate) fn erase_below(&self, height: u64) -> Result<usize, StorageError> {
        let mut inner = self.inner.write().unwrap_or_else(PoisonError::into_inner);
        let fresh = self.path.with_extension("new");
        let io = |what, e| StorageError::io(what, &fresh, e);
        match std::fs::remove_file(&fresh) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
                return Err(io("cannot remove", e));
            }
            _ => {}
        }
        let kept = RecordLog::open(&fresh, &self.chain, |_, _| Ok(()))?;
        let before = inner.places.len();
        for (_, place) in inner.places.values().filter(|(of, _)| *of >= height) {
            let record = inner.log.read(*place)?;
            kept.append(record.kind, record.height, record.key, record.payload)?;
        }
        kept.sync()?;
        drop(kept);
        std::fs::rename(&fresh, &self.path).map_err(|e| io("cannot rename", e))?;
        if let Some(folder) = self.path.parent() {
            sync_folder(folder).map_err(|e| io("cannot sync", e))?;
        }
        *inner = Inner::open(&self.path, &self.chain)?;
        Ok(before - inner.places.len())
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, Inner> {
        self.inner.read().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_erased_sidecar_is_gone_from_the_disk_and_the_others_stay() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("sidecars.log");
        let log = SidecarLog::open(&path, &[7; 32]).unwrap();
        for n in 1..=3u8 {
            log.put(u64::from(n), [n; 32], vec![0xa0 + n; 64]).unwrap();
        }
        log.sync().unwrap();
        assert_eq!((log.oldest(), log.erase_below(3).unwrap()), (Some(1), 2));
        assert_eq!((log.oldest(), log.erase_below(3).unwrap()), (Some(3), 0));
        log.put(4, [4; 32], vec![0xa4; 64]).unwrap();
        log.sync().unwrap();
        drop(log);
        let bytes = std::fs::read(&path).unwrap();
        assert!(!bytes.windows(64).any(|w| w == [0xa2; 64]));
        let log = SidecarLog::open(&path, &[7; 32]).unwrap();
        for n in [1u8, 2] {
            assert_eq!(log.get(&[n; 32]).unwrap(), None);
        }
        for n in [3u8, 4] {
            assert_eq!(log.get(&[n; 32]).unwrap().unwrap(), vec![0xa0 + n; 64]);
        }
    }

    #[test]
    fn a_crash_while_erasing_leaves_the_old_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("sidecars.log");
        let log = SidecarLog::open(&path, &[7; 32]).unwrap();
        log.put(1, [1; 32], vec![1]).unwrap();
        log.sync().unwrap();
        // What a crash leaves behind.
        std::fs::write(path.with_extension("new"), b"half").unwrap();
        log.erase_below(1).unwrap();
        assert_eq!(log.get(&[1; 32]).unwrap(), Some(vec![1]));
    }
}
