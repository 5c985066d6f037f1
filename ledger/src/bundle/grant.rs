//! A grant's bundle: for those who hold the opening, that exactly this grant is on the chain, and whether it is live.

use super::chain::{Certified, ChainEvidence};
use super::state::StateEvidence;
use super::trust::Trust;
use super::{BundleError, bundle_bytes};
use crate::codec::codec_struct;
use crate::genesis::ChainSpec;
use crate::ids::Height;
use crate::member::MemberRecord;
use tacit_circuits::commit::{self, GrantBody, MAX_USES};
use tacit_circuits::tree::ended::EndedPath;
use tacit_circuits::tree::note::NotePath;
use tacit_circuits::types::{EndTag, HolderKey, Leaf, LeafKind, Position, Timestamp, UseNullifier};

/// The opening of a grant's leaf. Whoever has it knows the terms and finds every use on the chain, those to come too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantOpening {
    /// K: the owner's key for this leaf.
    pub holder_key: HolderKey,
    /// E: whoever reveals its preimage ends the grant.
    pub end_tag: EndTag,
    /// The terms.
    pub body: GrantBody,
}
codec_struct!(GrantOpening {
    holder_key,
    end_tag,
    body
});

impl GrantOpening {
    /// The leaf. It is of the kind "grant", so under a note root it stands only where the grant statement was verified.
    pub fn leaf(&self) -> Leaf {
        let body = self.body.commit();
        commit::leaf(
            LeafKind::Grant,
            None,
            &self.holder_key,
            &body,
            &self.end_tag,
        )
    }

    /// The nullifiers of all uses, in order.
    ///
    /// # Errors
    /// [`BundleError::Uses`] when the number of uses is none that a grant can have.
    pub fn nullifiers(&self) -> Result<Vec<UseNullifier>, BundleError> {
        let uses = self.body.max_uses;
        if uses == 0 || uses > MAX_USES {
            return Err(BundleError::Uses);
        }
        let leaf = self.leaf();
        let of = |number| commit::use_nullifier(&self.body.salt, &leaf, number);
        Ok((0..uses).map(of).collect())
    }
}

/// Shows that a grant's leaf is in the note tree of one of the certified heights.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantEvidence {
    /// The height.
    pub height: Height,
    /// What the leaf opens to.
    pub opening: GrantOpening,
    /// The leaf's path.
    pub path: NotePath,
}
codec_struct!(GrantEvidence {
    height,
    opening,
    path
});

impl GrantEvidence {
    /// The leaf's position, if its path leads to the header's note root.
    ///
    /// # Errors
    /// [`BundleError::Grant`] when it does not.
    pub fn verify(&self, chain: &Certified) -> Result<Position, BundleError> {
        let root = chain.header(self.height)?.header().note_root;
        match self.path.verify(&self.opening.leaf(), &root) {
            true => Ok(self.path.position),
            false => Err(BundleError::Grant),
        }
    }
}

/// Shows a grant, whether it was ended, and whether the document under it was.
#[derive(Clone, Debug, PartialEq)]
pub struct GrantBundle {
    /// The header of the grant's height, on to a certificate.
    pub chain: ChainEvidence,
    /// The grant.
    pub grant: GrantEvidence,
    /// The word with the bit of the grant's position, at the same height.
    pub ended: EndedPath,
    /// The word with the bit of its record's position, at the same height.
    pub record_ended: EndedPath,
    /// The grantee's member record.
    pub grantee: StateEvidence,
}
codec_struct!(GrantBundle, b"TCBG", 1, { chain, grant, ended, record_ended, grantee });
bundle_bytes!(GrantBundle);

/// What a grant's bundle has shown.
#[derive(Clone, Debug)]
pub struct VerifiedGrant {
    /// The chain's constants.
    pub spec: ChainSpec,
    /// True as of this height …
    pub height: Height,
    /// … and this time.
    pub time: Timestamp,
    /// Position of the grant's leaf.
    pub position: Position,
    /// The terms.
    pub body: GrantBody,
    /// The grantee.
    pub grantee: MemberRecord,
    /// Whether the grant was ended.
    pub ended: bool,
    /// Whether the record was.
    pub record_ended: bool,
}

impl GrantBundle {
    /// Checks the bundle from what the reader trusts.
    ///
    /// # Errors
    /// [`BundleError`] names what is wrong.
    pub fn verify(&self, trust: &Trust) -> Result<VerifiedGrant, BundleError> {
        let chain = self.chain.verify(trust)?;
        let position = self.grant.verify(&chain)?;
        let header = chain.header(self.grant.height)?.header();
        let body = &self.grant.opening.body;
        for (path, position) in [(&self.ended, position), (&self.record_ended, body.record)] {
            if path.position != position || !path.verify(&header.ended_root) {
                return Err(BundleError::Ended(position));
            }
        }
        Ok(VerifiedGrant {
            height: header.height,
            time: header.time.timestamp(),
            position,
            body: body.clone(),
            grantee: self.grantee.member(&chain, body.grantee)?,
            ended: self.ended.is_ended(),
            record_ended: self.record_ended.is_ended(),
            spec: chain.spec,
        })
    }
}
