//! The open statement, checked natively.

use super::{OpenPublic, OpenWitness};
use crate::commit;
use thiserror::Error;

/// A clause of the open statement that does not hold.
#[derive(Debug, Error, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Clause {
    /// K is not the hash of the secret and the nonce.
    #[error("the holder key does not open to the secret and nonce")]
    HolderKey,
}

pub(super) fn check(public: &OpenPublic, witness: &OpenWitness) -> Result<(), Clause> {
    let key = commit::holder_key(witness.sk.expose(), witness.rho.expose());
    if key == public.holder_key {
        Ok(())
    } else {
        Err(Clause::HolderKey)
    }
}
