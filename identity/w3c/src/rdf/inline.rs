//! `@context` of a document: names of known contexts, and objects that define terms in the plainest way.
//!
//! An object in a document could make terms vanish (`null`), turn values into dropped ones (`@index`), change what nested
//! terms mean, or call a meaning otherwise than those do who read it by name. Only definitions that can do none of that are
//! accepted.

use serde_json::{Map, Value};

use super::{RdfError, types};
use crate::context::{Contexts, DELIMITERS, UNDEFINED, shown};

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
            .try_for_each(|(term, value)| check_entry(term, value, contexts)),
        Value::Object(_) => Err(refused("too many")),
        _ => Err(refused("null")),
    }
}

fn check_entry(term: &str, value: &Value, contexts: &Contexts) -> Result<(), RdfError> {
    let may_name = |iri: &str| absolute(iri, contexts) && contexts.may_name(iri, term);
    let fits = match (term, value) {
        ("@vocab", Value::String(iri)) => absolute(iri, contexts) && contexts.may_prepend(iri),
        ("@protected", Value::Bool(_)) => true,
        (keyword, _) if keyword.starts_with('@') || types::is_reserved(keyword) => false,
        ("id", Value::String(iri)) if iri == "@id" => true,
        ("type", Value::String(iri)) if iri == "@type" => true,
        ("id" | "type", _) => false,
        // It would be an IRI that means another one.
        (term, _) if term.contains([':', '/', '#']) => false,
        // What ends in a delimiter would be a prefix: another way to write IRIs.
        (_, Value::String(iri)) => may_name(iri) && !iri.ends_with(DELIMITERS),
        (_, Value::Object(definition)) => {
            let named = definition.get("@id").and_then(Value::as_str);
            named.is_some_and(may_name) && check_definition(definition, contexts)
        }
        _ => false,
    };
    if fits { Ok(()) } else { Err(refused(term)) }
}

fn check_definition(definition: &Map<String, Value>, contexts: &Contexts) -> bool {
    definition
        .iter()
        .all(|(key, value)| match (key.as_str(), value) {
            ("@id", _) => true,
            // Not `@vocab`: values would have names too. Not a type of JSON's own values: a text would pass for one.
            ("@type", Value::String(kind)) => {
                let typed = absolute(kind, contexts) && !is_plain_type(kind);
                typed || matches!(kind.as_str(), "@id" | "@json")
            }
            ("@container", Value::String(container)) => {
                matches!(container.as_str(), "@list" | "@set" | "@language")
            }
            ("@protected", Value::Bool(_)) => true,
            _ => false,
        })
}

/// True for the types of values that JSON writes plainly.
pub(super) fn is_plain_type(iri: &str) -> bool {
    const PLAIN: [&str; 4] = ["string", "boolean", "integer", "double"];
    let name = iri.strip_prefix("http://www.w3.org/2001/XMLSchema#");
    name.is_some_and(|name| PLAIN.contains(&name))
}

/// An IRI in full: what has no colon would be read in a vocabulary.
fn absolute(iri: &str, contexts: &Contexts) -> bool {
    iri.contains(':')
        && !contexts.is_short(iri)
        && !iri.starts_with('@')
        && !iri.starts_with("_:")
        && !iri.starts_with(UNDEFINED)
        && !types::is_reserved(iri)
}

fn refused(entry: &str) -> RdfError {
    RdfError::InlineContext(shown(entry))
}
