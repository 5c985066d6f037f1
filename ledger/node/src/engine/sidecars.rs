//! Sidecars that a block needs: taken from where they are at hand, fetched from peers when they are not.
//!
//! A block's digest does not cover its sidecars, so a proposer can give them to some and not to others. Whoever lacks one
//! asks the others before it votes, and goes on asking after the block is final.

use super::{
    block::EngineBlock,
    env::{Directory, Env, Guard, Inbound, Outbound},
};
use crate::{chain::Chain, error::NodeError, fault::Fault, mempool::Mempool};
use bytes::Bytes;
use commonware_codec::{Copying, Decode as _, Encode as _};
use commonware_cryptography::{ed25519::PublicKey, sha256::Digest};
use commonware_resolver::{
    Consumer, Delivery, Fetch, Resolver as _,
    p2p::{self, Mailbox, Producer},
};
use commonware_runtime::Handle;
use commonware_utils::{NZDuration, NZUsize, channel::oneshot};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tacit_circuits::types::AuditDigest;
use tacit_ledger::block::{Block, Sidecar};
use tokio::sync::Notify;

/// Most sidecars that are held for blocks that are not final.
const MAX_HELD: usize = 8192;
/// Blocks below the tip whose sidecars are looked for when a node starts.
pub(super) const LOOK_BACK: u64 = 1024;

/// What a sidecar is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Wanted {
    /// To vote for a block of this height: no longer needed when another is final.
    Vote(u64),
    /// To have what a final block names.
    Keep(u64),
}

/// See the module.
#[derive(Clone)]
pub(crate) struct Sidecars(Arc<Inner>);

struct Inner {
    chain: Arc<Chain>,
    pool: Arc<Mempool>,
    fault: Fault,
    /// Of blocks that are not final, with their height.
    held: Mutex<BTreeMap<[u8; 32], (u64, Sidecar)>>,
    arrived: Notify,
    resolver: Mutex<Option<Mailbox<Digest, PublicKey, Wanted>>>,
}

impl Sidecars {
    pub(crate) fn new(chain: Arc<Chain>, pool: Arc<Mempool>, fault: Fault) -> Self {
        Self(Arc::new(Inner {
            chain,
            pool,
            fault,
            held: Mutex::default(),
            arrived: Notify::new(),
            resolver: Mutex::default(),
        }))
    }

    /// Starts asking and answering peers.
    pub(super) fn start<E: Env>(
        &self,
        context: E,
        me: PublicKey,
        directory: impl Directory,
        guard: impl Guard,
        channel: (impl Outbound, impl Inbound),
    ) -> Handle<()> {
        let (engine, mailbox) = p2p::Engine::new(
            context,
            p2p::Config {
                peer_provider: directory,
                blocker: guard,
                consumer: self.clone(),
                producer: self.clone(),
                mailbox_size: NZUsize!(1024),
                me: Some(me),
                fetch_timeout: NZDuration!(Duration::from_secs(1)),
                fetch_retry_delay: Duration::from_millis(200),
                priority_requests: false,
                priority_responses: false,
            },
        );
        *self
            .0
            .resolver
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(mailbox);
        engine.start(channel)
    }

    /// Returns when every sidecar of a proposed block is at hand.
    pub(super) async fn complete(&self, block: &EngineBlock) {
        let height = block.block().header.height.0;
        for (digest, sidecar) in block.sidecars() {
            self.hold(height, &digest.to_bytes(), sidecar.clone());
        }
        loop {
            let arrived = self.0.arrived.notified();
            tokio::pin!(arrived);
            arrived.as_mut().enable();
            let missing = self.missing(block.block());
            if missing.is_empty() {
                return;
            }
            self.ask(missing, Wanted::Vote(height));
            arrived.await;
        }
    }

    /// Puts the sidecars that did not come with a valid block on the disk, before it is voted for: those that come with it
    /// are kept with it, but when a proposer withholds them, those who found them elsewhere may be the only ones.
    ///
    /// # Errors
    /// When they cannot be written.
    pub(super) fn secure(&self, block: &EngineBlock) -> Result<(), NodeError> {
        if block.is_complete() {
            return Ok(());
        }
        let height = block.block().header.height.0;
        for digest in block.block().audit_digests() {
            if let Some(sidecar) = self.find(&digest) {
                self.store(height, &digest.to_bytes(), &sidecar);
            }
        }
        Ok(self.0.chain.sidecars().sync()?)
    }

