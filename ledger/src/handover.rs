//! Changes of the validator set, and from them which set certifies which epoch: what it takes to check a header anywhere on the
//! chain without the headers before it.

use crate::certificate::Certificate;
use crate::codec::codec_struct;
use crate::genesis::ChainSpec;
use crate::header::Header;
use crate::ids::Epoch;
use crate::light::{Checkpoint, LightClient, LightError, TrustedSet, certify};
use crate::validators::ValidatorSet;
use std::collections::BTreeMap;

/// A change of the validator set: the last header of an epoch, which that epoch's set certifies, and the set it names for the
/// next one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handover {
    /// The last header of an epoch.
    pub header: Header,
    /// Its own certificate.
    pub certificate: Certificate,
    /// The set that the header names for the next epoch.
    pub next: ValidatorSet,
}
codec_struct!(Handover {
    header,
    certificate,
    next
});

/// Which validator set certifies which epoch, from where trust begins on. An epoch in which the set stays needs no handover.
///
/// Whoever uses it for epochs above the last handover that was entered takes the word of the last set that it did not change: as
/// a client that follows all headers does, for the same quorum could sign them all.
#[derive(Clone, Debug)]
pub struct SetHistory {
    /// By the first epoch of each set. Never empty: begins with the trusted one.
    sets: BTreeMap<Epoch, TrustedSet>,
}

impl SetHistory {
    /// Trusts the genesis.
    pub fn from_genesis(spec: &ChainSpec) -> Self {
        Self {
            sets: BTreeMap::from([(Epoch(0), TrustedSet::first(spec))]),
        }
    }

    /// Trusts a checkpoint.
    ///
    /// # Errors
    /// As [`LightClient::from_checkpoint`].
    pub fn from_checkpoint(spec: &ChainSpec, checkpoint: Checkpoint) -> Result<Self, LightError> {
        let epoch = checkpoint.header.epoch;
        let client = LightClient::from_checkpoint(spec, checkpoint)?;
        Ok(Self {
            sets: BTreeMap::from([(epoch, client.validators().clone())]),
        })
    }

    /// Goes on through a change of the set. One before trust begins is passed over.
    ///
    /// # Errors
    /// [`LightError`] when it does not follow from the last set: out of order, not at the end of an epoch, not certified by
    /// that set, or with another set than the header names.
    pub fn enter(&mut self, spec: &ChainSpec, handover: &Handover) -> Result<(), LightError> {
        let Header { height, epoch, .. } = handover.header;
        let begins = self.sets.keys().next();
        if begins.is_some_and(|first| epoch < *first) {
            return Ok(());
        }
        let broken = LightError::Handover { height };
        let last = self
            .sets
            .last_key_value()
            .filter(|(first, _)| **first <= epoch);
        let (_, set) = last.ok_or_else(|| broken.clone())?;
        if !spec.epochs().ends_at(height) {
            return Err(broken);
        }
        let header = std::slice::from_ref(&handover.header);
        let certified = certify(spec, set, header, &handover.certificate)?;
        let certified = certified.first().ok_or(LightError::Empty)?;
        let next = certified.next_set(spec, handover.next.clone())?;
        self.sets.insert(Epoch(epoch.0.saturating_add(1)), next);
        Ok(())
    }

    /// The set of an epoch; `None` before trust begins.
    pub fn of(&self, epoch: Epoch) -> Option<&TrustedSet> {
        let known = self.sets.range(..=epoch);
        known.last().map(|(_, set)| set)
    }
}
