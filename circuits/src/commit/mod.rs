//! Commitments, pseudonyms, nullifiers (protocol section 3), natively. Every gadget twin uses the same tags and the same
//! order of inputs.

mod body;
mod receipt;

pub use body::{CertificateBody, CredentialBody, GrantBody, RecordBody};
pub use receipt::ReceiptOpening;

use crate::field::Fr;
use crate::poseidon::hash;
use crate::tags;
use crate::types::{
    Body, Digest32, EndTag, HolderKey, Leaf, LeafKind, MemberId, Nym, UseNullifier, Year,
};

/// Most uses a grant may allow.
pub const MAX_USES: u16 = 4096;

/// K = H("holder"; sk, rho). `rho` is fresh for every leaf.
pub fn holder_key(sk: &Fr, rho: &Fr) -> HolderKey {
    HolderKey(hash(tags::HOLDER, &[*sk, *rho]))
}

/// E = H("end"; e).
pub fn end_tag(e: &Fr) -> EndTag {
    EndTag(hash(tags::END, &[*e]))
}

/// Kind and controller in one element: controller * 2^8 + kind, with 0 for no controller.
pub fn leaf_head(kind: LeafKind, controller: Option<MemberId>) -> Fr {
    Fr::from(u64::from(controller.map_or(0, MemberId::get)) << 8 | kind as u64)
}

/// leaf = H("leaf"; kind and controller, K, body, E).
pub fn leaf(
    kind: LeafKind,
    controller: Option<MemberId>,
    key: &HolderKey,
    body: &Body,
    end: &EndTag,
) -> Leaf {
    Leaf(hash(
        tags::LEAF,
        &[leaf_head(kind, controller), key.0, body.0, end.0],
    ))
}

/// The pseudonym of a holder in one scope.
pub fn show_nym(sk: &Fr, scope: &Fr) -> Nym {
    Nym(hash(tags::NYM_SHOW, &[*sk, *scope]))
}

/// The pseudonym of a holder towards the reviewers, for one audit key (by its id as a field element) and year.
pub fn audit_nym(sk: &Fr, audit_key_id: &Fr, year: Year) -> Nym {
    Nym(hash(
        tags::NYM_AUDIT,
        &[*sk, *audit_key_id, Fr::from(year.0)],
    ))
}

/// The nullifier of use `i` (from 0) of a grant.
pub fn use_nullifier(grant_salt: &Fr, grant_leaf: &Leaf, i: u16) -> UseNullifier {
    UseNullifier(hash(tags::USE, &[*grant_salt, grant_leaf.0, Fr::from(i)]))
}

/// The commitment to a platform's secret, which the platform's member record holds.
pub fn platform_commitment(secret: &Fr) -> Fr {
    hash(tags::PLATFORM_SECRET, &[*secret])
}

/// A leaf of the platform tree.
pub fn platform_leaf(member: MemberId, secret_commitment: &Fr) -> Fr {
    hash(
        tags::PLATFORM_LEAF,
        &[Fr::from(member.get()), *secret_commitment],
    )
}

/// A 256-bit digest among the inputs of a hash: two limbs, the high one first.
fn push_digest(inputs: &mut Vec<Fr>, digest: &Digest32) {
    inputs.extend(digest.limbs());
}
