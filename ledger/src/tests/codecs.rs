//! Every encoding: round trips, exact consumption, and no panic whatever the bytes.

use super::chain::genesis;
use super::{Chain, audit_secret, field, keys_for};
use crate::action::end::EndRight;
use crate::action::*;
use crate::block::{Block, Sidecar};
use crate::certificate::Certificate;
use crate::codec::{decode_slice, encode_vec};
use crate::genesis::{ChainSpec, Genesis, GenesisError, PinnedKeys, PolicyError};
use crate::governance::{ProposalId, RegisterMember, SuspendMember};
use crate::header::Header;
use crate::ids::Height;
use crate::member::{Role, Roles};
use crate::merkle::TxProof;
use crate::state::{self, StateProof};
use crate::text::{Name, Purpose, SchemaDocument, TextError};
use crate::tx::{MAX_TX_BYTES, Tx};
use commonware_codec::{EncodeSize, Read, Write};
use proptest::prelude::*;
use std::fmt::Debug;
use tacit_circuits::audit::AuditCiphertext;
use tacit_circuits::keys::SetupKind;
use tacit_circuits::types::{MemberId, Position};

/// One transaction of every kind.
fn txs(chain: &mut Chain) -> Vec<Tx> {
    let register = RegisterMember {
        name: Name::new("new member").unwrap(),
        roles: Roles::new(&[Role::Platform, Role::Vault]).unwrap(),
        keys: keys_for(8, true),
    };
    let member = MemberId::new(2).unwrap();
    let schema = RegisterSchema {
        document: SchemaDocument::new("{\"name\":\"x\"}").unwrap(),
    };
    let open = OpenAudit {
        from: Height(0),
        to: Height(2),
        purpose: Purpose::new("case 7").unwrap(),
    };
    vec![
        chain.propose(1, register),
        chain.approve(2, 7, SuspendMember { member }),
        chain.by_validator(
            1,
            Withdraw {
                proposal: ProposalId(7),
            },
        ),
        chain.by_member(
            2,
            2,
            RotateKeys {
                member,
                keys: keys_for(8, true),
            },
        ),
        chain.propose(1, SuspendMember { member }),
        chain.by_member(1, 1, schema),
        chain.propose(1, chain.audit_key(3, 9)),
        chain.by_member(1, 1, chain.issue(10)),
        chain.unsigned(End {
            position: Position(3),
            right: EndRight::Secret(field(7)),
        }),
        chain.by_member(
            1,
            1,
            End {
                position: Position(3),
                right: EndRight::Controller,
            },
        ),
        chain.unsigned(chain.record(20)),
        chain.unsigned(chain.grant(Height(0), 30)),
        chain.unsigned(chain.access(Height(0), 40)),
        chain.by_member(3, 3, open),
    ]
}

/// Decodes, encodes and compares; refuses every truncation and every extra byte.
fn exact<T: Read<Cfg = ()> + Write + EncodeSize + PartialEq + Debug>(value: &T) {
    let bytes = encode_vec(value);
    assert_eq!(&decode_slice::<T>(&bytes).unwrap(), value);
    for len in 0..bytes.len() {
        assert!(decode_slice::<T>(&bytes[..len]).is_err(), "cut to {len}");
    }
    let mut longer = bytes;
    longer.push(0);
    assert!(decode_slice::<T>(&longer).is_err());
}

/// What decodes must encode to the very same bytes.
fn canonical<T: Read<Cfg = ()> + Write + EncodeSize>(bytes: &[u8]) {
    if let Ok(value) = decode_slice::<T>(bytes) {
        assert_eq!(encode_vec(&value), bytes);
    }
}

fn all_canonical(bytes: &[u8]) {
    canonical::<Tx>(bytes);
    canonical::<Block>(bytes);
    canonical::<Header>(bytes);
    canonical::<Certificate>(bytes);
    canonical::<Genesis>(bytes);
    canonical::<Sidecar>(bytes);
    canonical::<TxProof>(bytes);
    canonical::<StateProof>(bytes);
    canonical::<crate::member::MemberRecord>(bytes);
}

