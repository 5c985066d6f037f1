//! What the reader of a bundle trusts beforehand.

use crate::ids::ChainId;

/// Where trust begins. Everything else a bundle has to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trust {
    /// The genesis, by the id of its chain.
    Genesis(ChainId),
}

impl Trust {
    /// The chain that is trusted.
    pub fn chain(&self) -> ChainId {
        match self {
            Self::Genesis(chain) => *chain,
        }
    }
}

impl From<ChainId> for Trust {
    fn from(chain: ChainId) -> Self {
        Self::Genesis(chain)
    }
}
