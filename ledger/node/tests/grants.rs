//! A grant with a real proof and its audit ciphertext, through a real node.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::{
    config, proof_keys, register_issuer_on, request_id, spec_pinning, toy_keys, validators,
};
use ed25519_dalek::SigningKey;
use std::path::Path;
use tacit_circuits::{
    Entropy,
    audit::{AuditSecretKey, PossessionProof},
    calendar::Date,
    commit::{self, GrantBody, RecordBody},
    field::Fr,
    grant::{Grant as GrantStatement, GrantWitness},
    keys::{ProvingKey, VerifyingKey, insecure_development_setup},
    prove,
    tree::{LivePath, note::NoteBucket},
    types::{
        AuditDigest, Category, CategorySet, Digest32, EndTag, MemberId, Position, Purpose, Secret,
        Timestamp,
    },
};
use tacit_ledger::{
    action::{Action, grant::GrantContent, register_record::RegisterRecord},
    block::Sidecar,
    genesis::ChainSpec,
    governance::{RegisterAuditKey, RegisterMember, register_audit_key::possession_context},
    header::Header,
    member::{MemberKeys, Role, Roles},
    outcome::Outcome,
    reject::Reject,
    signature::{HpkePublicKey, SigningPublicKey},
    text::Name,
    tx::Tx,
};
use tacit_node::{Node, NodeConfig, NodeHandle, SubmitError};

fn start_config(dir: &Path, spec: &ChainSpec, keys: [VerifyingKey; 4]) -> NodeConfig {
    NodeConfig {
        spec: spec.clone(),
        proof_keys: proof_keys(spec, keys),
        ..config(dir)
    }
}

/// The toy keys with the real one of the grant statement.
fn keys(real: &[u8], id: &Digest32) -> [VerifyingKey; 4] {
    let [show, _, access, open] = toy_keys();
    [show, VerifyingKey::load(real, id).unwrap(), access, open]
}

fn reviewer() -> SigningKey {
    SigningKey::from_bytes(&[21; 32])
}

fn audit_secret() -> AuditSecretKey {
    let mut bytes = [0; 32];
    bytes[15] = 7;
    AuditSecretKey::from_bytes(&bytes).unwrap()
}

/// Registers a reviewer as member 2 with its audit key.
async fn register_reviewer(node: &NodeHandle, spec: &ChainSpec) {
    let keys = MemberKeys {
        signing: SigningPublicKey::of(&reviewer()),
        hpke: HpkePublicKey::new([6; 32]).unwrap(),
        platform: None,
    };
    let roles = Roles::new(&[Role::Reviewer]).unwrap();
    let change = RegisterMember {
        name: Name::new("reviewer").unwrap(),
        roles,
        keys,
    };
    let tx = common::decide(&spec.id(), request_id(3, 0), 1, change);
    node.submit(tx, None).await.unwrap();
    let member = MemberId::new(2).unwrap();
    let possession =
        PossessionProof::prove(&audit_secret(), &possession_context(&spec.id(), member)).unwrap();
    let change = RegisterAuditKey {
        reviewer: member,
        key: audit_secret().public(),
        possession,
    };
    let tx = common::decide(&spec.id(), request_id(3, 1), 2, change);
    node.submit(tx, None).await.unwrap();
}

/// The owner of one record.
struct Owner {
    sk: Fr,
    rho: Fr,
    body: RecordBody,
    end_tag: EndTag,
}

impl Owner {
    fn new() -> Self {
        let body = RecordBody {
            content_digest: Digest32([0xc0; 32]),
            key_commitment: Digest32([0x0c; 32]),
            category: Category::new(1).unwrap(),
            salt: Fr::from(4u64),
        };
        Self {
            sk: Fr::from(1_001u64),
            rho: Fr::from(2u64),
            body,
            end_tag: commit::end_tag(&Fr::from(3u64)),
        }
    }

    async fn register(&self, node: &NodeHandle) -> Position {
        let action = Action::RegisterRecord(RegisterRecord {
            holder_key: commit::holder_key(&self.sk, &self.rho),
            body: self.body.commit(),
            end_tag: self.end_tag,
        });
        let receipt = node
            .submit(Tx::unsigned(request_id(4, 0), action), None)
            .await
            .unwrap();
        match receipt.outcome {
            Outcome::Leaf {
                position,
                existing: false,
            } => position,
            other => panic!("{other:?}"),
        }
    }

    fn witness(&self, path: LivePath, header: &Header) -> GrantWitness {
        let now = header.time.timestamp();
        let year = Date::of(now).unwrap().year();
        GrantWitness {
            sk: Secret::new(self.sk),
            record_rho: Secret::new(self.rho),
            record_body: self.body.clone(),
            record_end_tag: self.end_tag,
            grant_rho: Secret::new(Fr::from(5u64)),
            body: GrantBody {
                record: path.position,
                grantee: MemberId::new(1).unwrap(),
                purpose: Purpose::new(1).unwrap(),
                categories: CategorySet::EMPTY.with(self.body.category),
                not_before: now,
                not_after: Timestamp(now.0 + 3600),
                max_uses: 3,
                audit_nym: commit::audit_nym(&self.sk, &audit_secret().public().id().0, year),
                salt: Fr::from(6u64),
            },
            path,
        }
    }
}

