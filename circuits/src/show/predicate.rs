//! Predicates on one attribute.

use crate::attribute::{self, SLOTS};
use crate::field::{Fr, fr_to_u64, read_fr, serde_hex, write_fr};
use crate::statement::FormError;
use ark_ff::AdditiveGroup;
use bytes::BufMut;
use commonware_codec::{Buf, Error, FixedSize, Read, ReadExt, Write};
use serde::{Deserialize, Serialize};

/// How a predicate compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Op {
    /// The attribute equals a.
    Eq = 1,
    /// The attribute differs from a.
    Ne = 2,
    /// The attribute, an integer, is less than a.
    Lt = 3,
    /// The attribute, an integer, is at most a.
    Le = 4,
    /// The attribute, an integer, is greater than a.
    Gt = 5,
    /// The attribute, an integer, is at least a.
    Ge = 6,
    /// The attribute, an integer, lies between a and b, both included.
    In = 7,
    /// The attribute, an integer, lies below a or above b.
    NotIn = 8,
    /// The attribute is one of the set.
    InSet = 9,
    /// The attribute is none of the set.
    NotInSet = 10,
}

impl Op {
    const ALL: [Self; 10] = [
        Self::Eq,
        Self::Ne,
        Self::Lt,
        Self::Le,
        Self::Gt,
        Self::Ge,
        Self::In,
        Self::NotIn,
        Self::InSet,
        Self::NotInSet,
    ];

    /// Whether the predicate is about the set of the show statement.
    pub fn uses_set(self) -> bool {
        matches!(self, Self::InSet | Self::NotInSet)
    }

    /// Whether the operand `a` is used.
    fn uses_a(self) -> bool {
        !self.uses_set()
    }

    /// Whether the operand `b` is used.
    fn uses_b(self) -> bool {
        matches!(self, Self::In | Self::NotIn)
    }

    /// Whether the operands are integers in order, not just any elements.
    fn is_order(self) -> bool {
        !matches!(self, Self::Eq | Self::Ne | Self::InSet | Self::NotInSet)
    }
}

/// A predicate on one attribute. No predicate holds for an absent attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Predicate {
    /// The attribute's slot, below 16.
    pub slot: u8,
    /// How it compares.
    pub op: Op,
    /// First operand as an attribute (see [`crate::attribute`]); zero where the operation takes none.
    #[serde(with = "serde_hex")]
    pub a: Fr,
    /// Second operand; zero where the operation takes none.
    #[serde(with = "serde_hex")]
    pub b: Fr,
}

/// A predicate as the circuit knows it: every order comparison is one about an interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Normal {
    /// low <= attribute <= high (an empty interval holds nothing).
    Within(Fr, Fr),
    /// The attribute is an integer, and not low <= attribute <= high.
    Outside(Fr, Fr),
    /// Equal to this.
    Equal(Fr),
    /// Different from this.
    Different(Fr),
    /// In the set.
    Member,
    /// Not in the set.
    Stranger,
}

impl Predicate {
    /// A predicate with one operand.
    pub fn new(slot: u8, op: Op, a: Fr) -> Self {
        Self {
            slot,
            op,
            a,
            b: Fr::ZERO,
        }
    }

    /// The attribute lies (or does not lie, with [`Op::NotIn`]) between two bounds, both included.
    pub fn interval(slot: u8, op: Op, a: Fr, b: Fr) -> Self {
        Self { slot, op, a, b }
    }

    /// The attribute is (or is not, with [`Op::NotInSet`]) one of the show statement's set.
    pub fn set(slot: u8, op: Op) -> Self {
        Self {
            slot,
            op,
            a: Fr::ZERO,
            b: Fr::ZERO,
        }
    }

    /// Whether the predicate says something that can be proven.
    pub(super) fn check_form(&self) -> Result<(), FormError> {
        let Self { slot, op, a, b } = *self;
        if usize::from(slot) >= SLOTS {
            return Err(FormError("a predicate names a slot beyond 15"));
        }
        if (!op.uses_a() && a != Fr::ZERO) || (!op.uses_b() && b != Fr::ZERO) {
            return Err(FormError(
                "a predicate has an operand that its operation does not take",
            ));
        }
        if op.uses_a() && a == attribute::absent() {
            return Err(FormError("a predicate compares with the absent attribute"));
        }
        if op.is_order() {
            let (a, b) = (fr_to_u64(&a), fr_to_u64(&b));
            let (Some(a), Some(b)) = (a, b) else {
                return Err(FormError("a bound is not an integer of 64 bits"));
            };
            if op.uses_b() && a > b {
                return Err(FormError(
                    "the bounds of an interval are in the wrong order",
                ));
            }
        }
        Ok(())
    }

    pub(super) fn normal(&self) -> Normal {
        let (one, top) = (Fr::from(1u64), Fr::from(u64::MAX));
        let Self { a, b, .. } = *self;
        match self.op {
            Op::Eq => Normal::Equal(a),
            Op::Ne => Normal::Different(a),
            Op::Lt => Normal::Within(Fr::ZERO, a - one),
            Op::Le => Normal::Within(Fr::ZERO, a),
            Op::Gt => Normal::Within(a + one, top),
            Op::Ge => Normal::Within(a, top),
            Op::In => Normal::Within(a, b),
            Op::NotIn => Normal::Outside(a, b),
            Op::InSet => Normal::Member,
            Op::NotInSet => Normal::Stranger,
        }
    }

    /// Whether the predicate holds for an attribute. Written after the operations' meaning, not after the circuit.
    pub(super) fn holds(&self, attribute: &Fr, set: &[Fr]) -> bool {
        if *attribute == attribute::absent() {
            return false;
        }
        let (value, a, b) = (
            attribute::to_i64(attribute),
            attribute::to_i64(&self.a),
            attribute::to_i64(&self.b),
        );
        let order = |holds: fn(i64, i64, i64) -> bool| match (value, a, b) {
            (Some(value), Some(a), Some(b)) => holds(value, a, b),
            _ => false,
        };
        match self.op {
            Op::Eq => *attribute == self.a,
            Op::Ne => *attribute != self.a,
            Op::Lt => order(|v, a, _| v < a),
            Op::Le => order(|v, a, _| v <= a),
            Op::Gt => order(|v, a, _| v > a),
            Op::Ge => order(|v, a, _| v >= a),
            Op::In => order(|v, a, b| a <= v && v <= b),
            Op::NotIn => order(|v, a, b| v < a || v > b),
            Op::InSet => set.contains(attribute),
            Op::NotInSet => !set.contains(attribute),
        }
    }
}

impl FixedSize for Predicate {
    const SIZE: usize = 2 + 64;
}

impl Write for Predicate {
    fn write(&self, buf: &mut impl BufMut) {
        self.slot.write(buf);
        (self.op as u8).write(buf);
        write_fr(&self.a, buf);
        write_fr(&self.b, buf);
    }
}

impl Read for Predicate {
    type Cfg = ();

    fn read_cfg(buf: &mut impl Buf, (): &()) -> Result<Self, Error> {
        let slot = u8::read(buf)?;
        let number = u8::read(buf)?;
        let op = Op::ALL
            .into_iter()
            .find(|op| *op as u8 == number)
            .ok_or(Error::InvalidEnum(number))?;
        Ok(Self {
            slot,
            op,
            a: read_fr(buf)?,
            b: read_fr(buf)?,
        })
    }
}
