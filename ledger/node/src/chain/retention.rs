//! Erasing sidecars whose time is over. The chain itself holds only their digests and does not change.

use super::{Chain, read_block};
use crate::error::NodeError;
use std::time::Duration;
use tacit_ledger::ids::{BlockTime, Height};

/// Erasing rewrites a file, so it happens this many times in a retention period at most.
const TIMES: u32 = 16;

impl Chain {
    /// Erases the sidecars of blocks that are older than `retention`, by the newest block's time. Returns the height below
    /// which there are none now, when it erased any.
    ///
    /// # Errors
    /// When a file fails.
    pub(crate) fn erase_old_sidecars(
        &self,
        retention: Duration,
    ) -> Result<Option<Height>, NodeError> {
        let Some(oldest) = self.sidecars.oldest() else {
            return Ok(None);
        };
        let tip = self.tip().header;
        let kept = millis(retention);
        let late = kept.saturating_add(millis(retention / TIMES));
        let time_of = |height| self.time_of(Height(height));
        // The oldest one may stay a little longer than the others, so that many are erased at once.
        if time_of(oldest)?.is_none_or(|time| tip.time.0.saturating_sub(time.0) <= late) {
            return Ok(None);
        }
        // Times grow with the height.
        let (mut low, mut high) = (oldest, tip.height.0);
        while low < high {
            let middle = low + (high - low) / 2;
            let old = time_of(middle)?.is_none_or(|at| tip.time.0.saturating_sub(at.0) > kept);
            match old {
                true => low = middle + 1,
                false => high = middle,
            }
        }
        let gone = self.sidecars.erase_below(low)?;
        tracing::info!(below = low, gone, "erased sidecars whose retention is over");
        Ok(Some(Height(low)))
    }

    fn time_of(&self, height: Height) -> Result<Option<BlockTime>, NodeError> {
        Ok(read_block(&self.blocks, height)?.map(|block| block.header.time))
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
