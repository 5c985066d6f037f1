//! Waiting transactions on their way to the other validators, so that whoever proposes next has them.
//!
//! A node sends what was submitted to it, to everyone, and again while it is not final: messages may be lost. It does not
//! pass on what it got. Whoever receives a transaction checks it like one of its own clients', its proof included.

use super::{
    core::{Core, blocking},
    env::{Env, Inbound, Outbound},
};
use crate::mempool::{Carried, admit_batch};
use commonware_codec::{Decode as _, Encode as _, RangeCfg};
use commonware_p2p::Recipients;
use commonware_runtime::IoBuf;
use std::time::Duration;
use tacit_ledger::tx::MAX_TX_BYTES;

/// Most bytes of the transactions in one message.
const MAX_MESSAGE: usize = 128 * 1024;
/// Most transactions in one message.
const MAX_CARRIED: usize = 256;
/// Transactions are collected for so long before they are sent.
const COLLECT: Duration = Duration::from_millis(10);
/// How long a node waits before it looks for transactions to send again.
const REPEAT: Duration = Duration::from_secs(1);

/// Sends what waits here.
pub(super) async fn send<E: Env>(context: E, core: Core, mut peers: impl Outbound) {
    loop {
        let woken = core.pool.woken();
        tokio::pin!(woken);
        woken.as_mut().enable();
        loop {
            let batch = core
                .pool
                .to_announce(core.now(&context), MAX_MESSAGE, MAX_CARRIED);
            if batch.is_empty() {
                break;
            }
            peers.send(Recipients::All, batch.encode(), false);
        }
        tokio::select! {
            biased;
            () = woken => context.sleep(COLLECT).await,
            () = context.sleep(REPEAT) => {}
        }
    }
}

/// Takes what others send.
pub(super) async fn receive<E: Env>(context: E, core: Core, mut peers: impl Inbound) {
    while let Ok((peer, message)) = peers.recv().await {
        let Some(batch) = decode(message) else {
            tracing::debug!(%peer, "a message that holds no transactions");
            continue;
        };
        let clock = core.now(&context);
        let (chain, pool) = (core.chain.clone(), core.pool.clone());
        let Ok(from) = <[u8; 32]>::try_from(peer.as_ref()) else {
            continue;
        };
        let taken = blocking(&context, move || {
            admit_batch(&chain, &pool, clock, from, batch)
        });
        if let Err(error) = taken.await {
            return core.fault.set(error);
        }
    }
}

fn decode(bytes: IoBuf) -> Option<Vec<Carried>> {
    if bytes.len() > MAX_MESSAGE + 2 * MAX_TX_BYTES {
        return None;
    }
    let bounds = (RangeCfg::new(1..=MAX_CARRIED), ((), ()));
    Vec::<Carried>::decode_cfg(bytes, &bounds).ok()
}
