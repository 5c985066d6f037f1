//! Certificates and the light client that relies on them.

use super::chain::genesis;
use super::{Chain, field, signing_key};
use crate::certificate::{Certificate, CertificateError, Proposal, finalize_message};
use crate::codec::{decode_slice, encode_vec};
use crate::genesis::ChainSpec;
use crate::header::Header;
use crate::ids::{BlockTime, ChainId, Height, ValidatorsHash};
use crate::light::{Checkpoint, LightClient, LightError};
use crate::signature::{Signature, ValidatorKey};
use crate::state;
use crate::validators::{ValidatorSet, ValidatorSetError};
use ed25519_dalek::Signer;
use tacit_circuits::tree::ended::EndedShard;
use tacit_circuits::tree::note::NoteBucket;
use tacit_circuits::types::{Digest32, MemberId};

const FOUR: [u8; 4] = [101, 102, 103, 104];

fn chain() -> Chain {
    let mut chain = Chain::with_genesis(genesis(&FOUR));
    for n in 0..6 {
        let tx = chain.unsigned(chain.record(10 * n + 10));
        chain.submit(tx).unwrap();
    }
    chain.anchor();
    chain
}

fn headers(chain: &Chain) -> Vec<Header> {
    chain.blocks[1..]
        .iter()
        .map(|block| block.header.clone())
        .collect()
}

fn set(keys: &[u8]) -> ValidatorSet {
    ValidatorSet::new(
        keys.iter()
            .map(|n| ValidatorKey::of(&signing_key(*n)))
            .collect(),
    )
    .unwrap()
}

#[test]
fn quorums_are_those_of_the_engine() {
    for (n, quorum) in [
        (1, 1),
        (2, 2),
        (3, 3),
        (4, 3),
        (5, 4),
        (6, 5),
        (7, 5),
        (10, 7),
        (100, 67),
    ] {
        let keys: Vec<u8> = (1..=n).collect();
        assert_eq!(set(&keys).quorum(), quorum, "{n}");
    }
}

#[test]
fn sets_are_ordered_distinct_and_bounded() {
    assert_eq!(set(&[1, 2, 3]).hash(), set(&[3, 1, 2]).hash());
    assert_ne!(set(&[1, 2, 3]).hash(), set(&[1, 2]).hash());
    let key = ValidatorKey::of(&signing_key(1));
    assert_eq!(
        ValidatorSet::new(vec![key, key]),
        Err(ValidatorSetError::Repeated)
    );
    assert_eq!(
        ValidatorSet::new(Vec::new()),
        Err(ValidatorSetError::Size(0))
    );
    let mut bytes = encode_vec(&set(&[1, 2]));
    assert!(decode_slice::<ValidatorSet>(&bytes).is_ok());
    bytes[1..].rotate_left(32);
    assert!(
        decode_slice::<ValidatorSet>(&bytes).is_err(),
        "only one order is canonical"
    );
}

#[test]
fn a_quorum_certifies_and_fewer_do_not() {
    let chain = chain();
    let (id, validators) = (chain.spec.id(), chain.spec.validators());
    for signers in [&FOUR[..], &FOUR[..3], &[101, 103, 104]] {
        assert_eq!(
            chain.certify(chain.tip(), signers).verify(&id, validators),
            Ok(())
        );
    }
    for signers in [&FOUR[..2], &FOUR[..1], &[]] {
        let error = chain.certify(chain.tip(), signers).verify(&id, validators);
        assert_eq!(
            error,
            Err(CertificateError::TooFew {
                got: signers.len(),
                quorum: 3
            })
        );
    }
}

#[test]
fn repeated_foreign_and_misplaced_votes_are_refused() {
    let chain = chain();
    let proposal = Proposal {
        epoch: 0,
        view: 3,
        parent_view: 2,
        block: chain.tip().id(),
    };
    let message = finalize_message(&chain.spec.id(), &proposal);
    let sign = |n: u8| Signature(signing_key(n).sign(&message).to_bytes());
    let one = sign(101);
    // One validator's vote three times.
    let twice = Certificate::new(proposal, 4, &[(0, one), (0, one), (0, one)]);
    assert_eq!(twice, Err(CertificateError::Malformed));
    assert_eq!(
        Certificate::new(proposal, 4, &[(1, one), (0, one)]),
        Err(CertificateError::Malformed)
    );
    assert_eq!(
        Certificate::new(proposal, 4, &[(4, one)]),
        Err(CertificateError::Malformed)
    );
    let (id, validators) = (chain.spec.id(), chain.spec.validators());
    // One validator's vote in the place of others.
    let copied = Certificate::new(proposal, 4, &[(0, one), (1, one), (2, one)]).unwrap();
    assert!(matches!(
        copied.verify(&id, validators),
        Err(CertificateError::Signature { .. })
    ));
    // Votes of strangers.
    let strangers: Vec<_> = (0..3).map(|n| (n, sign(110 + n as u8))).collect();
    let foreign = Certificate::new(proposal, 4, &strangers).unwrap();
    assert_eq!(
        foreign.verify(&id, validators),
        Err(CertificateError::Signature { vote: 0 })
    );
    // A set that never was, of another size and of the same.
    let good = chain.certify(chain.tip(), &FOUR);
    assert_eq!(
        good.verify(&id, &set(&[101, 102, 103])),
        Err(CertificateError::OtherSet { got: 4, set: 3 })
    );
    assert!(good.verify(&id, &set(&[101, 102, 103, 105])).is_err());
}

