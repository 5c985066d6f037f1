//! What a node needs to know to start.

use std::{fmt, net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};
use tacit_ledger::{genesis::ChainSpec, ids::Height, signature::ValidatorKey, verifier::ProofKeys};
use zeroize::Zeroizing;

/// Everything a node starts from.
pub struct NodeConfig {
    /// Data folder; created when missing.
    pub dir: PathBuf,
    /// The chain.
    pub spec: ChainSpec,
    /// The verifying keys that the genesis pins.
    pub proof_keys: ProofKeys,
    /// This validator's key.
    pub validator: ValidatorSecret,
    /// A file that is there when this key has signed nothing yet, wherever it was: then it votes at once. The node removes it
    /// before its first vote. Without it a node whose folder does not show what its key has signed waits for the next epoch.
    pub unused_mark: Option<PathBuf>,
    /// Address for the other validators; port 0 lets the system choose (for a single validator).
    pub listen: SocketAddr,
    /// Where other validators listen, when it is not where the chain says.
    pub peers: Vec<Peer>,
    /// How the node paces itself.
    pub pace: Pace,
    /// Bounds of what may wait.
    pub mempool: MempoolLimits,
    /// Told about long work at the start.
    pub progress: Option<ProgressFn>,
}

/// Another validator.
#[derive(Clone, Copy, Debug)]
pub struct Peer {
    /// Its key, as in the genesis file.
    pub key: ValidatorKey,
    /// Where it listens.
    pub address: SocketAddr,
}

/// A validator's Ed25519 seed. Never shown, erased from memory when dropped.
pub struct ValidatorSecret(Zeroizing<[u8; 32]>);

impl ValidatorSecret {
    /// Takes the 32 bytes of the seed.
    pub fn new(seed: [u8; 32]) -> Self {
        Self(Zeroizing::new(seed))
    }

    pub(crate) fn seed(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for ValidatorSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ValidatorSecret(hidden)")
    }
}

/// How much may wait to get into a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MempoolLimits {
    /// Most waiting transactions.
    pub txs: usize,
    /// Most bytes of them, sidecars included.
    pub bytes: usize,
    /// Most transactions whose proofs are being checked or wait for that.
    pub checking: usize,
}

impl Default for MempoolLimits {
    fn default() -> Self {
        Self {
            txs: 4096,
            bytes: 32 << 20,
            checking: 256,
        }
    }
}

/// How a node paces itself. No part of what is valid: nodes may differ.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pace {
    /// Shortest time between a block and the next one: longer means fewer and fuller blocks.
    pub block_interval: Duration,
    /// How long sidecars are kept after their block; for ever when there is none.
    pub sidecar_retention: Option<Duration>,
}

/// Long work at the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Progress {
    /// The index is brought up to the block log.
    Indexing {
        /// Done up to this height.
        height: Height,
        /// Until this height.
        target: Height,
    },
    /// The index could not be used; it was moved aside and is rebuilt.
    IndexDiscarded,
}

/// Called with each [`Progress`].
pub type ProgressFn = Arc<dyn Fn(Progress) + Send + Sync>;
