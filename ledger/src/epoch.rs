//! Epochs: which heights belong together under one validator set.

use crate::ids::{Epoch, Height};
use std::num::NonZeroU64;

/// The division of a chain's heights into epochs of equal length. The genesis block has height 0 of epoch 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Epochs(NonZeroU64);

impl Epochs {
    /// Epochs of so many blocks; `None` for less than 2, where no block would lie between two changes.
    pub fn new(blocks: u32) -> Option<Self> {
        (blocks >= 2)
            .then(|| NonZeroU64::new(blocks.into()))
            .flatten()
            .map(Self)
    }

    /// Blocks of an epoch.
    pub fn blocks(self) -> NonZeroU64 {
        self.0
    }

    /// The epoch that a height belongs to.
    pub fn of(self, height: Height) -> Epoch {
        Epoch(height.0 / self.0)
    }

    /// First height of an epoch; saturates at the end of the range, which no chain reaches.
    pub fn first(self, epoch: Epoch) -> Height {
        Height(epoch.0.saturating_mul(self.0.get()))
    }

    /// Last height of an epoch; saturates likewise.
    pub fn last(self, epoch: Epoch) -> Height {
        let next = epoch.0.saturating_add(1).saturating_mul(self.0.get());
        Height(next.saturating_sub(1))
    }

    /// Whether a height is the first of its epoch.
    pub fn begins_at(self, height: Height) -> bool {
        self.first(self.of(height)) == height
    }

    /// Whether a height is the last of its epoch.
    pub fn ends_at(self, height: Height) -> bool {
        self.last(self.of(height)) == height
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heights_fall_into_epochs_without_gap() {
        let epochs = Epochs::new(4).unwrap();
        for (height, epoch) in [(0, 0), (3, 0), (4, 1), (7, 1), (8, 2)] {
            assert_eq!(epochs.of(Height(height)), Epoch(epoch));
            assert!(epochs.first(Epoch(epoch)) <= Height(height));
            assert!(epochs.last(Epoch(epoch)) >= Height(height));
        }
        assert!(epochs.begins_at(Height(0)) && epochs.begins_at(Height(4)));
        assert!(epochs.ends_at(Height(3)) && epochs.ends_at(Height(7)));
        assert!(!epochs.ends_at(Height(4)) && !epochs.begins_at(Height(7)));
    }

    #[test]
    fn an_epoch_has_two_blocks_at_least_and_no_arithmetic_overflows() {
        assert_eq!(Epochs::new(0), None);
        assert_eq!(Epochs::new(1), None);
        let longest = Epochs::new(u32::MAX).unwrap();
        assert_eq!(longest.last(Epoch(u64::MAX)).next(), Height(u64::MAX));
        assert!(longest.of(Height(u64::MAX)) < Epoch(u64::MAX));
    }
}
