//! The terms of a grant: what a choice amounts to on a given day.

use commonware_codec::Encode;
use tacit_circuits::calendar::Date;
use tacit_circuits::commit;
use tacit_circuits::types::{AuditKeyId, Nym, Timestamp, Year};
use tacit_identity::request::{RequestId, SharingRequest};

use crate::derive::{Counter, Generation, Plan, PlanKind};
use crate::error::WalletError;
use crate::share::Choice;
use crate::state::{GrantEntry, GrantedTerms};
use crate::wallet::Wallet;

/// The part of a grant's terms that depends on the day.
struct Dated {
    not_before: Timestamp,
    not_after: Timestamp,
    audit_key: AuditKeyId,
    audit_nym: Nym,
}

impl Wallet {
    /// The terms that a choice amounts to, from the newest anchor's time on.
    pub(crate) fn terms(
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
        let policy = self.policy();
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
        let dated = self.dated(record.generation, choice.validity_secs)?;
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
    fn dated(&self, generation: Generation, validity_secs: u64) -> Result<Dated, WalletError> {
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
            audit_nym: commit::audit_nym(
                self.keys.holder_secret(generation).expose(),
                &audit_key.0,
                year,
            ),
        })
    }

    /// Brings the terms of a grant that was decided and never sent up to date, when the year, the reviewers' key or too
    /// much time has gone by. What the person decided stays: document, categories, duration, uses.
    pub(crate) fn refresh_terms(&mut self, number: Counter) -> Result<(), WalletError> {
        let GrantEntry {
            generation,
            terms: old,
            ..
        } = *self.grant(number)?;
        let dated = self.dated(generation, old.not_after.0.saturating_sub(old.not_before.0))?;
        let start_offset = dated.not_before.0.abs_diff(old.not_before.0);
        if old.audit_key == dated.audit_key
            && year(old.not_before)? == year(dated.not_before)?
            && start_offset <= self.policy().max_start_offset_secs
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
}

fn year(time: Timestamp) -> Result<Year, WalletError> {
    Ok(Date::of(time)
        .map_err(|_| WalletError::Choice("the time is beyond the calendar"))?
        .year())
}

/// The plan of a grant: the request and every term.
pub(crate) fn plan(request: &RequestId, terms: &GrantedTerms) -> Plan {
    Plan::of(PlanKind::Grant, &[&request.0.0, &terms.encode()])
}
