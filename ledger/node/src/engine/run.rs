//! Running the engine on this machine: a thread of its own with its own async runtime, and the network of the validators.

use super::{
    core::Core,
    ending, network,
    voting::Unmark,
    wiring::{self, Identity},
};
use crate::{error::NodeError, metrics::Metrics};
use ::tokio::sync::oneshot;
use commonware_codec::DecodeExt as _;
use commonware_cryptography::ed25519;
use commonware_p2p::Address;
use commonware_runtime::{Clock as _, Handle, Metrics as _, Runner as _, Spawner as _, tokio};
use std::{
    collections::BTreeMap,
    net::SocketAddr,
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    thread::JoinHandle,
    time::Duration,
};

/// What the engine needs to know.
pub(crate) struct EngineConfig {
    /// Folder for the engine's own journals.
    pub(crate) dir: PathBuf,
    /// This validator's seed.
    pub(crate) key: ed25519::PrivateKey,
    /// Where to listen.
    pub(crate) listen: SocketAddr,
    /// Where other validators listen, when it is not where the chain says.
    pub(crate) addresses: BTreeMap<ed25519::PublicKey, Address>,
    /// There when this key has signed nothing yet.
    pub(crate) unused: Option<Unmark>,
}

impl EngineConfig {
    /// The engine's form of a validator's seed.
    pub(crate) fn private_key(seed: &[u8; 32]) -> Result<ed25519::PrivateKey, NodeError> {
        ed25519::PrivateKey::decode(commonware_codec::Copying(seed))
            .map_err(|_| NodeError::NotAValidator)
    }
}

/// The running engine.
pub(crate) struct Engine {
    stop: oneshot::Sender<()>,
    thread: JoinHandle<()>,
}

impl Engine {
    /// Stops the engine and waits for it. Blocks.
    pub(crate) fn stop(self) {
        // The engine may have stopped by itself.
        let _ = self.stop.send(());
        let _ = self.thread.join();
    }
}

/// Starts the engine; `ended` is called when it stops for whatever reason.
pub(crate) fn start(
    config: EngineConfig,
    core: Core,
    ended: impl FnOnce() + Send + 'static,
) -> Result<Engine, NodeError> {
    let (stop, stopped) = oneshot::channel();
    let runtime = tokio::Config::new()
        .with_storage_directory(config.dir.clone())
        .with_worker_threads(2)
        .with_max_blocking_threads(64);
    let dir = config.dir.clone();
    let body = move || {
        let reason = core.fault.clone();
        let ran = catch_unwind(AssertUnwindSafe(|| {
            tokio::Runner::new(runtime).start(|context| run(context, config, core, stopped));
        }));
        if let Err(panic) = ran {
            reason.set(ending::of_panic(panic.as_ref(), dir));
        }
        ended();
    };
    let thread = std::thread::Builder::new()
        .name("tacit-engine".into())
        .spawn(body)
        .map_err(|error| NodeError::Stopped(format!("cannot start a thread: {error}")))?;
    Ok(Engine { stop, thread })
}

async fn run(
    context: tokio::Context,
    config: EngineConfig,
    core: Core,
    stopped: oneshot::Receiver<()>,
) {
    let fault = core.fault.clone();
    let metrics = core.chain.metrics().clone();
    let (wire, network) = network::start(
        &context,
        config.key.clone(),
        &core.chain.spec().id(),
        config.listen,
    );
    let identity = Identity {
        key: config.key,
        addresses: config.addresses,
        unused: config.unused,
    };
    let tasks = match wiring::start(&context, core, identity, wire).await {
        Ok(mut tasks) => {
            tasks.push(network);
            tasks
        }
        Err(error) => return fault.set(error),
    };
    ::tokio::select! {
        biased;
        _ = Handle::select(tasks) => fault.set(ending::of_part(&context).await),
        () = count_peers(&context, metrics) => {}
        _ = stopped => {
            if let Err(error) = context.stop(0, Some(Duration::from_secs(5))).await {
                tracing::warn!(%error, "the engine did not stop in time");
            }
        }
    }
}

/// Keeps the number of connected validators, which the network tells in its own metrics only.
async fn count_peers(context: &tokio::Context, metrics: Metrics) {
    loop {
        metrics.peers(connected(&context.encode()));
        context.sleep(Duration::from_secs(5)).await;
    }
}

/// Peers that are said to be connected since some time.
fn connected(text: &str) -> usize {
    let lines = text.lines().filter(|line| line.contains("_connected{"));
    lines
        .filter(|line| line.rsplit(' ').next().is_some_and(|since| since != "0"))
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peers_are_counted_while_they_are_connected() {
        let text = "network_tracker_connected{peer=\"a\"} 1790000000000\nnetwork_tracker_connected{peer=\"b\"} 0\n\
                    network_tracker_tracked 3\n";
        assert_eq!(connected(text), 1);
        assert_eq!(connected(""), 0);
    }
}
