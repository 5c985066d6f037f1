//! What only the owner knows of a grant.

use crate::audit::{AuditCiphertext, GrantTerms};
use crate::commit::{self, GrantBody, RecordBody};
use crate::field::Fr;
use crate::tree::LivePath;
use crate::types::{EndTag, HolderKey, Leaf, LeafKind, Secret};
use ark_ff::AdditiveGroup;

use super::public::GrantPublic;

/// Secret input of the grant statement.
pub struct GrantWitness {
    /// The owner's secret, behind the keys of record and grant.
    pub sk: Secret<Fr>,
    /// Nonce of the record's K.
    pub record_rho: Secret<Fr>,
    /// What the record is.
    pub record_body: RecordBody,
    /// E of the record.
    pub record_end_tag: EndTag,
    /// The record's paths at the anchor.
    pub path: LivePath,
    /// Nonce of the grant's K.
    pub grant_rho: Secret<Fr>,
    /// The terms of the grant.
    pub body: GrantBody,
}

impl GrantWitness {
    /// The record's leaf.
    pub fn record_leaf(&self) -> Leaf {
        let key = commit::holder_key(self.sk.expose(), self.record_rho.expose());
        commit::leaf(
            LeafKind::Record,
            None,
            &key,
            &self.record_body.commit(),
            &self.record_end_tag,
        )
    }

    /// K of the new grant.
    pub fn holder_key(&self) -> HolderKey {
        commit::holder_key(self.sk.expose(), self.grant_rho.expose())
    }

    /// What the reviewers will read.
    pub fn terms(&self) -> GrantTerms {
        self.body.terms()
    }

    /// The audit ciphertext that the statement demands; its digest is the public one. The grant's leaf is its domain.
    pub fn audit_ciphertext(&self, public: &GrantPublic) -> Option<AuditCiphertext> {
        AuditCiphertext::encrypt(
            &public.audit_key,
            self.sk.expose(),
            &public.leaf().0,
            &self.terms().words(),
        )
    }

    /// A witness without meaning, for its shape only.
    pub(super) fn blank() -> Self {
        Self {
            sk: Secret::new(Fr::ZERO),
            record_rho: Secret::new(Fr::ZERO),
            record_body: RecordBody::blank(),
            record_end_tag: EndTag(Fr::ZERO),
            path: LivePath::blank(),
            grant_rho: Secret::new(Fr::ZERO),
            body: GrantBody::blank(),
        }
    }
}
