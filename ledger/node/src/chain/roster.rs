//! Who votes on the next block, and who will in the epoch after.

use super::{Chain, read_block};
use crate::error::NodeError;
use commonware_p2p::Address;
use std::{net::SocketAddr, num::NonZeroU64};
use tacit_ledger::{
    epoch::Epochs,
    ids::{BlockId, Epoch, Height},
    state,
    validators::{Validator, Validators},
};

/// See the module.
#[derive(Clone, Debug)]
pub(crate) struct Roster {
    /// The epoch that the block after the tip belongs to.
    pub(crate) epoch: u64,
    /// Who votes in it.
    pub(crate) active: Validators,
    /// Who is to vote in the next one, as things stand.
    pub(crate) scheduled: Validators,
}

impl Chain {
    /// Blocks in an epoch.
    pub(crate) fn epoch_blocks(&self) -> NonZeroU64 {
        self.epochs().blocks()
    }

    fn epochs(&self) -> Epochs {
        self.spec.epochs()
    }

    /// The roster after the newest finalized block.
    ///
    /// # Errors
    /// When the state cannot be read.
    pub(crate) fn roster(&self) -> Result<Roster, NodeError> {
        let (tip, active, scheduled) = self.read(|header, view| {
            let lists = state::validators(view)
                .and_then(|active| Ok((active, state::scheduled_validators(view)?)));
            lists.map(|(active, scheduled)| (header.clone(), active, scheduled))
        })?;
        let epochs = self.epochs();
        let epoch = epochs.of(tip.height.next());
        // The lists in the state are those of the tip: its epoch may just be over.
        let active = match epochs.begins_at(tip.height.next()) {
            true => scheduled.clone(),
            false => active,
        };
        Ok(Roster {
            epoch: epoch.0,
            active,
            scheduled,
        })
    }

    /// The last block before an epoch, which its engine starts from; genesis for the first one.
    ///
    /// # Errors
    /// When the log cannot be read or lacks it.
    pub(crate) fn last_before(&self, epoch: u64) -> Result<BlockId, NodeError> {
        let first = self.epochs().first(Epoch(epoch)).0;
        let Some(height) = first.checked_sub(1).map(Height) else {
            return Ok(self.genesis.id());
        };
        let block = read_block(&self.blocks, height)?;
        block
            .map(|block| block.id())
            .ok_or_else(|| NodeError::Stopped(format!("the block of height {height} is missing")))
    }
}

/// Where a validator listens, if its address needs no name service.
pub(crate) fn address_of(validator: &Validator) -> Option<Address> {
    let address: SocketAddr = validator.address.as_str().parse().ok()?;
    Some(Address::from(address))
}
