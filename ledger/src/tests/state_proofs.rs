//! Proofs about the state: true ones verify, forged ones do not.

use super::Chain;
use crate::codec::{decode_slice, encode_vec};
use crate::ids::Height;
use crate::ids::StateRoot;
use crate::keys;
use crate::state::{self, StateProof, StateRead};
use crate::state::{Changes, MemoryState, Overlay};
use proptest::prelude::*;
use std::collections::BTreeMap;
use tacit_circuits::types::{Digest32, MemberId, Position};

fn member(n: u32) -> keys::StateKey {
    keys::member(MemberId::new(n).unwrap())
}

/// A chain with enough keys for proofs of some depth.
fn chain() -> Chain {
    let mut chain = Chain::with_members();
    for n in 0..40 {
        let tx = chain.unsigned(chain.record(10 * n + 10));
        chain.submit(tx).unwrap();
    }
    chain
}

#[test]
fn every_committed_key_is_proven_and_every_absent_one_too() {
    let chain = chain();
    let root = chain.tip().state_root;
    let mut proven = 0;
    for (key, value) in chain.state.iter().filter(|(key, _)| key.is_committed()) {
        let (got, proof) = state::prove(&chain.state, chain.height(), key).unwrap();
        assert_eq!(got.as_ref(), Some(value));
        assert_eq!(
            decode_slice::<StateProof>(&encode_vec(&proof)).unwrap(),
            proof
        );
        assert!(proof.verify(&root, key, Some(value)).is_ok());
        assert!(proof.verify(&root, key, None).is_err());
        let mut other = value.clone();
        other.push(0);
        assert!(proof.verify(&root, key, Some(&other)).is_err());
        assert!(proof.verify(&root, &member(1000), Some(value)).is_err());
        proven += 1;
    }
    assert!(proven > 100, "{proven}");
    for n in 1000..1050 {
        let (value, proof) = state::prove(&chain.state, chain.height(), &member(n)).unwrap();
        assert_eq!(value, None);
        assert!(proof.verify(&root, &member(n), None).is_ok());
        assert!(proof.verify(&root, &member(n), Some(b"x")).is_err());
        // An absent key's proof says nothing about a present one.
        assert!(proof.verify(&root, &member(1), None).is_err());
    }
}

#[test]
fn a_proof_is_for_one_root() {
    let mut chain = chain();
    let old = chain.tip().state_root;
    let (value, proof) = state::prove(&chain.state, chain.height(), &member(1)).unwrap();
    chain.block(Vec::new());
    let new = chain.tip().state_root;
    assert_ne!(old, new);
    let value = value.as_deref();
    assert!(proof.verify(&old, &member(1), value).is_ok());
    assert!(proof.verify(&new, &member(1), value).is_err());
    assert!(
        proof
            .verify(&StateRoot(Digest32([0; 32])), &member(1), value)
            .is_err()
    );
}

#[test]
fn every_flipped_byte_of_a_proof_is_refused() {
    let chain = chain();
    let root = chain.tip().state_root;
    for key in [member(1), member(999), keys::position_info(Position(3))] {
        let (value, proof) = state::prove(&chain.state, chain.height(), &key).unwrap();
        let bytes = encode_vec(&proof);
        for at in 0..bytes.len() {
            for bit in [0, 3, 7] {
                let mut forged = bytes.clone();
                forged[at] ^= 1 << bit;
                let verified = decode_slice::<StateProof>(&forged)
                    .is_ok_and(|proof| proof.verify(&root, &key, value.as_deref()).is_ok());
                assert!(!verified, "byte {at} bit {bit}");
            }
        }
        for len in 0..bytes.len() {
            assert!(decode_slice::<StateProof>(&bytes[..len]).is_err());
        }
    }
}

#[test]
fn keys_outside_the_root_are_not_proven() {
    let chain = chain();
    let key = keys::note_node(0, 0);
    assert!(chain.state.get(&key).unwrap().is_some());
    assert!(state::prove(&chain.state, chain.height(), &key).is_err());
    let (_, proof) = state::prove(&chain.state, chain.height(), &member(1)).unwrap();
    assert!(proof.verify(&chain.tip().state_root, &key, None).is_err());
}

#[test]
fn another_height_than_the_states_is_not_proven() {
    let chain = chain();
    let old = crate::ids::Height(chain.height().0 - 1);
    assert!(state::prove(&chain.state, old, &member(1)).is_err());
}

#[test]
fn damaged_values_are_noticed() {
    let mut chain = chain();
    let mut changes = state::Changes::new();
    changes.insert(member(1), Some(vec![1, 2, 3]));
    chain.state.apply(changes);
    assert!(state::member(&chain.state, MemberId::new(1).unwrap()).is_err());
}

/// The root after one block with these changes; they are applied to the state.
fn commit(state: &mut MemoryState, height: u64, changes: Changes) -> StateRoot {
    let mut overlay = Overlay::with_changes(state, changes);
    let root = state::commit(&mut overlay, Height(height)).unwrap();
    let changes = overlay.into_changes();
    state.apply(changes);
    root
}

proptest! {
    /// Whatever was written and removed on the way, the root and the tree's nodes are those of a tree built at once.
    #[test]
    fn the_root_depends_on_the_values_alone(
        blocks in proptest::collection::vec(
            proptest::collection::btree_map(0u32..40, proptest::option::of(any::<u8>()), 0..12),
            1..12,
        ),
    ) {
        let mut state = MemoryState::new();
        let mut values = BTreeMap::new();
        let mut root = None;
        for (height, block) in blocks.into_iter().enumerate() {
            let mut changes = Changes::from([(keys::counters(), Some(vec![height as u8]))]);
            for (n, value) in block {
                let key = member(n + 1);
                values.insert(key.clone(), value);
                changes.insert(key, value.map(|byte| vec![byte]));
            }
            values.insert(keys::counters(), Some(height as u8));
            root = Some(commit(&mut state, height as u64, changes));
        }
        let mut once = MemoryState::new();
        let present = values.iter().filter_map(|(key, value)| Some((key.clone(), Some(vec![(*value)?]))));
        prop_assert_eq!(Some(commit(&mut once, 0, present.collect())), root);
        prop_assert_eq!(state.len(), once.len(), "no stale node is left behind");
    }
}
