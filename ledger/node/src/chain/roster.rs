//! Who votes on the next block, and who will in the epoch after.

use super::Chain;
use crate::error::NodeError;
use commonware_p2p::Address;
use std::num::NonZeroU64;
use tacit_ledger::{ids::BlockId, signature::ValidatorKey};

/// A validator as the engine needs it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Seat {
    /// Its voting key.
    pub(crate) key: ValidatorKey,
    /// Where it listens, if the chain says.
    pub(crate) address: Option<Address>,
}

/// See the module.
#[derive(Clone, Debug)]
pub(crate) struct Roster {
    /// The epoch that the block after the tip belongs to.
    pub(crate) epoch: u64,
    /// The last block before that epoch.
    pub(crate) floor: BlockId,
    /// Who votes in it.
    pub(crate) active: Vec<Seat>,
    /// Who is to vote in the next one, as things stand.
    pub(crate) scheduled: Vec<Seat>,
}

impl Chain {
    /// Blocks in an epoch.
    pub(crate) fn epoch_blocks(&self) -> NonZeroU64 {
        NonZeroU64::MAX
    }

    /// The roster after the newest finalized block.
    ///
    /// # Errors
    /// When state or log cannot be read.
    pub(crate) fn roster(&self) -> Result<Roster, NodeError> {
        let seats: Vec<Seat> = self
            .spec
            .validators()
            .keys()
            .iter()
            .map(|key| Seat {
                key: *key,
                address: None,
            })
            .collect();
        Ok(Roster {
            epoch: 0,
            floor: self.genesis.id(),
            active: seats.clone(),
            scheduled: seats,
        })
    }
}
