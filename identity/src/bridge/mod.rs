//! From what another issuer attested to claims of one of our schemas: what an issuer member does before it re-issues a foreign
//! credential.
//!
//! The input is a JSON object of claims that were verified: [`sd_jwt::Credential::claims`](crate::sd_jwt::Credential::claims), or
//! the `credentialSubject` of a W3C credential. Values are taken as they are or not at all; what does not fit is named, claim by
//! claim, and nothing is filled in. A [`Mapping`] says where each claim is found; without one, names decide, ours or ours in snake
//! case. Whether two issuers mean the same by a name is for the member to judge, who signs the new credential.

mod mapping;

use core::fmt;

use serde_json::{Map, Value};

pub use mapping::{MAX_MAPPING_BYTES, Mapping};

use crate::json::JsonError;
use crate::schema::{ClaimRule, ClaimValue, Claims, Schema, SchemaError};
use crate::sd_jwt::ClaimPath;

/// Claims of a foreign credential that has been verified.
#[derive(Clone, Copy)]
pub struct Foreign<'a> {
    /// What the credential says that it is: its `vct` and `aka_vcts`, or its `type`s.
    pub types: &'a [&'a str],
    /// The claims about its subject.
    pub claims: &'a Map<String, Value>,
}

/// What was taken from a foreign credential.
#[derive(Debug, Clone)]
pub struct Admitted {
    /// The claims, which fit the schema.
    pub claims: Claims,
    /// Names of foreign claims of which nothing was taken.
    pub unused: Vec<String>,
}

/// Why a claim cannot be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Misfit {
    /// The schema requires it and it is not there.
    Missing,
    /// It is there with a value of another type.
    WrongType {
        /// Values that fit.
        wanted: &'static str,
    },
    /// It is there under both names, with different values.
    Ambiguous,
}

/// A claim that cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimProblem {
    /// Its name in the schema.
    pub claim: String,
    /// Why.
    pub misfit: Misfit,
}

impl fmt::Display for ClaimProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` ", self.claim)?;
        match self.misfit {
            Misfit::Missing => f.write_str("is missing"),
            Misfit::WrongType { wanted } => write!(f, "takes {wanted}"),
            Misfit::Ambiguous => f.write_str("is there under two names with different values"),
        }
    }
}

/// Why a foreign credential cannot be admitted, or a mapping was refused. Values are never repeated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BridgeError {
    /// Claims do not fit the schema.
    #[error("claims do not fit the schema: {}", listed(.0))]
    Claims(Vec<ClaimProblem>),
    /// The claims fit one by one and not together: never in practice.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// The mapping is for credentials of another type.
    #[error("the mapping is for credentials of another type")]
    OtherType,
    /// The mapping is for another schema.
    #[error("the mapping is for another schema")]
    OtherSchema,
    /// Not acceptable JSON, or not the fields of a mapping.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// Another kind of document.
    #[error("not a mapping document: the field `tacit` must be \"mapping\"")]
    NotAMapping,
    /// A version of the format that this software does not know.
    #[error("mapping format version {0} is not known")]
    Version(u32),
    /// The mapping names a claim that the schema does not have.
    #[error("the schema has no claim `{0}`")]
    UnknownClaim(String),
    /// The mapping has no path for a claim that the schema requires.
    #[error("the mapping does not say where the required claim `{0}` is found")]
    Unmapped(String),
    /// A path is not an array of names and places.
    #[error("the path of claim `{0}` is not an array of names and places")]
    Path(String),
}

fn listed(problems: &[ClaimProblem]) -> String {
    let texts: Vec<String> = problems.iter().map(ToString::to_string).collect();
    texts.join(", ")
}

/// Takes from a verified foreign credential the claims of a schema.
///
/// # Errors
/// [`BridgeError::Claims`] with every claim that does not fit; [`BridgeError::OtherType`], [`BridgeError::OtherSchema`] when the
/// mapping is not for these.
pub fn admit(
    foreign: &Foreign<'_>,
    schema: &Schema,
    mapping: Option<&Mapping>,
) -> Result<Admitted, BridgeError> {
    if let Some(mapping) = mapping {
        mapping.check(schema, foreign.types)?;
    }
    let mut taken = Map::new();
    let mut used = Vec::new();
    let mut problems = Vec::new();
    for (name, rule) in schema.claims() {
        let found = match mapping {
            Some(mapping) => mapping.find(name, foreign.claims),
            None => by_name(name, foreign.claims),
        };
        match found.and_then(|found| fit(found, rule)) {
            Ok(Some((top, value))) => {
                used.push(top);
                taken.insert(name.to_owned(), value.to_json());
            }
            Ok(None) => {}
            Err(misfit) => problems.push(ClaimProblem {
                claim: name.to_owned(),
                misfit,
            }),
        }
    }
    if !problems.is_empty() {
        return Err(BridgeError::Claims(problems));
    }
    let names = foreign.claims.keys();
    Ok(Admitted {
        claims: Claims::from_json(schema, &taken)?,
        unused: names.filter(|name| !used.contains(name)).cloned().collect(),
    })
}

/// A foreign value, with the name at the top under which it was found.
type Found<'a> = Option<(&'a String, &'a Value)>;

fn fit<'a>(found: Found<'a>, rule: &ClaimRule) -> Result<Option<(&'a String, ClaimValue)>, Misfit> {
    match found {
        None if rule.required => Err(Misfit::Missing),
        None => Ok(None),
        Some((top, value)) => match ClaimValue::from_json(rule.kind, value) {
            Some(value) => Ok(Some((top, value))),
            None => Err(Misfit::WrongType {
                wanted: rule.kind.wanted(),
            }),
        },
    }
}

/// A claim by its name in the schema (`givenName`), or that name in snake case (`given_name`).
fn by_name<'a>(name: &str, claims: &'a Map<String, Value>) -> Result<Found<'a>, Misfit> {
    let snake = snake_case(name);
    match (claims.get_key_value(name), claims.get_key_value(&snake)) {
        (Some((_, one)), Some((_, other))) if one != other => Err(Misfit::Ambiguous),
        (one, other) => Ok(one.or(other)),
    }
}

fn snake_case(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

/// The value at a path, with the first name of the path.
fn by_path<'a>(path: &ClaimPath, claims: &'a Map<String, Value>) -> Found<'a> {
    let (first, rest) = path.split_first_name()?;
    let (top, value) = claims.get_key_value(first)?;
    Some((top, rest.find_in(value)?))
}

#[cfg(test)]
mod tests;
