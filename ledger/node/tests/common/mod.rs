//! A development chain with one validator and one issuer, and transactions for it.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use ark_bls12_381::{G1Affine, G2Affine};
use ark_ec::{AffineRepr, CurveGroup};
use ark_serialize::CanonicalSerialize;
use ed25519_dalek::SigningKey;
use std::{net::SocketAddr, path::Path, sync::OnceLock};
use tacit_circuits::{
    context::StatementId,
    field::Fr,
    keys::{SetupKind, VerifyingKey},
    tags::{self, tagged_sha256},
    types::{Body, EndTag, HolderKey, MemberId, PurposeSet, Timestamp},
};
use tacit_ledger::{
    action::{Action, Propose, issue::Issue},
    genesis::{
        ChainSpec, Genesis, GenesisValidator, GenesisValidators, GrantPolicy, PinnedKey, PinnedKeys,
    },
    governance::{Change, RegisterMember},
    ids::{ChainId, RequestId, ValidatorId},
    member::{MemberKeys, Role, Roles},
    signature::{HpkePublicKey, SigningPublicKey, ValidatorKey},
    text::{Name, PeerAddress},
    tx::Tx,
    verifier::ProofKeys,
};
use tacit_node::{MempoolLimits, NodeConfig, ValidatorSecret};

pub const VALIDATOR: [u8; 32] = [3; 32];

pub fn issuer() -> SigningKey {
    SigningKey::from_bytes(&[2; 32])
}

/// A chain with one validator.
pub fn spec() -> ChainSpec {
    static SPEC: OnceLock<ChainSpec> = OnceLock::new();
    SPEC.get_or_init(|| spec_of(&[VALIDATOR])).clone()
}

/// A chain with these validators.
pub fn spec_of(seeds: &[[u8; 32]]) -> ChainSpec {
    spec_pinning(validators(seeds), &toy_keys())
}

/// The governance key of the validator with a seed.
pub fn governance(seed: &[u8; 32]) -> SigningKey {
    SigningKey::from_bytes(&seed.map(|byte| byte ^ 0x55))
}

/// Validators with these seeds.
pub fn validators(seeds: &[[u8; 32]]) -> Vec<GenesisValidator> {
    let validators = (1..).zip(seeds).map(|(n, seed)| GenesisValidator {
        name: Name::new(format!("validator-{n}")).unwrap(),
        consensus_key: ValidatorKey::of(&SigningKey::from_bytes(seed)),
        governance_key: SigningPublicKey::of(&governance(seed)),
        address: PeerAddress::new(format!("127.0.0.1:{}", 9000 + n)).unwrap(),
    });
    validators.collect()
}

/// A chain that pins these verifying keys.
pub fn spec_pinning(validators: Vec<GenesisValidator>, keys: &[VerifyingKey; 4]) -> ChainSpec {
    let [show, grant, access, open] = keys.each_ref().map(|key| PinnedKey {
        verifying_key: key.id(),
        setup: key.setup(),
    });
    ChainSpec::new(Genesis {
        name: Name::new("node-tests").unwrap(),
        development: true,
        time: Timestamp(1_790_000_000),
        anchor_interval_secs: 2,
        anchors_kept: 1000,
        access_anchor_max_age_secs: 60,
        request_window_secs: 3600,
        max_time_ahead_ms: 500,
        epoch_blocks: 16,
        proposal_lifetime_secs: 3600,
        validators: GenesisValidators(validators),
        statements: PinnedKeys {
            show,
            grant,
            access,
            open,
        },
        policy: GrantPolicy {
            max_duration_secs: 365 * 86_400,
            max_start_offset_secs: 86_400,
            purposes: PurposeSet(u32::MAX),
        },
    })
    .unwrap()
}

pub fn config(dir: &Path) -> NodeConfig {
    std::fs::create_dir_all(dir).unwrap();
    let unused_mark = dir.join("unused");
    std::fs::write(&unused_mark, []).unwrap();
    NodeConfig {
        dir: dir.to_path_buf(),
        spec: spec(),
        proof_keys: proof_keys(&spec(), toy_keys()),
        validator: ValidatorSecret::new(VALIDATOR),
        unused_mark: Some(unused_mark),
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        peers: Vec::new(),
        pace: tacit_node::Pace::default(),
        mempool: MempoolLimits::default(),
        progress: None,
    }
}

