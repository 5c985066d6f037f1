//! Snapshots of a chain whose one validator's key is known here: a head can be signed for it, and count and digest be put
//! right, so that the fuzzer reaches the entries, the roots and the folder that is made of them.

use ed25519_dalek::{Signer, SigningKey};
use sha2::{Digest, Sha256};
use std::sync::LazyLock;
use tacit_circuits::audit::{AuditSecretKey, PossessionProof};
use tacit_circuits::commit::{end_tag, platform_commitment};
use tacit_circuits::field::Fr;
use tacit_circuits::keys::SetupKind;
use tacit_circuits::types::{Body, Digest32, HolderKey, MemberId, Position, PurposeSet, Timestamp};
use tacit_ledger::action::end::EndRight;
use tacit_ledger::action::{Action, End, Propose, RegisterRecord};
use tacit_ledger::block::Block;
use tacit_ledger::certificate::{Certificate, Proposal, finalize_message};
use tacit_ledger::codec::encode_vec;
use tacit_ledger::execute;
use tacit_ledger::genesis::{
    ChainSpec, Genesis, GenesisValidator, GenesisValidators, GrantPolicy, PinnedKey, PinnedKeys,
};
use tacit_ledger::governance::register_audit_key::possession_context;
use tacit_ledger::governance::{
    AddValidator, Change, MoveValidator, RegisterAuditKey, RegisterMember, ReinstateMember,
    RemoveValidator, ReplaceMemberKeys, ReplaceValidatorKeys, SetPolicy, SuspendMember,
};
use tacit_ledger::ids::{BlockTime, RequestId, ValidatorId};
use tacit_ledger::keys;
use tacit_ledger::member::{MemberKeys, PlatformCommitment, Role, Roles};
use tacit_ledger::proofs::Final;
use tacit_ledger::signature::{HpkePublicKey, Signature, SigningPublicKey, ValidatorKey};
use tacit_ledger::state::{MemoryState, StateRead};
use tacit_ledger::text::{Name, PeerAddress};
use tacit_ledger::tx::Tx;
use tacit_node::snapshot;

/// Signs blocks.
const VALIDATOR: [u8; 32] = [3; 32];
/// Signs votes about changes.
const GOVERNANCE: [u8; 32] = [4; 32];

/// A chain of one block, and the parts of its snapshot.
struct Known {
    spec: ChainSpec,
    block: Block,
    certificate: Certificate,
    state: MemoryState,
    head: Vec<u8>,
    entries: Vec<u8>,
}

static KNOWN: LazyLock<Known> = LazyLock::new(|| known().expect("the chain is in order"));

/// Valid inputs that this chain gives, each with the name of its target.
pub fn samples() -> Vec<(&'static str, Vec<u8>)> {
    let Known {
        spec,
        block,
        certificate,
        entries,
        state,
        ..
    } = &*KNOWN;
    let mut samples = vec![
        ("snapshot", assemble(entries)),
        ("snapshot", entries.clone()),
        ("block", block.to_bytes()),
        ("header", encode_vec(&block.header)),
        ("certificate", encode_vec(certificate)),
        ("governance", encode_vec(spec.genesis())),
        ("governance", encode_vec(spec.validators())),
    ];
    samples.extend(spec.to_json().map(|json| ("genesis", json.into_bytes())));
    samples.extend(block.txs.0.iter().map(|tx| ("transaction", tx.to_bytes())));
    samples.extend(
        changes()
            .iter()
            .flatten()
            .map(|change| ("governance", encode_vec(change))),
    );
    let values = [
        ("governance", keys::proposal(1)),
        ("governance", keys::open_proposals()),
        ("governance", keys::scheduled_validators()),
    ];
    let member = MemberId::new(1).map(|id| ("member_record", keys::member(id)));
    for (target, key) in values.into_iter().chain(member) {
        samples.push(("state_key", key.as_bytes().to_vec()));
        samples.extend(state.get(&key).ok().flatten().map(|value| (target, value)));
    }
    samples
}

