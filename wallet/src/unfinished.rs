//! What a wallet has begun and not finished: after a kill, the steps to go on with.

use tacit_identity::request::RequestId;

use crate::derive::Counter;
use crate::state::{Decision, Progress};
use crate::wallet::Wallet;

/// The next step of something that was begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// Open this inbox at its vault.
    OpenInbox(u32),
    /// Send the request for this credential to its issuer, and take in what comes back.
    RedeemOffer(Counter),
    /// Seal this document again and bring the object to its vault.
    Upload(Counter),
    /// Have this record's transaction relayed.
    Register(Counter),
    /// Have the vault tie this record's object to its leaf.
    Bind(Counter),
    /// Prove this grant, if it is not proven yet, and have its transaction relayed.
    Grant(Counter),
    /// Sync once there is a newer anchor: this leaf is said to be on the chain.
    Sync(Counter),
    /// Seal the answer to this request.
    Answer(RequestId),
    /// Deliver the answer to this request.
    Deliver(RequestId),
}

impl Wallet {
    /// The next step of everything that was begun and not finished.
    #[must_use]
    pub fn unfinished(&self) -> Vec<Step> {
        let state = &self.state;
        let inboxes = state.inboxes.iter().filter(|inbox| !inbox.open);
        let mut steps: Vec<Step> = inboxes.map(|inbox| Step::OpenInbox(inbox.number)).collect();
        for credential in state.credentials.iter() {
            match &credential.issued {
                None => steps.push(Step::RedeemOffer(credential.counter)),
                Some(issued) if !issued.confirmed => steps.push(Step::Sync(credential.counter)),
                Some(_) => {}
            }
        }
        for record in state.records.iter() {
            let number = record.counter;
            match record.progress {
                Progress::Ended(_) => {}
                _ if !record.uploaded => steps.push(Step::Upload(number)),
                Progress::Planned | Progress::Sent(_) => steps.push(Step::Register(number)),
                Progress::Claimed(..) => steps.push(Step::Sync(number)),
                Progress::Final(_) if !record.bound => steps.push(Step::Bind(number)),
                Progress::Final(_) => {}
            }
        }
        for grant in state.grants.iter() {
            match grant.progress {
                Progress::Planned | Progress::Sent(_) => steps.push(Step::Grant(grant.counter)),
                Progress::Claimed(..) => steps.push(Step::Sync(grant.counter)),
                Progress::Final(_) | Progress::Ended(_) => {}
            }
        }
        for answer in state.answers.iter().filter(|answer| !answer.delivered) {
            match answer.decision {
                _ if answer.sealed.is_some() => steps.push(Step::Deliver(answer.to.id)),
                Decision::Approved { grant, .. } if self.is_final(grant) => {
                    steps.push(Step::Answer(answer.to.id));
                }
                _ => {}
            }
        }
        steps
    }

    fn is_final(&self, grant: Counter) -> bool {
        let found = self
            .state
            .grants
            .iter()
            .find(|entry| entry.counter == grant);
        found.is_some_and(|entry| entry.progress.live().is_some())
    }
}
