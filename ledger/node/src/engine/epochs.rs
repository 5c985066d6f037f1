//! One epoch after the other: who are the peers, who votes, and the engine that runs among them.
//!
//! A validator set holds for an epoch. When the last block of an epoch is final the engine of that epoch ends, and one with
//! the set that the state names for the next epoch begins. Nothing else stops meanwhile: transactions wait in the pool.

use super::{
    block::{EngineBlock, digest_of},
    core::Core,
    ending,
    env::{Directory, Env, Guard, Inbound, Outbound},
    evidence::Witness,
    schemes::Schemes,
    stores::finalization,
};
use crate::{
    chain::{Entrance, Roster, VOTES, address_of},
    error::NodeError,
};
use commonware_consensus::{
    Application, Reporters,
    marshal::{
        core::Mailbox,
        standard::{Inline, Standard},
    },
    simplex::{
        self,
        config::{Floor, ForwardPolicy, SkipBudget, SkipPolicy},
        elector::RoundRobin,
        scheme::ed25519::Scheme,
        types::Context as Round,
    },
    types::{Epoch, Epocher as _, FixedEpocher, ViewDelta},
};
use commonware_cryptography::{
    Sha256, Signer as _, certificate::Scheme as _, ed25519, sha256::Digest,
};
use commonware_p2p::{
    Address,
    utils::mux::{self, Builder as _, MuxHandle, Muxer},
};
use commonware_parallel::Sequential;
use commonware_runtime::{Handle, buffer::paged::CacheRef};
use commonware_utils::{NZDuration, NZUsize, ordered::Map, ordered::Set, vec::NonEmptyVec};
use std::{
    collections::{BTreeMap, BTreeSet},
    num::NonZeroUsize,
    sync::{Arc, Mutex},
    time::Duration,
};
use tacit_ledger::{
    certificate::consensus_namespace, signature::ValidatorKey, validators::ValidatorSet,
};
use tokio::sync::{mpsc, watch};

/// How long a leader may wait for something to propose. An idle leader passes its turn on, which costs one vote.
const LEADER_TIMEOUT: Duration = Duration::from_secs(2);
/// How long a proposal may take to be agreed upon.
const CERTIFICATION_TIMEOUT: Duration = Duration::from_secs(4);
/// When a leader that was not heard of is passed over at once.
const SKIP_TIMEOUT: Duration = Duration::from_secs(5);
/// Views of which votes and candidates are kept.
pub(super) const VIEWS_KEPT: ViewDelta = ViewDelta::new(16);
/// Bounded queues between the engine's parts.
pub(super) const MAILBOX: NonZeroUsize = NZUsize!(1024);
/// Read and write buffers of the engine's journals, in bytes.
pub(super) const BUFFER: NonZeroUsize = NZUsize!(65_536);

/// The engine's interface to an application.
pub(crate) trait Automaton<E: Env>:
    Application<
        E,
        SigningScheme = Scheme,
        Context = Round<Digest, ed25519::PublicKey>,
        Block = EngineBlock,
        Input = (),
    > + Clone
    + Sync
{
}

impl<E: Env, A> Automaton<E> for A where
    A: Application<
            E,
            SigningScheme = Scheme,
            Context = Round<Digest, ed25519::PublicKey>,
            Block = EngineBlock,
            Input = (),
        > + Clone
        + Sync
{
}

type Marshal = Mailbox<Scheme, Standard<EngineBlock>>;
type Unrouted = mpsc::Receiver<(u64, commonware_p2p::Message<ed25519::PublicKey>)>;

/// What every epoch needs.
pub(super) struct Epochs<E: Env, D, B, A: Automaton<E>> {
    pub(super) context: E,
    pub(super) core: Core,
    pub(super) key: ed25519::PrivateKey,
    /// Where peers listen when it is not where the chain says.
    pub(super) addresses: BTreeMap<ed25519::PublicKey, Address>,
    pub(super) directory: D,
    pub(super) guard: B,
    pub(super) schemes: Schemes,
    pub(super) marshal: Marshal,
    pub(super) inline: Inline<E, Scheme, A, EngineBlock, FixedEpocher>,
    pub(super) epocher: FixedEpocher,
    pub(super) cache: CacheRef,
    /// Number of the newest peer set.
    pub(super) tracked: u64,
    /// Validators whose address is no use here, of whom the log has told.
    pub(super) nameless: BTreeSet<ed25519::PublicKey>,
}

/// The channels that carry one subchannel an epoch.
struct Channels<S: Outbound> {
    votes: MuxHandle<S>,
    certificates: MuxHandle<S>,
    resolver: MuxHandle<S>,
}

/// A running epoch; dropping it stops its engine.
struct Running {
    epoch: Epoch,
    engine: Handle<()>,
    peers: Map<ed25519::PublicKey, Address>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.engine.abort();
    }
}

