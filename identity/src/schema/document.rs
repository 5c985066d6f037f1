//! The schema document and its id.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use tacit_circuits::attribute::SLOTS;
use tacit_circuits::field::{self, FieldError, Fr};
use tacit_circuits::tags::{self, tagged_sha256};

use super::value::ClaimType;
use super::{MAX_SCHEMA_BYTES, SchemaError};
use crate::json::{self, JsonError};
use crate::predicate::RESERVED_WORDS;

const KIND: &str = "schema";
const VERSION: u32 = 1;
const MAX_NAME_BYTES: usize = 64;
const MAX_TITLE_BYTES: usize = 256;

/// Names a schema by its content: the field element of the tagged SHA-256 of its canonical bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SchemaId(#[serde(with = "field::serde_hex")] pub Fr);

impl SchemaId {
    /// The id of canonical schema bytes.
    pub fn of(canonical: &[u8]) -> Self {
        Self(field::digest_to_fr(&tagged_sha256(
            tags::SCHEMA,
            &[canonical],
        )))
    }
}

impl fmt::Display for SchemaId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&field::fr_to_hex(&self.0))
    }
}

impl fmt::Debug for SchemaId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SchemaId({self})")
    }
}

impl FromStr for SchemaId {
    type Err = FieldError;

    fn from_str(text: &str) -> Result<Self, FieldError> {
        field::fr_from_hex(text).map(Self)
    }
}

/// What a schema says of one claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClaimRule {
    /// Place among the credential's attributes, 0 to 15.
    pub slot: u8,
    /// Type of its values.
    #[serde(rename = "type")]
    pub kind: ClaimType,
    /// Whether every credential of the schema has it.
    pub required: bool,
    /// Its name for people.
    pub title: String,
}

/// A checked schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schema {
    document: Document,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    tacit: String,
    version: u32,
    name: String,
    revision: u32,
    title: String,
    claims: BTreeMap<String, ClaimRule>,
}

impl Schema {
    /// Reads and checks a schema document.
    ///
    /// # Errors
    /// [`SchemaError`] names the field or claim.
    pub fn parse(bytes: &[u8]) -> Result<Self, SchemaError> {
        let document: Document = json::parse_as(bytes, MAX_SCHEMA_BYTES, "schema")?;
        check(&document)?;
        Ok(Self { document })
    }

    /// Reads a registered document, which must be canonical: one schema, one text, one id.
    ///
    /// # Errors
    /// [`SchemaError::NotCanonical`], and as [`Schema::parse`].
    pub fn parse_registered(bytes: &[u8]) -> Result<Self, SchemaError> {
        let schema = Self::parse(bytes)?;
        if schema.canonical_bytes()? == bytes {
            Ok(schema)
        } else {
            Err(SchemaError::NotCanonical)
        }
    }

    /// The schema of a natural person that comes with the software.
    ///
    /// # Errors
    /// None in practice: a test reads the same bytes.
    pub fn person() -> Result<Self, SchemaError> {
        Self::parse(include_bytes!("shipped/person.json"))
    }

    /// The canonical bytes (RFC 8785): what is registered and hashed.
    ///
    /// # Errors
    /// [`JsonError`], never for a checked schema.
    pub fn canonical_bytes(&self) -> Result<Vec<u8>, JsonError> {
        let shape = |_| JsonError::Shape { document: KIND };
        json::canonical(&serde_json::to_value(&self.document).map_err(shape)?)
    }

    /// The schema's id.
    ///
    /// # Errors
    /// As [`Schema::canonical_bytes`].
    pub fn id(&self) -> Result<SchemaId, JsonError> {
        Ok(SchemaId::of(&self.canonical_bytes()?))
    }

    /// Short name, such as `person`.
    pub fn name(&self) -> &str {
        &self.document.name
    }

    /// Revision, from 1.
    pub fn revision(&self) -> u32 {
        self.document.revision
    }

    /// Name for people.
    pub fn title(&self) -> &str {
        &self.document.title
    }

    /// The rule of one claim.
    pub fn claim(&self, name: &str) -> Option<&ClaimRule> {
        self.document.claims.get(name)
    }

    /// All claims, by name.
    pub fn claims(&self) -> impl Iterator<Item = (&str, &ClaimRule)> {
        self.document
            .claims
            .iter()
            .map(|(name, rule)| (name.as_str(), rule))
    }

    /// The name of the claim in a slot.
    pub fn claim_in_slot(&self, slot: usize) -> Option<&str> {
        self.claims()
            .find(|(_, rule)| usize::from(rule.slot) == slot)
            .map(|(name, _)| name)
    }
}

fn check(document: &Document) -> Result<(), SchemaError> {
    if document.tacit != KIND {
        return Err(SchemaError::NotASchema);
    }
    if document.version != VERSION {
        return Err(SchemaError::Version(document.version));
    }
    let name = document.name.as_bytes();
    let plain = |c: &u8| c.is_ascii_lowercase() || c.is_ascii_digit() || *c == b'-';
    if name.is_empty() || name.len() > MAX_NAME_BYTES || !name.iter().all(plain) {
        return Err(SchemaError::Field("name"));
    }
    if document.revision == 0 {
        return Err(SchemaError::Field("revision"));
    }
    if !is_title(&document.title) || !document.claims.values().all(|rule| is_title(&rule.title)) {
        return Err(SchemaError::Field("title"));
    }
    if document.claims.is_empty() || document.claims.len() > SLOTS {
        return Err(SchemaError::Count);
    }
    let mut slots = BTreeSet::new();
    for (name, rule) in &document.claims {
        if !is_claim_name(name) {
            return Err(SchemaError::ClaimName(name.clone()));
        }
        if usize::from(rule.slot) >= SLOTS {
            return Err(SchemaError::Slot(name.clone()));
        }
        if !slots.insert(rule.slot) {
            return Err(SchemaError::SlotTwice(name.clone()));
        }
    }
    Ok(())
}

fn is_title(text: &str) -> bool {
    !text.is_empty() && text.len() <= MAX_TITLE_BYTES && !text.chars().any(char::is_control)
}

/// A name that predicates can use and that means nothing else in a credential's subject.
fn is_claim_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|c| c.is_ascii_lowercase())
        && bytes.all(|c| c.is_ascii_alphanumeric() || c == b'_')
        && name.len() <= MAX_NAME_BYTES
        && !RESERVED_WORDS.contains(&name)
        && !["id", "type"].contains(&name)
}
