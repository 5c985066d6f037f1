//! The mapping document: where the claims of a schema are found in foreign credentials of one type.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{BridgeError, Found, Misfit, by_path};
use crate::json;
use crate::schema::{Schema, SchemaId};
use crate::sd_jwt::{ClaimPath, Step};

/// Longest mapping document, in bytes.
pub const MAX_MAPPING_BYTES: usize = 16 * 1024;

const KIND: &str = "mapping";
const VERSION: u32 = 1;

/// Where the claims of a schema are found; a claim that it does not name is not taken.
///
/// ```json
/// { "tacit": "mapping", "version": 1, "schema": "<schema id>", "credential": "urn:eudi:pid:de:1",
///   "claims": { "givenName": ["given_name"], "country": ["address", "country"], "nationality": ["nationalities", 0] } }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapping {
    schema: SchemaId,
    credential: String,
    paths: BTreeMap<String, ClaimPath>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    tacit: String,
    version: u32,
    schema: SchemaId,
    credential: String,
    claims: BTreeMap<String, Value>,
}

impl Mapping {
    /// Reads a mapping and checks it against its schema.
    ///
    /// # Errors
    /// [`BridgeError`] names the field or claim.
    pub fn parse(bytes: &[u8], schema: &Schema) -> Result<Self, BridgeError> {
        let document: Document = json::parse_as(bytes, MAX_MAPPING_BYTES, KIND)?;
        if document.tacit != KIND {
            return Err(BridgeError::NotAMapping);
        }
        if document.version != VERSION {
            return Err(BridgeError::Version(document.version));
        }
        if document.schema != schema.id()? {
            return Err(BridgeError::OtherSchema);
        }
        let mut paths = BTreeMap::new();
        for (name, path) in document.claims {
            if schema.claim(&name).is_none() {
                return Err(BridgeError::UnknownClaim(name));
            }
            let path = ClaimPath::from_json(&path).filter(leads_to_one_claim);
            let path = path.ok_or_else(|| BridgeError::Path(name.clone()))?;
            paths.insert(name, path);
        }
        let unmapped = schema
            .claims()
            .find(|(name, rule)| rule.required && !paths.contains_key(*name));
        if let Some((name, _)) = unmapped {
            return Err(BridgeError::Unmapped(name.to_owned()));
        }
        Ok(Self {
            schema: document.schema,
            credential: document.credential,
            paths,
        })
    }

    /// The mapping from person identification data of the EU as SD-JWT VC (`urn:eudi:pid:1` in `vct` or `aka_vcts`) to the shipped schema
    /// `pid`. Of several nationalities it takes the first, and of the place of birth the locality.
    ///
    /// # Errors
    /// [`BridgeError::OtherSchema`] when `schema` is not that schema.
    pub fn eu_pid(schema: &Schema) -> Result<Self, BridgeError> {
        Self::parse(include_bytes!("shipped/eu-pid.json"), schema)
    }

    /// Refuses another schema, and credentials of another type.
    pub(super) fn check(&self, schema: &Schema, types: &[&str]) -> Result<(), BridgeError> {
        if self.schema != schema.id()? {
            return Err(BridgeError::OtherSchema);
        }
        if !types.contains(&self.credential.as_str()) {
            return Err(BridgeError::OtherType);
        }
        Ok(())
    }

    /// The foreign value of a claim.
    pub(super) fn find<'a>(
        &self,
        name: &str,
        claims: &'a Map<String, Value>,
    ) -> Result<Found<'a>, Misfit> {
        Ok(self.paths.get(name).and_then(|path| by_path(path, claims)))
    }
}

/// A name first, and nothing that means several.
fn leads_to_one_claim(path: &ClaimPath) -> bool {
    matches!(path.steps().first(), Some(Step::Name(_))) && !path.steps().contains(&Step::Every)
}
