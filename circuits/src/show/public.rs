//! The public part of the show statement, and the order of its inputs.

use super::predicate::{Normal, Predicate};
use crate::attribute::{self, SLOTS};
use crate::field::{Fr, read_fr, serde_hex, write_fr};
use crate::statement::FormError;
use crate::types::{AnchorView, Context, MemberId, Nym};
use ark_ff::AdditiveGroup;
use bytes::BufMut;
use commonware_codec::{Buf, EncodeSize, Error, FixedSize, Read, ReadExt, Write};
use serde::{Deserialize, Serialize};

/// Most issuers that a show may accept.
pub const MAX_ISSUERS: usize = 16;
/// Most predicates of a show.
pub const MAX_PREDICATES: usize = 4;
/// Most members of the set.
pub const MAX_SET: usize = 16;

/// What a show says, to everybody.
///
/// The circuit takes the two roots and the time from the anchor. Its height and platform root are bound by the certified
/// header that a verifier compares the whole anchor with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShowPublic {
    /// As of when, and under which roots.
    pub anchor: AnchorView,
    /// The accepted issuers, 1 to 16. One names the issuer, several hide which it is.
    pub issuers: Vec<MemberId>,
    /// The credential's schema.
    #[serde(with = "serde_hex")]
    pub schema: Fr,
    /// The scope of the pseudonym (see [`crate::context::scope`]).
    #[serde(with = "serde_hex")]
    pub scope: Fr,
    /// The holder's pseudonym in that scope.
    pub nym: Nym,
    /// What is proven of attributes, at most 4 predicates; all must hold.
    pub predicates: Vec<Predicate>,
    /// The set that `InSet` and `NotInSet` speak of: 1 to 16 attributes if a predicate uses it, else empty.
    #[serde(with = "serde_elements")]
    pub set: Vec<Fr>,
    /// The disclosed attributes by slot; `None` where nothing is disclosed.
    #[serde(with = "serde_disclosed")]
    pub disclosed: [Option<Fr>; SLOTS],
    /// What the proof is bound to (see [`crate::context::context`]).
    pub context: Context,
}

impl ShowPublic {
    /// Whether the show says something that can be proven.
    pub fn check_form(&self) -> Result<(), FormError> {
        let absent = attribute::absent();
        if self.issuers.is_empty() || self.issuers.len() > MAX_ISSUERS {
            return Err(FormError("between 1 and 16 issuers are needed"));
        }
        if self.predicates.len() > MAX_PREDICATES {
            return Err(FormError("more than 4 predicates"));
        }
        self.predicates.iter().try_for_each(Predicate::check_form)?;
        if self.set.len() > MAX_SET {
            return Err(FormError("more than 16 members in the set"));
        }
        if self.set.is_empty()
            == self
                .predicates
                .iter()
                .any(|predicate| predicate.op.uses_set())
        {
            return Err(FormError(
                "a set is needed exactly when a predicate uses it",
            ));
        }
        if self.set.contains(&absent) || self.disclosed.contains(&Some(absent)) {
            return Err(FormError(
                "the absent attribute cannot be disclosed or be in a set",
            ));
        }
        Ok(())
    }

