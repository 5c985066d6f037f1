//! The wallet's backup in a slot at a vault: what was sent there, and what is waiting.

use tacit_circuits::types::MemberId;
use tacit_vault::slot::{SlotDigest, SlotVersion};

use crate::codec::{List, codec_struct};

/// Most uploads without an answer that a wallet remembers.
const MAX_SENT: usize = 8;

/// The slot, as far as this wallet knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// The vault that keeps it.
    pub vault: MemberId,
    /// The newest version that this wallet has written or was recovered from; none before the first upload.
    pub stored: Option<SlotVersion>,
    /// Whether the wallet knows something that the slot does not have yet.
    pub dirty: bool,
    /// What was sent to replace that version, oldest first: one of them may have come to stand without an answer.
    pub(crate) sent: List<SlotDigest, MAX_SENT>,
}
codec_struct!(Slot {
    vault,
    stored,
    dirty,
    sent
});

impl Slot {
    /// A slot that is known to hold a version, and to which everything is still to be sent.
    pub(crate) fn new(vault: MemberId, stored: Option<SlotVersion>) -> Self {
        Self {
            vault,
            stored,
            dirty: true,
            sent: List::default(),
        }
    }
}
