//! The same code with four validators: they agree, and their certificates verify natively.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::{config, register_issuer_by, spec_of};
use ed25519_dalek::SigningKey;
use std::{
    net::{SocketAddr, TcpListener},
    time::{Duration, Instant},
};
use tacit_ledger::{ids::Height, signature::ValidatorKey};
use tacit_node::{Node, NodeConfig, NodeHandle, Peer, ValidatorSecret};

const SEEDS: [[u8; 32]; 4] = [[11; 32], [12; 32], [13; 32], [14; 32]];

fn peers(addresses: &[SocketAddr], me: usize) -> Vec<Peer> {
    let peer = |(seed, address): (&[u8; 32], &SocketAddr)| Peer {
        key: ValidatorKey::of(&SigningKey::from_bytes(seed)),
        address: *address,
    };
    let all = SEEDS.iter().zip(addresses).map(peer).enumerate();
    all.filter(|(n, _)| *n != me)
        .map(|(_, peer)| peer)
        .collect()
}

async fn reaches(node: &NodeHandle, height: Height) {
    let mut heights = node.subscribe();
    let wait = heights.wait_for(|now| *now >= height);
    tokio::time::timeout(Duration::from_secs(60), wait)
        .await
        .expect("the chain stands still")
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn four_validators_agree_and_their_certificates_verify() {
    let spec = spec_of(&SEEDS);
    let dirs: Vec<_> = SEEDS.iter().map(|_| tempfile::tempdir().unwrap()).collect();
    let listeners: Vec<_> = SEEDS
        .iter()
        .map(|_| TcpListener::bind("127.0.0.1:0").unwrap())
        .collect();
    let addresses: Vec<_> = listeners.iter().map(|l| l.local_addr().unwrap()).collect();
    drop(listeners);
    let mut nodes = Vec::new();
    for (n, dir) in dirs.iter().enumerate() {
        let config = NodeConfig {
            spec: spec.clone(),
            validator: ValidatorSecret::new(SEEDS[n]),
            listen: addresses[n],
            peers: peers(&addresses, n),
            ..config(dir.path())
        };
        nodes.push(Node::start(config).await.unwrap());
    }
    let start = Instant::now();
    let receipt = nodes[0]
        .submit(register_issuer_by(&spec.id(), &SEEDS[0]), None)
        .await
        .unwrap();
    println!(
        "final at height {} after {:?}",
        receipt.height,
        start.elapsed()
    );
    let target = Height(receipt.height.0.max(3));
    for node in &nodes {
        reaches(node, target).await;
    }
    for height in 1..=target.0 {
        let first = nodes[0].header(Height(height)).await.unwrap();
        for node in &nodes[1..] {
            assert_eq!(node.header(Height(height)).await.unwrap(), first);
        }
    }
    for node in &nodes {
        let (at, certificate) = node
            .certificate_at_or_after(receipt.height)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(
            certificate.proposal.block,
            node.header(at).await.unwrap().unwrap().id()
        );
        assert!(certificate.signers() >= 3);
        certificate.verify(&spec.id(), spec.validators()).unwrap();
    }
    for node in &nodes {
        node.shutdown().await;
    }
}
