//! Encrypted connections among the known validators.

use commonware_cryptography::{ChaCha20Poly1305, Signer, ed25519};
use commonware_p2p::{
    Address, AddressableManager,
    authenticated::lookup::{self, Oracle},
};
use commonware_runtime::{Quota, Supervisor as _, tokio::Context};
use commonware_stream::{
    cups::{self, Cups},
    sake::{self, Sake},
};
use commonware_utils::{NZU32, NZUsize, ordered::Map};
use std::{net::SocketAddr, num::NonZeroUsize, time::Duration};

type Upgrader = Cups<Sake<ed25519::PrivateKey>, ChaCha20Poly1305>;
type Channel = (
    lookup::Sender<ed25519::PublicKey, Context>,
    lookup::Receiver<ed25519::PublicKey>,
);

/// The started network with one channel per purpose.
pub(crate) struct Network {
    pub(crate) oracle: Oracle<ed25519::PublicKey>,
    pub(crate) votes: Channel,
    pub(crate) certificates: Channel,
    pub(crate) resolver: Channel,
    pub(crate) blocks: Channel,
    pub(crate) backfill: Channel,
    pub(crate) task: commonware_runtime::Handle<()>,
}

/// Messages a second and peer on each channel.
const RATE: u32 = 512;

/// Starts listening and dialling the validators in `peers`.
pub(crate) fn start(
    context: &Context,
    key: ed25519::PrivateKey,
    namespace: &[u8],
    listen: SocketAddr,
    peers: Vec<(ed25519::PublicKey, SocketAddr)>,
    max_message: u32,
) -> Network {
    let handshake = Cups::new(
        Sake {
            signer: key.clone(),
            synchrony_bound: Duration::from_secs(5),
            max_handshake_age: Duration::from_secs(10),
            version: sake::Version::V1,
        },
        cups::Version::V1,
    );
    let max_peers = NonZeroUsize::MIN.saturating_add(peers.len());
    let mut config: lookup::Config<Upgrader> = lookup::Config::recommended(
        handshake,
        namespace,
        listen,
        max_peers,
        max_message,
        NZUsize!(1024),
    );
    // Validators of a consortium also run in private networks, and after a restart a node should be back within seconds.
    config.allow_private_ips = true;
    config.peer_connection_cooldown = Duration::from_secs(1);
    config.allowed_handshake_rate_per_ip = Quota::per_second(NZU32!(16));
    config.dial_frequency = Duration::from_millis(500);
    config.ping_frequency = Duration::from_secs(10);
    let (mut network, mut oracle) = lookup::Network::new(context.child("network"), config);
    let me = (key.public_key(), Address::from(listen));
    let known: Map<_, Address> = Map::from_iter_dedup(
        peers
            .into_iter()
            .map(|(key, at)| (key, Address::from(at)))
            .chain([me]),
    );
    oracle.track(0, known);
    let quota = Quota::per_second(NZU32!(RATE));
    let votes = network.register(0, quota);
    let certificates = network.register(1, quota);
    let resolver = network.register(2, quota);
    let blocks = network.register(3, quota);
    let backfill = network.register(4, quota);
    Network {
        oracle,
        votes,
        certificates,
        resolver,
        blocks,
        backfill,
        task: network.start(),
    }
}
