//! What JSON-LD drops on the way to RDF, found before the processor sees it.

use serde_json::{Map, Value};

use super::{RdfError, inline, types};
use crate::context::{Contexts, shown};

/// Keywords that a document may use outside of contexts: each ends up in the statements.
const KEYWORDS: [&str; 5] = ["@context", "@id", "@type", "@value", "@language"];

/// Terms whose values are graphs of their own. Anything but nodes would be dropped from those.
const GRAPHS: [&str; 2] = ["proof", "verifiableCredential"];

/// What becomes of a document.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    /// Its RDF is signed: whatever RDF would not carry is refused.
    Signed,
    /// It is only asked whether every term means something.
    Understood,
}

/// Refuses what would be dropped, and contexts that are not known.
pub(super) fn check(value: &Value, contexts: &Contexts, what_for: Use) -> Result<(), RdfError> {
    let signed = what_for == Use::Signed;
    match value {
        Value::Null if signed => Err(RdfError::Feature("null".to_owned())),
        // A list in a list would be read as one list.
        Value::Array(items) if signed && items.iter().any(Value::is_array) => {
            Err(RdfError::Feature("list in a list".to_owned()))
        }
        Value::Array(items) => items
            .iter()
            .try_for_each(|item| check(item, contexts, what_for)),
        Value::Object(members) => check_members(members, contexts, what_for),
        Value::String(text) if types::is_reserved(text) => Err(reserved()),
        _ => Ok(()),
    }
}

fn check_members(
    members: &Map<String, Value>,
    contexts: &Contexts,
    what_for: Use,
) -> Result<(), RdfError> {
    for (key, value) in members {
        if key == "@context" {
            inline::check(value, contexts)?;
            continue;
        }
        // JSON-LD ignores every key of the form of a keyword that it does not know.
        let direction = key == "@direction" && what_for == Use::Understood;
        if key.starts_with('@') && !direction && !KEYWORDS.contains(&key.as_str()) {
            return Err(RdfError::Feature(shown(key)));
        }
        if types::is_reserved(key) {
            return Err(reserved());
        }
        if key.is_empty() {
            return Err(RdfError::Feature("empty name".to_owned()));
        }
        if GRAPHS.contains(&key.as_str()) && !is_nodes(value) {
            return Err(RdfError::Feature(shown(key)));
        }
        check(value, contexts, what_for)?;
    }
    Ok(())
}

fn is_nodes(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().all(is_nodes),
        Value::Object(members) => !members.contains_key("@value"),
        _ => false,
    }
}

fn reserved() -> RdfError {
    RdfError::Feature("reserved name".to_owned())
}