/// The record's paths as wallets get them: from whole buckets and shards, as of the first anchor that has the record.
async fn live_path(node: &NodeHandle, position: Position) -> (Header, LivePath) {
    let mut heights = node.subscribe();
    loop {
        let bucket = NoteBucket::index_of(position);
        let (header, bucket) = node.note_bucket(None, bucket).await.unwrap();
        let shard = node.ended_shard(Some(header.height), 0).await.unwrap().1;
        assert_eq!(
            (bucket.root(), shard.root()),
            (header.note_root, header.ended_root)
        );
        if let Some(note) = bucket.opened().path(position) {
            let ended = shard.opened().path(position).unwrap();
            return (header, LivePath::new(&note, &ended).unwrap());
        }
        heights.changed().await.unwrap();
    }
}

fn grant(
    spec: &ChainSpec,
    key: &ProvingKey,
    header: &Header,
    witness: &GrantWitness,
) -> (Tx, Sidecar) {
    let anchor = header.anchor_view().unwrap();
    let audit_key = audit_secret().public();
    let mut content = GrantContent {
        anchor: header.height,
        holder_key: witness.holder_key(),
        body: witness.body.commit(),
        end_tag: commit::end_tag(&Fr::from(7u64)),
        audit_digest: AuditDigest(Fr::from(0u64)),
    };
    let ciphertext = witness
        .audit_ciphertext(&content.public(spec, &anchor, &audit_key, &spec.genesis().policy))
        .unwrap();
    content.audit_digest = ciphertext.digest();
    let public = content.public(spec, &anchor, &audit_key, &spec.genesis().policy);
    let proof = prove::<GrantStatement>(key, &public, witness, Entropy::new([9; 32])).unwrap();
    let action = Action::Grant(content.with_proof(audit_key.id(), proof));
    (
        Tx::unsigned(request_id(5, 0), action),
        Sidecar { ciphertext },
    )
}

/// The same transaction under another request id, with its proof changed.
fn with_proof(tx: &Tx, n: u64, change: impl FnOnce(&mut [u8; 192])) -> Tx {
    let Action::Grant(mut grant) = tx.action.clone() else {
        panic!("no grant")
    };
    change(&mut grant.proof.0);
    Tx::unsigned(request_id(6, n), Action::Grant(grant))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_is_checked_kept_with_its_ciphertext_and_the_ciphertext_can_be_erased() {
    let proving = tokio::task::spawn_blocking(insecure_development_setup::<GrantStatement>)
        .await
        .unwrap()
        .unwrap();
    let (real, id) = (
        proving.verifying_key().to_bytes().to_vec(),
        proving.verifying_key().id(),
    );
    let spec = spec_pinning(validators(&[common::VALIDATOR]), &keys(&real, &id));
    let dir = tempfile::tempdir().unwrap();
    let node = Node::start(start_config(dir.path(), &spec, keys(&real, &id)))
        .await
        .unwrap();
    node.submit(register_issuer_on(&spec.id()), None)
        .await
        .unwrap();
    register_reviewer(&node, &spec).await;
    let owner = Owner::new();
    let position = owner.register(&node).await;
    let (header, path) = live_path(&node, position).await;
    let witness = owner.witness(path, &header);
    let (tx, sidecar) = grant(&spec, &proving, &header, &witness);

    // Without its ciphertext, with a ciphertext where none belongs, with a false proof.
    assert!(matches!(
        node.submit(tx.clone(), None).await,
        Err(SubmitError::Sidecar)
    ));
    let answer = node
        .submit(register_issuer_on(&spec.id()), Some(sidecar.clone()))
        .await;
    assert!(matches!(answer, Err(SubmitError::Sidecar)));
    for n in 0..3 {
        let forged = with_proof(&tx, n, |bytes| bytes[60 * n as usize] ^= 1);
        let answer = node.submit(forged, Some(sidecar.clone())).await;
        assert!(
            matches!(answer, Err(SubmitError::Rejected(Reject::Proof))),
            "{answer:?}"
        );
    }

    let receipt = node
        .submit(tx.clone(), Some(sidecar.clone()))
        .await
        .unwrap();
    assert!(matches!(
        receipt.outcome,
        Outcome::Leaf {
            existing: false,
            ..
        }
    ));
    assert_eq!(
        node.sidecar(sidecar.digest()).await.unwrap().as_ref(),
        Some(&sidecar)
    );
    node.shutdown().await;

    std::fs::remove_dir_all(dir.path().join("index")).unwrap();
    let node = Node::start(start_config(dir.path(), &spec, keys(&real, &id)))
        .await
        .unwrap();
    assert_eq!(
        node.submit(tx.clone(), Some(sidecar.clone()))
            .await
            .unwrap(),
        receipt
    );
    assert_eq!(
        node.sidecar(sidecar.digest()).await.unwrap().as_ref(),
        Some(&sidecar)
    );

    let above = node.tip().1.height.next();
    assert_eq!(node.erase_sidecars_below(above).await.unwrap(), 1);
    assert_eq!(node.sidecar(sidecar.digest()).await.unwrap(), None);
    node.shutdown().await;
    std::fs::remove_dir_all(dir.path().join("index")).unwrap();
    let node = Node::start(start_config(dir.path(), &spec, keys(&real, &id)))
        .await
        .unwrap();
    assert_eq!(node.sidecar(sidecar.digest()).await.unwrap(), None);
    let block = node.block(receipt.height).await.unwrap().unwrap();
    assert_eq!(
        block.txs.0[receipt.index as usize], tx,
        "the chain is untouched"
    );
    assert_eq!(node.submit(tx, Some(sidecar)).await.unwrap(), receipt);
    node.shutdown().await;
}
