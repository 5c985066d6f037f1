//! An index in memory, for tests and simulations.

use super::{
    StorageError,
    index::{Batch, Index, IndexTip},
};
use std::{
    collections::BTreeMap,
    sync::{PoisonError, RwLock},
};

/// See [`Index`].
#[derive(Default)]
pub(crate) struct MemoryIndex(RwLock<(BTreeMap<Vec<u8>, Vec<u8>>, Option<IndexTip>)>);

impl Index for MemoryIndex {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StorageError> {
        Ok(self.0.read().unwrap_or_else(PoisonError::into_inner).0.get(key).cloned())
    }

    fn commit(&self, tip: IndexTip, batch: Batch) -> Result<(), StorageError> {
        let mut inner = self.0.write().unwrap_or_else(PoisonError::into_inner);
        for (key, value) in batch {
            match value {
                Some(value) => inner.0.insert(key, value),
                None => inner.0.remove(&key),
            };
        }
        inner.1 = Some(tip);
        Ok(())
    }

    fn tip(&self) -> Result<Option<IndexTip>, StorageError> {
        Ok(self.0.read().unwrap_or_else(PoisonError::into_inner).1)
    }

    fn flush(&self) -> Result<(), StorageError> {
        Ok(())
    }
}