    /// Keeps the sidecars of a final block, and asks for those that are not at hand. Most are in the log already, with the block.
    pub(super) fn keep(&self, block: &EngineBlock) {
        let height = block.block().header.height.0;
        let log = self.0.chain.sidecars();
        for (digest, sidecar) in block.sidecars() {
            if !log.has(&digest.to_bytes()) {
                self.store(height, &digest.to_bytes(), sidecar);
            }
        }
        let mut missing = block.block().audit_digests();
        missing.retain(|digest| !log.has(&digest.to_bytes()));
        missing.retain(|digest| match self.find(digest) {
            Some(sidecar) => {
                self.store(height, &digest.to_bytes(), &sidecar);
                false
            }
            None => true,
        });
        if !missing.is_empty() {
            tracing::warn!(height, count = missing.len(), "asking peers for sidecars");
            self.ask(missing, Wanted::Keep(height));
        }
        let mut held = self.held();
        if held.values().any(|(of, _)| *of <= height) {
            held.retain(|_, (of, _)| *of > height);
            drop(held);
            self.forget(move |wanted| !matches!(wanted, Wanted::Vote(of) if *of <= height));
        }
    }

    /// Gives up asking for sidecars of blocks below `height`, whose retention is over.
    pub(super) fn give_up_below(&self, height: u64) {
        self.forget(move |wanted| !matches!(wanted, Wanted::Keep(of) if *of < height));
    }

    /// Asks for what the newest final blocks lack, after a start.
    pub(super) fn look_back(&self, blocks: &[Block]) {
        for block in blocks {
            let missing = self.missing(block);
            if !missing.is_empty() {
                self.ask(missing, Wanted::Keep(block.header.height.0));
            }
        }
    }

    fn forget(&self, stays: impl Fn(&Wanted) -> bool + Send + 'static) {
        if let Some(mut resolver) = self.resolver() {
            resolver.retain(move |_, wanted| stays(wanted));
        }
    }

    fn ask(&self, digests: Vec<AuditDigest>, wanted: Wanted) {
        let Some(mut resolver) = self.resolver() else {
            return;
        };
        let fetches = digests.iter().map(|digest| Fetch {
            key: Digest(digest.to_bytes()),
            subscriber: wanted,
            span: tracing::Span::none(),
        });
        resolver.fetch_all(fetches.collect());
    }

    fn missing(&self, block: &Block) -> Vec<AuditDigest> {
        let mut digests = block.audit_digests();
        digests.retain(|digest| self.find(digest).is_none());
        digests
    }

    fn find(&self, digest: &AuditDigest) -> Option<Sidecar> {
        let bytes = digest.to_bytes();
        if let Some((_, sidecar)) = self.held().get(&bytes) {
            return Some(sidecar.clone());
        }
        if let Some(sidecar) = self.0.pool.sidecar(digest) {
            return Some(sidecar);
        }
        match self.0.chain.sidecars().get(&bytes) {
            Ok(stored) => stored.and_then(|bytes| decode(&bytes)),
            Err(error) => {
                self.0.fault.set(NodeError::Storage(error));
                None
            }
        }
    }

    fn hold(&self, height: u64, digest: &[u8; 32], sidecar: Sidecar) {
        let mut held = self.held();
        if held.len() < MAX_HELD {
            held.insert(*digest, (height, sidecar));
        }
    }

    fn store(&self, height: u64, digest: &[u8; 32], sidecar: &Sidecar) {
        let bytes = sidecar.encode().to_vec();
        let stored = self.0.chain.sidecars().put(height, *digest, bytes);
        if let Err(error) = stored {
            self.0.fault.set(NodeError::Storage(error));
        }
    }

    fn held(&self) -> MutexGuard<'_, BTreeMap<[u8; 32], (u64, Sidecar)>> {
        self.0.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn resolver(&self) -> Option<Mailbox<Digest, PublicKey, Wanted>> {
        self.0
            .resolver
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

fn decode(bytes: &[u8]) -> Option<Sidecar> {
    Sidecar::decode_cfg(Copying(bytes), &()).ok()
}

impl Consumer for Sidecars {
    type Key = Digest;
    type Value = Bytes;
    type Subscriber = Wanted;
    type Outcome = bool;

    fn deliver(
        &mut self,
        delivery: Delivery<Digest, Wanted>,
        value: Bytes,
    ) -> oneshot::Receiver<bool> {
        let (answer, receiver) = oneshot::channel();
        let sidecar = decode(&value).filter(|found| found.digest().to_bytes() == delivery.key.0);
        let valid = sidecar.is_some();
        if let Some(sidecar) = sidecar {
            for (wanted, _) in delivery.subscribers.iter() {
                match wanted {
                    Wanted::Vote(height) => self.hold(*height, &delivery.key.0, sidecar.clone()),
                    Wanted::Keep(height) => self.store(*height, &delivery.key.0, &sidecar),
                }
            }
            self.0.arrived.notify_waiters();
        }
        // The resolver may have lost interest.
        let _ = answer.send(valid);
        receiver
    }
}

impl Producer for Sidecars {
    type Key = Digest;

    fn produce(&mut self, key: Digest) -> oneshot::Receiver<Bytes> {
        let (answer, receiver) = oneshot::channel();
        // Dropping the sender says that it is not here.
        if let Some(sidecar) = AuditDigest::from_bytes(&key.0)
            .ok()
            .and_then(|digest| self.find(&digest))
        {
            let _ = answer.send(sidecar.encode());
        }
        receiver
    }
}
