//! The absence of any access under a grant in a range of heights.
//!
//! A use of a grant spends one of `max_uses` nullifiers, which follow from the grant's opening, and the state keeps the
//! height at which each was spent, for ever. So for every nullifier the state at a later height shows that it is not
//! spent, or that it was spent outside of the range.

use super::bounded::List;
use super::chain::ChainEvidence;
use super::grant::GrantEvidence;
use super::state::StateEvidence;
use super::trust::Trust;
use super::{BundleError, bundle_bytes};
use crate::action::access::NullifierRecord;
use crate::codec::{codec_struct, decode_slice};
use crate::genesis::ChainSpec;
use crate::ids::Height;
use crate::keys;
use crate::member::MemberRecord;
use tacit_circuits::commit::{GrantBody, MAX_USES};
use tacit_circuits::types::{Position, Timestamp};

/// Shows that nobody used a grant in a range of heights.
#[derive(Clone, Debug, PartialEq)]
pub struct AbsenceBundle {
    /// The headers of the range's ends, of the grant and of the states, each on to a certificate.
    pub chain: ChainEvidence,
    /// The grant.
    pub grant: GrantEvidence,
    /// First height of the range.
    pub from: Height,
    /// Last height, included.
    pub to: Height,
    /// What a state at or after `to` has under the nullifier of each use, in order.
    pub uses: List<StateEvidence, { MAX_USES as usize }>,
    /// The grantee's member record.
    pub grantee: StateEvidence,
}
codec_struct!(AbsenceBundle, b"TCBA", 1, { chain, grant, from, to, uses, grantee });
bundle_bytes!(AbsenceBundle);

/// What a bundle of absence has shown.
#[derive(Clone, Debug)]
pub struct VerifiedAbsence {
    /// The chain's constants.
    pub spec: ChainSpec,
    /// First height without an access under the grant …
    pub from: Height,
    /// … its time …
    pub from_time: Timestamp,
    /// … the last one …
    pub to: Height,
    /// … and its time.
    pub to_time: Timestamp,
    /// Position of the grant's leaf.
    pub position: Position,
    /// The terms.
    pub body: GrantBody,
    /// The grantee.
    pub grantee: MemberRecord,
    /// Accesses under the grant before the range.
    pub before: u16,
    /// Accesses after it, up to the height of the states.
    pub after: u16,
}

impl AbsenceBundle {
    /// Checks the bundle from what the reader trusts.
    ///
    /// # Errors
    /// [`BundleError::Accessed`] when the bundle itself shows an access in the range; else [`BundleError`] names what is
    /// wrong.
    pub fn verify(&self, trust: &Trust) -> Result<VerifiedAbsence, BundleError> {
        if self.from > self.to {
            return Err(BundleError::Range);
        }
        let chain = self.chain.verify(trust)?;
        let position = self.grant.verify(&chain)?;
        let opening = &self.grant.opening;
        let nullifiers = opening.nullifiers()?;
        if nullifiers.len() != self.uses.0.len() {
            return Err(BundleError::Uses);
        }
        let (mut before, mut after) = (0, 0);
        for (number, (nullifier, shown)) in (0u16..).zip(nullifiers.iter().zip(&self.uses.0)) {
            if shown.height() < self.to {
                return Err(BundleError::Range);
            }
            let Some(value) = shown.verify(&chain, &keys::nullifier(nullifier))? else {
                continue;
            };
            let spent: NullifierRecord =
                decode_slice(value).map_err(|_| BundleError::Record("nullifier"))?;
            match spent.height {
                height if height < self.from => before += 1,
                height if height > self.to => after += 1,
                height => return Err(BundleError::Accessed { number, height }),
            }
        }
        let time = |height| Ok::<_, BundleError>(chain.header(height)?.header().time.timestamp());
        Ok(VerifiedAbsence {
            from: self.from,
            from_time: time(self.from)?,
            to: self.to,
            to_time: time(self.to)?,
            position,
            body: opening.body.clone(),
            grantee: self.grantee.member(&chain, opening.body.grantee)?,
            before,
            after,
            spec: chain.spec,
        })
    }
}
