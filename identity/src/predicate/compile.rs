//! A query, a schema and an anchor give the statement's predicates.

use tacit_circuits::attribute::{self, SLOTS};
use tacit_circuits::calendar::Date;
use tacit_circuits::field::Fr;
use tacit_circuits::show::{Op, Predicate};
use tacit_circuits::types::{OutOfRange, Timestamp};

use super::query::{Claim, Comparison, Item, Literal, Query};
use super::{AGE, MAX_AGE, PredicateError};
use crate::schema::{ClaimRule, ClaimType, ClaimValue, Schema};

/// The claim that `age` is counted from.
const BIRTHDATE: &str = "birthdate";

/// A query as the statement takes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compiled {
    /// The predicates, at most [`super::MAX_PREDICATES`].
    pub predicates: Vec<Predicate>,
    /// The one set; empty when no predicate uses it.
    pub set: Vec<Fr>,
    /// Names of the claims to be revealed, by slot.
    pub revealed: [Option<String>; SLOTS],
}

impl Query {
    /// Compiles for a schema, as of an anchor's time.
    ///
    /// # Errors
    /// [`PredicateError`] names the column.
    pub fn compile(&self, schema: &Schema, anchor: Timestamp) -> Result<Compiled, PredicateError> {
        let mut compiler = Compiler {
            schema,
            anchor,
            out: Compiled {
                predicates: Vec::new(),
                set: Vec::new(),
                revealed: Default::default(),
            },
        };
        for item in self.items() {
            compiler.item(item)?;
        }
        Ok(compiler.out)
    }
}

struct Compiler<'a> {
    schema: &'a Schema,
    anchor: Timestamp,
    out: Compiled,
}

impl Compiler<'_> {
    fn item(&mut self, item: &Item) -> Result<(), PredicateError> {
        let claim = item.claim();
        if claim.name == AGE {
            return self.age(item);
        }
        let rule = self
            .schema
            .claim(&claim.name)
            .ok_or_else(|| PredicateError::UnknownClaim {
                at: claim.at,
                claim: claim.name.clone(),
            })?;
        match item {
            Item::Reveal { claim } => self.reveal(claim, rule.slot)?,
            Item::Compare { op, value, .. } => {
                let op = operation(*op);
                if !matches!(op, Op::Eq | Op::Ne) {
                    has_order(claim, rule)?;
                }
                self.push(Predicate::new(rule.slot, op, field(claim, rule, value)?));
            }
            Item::Range {
                inside, low, high, ..
            } => {
                has_order(claim, rule)?;
                let (low, high) = (field(claim, rule, low)?, field(claim, rule, high)?);
                let op = if *inside { Op::In } else { Op::NotIn };
                self.interval(claim, rule.slot, op, low, high)?;
            }
            Item::Set { inside, values, .. } => {
                let members = values
                    .iter()
                    .map(|value| field(claim, rule, value))
                    .collect::<Result<Vec<_>, _>>()?;
                self.set(claim, members)?;
                let op = if *inside { Op::InSet } else { Op::NotInSet };
                self.push(Predicate::set(rule.slot, op));
            }
        }
        Ok(())
    }

    /// `age` by the calendar: at least n years on the anchor's day means born on or before the same day n years ago.
    fn age(&mut self, item: &Item) -> Result<(), PredicateError> {
        let claim = item.claim();
        let refused = PredicateError::Age { at: claim.at };
        let slot = match self.schema.claim(BIRTHDATE) {
            Some(rule) if rule.kind == ClaimType::Date => rule.slot,
            _ => return Err(PredicateError::NoBirthdate { at: claim.at }),
        };
        let years = |literal: &Literal| match literal {
            Literal::Integer(years @ 0..=MAX_AGE) => {
                u16::try_from(*years).map_err(|_| refused.clone())
            }
            _ => Err(refused.clone()),
        };
        // Days from 1970: born on or before the first, somebody is at least so old; born after the second, not a year older.
        let calendar = |_: OutOfRange| PredicateError::Calendar { at: claim.at };
        let today = Date::of(self.anchor).map_err(calendar)?;
        let born_by = |years| {
            today
                .latest_birthdate(years)
                .map(Date::days)
                .map_err(calendar)
        };
        let at_least = |years| {
            Ok(Predicate::new(
                slot,
                Op::Le,
                attribute::from_i64(born_by(years)?),
            ))
        };
        let younger = |years| {
            Ok(Predicate::new(
                slot,
                Op::Gt,
                attribute::from_i64(born_by(years)?),
            ))
        };
        let between = |op, low, high: u16| {
            let (first, last) = (born_by(high + 1)? + 1, born_by(low)?);
            Ok(Predicate::interval(
                slot,
                op,
                attribute::from_i64(first),
                attribute::from_i64(last),
            ))
        };
        let predicate = match item {
            Item::Compare { op, value, .. } => {
                let years = years(value)?;
                match op {
                    Comparison::AtLeast => at_least(years),
                    Comparison::Greater => at_least(years + 1),
                    Comparison::Less => younger(years),
                    Comparison::AtMost => younger(years + 1),
                    Comparison::Equal => between(Op::In, years, years),
                    Comparison::NotEqual => between(Op::NotIn, years, years),
                }
            }
            Item::Range {
                inside, low, high, ..
            } => {
                let (low, high) = (years(low)?, years(high)?);
                if low > high {
                    return Err(PredicateError::EmptyRange { at: claim.at });
                }
                between(if *inside { Op::In } else { Op::NotIn }, low, high)
            }
            Item::Set { .. } | Item::Reveal { .. } => Err(refused),
        }?;
        self.push(predicate);
        Ok(())
    }

    fn reveal(&mut self, claim: &Claim, slot: u8) -> Result<(), PredicateError> {
        let place = self.out.revealed.get_mut(usize::from(slot));
        match place {
            Some(place @ None) => *place = Some(claim.name.clone()),
            _ => {
                return Err(PredicateError::RevealedTwice {
                    at: claim.at,
                    claim: claim.name.clone(),
                });
            }
        }
        Ok(())
    }

    fn interval(
        &mut self,
        claim: &Claim,
        slot: u8,
        op: Op,
        low: Fr,
        high: Fr,
    ) -> Result<(), PredicateError> {
        if attribute::to_i64(&low) > attribute::to_i64(&high) {
            return Err(PredicateError::EmptyRange { at: claim.at });
        }
        self.push(Predicate::interval(slot, op, low, high));
        Ok(())
    }

    /// Two predicates may share the set when it is the same one.
    fn set(&mut self, claim: &Claim, members: Vec<Fr>) -> Result<(), PredicateError> {
        if !self.out.set.is_empty() && self.out.set != members {
            return Err(PredicateError::SecondSet { at: claim.at });
        }
        self.out.set = members;
        Ok(())
    }

    fn push(&mut self, predicate: Predicate) {
        self.out.predicates.push(predicate);
    }
}

