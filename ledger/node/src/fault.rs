//! The first failure that stops a node, kept to be told to everyone who asks.

use crate::error::NodeError;
use std::sync::{Arc, OnceLock};

/// See the module.
#[derive(Clone, Default)]
pub(crate) struct Fault(Arc<OnceLock<NodeError>>);

impl Fault {
    /// Keeps the failure unless there is one.
    pub(crate) fn set(&self, error: NodeError) {
        if self.0.set(error.clone()).is_ok() {
            tracing::error!(%error, "the node stops");
        }
    }

    /// The failure.
    pub(crate) fn get(&self) -> Option<NodeError> {
        self.0.get().cloned()
    }
}
