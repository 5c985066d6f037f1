//! Proving, verifying and batch verification of the statements, trees, and a reference multi-scalar multiplication of the
//! same run to compare machines by: `cargo bench -p tacit-circuits`.

#![allow(clippy::expect_used, missing_docs)]

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use std::hint::black_box;
use tacit_circuits::access::Access;
use tacit_circuits::bench::{ReferenceMsm, Sample};
use tacit_circuits::grant::Grant;
use tacit_circuits::keys::insecure_development_setup;
use tacit_circuits::show::Show;
use tacit_circuits::tree::{MemoryNodes, ended, note};
use tacit_circuits::types::{Leaf, Position};
use tacit_circuits::{BatchVerifier, Entropy, field::Fr, prove, verify};

fn reference(c: &mut Criterion) {
    let load = ReferenceMsm::new();
    c.bench_function("reference msm 2^14", |b| b.iter(|| black_box(load.run())));
}

fn statement<S: Sample>(c: &mut Criterion) {
    let name = S::ID.name();
    let key = insecure_development_setup::<S>().expect("setup");
    let (public, witness) = S::sample().expect("sample");
    let inputs = S::inputs(&public).expect("well-formed");
    let entropy = || Entropy::new([7; 32]);
    let proof = prove::<S>(&key, &public, &witness, entropy()).expect("holds");

    c.bench_function(
        &format!("{name} prove ({} constraints)", key.constraints()),
        |b| b.iter(|| prove::<S>(&key, &public, &witness, entropy()).expect("holds")),
    );
    c.bench_function(&format!("{name} verify"), |b| {
        b.iter(|| verify(key.verifying_key(), &inputs, &proof).expect("valid"))
    });
    c.bench_function(&format!("{name} verify batch of 64"), |b| {
        b.iter(|| {
            let mut batch = BatchVerifier::new();
            for _ in 0..64 {
                batch
                    .push(key.verifying_key(), inputs.clone(), proof)
                    .expect("number of inputs");
            }
            batch.verify(entropy()).expect("valid")
        })
    });
}

fn trees(c: &mut Criterion) {
    const SIZE: u64 = 10_000;
    let leaves: Vec<_> = (0..SIZE).map(|i| Leaf(Fr::from(i + 1))).collect();
    let mut notes = MemoryNodes::default();
    note::append(&mut notes, 0, &leaves).expect("room");
    for count in [1, 64, 1024] {
        c.bench_function(&format!("note tree append {count}"), |b| {
            b.iter_batched_ref(
                || notes.clone(),
                |notes| note::append(notes, SIZE, &leaves[..count]).expect("room"),
                BatchSize::LargeInput,
            )
        });
    }
    let bits = MemoryNodes::default();
    c.bench_function("ended bit update", |b| {
        b.iter_batched_ref(
            || bits.clone(),
            |bits| ended::set_bits(bits, &[Position(123_456)]).expect("room"),
            BatchSize::SmallInput,
        )
    });
}

criterion_group! {
    name = statements;
    config = Criterion::default().sample_size(10);
    targets = reference, statement::<Show>, statement::<Grant>, statement::<Access>, trees
}
criterion_main!(statements);
