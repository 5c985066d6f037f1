//! One test a clause: what breaks only it is refused by the native check, which names the clause, and by the circuit, in
//! which constraints of that clause and of no other are broken.

use super::super::sample;
use super::*;
use crate::attribute;
use crate::commit;
use crate::field::Fr;
use crate::types::{EndedRoot, LeafKind, MemberId, NoteRoot, Nym, Position, Secret, Timestamp};

/// Both refuse: the native check by this clause, the circuit by constraints of this clause alone.
fn refused(public: &ShowPublic, witness: &ShowWitness, clause: Clause, circuit: &'static str) {
    assert_eq!(Show::check(public, witness), Err(clause));
    assert_eq!(broken(public, witness), BTreeSet::from([circuit]));
}

fn accepted(public: &ShowPublic, witness: &ShowWitness) {
    assert_eq!(Show::check(public, witness), Ok(()));
    assert!(system(public, witness).is_satisfied());
}

fn one() -> Fr {
    Fr::from(1u64)
}

/// The sample after a change to the credential, put into the tree again.
fn reissued(change: impl FnOnce(&mut ShowWitness)) -> (ShowPublic, ShowWitness) {
    let (mut public, mut witness) = honest();
    change(&mut witness);
    let (path, anchor) = sample::place(sample::leaf(&witness), &sample::others_ended()).unwrap();
    witness.path = path;
    public.anchor = anchor;
    (public, witness)
}

#[test]
fn membership_another_root() {
    let (mut public, witness) = honest();
    public.anchor.note_root = NoteRoot(public.anchor.note_root.0 + one());
    refused(&public, &witness, Clause::Membership, "membership");
}

#[test]
fn membership_every_part_of_the_leaf_counts() {
    let changes: [fn(&mut ShowWitness); 7] = [
        |w| w.rho = Secret::new(*w.rho.expose() + Fr::from(1u64)),
        |w| w.end.0 += Fr::from(1u64),
        |w| w.body.salt += Fr::from(1u64),
        |w| w.body.valid_from.0 += 1,
        |w| w.body.valid_until.0 -= 1,
        |w| w.issuer = MemberId::new(9).unwrap(),
        // A slot that no predicate and no disclosure speaks of.
        |w| w.body.attributes[15] += Fr::from(1u64),
    ];
    for change in changes {
        let (public, mut witness) = honest();
        change(&mut witness);
        refused(&public, &witness, Clause::Membership, "membership");
    }
}

#[test]
fn membership_a_leaf_of_another_kind_is_no_credential() {
    let (mut public, mut witness) = honest();
    for kind in [LeafKind::Record, LeafKind::Grant, LeafKind::Certificate] {
        let key = commit::holder_key(witness.sk.expose(), witness.rho.expose());
        let leaf = commit::leaf(
            kind,
            Some(witness.issuer),
            &key,
            &witness.body.commit(),
            &witness.end,
        );
        let (path, anchor) = sample::place(leaf, &sample::others_ended()).unwrap();
        (witness.path, public.anchor) = (path, anchor);
        refused(&public, &witness, Clause::Membership, "membership");
    }
}

#[test]
fn ended_root_another_root() {
    let (mut public, witness) = honest();
    public.anchor.ended_root = EndedRoot(public.anchor.ended_root.0 + one());
    refused(&public, &witness, Clause::EndedRoot, "ended root");
}

#[test]
fn live_an_ended_credential() {
    let (mut public, mut witness) = honest();
    let mut positions = sample::others_ended();
    positions.push(sample::POSITION);
    (witness.path, public.anchor) = sample::place(sample::leaf(&witness), &positions).unwrap();
    refused(&public, &witness, Clause::Live, "live");
}

#[test]
fn live_every_bit_of_position_word_and_path_counts() {
    let (public, honest) = honest();
    let ended = |witness: &ShowWitness| {
        assert!(Show::check(&public, witness).is_err());
        assert!(!system(&public, witness).is_satisfied());
    };
    let with = |path: crate::tree::LivePath| ShowWitness {
        path,
        ..super::honest().1
    };
    for bit in 0..32 {
        let position = Position(sample::POSITION.0 ^ 1 << bit);
        ended(&with(crate::tree::LivePath {
            position,
            ..honest.path.clone()
        }));
    }
    for bit in 0..64 {
        let word = honest.path.word ^ 1 << bit;
        ended(&with(crate::tree::LivePath {
            word,
            ..honest.path.clone()
        }));
    }
    for level in 0..13 {
        let mut path = honest.path.clone();
        path.ended[level][level % 3] += one();
        ended(&with(path));
    }
    for level in 0..16 {
        let mut path = honest.path.clone();
        path.note[level][level % 3] += one();
        ended(&with(path));
    }
}

#[test]
fn live_the_all_zero_shard_is_a_shard_like_any_other() {
    // Nothing ended at all: every shard is zero.
    let (mut public, mut witness) = honest();
    (witness.path, public.anchor) = sample::place(sample::leaf(&witness), &[]).unwrap();
    accepted(&public, &witness);
    // The zero path does not pass under a root with the credential's bit set.
    let (_, anchor) = sample::place(sample::leaf(&witness), &[sample::POSITION]).unwrap();
    public.anchor = anchor;
    refused(&public, &witness, Clause::EndedRoot, "ended root");
    // Nor does the same word claimed for another shard.
    let (path, anchor) = sample::place(sample::leaf(&witness), &[sample::POSITION]).unwrap();
    witness.path = path;
    witness.path.word = 0;
    public.anchor = anchor;
    refused(&public, &witness, Clause::EndedRoot, "ended root");
}

