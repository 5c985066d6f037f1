//! Nodes of several types that each bring a context of their own.
//!
//! JSON-LD applies those contexts one after another, in the order of the types' names; the processor used here (oxjsonld 0.2.7)
//! applies the last one only. So a node of several such types gets one type more, which brings all their contexts in order and
//! sorts last, and its statement is taken out again.

use std::collections::{BTreeMap, BTreeSet};

use oxrdf::vocab::rdf;
use oxrdf::{NamedNode, Quad, Term};
use serde_json::{Map, Value, json};

use super::RdfError;
use crate::context::Contexts;

/// Most different sets of such types in a document.
const MAX_COMBINED: usize = 16;

/// Most contexts that are put into a document: the combined types, as often as it sets contexts.
const MAX_ADDED: usize = 512;

/// Sorts after every other name. A character for private use, which documents may not have anywhere.
const COMBINED_MARK: char = '\u{10FFFD}';

/// What the added types are called in RDF.
const COMBINED_IRI: &str = "tacit-combined://type/";

/// Documents may not write it, so that no statement of theirs is taken for an added one.
const COMBINED_SCHEME: &str = "tacit-combined:";

/// True for the statement of a type that [`combine`] added.
pub(super) fn is_combined(quad: &Quad) -> bool {
    let added = |node: &NamedNode| node.as_str().starts_with(COMBINED_IRI);
    quad.predicate == rdf::TYPE && matches!(&quad.object, Term::NamedNode(node) if added(node))
}

/// True for a text of a document that could be mistaken for an added type.
pub(super) fn is_reserved(text: &str) -> bool {
    text.contains(COMBINED_MARK) || text.starts_with(COMBINED_SCHEME)
}

/// Adds the combined types to a document whose contexts are all known.
///
/// # Errors
/// [`RdfError::TooLarge`]: the document would become many times as large.
pub(super) fn combine(document: &mut Value, contexts: &Contexts) -> Result<(), RdfError> {
    let mut scoped = BTreeMap::new();
    collect_named(document, contexts, &mut BTreeSet::new(), &mut scoped);
    let mut combined = Map::new();
    add_types(document, &scoped, &mut combined)?;
    let added = combined.len().saturating_mul(places(document));
    if added > MAX_ADDED {
        return Err(RdfError::TooLarge);
    }
    if added > 0 {
        define(document, &combined);
    }
    Ok(())
}

/// How often a document sets contexts.
fn places(value: &Value) -> usize {
    match value {
        Value::Array(items) => items.iter().map(places).sum(),
        Value::Object(members) => {
            let inner = members.iter().filter(|(key, _)| *key != "@context");
            let own = usize::from(members.contains_key("@context"));
            own + inner.map(|(_, member)| places(member)).sum::<usize>()
        }
        _ => 0,
    }
}

/// Finds the contexts that types bring, in all contexts that the document names.
fn collect_named<'a>(
    value: &'a Value,
    contexts: &Contexts,
    read: &mut BTreeSet<&'a str>,
    scoped: &mut BTreeMap<String, Value>,
) {
    match value {
        Value::Object(members) => {
            for (key, member) in members {
                if key != "@context" {
                    collect_named(member, contexts, read, scoped);
                    continue;
                }
                for name in one_or_many(member).iter().filter_map(Value::as_str) {
                    if !read.insert(name) {
                        continue;
                    }
                    let document = contexts.document(name).unwrap_or_default();
                    if let Ok(context) = serde_json::from_slice(document) {
                        collect_scoped(&context, scoped);
                    }
                }
            }
        }
        Value::Array(items) => items
            .iter()
            .for_each(|item| collect_named(item, contexts, read, scoped)),
        _ => {}
    }
}

fn collect_scoped(context: &Value, scoped: &mut BTreeMap<String, Value>) {
    let Value::Object(terms) = context else {
        return;
    };
    for (term, definition) in terms {
        if let Some(own) = definition.get("@context") {
            scoped.insert(term.clone(), own.clone());
        }
        collect_scoped(definition, scoped);
    }
}

fn add_types(
    value: &mut Value,
    scoped: &BTreeMap<String, Value>,
    combined: &mut Map<String, Value>,
) -> Result<(), RdfError> {
    match value {
        Value::Object(members) => {
            for (key, member) in members.iter_mut() {
                match (key.as_str(), member) {
                    ("@context", _) => {}
                    ("type", Value::Array(types)) => add_type(types, scoped, combined)?,
                    (_, member) => add_types(member, scoped, combined)?,
                }
            }
            Ok(())
        }
        Value::Array(items) => items
            .iter_mut()
            .try_for_each(|item| add_types(item, scoped, combined)),
        _ => Ok(()),
    }
}

fn add_type(
    types: &mut Vec<Value>,
    scoped: &BTreeMap<String, Value>,
    combined: &mut Map<String, Value>,
) -> Result<(), RdfError> {
    let mut names: Vec<&str> = types.iter().filter_map(Value::as_str).collect();
    names.sort_unstable();
    names.dedup();
    names.retain(|name| scoped.contains_key(*name));
    if names.len() < 2 {
        return Ok(());
    }
    let own: Vec<Value> = names
        .iter()
        .filter_map(|name| scoped.get(*name).cloned())
        .flat_map(|own| one_or_many(&own).to_vec())
        .collect();
    let definition = |n: usize| json!({ "@id": format!("{COMBINED_IRI}{n}"), "@context": own });
    let known = combined
        .iter()
        .find(|(_, definition)| definition.get("@context") == Some(&Value::Array(own.clone())))
        .map(|(term, _)| term.clone());
    let n = combined.len();
    if known.is_none() && n >= MAX_COMBINED {
        return Err(RdfError::TooLarge);
    }
    let term = known.unwrap_or_else(|| {
        let term = format!("{COMBINED_MARK}combined{n}");
        combined.insert(term.clone(), definition(n));
        term
    });
    types.push(Value::String(term));
    Ok(())
}

/// Defines the combined types wherever the document sets contexts.
fn define(value: &mut Value, combined: &Map<String, Value>) {
    match value {
        Value::Object(members) => {
            for (key, member) in members.iter_mut() {
                if key == "@context" {
                    let mut all = one_or_many(member).to_vec();
                    all.push(Value::Object(combined.clone()));
                    *member = Value::Array(all);
                } else {
                    define(member, combined);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| define(item, combined)),
        _ => {}
    }
}

/// One value, or the values of a list.
pub(super) fn one_or_many(value: &Value) -> &[Value] {
    match value {
        Value::Array(items) => items,
        one => std::slice::from_ref(one),
    }
}
