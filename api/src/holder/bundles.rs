//! Bundles that a holder hands to others: a grant, and that nobody used it.

use tacit_ledger::bundle::{AbsenceBundle, GrantBundle};
use tacit_ledger::ids::Height;
use tacit_wallet::derive::Counter;

use super::Holder;
use crate::errors::ApiResult;
use crate::follower::Follower;
use crate::member::CHECKPOINT_FILE;

impl Holder {
    /// One of this wallet's grants, and whether it is live, for somebody without a network.
    ///
    /// # Errors
    /// When the grant is not on the chain, or the node does not deliver.
    pub async fn grant_bundle(&mut self, number: Counter) -> ApiResult<GrantBundle> {
        self.sync()?;
        let opening = self.wallet.grant_opening(number)?;
        self.follower().await?.grant_bundle(&opening).await
    }

    /// That nobody used one of this wallet's grants in a range of heights; up to the newest when the end is left out.
    ///
    /// # Errors
    /// GRANT_USED when somebody did; as [`Holder::grant_bundle`].
    pub async fn absence_bundle(
        &mut self,
        number: Counter,
        (from, to): (Height, Option<Height>),
    ) -> ApiResult<AbsenceBundle> {
        self.sync()?;
        let opening = self.wallet.grant_opening(number)?;
        let follower = self.follower().await?;
        let to = match to {
            Some(to) => to,
            None => follower.tip().await.header().height,
        };
        follower.absence_bundle(&opening, (from, to)).await
    }

    async fn follower(&self) -> ApiResult<Follower> {
        // One for each persona: where a follower goes on tells who was there before.
        let file = match self.wallet.persona().number {
            0 => CHECKPOINT_FILE.to_owned(),
            number => format!("{CHECKPOINT_FILE}-{number}"),
        };
        Follower::connect(&self.net, Some(self.dir.join(file))).await
    }
}
