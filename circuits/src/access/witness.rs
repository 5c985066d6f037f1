//! What only the reading platform knows of an access.

use super::public::AccessPublic;
use crate::audit::{AccessTerms, AuditCiphertext};
use crate::commit::{self, GrantBody, ReceiptOpening};
use crate::field::Fr;
use crate::tree::LivePath;
use crate::tree::ended::EndedPath;
use crate::tree::platform::PlatformPath;
use crate::types::{
    Digest32, EndTag, HolderKey, Leaf, LeafKind, MemberId, Position, Secret, Timestamp,
    UseNullifier,
};
use ark_ff::AdditiveGroup;

/// Secret input of the access statement.
pub struct AccessWitness {
    /// The platform's secret, behind its entry in the platform tree.
    pub platform_secret: Secret<Fr>,
    /// The way from the platform's entry to the platform root.
    pub platform_path: PlatformPath,
    /// K of the grant.
    pub holder_key: HolderKey,
    /// E of the grant.
    pub end_tag: EndTag,
    /// The terms of the grant.
    pub body: GrantBody,
    /// The grant's paths at the anchor.
    pub path: LivePath,
    /// The record's path in the ended tree at the anchor.
    pub record_path: EndedPath,
    /// Which use of the grant this is, from 0.
    pub use_index: u16,
    /// The vault that will serve.
    pub vault: MemberId,
    /// Hash of the key of the session in which the object will be fetched.
    pub session_key_hash: Digest32,
    /// Random; hides what the receipt says.
    pub receipt_nonce: Fr,
}

impl AccessWitness {
    /// The grant's leaf.
    pub fn grant_leaf(&self) -> Leaf {
        commit::leaf(
            LeafKind::Grant,
            None,
            &self.holder_key,
            &self.body.commit(),
            &self.end_tag,
        )
    }

    /// The grant's position.
    pub fn grant(&self) -> Position {
        self.path.position
    }

    /// The nullifier that this use spends.
    pub fn nullifier(&self) -> UseNullifier {
        commit::use_nullifier(&self.body.salt, &self.grant_leaf(), self.use_index)
    }

    /// What the receipt opens to, at an anchor of this time.
    pub fn receipt(&self, anchor_time: Timestamp) -> ReceiptOpening {
        ReceiptOpening {
            grant: self.grant(),
            record: self.body.record,
            grantee: self.body.grantee,
            vault: self.vault,
            session_key_hash: self.session_key_hash,
            not_after: self.body.not_after,
            anchor_time,
            nonce: self.receipt_nonce,
        }
    }

    /// What the reviewers will read, at an anchor of this time.
    pub fn terms(&self, anchor_time: Timestamp) -> AccessTerms {
        AccessTerms {
            grantee: self.body.grantee,
            grant: self.grant(),
            record: self.body.record,
            purpose: self.body.purpose,
            categories: self.body.categories,
            time: anchor_time,
            audit_nym: self.body.audit_nym,
        }
    }

    /// The audit ciphertext that the statement demands; its digest is the public one. The nullifier is its domain.
    ///
    /// A use that is tried again at another anchor has the same nullifier, so the same nonce and pads, and other words
    /// only in the time: the two ciphertexts tell their difference, which both anchors tell as well.
    pub fn audit_ciphertext(&self, public: &AccessPublic) -> Option<AuditCiphertext> {
        AuditCiphertext::encrypt(
            &public.audit_key,
            self.platform_secret.expose(),
            &public.nullifier.0,
            &self.terms(public.anchor.time).words(),
        )
    }

    /// A witness without meaning, for its shape only.
    pub(super) fn blank() -> Self {
        Self {
            platform_secret: Secret::new(Fr::ZERO),
            platform_path: PlatformPath::blank(),
            holder_key: HolderKey(Fr::ZERO),
            end_tag: EndTag(Fr::ZERO),
            body: GrantBody::blank(),
            path: LivePath::blank(),
            record_path: EndedPath::blank(),
            use_index: 0,
            vault: MemberId::FIRST,
            session_key_hash: Digest32([0; 32]),
            receipt_nonce: Fr::ZERO,
        }
    }
}
