//! Making a block final.

use super::{Chain, Pending, Tip};
use crate::{clock, error::NodeError, storage::IndexTip};
use std::sync::{Arc, PoisonError};
use tacit_ledger::{
    block::Block,
    execute::{self, Executed},
    header::Header,
    outcome::TxResult,
    proofs::Final,
    state::Changes,
};

impl Chain {
    /// Enters a finalized block into the index and returns what its transactions did; `None` when it had been entered
    /// before. The block is in the log already.
    ///
    /// # Errors
    /// When it is not the next block, does not execute, or the index fails.
    pub(crate) fn commit(&self, block: &Block) -> Result<Option<Vec<TxResult>>, NodeError> {
        let mut tip = self.tip.write().unwrap_or_else(PoisonError::into_inner);
        let header = &block.header;
        if header.height <= tip.header.height {
            return Ok(None);
        }
        let known = self.lock_pending().get(&header.id()).cloned();
        let done = match known {
            Some(done) => done,
            None => Arc::new(self.replay(&tip.header, block)?),
        };
        let before = super::View::finalized(self.index.as_ref());
        self.lock_history()
            .record(&before, &tip.header, &done.changes)?;
        self.exports.record(&before, &done.changes)?;
        enter(self.index.as_ref(), header, &done.changes)?;
        *tip = Tip::new(header.clone());
        self.lock_pending()
            .retain(|_, other| other.header.height > header.height);
        drop(tip);
        self.metrics
            .committed(header, done.results.len(), clock::now());
        self.height.send_replace(header.height);
        Ok(Some(done.results.clone()))
    }

    fn replay(&self, parent: &Header, block: &Block) -> Result<Pending, NodeError> {
        let view = super::View::finalized(self.index.as_ref());
        let Executed {
            changes, results, ..
        } = execute::execute(&view, &self.spec, parent, block.clone(), &mut Final)
            .map_err(|error| NodeError::replay(block.header.height, error))?;
        Ok(Pending {
            header: block.header.clone(),
            changes: Arc::new(changes),
            results,
        })
    }
}

/// Writes a block's changes into the index, all or nothing.
pub(crate) fn enter(
    index: &dyn crate::storage::Index,
    header: &Header,
    changes: &Changes,
) -> Result<(), NodeError> {
    let batch = changes
        .iter()
        .map(|(key, value)| (key.as_bytes().to_vec(), value.clone()))
        .collect();
    let tip = IndexTip {
        height: header.height.0,
        state_root: *header.state_root.as_bytes(),
    };
    Ok(index.commit(tip, batch)?)
}
