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

/// Messages a second and peer on channels of small messages. The network keeps room for one second of every channel and every
/// peer there may be, so these rates decide how much memory it takes: some 100 MB at a few hundred in all.
const RATE: Quota = Quota::per_second(NZU32!(64));
/// The same for channels of blocks and the like.
const BULK_RATE: Quota = Quota::per_second(NZU32!(32));

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
    // The peers of now and those of before.
    config.tracked_peer_sets = NZUsize!(2);
    config.ping_frequency = Duration::from_secs(10);
    let (mut network, oracle) = lookup::Network::new(context.child("network"), config);
    let wire = Wire {
        directory: oracle.clone(),
        guard: oracle,
        votes: network.register(0, RATE),
        certificates: network.register(1, RATE),
        resolver: network.register(2, RATE),
        blocks: network.register(3, BULK_RATE),
        backfill: network.register(4, RATE),
        transactions: network.register(5, BULK_RATE),
        sidecars: network.register(6, RATE),
    };
    (wire, network.start())
}
