//! Proofs that the state has, or has not, a value under a key.

use super::commitment::{Nodes, key_hash, tree_error};
use super::{StateError, StateRead};
use crate::ids::{Height, StateRoot};
use crate::keys::StateKey;
use bytes::BufMut;
use commonware_codec::{Buf, EncodeSize, Error, RangeCfg, Read, Write};
use jmt::RootHash;
use jmt::proof::SparseMerkleProof;
use sha2_10::Sha256;

/// Most bytes of an encoded proof: 256 siblings of at most 65 bytes, a leaf, and lengths.
pub const MAX_STATE_PROOF_BYTES: usize = 256 * 65 + 128;

/// Shows for one state root that a key has a value, or that it has none.
#[derive(Clone, Debug, PartialEq)]
pub struct StateProof(SparseMerkleProof<Sha256>);

/// Proves what the state at a height has under a key. Only the newest height of a state can be asked, and only committed
/// keys.
///
/// # Errors
/// [`StateError`] when the key is not covered by the state root, the view fails, or it is not the state of that height.
pub fn prove(
    view: &dyn StateRead,
    height: Height,
    key: &StateKey,
) -> Result<(Option<Vec<u8>>, StateProof), StateError> {
    if !key.is_committed() {
        return Err(StateError::Backend(
            "the state root does not cover this key".into(),
        ));
    }
    let value = view.get(key)?;
    let hash = key_hash(key);
    let reader = Nodes {
        view,
        value: value.clone().map(|value| (hash, value)),
    };
    let tree = jmt::JellyfishMerkleTree::<_, Sha256>::new(&reader);
    let (found, proof) = tree.get_with_proof(hash, height.0).map_err(tree_error)?;
    if found != value {
        return Err(StateError::Corrupt("state tree and values disagree"));
    }
    Ok((value, StateProof(proof)))
}

impl StateProof {
    /// Checks that the state with this root has exactly this value under the key, or no value at all.
    ///
    /// # Errors
    /// [`StateProofError`] when the proof does not show it.
    pub fn verify(
        &self,
        root: &StateRoot,
        key: &StateKey,
        value: Option<&[u8]>,
    ) -> Result<(), StateProofError> {
        if !key.is_committed() {
            return Err(StateProofError);
        }
        self.0
            .verify(RootHash(*root.as_bytes()), key_hash(key), value)
            .map_err(|_| StateProofError)
    }
}

/// The proof does not show it: wrong key, value, root or path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the state proof does not show this value under this key for this state root")]
pub struct StateProofError;

impl Write for StateProof {
    fn write(&self, buf: &mut impl BufMut) {
        bytes_of(self).write(buf);
    }
}

impl EncodeSize for StateProof {
    fn encode_size(&self) -> usize {
        bytes_of(self).encode_size()
    }
}

impl Read for StateProof {
    type Cfg = ();
    fn read_cfg(buf: &mut impl Buf, _: &()) -> Result<Self, Error> {
        let bytes = Vec::<u8>::read_cfg(buf, &(RangeCfg::new(1..=MAX_STATE_PROOF_BYTES), ()))?;
        let proof = borsh::from_slice(&bytes)
            .map(Self)
            .map_err(|_| Error::Invalid("StateProof", "malformed"))?;
        if bytes_of(&proof) != bytes {
            return Err(Error::Invalid("StateProof", "not canonical"));
        }
        Ok(proof)
    }
}

fn bytes_of(proof: &StateProof) -> Vec<u8> {
    // Writing to memory cannot fail; an empty vector would be refused by every reader.
    borsh::to_vec(&proof.0).unwrap_or_default()
}
