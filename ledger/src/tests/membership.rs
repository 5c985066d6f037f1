//! Validators join, leave and change: effective with the next epoch, and followed by light clients.

use super::chain::{EPOCH_BLOCKS, genesis, governance_key};
use super::governance::{FOUR, register, validator};
use super::{Chain, signing_key};
use crate::certificate::CertificateError;
use crate::governance::{
    AddValidator, Effect, MoveValidator, RemoveValidator, ReplaceValidatorKeys,
};
use crate::header::Header;
use crate::ids::{Epoch, Height};
use crate::light::{LightClient, LightError};
use crate::reject::Reject;
use crate::signature::{SigningPublicKey, ValidatorKey};
use crate::state;
use crate::text::{Name, PeerAddress};
use crate::validators::{MAX_VALIDATORS, ValidatorSet, Validators};
use proptest::prelude::*;

fn add(n: u8) -> AddValidator {
    AddValidator {
        name: Name::new(format!("validator {n}")).unwrap(),
        consensus_key: ValidatorKey::of(&signing_key(n)),
        governance_key: SigningPublicKey::of(&governance_key(n)),
        address: PeerAddress::new(format!("10.0.0.{n}:9000")).unwrap(),
    }
}

fn remove(n: u32) -> RemoveValidator {
    RemoveValidator {
        validator: validator(n),
    }
}

fn active(chain: &Chain) -> Validators {
    state::validators(&chain.state).unwrap()
}

fn ids(validators: &Validators) -> Vec<u32> {
    let id = |validator: &crate::validators::Validator| validator.id.get();
    validators.as_slice().iter().map(id).collect()
}

fn set(keys: &[u8]) -> ValidatorSet {
    let keys = keys.iter().map(|n| ValidatorKey::of(&signing_key(*n)));
    ValidatorSet::new(keys.collect()).unwrap()
}

#[test]
fn a_change_is_effective_exactly_with_the_next_epoch() {
    let mut chain = Chain::with_genesis(genesis(&FOUR));
    let effect = chain.decide(add(105)).unwrap();
    assert_eq!(
        effect,
        Effect::Validator {
            validator: validator(5),
            from: Epoch(1)
        }
    );
    let scheduled = state::scheduled_validators(&chain.state).unwrap();
    assert_eq!(ids(&scheduled), [1, 2, 3, 4, 5]);
    for height in 1..3 * u64::from(EPOCH_BLOCKS) {
        while chain.height() < Height(height) {
            chain.block(Vec::new());
        }
        let header = chain.blocks[height as usize].header.clone();
        let epoch = height / u64::from(EPOCH_BLOCKS);
        assert_eq!(header.epoch, Epoch(epoch));
        let expected = match epoch {
            0 => set(&FOUR),
            _ => set(&[101, 102, 103, 104, 105]),
        };
        assert_eq!(header.validators, expected.hash(), "height {height}");
        assert_eq!(
            header.next_validators,
            set(&[101, 102, 103, 104, 105]).hash(),
            "height {height}"
        );
    }
    assert_eq!(ids(&active(&chain)), [1, 2, 3, 4, 5]);
    // In the first block of an epoch the set is that of the epoch already.
    chain.decide(remove(1)).unwrap();
    chain.next_epoch();
    assert_eq!(ids(&active(&chain)), [2, 3, 4, 5]);
}

#[test]
fn a_change_in_the_last_block_of_an_epoch_is_in_time() {
    let mut chain = Chain::with_genesis(genesis(&[101]));
    while chain.height().0 + 2 < u64::from(EPOCH_BLOCKS) {
        chain.block(Vec::new());
    }
    chain.decide(add(102)).unwrap();
    assert!(chain.spec.epochs().ends_at(chain.height()));
    let hash = set(&[101, 102]).hash();
    assert_eq!(chain.tip().next_validators, hash);
    assert_eq!(chain.tip().validators, set(&[101]).hash());
    assert_eq!(
        state::validator_set(&chain.state, &hash).unwrap(),
        Some(set(&[101, 102])),
        "whoever knows the state has the set"
    );
    chain.block(Vec::new());
    assert_eq!(chain.tip().validators, hash);
}

