//! Each node is described in one place, and it is the first.
//!
//! RDF gathers what is said about a node from all objects with its `id`. Whoever shows a document could move members between
//! them: the statements stay as they were signed, and a reader by name misses what it looks for in its usual place. So one object
//! says what there is to say of an `id`, the others name it. Which one that is follows from the statements alone: the one that is
//! found first from the root, level by level, then by the names of the members on the way.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::RdfError;
use super::types::one_or_many;

/// The names of the members from the root to a value, without places in lists: RDF keeps no order there.
type Path<'a> = Vec<&'a str>;

/// Checks a document, and the credentials of a presentation each by itself: they are graphs of their own.
pub(super) fn check(document: &Value) -> Result<(), RdfError> {
    let Value::Object(root) = document else {
        return Ok(());
    };
    if let Some(held) = root.get(HELD).filter(|_| is_presentation(root)) {
        one_or_many(held).iter().try_for_each(check)?;
    }
    let mut places = Places::default();
    places.collect(document, &mut Vec::new())?;
    places.compare(document, &mut Vec::new())
}

const HELD: &str = "verifiableCredential";

fn is_presentation(root: &Map<String, Value>) -> bool {
    let types = root.get("type").map(one_or_many).unwrap_or_default();
    types.iter().any(|kind| kind == "VerifiablePresentation")
}

/// Where the nodes of a graph are described.
#[derive(Default)]
struct Places<'a>(BTreeMap<&'a str, Path<'a>>);

impl<'a> Places<'a> {
    fn collect(&mut self, value: &'a Value, path: &mut Path<'a>) -> Result<(), RdfError> {
        match value {
            Value::Array(items) => items.iter().try_for_each(|item| self.collect(item, path)),
            Value::Object(members) => {
                if let Some(id) = described(members)
                    && self.0.insert(id, path.clone()).is_some()
                {
                    return Err(twice());
                }
                self.each(members, path, Self::collect)
            }
            _ => Ok(()),
        }
    }

    /// Every other place that names a node comes after the one that describes it.
    fn compare(&mut self, value: &'a Value, path: &mut Path<'a>) -> Result<(), RdfError> {
        let named = match value {
            Value::Array(items) => {
                return items.iter().try_for_each(|item| self.compare(item, path));
            }
            Value::Object(members) => {
                self.each(members, path, Self::compare)?;
                let described = described(members).is_some();
                members
                    .get("id")
                    .and_then(Value::as_str)
                    .filter(|_| !described)
            }
            Value::String(text) => Some(text.as_str()),
            _ => None,
        };
        let before = |first: &Path<'a>| (first.len(), first) < (path.len(), &*path);
        match named.and_then(|id| self.0.get(id)) {
            Some(first) if !before(first) => Err(twice()),
            _ => Ok(()),
        }
    }

    fn each(
        &mut self,
        members: &'a Map<String, Value>,
        path: &mut Path<'a>,
        check: fn(&mut Self, &'a Value, &mut Path<'a>) -> Result<(), RdfError>,
    ) -> Result<(), RdfError> {
        let own_graphs = path.is_empty() && is_presentation(members);
        for (name, member) in members {
            if ["@context", "id", "type"].contains(&name.as_str()) || (own_graphs && name == HELD) {
                continue;
            }
            path.push(name);
            check(self, member, path)?;
            path.pop();
        }
        Ok(())
    }
}

/// The `id` of an object that says more than its `id`.
fn described(members: &Map<String, Value>) -> Option<&str> {
    let more = members
        .keys()
        .any(|name| name != "id" && name != "@context");
    members.get("id").and_then(Value::as_str).filter(|_| more)
}

fn twice() -> RdfError {
    RdfError::Feature("one `id` described in several places, or not in the first".to_owned())
}
