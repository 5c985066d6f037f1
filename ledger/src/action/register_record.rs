//! RegisterRecord: a person adds a record, the commitment to an encrypted document.

use crate::check::{Checking, Evidence};
use crate::codec::codec_struct;
use crate::env::{Env, NewLeaf};
use crate::outcome::Outcome;
use crate::reject::Reject;
use tacit_circuits::types::{Body, EndTag, HolderKey, LeafKind};

/// Adds a record. Nobody signs: a record is worth something only to whoever can open it, and admission to the chain is
/// the relay's concern. The leaf's kind comes from the action, so no grant can be slipped in as a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegisterRecord {
    /// K: the owner's key for this leaf.
    pub holder_key: HolderKey,
    /// Commitment to content digest, key commitment and category.
    pub body: Body,
    /// E: whoever reveals its preimage ends the record.
    pub end_tag: EndTag,
}
codec_struct!(RegisterRecord {
    holder_key,
    body,
    end_tag
});

impl RegisterRecord {
    pub(crate) fn check(&self, checking: &Checking<'_>) -> Result<Evidence, Reject> {
        checking.nobody()
    }

    pub(crate) fn apply(&self, env: &mut Env<'_, '_>, _: &Evidence) -> Result<Outcome, Reject> {
        let new = NewLeaf {
            holder_key: self.holder_key,
            body: self.body,
            end_tag: self.end_tag,
        };
        env.append(LeafKind::Record, None, new)
    }
}