    /// The circuit's public inputs.
    pub fn inputs(&self) -> Result<ShowInputs<Fr>, FormError> {
        self.check_form()?;
        let mut shape = 0u64;
        let mut operands = [[Fr::ZERO; 2]; MAX_PREDICATES];
        for (i, predicate) in self.predicates.iter().enumerate() {
            let (flags, pair) = match predicate.normal() {
                Normal::Within(low, high) => (PredicateBits::WITHIN, [low, high]),
                Normal::Outside(low, high) => (PredicateBits::OUTSIDE, [low, high]),
                Normal::Equal(a) => (PredicateBits::EQUAL, [a, Fr::ZERO]),
                Normal::Different(a) => (PredicateBits::DIFFERENT, [a, Fr::ZERO]),
                Normal::Member => (PredicateBits::EQUAL | PredicateBits::SET, [Fr::ZERO; 2]),
                Normal::Stranger => (PredicateBits::DIFFERENT | PredicateBits::SET, [Fr::ZERO; 2]),
            };
            shape |= (u64::from(predicate.slot) | flags) << (i * PredicateBits::WIDTH);
            operands[i] = pair;
        }
        for (slot, disclosed) in self.disclosed.iter().enumerate() {
            shape |=
                u64::from(disclosed.is_some()) << (MAX_PREDICATES * PredicateBits::WIDTH + slot);
        }
        let last_issuer = self.issuers.len() - 1;
        let last_member = self.set.last().copied().unwrap_or(Fr::ZERO);
        Ok(ShowInputs {
            note_root: self.anchor.note_root.0,
            ended_root: self.anchor.ended_root.0,
            time: Fr::from(self.anchor.time.0),
            issuers: std::array::from_fn(|i| Fr::from(self.issuers[i.min(last_issuer)].get())),
            schema: self.schema,
            scope: self.scope,
            nym: self.nym.0,
            shape: Fr::from(shape),
            operands,
            set: std::array::from_fn(|i| self.set.get(i).copied().unwrap_or(last_member)),
            disclosed: self.disclosed.map(|value| value.unwrap_or(Fr::ZERO)),
            context: self.context.0,
        })
    }
}

/// How a predicate's slot and operation stand in the shape: 4 bits of slot, then these flags.
pub(super) struct PredicateBits;

impl PredicateBits {
    /// Bits of a predicate.
    pub const WIDTH: usize = 9;
    /// The slot's bits.
    pub const SLOT: usize = 4;
    /// The attribute lies within the operands.
    pub const WITHIN: u64 = 1 << 4;
    /// The attribute lies outside the operands.
    pub const OUTSIDE: u64 = 1 << 5;
    /// The attribute equals the first operand, or is in the set.
    pub const EQUAL: u64 = 1 << 6;
    /// The attribute differs from the first operand, or is not in the set.
    pub const DIFFERENT: u64 = 1 << 7;
    /// Compare with the set, not with the operand.
    pub const SET: u64 = 1 << 8;
}

/// Bits of the shape: all predicates, then one bit a slot for what is disclosed.
pub(super) const SHAPE_BITS: usize = MAX_PREDICATES * PredicateBits::WIDTH + SLOTS;

/// The public inputs by name: as field elements for the verifier, as numbers for the circuit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShowInputs<T> {
    /// Root of the note tree.
    pub note_root: T,
    /// Root of the ended tree.
    pub ended_root: T,
    /// Time of the anchor.
    pub time: T,
    /// Accepted issuers, the last one repeated.
    pub issuers: [T; MAX_ISSUERS],
    /// Schema.
    pub schema: T,
    /// Scope of the pseudonym.
    pub scope: T,
    /// The pseudonym.
    pub nym: T,
    /// Slots and operations of the predicates, and which slots are disclosed, packed.
    pub shape: T,
    /// Operands of the predicates.
    pub operands: [[T; 2]; MAX_PREDICATES],
    /// The set, the last member repeated.
    pub set: [T; MAX_SET],
    /// Disclosed values; zero where nothing is disclosed.
    pub disclosed: [T; SLOTS],
    /// Context. No clause speaks of it; Groth16 binds every input.
    pub context: T,
}

impl<T> ShowInputs<T> {
    /// How many inputs there are.
    pub const COUNT: usize = 3 + MAX_ISSUERS + 4 + 2 * MAX_PREDICATES + MAX_SET + SLOTS + 1;

    /// Builds the inputs from a source, asked in the one order that they have.
    pub fn build(mut next: impl FnMut() -> T) -> Self {
        Self {
            note_root: next(),
            ended_root: next(),
            time: next(),
            issuers: std::array::from_fn(|_| next()),
            schema: next(),
            scope: next(),
            nym: next(),
            shape: next(),
            operands: std::array::from_fn(|_| std::array::from_fn(|_| next())),
            set: std::array::from_fn(|_| next()),
            disclosed: std::array::from_fn(|_| next()),
            context: next(),
        }
    }
}