#[test]
fn a_vote_counts_for_one_chain_block_and_view_only() {
    let chain = chain();
    let good = chain.certify(chain.tip(), &FOUR);
    let validators = chain.spec.validators();
    let elsewhere = ChainId(Digest32([5; 32]));
    assert!(good.verify(&elsewhere, validators).is_err());
    let changes: [fn(&mut Proposal); 4] = [
        |p| p.epoch += 1,
        |p| p.view += 1,
        |p| p.parent_view += 1,
        |p| p.block.0.0[0] ^= 1,
    ];
    for change in changes {
        let mut moved = good.clone();
        change(&mut moved.proposal);
        assert!(matches!(
            moved.verify(&chain.spec.id(), validators),
            Err(CertificateError::Signature { vote: 0 })
        ));
    }
}

#[test]
fn every_flipped_bit_of_a_certificate_is_refused() {
    let chain = chain();
    let good = chain.certify(chain.tip(), &FOUR[..3]);
    let bytes = encode_vec(&good);
    assert_eq!(decode_slice::<Certificate>(&bytes).unwrap(), good);
    for at in 0..bytes.len() {
        for bit in 0..8 {
            let mut forged = bytes.clone();
            forged[at] ^= 1 << bit;
            let verified = decode_slice::<Certificate>(&forged).is_ok_and(|certificate| {
                certificate
                    .verify(&chain.spec.id(), chain.spec.validators())
                    .is_ok()
            });
            assert!(!verified, "byte {at} bit {bit}");
        }
    }
}

#[test]
fn a_light_client_follows_and_verifies() {
    let chain = chain();
    let headers = headers(&chain);
    let mut client = LightClient::from_genesis(&chain.spec).unwrap();
    let (first, second) = headers.split_at(3);
    client
        .follow(first, &chain.certify(&first[2], &FOUR[..3]), &set(&FOUR))
        .unwrap();
    let certified = client
        .follow(second, &chain.certify(chain.tip(), &FOUR), &set(&FOUR))
        .unwrap();
    assert_eq!(client.tip().header(), chain.tip());

    let tip = certified.last().unwrap();
    let block = &chain.blocks[3];
    let header = client_header(&chain, 3);
    let proof = block.prove_tx(0).unwrap();
    assert!(header.verify_tx(&block.txs.0[0], &proof).is_ok());
    assert!(
        tip.verify_tx(&block.txs.0[0], &proof).is_err(),
        "another block"
    );
    assert!(
        header.verify_tx(&chain.blocks[4].txs.0[0], &proof).is_err(),
        "another transaction"
    );

    let key = crate::keys::counters();
    let (value, proof) = state::prove(&chain.state, chain.height(), &key).unwrap();
    assert!(tip.verify_state(&key, value.as_deref(), &proof).is_ok());
    assert!(tip.verify_state(&key, None, &proof).is_err());
    assert!(header.verify_state(&key, value.as_deref(), &proof).is_err());

    let mut bucket = NoteBucket::read(&state::NoteNodes(&chain.state), 6, 0).unwrap();
    assert!(tip.verify_bucket(&bucket).is_ok());
    assert!(header.verify_bucket(&bucket).is_err(), "an older block");
    bucket.leaves.pop();
    assert!(tip.verify_bucket(&bucket).is_err());
    let shard = EndedShard::read(&state::EndedNodes(&chain.state), 0).unwrap();
    assert!(tip.verify_shard(&shard).is_ok());
}

/// The header of a height, certified on its own.
fn client_header(chain: &Chain, height: usize) -> crate::light::CertifiedHeader {
    let mut client = LightClient::from_genesis(&chain.spec).unwrap();
    let headers = &headers(chain)[..height];
    client
        .follow(
            headers,
            &chain.certify(&headers[height - 1], &FOUR),
            &set(&FOUR),
        )
        .unwrap();
    client.tip()
}

