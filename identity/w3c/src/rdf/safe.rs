//! What JSON-LD drops on the way to RDF, found before the processor sees it.

use serde_json::{Map, Value};

use super::{RdfError, inline, types};
use crate::context::Contexts;

/// Keywords that a document may use outside of contexts: each ends up in the statements.
const KEYWORDS: [&str; 7] = [
    "@context",
    "@id",
    "@type",
    "@value",
    "@language",
    "@list",
    "@set",
];

/// Refuses what would be dropped, and contexts that are not known.
pub(super) fn check(value: &Value, contexts: &Contexts) -> Result<(), RdfError> {
    match value {
        Value::Null => Err(RdfError::Feature("null".to_owned())),
        Value::Array(items) => items.iter().try_for_each(|item| check(item, contexts)),
        Value::Object(members) => check_members(members, contexts),
        Value::String(text) if types::is_reserved(text) => Err(reserved()),
        _ => Ok(()),
    }
}

fn check_members(members: &Map<String, Value>, contexts: &Contexts) -> Result<(), RdfError> {
    for (key, value) in members {
        if key == "@context" {
            inline::check(value, contexts)?;
            continue;
        }
        // JSON-LD ignores every key of the form of a keyword that it does not know.
        if key.starts_with('@') && !KEYWORDS.contains(&key.as_str()) {
            return Err(RdfError::Feature(key.clone()));
        }
        if types::is_reserved(key) {
            return Err(reserved());
        }
        if key.is_empty() {
            return Err(RdfError::Feature("empty name".to_owned()));
        }
        check(value, contexts)?;
    }
    Ok(())
}

fn reserved() -> RdfError {
    RdfError::Feature("reserved name".to_owned())
}
