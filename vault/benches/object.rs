//! Throughput of sealing and opening, beside the primitives they stand on.
//!
//! `cargo bench -p tacit-vault --bench object`
#![allow(missing_docs, clippy::unwrap_used)]

use std::hint::black_box;
use std::io;

use aes_gcm::aead::{AeadInOut, KeyInit};
use aes_gcm::{Aes256Gcm, Nonce};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use sha2::{Digest, Sha256};
use tacit_vault::object::{ChunkSize, DataKey, ObjectNonce, open, seal};

const LENGTH: usize = 64 << 20;

fn key() -> DataKey {
    DataKey::new([1; 32])
}

fn benches(criterion: &mut Criterion) {
    let content = vec![7; LENGTH];
    let mut object = Vec::with_capacity(LENGTH + (LENGTH >> 8));
    let nonce = ObjectNonce([2; 32]);
    let info = seal(&key(), nonce, ChunkSize::DEFAULT, &content[..], &mut object).unwrap();

    let mut group = criterion.benchmark_group("object");
    group
        .throughput(Throughput::Bytes(LENGTH as u64))
        .sample_size(10);
    group.bench_function("seal", |bench| {
        bench.iter(|| seal(&key(), nonce, ChunkSize::DEFAULT, &content[..], io::sink()).unwrap());
    });
    group.bench_function("open", |bench| {
        bench.iter(|| open(key(), &info, &object[..], io::sink()).unwrap());
    });
    group.bench_function("reference: one SHA-256", |bench| {
        bench.iter(|| black_box(Sha256::digest(&content)));
    });
    group.bench_function("reference: AES-256-GCM in chunks of 64 KiB", |bench| {
        let cipher = Aes256Gcm::new(&[1; 32].into());
        bench.iter(|| {
            for chunk in object.chunks_mut(1 << 16) {
                black_box(
                    cipher
                        .encrypt_inout_detached(&Nonce::default(), b"", chunk.into())
                        .unwrap(),
                );
            }
        });
    });
    group.finish();
}

criterion_group!(object, benches);
criterion_main!(object);
