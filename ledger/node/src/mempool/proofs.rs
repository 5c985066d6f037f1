//! Which proofs were verified before, so that none is verified twice.

use crate::metrics::Metrics;
use std::{
    collections::{BTreeSet, VecDeque},
    sync::{Mutex, PoisonError},
    time::Instant,
};
use tacit_circuits::{Entropy, types::Digest32};
use tacit_ledger::{
    proofs::{ProofCheck, ProofClaim},
    reject::Reject,
    verifier::ProofKeys,
};

/// Most claims that are remembered.
const REMEMBERED: usize = 16_384;

/// Claims that are known to hold, the newest ones.
pub(crate) struct ProofMemory {
    known: Mutex<(BTreeSet<Digest32>, VecDeque<Digest32>)>,
    metrics: Metrics,
}

impl ProofMemory {
    /// Remembers nothing yet, and counts what is verified.
    pub(crate) fn new(metrics: Metrics) -> Self {
        Self {
            known: Mutex::default(),
            metrics,
        }
    }

    /// Verifies claims, and counts and times it.
    fn timed(&self, claims: usize, verify: impl FnOnce() -> bool) -> bool {
        let started = Instant::now();
        let holds = verify();
        self.metrics.verified(claims, started.elapsed());
        holds
    }

    fn holds(&self, id: &Digest32) -> bool {
        self.known
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .0
            .contains(id)
    }

    fn remember(&self, id: Digest32) {
        let mut guard = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let (known, order) = &mut *guard;
        if known.insert(id) {
            order.push_back(id);
        }
        if order.len() > REMEMBERED
            && let Some(oldest) = order.pop_front()
        {
            known.remove(&oldest);
        }
    }
}

/// Verifies claims that are not remembered, each at once.
pub(crate) struct Checker<'a> {
    pub(crate) memory: &'a ProofMemory,
    pub(crate) keys: &'a ProofKeys,
}

impl ProofCheck for Checker<'_> {
    fn claim(&mut self, claim: ProofClaim) -> Result<(), Reject> {
        let id = claim.id();
        if self.memory.holds(&id) {
            return Ok(());
        }
        if !self.memory.timed(1, || self.keys.verify(&claim)) {
            return Err(Reject::Proof);
        }
        self.memory.remember(id);
        Ok(())
    }
}

/// Collects the claims that are not remembered, to verify them as one batch.
pub(crate) struct Collector<'a> {
    memory: &'a ProofMemory,
    pending: Vec<ProofClaim>,
}

impl<'a> Collector<'a> {
    pub(crate) fn new(memory: &'a ProofMemory) -> Self {
        Self {
            memory,
            pending: Vec::new(),
        }
    }

    /// Verifies what was collected; true when all of it holds.
    pub(crate) fn verify(self, keys: &ProofKeys) -> bool {
        if self.pending.is_empty() {
            return true;
        }
        let holds = self.memory.timed(self.pending.len(), || {
            keys.verify_batch(&self.pending, Entropy::new(rand::random()))
        });
        if holds {
            self.pending
                .iter()
                .for_each(|claim| self.memory.remember(claim.id()));
        }
        holds
    }
}

impl ProofCheck for Collector<'_> {
    fn claim(&mut self, claim: ProofClaim) -> Result<(), Reject> {
        if !self.memory.holds(&claim.id()) {
            self.pending.push(claim);
        }
        Ok(())
    }
}
