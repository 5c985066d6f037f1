//! The set of validators that certifies blocks.

use crate::codec::bounded_vec;
use crate::ids::ValidatorsHash;
use crate::signature::ValidatorKey;
use bytes::BufMut;
use commonware_codec::{Buf, Encode, EncodeSize, Error, Read, Write};
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
        self.0.len() - (self.0.len() - 1) / 3
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

/// Why keys form no validator set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ValidatorSetError {
    /// There are no validators or too many.
    #[error("a validator set has 1 to {MAX_VALIDATORS} keys, not {0}")]
    Size(usize),
    /// A key stands in the set twice.
    #[error("a validator key stands in the set twice")]
    Repeated,
}
