//! Finalized blocks, in order, into the index; then those who wait are told and the engine gets its acknowledgement.

use super::{
    block::EngineBlock,
    core::{Core, blocking},
    env::Env,
    sidecars::Sidecars,
};
use crate::{error::NodeError, handle::TxReceipt};
use commonware_actor::Feedback;
use commonware_consensus::{Reporter, marshal::Update};
use commonware_cryptography::Digested;
use commonware_utils::{Acknowledgement as _, acknowledgement::Exact};
use std::sync::Arc;
use tokio::sync::{mpsc, watch};

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
pub(crate) async fn run<E: Env>(
    context: E,
    mut deliveries: Deliveries,
    core: Core,
    sidecars: Sidecars,
    committed: watch::Sender<u64>,
) {
    while let Some((block, acknowledgement)) = deliveries.recv().await {
        let block = block.inner_shared();
        match commit(&context, &core, &sidecars, &block).await {
            Ok(()) => {
                committed.send_replace(block.block().header.height.0);
                acknowledgement.acknowledge();
                if let Err(error) = erase(&context, &core, &sidecars, &block).await {
                    return core.fault.set(error);
                }
            }
            Err(error) => return core.fault.set(error),
        }
    }
}

/// Now and then erases sidecars whose retention is over.
async fn erase<E: Env>(
    context: &E,
    core: &Core,
    sidecars: &Sidecars,
    block: &EngineBlock,
) -> Result<(), NodeError> {
    let (Some(retention), true) = (
        core.pace.sidecar_retention,
        block.block().header.is_anchor(),
    ) else {
        return Ok(());
    };
    let chain = core.chain.clone();
    let erased = blocking(context, move || chain.erase_old_sidecars(retention)).await?;
    if let Some(height) = erased {
        sidecars.give_up_below(height.0);
    }
    Ok(())
}

async fn commit<E: Env>(
    context: &E,
    core: &Core,
    sidecars: &Sidecars,
    block: &Arc<EngineBlock>,
) -> Result<(), NodeError> {
    let (chain, from) = (core.chain.clone(), block.clone());
    let results = blocking(context, move || chain.commit(from.block())).await?;
    // Before the pool forgets the transactions and with them their sidecars.
    sidecars.keep(block);
    let height = block.block().header.height;
    for (index, result) in (0..).zip(results.unwrap_or_default()) {
        let receipt = TxReceipt {
            id: result.id,
            height,
            index,
            outcome: result.outcome,
        };
        core.pool.finish(&result.id, Ok(receipt));
    }
    Ok(())
}
