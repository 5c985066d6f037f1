//! Sizes of bundles, and of proofs in a large state: `cargo test -p tacit-ledger sizes -- --ignored --nocapture`.

// It measures.
#![allow(clippy::disallowed_types)]

use super::scene::Scene;
use crate::codec::encode_vec;
use crate::ids::Height;
use crate::keys;
use crate::state::{self, Changes, MemoryState, Overlay};
use crate::tests::field;
use std::time::Instant;
use tacit_circuits::commit::MAX_USES;
use tacit_circuits::types::UseNullifier;

#[test]
fn an_absence_of_the_longest_grant_fits_a_bundle_in_a_chain_of_a_billion_keys() {
    // A proof grows by one node of 65 bytes with each doubling of the state: measured at one size, bounded at 2^30.
    let (proof, _) = measured(1 << 12, 64);
    let deepest = proof + (30 - 12) * 65;
    assert!(deepest * usize::from(MAX_USES) < crate::bundle::MAX_BUNDLE_BYTES);
}

#[test]
#[ignore = "measures"]
fn sizes() {
    let scene = Scene::new();
    let accessed = &scene.accesses[0];
    println!("kind         bytes (5 uses, 4 validators, small state)");
    for (kind, bytes) in [
        ("transaction", scene.transaction(scene.granted).to_bytes()),
        ("state", scene.state_bundle(keys::counters()).to_bytes()),
        ("grant", scene.grant().to_bytes()),
        ("receipt", scene.receipt(0).to_bytes()),
        (
            "audit row",
            scene.row(accessed.height, &accessed.ciphertext).to_bytes(),
        ),
        ("absence", scene.absence(Height(1), Height(2)).to_bytes()),
    ] {
        println!("{kind:12} {}", bytes.len());
    }
    println!("keys      bytes/proof  ms to prove {MAX_USES}, to verify");
    for keys in [1 << 10, 1 << 14, 1 << 17] {
        let (bytes, [prove, verify]) = measured(keys, u64::from(MAX_USES));
        println!("{keys:9} {bytes:11} {prove:11} {verify:9}");
    }
}

/// Mean bytes of a proof that a nullifier is not spent, in a state of so many that are, and milliseconds to make and to check
/// `asked` of them.
fn measured(count: u64, asked: u64) -> (usize, [u128; 2]) {
    let nullifier = |n: u64| keys::nullifier(&UseNullifier(field(n)));
    let spent: Changes = (0..count)
        .map(|n| (nullifier(n), Some(vec![7; 40])))
        .collect();
    let mut state = MemoryState::new();
    let mut overlay = Overlay::with_changes(&state, spent);
    let root = state::commit(&mut overlay, Height(0)).unwrap();
    let changes = overlay.into_changes();
    state.apply(changes);
    let unspent: Vec<_> = (0..asked).map(|n| nullifier(count + n)).collect();
    let started = Instant::now();
    let proofs: Vec<_> = unspent
        .iter()
        .map(|key| state::prove(&state, Height(0), key).unwrap().1)
        .collect();
    let prove = started.elapsed().as_millis();
    let started = Instant::now();
    for (key, proof) in unspent.iter().zip(&proofs) {
        proof.verify(&root, key, None).unwrap();
    }
    let verify = started.elapsed().as_millis();
    let bytes: usize = proofs.iter().map(|proof| encode_vec(proof).len()).sum();
    (bytes / asked as usize, [prove, verify])
}
