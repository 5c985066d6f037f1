//! Who votes on the next block, and who will in the epoch after.

use super::{Chain, read_block};
use crate::error::NodeError;
use commonware_p2p::Address;
use std::{net::SocketAddr, num::NonZeroU64};
use tacit_ledger::{
    epoch::Epochs,
    ids::{BlockId, Epoch, Height},
    state,
    validators::{Validator, ValidatorSet, Validators},
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

/// Where an epoch can be entered.
pub(crate) enum Entrance {
    /// At its beginning, after this block.
    Start(BlockId),
    /// At a block of this height within it, whose certificate is here.
    Within(Height),
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

    /// The epoch that follows the one of a height.
    pub(crate) fn epoch_after(&self, height: Height) -> u64 {
        self.epochs().of(height).0.saturating_add(1)
    }

    /// Where the engine of an epoch begins: at the newest block that has a certificate here. Then nothing that is final
    /// hangs on the engine's journals, which cut off what they cannot read.
    ///
    /// # Errors
    /// When the log cannot be read or lacks the block.
    pub(crate) fn entrance(&self, epoch: u64) -> Result<Entrance, NodeError> {
        let tip = self.tip().header.height;
        let first = self.epochs().first(Epoch(epoch)).0;
        for height in (first.max(1)..=tip.0).rev() {
            if self.blocks.finalization(height)?.is_some() {
                return Ok(Entrance::Within(Height(height)));
            }
        }
        let Some(before) = first.checked_sub(1).map(Height) else {
            return Ok(Entrance::Start(self.genesis.id()));
        };
        match read_block(&self.blocks, before)? {
            Some(block) => Ok(Entrance::Start(block.id())),
            None => {
                let missing = format!("the block of height {before} is missing");
                Err(NodeError::Stopped(missing))
            }
        }
    }

    /// Height of the snapshot that this chain began with here. Otherwise a validator's log has the genesis block.
    pub(crate) fn snapshot_height(&self) -> Option<Height> {
        self.blocks
            .first_block()
            .filter(|first| *first > 0)
            .map(Height)
    }

    /// Who voted about a block that is here.
    ///
    /// # Errors
    /// When log or state cannot be read.
    pub(crate) fn voters_of(&self, height: Height) -> Result<ValidatorSet, NodeError> {
        let missing = || NodeError::NoCertificate(height);
        let block = read_block(&self.blocks, height)?.ok_or_else(missing)?;
        let set = self.read(|_, view| state::validator_set(view, &block.header.validators))?;
        set.ok_or_else(missing)
    }
}

/// Where a validator listens, if its address needs no name service.
pub(crate) fn address_of(validator: &Validator) -> Option<Address> {
    let address: SocketAddr = validator.address.as_str().parse().ok()?;
    Some(Address::from(address))
}
