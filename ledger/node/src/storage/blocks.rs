//! Finalized blocks and their certificates, kept in one [`RecordLog`], found by height or digest.
//!
//! Only places are held in memory: some 80 bytes a block.

use super::{
    StorageError,
    log::{Place, RecordLog},
    record::{Kind, Record},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::{PoisonError, RwLock},
};

/// Log of blocks and certificates. Heights may arrive out of order while a node catches up.
pub(crate) struct BlockLog {
    log: RecordLog,
    places: RwLock<Places>,
}

/// What the log has for a block.
pub(crate) struct Stored {
    /// The block's digest.
    pub(crate) digest: [u8; 32],
    /// The block, or its finalization.
    pub(crate) bytes: Vec<u8>,
}

#[derive(Default)]
struct Places {
    blocks: BTreeMap<u64, Place>,
    finalizations: BTreeMap<u64, Place>,
    /// First eight bytes of a block's digest, with its height.
    digests: BTreeSet<(u64, u64)>,
}

impl Places {
    fn insert(&mut self, kind: Kind, height: u64, key: &[u8; 32], place: Place) {
        match kind {
            Kind::Block => {
                if let std::collections::btree_map::Entry::Vacant(slot) = self.blocks.entry(height)
                {
                    slot.insert(place);
                    self.digests.insert((prefix(key), height));
                }
            }
            Kind::Finalization => {
                self.finalizations.entry(height).or_insert(place);
            }
            Kind::Sidecar => {}
        }
    }
}

fn prefix(key: &[u8; 32]) -> u64 {
    key.first_chunk::<8>()
        .map_or(0, |bytes| u64::from_be_bytes(*bytes))
}

impl BlockLog {
    /// Opens the log, verifying every record.
    pub(crate) fn open(path: &Path, chain: &[u8; 32]) -> Result<Self, StorageError> {
        let mut places = Places::default();
        let log = RecordLog::open(path, chain, |place, record| {
            places.insert(record.kind, record.height, &record.key, place);
            Ok(())
        })?;
        Ok(Self {
            log,
            places: RwLock::new(places),
        })
    }

    /// [`BlockLog::open`] over any file.
    #[cfg(feature = "simulation")]
    pub(crate) fn over(
        file: std::sync::Arc<dyn super::file::LogFile>,
        chain: &[u8; 32],
    ) -> Result<Self, StorageError> {
        let mut places = Places::default();
        let log = RecordLog::open_file(Path::new("blocks.log"), file, chain, |place, record| {
            places.insert(record.kind, record.height, &record.key, place);
            Ok(())
        })?;
        Ok(Self {
            log,
            places: RwLock::new(places),
        })
    }

    /// Appends a finalized block; a height that is already there is left alone.
    pub(crate) fn put_block(
        &self,
        height: u64,
        digest: [u8; 32],
        bytes: Vec<u8>,
    ) -> Result<(), StorageError> {
        self.put(Kind::Block, height, digest, bytes)
    }

    /// Appends the finalization of a block; a height that already has one is left alone.
    pub(crate) fn put_finalization(
        &self,
        height: u64,
        digest: [u8; 32],
        bytes: Vec<u8>,
    ) -> Result<(), StorageError> {
        self.put(Kind::Finalization, height, digest, bytes)
    }

    fn put(
        &self,
        kind: Kind,
        height: u64,
        digest: [u8; 32],
        bytes: Vec<u8>,
    ) -> Result<(), StorageError> {
        let mut places = self.places.write().unwrap_or_else(PoisonError::into_inner);
        let known = match kind {
            Kind::Block => places.blocks.contains_key(&height),
            Kind::Finalization | Kind::Sidecar => places.finalizations.contains_key(&height),
        };
        if !known {
            let place = self.log.append(kind, height, digest, bytes)?;
            places.insert(kind, height, &digest, place);
        }
        Ok(())
    }

    /// Returns when all that was put is on the disk.
    pub(crate) fn sync(&self) -> Result<(), StorageError> {
        self.log.sync()
    }

