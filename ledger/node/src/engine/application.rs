//! What the engine asks of the chain: build the next block, judge one.

use super::{
    block::EngineBlock,
    core::{Core, blocking},
    env::Env,
    sidecars::Sidecars,
};
use crate::{
    chain::{Extension, Verdict},
    error::{NodeError, SubmitError},
};
use commonware_consensus::{
    Application, marshal::ancestry::Ancestry, simplex::scheme::ed25519::Scheme,
    simplex::types::Context as Round,
};
use commonware_cryptography::{Digested, Digestible, ed25519, sha256::Digest};
use futures::{StreamExt, future::pending};
use std::{sync::Arc, time::Duration};
use tacit_ledger::{
    header::Header,
    ids::{BlockTime, TxId},
    reject::Reject,
};

/// See the module.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) core: Core,
    pub(crate) sidecars: Sidecars,
}

impl<E: Env> Application<E> for App {
    type SigningScheme = Scheme;
    type Context = Round<Digest, ed25519::PublicKey>;
    type Block = EngineBlock;
    type Input = ();

    async fn propose(
        &mut self,
        (context, _): (E, Self::Context),
        mut ancestry: impl Ancestry<EngineBlock>,
        (): (),
    ) -> Option<Digested<EngineBlock>> {
        let parent = ancestry.next().await?.inner_shared();
        let block = match self.extend(&context, &parent, &mut ancestry).await {
            Ok(block) => block?,
            Err(error) => {
                self.core.fault.set(error);
                return None;
            }
        };
        let digest = block.digest();
        Some(Digested::precomputed(block, digest))
    }

    async fn verify(
        &mut self,
        (context, _): (E, Self::Context),
        mut ancestry: impl Ancestry<EngineBlock>,
    ) -> bool {
        let Some(block) = ancestry.next().await else {
            return pending().await;
        };
        let Some(parent) = ancestry.next().await else {
            return pending().await;
        };
        let (block, parent) = (block.inner_shared(), parent.inner_shared());
        match self.judge(&context, &block, &parent, &mut ancestry).await {
            Ok(Some(valid)) => valid,
            // No verdict: abstain until the engine gives up on the view.
            Ok(None) => pending().await,
            Err(error) => {
                self.core.fault.set(error);
                pending().await
            }
        }
    }
}

impl App {
    /// Waits until there is something to propose on `parent`, and builds it.
    async fn extend<E: Env>(
        &self,
        context: &E,
        parent: &Arc<EngineBlock>,
        ancestry: &mut impl Ancestry<EngineBlock>,
    ) -> Result<Option<EngineBlock>, NodeError> {
        if !self.catch_up(context, parent, ancestry).await? {
            return Ok(None);
        }
        let header = &parent.block().header;
        loop {
            let anchor_due = self.wait_for_work(context, header).await;
            let (app, on, clock) = (self.clone(), parent.clone(), self.core.now(context));
            let build = move || app.build(&on.block().header, anchor_due, clock);
            match blocking(context, build).await? {
                Built::Block(block) => return Ok(Some(*block)),
                Built::Nothing => {}
                Built::Impossible => return Ok(None),
            }
        }
    }

    /// Returns when a transaction waits that no ancestor holds (false), or when the next anchor is due (true).
    async fn wait_for_work<E: Env>(&self, context: &E, parent: &Header) -> bool {
        let due = next_anchor(
            parent.time,
            self.core.chain.spec().genesis().anchor_interval_secs,
        );
        loop {
            let woken = self.core.pool.woken();
            tokio::pin!(woken);
            woken.as_mut().enable();
            let left = due.0.saturating_sub(self.core.now(context).0);
            if left == 0 {
                return true;
            }
            if self
                .core
                .pool
                .has_work(&self.core.chain.unfinished_txs(parent))
            {
                self.keep_distance(context, parent).await;
                return false;
            }
            tokio::select! {
                biased;
                () = woken => {}
                () = context.sleep(Duration::from_millis(left)) => {}
            }
        }
    }

    /// Waits until the next block may follow `parent`, so that blocks fill up under load.
    async fn keep_distance<E: Env>(&self, context: &E, parent: &Header) {
        let interval = u64::try_from(self.core.pace.block_interval.as_millis()).unwrap_or(u64::MAX);
        let from = parent.time.0.saturating_add(interval);
        let left = from.saturating_sub(self.core.now(context).0).min(interval);
        context.sleep(Duration::from_millis(left)).await;
    }