#[test]
fn a_set_that_was_scheduled_but_never_active_is_none_of_the_chains() {
    let mut chain = Chain::with_genesis(genesis(&[101]));
    chain.decide(add(102)).unwrap();
    chain.decide(remove(2)).unwrap();
    chain.next_epoch();
    assert_eq!(chain.tip().validators, set(&[101]).hash());
    let hash = set(&[101, 102]).hash();
    assert_eq!(state::validator_set(&chain.state, &hash).unwrap(), None);
}

#[test]
fn numbers_are_never_used_again() {
    let mut chain = Chain::with_genesis(genesis(&FOUR));
    chain.decide(add(105)).unwrap();
    chain.decide(remove(5)).unwrap();
    let effect = chain.decide(add(105)).unwrap();
    assert!(matches!(effect, Effect::Validator { validator: id, .. } if id == validator(6)));
    chain.next_epoch();
    assert_eq!(ids(&active(&chain)), [1, 2, 3, 4, 6]);
}

#[test]
fn no_change_leaves_an_invalid_set() {
    let mut one = Chain::with_genesis(genesis(&[101]));
    assert!(matches!(one.decide(remove(1)), Err(Reject::LastValidator)));
    assert!(matches!(
        one.decide(remove(2)),
        Err(Reject::UnknownValidator(_))
    ));

    let mut chain = Chain::with_genesis(genesis(&FOUR));
    type Twin = fn(&mut AddValidator);
    let changes: [(Twin, &str); 5] = [
        (|v| v.name = Name::new("validator 102").unwrap(), "name"),
        (
            |v| v.address = PeerAddress::new("10.0.0.102:9000").unwrap(),
            "address",
        ),
        (
            |v| v.consensus_key = ValidatorKey::of(&signing_key(102)),
            "key",
        ),
        (
            |v| v.governance_key = SigningPublicKey::of(&governance_key(102)),
            "key",
        ),
        (
            |v| v.governance_key = SigningPublicKey::of(&signing_key(102)),
            "key",
        ),
    ];
    for (change, what) in changes {
        let mut twin = add(105);
        change(&mut twin);
        assert!(
            matches!(chain.decide(twin), Err(Reject::ValidatorShares(shared)) if shared == what)
        );
    }
    let mut same = ReplaceValidatorKeys {
        validator: validator(1),
        consensus_key: ValidatorKey::of(&signing_key(101)),
        governance_key: SigningPublicKey::of(&governance_key(101)),
    };
    assert!(matches!(chain.decide(same.clone()), Err(Reject::SameKeys)));
    same.consensus_key = ValidatorKey::of(&signing_key(102));
    assert!(matches!(
        chain.decide(same),
        Err(Reject::ValidatorShares("key"))
    ));
    let moved = |n, to: &str| MoveValidator {
        validator: validator(n),
        address: PeerAddress::new(to).unwrap(),
    };
    assert!(matches!(
        chain.decide(moved(9, "elsewhere:1")),
        Err(Reject::UnknownValidator(_))
    ));
    assert!(matches!(
        chain.decide(moved(1, "10.0.0.102:9000")),
        Err(Reject::ValidatorShares("address"))
    ));
    chain.decide(moved(1, "elsewhere:1")).unwrap();
    chain.next_epoch();
    assert_eq!(active(&chain).as_slice()[0].address.as_str(), "elsewhere:1");
    assert_eq!(
        chain.tip().validators,
        chain.blocks[1].header.validators,
        "an address is no part of the set that light clients need"
    );
}

#[test]
fn a_set_is_bounded() {
    let many: Vec<u8> = (100..100 + MAX_VALIDATORS as u8).collect();
    let mut spec = genesis(&many);
    let chain = Chain::with_genesis(spec.clone());
    assert_eq!(active(&chain).as_slice().len(), MAX_VALIDATORS);
    spec.validators.0.extend(genesis(&[99]).validators.0);
    assert!(crate::genesis::ChainSpec::new(spec).is_err());
    let mut full = active(&chain).as_slice().to_vec();
    let mut more = full[0].clone();
    more.id = validator(999);
    full.push(more);
    assert!(Validators::new(full).is_err());
}

