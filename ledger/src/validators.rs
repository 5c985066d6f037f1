//! Validators: who certifies blocks, and the set of keys that light clients need of them.

use crate::codec::{bounded_vec, codec_struct};
use crate::ids::{ValidatorId, ValidatorsHash};
use crate::signature::{SigningPublicKey, ValidatorKey};
use crate::text::{Name, PeerAddress};
use bytes::BufMut;
use commonware_codec::{Buf, Encode, EncodeSize, Error, Read, Write};
use serde::Serialize;
use std::collections::BTreeSet;
use tacit_circuits::tags::{self, tagged_sha256};

/// Most validators a set may have.
pub const MAX_VALIDATORS: usize = 128;

/// Distinct validator keys in ascending order of their bytes; the index of a key in it is the signer's number in a
/// certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValidatorSet(Vec<ValidatorKey>);

impl ValidatorSet {
    /// Makes a set of 1 to [`MAX_VALIDATORS`] distinct keys, in any order.
    ///
    /// # Errors
    /// [`ValidatorSetError`] when the number is out of bounds or a key stands twice.
    pub fn new(mut keys: Vec<ValidatorKey>) -> Result<Self, ValidatorSetError> {
        if keys.is_empty() || keys.len() > MAX_VALIDATORS {
            return Err(ValidatorSetError::Size(keys.len()));
        }
        keys.sort_unstable();
        if keys.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(ValidatorSetError::Repeated);
        }
        Ok(Self(keys))
    }

    /// The keys in ascending order.
    pub fn keys(&self) -> &[ValidatorKey] {
        &self.0
    }

    /// Votes that make a block final: `n - floor((n - 1) / 3)`.
    pub fn quorum(&self) -> usize {
        quorum(self.0.len())
    }

    /// Tagged hash of the set, as it stands in headers.
    pub fn hash(&self) -> ValidatorsHash {
        ValidatorsHash(tagged_sha256(tags::VALIDATOR_SET, &[&self.encode()]))
    }
}

impl Write for ValidatorSet {
    fn write(&self, buf: &mut impl BufMut) {
        self.0.write(buf);
    }
}

impl EncodeSize for ValidatorSet {
    fn encode_size(&self) -> usize {
        self.0.encode_size()
    }
}

impl Read for ValidatorSet {
    type Cfg = ();
    fn read_cfg(buf: &mut impl Buf, _: &()) -> Result<Self, Error> {
        let keys = bounded_vec::<ValidatorKey>(buf, MAX_VALIDATORS)?;
        let set =
            Self::new(keys.clone()).map_err(|e| Error::Wrapped("ValidatorSet", Box::new(e)))?;
        if set.0 != keys {
            return Err(Error::Invalid(
                "ValidatorSet",
                "keys are not in ascending order",
            ));
        }
        Ok(set)
    }
}

/// A validator as the state holds it for one epoch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Validator {
    /// Its number, never used again.
    pub id: ValidatorId,
    /// Name, for people.
    pub name: Name,
    /// Signs votes for blocks; lies on the validator's machine.
    pub consensus_key: ValidatorKey,
    /// Signs votes about changes of the chain; is its operator's, and needs to be on no server.
    pub governance_key: SigningPublicKey,
    /// Where the other validators reach it.
    pub address: PeerAddress,
}
codec_struct!(Validator {
    id,
    name,
    consensus_key,
    governance_key,
    address
});

/// The validators of one epoch, in ascending order of their numbers: 1 to [`MAX_VALIDATORS`], no two of them with a name,
/// an address or a key in common.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Validators(Vec<Validator>);

impl Validators {
    /// Takes validators in ascending order of their numbers.
    ///
    /// # Errors
    /// [`ValidatorSetError`] names the rule that is broken.
    pub fn new(validators: Vec<Validator>) -> Result<Self, ValidatorSetError> {
        if validators.is_empty() || validators.len() > MAX_VALIDATORS {
            return Err(ValidatorSetError::Size(validators.len()));
        }
        if validators.windows(2).any(|pair| pair[0].id >= pair[1].id) {
            return Err(ValidatorSetError::Order);
        }
        let mut keys = BTreeSet::new();
        let (mut names, mut addresses) = (BTreeSet::new(), BTreeSet::new());
        for validator in &validators {
            if !keys.insert(validator.consensus_key.as_bytes())
                || !keys.insert(validator.governance_key.as_bytes())
            {
                return Err(ValidatorSetError::Shared("key"));
            }
            if !names.insert(validator.name.as_str()) {
                return Err(ValidatorSetError::Shared("name"));
            }
            if !addresses.insert(validator.address.as_str()) {
                return Err(ValidatorSetError::Shared("address"));
            }
        }
        Ok(Self(validators))
    }

    /// The validators.
    pub fn as_slice(&self) -> &[Validator] {
        &self.0
    }

    /// The validator with a number, if it is one of these.
    pub fn get(&self, id: ValidatorId) -> Option<&Validator> {
        self.0.iter().find(|validator| validator.id == id)
    }

    /// The validator with a consensus key, if it is one of these.
    pub fn with_key(&self, key: &ValidatorKey) -> Option<&Validator> {
        self.0
            .iter()
            .find(|validator| validator.consensus_key == *key)
    }

    /// Votes that decide: of blocks and of proposals alike.
    pub fn quorum(&self) -> usize {
        quorum(self.0.len())
    }

    /// The set of their consensus keys.
    pub fn set(&self) -> ValidatorSet {
        let mut keys: Vec<ValidatorKey> = self
            .0
            .iter()
            .map(|validator| validator.consensus_key)
            .collect();
        keys.sort_unstable();
        // One to 128 distinct keys: what `new` of both types demands.
        ValidatorSet(keys)
    }
}

impl Write for Validators {
    fn write(&self, buf: &mut impl BufMut) {
        self.0.write(buf);
    }
}

impl EncodeSize for Validators {
    fn encode_size(&self) -> usize {
        self.0.encode_size()
    }
}

impl Read for Validators {
    type Cfg = ();
    fn read_cfg(buf: &mut impl Buf, _: &()) -> Result<Self, Error> {
        Self::new(bounded_vec(buf, MAX_VALIDATORS)?)
            .map_err(|e| Error::Wrapped("Validators", Box::new(e)))
    }
}

/// Votes of `n` validators that decide: `n - floor((n - 1) / 3)`, and none when there are none.
fn quorum(n: usize) -> usize {
    n - n.saturating_sub(1) / 3
}

/// Why keys or validators form no set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ValidatorSetError {
    /// There are no validators or too many.
    #[error("a validator set has 1 to {MAX_VALIDATORS} keys, not {0}")]
    Size(usize),
    /// A key stands in the set twice.
    #[error("a validator key stands in the set twice")]
    Repeated,
    /// Two validators have the same name, address or key, or a consensus key is a governance key too.
    #[error("two validators share a {0}")]
    Shared(&'static str),
    /// The validators are not in ascending order of their numbers.
    #[error("the validators are not in ascending order of their numbers")]
    Order,
}