fn ciphertext() -> AuditCiphertext {
    let words = [field(1), field(2)];
    AuditCiphertext::encrypt(&audit_secret(1).public(), &field(3), &field(4), &words).unwrap()
}

#[test]
fn every_format_is_exact() {
    let mut chain = Chain::with_members();
    for tx in txs(&mut chain) {
        exact(&tx);
    }
    let block = chain.blocks.last().unwrap().clone();
    exact(&block);
    exact(&block.header);
    exact(chain.spec.genesis());
    exact(&Sidecar {
        ciphertext: ciphertext(),
    });
    exact(&chain.certify(&block.header, &[101]));
    exact(&block.prove_tx(0).unwrap());
    let member = MemberId::new(2).unwrap();
    exact(&state::member(&chain.state, member).unwrap().unwrap());
    exact(
        &state::prove(&chain.state, chain.height(), &crate::keys::member(member))
            .unwrap()
            .1,
    );
    exact(&state::counters(&chain.state).unwrap());
}

#[test]
fn magic_and_version_are_checked() {
    let mut chain = Chain::with_members();
    let good = txs(&mut chain)[0].to_bytes();
    for at in 0..5 {
        let mut bad = good.clone();
        bad[at] ^= 1;
        assert!(Tx::from_bytes(&bad).is_err());
    }
    let mut newer = good;
    newer[4] = 2;
    let error = Tx::from_bytes(&newer).unwrap_err().to_string();
    assert!(error.contains("unknown version"), "{error}");
}

#[test]
fn unknown_actions_and_lying_lengths_are_refused() {
    let mut chain = Chain::with_members();
    let record = chain.unsigned(chain.record(1)).to_bytes();
    for action in [0u8, 12, 255] {
        let mut bad = record.clone();
        bad[21] = action;
        assert!(Tx::from_bytes(&bad).is_err());
    }
    // A schema whose length says four gigabytes.
    let schema = RegisterSchema {
        document: SchemaDocument::new("x").unwrap(),
    };
    let mut bad = chain.by_member(1, 1, schema).to_bytes();
    bad.splice(22..23, [0xff, 0xff, 0xff, 0xff, 0x0f]);
    assert!(Tx::from_bytes(&bad).is_err());
    assert!(Tx::from_bytes(&vec![0; MAX_TX_BYTES + 1]).is_err());
    assert!(Block::from_bytes(&vec![0; crate::block::MAX_BLOCK_BYTES + 1]).is_err());
}

#[test]
fn the_largest_transaction_fits_its_bound() {
    let mut chain = Chain::with_members();
    let document = SchemaDocument::new("x".repeat(SchemaDocument::MAX_BYTES)).unwrap();
    let tx = chain.by_member(1, 1, RegisterSchema { document });
    assert!(tx.encode_size() <= MAX_TX_BYTES);
    assert!(chain.submit(tx).is_ok());
}

#[test]
fn texts_are_bounded_and_printable() {
    assert_eq!(Name::new(""), Err(TextError::Empty));
    assert_eq!(
        Name::new("x".repeat(65)),
        Err(TextError::TooLong { max: 64 })
    );
    for name in ["tab\t", "new\nline", "\u{202e}evil", "pаypal"] {
        assert_eq!(Name::new(name), Err(TextError::Forbidden), "{name:?}");
    }
    assert!(Purpose::new("Prüfung 7/2026").is_ok());
    assert_eq!(Purpose::new("a\u{0}b"), Err(TextError::Forbidden));
    assert!(serde_json::from_str::<Name>("\"a\\u0000\"").is_err());
}

