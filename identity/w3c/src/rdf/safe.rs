//! What JSON-LD drops on the way to RDF, and what it lets be written in two ways, found before the processor sees it.
//!
//! The RDF is signed, members are read by name: a member must have the one name that the contexts give it and stand in its place,
//! or who reads by name is shown less than was signed (data model, section 6.1: documents are compacted).

use serde_json::{Map, Value};

use super::{RdfError, inline, once, types};
use crate::context::{Contexts, shown};

/// Keywords that a value may use: each ends up in the statements. `id` and `type` of nodes are written so.
const KEYWORDS: [&str; 3] = ["@value", "@type", "@language"];

/// Most contexts of a document, all places where one is set taken together.
const MAX_CONTEXTS: usize = 512;

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

/// Refuses what would be dropped or read otherwise than it was signed, and contexts that are not known.
pub(super) fn check(document: &Value, contexts: &Contexts, what_for: Use) -> Result<(), RdfError> {
    if count_contexts(document) > MAX_CONTEXTS {
        return Err(RdfError::TooLarge);
    }
    let signed = what_for == Use::Signed;
    if signed {
        once::check(document)?;
    }
    Checker { contexts, signed }.value(document)
}

fn count_contexts(value: &Value) -> usize {
    match value {
        Value::Array(items) => items.iter().map(count_contexts).sum(),
        Value::Object(members) => {
            let inner = members.values().map(count_contexts).sum::<usize>();
            inner
                + members
                    .get("@context")
                    .map_or(0, |own| own.as_array().map_or(1, |all| all.len().max(1)))
        }
        _ => 0,
    }
}

struct Checker<'a> {
    contexts: &'a Contexts,
    signed: bool,
}

impl Checker<'_> {
    fn value(&self, value: &Value) -> Result<(), RdfError> {
        match value {
            Value::String(text) if types::is_reserved(text) => Err(reserved()),
            Value::Array(items) if !self.signed => {
                items.iter().try_for_each(|item| self.value(item))
            }
            Value::Object(members) if !self.signed => self.members(members),
            _ if !self.signed => Ok(()),
            Value::Null => Err(feature("null")),
            // JSON-LD drops identifiers and types of the form of a keyword.
            Value::String(text) if is_keyword_like(text) => Err(feature("text like a keyword")),
            // A label lets one node stand in several places.
            Value::String(text) if text.starts_with("_:") => Err(feature("blank node label")),
            Value::Array(items) if items.is_empty() => Err(feature("empty list")),
            // A list in a list would be read as one list.
            Value::Array(items) if items.iter().any(Value::is_array) => {
                Err(feature("list in a list"))
            }
            Value::Array(items) => items.iter().try_for_each(|item| self.value(item)),
            Value::Object(members) if members.is_empty() => Err(feature("empty object")),
            Value::Object(members) => {
                self.members(members)?;
                match has_plain_form(members) {
                    true => Err(feature("@value for what JSON can write plainly")),
                    false => Ok(()),
                }
            }
            _ => Ok(()),
        }
    }

    fn members(&self, members: &Map<String, Value>) -> Result<(), RdfError> {
        let is_value = members.contains_key("@value");
        for (key, value) in members {
            match key.as_str() {
                "@context" => inline::check(value, self.contexts)?,
                "" => return Err(feature("empty name")),
                "@direction" if is_value && !self.signed => {}
                // JSON-LD ignores every key of the form of a keyword that it does not know.
                keyword
                    if keyword.starts_with('@') && !(is_value && KEYWORDS.contains(&keyword)) =>
                {
                    return Err(feature(keyword));
                }
                name if types::is_reserved(name) => return Err(reserved()),
                name if name.contains([':', '/', '#']) => return Err(feature(name)),
                graph if GRAPHS.contains(&graph) && !is_nodes(value) => {
                    return Err(feature(graph));
                }
                "id" if value.as_str().is_some_and(|id| self.contexts.is_short(id)) => {
                    return Err(RdfError::NotAnIri);
                }
                "type" => {
                    self.types(value)?;
                    self.value(value)?;
                }
                _ => self.value(value)?,
            }
        }
        Ok(())
    }

    /// A type that has a name is called by it.
    fn types(&self, types: &Value) -> Result<(), RdfError> {
        let iris = types::one_or_many(types)
            .iter()
            .filter_map(Value::as_str)
            .filter(|text| text.contains(':'));
        for iri in iris {
            if self.contexts.is_short(iri) || !self.contexts.may_name(iri, iri) {
                return Err(feature("type in full"));
            }
        }
        Ok(())
    }
}

/// True for values that have a shorter form with the same statement.
fn has_plain_form(members: &Map<String, Value>) -> bool {
    let text = |name| members.get(name).and_then(Value::as_str);
    let plain = match (text("@language"), text("@type")) {
        (Some(_), _) => false,
        (None, Some(kind)) => inline::is_plain_type(kind),
        (None, None) => true,
    };
    members.contains_key("@value") && (plain || text("@value").is_none())
}

/// `@` and letters: JSON-LD 1.1 keeps them for keywords to come.
fn is_keyword_like(text: &str) -> bool {
    let letters = text.strip_prefix('@');
    letters.is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_alphabetic()))
}

fn feature(name: &str) -> RdfError {
    RdfError::Feature(shown(name))
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