/// The scheme of an epoch: this node votes if it is one of the set and knows all that it signed in this epoch. It follows
/// if not.
pub(super) fn scheme(
    core: &Core,
    key: &ed25519::PrivateKey,
    roster: &Roster,
) -> Result<Scheme, NodeError> {
    let members = roster
        .active
        .as_slice()
        .iter()
        .map(|one| public_key(&one.consensus_key));
    let members: Set<ed25519::PublicKey> =
        Set::from_iter_dedup(members.collect::<Result<Vec<_>, _>>()?);
    let namespace = consensus_namespace(&core.chain.spec().id());
    let signer = match core.votes_from.covers(roster.epoch) {
        true => Scheme::signer(&namespace, members.clone(), key.clone()),
        false => None,
    };
    Ok(signer.unwrap_or_else(|| Scheme::verifier(&namespace, members)))
}

/// The scheme of those who can no longer be voted with.
pub(super) fn past_scheme(core: &Core, voters: &ValidatorSet) -> Result<Scheme, NodeError> {
    let members = voters.keys().iter().map(public_key);
    let members = Set::from_iter_dedup(members.collect::<Result<Vec<_>, _>>()?);
    let namespace = consensus_namespace(&core.chain.spec().id());
    Ok(Scheme::verifier(&namespace, members))
}

/// The engine's form of a validator's key.
pub(crate) fn public_key(key: &ValidatorKey) -> Result<ed25519::PublicKey, NodeError> {
    use commonware_codec::DecodeExt as _;
    ed25519::PublicKey::decode(commonware_codec::Copying(key.as_bytes().as_slice()))
        .map_err(|_| NodeError::Peers)
}

impl<E: Env, D: Directory, B: Guard, A: Automaton<E>> Epochs<E, D, B, A> {
    /// Runs until the engine stops or a part of it fails.
    pub(super) async fn run<S: Outbound, R: Inbound>(
        mut self,
        votes: (S, R),
        certificates: (S, R),
        resolver: (S, R),
        mut committed: watch::Receiver<u64>,
    ) {
        let (mux, votes, mut stray_votes) =
            Muxer::builder(self.context.child("votes"), votes.0, votes.1)
                .with_backup()
                .build();
        mux.start();
        let (mux, certificates, mut stray_certificates) = Muxer::builder(
            self.context.child("certificates"),
            certificates.0,
            certificates.1,
        )
        .with_backup()
        .build();
        mux.start();
        let (mux, resolver) = Muxer::new(self.context.child("resolver"), resolver.0, resolver.1);
        mux.start();
        let mut channels = Channels {
            votes,
            certificates,
            resolver,
        };
        let fault = self.core.fault.clone();
        let ended = self
            .follow(
                &mut channels,
                &mut stray_votes,
                &mut stray_certificates,
                &mut committed,
            )
            .await;
        if let Err(error) = ended {
            fault.set(error);
        }
    }

    async fn follow<S: Outbound>(
        &mut self,
        channels: &mut Channels<S>,
        stray_votes: &mut Unrouted,
        stray_certificates: &mut Unrouted,
        committed: &mut watch::Receiver<u64>,
    ) -> Result<(), NodeError> {
        committed.borrow_and_update();
        let roster = self.core.chain.roster()?;
        let mut running = self.enter(&roster, None, channels).await?;
        loop {
            // The order is fixed, so that a simulated run can be repeated.
            tokio::select! {
                biased;
                _ = &mut running.engine => return Err(ending::of_part(&self.context).await),
                changed = committed.changed() => {
                    if changed.is_err() {
                        return Ok(());
                    }
                    committed.borrow_and_update();
                    let roster = self.core.chain.roster()?;
                    if Epoch::new(roster.epoch) > running.epoch {
                        let peers = running.peers.clone();
                        drop(running);
                        running = self.enter(&roster, Some(peers), channels).await?;
                    } else {
                        self.track(&roster, &mut running.peers)?;
                    }
                }
                stray = stray_votes.recv() => self.hint(&running, stray),
                stray = stray_certificates.recv() => self.hint(&running, stray),
            }
        }
    }

    /// Peers that are epochs ahead know where this node's epoch ends.
    fn hint(
        &self,
        running: &Running,
        stray: Option<(u64, commonware_p2p::Message<ed25519::PublicKey>)>,
    ) {
        let Some((epoch, (from, _))) = stray else {
            return;
        };
        if epoch > running.epoch.get()
            && let Some(last) = self.epocher.last(running.epoch)
        {
            self.marshal.hint_finalized(last, NonEmptyVec::new(from));
        }
    }

