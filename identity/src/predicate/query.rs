//! The query as parsed: claims are still names. [`core::fmt::Display`] writes the canonical text.

use core::fmt;

use super::PredicateError;
use tacit_circuits::calendar::Date;

/// The name of a claim and where it stood in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The name.
    pub name: String,
    /// Column in the text, from 1.
    pub at: usize,
}

/// A comparison of a claim with one value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    Greater,
    /// `>=`
    AtLeast,
}

impl Comparison {
    /// The operator as written.
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::AtMost => "<=",
            Self::Greater => ">",
            Self::AtLeast => ">=",
        }
    }
}

/// A value as written; the claim's type decides what it means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Literal {
    /// A whole number.
    Integer(i64),
    /// A day.
    Date(Date),
    /// An unquoted word: `true`, a country code, a short text.
    Word(String),
    /// A quoted text.
    Text(String),
}

/// One thing asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// Claim compared with a value.
    Compare {
        /// Left side.
        claim: Claim,
        /// Operator.
        op: Comparison,
        /// Right side.
        value: Literal,
    },
    /// Claim inside (or outside) a range, both ends belonging to it.
    Range {
        /// The claim.
        claim: Claim,
        /// `in` (true) or `not in`.
        inside: bool,
        /// Lower end.
        low: Literal,
        /// Upper end.
        high: Literal,
    },
    /// Claim is (or is not) one of a set.
    Set {
        /// The claim.
        claim: Claim,
        /// `in` (true) or `not in`.
        inside: bool,
        /// Members, at least one.
        values: Vec<Literal>,
    },
    /// Claim shown in plain.
    Reveal {
        /// The claim.
        claim: Claim,
    },
}

impl Item {
    /// The claim that the item is about.
    pub fn claim(&self) -> &Claim {
        match self {
            Self::Compare { claim, .. }
            | Self::Range { claim, .. }
            | Self::Set { claim, .. }
            | Self::Reveal { claim } => claim,
        }
    }
}

/// A parsed query. Get one by [`Query::parse`] or [`str::parse`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    pub(super) items: Vec<Item>,
}

impl Query {
    /// Reads the text of a query. Needs no schema: names and types are checked by [`Query::compile`].
    ///
    /// # Errors
    /// [`PredicateError`] names the column.
    pub fn parse(text: &str) -> Result<Self, PredicateError> {
        super::parser::parse(text)
    }

    /// What is asked for, in the order of the text.
    pub fn items(&self) -> &[Item] {
        &self.items
    }
}

impl core::str::FromStr for Query {
    type Err = PredicateError;

    fn from_str(text: &str) -> Result<Self, PredicateError> {
        Self::parse(text)
    }
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(v) => write!(f, "{v}"),
            Self::Date(v) => write!(f, "{v}"),
            Self::Word(v) => f.write_str(v),
            Self::Text(v) => {
                f.write_str("\"")?;
                for c in v.chars() {
                    if matches!(c, '"' | '\\') {
                        f.write_str("\\")?;
                    }
                    write!(f, "{c}")?;
                }
                f.write_str("\"")
            }
        }
    }
}

impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let membership = |inside: &bool| if *inside { "in" } else { "not in" };
        match self {
            Self::Compare { claim, op, value } => {
                write!(f, "{} {} {value}", claim.name, op.symbol())
            }
            Self::Range {
                claim,
                inside,
                low,
                high,
            } => {
                write!(f, "{} {} {low}..{high}", claim.name, membership(inside))
            }
            Self::Set {
                claim,
                inside,
                values,
            } => {
                write!(f, "{} {} [", claim.name, membership(inside))?;
                for (i, value) in values.iter().enumerate() {
                    write!(f, "{}{value}", if i == 0 { "" } else { ", " })?;
                }
                f.write_str("]")
            }
            Self::Reveal { claim } => write!(f, "reveal {}", claim.name),
        }
    }
}

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, item) in self.items.iter().enumerate() {
            write!(f, "{}{item}", if i == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}
