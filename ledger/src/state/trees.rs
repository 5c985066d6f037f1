//! The nodes of the note, ended and platform trees in the key/value space.

use super::{Overlay, StateError, StateRead};
use crate::env::TreeChanges;
use crate::keys::{self, StateKey};
use tacit_circuits::field::{Fr, fr_from_bytes, fr_to_bytes};
use tacit_circuits::tree::{NodeStore, TreeError, ended, note, platform};
use tacit_circuits::types::{EndedRoot, NoteRoot, PlatformRoot};

macro_rules! node_store {
    ($tree:literal, $name:ident, $writer:ident, $key:path) => {
        #[doc = concat!("The ", $tree, " tree of a state, for reading.")]
        pub struct $name<'a>(pub &'a dyn StateRead);

        impl NodeStore for $name<'_> {
            type Error = StateError;

            fn get(&self, level: u8, index: u64) -> Result<Option<Fr>, StateError> {
                node(self.0, &$key(level, index))
            }

            fn set(&mut self, _: u8, _: u64, _: Fr) -> Result<(), StateError> {
                Err(StateError::Backend(
                    "this view of the tree is for reading".into(),
                ))
            }
        }

        #[doc = concat!("The ", $tree, " tree of a state that changes.")]
        pub struct $writer<'a, 'b>(pub &'a mut Overlay<'b>);

        impl NodeStore for $writer<'_, '_> {
            type Error = StateError;

            fn get(&self, level: u8, index: u64) -> Result<Option<Fr>, StateError> {
                node(self.0, &$key(level, index))
            }

            fn set(&mut self, level: u8, index: u64, node: Fr) -> Result<(), StateError> {
                self.0.put($key(level, index), fr_to_bytes(&node).to_vec());
                Ok(())
            }
        }
    };
}

node_store!("note", NoteNodes, NoteWriter, keys::note_node);
node_store!("ended", EndedNodes, EndedWriter, keys::ended_node);
node_store!(
    "platform",
    PlatformNodes,
    PlatformWriter,
    keys::platform_node
);

fn node(view: &dyn StateRead, key: &StateKey) -> Result<Option<Fr>, StateError> {
    let damaged = || StateError::Corrupt("tree node");
    let Some(bytes) = view.get(key)? else {
        return Ok(None);
    };
    let bytes: [u8; 32] = bytes.try_into().map_err(|_| damaged())?;
    fr_from_bytes(&bytes).map(Some).map_err(|_| damaged())
}

/// Roots of the three trees of a state.
///
/// # Errors
/// [`StateError`] when the view fails.
pub fn roots(view: &dyn StateRead) -> Result<(NoteRoot, EndedRoot, PlatformRoot), StateError> {
    Ok((
        note::root(&NoteNodes(view))?,
        ended::root(&EndedNodes(view))?,
        platform::root(&PlatformNodes(view))?,
    ))
}

/// Does to the trees what a block's transactions said. `size` is the number of leaves before.
pub(crate) fn update(
    overlay: &mut Overlay<'_>,
    size: u64,
    changes: &TreeChanges,
) -> Result<(), StateError> {
    if !changes.leaves.is_empty() {
        note::append(&mut NoteWriter(overlay), size, &changes.leaves).map_err(tree_error)?;
    }
    if !changes.ended.is_empty() {
        ended::set_bits(&mut EndedWriter(overlay), &changes.ended).map_err(tree_error)?;
    }
    for (member, commitment) in &changes.platforms {
        platform::set_entry(&mut PlatformWriter(overlay), *member, commitment.as_ref())
            .map_err(tree_error)?;
    }
    Ok(())
}

fn tree_error(error: TreeError<StateError>) -> StateError {
    match error {
        TreeError::Store(error) => error,
        // The actions check room and positions before; what remains is damage.
        _ => StateError::Corrupt("tree"),
    }
}
