//! What waits for a block: bounded, each transaction once, each with those who wait for its outcome.

use crate::{config::MempoolLimits, error::SubmitError, handle::TxReceipt};
use commonware_codec::EncodeSize as _;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, MutexGuard, PoisonError},
};
use tacit_circuits::types::AuditDigest;
use tacit_ledger::{
    block::{Block, MAX_BLOCK_TX_BYTES, MAX_BLOCK_TXS, Sidecar},
    ids::{BlockTime, RequestId, TxId},
    reject::Reject,
    tx::Tx,
};
use tokio::sync::{Notify, oneshot};

/// Most callers that wait for one transaction.
const MAX_WAITERS: usize = 64;
/// When a refused caller should try again, in milliseconds.
pub(super) const RETRY_MS: u32 = 500;

/// When a transaction is sent to the other validators again, in milliseconds.
const REPEAT_MS: u64 = 3000;
/// The part of the room that one other validator may fill: 1 / this.
const PEER_SHARE: usize = 4;

/// A transaction as validators send it to each other.
pub(crate) type Carried = (Tx, Option<Sidecar>);

/// Where a transaction came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// From a client of this node.
    Client,
    /// From the validator with this key.
    Peer([u8; 32]),
}

/// Tells a caller what became of its transaction.
pub(crate) type Receipts = oneshot::Receiver<Result<TxReceipt, SubmitError>>;

/// See the module.
pub(crate) struct Mempool {
    limits: MempoolLimits,
    pool: Mutex<Pool>,
    wake: Notify,
}

#[derive(Default)]
struct Pool {
    next: u64,
    entries: BTreeMap<u64, Entry>,
    by_id: BTreeMap<TxId, u64>,
    by_request: BTreeMap<RequestId, TxId>,
    by_sidecar: BTreeMap<AuditDigest, u64>,
    /// How many came from which validator.
    from_peers: BTreeMap<[u8; 32], usize>,
    bytes: usize,
    closed: bool,
}

struct Entry {
    id: TxId,
    tx: Tx,
    sidecar: Option<Sidecar>,
    bytes: usize,
    origin: Origin,
    /// When it was last sent to the other validators.
    announced: Option<BlockTime>,
    waiters: Vec<oneshot::Sender<Result<TxReceipt, SubmitError>>>,
}

impl Entry {
    fn wait(&mut self) -> Result<Receipts, SubmitError> {
        self.waiters.retain(|waiter| !waiter.is_closed());
        if self.waiters.len() >= MAX_WAITERS {
            return Err(SubmitError::Busy { retry_ms: RETRY_MS });
        }
        let (sender, receiver) = oneshot::channel();
        self.waiters.push(sender);
        Ok(receiver)
    }
}

impl Mempool {
    pub(crate) fn new(limits: MempoolLimits) -> Self {
        Self {
            limits,
            pool: Mutex::default(),
            wake: Notify::new(),
        }
    }

    /// Bounds of what may wait.
    pub(crate) fn limits(&self) -> &MempoolLimits {
        &self.limits
    }

    /// Waits with the others when this very transaction is here already.
    ///
    /// # Errors
    /// When another transaction with its request id is here, or too many wait.
    pub(crate) fn join(
        &self,
        id: &TxId,
        request: &RequestId,
    ) -> Result<Option<Receipts>, SubmitError> {
        let mut pool = self.lock();
        if pool.closed {
            return Err(SubmitError::Interrupted);
        }
        match pool.by_request.get(request).copied() {
            None => Ok(None),
            Some(first) if first == *id => {
                let seq = pool.by_id.get(id).copied().unwrap_or_default();
                pool.entries.get_mut(&seq).map(Entry::wait).transpose()
            }
            Some(first) => Err(SubmitError::Rejected(Reject::RequestIdReused {
                id: *request,
                first,
            })),
        }
    }

    /// Takes a transaction that was admitted.
    ///
    /// # Errors
    /// As [`Mempool::join`], and when there is no room.
    pub(crate) fn insert(&self, tx: Tx, sidecar: Option<Sidecar>) -> Result<Receipts, SubmitError> {
        let id = tx.id();
        let request = tx.request_id;
        if self.join(&id, &request)?.is_none() {
            self.add(tx, sidecar, Origin::Client)?;
        }
        // Between the two it may have become final.
        self.join(&id, &request)?.ok_or(SubmitError::Interrupted)
    }

    /// Whether this transaction, or another one of the same request, is here.
    pub(crate) fn knows(&self, request: &RequestId) -> bool {
        let pool = self.lock();
        pool.closed || pool.by_request.contains_key(request)
    }

