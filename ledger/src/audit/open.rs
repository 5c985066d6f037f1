//! Opening one row and comparing it with the chain.

use super::{AuditMaterial, Opened, RowState};
use crate::action::{Access, Grant};
use crate::ids::Height;
use crate::member::Role;
use tacit_circuits::audit::{AccessTerms, AuditSecretKey, GrantTerms, Words};
use tacit_circuits::commit;
use tacit_circuits::field::Fr;
use tacit_circuits::types::{AuditDigest, AuditKeyId, CategorySet, LeafKind, MemberId, Purpose};

pub(super) fn grant(
    material: &AuditMaterial,
    secrets: &[AuditSecretKey],
    height: Height,
    grant: &Grant,
) -> RowState {
    let leaf = commit::leaf(
        LeafKind::Grant,
        None,
        &grant.holder_key,
        &grant.body,
        &grant.end_tag,
    );
    let words = match decrypt(
        material,
        secrets,
        &grant.audit_key,
        &grant.audit_digest,
        &leaf.0,
    ) {
        Ok(words) => words,
        Err(state) => return state,
    };
    let Ok(terms) = GrantTerms::from_words(&words) else {
        return NOT_TERMS;
    };
    if terms.not_before >= terms.not_after {
        return RowState::Contradiction {
            reason: "the grant ends before it begins",
        };
    }
    let named = match Named::new(
        material,
        height,
        terms.grantee,
        terms.purpose,
        terms.categories,
    ) {
        Ok(named) => named,
        Err(state) => return state,
    };
    RowState::Opened(Box::new(Opened {
        grantee: terms.grantee,
        grantee_name: named.grantee,
        purpose: named.purpose,
        categories: named.categories,
        audit_nym: terms.audit_nym,
        record: terms.record,
        grant: None,
        not_before: Some(terms.not_before),
        not_after: Some(terms.not_after),
        max_uses: Some(terms.max_uses),
    }))
}

pub(super) fn access(
    material: &AuditMaterial,
    secrets: &[AuditSecretKey],
    height: Height,
    access: &Access,
) -> RowState {
    let domain = &access.nullifier.0;
    let words = match decrypt(
        material,
        secrets,
        &access.audit_key,
        &access.audit_digest,
        domain,
    ) {
        Ok(words) => words,
        Err(state) => return state,
    };
    let Ok(terms) = AccessTerms::from_words(&words) else {
        return NOT_TERMS;
    };
    match material.header(access.anchor).map(|header| header.header()) {
        None => {
            return RowState::Unchecked {
                missing: "the header of the anchor",
            };
        }
        Some(anchor) if !anchor.is_anchor() || anchor.time.timestamp() != terms.time => {
            return RowState::Contradiction {
                reason: "the time is not that of the anchor",
            };
        }
        Some(_) => {}
    }
    let named = match Named::new(
        material,
        height,
        terms.grantee,
        terms.purpose,
        terms.categories,
    ) {
        Ok(named) => named,
        Err(state) => return state,
    };
    RowState::Opened(Box::new(Opened {
        grantee: terms.grantee,
        grantee_name: named.grantee,
        purpose: named.purpose,
        categories: named.categories,
        audit_nym: terms.audit_nym,
        record: terms.record,
        grant: Some(terms.grant),
        not_before: None,
        not_after: None,
        max_uses: None,
    }))
}

const NOT_TERMS: RowState = RowState::Contradiction {
    reason: "what was decrypted is no audit terms",
};

fn decrypt(
    material: &AuditMaterial,
    secrets: &[AuditSecretKey],
    key: &AuditKeyId,
    digest: &AuditDigest,
    domain: &Fr,
) -> Result<Words, RowState> {
    let sidecar = material.sidecars.get(digest).ok_or(RowState::Withheld)?;
    let secret = secrets
        .iter()
        .find(|secret| secret.public().id() == *key)
        .ok_or(RowState::NoKey)?;
    sidecar.ciphertext.decrypt(secret, domain).ok_or(NOT_TERMS)
}

/// The names behind the numbers.
struct Named {
    grantee: String,
    purpose: &'static str,
    categories: Vec<&'static str>,
}

impl Named {
    fn new(
        material: &AuditMaterial,
        height: Height,
        grantee: MemberId,
        purpose: Purpose,
        categories: CategorySet,
    ) -> Result<Self, RowState> {
        let member = material.members.get(&grantee).ok_or(RowState::Unchecked {
            missing: "the grantee's member record",
        })?;
        if member.registered > height || !member.roles.has(Role::Platform) {
            return Err(RowState::Contradiction {
                reason: "the grantee is no platform of this chain",
            });
        }
        Ok(Self {
            grantee: member.name.to_string(),
            purpose: purpose.slug(),
            categories: categories.iter().map(|category| category.slug()).collect(),
        })
    }
}