    /// Tells the network who the peers are: those who vote now and those who will in the next epoch.
    fn track(
        &mut self,
        roster: &Roster,
        before: &mut Map<ed25519::PublicKey, Address>,
    ) -> Result<(), NodeError> {
        let mut peers = Vec::new();
        let (active, scheduled) = (roster.active.as_slice(), roster.scheduled.as_slice());
        for validator in active.iter().chain(scheduled) {
            let key = public_key(&validator.consensus_key)?;
            let said = self.addresses.get(&key).cloned();
            match said.or_else(|| address_of(validator)) {
                Some(address) => peers.push((key, address)),
                // A node does not dial itself.
                None if key == self.key.public_key() => {}
                None if !self.nameless.insert(key.clone()) => {}
                None => {
                    let (name, at) = (validator.name.as_str(), validator.address.as_str());
                    tracing::warn!(
                        name,
                        at,
                        "this address needs a name service: give the peer's address in the configuration"
                    );
                }
            }
        }
        for (key, address) in &self.addresses {
            peers.push((key.clone(), address.clone()));
        }
        let peers = Map::from_iter_dedup(peers);
        if peers != *before {
            self.tracked += 1;
            self.directory.track(self.tracked, peers.clone());
            *before = peers;
        }
        Ok(())
    }

    /// Starts the engine of an epoch.
    async fn enter<S: Outbound>(
        &mut self,
        roster: &Roster,
        peers: Option<Map<ed25519::PublicKey, Address>>,
        channels: &mut Channels<S>,
    ) -> Result<Running, NodeError> {
        let number = roster.epoch;
        let epoch = Epoch::new(number);
        let scheme = scheme(&self.core, &self.key, roster)?;
        let mut peers = peers.unwrap_or_default();
        self.track(roster, &mut peers)?;
        self.schemes.enter(epoch, scheme.clone());
        self.remove_journals_before(roster.epoch.saturating_sub(1))
            .await;
        let floor = match self.core.chain.entrance(number)? {
            Entrance::Start(block) => Floor::Genesis(digest_of(block)),
            Entrance::Within(height) => Floor::Finalized(finalization(&self.core.chain, height)?),
        };
        let context = self
            .context
            .child("simplex")
            .with_attribute("epoch", epoch.get());
        let witness = Witness {
            evidence: self.core.evidence.clone(),
            scheme: scheme.clone(),
            validators: Arc::new(roster.active.clone()),
            rng: Arc::new(Mutex::new(self.context.child("witness"))),
        };
        let votes = scheme.clone();
        let engine = simplex::Engine::new(
            context,
            simplex::config::Config {
                scheme,
                elector: RoundRobin::<Sha256>::default(),
                blocker: self.guard.clone(),
                automaton: self.inline.clone(),
                relay: self.inline.clone(),
                reporter: Reporters::from((self.inline.clone(), witness)),
                track_historical_votes: true,
                strategy: Sequential,
                partition: self.journal(number),
                mailbox_size: MAILBOX,
                epoch,
                floor,
                replay_buffer: BUFFER,
                write_buffer: BUFFER,
                page_cache: self.cache.clone(),
                leader_timeout: LEADER_TIMEOUT,
                certification_timeout: CERTIFICATION_TIMEOUT,
                timeout_retry: LEADER_TIMEOUT,
                view_retention: VIEWS_KEPT,
                skip: SkipPolicy::Enabled {
                    timeout: SKIP_TIMEOUT,
                    budget: SkipBudget::Participants,
                },
                fetch_timeout: NZDuration!(Duration::from_secs(1)),
                fetch_retry_delay: Duration::from_millis(100),
                forward: ForwardPolicy::SilentVoters,
            },
        );
        let subchannels = async {
            Ok::<_, mux::Error>((
                channels.votes.register(number).await?,
                channels.certificates.register(number).await?,
                channels.resolver.register(number).await?,
            ))
        };
        let Ok((votes_channel, certificates, resolver)) = subchannels.await else {
            return Err(ending::of_part(&self.context).await);
        };
        let engine = engine.start(votes_channel, certificates, resolver);
        let me = self.key.public_key();
        let role = match (votes.me(), votes.participants().position(&me)) {
            (Some(_), _) => "validator",
            (None, Some(_)) => "validator without a vote",
            (None, None) => "follower",
        };
        tracing::info!(%epoch, role, validators = roster.active.as_slice().len(), "entered an epoch");
        Ok(Running {
            epoch,
            engine,
            peers,
        })
    }

    /// Votes of epochs that are over are of no use: their engines never run again.
    async fn remove_journals_before(&self, epoch: u64) {
        for old in epoch.saturating_sub(4)..epoch {
            // It may never have been there.
            let _ = self.context.remove(&self.journal(old), None).await;
        }
    }

    /// Where the votes of an epoch are kept.
    fn journal(&self, epoch: u64) -> String {
        format!("{}{VOTES}{epoch}", self.core.prefix)
    }
}
