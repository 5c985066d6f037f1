//! A document that the holder keeps sealed in a vault.

use tacit_circuits::types::{Category, MemberId};
use tacit_vault::object::ObjectInfo;

use super::Progress;
use crate::codec::{Text, codec_struct, terse_debug};
use crate::derive::{Counter, Generation, Plan};
use crate::leaf::Origin;

/// Most bytes of a document's title.
pub const MAX_TITLE: usize = 256;

/// A document: where its sealed form is, and its leaf.
#[derive(PartialEq, Eq)]
pub struct RecordEntry {
    /// Counter of the leaf: names the record in this wallet.
    pub counter: Counter,
    /// Generation of the holder's secret in K.
    pub generation: Generation,
    /// What the leaf says; with the counter it gives the keys.
    pub plan: Plan,
    /// Title, for the holder only.
    pub title: Text<MAX_TITLE>,
    /// What it is about.
    pub category: Category,
    /// The vault that keeps it.
    pub vault: MemberId,
    /// The sealed object.
    pub object: ObjectInfo,
    /// Whether the vault has said that it has the object.
    pub uploaded: bool,
    /// Whether the vault has tied the object to the leaf.
    pub bound: bool,
    /// How far the leaf is.
    pub progress: Progress,
}
codec_struct!(RecordEntry {
    counter,
    generation,
    plan,
    title,
    category,
    vault,
    object,
    uploaded,
    bound,
    progress
});
terse_debug!(RecordEntry {
    counter,
    uploaded,
    bound,
    progress
});

impl RecordEntry {
    /// What the secrets of its leaf follow from.
    pub(crate) fn origin(&self) -> Origin<'_> {
        Origin {
            generation: self.generation,
            counter: self.counter,
            plan: &self.plan,
        }
    }
}
