//! What the engine needs of its surroundings, so that the same code runs on a machine and in a simulation.

use commonware_cryptography::ed25519::PublicKey;
use commonware_p2p::{Address, Blocker, Provider, Receiver, Sender};
use commonware_runtime::{Clock, Metrics, Spawner, Storage};
use commonware_utils::ordered::Map;
use rand_core::CryptoRng;

/// Clock, tasks, storage, randomness and metrics.
pub(crate) trait Env: Clock + CryptoRng + Metrics + Spawner + Storage {}

impl<E: Clock + CryptoRng + Metrics + Spawner + Storage> Env for E {}

/// Knows the peers, and is told who they are.
pub(crate) trait Directory: Provider<PublicKey = PublicKey> + Sync {
    /// From now on these are the peers, with where they listen. Every call takes a higher number than the one before.
    fn track(&mut self, number: u64, peers: Map<PublicKey, Address>);
}

/// Shuts out peers that misbehave.
pub(crate) trait Guard: Blocker<PublicKey = PublicKey> + Sync {}

impl<B: Blocker<PublicKey = PublicKey> + Sync> Guard for B {}

/// The sending end of a channel.
pub(crate) trait Outbound: Sender<PublicKey = PublicKey> {}

impl<S: Sender<PublicKey = PublicKey>> Outbound for S {}

/// The receiving end of a channel.
pub(crate) trait Inbound: Receiver<PublicKey = PublicKey> {}

impl<R: Receiver<PublicKey = PublicKey>> Inbound for R {}

/// The peer-to-peer network as the engine sees it: one channel per purpose.
pub(crate) struct Wire<D, B, S, R> {
    pub(crate) directory: D,
    pub(crate) guard: B,
    pub(crate) votes: (S, R),
    pub(crate) certificates: (S, R),
    pub(crate) resolver: (S, R),
    /// Proposed blocks.
    pub(crate) blocks: (S, R),
    /// Requests for finalized blocks.
    pub(crate) backfill: (S, R),
    /// Waiting transactions.
    pub(crate) transactions: (S, R),
    /// Requests for sidecars.
    pub(crate) sidecars: (S, R),
}