#[test]
fn issuer_not_accepted() {
    let (mut public, witness) = honest();
    public.issuers = vec![MemberId::new(3).unwrap(), MemberId::new(9).unwrap()];
    refused(&public, &witness, Clause::Issuer, "issuer");
    public.issuers = vec![witness.issuer];
    accepted(&public, &witness);
    public.issuers = (100..115)
        .map(|id| MemberId::new(id).unwrap())
        .chain([witness.issuer])
        .collect();
    accepted(&public, &witness);
}

#[test]
fn schema_another() {
    let (mut public, witness) = honest();
    public.schema += one();
    refused(&public, &witness, Clause::Schema, "schema");
    let (public, mut witness) = honest();
    witness.body.schema += one();
    // The witness itself lies about its schema: then the leaf is another one, too.
    assert_eq!(Show::check(&public, &witness), Err(Clause::Schema));
    assert_eq!(
        broken(&public, &witness),
        BTreeSet::from(["membership", "schema"])
    );
}

#[test]
fn nym_another_holder_or_scope() {
    let (mut public, witness) = honest();
    public.nym = Nym(public.nym.0 + one());
    refused(&public, &witness, Clause::Nym, "nym");
    let (mut public, witness) = honest();
    public.scope += one();
    refused(&public, &witness, Clause::Nym, "nym");
    // The secret of somebody else with the pseudonym of the credential's holder.
    let (public, witness) = reissued(|w| w.sk = Secret::new(Fr::from(99u64)));
    refused(&public, &witness, Clause::Nym, "nym");
}

#[test]
fn validity_at_its_exact_edges() {
    let (mut public, witness) = honest();
    let (from, until) = (witness.body.valid_from.0, witness.body.valid_until.0);
    public.anchor.time = Timestamp(from);
    accepted(&public, &witness);
    public.anchor.time = Timestamp(from - 1);
    refused(&public, &witness, Clause::ValidFrom, "valid from");
    public.anchor.time = Timestamp(until - 1);
    accepted(&public, &witness);
    public.anchor.time = Timestamp(until);
    refused(&public, &witness, Clause::ValidUntil, "valid until");
}

#[test]
fn validity_at_the_ends_of_time() {
    let (mut public, witness) = reissued(|w| {
        w.body.valid_from = Timestamp(0);
        w.body.valid_until = Timestamp(u64::MAX);
    });
    for time in [0, u64::MAX - 1] {
        public.anchor.time = Timestamp(time);
        accepted(&public, &witness);
    }
    public.anchor.time = Timestamp(u64::MAX);
    refused(&public, &witness, Clause::ValidUntil, "valid until");
    // Never valid: it ends when it begins.
    let (public, witness) = reissued(|w| w.body.valid_until = w.body.valid_from);
    refused(&public, &witness, Clause::ValidUntil, "valid until");
}

#[test]
fn predicates_each_by_its_own_constraints() {
    let integer = attribute::from_i64;
    let cases = [
        (
            Predicate::new(sample::INCOME, Op::Eq, integer(51_999)),
            "predicate equality",
        ),
        (
            Predicate::new(sample::INCOME, Op::Ne, integer(52_000)),
            "predicate equality",
        ),
        (
            Predicate::set(sample::INCOME, Op::InSet),
            "predicate equality",
        ),
        (
            Predicate::set(sample::COUNTRY, Op::NotInSet),
            "predicate equality",
        ),
        (
            Predicate::new(sample::INCOME, Op::Lt, integer(52_000)),
            "predicate interval",
        ),
        (
            Predicate::new(sample::INCOME, Op::Le, integer(51_999)),
            "predicate interval",
        ),
        (
            Predicate::new(sample::INCOME, Op::Gt, integer(52_000)),
            "predicate interval",
        ),
        (
            Predicate::new(sample::INCOME, Op::Ge, integer(52_001)),
            "predicate interval",
        ),
        (
            Predicate::interval(sample::INCOME, Op::In, integer(0), integer(51_999)),
            "predicate interval",
        ),
        (
            Predicate::interval(sample::INCOME, Op::NotIn, integer(0), integer(52_000)),
            "predicate interval",
        ),
        (
            Predicate::new(sample::ABSENT, Op::Ne, integer(5)),
            "predicate absent",
        ),
        (
            Predicate::set(sample::ABSENT, Op::NotInSet),
            "predicate absent",
        ),
    ];
    for index in 0..MAX_PREDICATES {
        for (predicate, circuit) in cases {
            let (mut public, witness) = honest();
            let kept = public.predicates[1];
            public.predicates = vec![kept; MAX_PREDICATES];
            public.predicates[index] = predicate;
            refused(&public, &witness, Clause::Predicate(index), circuit);
        }
    }
}

#[test]
fn disclosed_another_value() {
    for slot in [0, 1, 9, 15] {
        let (mut public, witness) = honest();
        public.disclosed = witness.body.attributes.map(Some);
        public.disclosed[usize::from(sample::ABSENT)] = None;
        accepted(&public, &witness);
        public.disclosed[slot] = Some(attribute::from_i64(77));
        refused(&public, &witness, Clause::Disclosed(slot), "disclosed");
    }
}

#[test]
fn unused_predicates_and_disclosures_are_neutral() {
    let (mut public, witness) = honest();
    public.predicates.clear();
    public.set.clear();
    public.disclosed = [None; 16];
    accepted(&public, &witness);
}
