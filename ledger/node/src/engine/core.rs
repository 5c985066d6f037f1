//! What all parts of the engine share.

use super::{env::Env, evidence::Evidence};
use crate::{chain::Chain, config::Pace, error::NodeError, fault::Fault, mempool::Mempool};
use std::sync::Arc;

/// See the module.
#[derive(Clone)]
pub(crate) struct Core {
    pub(crate) chain: Arc<Chain>,
    pub(crate) pool: Arc<Mempool>,
    pub(crate) fault: Fault,
    pub(crate) evidence: Arc<Evidence>,
    pub(crate) pace: Pace,
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