/// One change of every kind.
fn changes() -> Option<Vec<Change>> {
    let (validator, member) = (ValidatorId::new(1)?, MemberId::new(1).ok()?);
    let address = PeerAddress::new("validator.example.org:7000").ok()?;
    let consensus_key = ValidatorKey::of(&SigningKey::from_bytes(&[8; 32]));
    let governance_key = SigningPublicKey::of(&SigningKey::from_bytes(&[9; 32]));
    Some(vec![
        Change::AddValidator(AddValidator {
            name: Name::new("fifth").ok()?,
            consensus_key,
            governance_key,
            address: address.clone(),
        }),
        Change::RemoveValidator(RemoveValidator { validator }),
        Change::ReplaceValidatorKeys(ReplaceValidatorKeys {
            validator,
            consensus_key,
            governance_key,
        }),
        Change::MoveValidator(MoveValidator { validator, address }),
        Change::RegisterMember(platform()?),
        Change::SuspendMember(SuspendMember { member }),
        Change::ReinstateMember(ReinstateMember { member }),
        Change::ReplaceMemberKeys(ReplaceMemberKeys {
            member,
            keys: platform()?.keys,
        }),
        Change::SetPolicy(SetPolicy {
            policy: KNOWN.spec.genesis().policy,
        }),
        Change::RegisterAuditKey(audit_key()?),
    ])
}

/// The bytes as a file, and as entries of a file whose other parts are as they must be. What is taken is the chain's state.
pub fn snapshot(data: &[u8]) {
    is_taken(data);
    if is_taken(&assemble(data)) {
        assert_eq!(data, KNOWN.entries, "another state of the same chain");
    }
}

/// Checks a file, and makes a folder of it when its bytes are in order; whether that worked.
pub fn is_taken(bytes: &[u8]) -> bool {
    let dir = tempfile::tempdir().expect("there is room for temporary files");
    let file = dir.path().join("file");
    std::fs::write(&file, bytes).expect("there is room for temporary files");
    let checked = snapshot::check(&file, &KNOWN.spec);
    let ours = dir.path().join("ours");
    if checked.is_err() {
        return false;
    }
    let taken = snapshot::restore(&ours, &KNOWN.spec, &file).is_ok();
    assert_eq!(ours.join("blocks.log").exists(), taken, "a chain or none");
    taken
}

/// The known head, these entries, their number and the digest.
fn assemble(entries: &[u8]) -> Vec<u8> {
    let mut file = [&KNOWN.head[..], entries, &[0]].concat();
    file.extend(count(entries).to_le_bytes());
    let digest = Sha256::digest(&file);
    file.extend(digest);
    file
}

/// Number of entries, as far as they are whole.
fn count(mut entries: &[u8]) -> u64 {
    let mut found = 0;
    while let Some(rest) = skip(entries) {
        (entries, found) = (rest, found + 1);
    }
    found
}

fn skip(entries: &[u8]) -> Option<&[u8]> {
    let (key, rest) = entries.split_first()?;
    let (length, rest) = rest.get(usize::from(*key)..)?.split_first_chunk::<4>()?;
    rest.get(u32::from_le_bytes(*length) as usize..)
}

fn known() -> Option<Known> {
    let spec = spec()?;
    let genesis = execute::genesis(&spec).ok()?;
    let mut state = MemoryState::new();
    state.apply(genesis.changes);
    let parent = genesis.block.header;
    let time = BlockTime(parent.time.0 + 2000);
    let txs = transactions(&spec)?;
    let proposed = execute::propose(&state, &spec, &parent, time, txs, &mut Final).ok()?;
    assert!(proposed.rejected.is_empty(), "{:?}", proposed.rejected);
    state.apply(proposed.executed.changes);
    let block = proposed.executed.block;
    let proposal = Proposal {
        epoch: 0,
        view: 1,
        parent_view: 0,
        block: block.id(),
    };
    let key = SigningKey::from_bytes(&VALIDATOR);
    let vote = Signature(
        key.sign(&finalize_message(&spec.id(), &proposal))
            .to_bytes(),
    );
    let certificate = Certificate::new(proposal, 1, &[(0, vote)]).ok()?;
    let mut head = [b"TCSN".as_slice(), &[1], spec.id().as_bytes(), &[0; 4]].concat();
    for part in [block.to_bytes(), encode_vec(&certificate)] {
        head.extend(u32::try_from(part.len()).ok()?.to_le_bytes());
        head.extend(part);
    }
    let mut entries = Vec::new();
    for (key, value) in state.iter() {
        let bytes = key.as_bytes();
        // What the root covers, and the lowest level of the note, ended and platform tree.
        if key.is_committed() || bytes.get(1) == Some(&0) && bytes[0] <= 0x82 {
            entries.push(u8::try_from(bytes.len()).ok()?);
            entries.extend(bytes);
            entries.extend(u32::try_from(value.len()).ok()?.to_le_bytes());
            entries.extend(value);
        }
    }
    Some(Known {
        spec,
        block,
        certificate,
        state,
        head,
        entries,
    })
}