#[test]
fn the_whole_platform_tree_verifies_and_no_part_of_it() {
    let mut chain = Chain::with_genesis(genesis(&FOUR));
    chain.register(1, &[crate::member::Role::Platform]).unwrap();
    chain.register(2, &[crate::member::Role::Platform]).unwrap();
    let tip = client_header(&chain, 2);
    let entry = |n: u32| {
        let member = MemberId::new(n).unwrap();
        let commitment = field(1000 + u64::from(n));
        (
            member,
            tacit_circuits::commit::platform_leaf(member, &commitment),
        )
    };
    assert!(tip.verify_platforms(&[entry(1), entry(2)]).is_ok());
    assert!(tip.verify_platforms(&[entry(1)]).is_err());
    assert!(
        tip.verify_platforms(&[entry(1), entry(2), entry(3)])
            .is_err()
    );
    assert!(
        tip.verify_platforms(&[entry(1), (entry(2).0, field(7))])
            .is_err()
    );
}

#[test]
fn a_light_client_stays_where_it_is_when_anything_is_wrong() {
    let chain = chain();
    let good = headers(&chain);
    let last = good.last().unwrap();
    let mut client = LightClient::from_genesis(&chain.spec).unwrap();
    let mut refused = |headers: &[Header], certificate: &Certificate, what: &str| {
        let error = client
            .follow(headers, certificate, &set(&FOUR))
            .expect_err(what);
        assert_eq!(client.tip().header().height, Height(0));
        error
    };
    let certificate = chain.certify(last, &FOUR);
    assert!(matches!(
        refused(&[], &certificate, "empty"),
        LightError::Empty
    ));
    assert!(matches!(
        refused(&good[1..], &certificate, "gap"),
        LightError::Gap { .. }
    ));
    let mut skipping = good.clone();
    skipping.remove(2);
    assert!(matches!(
        refused(&skipping, &certificate, "gap inside"),
        LightError::Gap { .. }
    ));
    let early = &good[..4];
    assert!(matches!(
        refused(early, &certificate, "certificate of another block"),
        LightError::Certificate(CertificateError::OtherBlock)
    ));
    assert!(matches!(
        refused(&good, &chain.certify(last, &FOUR[..2]), "too few"),
        LightError::Certificate(CertificateError::TooFew { .. })
    ));
    // Last headers that a quorum would never sign, here signed: the rules hold even so.
    type Change = Box<dyn Fn(&mut Header)>;
    let changes: Vec<(&str, Change)> = vec![
        ("chain", Box::new(|h| h.chain = ChainId(Digest32([0; 32])))),
        ("time", Box::new(|h| h.time = BlockTime(0))),
        (
            "validators",
            Box::new(|h| h.validators = ValidatorsHash(Digest32([0; 32]))),
        ),
        ("anchor", Box::new(|h| h.anchor = Height(h.anchor.0 - 1))),
        ("height", Box::new(|h| h.height = Height(h.height.0 + 1))),
        ("epoch", Box::new(|h| h.epoch.0 += 1)),
    ];
    for (what, change) in changes {
        let mut changed = good.clone();
        let header = changed.last_mut().unwrap();
        change(header);
        let certificate = chain.certify(header, &FOUR);
        refused(&changed, &certificate, what);
    }
    assert!(client.follow(&good, &certificate, &set(&FOUR)).is_ok());
}

#[test]
fn a_checkpoint_must_be_of_the_chain() {
    let chain = chain();
    let trusted = Checkpoint {
        header: client_header(&chain, 2).header().clone(),
        validators: set(&FOUR),
    };
    let bytes = encode_vec(&trusted);
    assert_eq!(decode_slice::<Checkpoint>(&bytes).unwrap(), trusted);
    let mut stranger = trusted.clone();
    stranger.validators = set(&[101, 102, 103]);
    assert!(matches!(
        LightClient::from_checkpoint(&chain.spec, stranger),
        Err(LightError::Validators { .. })
    ));
    let mut other = genesis(&FOUR);
    other.anchors_kept += 1;
    let other = ChainSpec::new(other).unwrap();
    assert!(matches!(
        LightClient::from_checkpoint(&other, trusted.clone()),
        Err(LightError::Chain)
    ));
    let mut client = LightClient::from_checkpoint(&chain.spec, trusted).unwrap();
    let rest = &headers(&chain)[2..];
    assert!(
        client
            .follow(rest, &chain.certify(chain.tip(), &FOUR), &set(&FOUR))
            .is_ok()
    );
}