    fn build(
        &self,
        parent: &Header,
        anchor_due: bool,
        clock: BlockTime,
    ) -> Result<Built, NodeError> {
        let candidates = self
            .core
            .pool
            .candidates(&self.core.chain.unfinished_txs(parent));
        let time = BlockTime(clock.0.max(parent.time.0.saturating_add(1)));
        let (block, rejected) = match self
            .core
            .chain
            .build(parent, time, candidates, anchor_due)?
        {
            Extension::Built(block, rejected) => (Some(block), rejected),
            Extension::Nothing(rejected) => (None, rejected),
            Extension::Unknown | Extension::Abandoned => return Ok(Built::Impossible),
        };
        rejected
            .into_iter()
            .for_each(|(id, reject)| self.refuse(&id, reject));
        let Some(block) = block else {
            return Ok(Built::Nothing);
        };
        let sidecars = self.core.pool.sidecars_of(&block);
        match EngineBlock::new(*block, sidecars) {
            Ok(block) if block.is_complete() => Ok(Built::Block(Box::new(block))),
            // A transaction left the pool meanwhile: its block is final, another candidate is needed.
            _ => Ok(Built::Nothing),
        }
    }

    /// Answers those who wait for a transaction that the rules refuse.
    fn refuse(&self, id: &TxId, reject: Reject) {
        let answer = match reject {
            Reject::Repeated { record, .. } => Ok((*record).into()),
            reject => Err(SubmitError::Rejected(reject)),
        };
        self.core.pool.finish(id, answer);
    }

    /// A verdict that every honest validator shares, or none (yet).
    async fn judge<E: Env>(
        &self,
        context: &E,
        block: &Arc<EngineBlock>,
        parent: &Arc<EngineBlock>,
        ancestry: &mut impl Ancestry<EngineBlock>,
    ) -> Result<Option<bool>, NodeError> {
        // Nobody votes for a block whose sidecars are not at hand: they could be lost for ever.
        self.sidecars.complete(block).await;
        if !self.catch_up(context, parent, ancestry).await? {
            return Ok(None);
        }
        // The local clock only delays the vote. A block from the future is voted for when its time has come.
        let ahead = u64::from(self.core.chain.spec().genesis().max_time_ahead_ms);
        let early = block
            .block()
            .header
            .time
            .0
            .saturating_sub(self.core.now(context).0.saturating_add(ahead));
        if early > 0 {
            context.sleep(Duration::from_millis(early)).await;
        }
        let (chain, child, on) = (self.core.chain.clone(), block.clone(), parent.clone());
        let sidecars = self.sidecars.clone();
        let judge = move || {
            let verdict = chain.judge(&on.block().header, child.block().clone())?;
            if matches!(verdict, Verdict::Valid) {
                sidecars.secure(&child)?;
            }
            Ok(verdict)
        };
        match blocking(context, judge).await? {
            Verdict::Valid => Ok(Some(true)),
            Verdict::Invalid(why) => {
                tracing::warn!(height = %block.block().header.height, %why, "refusing a proposed block");
                Ok(Some(false))
            }
            Verdict::Unknown | Verdict::Abandoned => Ok(None),
        }
    }

    /// Executes `parent` and those of its ancestors that are not at hand; false when that is not possible.
    async fn catch_up<E: Env>(
        &self,
        context: &E,
        parent: &Arc<EngineBlock>,
        ancestry: &mut impl Ancestry<EngineBlock>,
    ) -> Result<bool, NodeError> {
        let mut missing = Vec::new();
        let mut oldest = parent.clone();
        while !self.core.chain.knows(&oldest.block().header) {
            let Some(next) = ancestry.next().await else {
                return Ok(false);
            };
            missing.push(std::mem::replace(&mut oldest, next.inner_shared()));
        }
        for block in missing.into_iter().rev() {
            let (chain, child, on) = (self.core.chain.clone(), block.clone(), oldest);
            let verdict = blocking(context, move || {
                chain.catch_up(&on.block().header, child.block().clone())
            })
            .await?;
            if !matches!(verdict, Verdict::Valid) {
                return Ok(false);
            }
            oldest = block;
        }
        Ok(true)
    }
}

/// What came of building.
enum Built {
    Block(Box<EngineBlock>),
    Nothing,
    Impossible,
}

/// The first instant after `parent` that is a multiple of the interval.
fn next_anchor(parent: BlockTime, interval_secs: u32) -> BlockTime {
    let interval = u64::from(interval_secs).max(1).saturating_mul(1000);
    BlockTime(
        (parent.0 / interval)
            .saturating_add(1)
            .saturating_mul(interval),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_anchor_is_the_next_multiple_of_the_interval() {
        let next = |at, interval| next_anchor(BlockTime(at), interval).0;
        assert_eq!(next(0, 2), 2000);
        assert_eq!(next(1999, 2), 2000);
        assert_eq!(next(2000, 2), 4000);
        assert_eq!(next(60_001, 30), 90_000);
        assert_eq!(next(5, 0), 1000);
        assert_eq!(next(u64::MAX, 30), u64::MAX);
    }
}
