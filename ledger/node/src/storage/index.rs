//! What the index has to offer: a key/value store with one atomic batch per block.
//!
//! It is derived from the block log and may be thrown away at any time.

use super::StorageError;

/// The block up to which an index is complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct IndexTip {
    /// Height.
    pub(crate) height: u64,
    /// The state root after the block.
    pub(crate) state_root: [u8; 32],
}

impl IndexTip {
    const BYTES: usize = 40;

    pub(crate) fn to_bytes(self) -> [u8; Self::BYTES] {
        let mut bytes = [0; Self::BYTES];
        let (height, root) = bytes.split_at_mut(8);
        height.copy_from_slice(&self.height.to_be_bytes());
        root.copy_from_slice(&self.state_root);
        bytes
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (height, root) = bytes.split_first_chunk::<8>()?;
        Some(Self {
            height: u64::from_be_bytes(*height),
            state_root: root.try_into().ok()?,
        })
    }
}

/// Values to set, or keys to remove where there is none.
pub(crate) type Batch = Vec<(Vec<u8>, Option<Vec<u8>>)>;

/// Keys with their values.
pub(crate) type Entries = Vec<(Vec<u8>, Vec<u8>)>;

/// A key/value store whose batches are all or nothing.
pub(crate) trait Index: Send + Sync {
    /// The value of a key.
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StorageError>;
    /// Up to `most` keys from `from` on and below `to`, in ascending order, with their values.
    fn scan(&self, from: &[u8], to: &[u8], most: usize) -> Result<Entries, StorageError>;
    /// Applies a block's changes together with the new tip.
    fn commit(&self, tip: IndexTip, batch: Batch) -> Result<(), StorageError>;
    /// The last committed tip; `None` when the index is empty.
    fn tip(&self) -> Result<Option<IndexTip>, StorageError>;
    /// Puts what was committed on the disk, as far as the implementation can.
    fn flush(&self) -> Result<(), StorageError>;
    /// Flushes and lets go of the files; every later call is an error.
    fn close(&self) -> Result<(), StorageError>;
}