impl ShowInputs<Fr> {
    /// The inputs in order.
    pub fn to_vec(&self) -> Vec<Fr> {
        let head = [self.note_root, self.ended_root, self.time];
        let middle = [self.schema, self.scope, self.nym, self.shape];
        let parts: [&[Fr]; 7] = [
            &head,
            &self.issuers,
            &middle,
            self.operands.as_flattened(),
            &self.set,
            &self.disclosed,
            &[self.context],
        ];
        parts.concat()
    }
}

mod serde_elements {
    use super::{Fr, serde_hex};
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[derive(Serialize, Deserialize)]
    #[serde(transparent)]
    pub(super) struct Element(#[serde(with = "serde_hex")] pub(super) Fr);

    pub(super) fn serialize<S: Serializer>(values: &[Fr], to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(values.iter().copied().map(Element))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Fr>, D::Error> {
        Ok(Vec::<Element>::deserialize(from)?
            .into_iter()
            .map(|element| element.0)
            .collect())
    }
}

mod serde_disclosed {
    use super::serde_elements::Element;
    use super::{Fr, SLOTS};
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(
        values: &[Option<Fr>; SLOTS],
        to: S,
    ) -> Result<S::Ok, S::Error> {
        values.map(|value| value.map(Element)).serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<[Option<Fr>; SLOTS], D::Error> {
        Ok(<[Option<Element>; SLOTS]>::deserialize(from)?
            .map(|value| value.map(|element| element.0)))
    }
}

impl EncodeSize for ShowPublic {
    fn encode_size(&self) -> usize {
        let disclosed = self.disclosed.iter().flatten().count();
        let fixed = AnchorView::SIZE + 2 * 32 + Nym::SIZE + 2 + Context::SIZE + 3;
        fixed
            + self.issuers.len() * 4
            + self.predicates.len() * Predicate::SIZE
            + (self.set.len() + disclosed) * 32
    }
}

impl Write for ShowPublic {
    fn write(&self, buf: &mut impl BufMut) {
        self.anchor.write(buf);
        (self.issuers.len() as u8).write(buf);
        self.issuers.iter().for_each(|issuer| issuer.write(buf));
        write_fr(&self.schema, buf);
        write_fr(&self.scope, buf);
        self.nym.write(buf);
        (self.predicates.len() as u8).write(buf);
        self.predicates
            .iter()
            .for_each(|predicate| predicate.write(buf));
        (self.set.len() as u8).write(buf);
        self.set.iter().for_each(|member| write_fr(member, buf));
        let mask = self
            .disclosed
            .iter()
            .enumerate()
            .fold(0u16, |mask, (i, v)| mask | u16::from(v.is_some()) << i);
        mask.write(buf);
        self.disclosed
            .iter()
            .flatten()
            .for_each(|value| write_fr(value, buf));
        self.context.write(buf);
    }
}

impl Read for ShowPublic {
    type Cfg = ();

    fn read_cfg(buf: &mut impl Buf, (): &()) -> Result<Self, Error> {
        fn list<T, B: Buf>(
            buf: &mut B,
            max: usize,
            read: fn(&mut B) -> Result<T, Error>,
        ) -> Result<Vec<T>, Error> {
            let count = usize::from(u8::read(buf)?);
            if count > max {
                return Err(Error::InvalidLength(count));
            }
            (0..count).map(|_| read(buf)).collect()
        }
        let anchor = AnchorView::read(buf)?;
        let issuers = list(buf, MAX_ISSUERS, |buf| MemberId::read(buf))?;
        let (schema, scope, nym) = (read_fr(buf)?, read_fr(buf)?, Nym::read(buf)?);
        let predicates = list(buf, MAX_PREDICATES, |buf| Predicate::read(buf))?;
        let set = list(buf, MAX_SET, read_fr)?;
        let mask = u16::read(buf)?;
        let mut disclosed = [None; SLOTS];
        for (i, value) in disclosed.iter_mut().enumerate() {
            if mask >> i & 1 == 1 {
                *value = Some(read_fr(buf)?);
            }
        }
        let context = Context::read(buf)?;
        let public = Self {
            anchor,
            issuers,
            schema,
            scope,
            nym,
            predicates,
            set,
            disclosed,
            context,
        };
        public
            .check_form()
            .map_err(|error| Error::Invalid("ShowPublic", error.0))?;
        Ok(public)
    }
}
