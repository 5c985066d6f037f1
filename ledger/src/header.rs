//! Block headers: what validators sign and light clients follow.

use crate::codec::{codec_struct, encode_vec};
use crate::epoch::Epochs;
use crate::ids::{BlockId, BlockTime, ChainId, Epoch, Height, StateRoot, TxRoot, ValidatorsHash};
use serde::{Deserialize, Serialize};
use tacit_circuits::tags::{self, tagged_sha256};
use tacit_circuits::types::{AnchorView, EndedRoot, NoteRoot, PlatformRoot};

/// Header of a block. All roots are those *after* the block's transactions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// The chain.
    pub chain: ChainId,
    /// Height; the parent's plus one.
    pub height: Height,
    /// The epoch that the height belongs to.
    pub epoch: Epoch,
    /// Time; later than the parent's.
    pub time: BlockTime,
    /// The parent block; all zero for the genesis block.
    pub parent: BlockId,
    /// Height of the newest anchor up to and including this block. The block is an anchor when this is its own height.
    pub anchor: Height,
    /// Root of the note tree.
    pub note_root: NoteRoot,
    /// Root of the ended tree.
    pub ended_root: EndedRoot,
    /// Root of the platform tree.
    pub platform_root: PlatformRoot,
    /// Root of the authenticated state.
    pub state_root: StateRoot,
    /// Root over this block's transactions.
    pub tx_root: TxRoot,
    /// The validator set that certifies this block.
    pub validators: ValidatorsHash,
    /// The validator set that is scheduled for the next epoch. Final only in the last header of an epoch.
    pub next_validators: ValidatorsHash,
}
codec_struct!(Header, b"TCTH", 2, {
    chain, height, epoch, time, parent, anchor, note_root, ended_root, platform_root, state_root, tx_root, validators,
    next_validators
});

impl Header {
    /// Id of the block: tagged hash of the canonical header.
    pub fn id(&self) -> BlockId {
        BlockId(tagged_sha256(tags::BLOCK, &[&encode_vec(self)]))
    }

    /// The set that certifies the block after this one: at the end of an epoch the one that was scheduled.
    pub fn validators_of_child(&self, epochs: Epochs) -> ValidatorsHash {
        match epochs.ends_at(self.height) {
            true => self.next_validators,
            false => self.validators,
        }
    }

    /// Whether proofs may name this block.
    pub fn is_anchor(&self) -> bool {
        self.anchor == self.height
    }

    /// The roots and the time that a proof takes from this header; `None` when it is no anchor.
    pub fn anchor_view(&self) -> Option<AnchorView> {
        self.is_anchor().then(|| AnchorView {
            height: self.height.0,
            time: self.time.timestamp(),
            note_root: self.note_root,
            ended_root: self.ended_root,
            platform_root: self.platform_root,
        })
    }
}

/// Whether a block at `time` is an anchor: the first one past a multiple of the interval.
pub fn is_anchor(parent: BlockTime, time: BlockTime, interval_secs: u32) -> bool {
    // Genesis refuses an interval of zero; here zero just means "never".
    let multiple = |at: BlockTime| at.timestamp().0.checked_div(u64::from(interval_secs));
    multiple(time) > multiple(parent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_first_header_past_a_multiple_is_an_anchor() {
        let at = BlockTime;
        assert!(!is_anchor(at(60_000), at(60_001), 30));
        assert!(!is_anchor(at(60_000), at(89_999), 30));
        assert!(is_anchor(at(60_000), at(90_000), 30));
        assert!(is_anchor(at(89_999), at(90_000), 30));
        assert!(!is_anchor(at(90_000), at(119_999), 30));
        assert!(is_anchor(at(90_000), at(900_000), 30));
    }
}
