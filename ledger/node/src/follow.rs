//! A full node without an engine: others bring it headers, certificates and blocks, and it believes none of them.
//!
//! A light client certifies headers first; a block counts when it is that of a certified header and leads to its state. So
//! whoever brings them can be slow or silent, and nothing else.

use crate::{
    chain::{Chain, Part, Verdict},
    config::{MempoolLimits, ProgressFn},
    error::NodeError,
    fault::Fault,
    handle::{Inner, NodeHandle, Running},
    mempool::{Admission, Mempool},
    storage::FolderLock,
};
use std::{
    collections::VecDeque,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tacit_ledger::{
    block::{Block, Sidecar},
    certificate::Certificate,
    codec::encode_vec,
    genesis::ChainSpec,
    header::Header,
    ids::Height,
    light::{CertifiedHeader, Checkpoint, LightClient, LightError},
    state,
    validators::ValidatorSet,
    verifier::ProofKeys,
};
use tokio::sync::watch;

/// Everything a follower starts from.
pub struct FollowConfig {
    /// Data folder; created when missing. A validator's folder is refused.
    pub dir: PathBuf,
    /// The chain.
    pub spec: ChainSpec,
    /// The verifying keys that the genesis pins.
    pub proof_keys: ProofKeys,
    /// How long sidecars are kept after their block; for ever when there is none.
    pub sidecar_retention: Option<Duration>,
    /// Told about long work at the start.
    pub progress: Option<ProgressFn>,
}

/// See the module. Clones are handles to the same node.
#[derive(Clone)]
pub struct Follower {
    handle: NodeHandle,
    sidecar_retention: Option<Duration>,
    state: Arc<Mutex<State>>,
}

struct State {
    light: LightClient,
    /// Certified headers whose blocks have not come yet, in order.
    awaited: VecDeque<CertifiedHeader>,
    /// Certificate of the last of them.
    certificate: Option<Certificate>,
}

impl State {
    /// What is on this disk was certified before it was written.
    fn at_tip(chain: &Chain) -> Result<Self, NodeError> {
        let checkpoint = chain.read(|tip, view| {
            Ok::<_, NodeError>(Checkpoint {
                header: tip.clone(),
                validators: state::validators(view)?.set(),
            })
        })?;
        let light = LightClient::from_checkpoint(chain.spec(), checkpoint)
            .map_err(|error| NodeError::Checkpoint(error.to_string()))?;
        Ok(Self {
            light,
            awaited: VecDeque::new(),
            certificate: None,
        })
    }
}

/// Why what was brought is not taken.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FollowError {
    /// The headers are not certified: who brought them does not tell the truth.
    #[error("headers that no certificate covers: {0}")]
    Headers(#[from] LightError),
    /// The block is not the one of the certified header.
    #[error("a block that is not the certified one of height {0}")]
    Block(Height),
    /// A sidecar is none of its block's.
    #[error("a sidecar that the block of height {0} does not name")]
    Sidecar(Height),
    /// This node fails, whoever brought it.
    #[error(transparent)]
    Node(#[from] NodeError),
}

impl FollowError {
    /// Whether the one who brought it is at fault.
    pub fn is_lie(&self) -> bool {
        !matches!(self, Self::Node(_))
    }
}

impl Follower {
    /// Opens a follower, continuing what is in its data folder.
    ///
    /// # Errors
    /// [`NodeError`] with what to do.
    pub async fn open(config: FollowConfig) -> Result<Self, NodeError> {
        let task = tokio::task::spawn_blocking(move || open(config));
        task.await
            .unwrap_or_else(|error| Err(NodeError::Stopped(error.to_string())))
    }

    /// Reading what this node has.
    pub fn handle(&self) -> &NodeHandle {
        &self.handle
    }

    /// How many certified headers have no block yet.
    pub fn awaited(&self) -> usize {
        self.lock().awaited.len()
    }

    /// Forgets the headers whose blocks have not come, to go on from the newest block with whoever brings them.
    ///
    /// # Errors
    /// [`NodeError::Checkpoint`] when the newest block cannot be gone on from.
    pub fn rewind(&self) -> Result<(), NodeError> {
        let mut state = self.lock();
        let chain = &self.handle.0.chain;
        if !state.awaited.is_empty() {
            *state = State::at_tip(chain)?;
        }
        Ok(())
    }

    /// Takes headers that follow the newest one, without a gap, the certificate of the last and the validator set it names.
    ///
    /// # Errors
    /// [`FollowError::Headers`]; then nothing has changed.
    pub fn certify(
        &self,
        headers: &[Header],
        certificate: Certificate,
        validators: &ValidatorSet,
    ) -> Result<(), FollowError> {
        let mut state = self.lock();
        let certified = state.light.follow(headers, &certificate, validators)?;
        state.awaited.extend(certified);
        state.certificate = Some(certificate);
        Ok(())
    }

    /// Takes the next blocks that are wanted, with as many of their sidecars as there are. All of them are on the disk and
    /// executed when this returns; on an error, those before the one at fault may be.
    ///
    /// # Errors
    /// [`FollowError`] says who is at fault.
    pub async fn enter(&self, blocks: Vec<(Block, Vec<Sidecar>)>) -> Result<Height, FollowError> {
        let follower = self.clone();
        tokio::task::spawn_blocking(move || follower.enter_all(blocks))
            .await
            .unwrap_or_else(|error| Err(NodeError::Stopped(error.to_string()).into()))
    }

    fn enter_all(&self, blocks: Vec<(Block, Vec<Sidecar>)>) -> Result<Height, FollowError> {
        // Held all the time: two who bring the same blocks take turns.
        let mut state = self.lock();
        let chain = &self.handle.0.chain;
        self.handle.check_running()?;
        let mut parent = chain.tip().header;
        let mut taken = Vec::new();
        let checked = blocks.into_iter().try_for_each(|(block, sidecars)| {
            let awaited = state.awaited.get(taken.len()).map(CertifiedHeader::header);
            check(awaited, &block, &sidecars)?;
            execute(chain, &parent, &block)?;
            parent = block.header.clone();
            taken.push((block, sidecars));
            Ok::<_, FollowError>(())
        });
        let last = taken.len() == state.awaited.len();
        let certificate = state.certificate.as_ref().filter(|_| last);
        store(chain, &taken, certificate)?;
        for (block, _) in &taken {
            chain.commit(block)?;
            state.awaited.pop_front();
        }
        if let Some(retention) = self.sidecar_retention {
            chain.erase_old_sidecars(retention)?;
        }
        checked.map(|()| parent.height)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn open(config: FollowConfig) -> Result<Follower, NodeError> {
    let lock = FolderLock::take(&config.dir)?;
    let chain = Arc::new(Chain::open(
        &config.dir,
        Part::Follower,
        config.spec,
        config.proof_keys,
        config.progress.as_ref(),
    )?);
    let state = State::at_tip(&chain)?;
    let pool = Arc::new(Mempool::new(MempoolLimits::default()));
    let (ended, has_ended) = watch::channel(false);
    let handle = NodeHandle(Arc::new(Inner {
        admission: Admission::new(chain.clone(), pool.clone()),
        chain,
        pool,
        fault: Fault::default(),
        evidence: Arc::new(crate::engine::Evidence::default()),
        ended: has_ended,
        running: Mutex::new(Some((Running::Follower(ended), lock))),
    }));
    Ok(Follower {
        handle,
        sidecar_retention: config.sidecar_retention,
        state: Arc::new(Mutex::new(state)),
    })
}

/// Whether this is the block of the certified header, with sidecars of its own.
fn check(awaited: Option<&Header>, block: &Block, sidecars: &[Sidecar]) -> Result<(), FollowError> {
    let height = block.header.height;
    if awaited != Some(&block.header) || block.tx_root() != block.header.tx_root {
        return Err(FollowError::Block(height));
    }
    let named = block.audit_digests();
    match sidecars
        .iter()
        .all(|sidecar| named.contains(&sidecar.digest()))
    {
        true => Ok(()),
        false => Err(FollowError::Sidecar(height)),
    }
}

/// Executes a block before it is written, so that one that does not execute here never gets onto the disk.
fn execute(chain: &Chain, parent: &Header, block: &Block) -> Result<(), NodeError> {
    let why = match chain.catch_up(parent, block.clone())? {
        Verdict::Valid => return Ok(()),
        Verdict::Invalid(why) => why,
        Verdict::Unknown | Verdict::Abandoned => "its parent is not at hand".into(),
    };
    // The validators certified it, so this program and theirs disagree.
    Err(NodeError::Replay {
        height: block.header.height,
        why,
    })
}

/// Puts blocks on the disk: sidecars, then blocks and the certificate of the last.
fn store(
    chain: &Chain,
    blocks: &[(Block, Vec<Sidecar>)],
    certificate: Option<&Certificate>,
) -> Result<(), NodeError> {
    for (block, sidecars) in blocks {
        let height = block.header.height.0;
        for sidecar in sidecars {
            let digest = sidecar.digest().to_bytes();
            chain.sidecars().put(height, digest, encode_vec(sidecar))?;
        }
        let id = *block.id().as_bytes();
        chain.blocks().put_block(height, id, block.to_bytes())?;
    }
    if let (Some((block, _)), Some(certificate)) = (blocks.last(), certificate) {
        let id = *block.id().as_bytes();
        let bytes = encode_vec(certificate);
        chain
            .blocks()
            .put_finalization(block.header.height.0, id, bytes)?;
    }
    chain.sidecars().sync()?;
    Ok(chain.blocks().sync()?)
}
