//! Values of the state in bundles, and the bundle of any one of them.

use super::bounded::List;
use super::chain::{Certified, ChainEvidence};
use super::trust::Trust;
use super::{BundleError, bundle_bytes};
use crate::codec::{codec_struct, decode_slice};
use crate::genesis::ChainSpec;
use crate::ids::Height;
use crate::keys::{self, StateKey};
use crate::member::MemberRecord;
use crate::state::StateProof;
use tacit_circuits::types::{MemberId, Timestamp};

/// Most bytes of a value of the state in a bundle.
const MAX_VALUE_BYTES: usize = 64 * 1024;

/// A value of the state at one of the certified heights, or that there is none. The key is what the reader asks for, so it
/// is not in here.
#[derive(Clone, Debug, PartialEq)]
pub struct StateEvidence {
    /// The height.
    height: Height,
    /// The value, or that there is none.
    value: Option<List<u8, MAX_VALUE_BYTES>>,
    /// Shows it.
    proof: StateProof,
}
codec_struct!(StateEvidence {
    height,
    value,
    proof
});

impl StateEvidence {
    /// Takes a value, or that there is none, and its proof at a height.
    pub fn new(height: Height, value: Option<Vec<u8>>, proof: StateProof) -> Self {
        Self {
            height,
            value: value.map(List),
            proof,
        }
    }

    /// The height.
    pub fn height(&self) -> Height {
        self.height
    }

    /// The value, or that there is none, as whoever took it knows. For others there is [`StateEvidence::verify`].
    pub fn value(&self) -> Option<&[u8]> {
        self.value.as_ref().map(|value| value.0.as_slice())
    }

    /// The value, or that there is none, if the proof shows it under this key in one of the certified headers.
    ///
    /// # Errors
    /// [`BundleError`] when it does not.
    pub fn verify(&self, chain: &Certified, key: &StateKey) -> Result<Option<&[u8]>, BundleError> {
        let value = self.value.as_ref().map(|value| value.0.as_slice());
        let header = chain.header(self.height)?;
        header.verify_state(key, value, &self.proof)?;
        Ok(value)
    }

    /// The record of a member.
    ///
    /// # Errors
    /// [`BundleError::Member`] when it is not shown.
    pub(super) fn member(
        &self,
        chain: &Certified,
        id: MemberId,
    ) -> Result<MemberRecord, BundleError> {
        let value = self.verify(chain, &keys::member(id)).ok().flatten();
        value
            .and_then(|value| decode_slice::<MemberRecord>(value).ok())
            .filter(|record| record.id == id)
            .ok_or(BundleError::Member(id))
    }
}

/// Shows what the state after a block has under a key: a value, or none.
#[derive(Clone, Debug, PartialEq)]
pub struct StateBundle {
    /// The header of the state's height, on to a certificate.
    pub chain: ChainEvidence,
    /// The key.
    pub key: StateKey,
    /// What stands there.
    pub state: StateEvidence,
}
codec_struct!(StateBundle, b"TCBS", 1, { chain, key, state });
bundle_bytes!(StateBundle);

/// What a state bundle has shown.
#[derive(Clone, Debug)]
pub struct VerifiedState {
    /// The chain's constants.
    pub spec: ChainSpec,
    /// True as of this height …
    pub height: Height,
    /// … and this time.
    pub time: Timestamp,
    /// The key.
    pub key: StateKey,
    /// The value; `None` when the state has none under the key.
    pub value: Option<Vec<u8>>,
}

impl StateBundle {
    /// Checks the bundle from what the reader trusts.
    ///
    /// # Errors
    /// [`BundleError`] names what is wrong.
    pub fn verify(&self, trust: &Trust) -> Result<VerifiedState, BundleError> {
        let chain = self.chain.verify(trust)?;
        let value = self.state.verify(&chain, &self.key)?;
        let header = chain.header(self.state.height)?.header();
        Ok(VerifiedState {
            height: header.height,
            time: header.time.timestamp(),
            key: self.key.clone(),
            value: value.map(<[u8]>::to_vec),
            spec: chain.spec,
        })
    }
}
