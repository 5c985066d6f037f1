//! The state after a block that may not be final yet: the index with the changes of unfinished blocks on top.

use crate::storage::Index;
use std::sync::Arc;
use tacit_ledger::{
    keys::StateKey,
    state::{Changes, StateError, StateRead},
};

/// A state. Valid while the caller holds the chain's tip lock: the index under it must not move.
pub(crate) struct View<'a> {
    index: &'a dyn Index,
    /// Newest first.
    layers: Vec<Arc<Changes>>,
}

impl<'a> View<'a> {
    /// The state in the index.
    pub(crate) fn finalized(index: &'a dyn Index) -> Self {
        Self {
            index,
            layers: Vec::new(),
        }
    }

    /// The state in the index with changes on top, newest first.
    pub(crate) fn with(index: &'a dyn Index, layers: Vec<Arc<Changes>>) -> Self {
        Self { index, layers }
    }
}

impl StateRead for View<'_> {
    fn get(&self, key: &StateKey) -> Result<Option<Vec<u8>>, StateError> {
        for layer in &self.layers {
            if let Some(value) = layer.get(key) {
                return Ok(value.clone());
            }
        }
        self.index
            .get(key.as_bytes())
            .map_err(|error| StateError::Backend(error.to_string()))
    }
}
