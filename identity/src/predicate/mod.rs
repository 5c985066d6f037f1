//! Predicates as text: what a verifier asks for and what a proof says, in one notation.
//!
//! ```text
//! query   = item { ("," | "and") item }
//! item    = "reveal" claim
//!         | claim ("=" | "!=" | "<" | "<=" | ">" | ">=") value
//!         | claim ["not"] "in" value ".." value          both ends included
//!         | claim ["not"] "in" "[" value { "," value } "]"
//! value   = whole number | date YYYY-MM-DD | true | false | word | "quoted text"
//! ```
//!
//! `age` is not a claim: it is `birthdate` by the calendar at the proof's anchor. Text is parsed to a [`Query`], which
//! [`Query::compile`] turns into the statement's numbers; nobody ever takes compiled numbers from somebody else.

mod compile;
mod describe;
mod lexer;
mod parser;
mod query;

pub use compile::Compiled;
pub use query::{Claim, Comparison, Item, Literal, Query};

/// Longest text of a query, in bytes.
pub const MAX_QUERY_BYTES: usize = 1024;

/// Most predicates of one query (the statement's number of predicate places).
pub const MAX_PREDICATES: usize = 4;

/// Most members of the one set of a query.
pub const MAX_SET: usize = 16;

/// Greatest age that can be asked for, in years.
pub const MAX_AGE: i64 = 150;

/// The name that stands for completed years since `birthdate`.
pub(crate) const AGE: &str = "age";

/// Words that cannot name a claim of a schema.
pub(crate) const RESERVED_WORDS: [&str; 7] = ["and", "in", "not", "reveal", "true", "false", AGE];

/// Why a query was refused. `at` is the column in the text, from 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PredicateError {
    /// The text is longer than [`MAX_QUERY_BYTES`].
    #[error("predicates of {length} bytes: at most {MAX_QUERY_BYTES} are accepted")]
    TooLong {
        /// Bytes that came.
        length: usize,
    },
    /// Nothing is asked for.
    #[error("no predicate: write for example `age >= 18` or `reveal country`")]
    Empty,
    /// The text does not follow the grammar.
    #[error("predicates, column {at}: expected {expected}")]
    Expected {
        /// Column, from 1.
        at: usize,
        /// What the grammar wants there.
        expected: &'static str,
    },
    /// More than [`MAX_PREDICATES`] predicates (`reveal` does not count).
    #[error("predicates, column {at}: more than {MAX_PREDICATES} predicates in one proof")]
    TooMany {
        /// Column, from 1.
        at: usize,
    },
    /// No claim of this name in the schema.
    #[error("predicates, column {at}: the schema has no claim `{claim}`")]
    UnknownClaim {
        /// Column, from 1.
        at: usize,
        /// The name asked for.
        claim: String,
    },
    /// The value is not one of the claim's type.
    #[error("predicates, column {at}: claim `{claim}` takes {wanted}")]
    WrongType {
        /// Column, from 1.
        at: usize,
        /// The claim.
        claim: String,
        /// Values that fit.
        wanted: &'static str,
    },
    /// Order comparisons and ranges are for whole numbers and dates.
    #[error(
        "predicates, column {at}: claim `{claim}` has no order; use =, !=, in [..] or not in [..]"
    )]
    NoOrder {
        /// Column, from 1.
        at: usize,
        /// The claim.
        claim: String,
    },
    /// The lower end of a range is above its upper end.
    #[error("predicates, column {at}: the range is empty")]
    EmptyRange {
        /// Column, from 1.
        at: usize,
    },
    /// More than [`MAX_SET`] members.
    #[error("predicates, column {at}: more than {MAX_SET} values in a set")]
    SetTooLarge {
        /// Column, from 1.
        at: usize,
    },
    /// A proof has place for one set.
    #[error("predicates, column {at}: a second set; one proof has place for one")]
    SecondSet {
        /// Column, from 1.
        at: usize,
    },
    /// `age` is compared with whole years from 0 to [`MAX_AGE`], by =, !=, <, <=, >, >= or a range.
    #[error(
        "predicates, column {at}: `age` is compared with whole years from 0 to {MAX_AGE}, not with a set"
    )]
    Age {
        /// Column, from 1.
        at: usize,
    },
    /// `age` needs a claim `birthdate` of type date.
    #[error("predicates, column {at}: the schema has no claim `birthdate` to count an age from")]
    NoBirthdate {
        /// Column, from 1.
        at: usize,
    },
    /// The same claim is revealed twice.
    #[error("predicates, column {at}: claim `{claim}` is already revealed")]
    RevealedTwice {
        /// Column, from 1.
        at: usize,
        /// The claim.
        claim: String,
    },
    /// A date outside what the calendar of the statement covers.
    #[error("predicates, column {at}: the date is outside the calendar")]
    Calendar {
        /// Column, from 1.
        at: usize,
    },
}

#[cfg(test)]
mod tests;