/// Four validators, one of whom is replaced in epoch 0 and one in epoch 1; headers up to the middle of epoch 2.
fn changing() -> (Chain, Vec<Header>) {
    let mut chain = Chain::with_genesis(genesis(&FOUR));
    chain.decide(add(105)).unwrap();
    chain.decide(remove(1)).unwrap();
    chain.next_epoch();
    chain.decide(add(106)).unwrap();
    chain.decide(remove(2)).unwrap();
    chain.next_epoch();
    chain.block(Vec::new());
    let headers = chain.blocks[1..]
        .iter()
        .map(|block| block.header.clone())
        .collect();
    (chain, headers)
}

const SETS: [&[u8]; 3] = [
    &[101, 102, 103, 104],
    &[102, 103, 104, 105],
    &[103, 104, 105, 106],
];

#[test]
fn a_light_client_follows_through_changes() {
    let (chain, headers) = changing();
    let blocks = EPOCH_BLOCKS as usize;
    let mut client = LightClient::from_genesis(&chain.spec).unwrap();
    // Headers begin at height 1, so the epoch ends lie one before a multiple.
    let spans = [
        &headers[..blocks - 1],
        &headers[blocks - 1..2 * blocks - 1],
        &headers[2 * blocks - 1..],
    ];
    for (span, keys) in spans.into_iter().zip(SETS) {
        let certificate = chain.certify(span.last().unwrap(), &keys[..3]);
        client.follow(span, &certificate, &set(keys)).unwrap();
        assert_eq!(client.validators().set(), &set(keys));
        let again = LightClient::from_checkpoint(&chain.spec, client.checkpoint()).unwrap();
        assert_eq!(again.checkpoint(), client.checkpoint());
    }
    assert_eq!(client.tip().header(), chain.tip());
}

#[test]
fn a_set_is_trusted_only_when_a_certified_end_of_an_epoch_names_it() {
    let (chain, headers) = changing();
    let blocks = EPOCH_BLOCKS as usize;
    let start = LightClient::from_genesis(&chain.spec).unwrap();
    let last = headers.last().unwrap();
    // The newest set certifies headers on which every change stands, but nobody trusted has named it.
    let certificate = chain.certify(last, SETS[2]);
    let refused = start.clone().follow(&headers, &certificate, &set(SETS[2]));
    assert!(matches!(refused, Err(LightError::Validators { .. })));
    // Nor does the first set certify what the later one must.
    let old = crate::certificate::Certificate::new(certificate.proposal, 4, &[]).unwrap();
    let refused = start.clone().follow(&headers, &old, &set(SETS[0]));
    assert!(matches!(refused, Err(LightError::Validators { .. })));

    // In the middle of an epoch the scheduled set is not the next one yet.
    let mut client = start.clone();
    let middle = &headers[..blocks - 2];
    let by_first = chain.certify(middle.last().unwrap(), &FOUR);
    client.follow(middle, &by_first, &set(SETS[0])).unwrap();
    let rest = &headers[blocks - 2..blocks];
    let by_next = chain.certify(rest.last().unwrap(), SETS[1]);
    let refused = client.clone().follow(rest, &by_next, &set(SETS[1]));
    assert!(matches!(refused, Err(LightError::Validators { .. })));
    let tip = client.tip();
    assert!(tip.next_set(&chain.spec, set(SETS[1])).is_err());

    // At the end it is, and then the old one is it no longer.
    let end = &headers[blocks - 2..blocks - 1];
    let by_first = chain.certify(end.last().unwrap(), &FOUR);
    client.follow(end, &by_first, &set(SETS[0])).unwrap();
    let next = &headers[blocks - 1..blocks];
    let by_next = chain.certify(&next[0], SETS[1]);
    let mut forked = next[0].clone();
    forked.validators = set(SETS[0]).hash();
    let fork = chain.certify(&forked, &FOUR);
    let refused = client.clone().follow(&[forked], &fork, &set(SETS[0]));
    assert!(matches!(refused, Err(LightError::Validators { .. })));
    client.follow(next, &by_next, &set(SETS[1])).unwrap();
}

#[test]
fn a_certificate_is_of_the_epoch_of_its_block() {
    let (chain, headers) = changing();
    let blocks = EPOCH_BLOCKS as usize;
    let span = &headers[..blocks - 1];
    let mut certificate = chain.certify(span.last().unwrap(), &FOUR);
    certificate.proposal.epoch += 1;
    let mut client = LightClient::from_genesis(&chain.spec).unwrap();
    assert!(matches!(
        client.follow(span, &certificate, &set(SETS[0])),
        Err(LightError::Certificate(CertificateError::OtherEpoch))
    ));
}

