//! An audit row's bundle: the terms of one grant or access as a reviewer opened them, with the proof that they were opened
//! rightly and the statement on the chain under which they were. The audit key's secret is not given away.

use super::chain::{Certified, ChainEvidence};
use super::state::StateEvidence;
use super::transaction::TxEvidence;
use super::trust::Trust;
use super::{BundleError, bundle_bytes};
use crate::action::Action;
use crate::audit::AuditAction;
use crate::codec::codec_struct;
use crate::genesis::ChainSpec;
use crate::ids::{Height, TxId};
use crate::member::MemberRecord;
use crate::text::Purpose;
use crate::tx::{Authorization, Tx};
use tacit_circuits::audit::{
    AccessTerms, AuditCiphertext, AuditPublicKey, DecryptionShare, GrantTerms, SharedPoint,
};
use tacit_circuits::commit;
use tacit_circuits::types::{LeafKind, MemberId, Timestamp};

/// Shows what one grant or access says to the reviewers.
#[derive(Clone, Debug, PartialEq)]
pub struct RowBundle {
    /// The headers of the row and of the statement, each on to a certificate.
    pub chain: ChainEvidence,
    /// The grant or access.
    pub row: TxEvidence,
    /// Its sealed terms.
    pub ciphertext: AuditCiphertext,
    /// The audit key they are sealed to.
    pub key: AuditPublicKey,
    /// The shared point, with the proof that the key's secret gives this one.
    pub share: DecryptionShare,
    /// The grantee's member record.
    pub grantee: StateEvidence,
    /// The statement of the opening.
    pub opening: TxEvidence,
    /// The reviewer's member record.
    pub reviewer: StateEvidence,
}
codec_struct!(RowBundle, b"TCBW", 1, { chain, row, ciphertext, key, share, grantee, opening, reviewer });
bundle_bytes!(RowBundle);

/// The terms of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowTerms {
    /// Of a grant.
    Grant(GrantTerms),
    /// Of an access.
    Access(AccessTerms),
}

impl RowTerms {
    /// The terms of a grant or access, if the ciphertext and the key are the transaction's and the share opens it. That they
    /// are the true ones, the transaction's proof has shown before it was let onto the chain.
    ///
    /// # Errors
    /// [`BundleError`] names what does not fit.
    pub fn open(
        tx: &Tx,
        ciphertext: &AuditCiphertext,
        key: &AuditPublicKey,
        share: &DecryptionShare,
    ) -> Result<Self, BundleError> {
        let (audit_key, digest, domain, action) = match &tx.action {
            Action::Grant(grant) => {
                let (holder, body, end) = (&grant.holder_key, &grant.body, &grant.end_tag);
                let leaf = commit::leaf(LeafKind::Grant, None, holder, body, end);
                let (audit_key, digest) = (grant.audit_key, grant.audit_digest);
                (audit_key, digest, leaf.0, AuditAction::Grant)
            }
            Action::Access(access) => {
                let (audit_key, digest) = (access.audit_key, access.audit_digest);
                (audit_key, digest, access.nullifier.0, AuditAction::Access)
            }
            _ => return Err(BundleError::Action),
        };
        if key.id() != audit_key || ciphertext.digest() != digest {
            return Err(BundleError::Ciphertext);
        }
        let shared = SharedPoint::from_share(share, key, ciphertext).ok_or(BundleError::Share)?;
        let words = shared.open(ciphertext, &domain);
        match action {
            AuditAction::Grant => GrantTerms::from_words(&words).map(Self::Grant),
            AuditAction::Access => AccessTerms::from_words(&words).map(Self::Access),
        }
        .map_err(|_| BundleError::Terms)
    }

    /// Who may read, or read.
    pub fn grantee(&self) -> MemberId {
        match self {
            Self::Grant(terms) => terms.grantee,
            Self::Access(terms) => terms.grantee,
        }
    }

    /// Which of the two it is.
    pub fn action(&self) -> AuditAction {
        match self {
            Self::Grant(_) => AuditAction::Grant,
            Self::Access(_) => AuditAction::Access,
        }
    }
}

/// What an audit row's bundle has shown.
#[derive(Clone, Debug)]
pub struct VerifiedRow {
    /// The chain's constants.
    pub spec: ChainSpec,
    /// Height of the grant or access …
    pub height: Height,
    /// … and its block's time.
    pub time: Timestamp,
    /// Its transaction.
    pub tx: TxId,
    /// The terms.
    pub terms: RowTerms,
    /// The grantee.
    pub grantee: MemberRecord,
    /// Height at which the opening was stated.
    pub opened_at: Height,
    /// Why, in the reviewer's words.
    pub purpose: Purpose,
    /// The reviewer that stated it.
    pub reviewer: MemberRecord,
}

impl RowBundle {
    /// Checks the bundle from what the reader trusts.
    ///
    /// # Errors
    /// [`BundleError`] names what is wrong.
    pub fn verify(&self, trust: &Trust) -> Result<VerifiedRow, BundleError> {
        let chain = self.chain.verify(trust)?;
        let header = self.row.verify(&chain)?;
        let terms = RowTerms::open(&self.row.tx, &self.ciphertext, &self.key, &self.share)?;
        let (opened_at, purpose, reviewer) = self.statement(&chain)?;
        Ok(VerifiedRow {
            height: header.height,
            time: header.time.timestamp(),
            tx: self.row.tx.id(),
            terms,
            grantee: self.grantee.member(&chain, terms.grantee())?,
            opened_at,
            purpose,
            reviewer,
            spec: chain.spec,
        })
    }

    /// The statement under which the row was opened, if it covers the row.
    fn statement(&self, chain: &Certified) -> Result<(Height, Purpose, MemberRecord), BundleError> {
        let header = self.opening.verify(chain)?;
        let tx = &self.opening.tx;
        let (Action::OpenAudit(open), Authorization::Member(signed)) =
            (&tx.action, &tx.authorization)
        else {
            return Err(BundleError::Action);
        };
        if self.row.height < open.from || self.row.height > open.to {
            return Err(BundleError::Statement);
        }
        let reviewer = self.reviewer.member(chain, signed.member)?;
        Ok((header.height, open.purpose.clone(), reviewer))
    }
}
