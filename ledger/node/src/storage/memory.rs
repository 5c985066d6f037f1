//! An index in memory, for tests and simulations.

use super::{
    StorageError,
    index::{Batch, Index, IndexTip},
};
use std::{
    collections::BTreeMap,
    sync::{PoisonError, RwLock, RwLockReadGuard},
};

/// See [`Index`].
#[derive(Default)]
pub(crate) struct MemoryIndex(RwLock<Inner>);

#[derive(Default)]
struct Inner {
    values: BTreeMap<Vec<u8>, Vec<u8>>,
    tip: Option<IndexTip>,
}

impl MemoryIndex {
    fn read(&self) -> RwLockReadGuard<'_, Inner> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Index for MemoryIndex {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StorageError> {
        Ok(self.read().values.get(key).cloned())
    }

    fn commit(&self, tip: IndexTip, batch: Batch) -> Result<(), StorageError> {
        let mut inner = self.0.write().unwrap_or_else(PoisonError::into_inner);
        for (key, value) in batch {
            match value {
                Some(value) => inner.values.insert(key, value),
                None => inner.values.remove(&key),
            };
        }
        inner.tip = Some(tip);
        Ok(())
    }

    fn tip(&self) -> Result<Option<IndexTip>, StorageError> {
        Ok(self.read().tip)
    }

    fn flush(&self) -> Result<(), StorageError> {
        Ok(())
    }
}
