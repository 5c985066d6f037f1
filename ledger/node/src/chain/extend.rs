//! Building the next block, and judging one that somebody built.

use super::{Chain, Pending, Standing};
use crate::{
    error::NodeError,
    mempool::{Checker, Collector},
};
use std::{collections::BTreeSet, sync::Arc};
use tacit_ledger::{
    block::Block,
    execute::{self, BlockError, Executed},
    header::Header,
    ids::{BlockTime, TxId},
    proofs::{Final, ProofCheck},
    reject::Reject,
    tx::Tx,
};

/// What became of a wish to build on a block.
pub(crate) enum Extension {
    /// The block, and the candidates that the rules refuse.
    Built(Box<Block>, Vec<(TxId, Reject)>),
    /// There is nothing to put into it and no anchor is due; these candidates are refused.
    Nothing(Vec<(TxId, Reject)>),
    /// The parent or an ancestor of it was not executed here.
    Unknown,
    /// Another block became final at the parent's height.
    Abandoned,
}

/// What a voter thinks of a block.
pub(crate) enum Verdict {
    /// It is valid on its parent.
    Valid,
    /// It can never be valid.
    Invalid(String),
    /// Its parent or an ancestor of it was not executed here.
    Unknown,
    /// Another block became final below it: whether it is valid no longer matters.
    Abandoned,
}

impl Chain {
    /// Whether the state after this block is at hand.
    pub(crate) fn knows(&self, header: &Header) -> bool {
        let tip = self.read_tip();
        header.height <= tip.header.height || self.lock_pending().contains_key(&header.id())
    }

    /// Transactions of `parent` and of its ancestors that are not final.
    pub(crate) fn unfinished_txs(&self, parent: &Header) -> BTreeSet<TxId> {
        let tip = self.read_tip();
        match self.standing(&tip, parent.id(), parent.height) {
            Standing::At(_, txs) => txs,
            Standing::Unknown | Standing::Abandoned => BTreeSet::new(),
        }
    }

    /// Builds a block on `parent` from candidates. `anchor_due` says that an empty block is wanted too.
    ///
    /// # Errors
    /// When state or storage fails.
    pub(crate) fn build(
        &self,
        parent: &Header,
        time: BlockTime,
        candidates: Vec<Tx>,
        anchor_due: bool,
    ) -> Result<Extension, NodeError> {
        let tip = self.read_tip();
        let view = match self.standing(&tip, parent.id(), parent.height) {
            Standing::At(view, _) => view,
            Standing::Unknown => return Ok(Extension::Unknown),
            Standing::Abandoned => return Ok(Extension::Abandoned),
        };
        let mut proofs = Checker {
            memory: &self.proofs,
            keys: &self.keys,
        };
        let proposed = execute::propose(&view, &self.spec, parent, time, candidates, &mut proofs)
            .map_err(|error| NodeError::replay(parent.height.next(), error))?;
        if proposed.executed.block.txs.0.is_empty() && !anchor_due {
            return Ok(Extension::Nothing(proposed.rejected));
        }
        let block = self.remember(proposed.executed);
        Ok(Extension::Built(Box::new(block), proposed.rejected))
    }

    /// Judges a block on its parent, every proof included.
    ///
    /// # Errors
    /// When state or storage fails: that is no verdict.
    pub(crate) fn judge(&self, parent: &Header, block: Block) -> Result<Verdict, NodeError> {
        let verdict = self.verdict(parent, block)?;
        if matches!(verdict, Verdict::Invalid(_)) {
            self.metrics.refused_block();
        }
        Ok(verdict)
    }

    fn verdict(&self, parent: &Header, block: Block) -> Result<Verdict, NodeError> {
        let mut proofs = Collector::new(&self.proofs);
        let executed = match self.execute(parent, block, &mut proofs)? {
            Ok(executed) => executed,
            Err(verdict) => return Ok(verdict),
        };
        if !proofs.verify(&self.keys) {
            return Ok(Verdict::Invalid("a proof does not verify".into()));
        }
        self.remember(executed);
        Ok(Verdict::Valid)
    }

    /// Executes a block that a quorum has judged.
    ///
    /// # Errors
    /// When state or storage fails.
    pub(crate) fn catch_up(&self, parent: &Header, block: Block) -> Result<Verdict, NodeError> {
        match self.execute(parent, block, &mut Final)? {
            Ok(executed) => {
                self.remember(executed);
                Ok(Verdict::Valid)
            }
            Err(verdict) => Ok(verdict),
        }
    }

    fn execute(
        &self,
        parent: &Header,
        block: Block,
        proofs: &mut dyn ProofCheck,
    ) -> Result<Result<Executed, Verdict>, NodeError> {
        let tip = self.read_tip();
        let view = match self.standing(&tip, parent.id(), parent.height) {
            Standing::At(view, _) => view,
            Standing::Unknown => return Ok(Err(Verdict::Unknown)),
            Standing::Abandoned => return Ok(Err(Verdict::Abandoned)),
        };
        let height = block.header.height;
        match execute::execute(&view, &self.spec, parent, block, proofs) {
            Ok(executed) => Ok(Ok(executed)),
            Err(error @ (BlockError::State(_) | BlockError::View { .. })) => {
                Err(NodeError::replay(height, error))
            }
            Err(error) => Ok(Err(Verdict::Invalid(error.to_string()))),
        }
    }

    /// Keeps what a block does until it or another becomes final.
    fn remember(&self, executed: Executed) -> Block {
        let Executed {
            block,
            changes,
            results,
        } = executed;
        let pending = Pending {
            header: block.header.clone(),
            changes: Arc::new(changes),
            results,
        };
        self.lock_pending().insert(block.id(), Arc::new(pending));
        block
    }
}
