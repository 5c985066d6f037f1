//! Proving a grant and sending it.

use commonware_codec::Encode;
use tacit_circuits::audit::AuditCiphertext;
use tacit_circuits::context::StatementId;
use tacit_circuits::grant::{Grant, GrantPublic, GrantWitness};
use tacit_circuits::keys::ProvingKey;
use tacit_circuits::types::AuditKeyId;
use tacit_circuits::{Proof, prove};
use tacit_identity::request::GrantOpening;
use tacit_ledger::action::grant::GrantContent;
use tacit_ledger::block::Sidecar;
use tacit_ledger::ids::{Height, RequestId};
use tacit_ledger::tx::Tx;

use crate::derive::Counter;
use crate::error::WalletError;
use crate::leaf;
use crate::record::submission;
use crate::state::{GrantEntry, Progress, Submission};
use crate::wallet::Wallet;

/// All of a grant but its proof.
pub(crate) struct GrantDraft {
    content: GrantContent,
    audit_key: AuditKeyId,
    ciphertext: AuditCiphertext,
    pub(crate) public: GrantPublic,
    pub(crate) witness: GrantWitness,
}

impl Wallet {
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

    /// What the leaf of a grant opens to: whoever has it knows the terms and finds every use on the chain.
    ///
    /// # Errors
    /// [`WalletError::Unknown`]; [`WalletError::NotYet`] until the grant is on the chain.
    pub fn grant_opening(&self, number: Counter) -> Result<GrantOpening, WalletError> {
        let grant = self.grant(number)?;
        let record = self.record(grant.terms.record)?.progress.position();
        let (Some(position), Some(record)) = (grant.progress.position(), record) else {
            return Err(WalletError::NotYet("the grant is not on the chain yet"));
        };
        let parts = leaf::grant(&self.keys, grant, record);
        Ok(GrantOpening {
            holder_key: parts.holder_key,
            end_tag: parts.end_tag,
            body: leaf::grant_body(&self.keys, grant, record),
            position,
        })
    }

    /// The transaction that puts a decided grant on the chain, with its sidecar. Proven at the newest anchor the first
    /// time; from then on the same bytes. To be relayed by the vault, never by the grantee.
    ///
    /// # Errors
    /// [`WalletError::ProvingKey`]; [`WalletError::Untrue`] when the grant cannot be proven; [`WalletError::NotYet`] without a
    /// sync, or when it is on the chain; [`WalletError::Ended`] when the document was ended meanwhile.
    pub fn grant_submission(
        &mut self,
        number: Counter,
        key: &ProvingKey,
    ) -> Result<&Submission, WalletError> {
        if self.grant(number)?.progress == Progress::Planned {
            self.require_key(StatementId::Grant, key)?;
            self.refresh_terms(number)?;
            let draft = self.draft_grant(number)?;
            let entropy = self.entropy();
            let proof = prove::<Grant>(key, &draft.public, &draft.witness, entropy)
                .map_err(|error| WalletError::Untrue(error.to_string()))?;
            self.enter_grant(number, draft, proof)?;
        }
        let sent = self.grant(number)?.progress.submission();
        sent.ok_or(WalletError::NotYet("the grant is on the chain already"))
    }

    /// Takes back the proof of a grant that the relay refused, for instance because its anchor was too old, so that
    /// [`Wallet::grant_submission`] makes a new one. The request id stays the same: even if the refusal was a lie and the
    /// first transaction gets through after all, the chain takes one of the two.
    ///
    /// # Errors
    /// [`WalletError::Unknown`]; [`WalletError::NotYet`] when the grant is on the chain.
    pub fn retry_grant(&mut self, number: Counter) -> Result<(), WalletError> {
        self.change(|state, _| {
            let found = state
                .grants
                .iter_mut()
                .find(|grant| grant.counter == number);
            let grant = found.ok_or(WalletError::Unknown {
                what: "grant",
                number,
            })?;
            match grant.progress {
                Progress::Planned => {}
                Progress::Sent(_) => grant.progress = Progress::Planned,
                _ => return Err(WalletError::NotYet("the grant is on the chain already")),
            }
            Ok(())
        })
    }

    /// The statement of a decided grant at the newest anchor.
    pub(crate) fn draft_grant(&self, number: Counter) -> Result<GrantDraft, WalletError> {
        let grant = self.grant(number)?;
        let record = self.record(grant.terms.record)?;
        let position = record
            .progress
            .live()
            .ok_or(WalletError::Ended("document"))?;
        let anchor = self.newest_anchor()?;
        let path = self.live_path(position)?.clone();
        let audit_key = self.view.audit_key.ok_or(WalletError::NoAuditKey)?;
        if audit_key.id() != grant.terms.audit_key {
            return Err(WalletError::Untrue(
                "the reviewers' key has changed since the grant was decided".into(),
            ));
        }
        let parts = leaf::grant(&self.keys, grant, position);
        let witness = GrantWitness {
            sk: self.keys.holder_secret(grant.generation),
            record_rho: self.keys.leaf_nonce(record.counter, &record.plan),
            record_body: leaf::record_body(&self.keys, record),
            record_end_tag: leaf::end_tag(&self.keys, record.counter),
            path,
            grant_rho: self.keys.leaf_nonce(grant.counter, &grant.plan),
            body: leaf::grant_body(&self.keys, grant, position),
        };
        let words = witness.terms().words();
        let ciphertext =
            AuditCiphertext::encrypt(&audit_key, witness.sk.expose(), &parts.leaf.0, &words)
                .ok_or_else(|| WalletError::Untrue("the reviewers' key is not usable".into()))?;
        let content = GrantContent {
            anchor: Height(anchor.height),
            holder_key: parts.holder_key,
            body: parts.body,
            end_tag: parts.end_tag,
            audit_digest: ciphertext.digest(),
        };
        let public = content.public(self.spec(), &anchor, &audit_key, &self.policy());
        Ok(GrantDraft {
            content,
            audit_key: audit_key.id(),
            ciphertext,
            public,
            witness,
        })
    }

    /// Journals a proven grant: from here on these bytes are sent.
    pub(crate) fn enter_grant(
        &mut self,
        number: Counter,
        draft: GrantDraft,
        proof: Proof,
    ) -> Result<(), WalletError> {
        let action = draft.content.with_proof(draft.audit_key, proof);
        let tx = Tx::unsigned(RequestId(self.keys.request_id(number)), action.into());
        let sidecar = Sidecar {
            ciphertext: draft.ciphertext,
        };
        let submission = submission(&tx, sidecar.encode().to_vec())?;
        self.change(|state, _| {
            let found = state
                .grants
                .iter_mut()
                .find(|grant| grant.counter == number);
            found
                .ok_or(WalletError::Unknown {
                    what: "grant",
                    number,
                })?
                .progress = Progress::Sent(submission);
            Ok(())
        })
    }
}
