//! Values of claims and their field elements.

use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tacit_circuits::attribute;
use tacit_circuits::calendar::Date;
use tacit_circuits::field::Fr;
use tacit_circuits::types::OutOfRange;
use zeroize::Zeroize;

use crate::json::MAX_SAFE_INTEGER;

/// The type of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ClaimType {
    /// A whole number within +-(2^53 - 1).
    Integer,
    /// A day `YYYY-MM-DD`.
    Date,
    /// A text; only its hash enters a commitment.
    String,
    /// `true` or `false`.
    Boolean,
    /// A country: two capital letters (ISO 3166-1 alpha-2).
    Country,
}

impl ClaimType {
    /// Values of the type, in words.
    pub fn wanted(self) -> &'static str {
        match self {
            Self::Integer => "a whole number within +-9007199254740991",
            Self::Date => "a date YYYY-MM-DD",
            Self::String => "a text of at most 1024 bytes without control characters",
            Self::Boolean => "true or false",
            Self::Country => "a country code of two capital letters",
        }
    }

    /// Whether values of the type have an order that predicates may use.
    pub fn has_order(self) -> bool {
        matches!(self, Self::Integer | Self::Date)
    }
}

/// A country code: two capital ASCII letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Country([u8; 2]);

impl FromStr for Country {
    type Err = OutOfRange;

    fn from_str(text: &str) -> Result<Self, OutOfRange> {
        match text.as_bytes() {
            [a @ b'A'..=b'Z', b @ b'A'..=b'Z'] => Ok(Self([*a, *b])),
            _ => Err(OutOfRange("country code")),
        }
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b] = self.0.map(char::from);
        write!(f, "{a}{b}")
    }
}

/// A claim's value. `Debug` shows its type only: values are personal data.
#[derive(Clone, PartialEq, Eq)]
pub enum ClaimValue {
    /// A whole number.
    Integer(i64),
    /// A day.
    Date(Date),
    /// A text.
    String(String),
    /// Yes or no.
    Boolean(bool),
    /// A country.
    Country(Country),
}

impl ClaimValue {
    /// Reads a JSON value of a type; `None` when it is not one.
    pub fn from_json(kind: ClaimType, value: &Value) -> Option<Self> {
        match (kind, value) {
            (ClaimType::Integer, Value::Number(n)) => n
                .as_i64()
                .filter(|v| (-MAX_SAFE_INTEGER..=MAX_SAFE_INTEGER).contains(v))
                .map(Self::Integer),
            (ClaimType::Boolean, Value::Bool(v)) => Some(Self::Boolean(*v)),
            (ClaimType::Date, Value::String(text)) => Date::parse(text).ok().map(Self::Date),
            (ClaimType::Country, Value::String(text)) => text.parse().ok().map(Self::Country),
            (ClaimType::String, Value::String(text)) => Self::text(text),
            _ => None,
        }
    }

    /// A text value; `None` when it is too long or has control characters.
    pub fn text(text: &str) -> Option<Self> {
        let fits = text.len() <= attribute::MAX_TEXT_BYTES && !text.chars().any(char::is_control);
        fits.then(|| Self::String(text.to_owned()))
    }

    /// The JSON value.
    pub fn to_json(&self) -> Value {
        match self {
            Self::Integer(v) => Value::from(*v),
            Self::Boolean(v) => Value::from(*v),
            Self::Date(_) | Self::String(_) | Self::Country(_) => Value::from(self.to_string()),
        }
    }

    /// Its type.
    pub fn kind(&self) -> ClaimType {
        match self {
            Self::Integer(_) => ClaimType::Integer,
            Self::Date(_) => ClaimType::Date,
            Self::String(_) => ClaimType::String,
            Self::Boolean(_) => ClaimType::Boolean,
            Self::Country(_) => ClaimType::Country,
        }
    }

    /// The field element in the credential's slot.
    pub fn to_field(&self) -> Fr {
        match self {
            Self::Integer(v) => attribute::from_i64(*v),
            Self::Date(v) => attribute::from_date(*v),
            Self::Boolean(v) => attribute::from_bool(*v),
            // Both constructors check what the encoding asks for, so the reserved element is never reached.
            Self::Country(v) => {
                attribute::from_country(&v.to_string()).unwrap_or_else(attribute::absent)
            }
            Self::String(v) => attribute::from_text(v).unwrap_or_else(attribute::absent),
        }
    }
}

impl fmt::Display for ClaimValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(v) => write!(f, "{v}"),
            Self::Date(v) => write!(f, "{v}"),
            Self::String(v) => f.write_str(v),
            Self::Boolean(v) => write!(f, "{v}"),
            Self::Country(v) => write!(f, "{v}"),
        }
    }
}

impl fmt::Debug for ClaimValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}(redacted)", self.kind())
    }
}

impl Zeroize for ClaimValue {
    fn zeroize(&mut self) {
        if let Self::String(text) = self {
            text.zeroize();
        }
        *self = Self::Boolean(false);
    }
}
