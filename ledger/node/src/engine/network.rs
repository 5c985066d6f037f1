//! Encrypted connections among the known validators.

use super::{
    env::{Directory, Wire},
    wiring::max_payload,
};
use commonware_cryptography::{ChaCha20Poly1305, ed25519};
use commonware_p2p::{
    Address, AddressableManager,
    authenticated::lookup::{self, Oracle},
};
use commonware_runtime::{Handle, Quota, Supervisor as _, tokio::Context};
use commonware_stream::{
    cups::{self, Cups},
    sake::{self, Sake},
};
use commonware_utils::{NZU32, NZUsize, ordered::Map};
use std::{net::SocketAddr, time::Duration};
use tacit_ledger::{certificate::consensus_namespace, ids::ChainId, validators::MAX_VALIDATORS};

type Upgrader = Cups<Sake<ed25519::PrivateKey>, ChaCha20Poly1305>;
/// The network as the engine takes it.
type Connected = Wire<
    Oracle<ed25519::PublicKey>,
    Oracle<ed25519::PublicKey>,
    lookup::Sender<ed25519::PublicKey, Context>,
    lookup::Receiver<ed25519::PublicKey>,
>;

/// Messages a second and peer on each channel.
const RATE: u32 = 512;

impl Directory for Oracle<ed25519::PublicKey> {
    fn track(&mut self, number: u64, peers: Map<ed25519::PublicKey, Address>) {
        AddressableManager::track(self, number, peers);
    }
}

/// Starts listening; whom to dial is said later.
pub(crate) fn start(
    context: &Context,
    key: ed25519::PrivateKey,
    chain: &ChainId,
    listen: SocketAddr,
) -> (Connected, Handle<()>) {
    let handshake = Cups::new(
        Sake {
            signer: key,
            synchrony_bound: Duration::from_secs(5),
            max_handshake_age: Duration::from_secs(10),
            version: sake::Version::V1,
        },
        cups::Version::V1,
    );
    let mut config: lookup::Config<Upgrader> = lookup::Config::recommended(
        handshake,
        &consensus_namespace(chain),
        listen,
        // The old and the new set of an epoch, all of them different.
        NZUsize!(2 * MAX_VALIDATORS),
        commonware_p2p::max_message_size(&[max_payload()]),
        NZUsize!(1024),
    );
    // Validators of a consortium also run in private networks, and after a restart a node should be back within seconds.
    config.allow_private_ips = true;
    config.peer_connection_cooldown = Duration::from_secs(1);
    config.allowed_handshake_rate_per_ip = Quota::per_second(NZU32!(16));
    config.dial_frequency = Duration::from_millis(500);
    config.ping_frequency = Duration::from_secs(10);
    let (mut network, oracle) = lookup::Network::new(context.child("network"), config);
    let quota = Quota::per_second(NZU32!(RATE));
    let wire = Wire {
        directory: oracle.clone(),
        guard: oracle,
        votes: network.register(0, quota),
        certificates: network.register(1, quota),
        resolver: network.register(2, quota),
        blocks: network.register(3, quota),
        backfill: network.register(4, quota),
        transactions: network.register(5, quota),
        sidecars: network.register(6, quota),
    };
    (wire, network.start())
}