fn operation(op: Comparison) -> Op {
    match op {
        Comparison::Equal => Op::Eq,
        Comparison::NotEqual => Op::Ne,
        Comparison::Less => Op::Lt,
        Comparison::AtMost => Op::Le,
        Comparison::Greater => Op::Gt,
        Comparison::AtLeast => Op::Ge,
    }
}

fn has_order(claim: &Claim, rule: &ClaimRule) -> Result<(), PredicateError> {
    if rule.kind.has_order() {
        return Ok(());
    }
    Err(PredicateError::NoOrder {
        at: claim.at,
        claim: claim.name.clone(),
    })
}

/// A literal as a value of the claim's type.
fn field(claim: &Claim, rule: &ClaimRule, literal: &Literal) -> Result<Fr, PredicateError> {
    let value = match (rule.kind, literal) {
        (ClaimType::Integer, Literal::Integer(v)) => Some(ClaimValue::Integer(*v)),
        (ClaimType::Date, Literal::Date(v)) => Some(ClaimValue::Date(*v)),
        (ClaimType::Boolean, Literal::Word(v)) => v.parse().ok().map(ClaimValue::Boolean),
        (ClaimType::Country, Literal::Word(v) | Literal::Text(v)) => {
            v.parse().ok().map(ClaimValue::Country)
        }
        (ClaimType::String, Literal::Word(v) | Literal::Text(v)) => ClaimValue::text(v),
        _ => None,
    };
    let wanted = rule.kind.wanted();
    let wrong = || PredicateError::WrongType {
        at: claim.at,
        claim: claim.name.clone(),
        wanted,
    };
    value.map(|value| value.to_field()).ok_or_else(wrong)
}
