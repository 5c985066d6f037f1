//! Groth16 keys over BLS12-381 (Groth, "On the Size of Pairing-based Non-interactive Arguments", EUROCRYPT 2016).
//!
//! Keys are known by their id, the hash of their canonical bytes, and load by id only. A key says how it was made.

mod proving;
mod setup;
mod verifying;

pub use proving::ProvingKey;
pub use setup::insecure_development_setup;
pub use verifying::VerifyingKey;

use crate::context::StatementId;
use crate::types::{Digest32, OutOfRange};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// How a key was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum SetupKind {
    /// From a published seed: everybody can forge proofs. For development networks only.
    InsecureDevelopment = 1,
    /// By several parties, secure if one of them was honest.
    Ceremony = 2,
}

impl TryFrom<u8> for SetupKind {
    type Error = OutOfRange;

    fn try_from(raw: u8) -> Result<Self, OutOfRange> {
        match raw {
            1 => Ok(Self::InsecureDevelopment),
            2 => Ok(Self::Ceremony),
            _ => Err(OutOfRange("setup kind")),
        }
    }
}

/// Why a key was refused.
#[derive(Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyError {
    /// The bytes do not begin like a key.
    #[error("not a key file")]
    Magic,
    /// A version that this program does not know.
    #[error("key format version {0} is not known")]
    Version(u8),
    /// Too short, too long, or a number out of range.
    #[error("key malformed: {0}")]
    Malformed(&'static str),
    /// A point is not on its curve, not in the prime-order subgroup, the identity, or not canonically encoded.
    #[error("key holds an invalid point: {0}")]
    Point(&'static str),
    /// The key accepts forgeries: gamma and delta are not independent.
    #[error("verifying key accepts forgeries: gamma equals plus or minus delta")]
    GammaDelta,
    /// The bytes are not those of the key that was asked for.
    #[error("key has id {found}, expected {expected}")]
    Id {
        /// The id of the bytes.
        found: Digest32,
        /// The id that was asked for.
        expected: Digest32,
    },
    /// The key is for another statement.
    #[error("key is for another statement than {0:?}")]
    Statement(StatementId),
    /// The key is for another version of the circuit.
    #[error("key is for another version of the circuit")]
    Circuit,
    /// The engine failed.
    #[error("key generation failed: {0}")]
    Engine(String),
}

/// Reads a key's bytes front to back; refuses to read beyond their end.
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn take(&mut self, count: usize) -> Result<&'a [u8], KeyError> {
        let (head, tail) = self
            .0
            .split_at_checked(count)
            .ok_or(KeyError::Malformed("too short"))?;
        self.0 = tail;
        Ok(head)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], KeyError> {
        self.take(N)?
            .try_into()
            .map_err(|_| KeyError::Malformed("too short"))
    }

    pub(super) fn byte(&mut self) -> Result<u8, KeyError> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub(super) fn header(&mut self, magic: &[u8; 4], version: u8) -> Result<(), KeyError> {
        if self.take(4).map_err(|_| KeyError::Magic)? != magic {
            return Err(KeyError::Magic);
        }
        match self.byte()? {
            found if found == version => Ok(()),
            other => Err(KeyError::Version(other)),
        }
    }

    pub(super) fn end(&self) -> Result<(), KeyError> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(KeyError::Malformed("trailing bytes"))
        }
    }
}
