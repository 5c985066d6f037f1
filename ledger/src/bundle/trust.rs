//! What the reader of a bundle trusts beforehand.

use crate::genesis::ChainSpec;
use crate::handover::SetHistory;
use crate::ids::ChainId;
use crate::light::{Checkpoint, LightError};

/// Where trust begins. Everything else a bundle has to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trust {
    /// The genesis, by the id of its chain.
    Genesis(ChainId),
    /// A header with the validator set that it names: what came before it is not looked at.
    Checkpoint(Box<Checkpoint>),
}

impl Trust {
    /// The chain that is trusted.
    pub fn chain(&self) -> ChainId {
        match self {
            Self::Genesis(chain) => *chain,
            Self::Checkpoint(checkpoint) => checkpoint.header.chain,
        }
    }

    /// The validator sets that are trusted to begin with, on the chain of these constants.
    pub(super) fn sets(&self, spec: &ChainSpec) -> Result<SetHistory, LightError> {
        match self {
            Self::Genesis(_) => Ok(SetHistory::from_genesis(spec)),
            Self::Checkpoint(checkpoint) => {
                SetHistory::from_checkpoint(spec, Checkpoint::clone(checkpoint))
            }
        }
    }
}

impl From<Checkpoint> for Trust {
    fn from(checkpoint: Checkpoint) -> Self {
        Self::Checkpoint(Box::new(checkpoint))
    }
}

impl From<ChainId> for Trust {
    fn from(chain: ChainId) -> Self {
        Self::Genesis(chain)
    }
}
