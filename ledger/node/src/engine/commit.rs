//! Finalized blocks, in order, into the index; then those who wait are told and the engine gets its acknowledgement.

use super::{application::blocking, block::EngineBlock};
use crate::{chain::Chain, fault::Fault, handle::TxReceipt, mempool::Mempool};
use commonware_actor::Feedback;
use commonware_consensus::{Reporter, marshal::Update};
use commonware_cryptography::Digested;
use commonware_runtime::tokio::Context;
use commonware_utils::{Acknowledgement as _, acknowledgement::Exact};
use std::sync::Arc;
use tokio::sync::mpsc;

type Delivery = (Digested<EngineBlock>, Exact);

/// Takes what the engine reports. The engine bounds what is unacknowledged.
#[derive(Clone)]
pub(crate) struct Committer(mpsc::UnboundedSender<Delivery>);

/// Deliveries still to be committed.
pub(crate) type Deliveries = mpsc::UnboundedReceiver<Delivery>;

impl Committer {
    pub(crate) fn new() -> (Self, Deliveries) {
        let (sender, receiver) = mpsc::unbounded_channel();
        (Self(sender), receiver)
    }
}

impl Reporter for Committer {
    type Activity = Update<EngineBlock>;

    fn report(&mut self, update: Self::Activity) -> Feedback {
        match update {
            Update::Tip(..) => Feedback::Ok,
            Update::Block(block, acknowledgement) => match self.0.send((block, acknowledgement)) {
                Ok(()) => Feedback::Ok,
                Err(_) => Feedback::Closed,
            },
        }
    }
}

/// Commits until the engine stops or a commit fails. Delivery is at least once; committing is idempotent by height.
pub(crate) async fn run(
    context: Context,
    mut deliveries: Deliveries,
    chain: Arc<Chain>,
    pool: Arc<Mempool>,
    fault: Fault,
) {
    while let Some((block, acknowledgement)) = deliveries.recv().await {
        let block = block.inner_shared();
        let (to, from) = (chain.clone(), block.clone());
        match blocking(&context, move || to.commit(from.block())).await {
            Ok(results) => {
                let height = block.block().header.height;
                for (index, result) in (0..).zip(results.unwrap_or_default()) {
                    let receipt = TxReceipt {
                        id: result.id,
                        height,
                        index,
                        outcome: result.outcome,
                    };
                    pool.finish(&result.id, Ok(receipt));
                }
                acknowledgement.acknowledge();
            }
            Err(error) => return fault.set(error),
        }
    }
}
