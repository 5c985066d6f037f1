//! Clients: each keeps sending its transaction, to one node or another, until it is told that it is final.

use super::{
    machine::{Answer, Machine},
    world::Sent,
};
use crate::{error::SubmitError, handle::TxReceipt};
use commonware_runtime::deterministic::Context;
use futures::FutureExt as _;
use rand::{RngExt as _, rngs::StdRng};
use std::collections::BTreeMap;
use tacit_ledger::{ids::TxId, reject::Reject};

/// Ticks that a client waits before it asks another node as well.
const PATIENCE: u32 = 100;

/// See the module.
#[derive(Default)]
pub(super) struct Clients {
    waiting: Vec<Client>,
    /// What was acknowledged.
    pub(super) receipts: BTreeMap<TxId, TxReceipt>,
    /// Answers that no client should ever get.
    pub(super) wrong: Vec<String>,
}

struct Client {
    sent: Sent,
    id: TxId,
    answers: Vec<Answer>,
    /// What it is to be told in the end.
    expects: Expects,
    waited: u32,
}

/// What a client is to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expects {
    /// That its transaction is final.
    Receipt,
    /// That its proof is false.
    Refusal,
}

impl Clients {
    pub(super) fn add(&mut self, sent: Sent, expects: Expects) {
        self.waiting.push(Client {
            id: sent.0.id(),
            sent,
            answers: Vec::new(),
            expects,
            waited: 0,
        });
    }

    /// How many still wait.
    pub(super) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Looks for answers, and sends what has none again.
    pub(super) fn tick(&mut self, context: &Context, machines: &[Machine], rng: &mut StdRng) {
        let mut waiting = std::mem::take(&mut self.waiting);
        waiting.retain_mut(|client| !self.answered(client));
        for client in &mut waiting {
            client.waited += 1;
            if client.answers.is_empty() || client.waited % PATIENCE == 0 {
                let times = if rng.random_range(0..4u8) == 0 { 2 } else { 1 };
                for _ in 0..times {
                    let at = rng.random_range(0..machines.len());
                    let machine = machines.get(at).filter(|one| one.mischief.is_none());
                    let (tx, sidecar) = client.sent.clone();
                    client
                        .answers
                        .extend(machine.and_then(|one| one.submit(context, tx, sidecar)));
                }
            }
        }
        self.waiting = waiting;
    }

    /// Whether a client has its answer; what was only an obstacle is forgotten.
    fn answered(&mut self, client: &mut Client) -> bool {
        let mut done = false;
        client.answers.retain_mut(|answer| {
            let Some(answer) = answer.now_or_never() else {
                return true;
            };
            match (answer, client.expects) {
                (Ok(Ok(receipt)), Expects::Receipt) => {
                    let first = self.receipts.entry(client.id).or_insert(receipt);
                    if *first != receipt {
                        self.wrong.push(format!(
                            "two receipts of one transaction: {first:?}, {receipt:?}"
                        ));
                    }
                    done = true;
                }
                (Ok(Ok(receipt)), Expects::Refusal) => {
                    self.wrong
                        .push(format!("a false proof is final: {receipt:?}"));
                    done = true;
                }
                (Ok(Err(SubmitError::Rejected(Reject::Proof))), Expects::Refusal) => done = true,
                (
                    Ok(Err(SubmitError::Rejected(
                        reject @ (Reject::Proof | Reject::RequestIdReused { .. }),
                    ))),
                    Expects::Receipt,
                ) => {
                    self.wrong
                        .push(format!("an honest transaction is refused: {reject}"));
                    done = true;
                }
                // The node died, is busy, or is behind and does not know an anchor or a member yet.
                _ => {}
            }
            false
        });
        done
    }
}