/// Verifying keys in their order.
pub fn proof_keys(spec: &ChainSpec, keys: [VerifyingKey; 4]) -> ProofKeys {
    let [show, grant, access, open] = keys;
    ProofKeys::new(spec, show, grant, access, open).unwrap()
}

/// Well-formed verifying keys under which no proof verifies: making real ones takes long, and most tests prove nothing.
pub fn toy_keys() -> [VerifyingKey; 4] {
    let bytes = |point: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = Vec::new();
        point(&mut bytes);
        bytes
    };
    let g1 = bytes(&|out| G1Affine::generator().serialize_compressed(out).unwrap());
    let g2 = bytes(&|out| G2Affine::generator().serialize_compressed(out).unwrap());
    let twice = (G2Affine::generator() + G2Affine::generator()).into_affine();
    let other = bytes(&|out| twice.serialize_compressed(out).unwrap());
    StatementId::ALL.map(|statement| {
        let head = [
            b"TCVK".as_slice(),
            &[1, statement as u8, SetupKind::InsecureDevelopment as u8],
            &[0, 0],
        ]
        .concat();
        let key = [
            head,
            g1.clone(),
            g2.clone(),
            g2.clone(),
            other.clone(),
            g1.clone(),
        ]
        .concat();
        VerifyingKey::load(&key, &tagged_sha256(tags::VERIFYING_KEY, &[&key])).unwrap()
    })
}

pub fn request_id(kind: u8, n: u64) -> RequestId {
    let mut id = [kind; 16];
    id[8..].copy_from_slice(&n.to_be_bytes());
    RequestId(id)
}

/// Registers the issuer as member 1.
pub fn register_issuer() -> Tx {
    register_issuer_on(&spec().id())
}

/// Registers the issuer as member 1 of this chain of one validator.
pub fn register_issuer_on(chain: &ChainId) -> Tx {
    register_issuer_by(chain, &VALIDATOR)
}

/// Registers the issuer, or proposes that, as validator 1, which has this seed.
pub fn register_issuer_by(chain: &ChainId, seed: &[u8; 32]) -> Tx {
    let change = RegisterMember {
        name: Name::new("issuer").unwrap(),
        roles: Roles::new(&[Role::Issuer]).unwrap(),
        keys: MemberKeys {
            signing: SigningPublicKey::of(&issuer()),
            hpke: HpkePublicKey::new([5; 32]).unwrap(),
            platform: None,
        },
    };
    decide_as(seed, chain, request_id(1, 0), 0, change)
}

/// A change that the one validator decides; `sequence` is the number of its proposals before.
pub fn decide(chain: &ChainId, id: RequestId, sequence: u64, change: impl Into<Change>) -> Tx {
    decide_as(&VALIDATOR, chain, id, sequence, change)
}

fn decide_as(
    seed: &[u8; 32],
    chain: &ChainId,
    id: RequestId,
    sequence: u64,
    change: impl Into<Change>,
) -> Tx {
    let action = Propose {
        sequence,
        change: change.into(),
    };
    let validator = ValidatorId::new(1).unwrap();
    Tx::signed_by_validator(chain, id, action.into(), validator, &governance(seed))
}

/// The n-th credential.
pub fn issue(n: u64) -> Tx {
    issue_as(n, 1)
}

/// The n-th credential, said to be of this member.
pub fn issue_as(n: u64, member: u32) -> Tx {
    issue_with(request_id(2, n), n, member)
}

/// The n-th credential under another request id.
pub fn issue_under(request: RequestId, n: u64) -> Tx {
    issue_with(request, n, 1)
}

fn issue_with(request: RequestId, n: u64, member: u32) -> Tx {
    let fr = |kind: u64| Fr::from(n * 10 + kind);
    let action = Action::Issue(Issue {
        holder_key: HolderKey(fr(1)),
        body: Body(fr(2)),
        end_tag: EndTag(fr(3)),
    });
    let member = MemberId::new(member).unwrap();
    Tx::signed_by_member(&spec().id(), request, action, member, &issuer())
}
