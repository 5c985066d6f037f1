//! Request ids: the same request has one effect, however often and over whichever way it is sent.
//!
//! The first transaction with a request id is remembered for at least the window stated in genesis, with its outcome.
//! Sent again with the same content it is answered from memory; with another content it is refused.

use crate::block::MAX_BLOCK_TXS;
use crate::check::CheckedTx;
use crate::codec::{bounded_vec, codec_struct};
use crate::env::Env;
use crate::ids::{BlockTime, Height, RequestId, TxId};
use crate::keys;
use crate::outcome::Outcome;
use crate::reject::Reject;
use crate::state::{self, StateError, StateRead};
use bytes::BufMut;
use commonware_codec::{Buf, EncodeSize, Error, Read, Write};

/// Heights that one block may look at to forget old request ids, so that no block has unbounded work. Beside that it stops
/// once it forgot as many ids as a block can bring, so forgetting keeps up.
const HEIGHTS_PER_BLOCK: usize = 256;

/// First outcome of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestRecord {
    /// The transaction.
    pub tx: TxId,
    /// Height of its block.
    pub height: Height,
    /// Its place in the block, from 0.
    pub index: u32,
    /// What it did.
    pub outcome: Outcome,
}
codec_struct!(RequestRecord {
    tx,
    height,
    index,
    outcome
});

/// Request ids first seen in one block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestsOfHeight {
    /// Time of the block.
    pub time: BlockTime,
    /// The ids.
    pub ids: RequestIds,
}
codec_struct!(RequestsOfHeight { time, ids });

/// Request ids; at most one per transaction of a block.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestIds(pub Vec<RequestId>);

impl Write for RequestIds {
    fn write(&self, buf: &mut impl BufMut) {
        self.0.write(buf);
    }
}

impl EncodeSize for RequestIds {
    fn encode_size(&self) -> usize {
        self.0.encode_size()
    }
}

impl Read for RequestIds {
    type Cfg = ();
    fn read_cfg(buf: &mut impl Buf, _: &()) -> Result<Self, Error> {
        bounded_vec(buf, MAX_BLOCK_TXS).map(Self)
    }
}

/// What the chain remembers of a request id, if anything.
///
/// # Errors
/// [`StateError`] when the view fails.
pub fn lookup(view: &dyn StateRead, id: &RequestId) -> Result<Option<RequestRecord>, StateError> {
    state::read(view, &keys::request(id))
}

/// Refuses a transaction whose request id is remembered.
///
/// # Errors
/// [`Reject::Repeated`] with the first outcome when it was this very transaction, [`Reject::RequestIdReused`] when it was
/// another.
pub fn check_new(view: &dyn StateRead, id: &RequestId, tx: &TxId) -> Result<(), Reject> {
    match lookup(view, id)? {
        None => Ok(()),
        Some(record) if record.tx == *tx => Err(Reject::Repeated {
            id: *id,
            record: Box::new(record),
        }),
        Some(record) => Err(Reject::RequestIdReused {
            id: *id,
            first: record.tx,
        }),
    }
}

/// Remembers a request.
pub(crate) fn remember(
    env: &mut Env<'_, '_>,
    tx: &CheckedTx,
    index: u32,
    outcome: Outcome,
) -> Result<(), StateError> {
    let id = tx.tx().request_id;
    let record = RequestRecord {
        tx: tx.id(),
        height: env.height,
        index,
        outcome,
    };
    state::write(env.state, keys::request(&id), &record);
    let key = keys::requests_of_height(env.height);
    let mut list: RequestsOfHeight = state::read(env.state, &key)?.unwrap_or(RequestsOfHeight {
        time: env.time,
        ids: RequestIds::default(),
    });
    list.ids.0.push(id);
    state::write(env.state, key, &list);
    Ok(())
}

/// Forgets the requests that are older than the window.
pub(crate) fn forget_old(env: &mut Env<'_, '_>) -> Result<(), StateError> {
    let window_ms = u64::from(env.spec.genesis().request_window_secs) * 1000;
    let mut forgotten = 0;
    for _ in 0..HEIGHTS_PER_BLOCK {
        let height = env.counters.oldest_requests;
        if height >= env.height || forgotten >= MAX_BLOCK_TXS {
            break;
        }
        let key = keys::requests_of_height(height);
        if let Some(list) = state::read::<RequestsOfHeight>(env.state, &key)? {
            if list.time.0.saturating_add(window_ms) >= env.time.0 {
                break;
            }
            for id in &list.ids.0 {
                state::delete(env.state, keys::request(id));
            }
            forgotten += list.ids.0.len();
            state::delete(env.state, key);
        }
        env.counters.oldest_requests = height.next();
    }
    Ok(())
}
