//! The wallet's leaves, put together again from the seed and what the wallet knows of their content.

use tacit_circuits::commit::{self, GrantBody, RecordBody};
use tacit_circuits::field::Fr;
use tacit_circuits::types::{Body, Digest32, EndTag, HolderKey, Leaf, LeafKind, Position, Secret};

use crate::derive::{ChainKeys, Counter, Generation, Plan};
use crate::state::{GrantEntry, RecordEntry};

/// What the secrets of a leaf follow from, beside the seed.
#[derive(Clone, Copy)]
pub(crate) struct Origin<'a> {
    pub generation: Generation,
    pub counter: Counter,
    pub plan: &'a Plan,
}

/// The public parts of a leaf, and the leaf.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Parts {
    pub holder_key: HolderKey,
    pub body: Body,
    pub end_tag: EndTag,
    pub leaf: Leaf,
}

impl Parts {
    fn new(keys: &ChainKeys, kind: LeafKind, origin: &Origin<'_>, body: Body) -> Self {
        let holder_key = holder_key(keys, origin);
        let end_tag = end_tag(keys, origin.counter);
        Parts {
            holder_key,
            body,
            end_tag,
            leaf: commit::leaf(kind, None, &holder_key, &body, &end_tag),
        }
    }
}

/// K of a leaf.
pub(crate) fn holder_key(keys: &ChainKeys, origin: &Origin<'_>) -> HolderKey {
    commit::holder_key(
        keys.holder_secret(origin.generation).expose(),
        keys.leaf_nonce(origin.counter, origin.plan).expose(),
    )
}

/// E of a leaf.
pub(crate) fn end_tag(keys: &ChainKeys, counter: Counter) -> EndTag {
    commit::end_tag(keys.end_secret(counter).expose())
}

/// What a record's leaf opens to.
pub(crate) fn record_body(keys: &ChainKeys, record: &RecordEntry) -> RecordBody {
    RecordBody {
        content_digest: Digest32(record.object.content_digest.0),
        key_commitment: Digest32(record.object.key_commitment.0),
        category: record.category,
        salt: *salt(keys, record.counter, &record.plan).expose(),
    }
}

/// A record's leaf.
pub(crate) fn record(keys: &ChainKeys, record: &RecordEntry) -> Parts {
    let body = record_body(keys, record).commit();
    Parts::new(keys, LeafKind::Record, &record.origin(), body)
}

/// What a grant's leaf opens to. `record` is the position of the record it is for.
pub(crate) fn grant_body(keys: &ChainKeys, grant: &GrantEntry, record: Position) -> GrantBody {
    let terms = &grant.terms;
    GrantBody {
        record,
        grantee: terms.grantee,
        purpose: terms.purpose,
        categories: terms.categories,
        not_before: terms.not_before,
        not_after: terms.not_after,
        max_uses: terms.max_uses,
        audit_nym: terms.audit_nym,
        salt: *salt(keys, grant.counter, &grant.plan).expose(),
    }
}

/// A grant's leaf.
pub(crate) fn grant(keys: &ChainKeys, grant: &GrantEntry, record: Position) -> Parts {
    let body = grant_body(keys, grant, record).commit();
    Parts::new(keys, LeafKind::Grant, &grant.origin(), body)
}

fn salt(keys: &ChainKeys, counter: Counter, plan: &Plan) -> Secret<Fr> {
    keys.body_salt(counter, plan)
}