#[test]
fn genesis_is_checked() {
    let spec = ChainSpec::new(genesis(&[101])).unwrap();
    let json = spec.to_json().unwrap();
    assert_eq!(ChainSpec::from_json(&json).unwrap(), spec);
    assert!(spec.warning().is_some());

    let mut release = genesis(&[101]);
    release.development = false;
    assert_eq!(
        ChainSpec::new(release.clone()),
        Err(GenesisError::InsecureSetup)
    );
    for statement in 0..4 {
        let mut partly = release.clone();
        let keys = &mut partly.statements;
        let PinnedKeys {
            show,
            grant,
            access,
            open,
        } = keys;
        for (n, key) in [show, grant, access, open].into_iter().enumerate() {
            key.setup = if n == statement {
                SetupKind::InsecureDevelopment
            } else {
                SetupKind::Ceremony
            };
        }
        assert_eq!(ChainSpec::new(partly), Err(GenesisError::InsecureSetup));
    }
    for key in [
        &mut release.statements.show,
        &mut release.statements.grant,
        &mut release.statements.access,
        &mut release.statements.open,
    ] {
        key.setup = SetupKind::Ceremony;
    }
    let release = ChainSpec::new(release).unwrap();
    assert_eq!(release.warning(), None);
    assert_ne!(release.id(), spec.id());

    let mut zero = genesis(&[101]);
    zero.anchor_interval_secs = 0;
    assert_eq!(
        ChainSpec::new(zero),
        Err(GenesisError::Zero("anchor_interval_secs"))
    );
    for field in 0..2 {
        let mut long = genesis(&[101]);
        *[
            &mut long.policy.max_duration_secs,
            &mut long.policy.max_start_offset_secs,
        ][field] = 1 << 40;
        assert_eq!(
            ChainSpec::new(long),
            Err(GenesisError::Policy(PolicyError::TooLong))
        );
    }
    assert!(matches!(
        ChainSpec::new(genesis(&[])),
        Err(GenesisError::Validators(_))
    ));
    assert!(matches!(
        ChainSpec::new(genesis(&[101, 101])),
        Err(GenesisError::Validators(_))
    ));
    let unknown_field = json.replacen("\"name\"", "\"surprise\": 1, \"name\"", 1);
    assert!(matches!(
        ChainSpec::from_json(&unknown_field),
        Err(GenesisError::Json(_))
    ));
}

#[test]
fn every_constant_of_genesis_is_in_the_chain_id() {
    let base = ChainSpec::new(genesis(&[101])).unwrap().id();
    let changes: Vec<fn(&mut Genesis)> = vec![
        |g| g.name = Name::new("other").unwrap(),
        |g| g.time.0 += 1,
        |g| g.anchor_interval_secs += 1,
        |g| g.anchors_kept += 1,
        |g| g.access_anchor_max_age_secs += 1,
        |g| g.request_window_secs += 1,
        |g| g.max_time_ahead_ms += 1,
        |g| g.epoch_blocks += 1,
        |g| g.proposal_lifetime_secs += 1,
        |g| {
            g.validators.0[0].governance_key =
                crate::signature::SigningPublicKey::of(&super::signing_key(1))
        },
        |g| g.validators.0[0].address = crate::text::PeerAddress::new("elsewhere:1").unwrap(),
        |g| g.validators = genesis(&[102]).validators,
        |g| g.statements.access.verifying_key.0[0] ^= 1,
        |g| g.statements.open.verifying_key.0[0] ^= 1,
        |g| g.policy.max_duration_secs += 1,
        |g| g.policy.purposes.0 ^= 1,
    ];
    for (n, change) in changes.into_iter().enumerate() {
        let mut changed = genesis(&[101]);
        change(&mut changed);
        assert_ne!(ChainSpec::new(changed).unwrap().id(), base, "{n}");
    }
}

proptest! {
    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        all_canonical(&bytes);
    }

    #[test]
    fn changed_transactions_never_panic_and_stay_canonical(
        which in 0usize..14,
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let mut chain = Chain::new();
        let mut bytes = txs(&mut chain)[which].to_bytes();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        all_canonical(&bytes);
    }
}
