//! Numbers in a circuit: a value and, while constraints are recorded, the linear combination that stands for it.

use crate::field::Fr;
use ark_ff::{AdditiveGroup, Field, Zero};
use std::cmp::Ordering;
use std::ops::{Add, Mul, Neg, Sub};

/// A linear combination: (variable, coefficient), sorted by variable, no zero coefficients. Variable 0 is the constant 1.
pub type Terms = Vec<(usize, Fr)>;

/// A number in a circuit. Adding, subtracting and scaling are free: no constraint.
#[derive(Clone, Debug)]
pub struct Num {
    value: Fr,
    form: Form,
}

/// What a number is made of. Which form it has depends on the circuit alone, never on values.
#[derive(Clone, Debug)]
enum Form {
    /// The same in every assignment.
    Constant,
    /// Depends on variables; how is not recorded.
    Untracked,
    /// Depends on variables like this.
    Tracked(Terms),
}

impl Num {
    /// A constant.
    pub const fn constant(value: Fr) -> Self {
        Self {
            value,
            form: Form::Constant,
        }
    }

    /// The constant 0.
    pub fn zero() -> Self {
        Self::constant(Fr::ZERO)
    }

    pub(super) fn variable(index: usize, value: Fr, record: bool) -> Self {
        let form = if record {
            Form::Tracked(vec![(index, Fr::ONE)])
        } else {
            Form::Untracked
        };
        Self { value, form }
    }

    /// Whether the number is a constant of the circuit.
    pub fn is_constant(&self) -> bool {
        matches!(self.form, Form::Constant)
    }

    pub(super) fn terms(&self) -> Terms {
        match &self.form {
            Form::Constant if self.value.is_zero() => Terms::new(),
            Form::Constant => vec![(0, self.value)],
            Form::Untracked => Terms::new(),
            Form::Tracked(terms) => terms.clone(),
        }
    }

    /// The value under this assignment.
    pub fn value(&self) -> Fr {
        self.value
    }

    /// The sum of numbers weighted by constants.
    pub fn weighted<'a>(pairs: impl IntoIterator<Item = (&'a Num, Fr)>) -> Num {
        pairs
            .into_iter()
            .fold(Num::zero(), |sum, (number, weight)| {
                &sum + &(number * weight)
            })
    }
}

/// A number that is known to be 0 or 1, because a constraint says so.
#[derive(Clone, Debug)]
pub struct Bit(pub(super) Num);

impl Bit {
    /// The bit as a number.
    pub fn num(&self) -> &Num {
        &self.0
    }

    /// Whether the bit is set under this assignment.
    pub fn is_set(&self) -> bool {
        !self.0.value.is_zero()
    }

    /// The number Σ 2^i · bit_i; the first bit is the lowest.
    pub fn number(bits: &[Bit]) -> Num {
        let powers = std::iter::successors(Some(Fr::ONE), |power| Some(power.double()));
        Num::weighted(bits.iter().map(Bit::num).zip(powers))
    }
}

/// The sum of two linear combinations, the second one scaled.
fn merge(a: Terms, b: Terms, scale: impl Fn(Fr) -> Fr) -> Terms {
    if b.is_empty() {
        return a;
    }
    let mut out = Terms::with_capacity(a.len() + b.len());
    let (mut a, mut b) = (a.into_iter().peekable(), b.into_iter().peekable());
    loop {
        let order = match (a.peek(), b.peek()) {
            (Some((x, _)), Some((y, _))) => x.cmp(y),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => return out,
        };
        let left = if order.is_le() { a.next() } else { None };
        let right = if order.is_ge() { b.next() } else { None };
        let index = left.or(right).map_or(0, |(index, _)| index);
        let coefficient =
            left.map_or(Fr::ZERO, |(_, p)| p) + right.map_or(Fr::ZERO, |(_, q)| scale(q));
        if !coefficient.is_zero() {
            out.push((index, coefficient));
        }
    }
}

fn combine(a: &Num, b: &Num, value: Fr, scale: impl Fn(Fr) -> Fr) -> Num {
    let form = match (&a.form, &b.form) {
        (Form::Constant, Form::Constant) => Form::Constant,
        (Form::Untracked, _) | (_, Form::Untracked) => Form::Untracked,
        _ => Form::Tracked(merge(a.terms(), b.terms(), scale)),
    };
    Num { value, form }
}

impl Add for &Num {
    type Output = Num;

    fn add(self, other: &Num) -> Num {
        combine(self, other, self.value + other.value, |q| q)
    }
}

impl Sub for &Num {
    type Output = Num;

    fn sub(self, other: &Num) -> Num {
        combine(self, other, self.value - other.value, |q| -q)
    }
}

impl Add<Fr> for &Num {
    type Output = Num;

    fn add(self, constant: Fr) -> Num {
        self + &Num::constant(constant)
    }
}

impl Sub<Fr> for &Num {
    type Output = Num;

    fn sub(self, constant: Fr) -> Num {
        self + -constant
    }
}

impl Mul<Fr> for &Num {
    type Output = Num;

    fn mul(self, scale: Fr) -> Num {
        let form = match &self.form {
            Form::Tracked(_) if scale.is_zero() => Form::Tracked(Terms::new()),
            Form::Tracked(terms) => {
                Form::Tracked(terms.iter().map(|(i, c)| (*i, *c * scale)).collect())
            }
            other => other.clone(),
        };
        Num {
            value: self.value * scale,
            form,
        }
    }
}

impl Neg for &Num {
    type Output = Num;

    fn neg(self) -> Num {
        self * -Fr::ONE
    }
}
