//! The state: a key/value view, changes on top of it, and what they commit to.

mod commitment;
mod proof;
mod records;
mod trees;
mod validators;

pub use commitment::commit;
pub use proof::{StateProof, StateProofError, prove};
pub use records::{
    AnchorRecord, Counters, PositionInfo, anchor, audit_key, counters, current_audit_key, member,
    position_info, read, schema,
};
pub(crate) use records::{delete, write};
pub(crate) use trees::update as update_trees;
pub use trees::{
    EndedNodes, EndedWriter, NoteNodes, NoteWriter, PlatformNodes, PlatformWriter, roots,
};
pub(crate) use validators::{begin_validators, commit_validators, enter_epoch};
pub use validators::{scheduled_validators, validator_set, validators};

pub use crate::keys::StateKey;
use std::collections::BTreeMap;

/// Reading access to a state. Object-safe; implemented by [`Overlay`], [`MemoryState`] and the node's storage.
pub trait StateRead {
    /// The value under a key; `None` when there is none.
    ///
    /// # Errors
    /// [`StateError::Backend`] when the storage fails.
    fn get(&self, key: &StateKey) -> Result<Option<Vec<u8>>, StateError>;
}

impl<S: StateRead + ?Sized> StateRead for &S {
    fn get(&self, key: &StateKey) -> Result<Option<Vec<u8>>, StateError> {
        (**self).get(key)
    }
}

/// What a block writes: new values, `None` where a key is removed, in order of the keys.
pub type Changes = BTreeMap<StateKey, Option<Vec<u8>>>;

/// Why a state could not be read.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StateError {
    /// The storage below failed.
    #[error("the state's storage failed: {0}")]
    Backend(String),
    /// The stored value is not what the ledger wrote.
    #[error("the state is damaged: {0}")]
    Corrupt(&'static str),
}

/// Changes on top of a state: reads see the changes first.
#[derive(Clone)]
pub struct Overlay<'a> {
    base: &'a dyn StateRead,
    changes: Changes,
}

impl<'a> Overlay<'a> {
    /// An overlay without changes.
    pub fn new(base: &'a dyn StateRead) -> Self {
        Self::with_changes(base, Changes::new())
    }

    /// An overlay that starts with changes, for instance those of a block that is not final yet.
    pub fn with_changes(base: &'a dyn StateRead, changes: Changes) -> Self {
        Self { base, changes }
    }

    /// The changes so far.
    pub fn changes(&self) -> &Changes {
        &self.changes
    }

    /// Ends the overlay.
    pub fn into_changes(self) -> Changes {
        self.changes
    }

    /// Sets a value.
    pub fn put(&mut self, key: StateKey, value: Vec<u8>) {
        self.changes.insert(key, Some(value));
    }

    /// Adds changes; they replace earlier ones of the same keys.
    pub fn extend(&mut self, changes: Changes) {
        self.changes.extend(changes);
    }

    /// Removes a value.
    pub fn remove(&mut self, key: StateKey) {
        self.changes.insert(key, None);
    }
}

impl StateRead for Overlay<'_> {
    fn get(&self, key: &StateKey) -> Result<Option<Vec<u8>>, StateError> {
        match self.changes.get(key) {
            Some(value) => Ok(value.clone()),
            None => self.base.get(key),
        }
    }
}

/// A state in memory: for light tools, simulations and tests.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MemoryState(BTreeMap<StateKey, Vec<u8>>);

impl MemoryState {
    /// An empty state.
    pub fn new() -> Self {
        Self::default()
    }

    /// Applies a block's changes.
    pub fn apply(&mut self, changes: Changes) {
        for (key, value) in changes {
            match value {
                Some(value) => self.0.insert(key, value),
                None => self.0.remove(&key),
            };
        }
    }

    /// Number of keys.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no key.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All keys and values in order.
    pub fn iter(&self) -> impl Iterator<Item = (&StateKey, &Vec<u8>)> {
        self.0.iter()
    }
}

impl StateRead for MemoryState {
    fn get(&self, key: &StateKey) -> Result<Option<Vec<u8>>, StateError> {
        Ok(self.0.get(key).cloned())
    }
}
