//! Starts every part of the engine on a runtime and a network.

use super::{
    application::App,
    block::{EngineBlock, digest_of},
    commit::{self, Committer},
    core::{Core, blocking},
    env::{Directory, Env, Guard, Inbound, Outbound, Wire},
    epochs::{Automaton, BUFFER, Epochs, MAILBOX, VIEWS_KEPT, past_scheme, scheme},
    gossip,
    schemes::Schemes,
    sidecars::{LOOK_BACK, Sidecars},
    stores::{LogStore, finalization},
    voting::{Unmark, Voting},
};
use crate::{chain::read_block, error::NodeError};
use commonware_broadcast::buffered;
use commonware_consensus::{
    Epochable as _,
    marshal::{
        self, Start,
        core::Actor as Marshal,
        resolver::p2p as backfill,
        standard::{Inline, Standard},
    },
    simplex::{self, scheme::ed25519::Scheme},
    types::{Epoch, FixedEpocher},
};
use commonware_cryptography::{Digested, Signer as _, ed25519, sha256::Digest};
use commonware_p2p::Address;
use commonware_parallel::Sequential;
use commonware_runtime::{Handle, buffer::paged::CacheRef};
use commonware_utils::{NZDuration, NZU16, NZU64, NZUsize};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};
use tacit_ledger::{
    block::{Block, Txs},
    header::Header,
    ids::Height,
    validators::MAX_VALIDATORS,
};
use tokio::sync::watch;

/// Most validators, as the engine counts them.
pub(super) const MOST: u32 = MAX_VALIDATORS as u32;

/// The largest message among validators.
pub(crate) fn max_payload() -> usize {
    marshal::max_payload_size::<Standard<EngineBlock>, Scheme>(MOST, &())
        .max(simplex::max_payload_size::<Scheme, Digest>(MOST))
}

/// This node among the validators.
pub(crate) struct Identity {
    /// Its key: it votes in the epochs whose set has it.
    pub(crate) key: ed25519::PrivateKey,
    /// Where peers listen when it is not where the chain says.
    pub(crate) addresses: BTreeMap<ed25519::PublicKey, Address>,
    /// There when this key has signed nothing yet, wherever it was.
    pub(crate) unused: Option<Unmark>,
}

/// Starts the engine with the node's own application.
pub(crate) async fn start<E: Env, D: Directory, B: Guard, S: Outbound, R: Inbound>(
    context: &E,
    core: Core,
    identity: Identity,
    wire: Wire<D, B, S, R>,
) -> Result<Vec<Handle<()>>, NodeError> {
    start_with(context, core, identity, wire, |app| app).await
}

/// Starts the engine with an application around the node's own: for simulated validators that misbehave.
pub(crate) async fn start_with<
    E: Env,
    D: Directory,
    B: Guard,
    S: Outbound,
    R: Inbound,
    A: Automaton<E>,
