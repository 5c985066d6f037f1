//! What all parts of the engine share.

use super::{env::Env, evidence::Evidence, voting::VotesFrom};
use crate::{chain::Chain, clock, config::Pace, error::NodeError, fault::Fault, mempool::Mempool};
use commonware_runtime::Clock;
use std::sync::Arc;
use tacit_ledger::ids::BlockTime;

/// See the module.
#[derive(Clone)]
pub(crate) struct Core {
    pub(crate) chain: Arc<Chain>,
    pub(crate) pool: Arc<Mempool>,
    pub(crate) fault: Fault,
    pub(crate) evidence: Arc<Evidence>,
    pub(crate) votes_from: VotesFrom,
    pub(crate) pace: Pace,
    /// Names of the engine's journals begin so, where several nodes share a storage.
    pub(crate) prefix: String,
    /// How far this node's clock is off, in milliseconds: only in simulations.
    pub(crate) skew_ms: i64,
}

impl Core {
    /// The time of this node's clock. It decides when the node proposes and votes, never what is valid.
    pub(crate) fn now(&self, context: &impl Clock) -> BlockTime {
        let millis = clock::at(context.current()).0;
        BlockTime(millis.saturating_add_signed(self.skew_ms))
    }
}

/// Runs blocking work off the async threads.
pub(crate) async fn blocking<E: Env, T: Send + 'static>(
    context: &E,
    work: impl FnOnce() -> Result<T, NodeError> + Send + 'static,
) -> Result<T, NodeError> {
    let task = context
        .child("blocking")
        .shared(true)
        .spawn(move |_| async move { work() });
    task.await
        .unwrap_or_else(|error| Err(NodeError::Stopped(error.to_string())))
}
