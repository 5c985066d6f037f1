//! Claims about a person under a schema, and their 16 field elements.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Map, Value};
use tacit_circuits::attribute::{self, SLOTS};
use tacit_circuits::field::Fr;
use zeroize::Zeroize;

use super::value::ClaimValue;
use super::{MAX_CLAIMS_BYTES, Schema, SchemaError};
use crate::json;

/// The attributes of a credential, slot by slot; [`attribute::absent`] where there is no claim.
pub type Attributes = [Fr; SLOTS];

/// Claims that fit a schema. `Debug` shows names only; memory is wiped on drop.
#[derive(Clone, PartialEq, Eq)]
pub struct Claims(BTreeMap<String, ClaimValue>);

impl Claims {
    /// Reads a claims document: one JSON object of names and values.
    ///
    /// # Errors
    /// [`SchemaError`] names the claim; never its value.
    pub fn parse(schema: &Schema, bytes: &[u8]) -> Result<Self, SchemaError> {
        match json::parse(bytes, MAX_CLAIMS_BYTES)? {
            Value::Object(members) => Self::from_json(schema, &members),
            _ => Err(SchemaError::NotClaims),
        }
    }

    /// Reads claims from the members of a JSON object.
    ///
    /// # Errors
    /// As [`Claims::parse`].
    pub fn from_json(schema: &Schema, members: &Map<String, Value>) -> Result<Self, SchemaError> {
        let mut claims = BTreeMap::new();
        for (name, value) in members {
            let rule = schema
                .claim(name)
                .ok_or_else(|| SchemaError::UnknownClaim(name.clone()))?;
            let value =
                ClaimValue::from_json(rule.kind, value).ok_or_else(|| SchemaError::WrongType {
                    claim: name.clone(),
                    wanted: rule.kind.wanted(),
                })?;
            claims.insert(name.clone(), value);
        }
        match schema
            .claims()
            .find(|(name, rule)| rule.required && !claims.contains_key(*name))
        {
            Some((name, _)) => Err(SchemaError::Missing(name.to_owned())),
            None => Ok(Self(claims)),
        }
    }

    /// The value of a claim.
    pub fn get(&self, name: &str) -> Option<&ClaimValue> {
        self.0.get(name)
    }

    /// Names and values, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &ClaimValue)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// The members of the JSON object.
    pub fn to_json(&self) -> Map<String, Value> {
        self.0
            .iter()
            .map(|(name, value)| (name.clone(), value.to_json()))
            .collect()
    }

    /// The field elements by slot.
    pub fn attributes(&self, schema: &Schema) -> Attributes {
        let mut out = [attribute::absent(); SLOTS];
        for (name, value) in &self.0 {
            if let Some(slot) = schema
                .claim(name)
                .and_then(|rule| out.get_mut(usize::from(rule.slot)))
            {
                *slot = value.to_field();
            }
        }
        out
    }
}

impl fmt::Debug for Claims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Drop for Claims {
    fn drop(&mut self) {
        self.0.values_mut().for_each(Zeroize::zeroize);
    }
}