>(
    context: &E,
    core: Core,
    identity: Identity,
    wire: Wire<D, B, S, R>,
    around: impl FnOnce(App) -> A,
) -> Result<Vec<Handle<()>>, NodeError> {
    let me = identity.key.public_key();
    let chain = core.chain.clone();
    let cache = CacheRef::new(NZU16!(4084), NZUsize!(1024));
    let schemes = Schemes::default();
    let voting = Voting::open(
        context.child("voting"),
        format!("{}voting", core.prefix),
        me.clone(),
        identity.unused,
        core.votes_from.clone(),
    )
    .await?;
    let roster = chain.roster()?;
    let genesis = genesis_block(chain.genesis())?;
    let first = digest_of(genesis.id());
    let start = match chain.snapshot_height() {
        None => Start::Genesis(Digested::precomputed(genesis, first)),
        Some(height) => {
            let finalization = finalization(&chain, height)?;
            let voters = past_scheme(&core, &chain.voters_of(height)?)?;
            schemes.enter(finalization.epoch(), voters);
            Start::Floor(finalization)
        }
    };
    schemes.enter(
        Epoch::new(roster.epoch),
        scheme(&core, &identity.key, &roster)?,
    );

    let sidecars = Sidecars::new(chain.clone(), core.pool.clone(), core.fault.clone());
    let asking = sidecars.start(
        context.child("sidecars"),
        me.clone(),
        wire.directory.clone(),
        wire.guard.clone(),
        wire.sidecars,
    );
    look_back(context, &core, &sidecars).await?;

    let fetcher = backfill::init(
        context.child("backfill"),
        backfill::Config {
            public_key: me.clone(),
            peer_provider: wire.directory.clone(),
            blocker: wire.guard.clone(),
            mailbox_size: MAILBOX,
            fetch_timeout: NZDuration!(Duration::from_secs(2)),
            fetch_retry_delay: Duration::from_millis(100),
            priority_requests: false,
            priority_responses: false,
        },
        wire.backfill,
    );
    let (broadcast, buffer) = buffered::Engine::new(
        context.child("broadcast"),
        buffered::Config {
            public_key: me,
            mailbox_size: MAILBOX,
            deque_size: 16,
            priority: false,
            codec_config: (),
            peer_provider: wire.directory.clone(),
            strategy: Sequential,
        },
    );

    let store = LogStore::new(context.child("logs"), &chain, MOST, core.fault.clone());
    let epocher = FixedEpocher::new(chain.epoch_blocks());
    let (marshal, mailbox, _) = Marshal::init(
        context.child("marshal"),
        store.clone(),
        store,
        marshal::Config {
            provider: schemes.clone(),
            epocher: epocher.clone(),
            start,
            partition_prefix: format!("{}marshal", core.prefix),
            mailbox_size: MAILBOX,
            view_retention: VIEWS_KEPT,
            prunable_items_per_section: NZU64!(64),
            page_cache: cache.clone(),
            replay_buffer: BUFFER,
            key_write_buffer: BUFFER,
            value_write_buffer: BUFFER,
            block_codec_config: (),
            max_repair: NZUsize!(32),
            max_pending_acks: NZUsize!(16),
            strategy: Sequential,
        },
    )
    .await;

    let app = around(App {
        core: core.clone(),
        sidecars: sidecars.clone(),
    });
    let inline = Inline::new(
        context.child("inline"),
        app,
        mailbox.clone(),
        epocher.clone(),
    );
    let epochs = Epochs {
        context: context.child("epochs"),
        core: core.clone(),
        key: identity.key,
        addresses: identity.addresses,
        directory: wire.directory,
        guard: wire.guard,
        schemes,
        marshal: mailbox,
        inline,
        epocher,
        cache,
        tracked: 0,
        nameless: BTreeSet::new(),
    };

    let (committed, follow) = watch::channel(chain.tip().header.height.0);
    let (committer, deliveries) = Committer::new();
    let (to_commit, to_send, to_take, to_settle) = (core.clone(), core.clone(), core.clone(), core);
    let (announce, take) = wire.transactions;
    Ok(vec![
        context
            .child("commit")
            .spawn(move |context| commit::run(context, deliveries, to_commit, sidecars, committed)),
        marshal.start(committer, buffer, fetcher),
        broadcast.start(wire.blocks),
        asking,
        context
            .child("announce")
            .spawn(move |context| gossip::send(context, to_send, announce)),
        context
            .child("take")
            .spawn(move |context| gossip::receive(context, to_take, take)),
        context
            .child("settle")
            .spawn(move |context| voting.settle(context, to_settle)),
        context
            .child("follow")
            .spawn(move |_| epochs.run(wire.votes, wire.certificates, wire.resolver, follow)),
    ])
}

/// Asks for the sidecars that the newest blocks name and this node lacks.
async fn look_back<E: Env>(context: &E, core: &Core, sidecars: &Sidecars) -> Result<(), NodeError> {
    let (chain, sidecars) = (core.chain.clone(), sidecars.clone());
    let retention = core.pace.sidecar_retention.unwrap_or(Duration::MAX);
    blocking(context, move || {
        let tip = chain.tip().header;
        let mut blocks = Vec::new();
        for height in tip.height.0.saturating_sub(LOOK_BACK).max(1)..=tip.height.0 {
            blocks.extend(read_block(chain.blocks(), Height(height))?);
        }
        blocks.retain(|block| {
            let age = tip.time.0.saturating_sub(block.header.time.0);
            Duration::from_millis(age) < retention
        });
        sidecars.look_back(&blocks);
        Ok(())
    })
    .await
}

fn genesis_block(header: &Header) -> Result<EngineBlock, NodeError> {
    let block = Block {
        header: header.clone(),
        txs: Txs::default(),
    };
    EngineBlock::new(block, Vec::new()).map_err(|error| NodeError::Stopped(error.to_string()))
}
