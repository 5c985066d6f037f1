//! `@context` of a document: names of known contexts, and objects that define terms in the plainest way.
//!
//! An object in a document could make terms vanish (`null`), turn values into dropped ones (`@index`) or change what nested
//! terms mean. Only definitions that can do none of that are accepted.

use serde_json::{Map, Value};

use super::{RdfError, types};
use crate::context::{Contexts, UNDEFINED, shown};

/// Most entries of one `@context`, and of one object in it.
const MAX_ENTRIES: usize = 64;

/// Checks the value of `@context`.
pub(super) fn check(context: &Value, contexts: &Contexts) -> Result<(), RdfError> {
    match context {
        Value::Array(items) if items.len() <= MAX_ENTRIES => {
            items.iter().try_for_each(|item| check_one(item, contexts))
        }
        Value::Array(_) => Err(refused("too many")),
        one => check_one(one, contexts),
    }
}

fn check_one(context: &Value, contexts: &Contexts) -> Result<(), RdfError> {
    match context {
        Value::String(name) if contexts.contains(name) => Ok(()),
        Value::String(name) => Err(RdfError::UnknownContext(shown(name))),
        Value::Object(entries) if entries.len() <= MAX_ENTRIES => entries
            .iter()
            .try_for_each(|(term, value)| check_entry(term, value)),
        Value::Object(_) => Err(refused("too many")),
        _ => Err(refused("null")),
    }
}

fn check_entry(term: &str, value: &Value) -> Result<(), RdfError> {
    let fits = match (term, value) {
        ("@vocab", Value::String(iri)) => absolute(iri),
        ("@protected", Value::Bool(_)) => true,
        (keyword, _) if keyword.starts_with('@') || types::is_reserved(keyword) => false,
        ("id", Value::String(iri)) if iri == "@id" => true,
        ("type", Value::String(iri)) if iri == "@type" => true,
        (_, Value::String(iri)) => absolute(iri),
        (_, Value::Object(definition)) => check_definition(definition),
        _ => false,
    };
    if fits { Ok(()) } else { Err(refused(term)) }
}

fn check_definition(definition: &Map<String, Value>) -> bool {
    definition.contains_key("@id")
        && definition
            .iter()
            .all(|(key, value)| match (key.as_str(), value) {
                ("@id", Value::String(iri)) => absolute(iri),
                ("@type", Value::String(kind)) => {
                    matches!(kind.as_str(), "@id" | "@vocab" | "@json") || absolute(kind)
                }
                ("@container", Value::String(container)) => {
                    matches!(container.as_str(), "@list" | "@set" | "@language")
                }
                ("@protected", Value::Bool(_)) => true,
                _ => false,
            })
}

/// An absolute or compact IRI: what has no colon would be read in a vocabulary.
fn absolute(iri: &str) -> bool {
    iri.contains(':')
        && !iri.starts_with('@')
        && !iri.starts_with("_:")
        && !iri.starts_with(UNDEFINED)
        && !types::is_reserved(iri)
}

fn refused(entry: &str) -> RdfError {
    RdfError::InlineContext(shown(entry))
}
