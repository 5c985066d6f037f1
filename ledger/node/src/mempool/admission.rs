//! The way in: cheap checks first, proofs on few threads, then a place in the pool.

use super::{Carried, Checker, Collector, Mempool, Origin, Receipts, pool::RETRY_MS};
use crate::{
    chain::Chain,
    clock,
    error::{NodeError, SubmitError},
    handle::TxReceipt,
};
use std::{num::NonZeroUsize, sync::Arc, thread::available_parallelism};
use tacit_ledger::{
    block::Sidecar, execute, header::Header, ids::BlockTime, proofs::ProofCheck, reject::Reject,
    tx::Tx,
};
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
pub(crate) enum Entry {
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
        tokio::task::spawn_blocking(move || admit(&chain, &pool, clock::now(), tx, sidecar))
            .await
            .map_err(|_| SubmitError::Interrupted)?
    }
}

/// Checks a client's transaction, its proof included, and gives it a place.
pub(crate) fn admit(
    chain: &Chain,
    pool: &Mempool,
    clock: BlockTime,
    tx: Tx,
    sidecar: Option<Sidecar>,
) -> Result<Entry, SubmitError> {
    let (memory, keys) = chain.proofs();
    let admitted = chain.read(|tip, view| {
        let time = next_time(clock, tip);
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

/// Checks what another validator sent, all proofs as one batch, and gives what holds a place. The rest is dropped: who sent
/// it keeps it, and tells its client.
///
/// # Errors
/// When state or storage fails.
pub(crate) fn admit_batch(
    chain: &Chain,
    pool: &Mempool,
    clock: BlockTime,
    from: [u8; 32],
    batch: Vec<Carried>,
) -> Result<(), NodeError> {
    let (memory, keys) = chain.proofs();
    let fresh = batch.into_iter().filter(|(tx, sidecar)| {
        !pool.knows(&tx.request_id)
            && tx.action.audit_digest() == sidecar.as_ref().map(Sidecar::digest)
    });
    let fresh: Vec<Carried> = fresh.collect();
    let mut proofs = Collector::new(memory);
    let admitted = keep_admitted(chain, clock, fresh, &mut proofs)?;
    let admitted = match proofs.verify(keys) {
        true => admitted,
        // One is false: each on its own.
        false => keep_admitted(chain, clock, admitted, &mut Checker { memory, keys })?,
    };
    for (tx, sidecar) in admitted {
        // Without room it is dropped as well.
        let _ = pool.add(tx, sidecar, Origin::Peer(from));
    }
    Ok(())
}

fn keep_admitted(
    chain: &Chain,
    clock: BlockTime,
    batch: Vec<Carried>,
    proofs: &mut dyn ProofCheck,
) -> Result<Vec<Carried>, NodeError> {
    chain.read(|tip, view| {
        let mut kept = Vec::new();
        for (tx, sidecar) in batch {
            match execute::admit(
                view,
                chain.spec(),
                next_time(clock, tip),
                tx.clone(),
                proofs,
            ) {
                Ok(_) => kept.push((tx, sidecar)),
                Err(Reject::State(error)) => return Err(error.into()),
                Err(reject) => tracing::debug!(tx = %tx.id(), %reject, "not taken from a peer"),
            }
        }
        Ok(kept)
    })
}

/// The earliest time the next block can have.
fn next_time(clock: BlockTime, tip: &Header) -> BlockTime {
    BlockTime(clock.0.max(tip.time.0.saturating_add(1)))
}
