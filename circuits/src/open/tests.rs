//! Tests of the open statement: each clause broken alone, native check and circuit side by side, a lying prover.

use super::*;
use crate::commit;
use crate::keys::insecure_development_setup;
use crate::pins;
use crate::r1cs::{Mode, System};
use crate::statement::{constraints, synthesize};
use crate::testing::entropy;
use crate::types::{Context, HolderKey, Secret};
use crate::{Proof, ProveError, prove, verify};
use ark_ff::{Field, UniformRand};
use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

fn honest(seed: u8) -> (OpenPublic, OpenWitness) {
    let mut rng = ChaCha20Rng::from_seed([seed; 32]);
    let (sk, rho) = (Fr::rand(&mut rng), Fr::rand(&mut rng));
    let public = OpenPublic {
        holder_key: commit::holder_key(&sk, &rho),
        context: Context(Fr::rand(&mut rng)),
    };
    let witness = OpenWitness {
        sk: Secret::new(sk),
        rho: Secret::new(rho),
    };
    (public, witness)
}

fn system(public: &OpenPublic, witness: &OpenWitness) -> System {
    synthesize::<Open>(Mode::Record, &public.inputs(), witness)
}

/// Native check and circuit must say the same; returns what they say.
fn both(public: &OpenPublic, witness: &OpenWitness) -> Result<(), Clause> {
    let native = Open::check(public, witness);
    assert_eq!(native.is_ok(), system(public, witness).is_satisfied());
    native
}

#[test]
fn it_has_as_many_constraints_as_a_hash_and_one() {
    assert_eq!(constraints::<Open>().rows().len(), 241);
    assert_eq!(constraints::<Open>().inputs(), Open::INPUTS);
}

/// Id of the verifying key of the insecure development setup.
const VERIFYING_KEY: &str = "db5d39dd4417bca52a487bb786f71f5fc257e41ef8203eedd0b328b8225454b7";

/// A proof of `honest(5)` under that key.
const STORED: [&str; 4] = [
    "95968eb478efdaddf631442cd148fc495cfa760c6d32eeda7e16b937f81e46272b93e96b16bf6c19f7b67fd7a13bb61b",
    "abefd409ef2c0e8922a67dbd7b5d48fa36a0ea6dee692bd1069c84c50e5a2551c25bb33a4d10def8af9dafb9fb6098d3",
    "10320214115d3041ba5280c0e294992d096ccd0cbde78739ac2b4d779e4f489d4b126d9e0069f0fc4b3b684d7b216480",
    "85ba9f307bee7bf66474599a1f1353f6486199f366c3cf0420740f8de1a1fdbc753a060a66ec598152be26900bc18d8b",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn honest_openings_hold_and_changed_ones_do_not(seed: u8, by in 1u64..) {
        let (public, witness) = honest(seed);
        prop_assert_eq!(both(&public, &witness), Ok(()));
        let other_sk = OpenWitness {
            sk: Secret::new(*witness.sk.expose() + Fr::from(by)),
            rho: Secret::new(*witness.rho.expose()),
        };
        prop_assert_eq!(both(&public, &other_sk), Err(Clause::HolderKey));
        let other_rho = OpenWitness {
            sk: Secret::new(*witness.sk.expose()),
            rho: Secret::new(*witness.rho.expose() + Fr::from(by)),
        };
        prop_assert_eq!(both(&public, &other_rho), Err(Clause::HolderKey));
        let swapped = OpenWitness {
            sk: Secret::new(*witness.rho.expose()),
            rho: Secret::new(*witness.sk.expose()),
        };
        prop_assert_eq!(both(&public, &swapped), Err(Clause::HolderKey));
        let other_key = OpenPublic {
            holder_key: HolderKey(public.holder_key.0 + Fr::from(by)),
            ..public
        };
        prop_assert_eq!(both(&other_key, &witness), Err(Clause::HolderKey));
    }
}

#[test]
fn a_lying_prover_can_change_no_witness_variable() {
    let (public, witness) = honest(3);
    let system = system(&public, &witness);
    for variable in 1 + Open::INPUTS..system.values().len() {
        let mut values = system.values().to_vec();
        values[variable] += Fr::ONE;
        assert!(
            system.rows().iter().any(|row| !System::holds(row, &values)),
            "variable {variable} is free"
        );
    }
}

#[test]
fn proofs_hold_for_their_key_and_context_only() {
    let key = insecure_development_setup::<Open>().unwrap();
    let (public, witness) = honest(5);
    let proof = prove::<Open>(&key, &public, &witness, entropy(1)).unwrap();
    assert_eq!(key.verifying_key().id().to_string(), VERIFYING_KEY);
    // A proof made by this version of the circuit; it must verify for as long as the version stays.
    let mut stored = [0; Proof::BYTES];
    hex::decode_to_slice(STORED.concat(), &mut stored).unwrap();
    assert!(verify(key.verifying_key(), &public.inputs(), &Proof(stored)).is_ok());
    let accepts = |inputs: &[Fr], proof: &Proof| verify(key.verifying_key(), inputs, proof).is_ok();
    let inputs = public.inputs();
    assert!(accepts(&inputs, &proof));
    for i in 0..inputs.len() {
        let mut changed = inputs;
        changed[i] += Fr::ONE;
        assert!(!accepts(&changed, &proof), "input {i}");
    }
    assert!(!accepts(&inputs[..1], &proof));
    assert!(!accepts(&[&inputs[..], &[Fr::from(0u64)]].concat(), &proof));
    let (_, stranger) = honest(6);
    assert_eq!(
        prove::<Open>(&key, &public, &stranger, entropy(2)),
        Err(ProveError::Clause(Clause::HolderKey))
    );
    assert_eq!(
        format!("{stranger:?}"),
        "OpenWitness { sk: Secret(redacted), rho: Secret(redacted) }"
    );
}

#[test]
fn the_statement_is_as_pinned() {
    pins::check::<Open>(&insecure_development_setup::<Open>().unwrap());
}

#[test]
#[ignore = "writes circuits/pins/open.txt: run it after a wanted change of the circuit"]
fn pin() {
    pins::write::<Open>(&insecure_development_setup::<Open>().unwrap());
}