    /// The block at `height`: nothing when it is not here.
    pub(crate) fn block(&self, height: u64) -> Result<Option<Stored>, StorageError> {
        let place = self.read_places().blocks.get(&height).copied();
        self.read(place)
    }

    /// The height of the block with this digest.
    pub(crate) fn height_of(&self, digest: &[u8; 32]) -> Result<Option<u64>, StorageError> {
        let p = prefix(digest);
        let heights: Vec<u64> = self
            .read_places()
            .digests
            .range((p, 0)..=(p, u64::MAX))
            .map(|(_, h)| *h)
            .collect();
        for height in heights {
            if self
                .block(height)?
                .is_some_and(|found| found.digest == *digest)
            {
                return Ok(Some(height));
            }
        }
        Ok(None)
    }

    /// The finalization of the block at `height`, if this node has one.
    pub(crate) fn finalization(&self, height: u64) -> Result<Option<Stored>, StorageError> {
        let place = self.read_places().finalizations.get(&height).copied();
        self.read(place)
    }

    /// Whether the block at `height` has its own finalization here.
    pub(crate) fn has_finalization(&self, height: u64) -> bool {
        self.read_places().finalizations.contains_key(&height)
    }

    /// Lowest height from `from` that has its own finalization here.
    pub(crate) fn finalization_from(&self, from: u64) -> Option<u64> {
        self.read_places()
            .finalizations
            .range(from..)
            .next()
            .map(|(h, _)| *h)
    }

    /// Lowest height with a block.
    pub(crate) fn first_block(&self) -> Option<u64> {
        self.read_places().blocks.first_key_value().map(|(h, _)| *h)
    }

    /// Highest height with a block.
    pub(crate) fn last_block(&self) -> Option<u64> {
        self.read_places().blocks.last_key_value().map(|(h, _)| *h)
    }

    /// Highest height with a finalization.
    pub(crate) fn last_finalization(&self) -> Option<u64> {
        self.read_places()
            .finalizations
            .last_key_value()
            .map(|(h, _)| *h)
    }

    /// Last height of the unbroken row of blocks that contains `from`.
    pub(crate) fn row_end(&self, from: u64) -> Option<u64> {
        let places = self.read_places();
        let mut end = None;
        for (next, height) in (from..).zip(places.blocks.range(from..).map(|(h, _)| *h)) {
            if next != height {
                break;
            }
            end = Some(height);
        }
        end
    }

    /// First height after `from` with a block.
    pub(crate) fn block_after(&self, from: u64) -> Option<u64> {
        self.read_places()
            .blocks
            .range(from.checked_add(1)?..)
            .next()
            .map(|(h, _)| *h)
    }

    /// Up to `max` heights from `from` that lie below a stored block and have none.
    pub(crate) fn missing_blocks(&self, from: u64, max: usize) -> Vec<u64> {
        let places = self.read_places();
        let mut missing = Vec::new();
        let mut next = from;
        for height in places.blocks.range(from..).map(|(h, _)| *h) {
            missing.extend((next..height).take(max - missing.len()));
            if missing.len() == max {
                break;
            }
            next = height + 1;
        }
        missing
    }

    /// Rows of heights with finalizations that overlap or follow `from`.
    pub(crate) fn finalization_rows(&self, from: u64) -> Vec<(u64, u64)> {
        let places = self.read_places();
        let mut rows: Vec<(u64, u64)> = Vec::new();
        for height in places.finalizations.keys().copied() {
            match rows.last_mut() {
                Some((_, end)) if *end + 1 == height => *end = height,
                _ => rows.push((height, height)),
            }
        }
        rows.retain(|(_, end)| *end >= from);
        rows
    }

    fn read(&self, place: Option<Place>) -> Result<Option<Stored>, StorageError> {
        let Some(place) = place else { return Ok(None) };
        let Record { key, payload, .. } = self.log.read(place)?;
        Ok(Some(Stored {
            digest: key,
            bytes: payload,
        }))
    }

    fn read_places(&self) -> std::sync::RwLockReadGuard<'_, Places> {
        self.places.read().unwrap_or_else(PoisonError::into_inner)
    }
}