fn audit_key() -> Option<RegisterAuditKey> {
    let reviewer = MemberId::new(1).ok()?;
    let mut secret = [0; 32];
    secret[15] = 7;
    let secret = AuditSecretKey::from_bytes(&secret).ok()?;
    let context = possession_context(&KNOWN.spec.id(), reviewer);
    Some(RegisterAuditKey {
        reviewer,
        key: secret.public(),
        possession: PossessionProof::prove(&secret, &context)?,
    })
}

/// A platform, two records, and the end of one of them: every tree has a leaf.
fn transactions(spec: &ChainSpec) -> Option<Vec<Tx>> {
    let propose = Propose {
        sequence: 0,
        change: platform()?.into(),
    };
    let record = |n: u64| RegisterRecord {
        holder_key: HolderKey(n.into()),
        body: Body((n + 1).into()),
        end_tag: end_tag(&Fr::from(n + 2)),
    };
    let end = End {
        position: Position(0),
        right: EndRight::Secret(Fr::from(12u64)),
    };
    let actions: [Action; 3] = [record(10).into(), record(20).into(), end.into()];
    let unsigned = (1..).zip(actions);
    let mut txs = vec![Tx::signed_by_validator(
        &spec.id(),
        RequestId([0; 16]),
        propose.into(),
        ValidatorId::new(1)?,
        &SigningKey::from_bytes(&GOVERNANCE),
    )];
    txs.extend(unsigned.map(|(n, action)| Tx::unsigned(RequestId([n; 16]), action)));
    Some(txs)
}

fn platform() -> Option<RegisterMember> {
    Some(RegisterMember {
        name: Name::new("shop").ok()?,
        roles: Roles::new(&[Role::Platform])?,
        keys: MemberKeys {
            signing: SigningPublicKey::of(&SigningKey::from_bytes(&[5; 32])),
            hpke: HpkePublicKey::new([6; 32]).ok()?,
            platform: Some(PlatformCommitment(platform_commitment(&Fr::from(7u64)))),
        },
    })
}

fn spec() -> Option<ChainSpec> {
    let pinned = |n: u8| PinnedKey {
        verifying_key: Digest32([n; 32]),
        setup: SetupKind::InsecureDevelopment,
    };
    let spec = ChainSpec::new(Genesis {
        name: Name::new("fuzz").ok()?,
        development: true,
        time: Timestamp(1_790_000_000),
        anchor_interval_secs: 2,
        anchors_kept: 1000,
        access_anchor_max_age_secs: 60,
        request_window_secs: 3600,
        max_time_ahead_ms: 500,
        epoch_blocks: 16,
        proposal_lifetime_secs: 3600,
        validators: GenesisValidators(vec![GenesisValidator {
            name: Name::new("validator").ok()?,
            consensus_key: ValidatorKey::of(&SigningKey::from_bytes(&VALIDATOR)),
            governance_key: SigningPublicKey::of(&SigningKey::from_bytes(&GOVERNANCE)),
            address: PeerAddress::new("127.0.0.1:1").ok()?,
        }]),
        statements: PinnedKeys {
            show: pinned(1),
            grant: pinned(2),
            access: pinned(3),
            open: pinned(4),
        },
        policy: GrantPolicy {
            max_duration_secs: 86_400,
            max_start_offset_secs: 3600,
            purposes: PurposeSet(u32::MAX),
        },
    });
    spec.ok()
}
