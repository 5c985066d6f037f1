//! Why a block is not valid.

use crate::header::Header;
use crate::ids::{BlockTime, Height};
use crate::reject::Reject;
use crate::state::StateError;

/// Why a block is not valid.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BlockError {
    /// The block is of another chain.
    #[error("the block is of another chain")]
    Chain,
    /// The block does not follow its parent.
    #[error("the block does not follow the given parent")]
    Parent,
    /// The given state is not the one after the given parent: a mistake of the caller, no verdict about the block.
    #[error("the state is that of height {state}, the parent has height {parent}")]
    View {
        /// Height of the state.
        state: Height,
        /// Height of the parent.
        parent: Height,
    },
    /// The time is not after the parent's.
    #[error("the block's time {} is not after its parent's {}", time.0, parent.0)]
    Time {
        /// Time of the block.
        time: BlockTime,
        /// Time of the parent.
        parent: BlockTime,
    },
    /// The block has too many transactions or too many bytes of them.
    #[error("the block has too many transactions or bytes")]
    TooLarge,
    /// A transaction is refused.
    #[error("transaction {index} is refused: {reject}")]
    Tx {
        /// Its place, from 0.
        index: usize,
        /// Why.
        #[source]
        reject: Box<Reject>,
    },
    /// The header is not the one that follows from parent, state and transactions.
    #[error("the header's {field} is not the one that follows from parent, state and transactions")]
    Header {
        /// First field that differs.
        field: &'static str,
    },
    /// The state could not be read: no verdict about the block.
    #[error(transparent)]
    State(#[from] StateError),
}

/// Name of the first field in which two headers differ.
pub(super) fn header_difference(expected: &Header, got: &Header) -> Option<&'static str> {
    let fields = [
        (expected.chain == got.chain, "chain"),
        (expected.height == got.height, "height"),
        (expected.epoch == got.epoch, "epoch"),
        (expected.time == got.time, "time"),
        (expected.parent == got.parent, "parent"),
        (expected.anchor == got.anchor, "anchor"),
        (expected.note_root == got.note_root, "note_root"),
        (expected.ended_root == got.ended_root, "ended_root"),
        (expected.platform_root == got.platform_root, "platform_root"),
        (expected.state_root == got.state_root, "state_root"),
        (expected.tx_root == got.tx_root, "tx_root"),
        (expected.validators == got.validators, "validators"),
        (
            expected.next_validators == got.next_validators,
            "next_validators",
        ),
        (expected == got, "header"),
    ];
    fields.iter().find(|(same, _)| !same).map(|(_, name)| *name)
}
