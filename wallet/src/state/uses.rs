//! A use of a grant that the wallet found on the chain.

use tacit_circuits::types::Timestamp;
use tacit_ledger::ids::Height;

use crate::codec::codec_struct;
use crate::derive::Counter;

/// One access under one of the holder's grants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Use {
    /// The grant, by its counter in this wallet.
    pub grant: Counter,
    /// Which use it was, from 0.
    pub number: u16,
    /// Height of the block that holds the access.
    pub height: Height,
    /// Index of the access in that block.
    pub index: u32,
    /// Time of that block.
    pub time: Timestamp,
}
codec_struct!(Use {
    grant,
    number,
    height,
    index,
    time
});
