//! Every bound of the services, with its reason.

use std::time::Duration;
use tacit_ledger::keys::MAX_KEY_BYTES;

/// Largest request message of methods that carry ids and small structures, in bytes.
pub const MAX_SMALL_REQUEST: usize = 64 << 10;
/// Largest request message that carries a transaction with its sidecars, in bytes.
pub const MAX_TRANSACTION_REQUEST: usize = 256 << 10;
/// Largest request message that carries a W3C credential or presentation, or an SD-JWT, and its options, in bytes.
pub const MAX_DOCUMENT_REQUEST: usize = (512 << 10) + (256 << 10) + (8 << 10);
/// Largest request message that carries keys of the state, in bytes: as many as one response may prove.
pub const MAX_KEYS_REQUEST: usize = MAX_STATE_PROOFS * (MAX_KEY_BYTES + 3);
/// Values of the state in one response: as many as a grant can have uses.
pub const MAX_STATE_PROOFS: usize = tacit_circuits::commit::MAX_USES as usize;
/// Bytes of values and proofs in one response.
pub const MAX_STATE_PROOF_BYTES: usize = 12 << 20;
/// Calls for more than [`FEW_STATE_PROOFS`] values at the same time: while one reads, no block is committed.
pub const MAX_STATE_READS: usize = 1;
/// Values that are read without regard to other calls: a page or two of members.
pub const FEW_STATE_PROOFS: usize = 64;
/// Largest request message that carries a sealed request or answer, in bytes.
pub const MAX_SEALED_REQUEST: usize = tacit_vault::envelope::SealedMessage::MAX_ENCODED + 1024;
/// Largest message of an object stream, in bytes: one chunk and its frame.
pub const MAX_CHUNK_MESSAGE: usize = (64 << 10) + 1024;
/// Bytes of an object in one message.
pub const OBJECT_CHUNK: usize = 64 << 10;
/// Largest response message that clients accept, in bytes: a block, a bucket or a shard with its proofs.
pub const MAX_RESPONSE: usize = 16 << 20;

/// Headers in one response.
pub const MAX_HEADERS: u32 = 1024;
/// Changes of the validator set in one response.
pub const MAX_HANDOVERS: usize = 64;
/// Epochs that are looked through for one response.
pub const MAX_EPOCHS: u64 = 1024;
/// Entries in a page of a list.
pub const MAX_PAGE: u32 = 100;

/// Concurrent streams of one connection (tonic's default would remove hyper's bound).
pub const MAX_CONCURRENT_STREAMS: u32 = 64;
/// Calls of one connection that run at the same time.
pub const MAX_CONCURRENT_CALLS: usize = 64;
/// Connections of one server.
pub const MAX_CONNECTIONS: usize = 1024;
/// Connections from one address (IPv6: one network of 64 bits), so that no single peer takes all of them.
pub const MAX_CONNECTIONS_PER_ADDRESS: usize = 256;
/// Streams of new blocks of one server. Each holds a block for a reader that may be slow.
pub const MAX_WATCHES: usize = 256;
/// Streams of whole blocks to followers, of one server.
pub const MAX_BLOCK_STREAMS: usize = 64;
/// Snapshots that one server makes at a time: each keeps what blocks replace meanwhile.
pub const MAX_SNAPSHOTS: usize = 2;
/// Bytes of a snapshot in one message.
pub const SNAPSHOT_CHUNK: usize = 256 << 10;
/// Longest snapshot that a client takes, in bytes.
pub const MAX_SNAPSHOT: u64 = 1 << 38;
/// Streams that a peer opened and reset before they were accepted, before the connection is closed (rapid reset).
pub const MAX_PENDING_RESETS: usize = 20;
/// Streams that we reset for a peer's errors, before the connection is closed.
pub const MAX_ERROR_RESETS: usize = 64;
/// All headers of a request, in bytes.
pub const MAX_HEADER_BYTES: u32 = 16 << 10;

/// Longest a peer may take for the TLS handshake.
pub const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// Longest a connection may last without a call: who makes none is not waited for.
pub const FIRST_CALL_TIMEOUT: Duration = Duration::from_secs(30);
/// Longest a peer may take to send the message of a unary request, or the signed part of a stream.
pub const BODY_TIMEOUT: Duration = Duration::from_secs(20);
/// Longest until a call's response begins. It covers the wait for finality.
pub const CALL_TIMEOUT: Duration = Duration::from_secs(60);
/// Longest silence within an object stream.
pub const STREAM_IDLE_TIMEOUT: Duration = Duration::from_secs(30);
/// Bytes a second of the slowest line on which objects and backups still get to and from a vault. Who is slower holds places
/// that others wait for.
pub const SLOWEST_LINE: u64 = 16 << 10;

/// Longest that so many bytes may take, in one direction: one silence, and what the slowest line needs.
pub const fn transfer_time(bytes: u64) -> Duration {
    STREAM_IDLE_TIMEOUT.saturating_add(Duration::from_secs(bytes / SLOWEST_LINE))
}

/// How often an idle connection is probed, and how long an answer may take.
pub const KEEPALIVE: Duration = Duration::from_secs(30);
/// Longest a client tries to connect.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Live nonces a server remembers. When they are used up, callers wait for old ones to lapse.
pub const MAX_NONCES: usize = 100_000;
