//! The state root: a Jellyfish Merkle tree (crate `jmt`, SHA-256) over the hashes of all committed keys.
//!
//! The tree's nodes live in the same key/value space, under their path. Only the newest version is kept: a block writes
//! over the nodes it makes stale, or removes them, so the state does not grow with its history.

use super::{Overlay, StateError, StateRead};
use crate::ids::{Height, StateRoot};
use crate::keys::{self, StateKey};
use anyhow::anyhow;
use jmt::storage::{LeafNode, Node, NodeKey, TreeReader};
use jmt::{KeyHash, OwnedValue, Version};
use sha2_10::Sha256;
use tacit_circuits::types::Digest32;

/// Brings the tree up to date with the overlay's changes of committed keys and returns the new root.
///
/// Call it once per block, after all other changes; it adds the tree's nodes to the overlay. A block must change at
/// least one committed key (every block writes the counters).
///
/// # Errors
/// [`StateError`] when the view fails or the stored tree is damaged.
pub fn commit(overlay: &mut Overlay<'_>, height: Height) -> Result<StateRoot, StateError> {
    let values: Vec<(KeyHash, Option<OwnedValue>)> = overlay
        .changes()
        .iter()
        .filter(|(key, _)| key.is_committed())
        .map(|(key, value)| (key_hash(key), value.clone()))
        .collect();
    let (root, batch) = {
        let reader = Nodes {
            view: overlay,
            value: None,
        };
        jmt::JellyfishMerkleTree::<_, Sha256>::new(&reader)
            .put_value_set(values, height.0)
            .map_err(tree_error)?
    };
    for stale in batch.stale_node_index_batch {
        overlay.remove(node_state_key(&stale.node_key)?);
    }
    // After the removals: a new node often stands where a stale one stood.
    for (key, node) in batch.node_batch.nodes() {
        let stored = borsh::to_vec(&(key.version(), node));
        let stored = stored.map_err(|_| StateError::Corrupt("state tree node"))?;
        overlay.put(node_state_key(key)?, stored);
    }
    Ok(StateRoot(Digest32(root.0)))
}

/// Where a key stands in the tree.
pub(super) fn key_hash(key: &StateKey) -> KeyHash {
    KeyHash(<Sha256 as jmt::SimpleHasher>::hash(key.as_bytes()))
}

pub(super) fn tree_error(error: anyhow::Error) -> StateError {
    match error.downcast::<StateError>() {
        Ok(error) => error,
        Err(error) => StateError::Backend(format!("state tree: {error}")),
    }
}

/// A node's path names it: there is one node at a path, with its version in the value. Versions in the key would scatter
/// every block's nodes over the whole store.
fn node_state_key(key: &NodeKey) -> Result<StateKey, StateError> {
    let bytes =
        borsh::to_vec(key.nibble_path()).map_err(|_| StateError::Corrupt("state tree node key"))?;
    Ok(keys::commit_node(&bytes))
}

/// The tree's nodes as the tree's own reader trait wants them.
pub(super) struct Nodes<'a> {
    /// The state.
    pub view: &'a dyn StateRead,
    /// The one value that a proof is asked for: the tree knows only hashes of keys and cannot look it up.
    pub value: Option<(KeyHash, Vec<u8>)>,
}

impl TreeReader for Nodes<'_> {
    fn get_node_option(&self, key: &NodeKey) -> anyhow::Result<Option<Node>> {
        let Some(bytes) = self.view.get(&node_state_key(key)?)? else {
            return Ok(None);
        };
        let (version, node): (Version, Node) =
            borsh::from_slice(&bytes).map_err(|_| StateError::Corrupt("state tree node"))?;
        Ok((version == key.version()).then_some(node))
    }

    fn get_value_option(&self, _: Version, key: KeyHash) -> anyhow::Result<Option<OwnedValue>> {
        Ok(self
            .value
            .as_ref()
            .filter(|(known, _)| *known == key)
            .map(|(_, value)| value.clone()))
    }

    fn get_rightmost_leaf(&self) -> anyhow::Result<Option<(NodeKey, LeafNode)>> {
        Err(anyhow!("only restoring a tree needs its rightmost leaf"))
    }
}