/// One step of random governance.
#[derive(Clone, Debug)]
enum Step {
    Add(u8),
    Remove(u32),
    Keys(u32, u8),
    Move(u32, u8),
    Member(u8),
    Wait(u8),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (101u8..120).prop_map(Step::Add),
        (1u32..12).prop_map(Step::Remove),
        (1u32..12, 101u8..120).prop_map(|(id, key)| Step::Keys(id, key)),
        (1u32..12, 1u8..20).prop_map(|(id, at)| Step::Move(id, at)),
        (1u8..9).prop_map(Step::Member),
        (1u8..8).prop_map(Step::Wait),
    ]
}

/// A key's number, to sign whatever a validator has become.
fn governance_of(validators: &Validators, n: usize) -> ed25519_dalek::SigningKey {
    let key = validators.as_slice()[n].governance_key;
    (0..=255)
        .map(governance_key)
        .find(|candidate| SigningPublicKey::of(candidate) == key)
        .unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever is decided: sets stay valid, change at epochs only, and a light client follows every block.
    #[test]
    fn random_governance_keeps_the_invariants(steps in proptest::collection::vec(step(), 1..30)) {
        use crate::action::{Approve, Propose};
        use crate::governance::{Change, ProposalId, proposals_by};
        use crate::tx::Tx;

        let mut chain = Chain::with_genesis(genesis(&FOUR));
        let mut client = LightClient::from_genesis(&chain.spec).unwrap();
        let mut members = 0;
        for step in steps {
            let change: Change = match step {
                Step::Add(n) => add(n).into(),
                Step::Remove(id) => remove(id).into(),
                Step::Keys(id, n) => ReplaceValidatorKeys {
                    validator: validator(id),
                    consensus_key: ValidatorKey::of(&signing_key(n)),
                    governance_key: SigningPublicKey::of(&governance_key(n)),
                }
                .into(),
                Step::Move(id, at) => MoveValidator {
                    validator: validator(id),
                    address: PeerAddress::new(format!("10.1.0.{at}:1")).unwrap(),
                }
                .into(),
                Step::Member(n) => register(n).into(),
                Step::Wait(blocks) => {
                    for _ in 0..blocks {
                        chain.block(Vec::new());
                    }
                    continue;
                }
            };
            let voters = active(&chain);
            let number = state::counters(&chain.state).unwrap().proposals + 1;
            let mut txs = Vec::new();
            for n in 0..voters.quorum() {
                let id = voters.as_slice()[n].id;
                let action = match n {
                    0 => Propose {
                        sequence: proposals_by(&chain.state, id).unwrap(),
                        change: change.clone(),
                    }
                    .into(),
                    _ => Approve { proposal: ProposalId(number), change: change.digest() }.into(),
                };
                let request = chain.request();
                let key = governance_of(&voters, n);
                txs.push(Tx::signed_by_validator(&chain.spec.id(), request, action, id, &key));
            }
            // The new epoch may begin with this very block: then a vote can be one of somebody who has just left.
            let fresh = chain.spec.epochs().begins_at(chain.height().next());
            if fresh {
                chain.block(Vec::new());
                continue;
            }
            let (executed, rejected) = chain.block(txs);
            if rejected.is_empty() && matches!(change, Change::RegisterMember(_)) {
                members += 1;
            }
            prop_assert!(rejected.is_empty() || executed.results.is_empty());
        }
        prop_assert_eq!(state::counters(&chain.state).unwrap().members, members);
        let epochs = chain.spec.epochs();
        for block in &chain.blocks[1..] {
            let header = &block.header;
            let parent = &chain.blocks[header.height.0 as usize - 1].header;
            if !epochs.begins_at(header.height) {
                prop_assert_eq!(header.validators, parent.validators);
            }
            let names = chain.set_of(header);
            prop_assert_eq!(names.hash(), header.validators);
            let signers: Vec<u8> = (0..=255)
                .filter(|n| names.keys().contains(&ValidatorKey::of(&signing_key(*n))))
                .take(names.quorum())
                .collect();
            let certificate = chain.certify(header, &signers);
            client.follow(std::slice::from_ref(header), &certificate, &names).unwrap();
        }
    }
}
