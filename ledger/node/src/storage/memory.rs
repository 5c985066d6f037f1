//! An index in memory, for tests and simulations.

use super::{
    StorageError,
    index::{Batch, Entries, Index, IndexTip},
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
    closed: bool,
}

impl MemoryIndex {
    fn read(&self) -> Result<RwLockReadGuard<'_, Inner>, StorageError> {
        let inner = self.0.read().unwrap_or_else(PoisonError::into_inner);
        match inner.closed {
            true => Err(StorageError::Index("it is closed".into())),
            false => Ok(inner),
        }
    }
}

impl Index for MemoryIndex {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StorageError> {
        Ok(self.read()?.values.get(key).cloned())
    }

    fn scan(&self, from: &[u8], to: &[u8], most: usize) -> Result<Entries, StorageError> {
        let inner = self.read()?;
        let found = inner.values.range(from.to_vec()..to.to_vec()).take(most);
        Ok(found
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect())
    }

    fn commit(&self, tip: IndexTip, batch: Batch) -> Result<(), StorageError> {
        drop(self.read()?);
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
        Ok(self.read()?.tip)
    }

    fn flush(&self) -> Result<(), StorageError> {
        self.read().map(|_| ())
    }

    fn close(&self) -> Result<(), StorageError> {
        let mut inner = self.0.write().unwrap_or_else(PoisonError::into_inner);
        inner.closed = true;
        Ok(())
    }
}
