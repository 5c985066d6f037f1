//! A show that holds, for benchmarks and tests: a small world with one credential, every input fixed.

use super::{Op, Predicate, Show, ShowPublic, ShowWitness};
use crate::attribute::{self, SLOTS};
use crate::bench::Sample;
use crate::calendar::Date;
use crate::commit::{self, CredentialBody};
use crate::context::{STATEMENT_VERSION, StatementId, context, scope};
use crate::field::Fr;
use crate::tree::{LivePath, MemoryNodes, ended, note};
use crate::types::{
    AnchorView, Digest32, Leaf, LeafKind, MemberId, PlatformRoot, Position, Secret, Timestamp,
};
use ark_ff::AdditiveGroup;

/// Position of the sample's credential.
pub(super) const POSITION: Position = Position(1_234_567);
/// Slot of the birthdate, an income and a level, a country, a name, and a slot without value.
pub(super) const BIRTHDATE: u8 = 2;
pub(super) const INCOME: u8 = 4;
pub(super) const COUNTRY: u8 = 5;
pub(super) const NAME: u8 = 0;
pub(super) const ABSENT: u8 = 9;

pub(super) fn element(number: u64) -> Fr {
    crate::poseidon::hash(crate::tags::Tag("sample"), &[Fr::from(number)])
}

/// The sample's credential and secrets, with a path still to be filled.
pub(super) fn holder() -> Option<ShowWitness> {
    let mut attributes = [attribute::from_i64(0); SLOTS];
    for (slot, attribute) in attributes.iter_mut().enumerate() {
        *attribute = attribute::from_i64(slot as i64 * 1000 - 3000);
    }
    attributes[usize::from(BIRTHDATE)] = attribute::from_date(Date::new(2001, 2, 3).ok()?);
    attributes[usize::from(INCOME)] = attribute::from_i64(52_000);
    attributes[usize::from(COUNTRY)] = attribute::from_country("DE")?;
    attributes[usize::from(NAME)] = attribute::from_text("Ada")?;
    attributes[usize::from(ABSENT)] = attribute::absent();
    let body = CredentialBody {
        schema: element(1),
        attributes,
        valid_from: Timestamp(1_700_000_000),
        valid_until: Timestamp(1_900_000_000),
        salt: element(2),
    };
    Some(ShowWitness {
        sk: Secret::new(element(3)),
        rho: Secret::new(element(4)),
        issuer: MemberId::new(7).ok()?,
        body,
        end: commit::end_tag(&element(5)),
        path: LivePath::blank(),
    })
}

/// The leaf of a credential.
pub(super) fn leaf(witness: &ShowWitness) -> Leaf {
    let key = commit::holder_key(witness.sk.expose(), witness.rho.expose());
    commit::leaf(
        LeafKind::Credential,
        Some(witness.issuer),
        &key,
        &witness.body.commit(),
        &witness.end,
    )
}

/// Puts a leaf into the sample's trees, with some bits ended, and gives its path and the anchor.
pub(super) fn place(leaf: Leaf, ended_positions: &[Position]) -> Option<(LivePath, AnchorView)> {
    place_at(POSITION, leaf, ended_positions)
}

/// The same at any position beyond the first two.
pub(super) fn place_at(
    position: Position,
    leaf: Leaf,
    ended_positions: &[Position],
) -> Option<(LivePath, AnchorView)> {
    let (mut notes, mut bits) = (MemoryNodes::default(), MemoryNodes::default());
    let start = u64::from(position.0.checked_sub(2)?);
    let leaves = [
        Leaf(element(10)),
        Leaf(element(11)),
        leaf,
        Leaf(element(12)),
    ];
    let note_root = note::append(&mut notes, start, &leaves).ok()?;
    let ended_root = ended::set_bits(&mut bits, ended_positions).ok()?;
    let path = LivePath::new(
        &note::path(&notes, position).ok()?,
        &ended::path(&bits, position).ok()?,
    )?;
    let anchor = AnchorView {
        height: 42,
        time: Timestamp(1_800_000_000),
        note_root,
        ended_root,
        platform_root: PlatformRoot(Fr::ZERO),
    };
    Some((path, anchor))
}

/// Bits of the sample that are ended: neighbours of the credential's own.
pub(super) fn others_ended() -> Vec<Position> {
    [POSITION.0 - 1, POSITION.0 + 1, POSITION.0 ^ 64, 5, u32::MAX]
        .map(Position)
        .to_vec()
}

impl Sample for Show {
    fn sample() -> Option<(ShowPublic, ShowWitness)> {
        let mut witness = holder()?;
        let (path, anchor) = place(leaf(&witness), &others_ended())?;
        witness.path = path;
        let of_age = Date::of(anchor.time).ok()?.latest_birthdate(18).ok()?;
        let mut disclosed = [None; SLOTS];
        disclosed[1] = Some(witness.body.attributes[1]);
        let scope = scope(b"sample verifier", "sample label");
        let public = ShowPublic {
            anchor,
            issuers: [3, 7, 9]
                .into_iter()
                .map(MemberId::new)
                .collect::<Result<_, _>>()
                .ok()?,
            schema: witness.body.schema,
            scope,
            nym: commit::show_nym(witness.sk.expose(), &scope),
            predicates: vec![
                Predicate::new(BIRTHDATE, Op::Le, attribute::from_date(of_age)),
                Predicate::set(COUNTRY, Op::InSet),
                Predicate::new(NAME, Op::Ne, attribute::from_text("Bob")?),
                Predicate::interval(
                    INCOME,
                    Op::NotIn,
                    attribute::from_i64(-5),
                    attribute::from_i64(40_000),
                ),
            ],
            set: vec![
                attribute::from_country("FR")?,
                attribute::from_country("DE")?,
            ],
            disclosed,
            context: context(
                &Digest32([1; 32]),
                StatementId::Show,
                STATEMENT_VERSION,
                &Digest32([2; 32]),
            ),
        };
        Some((public, witness))
    }
}