    /// Takes a transaction that was admitted and for which nobody here waits.
    ///
    /// # Errors
    /// When there is no room, or another one of its request is here.
    pub(crate) fn add(
        &self,
        tx: Tx,
        sidecar: Option<Sidecar>,
        origin: Origin,
    ) -> Result<(), SubmitError> {
        let id = tx.id();
        let bytes = tx.encode_size() + sidecar.as_ref().map_or(0, |sidecar| sidecar.encode_size());
        let mut pool = self.lock();
        let full = pool.entries.len() >= self.limits.txs || pool.bytes + bytes > self.limits.bytes;
        if full || pool.closed || pool.by_request.contains_key(&tx.request_id) {
            return Err(SubmitError::Busy { retry_ms: RETRY_MS });
        }
        if let Origin::Peer(key) = origin {
            let share = self.limits.txs / PEER_SHARE;
            let held = pool.from_peers.entry(key).or_default();
            if *held >= share {
                return Err(SubmitError::Busy { retry_ms: RETRY_MS });
            }
            *held += 1;
        }
        let seq = pool.next;
        pool.next += 1;
        pool.bytes += bytes;
        pool.by_id.insert(id, seq);
        pool.by_request.insert(tx.request_id, id);
        if let Some(sidecar) = &sidecar {
            pool.by_sidecar.insert(sidecar.digest(), seq);
        }
        let entry = Entry {
            id,
            tx,
            sidecar,
            bytes,
            origin,
            announced: None,
            waiters: Vec::new(),
        };
        pool.entries.insert(seq, entry);
        drop(pool);
        self.wake.notify_waiters();
        Ok(())
    }

    /// Transactions of this node's clients that the other validators should be sent now, oldest first and marked as sent.
    pub(crate) fn to_announce(&self, now: BlockTime, bytes: usize, count: usize) -> Vec<Carried> {
        let mut pool = self.lock();
        let mut room = bytes;
        let mut batch = Vec::new();
        for entry in pool.entries.values_mut() {
            let due = entry
                .announced
                .is_none_or(|at| now.0 >= at.0.saturating_add(REPEAT_MS));
            if entry.origin != Origin::Client || !due {
                continue;
            }
            if batch.len() >= count || (entry.bytes > room && !batch.is_empty()) {
                break;
            }
            room = room.saturating_sub(entry.bytes);
            entry.announced = Some(now);
            batch.push((entry.tx.clone(), entry.sidecar.clone()));
        }
        batch
    }

    /// The sidecar with this digest, of a transaction that waits.
    pub(crate) fn sidecar(&self, digest: &AuditDigest) -> Option<Sidecar> {
        let pool = self.lock();
        let seq = pool.by_sidecar.get(digest)?;
        pool.entries.get(seq)?.sidecar.clone()
    }

    /// How many transactions wait, and their bytes.
    pub(crate) fn occupancy(&self) -> (usize, usize) {
        let pool = self.lock();
        (pool.entries.len(), pool.bytes)
    }

    /// Resolves when a transaction has come; enable it before asking [`Mempool::has_work`].
    pub(crate) fn woken(&self) -> tokio::sync::futures::Notified<'_> {
        self.wake.notified()
    }

    /// Whether there is a transaction that is not among these.
    pub(crate) fn has_work(&self, taken: &BTreeSet<TxId>) -> bool {
        self.lock()
            .entries
            .values()
            .any(|entry| !taken.contains(&entry.id))
    }

    /// As many transactions that are not among these as fit into a block, oldest first.
    pub(crate) fn candidates(&self, taken: &BTreeSet<TxId>) -> Vec<Tx> {
        let pool = self.lock();
        let mut room = MAX_BLOCK_TX_BYTES;
        let mut candidates = Vec::new();
        for entry in pool
            .entries
            .values()
            .filter(|entry| !taken.contains(&entry.id))
        {
            let bytes = entry.tx.encode_size();
            if candidates.len() >= MAX_BLOCK_TXS || bytes > room {
                break;
            }
            room -= bytes;
            candidates.push(entry.tx.clone());
        }
        candidates
    }

    /// The sidecars that a block of ours needs, in the order of its digests.
    pub(crate) fn sidecars_of(&self, block: &Block) -> Vec<Sidecar> {
        let pool = self.lock();
        let mut found: BTreeMap<AuditDigest, &Sidecar> = BTreeMap::new();
        for tx in &block.txs.0 {
            let entry = pool
                .by_id
                .get(&tx.id())
                .and_then(|seq| pool.entries.get(seq));
            if let Some(sidecar) = entry.and_then(|entry| entry.sidecar.as_ref()) {
                found.insert(sidecar.digest(), sidecar);
            }
        }
        block
            .audit_digests()
            .iter()
            .filter_map(|digest| found.get(digest).map(|sidecar| (*sidecar).clone()))
            .collect()
    }

    /// Removes a transaction and tells those who wait what became of it.
    pub(crate) fn finish(&self, id: &TxId, outcome: Result<TxReceipt, SubmitError>) {
        let mut pool = self.lock();
        let Some(seq) = pool.by_id.remove(id) else {
            return;
        };
        let Some(entry) = pool.entries.remove(&seq) else {
            return;
        };
        pool.by_request.remove(&entry.tx.request_id);
        if let Some(sidecar) = &entry.sidecar {
            pool.by_sidecar.remove(&sidecar.digest());
        }
        if let Origin::Peer(key) = entry.origin
            && let Some(held) = pool.from_peers.get_mut(&key)
        {
            *held = held.saturating_sub(1);
        }
        pool.bytes -= entry.bytes;
        drop(pool);
        for waiter in entry.waiters {
            // A caller that went away does not want to know.
            let _ = waiter.send(outcome.clone());
        }
    }

    /// Takes nothing more and lets go of everyone who waits.
    pub(crate) fn close(&self) {
        let mut pool = self.lock();
        *pool = Pool {
            closed: true,
            ..Pool::default()
        };
    }

    fn lock(&self) -> MutexGuard<'_, Pool> {
        self.pool.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
