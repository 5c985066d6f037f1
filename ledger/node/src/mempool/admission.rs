//! The way in: cheap checks first, proofs on few threads, then a place in the pool.

use super::{Checker, Mempool, Receipts, pool::RETRY_MS};
use crate::{
    chain::Chain,
    clock,
    error::{NodeError, SubmitError},
    handle::TxReceipt,
};
use std::{num::NonZeroUsize, sync::Arc, thread::available_parallelism};
use tacit_ledger::{block::Sidecar, execute, ids::BlockTime, reject::Reject, tx::Tx};
use tokio::sync::Semaphore;

/// See the module.
pub(crate) struct Admission {
    chain: Arc<Chain>,
    pool: Arc<Mempool>,
    /// How many may stand in line.
    line: Semaphore,
    /// How many are checked at a time.
    workers: Semaphore,
}

/// What a transaction got.
enum Entry {
    /// A place in the pool.
    Waits(Receipts),
    /// The answer: it was on the chain before.
    Done(TxReceipt),
}

impl Admission {
    pub(crate) fn new(chain: Arc<Chain>, pool: Arc<Mempool>) -> Self {
        let cores = available_parallelism().map_or(1, NonZeroUsize::get);
        Self {
            line: Semaphore::new(pool.limits().checking),
            workers: Semaphore::new(cores),
            chain,
            pool,
        }
    }

    /// Brings a transaction into a block and returns when it is final and durable.
    ///
    /// # Errors
    /// [`SubmitError`] says whether and how to try again.
    pub(crate) async fn submit(
        &self,
        tx: Tx,
        sidecar: Option<Sidecar>,
    ) -> Result<TxReceipt, SubmitError> {
        if tx.action.audit_digest() != sidecar.as_ref().map(Sidecar::digest) {
            return Err(SubmitError::Sidecar);
        }
        let receipts = match self.pool.join(&tx.id(), &tx.request_id)? {
            Some(receipts) => receipts,
            None => match self.enter(tx, sidecar).await? {
                Entry::Waits(receipts) => receipts,
                Entry::Done(receipt) => return Ok(receipt),
            },
        };
        receipts.await.unwrap_or(Err(SubmitError::Interrupted))
    }

    async fn enter(&self, tx: Tx, sidecar: Option<Sidecar>) -> Result<Entry, SubmitError> {
        let Ok(_place) = self.line.try_acquire() else {
            return Err(SubmitError::Busy { retry_ms: RETRY_MS });
        };
        let _worker = self
            .workers
            .acquire()
            .await
            .map_err(|_| SubmitError::Interrupted)?;
        let (chain, pool) = (self.chain.clone(), self.pool.clone());
        tokio::task::spawn_blocking(move || admit(&chain, &pool, tx, sidecar))
            .await
            .map_err(|_| SubmitError::Interrupted)?
    }
}

fn admit(
    chain: &Chain,
    pool: &Mempool,
    tx: Tx,
    sidecar: Option<Sidecar>,
) -> Result<Entry, SubmitError> {
    let (memory, keys) = chain.proofs();
    let admitted = chain.read(|tip, view| {
        let time = BlockTime(clock::now().0.max(tip.time.0.saturating_add(1)));
        execute::admit(
            view,
            chain.spec(),
            time,
            tx.clone(),
            &mut Checker { memory, keys },
        )
    });
    match admitted {
        Ok(_) => pool.insert(tx, sidecar).map(Entry::Waits),
        Err(Reject::Repeated { record, .. }) => Ok(Entry::Done((*record).into())),
        Err(Reject::State(error)) => Err(NodeError::from(error).into()),
        Err(reject) => Err(SubmitError::Rejected(reject)),
    }
}
