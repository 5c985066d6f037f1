//! Where a wallet reads the chain: the trait that a client of a node implements.

use tacit_ledger::ids::{Epoch, Height};
use tacit_ledger::keys::StateKey;

/// A node could not be asked, or refused to answer.
#[derive(Debug, thiserror::Error)]
#[error("the node cannot be read: {0}")]
pub struct SourceError(#[source] pub Box<dyn std::error::Error + Send + Sync>);

/// Headers of successive heights, in canonical bytes.
#[derive(Clone, Debug, Default)]
pub struct HeaderRange {
    /// The headers; none when the chain has not reached the height asked for.
    pub headers: Vec<Vec<u8>>,
    /// What makes the last header final, where it has a certificate of its own.
    pub finality: Option<Finality>,
}

/// What makes a header final, in canonical bytes.
#[derive(Clone, Debug, Default)]
pub struct Finality {
    /// Its certificate.
    pub certificate: Vec<u8>,
    /// The validator set that the header names.
    pub validators: Vec<u8>,
}

/// Changes of the validator set, in canonical bytes.
#[derive(Clone, Debug, Default)]
pub struct HandoverRange {
    /// The changes, in order.
    pub handovers: Vec<Vec<u8>>,
    /// The first epoch that was not looked at.
    pub next: Epoch,
}

/// A part of a tree, in canonical bytes.
#[derive(Clone, Debug)]
pub struct TreePart {
    /// The part.
    pub bytes: Vec<u8>,
    /// Height of the anchor whose root it leads to.
    pub height: Height,
}

/// A value of the state, or that there is none, with its proof.
#[derive(Clone, Debug)]
pub struct StateAnswer {
    /// The value's bytes.
    pub value: Option<Vec<u8>>,
    /// Canonical bytes of the proof.
    pub proof: Vec<u8>,
    /// Height of the header whose state root it is for.
    pub height: Height,
}

/// Reads from a node. Answers are not trusted; the wallet verifies all of them.
///
/// The methods block: whoever implements them over an asynchronous client calls the wallet from a thread that may.
pub trait LedgerSource {
    /// Headers from a height on, at most `max`.
    ///
    /// # Errors
    /// [`SourceError`].
    fn headers(&mut self, from: Height, max: u32) -> Result<HeaderRange, SourceError>;

    /// Changes of the validator set from an epoch on.
    ///
    /// # Errors
    /// [`SourceError`].
    fn handovers(&mut self, from: Epoch) -> Result<HandoverRange, SourceError>;

    /// A block, in canonical bytes.
    ///
    /// # Errors
    /// [`SourceError`].
    fn block(&mut self, height: Height) -> Result<Vec<u8>, SourceError>;

    /// A bucket of the note tree as of an anchor. A node that has a newer anchor may answer with that one.
    ///
    /// # Errors
    /// [`SourceError`].
    fn note_bucket(&mut self, bucket: u32, anchor: Height) -> Result<TreePart, SourceError>;

    /// A shard of the ended bitmap as of an anchor. A node that has a newer anchor may answer with that one.
    ///
    /// # Errors
    /// [`SourceError`].
    fn ended_shard(&mut self, shard: u16, anchor: Height) -> Result<TreePart, SourceError>;

    /// A value of the newest state.
    ///
    /// # Errors
    /// [`SourceError`].
    fn state(&mut self, key: &StateKey) -> Result<StateAnswer, SourceError>;
}
