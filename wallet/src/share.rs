//! Answering a request: yes with a grant, perhaps to less than was asked, or no with a reason.
//!
//! An approval goes through these steps, each on disk before the next begins:
//! 1. the terms are decided ([`Wallet::approve`]): one counter, so one leaf and one request id;
//! 2. the grant is proven ([`Wallet::grant_submission`]): from here on always the same transaction is sent;
//! 3. it is on the chain ([`Wallet::note_outcome`], then [`Wallet::sync`]);
//! 4. the answer is sealed ([`Wallet::answer`]): from here on always the same bytes are delivered;
//! 5. it is delivered ([`Wallet::note_delivered`]).
//!
//! A wallet that is killed anywhere goes on with the first step that has not been taken: one grant, one answer.

use tacit_circuits::types::CategorySet;
use tacit_identity::request::{Denial, DenialReason, Reply, RequestId};

use crate::answer::Delivery;
use crate::codec::{Blob, Text};
use crate::derive::Counter;
use crate::error::WalletError;
use crate::state::{Answer, Decision, GrantEntry, Incoming, MAX_MESSAGE, Progress, State};
use crate::terms::plan;
use crate::wallet::{Wallet, take_counter};

/// How long a delivered answer is kept after its request has lapsed, in seconds.
const ANSWER_KEPT_SECS: u64 = 90 * 86_400;

/// What a person gives: at most what was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The document.
    pub record: Counter,
    /// What the document may be read as; holds the document's own category.
    pub categories: CategorySet,
    /// For how long from now on, in seconds.
    pub validity_secs: u64,
    /// How often.
    pub max_uses: u16,
    /// The credential to prove the wanted facts from.
    pub credential: Option<Counter>,
}

impl Wallet {
    /// Decides to give what the choice says. A request that was approved before keeps its grant, whatever the choice.
    ///
    /// # Errors
    /// [`WalletError::Choice`] when the choice gives more than was asked or nothing that the chain allows;
    /// [`WalletError::Request`] when the request must not be answered; [`WalletError::AlreadyAnswered`] after a denial.
    pub fn approve(&mut self, id: RequestId, choice: &Choice) -> Result<Counter, WalletError> {
        match self.decision(id) {
            Some(Decision::Approved { grant, .. }) => return Ok(*grant),
            Some(Decision::Denied(_)) => return Err(WalletError::AlreadyAnswered("denied")),
            None => {}
        }
        let verified = self.verify_request(self.any_request(id)?)?;
        let terms = self.terms(&verified.request, choice)?;
        let generation = self.record(choice.record)?.generation;
        let grantee_name = Text::new(&verified.platform_name).ok_or(WalletError::Text("name"))?;
        self.change(|state, _| {
            let counter = take_counter(state)?;
            let plan = plan(&id, &terms);
            let grant = GrantEntry {
                counter,
                generation,
                plan,
                terms,
                grantee_name,
                request: id,
                progress: Progress::Planned,
            };
            state
                .grants
                .push(grant)
                .map_err(|_| WalletError::Full("grant"))?;
            decide(
                state,
                id,
                Decision::Approved {
                    grant: counter,
                    credential: choice.credential,
                },
                None,
            )?;
            Ok(counter)
        })
    }

    /// Decides to give nothing, and seals the answer that says so.
    ///
    /// # Errors
    /// [`WalletError::Request`] when the request must not be answered; [`WalletError::AlreadyAnswered`] after an approval.
    pub fn deny(&mut self, id: RequestId, reason: DenialReason) -> Result<Delivery, WalletError> {
        match self.decision(id) {
            Some(Decision::Denied(_)) => return self.delivery(id),
            Some(Decision::Approved { .. }) => {
                return Err(WalletError::AlreadyAnswered("approved"));
            }
            None => {}
        }
        let verified = self.verify_request(self.any_request(id)?)?;
        let reply = Reply::Denial(Denial {
            request: id,
            reason,
        });
        let sealed = self.seal(&reply, &verified.request)?;
        self.change(|state, _| decide(state, id, Decision::Denied(reason), Some(sealed)))?;
        self.delivery(id)
    }

    /// Drops a request without an answer. To the platform it looks as if nobody had the address.
    ///
    /// # Errors
    /// [`WalletError::UnknownRequest`].
    pub fn ignore(&mut self, id: RequestId) -> Result<(), WalletError> {
        self.change(|state, _| {
            let before = state.incoming.len();
            state.incoming.retain(|incoming| incoming.id != id);
            if state.incoming.len() == before {
                Err(WalletError::UnknownRequest)
            } else {
                Ok(())
            }
        })
    }

    fn decision(&self, id: RequestId) -> Option<&Decision> {
        self.state
            .answers
            .iter()
            .find(|answer| answer.to.id == id)
            .map(|answer| &answer.decision)
    }
}

/// Moves a request from those that wait to those that were decided.
fn decide(
    state: &mut State,
    id: RequestId,
    decision: Decision,
    sealed: Option<Blob<MAX_MESSAGE>>,
) -> Result<(), WalletError> {
    let waiting = state
        .incoming
        .iter()
        .find(|incoming| incoming.id == id)
        .ok_or(WalletError::UnknownRequest)?;
    let to = Incoming {
        id,
        route: waiting.route,
        expiry: waiting.expiry,
        request: Blob::new(waiting.request.as_bytes().to_vec())
            .ok_or(WalletError::TooLarge("request"))?,
    };
    state.incoming.retain(|incoming| incoming.id != id);
    let now = state.checkpoint.tip.time.timestamp();
    state
        .answers
        .retain(|old| !old.delivered || old.to.expiry.saturating_add(ANSWER_KEPT_SECS) > now);
    let answer = Answer {
        to,
        decision,
        sealed,
        delivered: false,
    };
    state
        .answers
        .push(answer)
        .map_err(|_| WalletError::Full("answer"))
}

#[cfg(test)]
mod tests;
