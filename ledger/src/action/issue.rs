//! Issue: an issuer adds a credential to the note tree.

use crate::check::{Checking, Evidence};
use crate::codec::codec_struct;
use crate::env::{Env, NewLeaf};
use crate::member::Role;
use crate::outcome::Outcome;
use crate::reject::Reject;
use tacit_circuits::types::{Body, EndTag, HolderKey, LeafKind};

/// Adds a credential. Signed by an issuer, which becomes the leaf's controller: an issuer adds leaves only under its own
/// number. The leaf is computed by every node; sent again it keeps its position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    /// K: the holder's key for this leaf.
    pub holder_key: HolderKey,
    /// Commitment to schema, attributes and validity.
    pub body: Body,
    /// E: whoever reveals its preimage ends the credential.
    pub end_tag: EndTag,
}
codec_struct!(Issue {
    holder_key,
    body,
    end_tag
});

impl Issue {
    pub(crate) fn check(&self, checking: &Checking<'_>) -> Result<Evidence, Reject> {
        checking.member(Some(Role::Issuer))
    }

    pub(crate) fn apply(
        &self,
        env: &mut Env<'_, '_>,
        evidence: &Evidence,
    ) -> Result<Outcome, Reject> {
        let issuer = env.signer(evidence, Role::Issuer)?.id;
        let new = NewLeaf {
            holder_key: self.holder_key,
            body: self.body,
            end_tag: self.end_tag,
        };
        env.append(LeafKind::Credential, Some(issuer), new)
    }
}
