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

use tacit_circuits::calendar::Date;
use tacit_circuits::commit;
use tacit_circuits::types::{AnchorView, AuditKeyId, CategorySet, Digest32, Nym, Timestamp, Year};
use tacit_identity::request::{
    Approval, Denial, DenialReason, GrantOpening, RecordOpening, Reply, RequestId, SharingRequest,
};
use tacit_vault::envelope::{Envelope, EnvelopeBinding};
use tacit_vault::hpke_keys::HpkePublicKey;

use commonware_codec::Encode;

use crate::codec::{Blob, Text};
use crate::derive::{Counter, Plan, PlanKind};
use crate::error::WalletError;
use crate::inbox::seal_reply;
use crate::leaf;
use crate::review::signed;
use crate::state::{Answer, Decision, GrantEntry, GrantedTerms, Incoming, Progress, Route, State};
use crate::wallet::{Wallet, take_counter};

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

/// The part of a grant's terms that depends on the day.
struct Dated {
    not_before: Timestamp,
    not_after: Timestamp,
    audit_key: AuditKeyId,
    audit_nym: Nym,
}

/// An answer on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The request it answers.
    pub request: RequestId,
    /// How it goes.
    pub route: Route,
    /// The sealed answer, in canonical bytes: always the same for one request.
    pub sealed: Vec<u8>,
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
        let grantee_name = Text::new(&verified.platform_name).ok_or(WalletError::Text("name"))?;
        self.change(|state, _| {
            let counter = take_counter(state)?;
            let plan = plan(&id, &terms);
            let grant = GrantEntry {
                counter,
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

    /// The sealed answer to a request. For an approval the grant must be on the chain; sealed once, then always the same.
    /// `presentation` is the proof of the wanted facts ([`Wallet::prove_wanted`]), where the request wants some.
    ///
    /// # Errors
    /// [`WalletError::NotYet`] while the grant is not on the chain or the presentation is missing.
    pub fn answer(
        &mut self,
        id: RequestId,
        presentation: Option<Vec<u8>>,
    ) -> Result<Delivery, WalletError> {
        let answer = self.any_answer(id)?;
        if answer.sealed.is_none() {
            let Decision::Approved { grant, .. } = answer.decision else {
                return Err(WalletError::AlreadyAnswered("denied"));
            };
            let request = signed(&answer.to)?.unverified().clone();
            let approval = self.approval(grant, &request, presentation)?;
            approval.check(&request)?;
            let sealed = self.seal(&Reply::Approval(Box::new(approval)), &request)?;
            self.change(|state, _| {
                let found = state.answers.iter_mut().find(|answer| answer.to.id == id);
                found.ok_or(WalletError::UnknownRequest)?.sealed = Some(sealed);
                Ok(())
            })?;
        }
        self.delivery(id)
    }

    /// Notes that an answer was delivered.
    ///
    /// # Errors
    /// [`WalletError::UnknownRequest`].
    pub fn note_delivered(&mut self, id: RequestId) -> Result<(), WalletError> {
        self.change(|state, _| {
            let found = state.answers.iter_mut().find(|answer| answer.to.id == id);
            found.ok_or(WalletError::UnknownRequest)?.delivered = true;
            Ok(())
        })
    }

    /// Requests that were answered.
    #[must_use]
    pub fn answers(&self) -> &[Answer] {
        &self.state.answers
    }

    /// The grants.
    #[must_use]
    pub fn grants(&self) -> &[GrantEntry] {
        &self.state.grants
    }

    /// One grant.
    ///
    /// # Errors
    /// [`WalletError::Unknown`].
    pub fn grant(&self, number: Counter) -> Result<&GrantEntry, WalletError> {
        let found = self
            .state
            .grants
            .iter()
            .find(|grant| grant.counter == number);
        found.ok_or(WalletError::Unknown {
            what: "grant",
            number,
        })
    }

    /// The terms that a choice amounts to, from the newest anchor's time on.
    fn terms(
        &self,
        request: &SharingRequest,
        choice: &Choice,
    ) -> Result<GrantedTerms, WalletError> {
        let record = self.record(choice.record)?;
        if record.progress.live().is_none() {
            return Err(WalletError::NotYet(
                "the document is not on the chain, or no longer",
            ));
        }
        let policy = &self.spec().genesis().policy;
        let refused = if choice.categories.is_empty()
            || !choice.categories.is_subset_of(request.categories)
        {
            Some("categories must be among those asked for")
        } else if !choice.categories.contains(record.category) {
            Some("the document's own category must be among the categories")
        } else if choice.validity_secs == 0 || choice.validity_secs > request.longest_validity {
            Some("the validity must be at least a second and at most what was asked")
        } else if choice.validity_secs > policy.max_duration_secs {
            Some("the validity is longer than this chain allows")
        } else if choice.max_uses == 0 || choice.max_uses > request.max_uses {
            Some("the uses must be at least one and at most what was asked")
        } else if !policy.purposes.contains(request.purpose) {
            Some("this chain allows no grant for this purpose")
        } else if request.wanted.is_some() != choice.credential.is_some() {
            Some("a credential is needed exactly when the request wants facts proven")
        } else {
            None
        };
        if let Some(reason) = refused {
            return Err(WalletError::Choice(reason));
        }
        if let Some(credential) = choice.credential {
            self.credential(credential)?;
        }
        let dated = self.dated(choice.validity_secs)?;
        Ok(GrantedTerms {
            record: choice.record,
            grantee: request.platform,
            purpose: request.purpose,
            categories: choice.categories,
            max_uses: choice.max_uses,
            not_before: dated.not_before,
            not_after: dated.not_after,
            audit_key: dated.audit_key,
            audit_nym: dated.audit_nym,
        })
    }

    /// What in a grant's terms depends on the day: from the newest anchor's time on, for the current audit key.
    fn dated(&self, validity_secs: u64) -> Result<Dated, WalletError> {
        let audit_key = self
            .view
            .audit_key
            .as_ref()
            .ok_or(WalletError::NoAuditKey)?
            .id();
        let now = self.newest_anchor()?.time;
        let year = year(now)?;
        Ok(Dated {
            not_before: now,
            not_after: now.saturating_add(validity_secs),
            audit_key,
            audit_nym: commit::audit_nym(self.keys.holder_secret().expose(), &audit_key.0, year),
        })
    }

    /// Brings the terms of a grant that was decided and never sent up to date, when the year, the reviewers' key or too
    /// much time has gone by. What the person decided stays: document, categories, duration, uses.
    pub(crate) fn refresh_terms(&mut self, number: Counter) -> Result<(), WalletError> {
        let old = self.grant(number)?.terms;
        let dated = self.dated(old.not_after.0.saturating_sub(old.not_before.0))?;
        let start_offset = dated.not_before.0.abs_diff(old.not_before.0);
        if old.audit_key == dated.audit_key
            && year(old.not_before)? == year(dated.not_before)?
            && start_offset <= self.spec().genesis().policy.max_start_offset_secs
        {
            return Ok(());
        }
        let Dated {
            not_before,
            not_after,
            audit_key,
            audit_nym,
        } = dated;
        let terms = GrantedTerms {
            not_before,
            not_after,
            audit_key,
            audit_nym,
            ..old
        };
        self.change(|state, _| {
            let found = state
                .grants
                .iter_mut()
                .find(|grant| grant.counter == number);
            let grant = found.ok_or(WalletError::Unknown {
                what: "grant",
                number,
            })?;
            grant.plan = plan(&grant.request, &terms);
            grant.terms = terms;
            Ok(())
        })
    }

    /// What an approval delivers.
    fn approval(
        &mut self,
        number: Counter,
        request: &SharingRequest,
        presentation: Option<Vec<u8>>,
    ) -> Result<Approval, WalletError> {
        if request.wanted.is_some() && presentation.is_none() {
            return Err(WalletError::NotYet(
                "the request wants facts proven, and there is no proof yet",
            ));
        }
        let grant = self.grant(number)?;
        let on_chain = WalletError::NotYet("the grant is not on the chain yet");
        let position = grant.progress.live().ok_or(on_chain)?;
        let record = self.record(grant.terms.record)?;
        let at = record
            .progress
            .live()
            .ok_or(WalletError::Ended("document"))?;
        let (grant_parts, record_parts) = (
            leaf::grant(&self.keys, grant, at),
            leaf::record(&self.keys, record),
        );
        let member = self
            .view
            .members
            .get(&request.platform)
            .and_then(Option::as_ref);
        let member = member.ok_or(WalletError::NotYet(
            "read the platform's member record from the ledger first",
        ))?;
        let recipient = HpkePublicKey(*member.keys.hpke.as_bytes());
        let (info, vault) = (record.object, record.vault);
        let binding = EnvelopeBinding {
            chain: self.chain().0,
            grant: grant_parts.leaf,
            object: info.id,
            grantee: request.platform,
        };
        let grant = GrantOpening {
            holder_key: grant_parts.holder_key,
            end_tag: grant_parts.end_tag,
            body: leaf::grant_body(&self.keys, grant, at),
            position,
        };
        let opening = RecordOpening {
            holder_key: record_parts.holder_key,
            end_tag: record_parts.end_tag,
            body: leaf::record_body(&self.keys, record),
        };
        let key = self.data_key(record.counter)?;
        let envelope = Envelope::seal(&key, recipient, &binding, &mut self.rng())?
            .encode()
            .to_vec();
        Ok(Approval {
            request: request.id(),
            grant,
            record: opening,
            vault,
            object: Digest32(info.id.0),
            content_length: info.content_length,
            object_length: info.object_length,
            envelope,
            presentation,
        })
    }

    fn seal(
        &mut self,
        reply: &Reply,
        request: &SharingRequest,
    ) -> Result<Blob<{ crate::state::MAX_MESSAGE }>, WalletError> {
        let sealed = seal_reply(reply, HpkePublicKey(request.reply_key), &mut self.rng())?;
        Blob::new(sealed.encode().to_vec()).ok_or(WalletError::TooLarge("answer"))
    }

    fn delivery(&self, id: RequestId) -> Result<Delivery, WalletError> {
        let answer = self.any_answer(id)?;
        let sealed = answer
            .sealed
            .as_ref()
            .ok_or(WalletError::NotYet("the answer is not sealed yet"))?;
        Ok(Delivery {
            request: id,
            route: answer.to.route,
            sealed: sealed.as_bytes().to_vec(),
        })
    }

    fn decision(&self, id: RequestId) -> Option<&Decision> {
        self.state
            .answers
            .iter()
            .find(|answer| answer.to.id == id)
            .map(|answer| &answer.decision)
    }

    fn any_answer(&self, id: RequestId) -> Result<&Answer, WalletError> {
        self.state
            .answers
            .iter()
            .find(|answer| answer.to.id == id)
            .ok_or(WalletError::UnknownRequest)
    }

    /// The newest anchor that a sync has read the trees for.
    pub(crate) fn newest_anchor(&self) -> Result<AnchorView, WalletError> {
        let snapshot = self.view.snapshot.as_ref();
        snapshot
            .map(|snapshot| snapshot.anchor)
            .ok_or(WalletError::NotYet("sync first: there is no anchor yet"))
    }
}

/// Moves a request from those that wait to those that were decided.
fn decide(
    state: &mut State,
    id: RequestId,
    decision: Decision,
    sealed: Option<Blob<{ crate::state::MAX_MESSAGE }>>,
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

fn year(time: Timestamp) -> Result<Year, WalletError> {
    Ok(Date::of(time)
        .map_err(|_| WalletError::Choice("the time is beyond the calendar"))?
        .year())
}

/// The plan of a grant: the request and every term.
fn plan(request: &RequestId, terms: &GrantedTerms) -> Plan {
    Plan::of(PlanKind::Grant, &[&request.0.0, &terms.encode()])
}

#[cfg(test)]
mod tests;
