//! One name for each meaning.
//!
//! RDF is signed, but members are read by name. Whoever may choose `@context` could call a signed `validUntil` something else,
//! and a reader by name would see no end. So no context is known that calls a meaning of another one differently, and what
//! stands in a document may not either (Data Integrity 1.0, section 2.4.1).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::ContextError;

/// Statements of RDF itself (types, lists): JSON-LD has words of its own for them, and nothing else may stand for one.
const RDF: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";

/// The names of all meanings (IRIs) of the known contexts.
#[derive(Debug, Clone)]
pub(super) struct Names {
    names: BTreeMap<String, String>,
    /// What `@vocab` puts before the names that have no definition.
    vocabularies: BTreeSet<String>,
    prefixes: BTreeSet<String>,
}

impl Names {
    /// Nothing but the two keywords that contexts may rename.
    pub(super) fn new() -> Self {
        let keyword = |name: &str| (format!("@{name}"), name.to_owned());
        Self {
            names: BTreeMap::from([keyword("id"), keyword("type")]),
            vocabularies: BTreeSet::new(),
            prefixes: BTreeSet::new(),
        }
    }

    /// Takes in the terms of a context, those of the contexts inside it too. On an error some may have been taken in.
    pub(super) fn add(&mut self, context: &Value) -> Result<(), ContextError> {
        self.add_scope(context, &BTreeMap::new())
    }

    /// True when this name may stand for this meaning.
    pub(super) fn fits(&self, iri: &str, name: &str) -> bool {
        match self.names.get(iri) {
            Some(known) => known == name,
            None => {
                let mut in_vocabulary = self
                    .vocabularies
                    .iter()
                    .filter_map(|v| iri.strip_prefix(v.as_str()));
                !iri.starts_with('@')
                    && !iri.starts_with(RDF)
                    && in_vocabulary.all(|rest| rest == name)
            }
        }
    }

    /// True when names may get their meaning by this being put before them.
    pub(super) fn fits_vocabulary(&self, vocabulary: &str) -> bool {
        let named = |(iri, name): (&String, &String)| {
            iri.strip_prefix(vocabulary).is_none_or(|rest| rest == name)
        };
        let apart = |other: &String| {
            other == vocabulary
                || !(other.starts_with(vocabulary) || vocabulary.starts_with(other.as_str()))
        };
        self.names.iter().all(named) && self.vocabularies.iter().all(apart)
    }

    /// True when a text is an IRI in short: it begins with a prefix of a known context.
    pub(super) fn is_short(&self, text: &str) -> bool {
        scheme(text).is_some_and(|scheme| self.prefixes.contains(scheme))
    }

    fn add_scope(
        &mut self,
        context: &Value,
        outer: &BTreeMap<String, String>,
    ) -> Result<(), ContextError> {
        let terms = match context {
            Value::Object(terms) => terms,
            Value::Array(scopes) => {
                return scopes
                    .iter()
                    .try_for_each(|scope| self.add_scope(scope, outer));
            }
            _ => return Ok(()),
        };
        let mut scope = outer.clone();
        let own = terms.iter().filter(|(term, _)| !term.starts_with('@'));
        scope.extend(
            own.clone()
                .filter_map(|(term, value)| Some((term.clone(), written(value)?.to_owned()))),
        );
        if let Some(Value::String(vocabulary)) = terms.get("@vocab") {
            if !self.fits_vocabulary(vocabulary) {
                return Err(ContextError::Renamed("@vocab".to_owned()));
            }
            self.vocabularies.insert(vocabulary.clone());
        }
        for (term, value) in own.filter(|(_, value)| !value.is_null()) {
            if let Some(iri) = meaning(term, &scope, terms.get("@vocab")) {
                let prefix = is_prefix(value, &iri);
                let short = prefix && self.names.keys().any(|known| scheme(known) == Some(term));
                if !self.fits(&iri, term) || short || self.is_short(&iri) {
                    return Err(ContextError::Renamed(super::shown(term)));
                }
                if prefix {
                    self.prefixes.insert(term.clone());
                }
                self.names.insert(iri, term.clone());
            }
            if let Some(inner) = value.get("@context") {
                self.add_scope(inner, &scope)?;
            }
        }
        Ok(())
    }
}

/// What a definition says that its term means, as it is written.
fn written(definition: &Value) -> Option<&str> {
    let id = |key| definition.get(key).and_then(Value::as_str);
    definition
        .as_str()
        .or_else(|| id("@id"))
        .or_else(|| id("@reverse"))
}

/// The absolute IRI or keyword of a term; `None` when it has none.
fn meaning(
    term: &str,
    scope: &BTreeMap<String, String>,
    vocabulary: Option<&Value>,
) -> Option<String> {
    let mut text = scope.get(term).map_or(term, String::as_str).to_owned();
    // A prefix may be short for another one; each stands for itself at the latest after as many steps as there are terms.
    for _ in 0..=scope.len() {
        let long = scheme(&text).and_then(|prefix| {
            Some(format!(
                "{}{}",
                scope.get(prefix)?,
                text.get(prefix.len() + 1..)?
            ))
        });
        match long {
            Some(long) if long.len() <= super::MAX_CONTEXT_BYTES => text = long,
            _ => break,
        }
    }
    if text.contains(':') || text.starts_with('@') {
        return Some(text);
    }
    Some(format!("{}{text}", vocabulary?.as_str()?))
}

/// What stands before the colon of a text that could be in short.
fn scheme(text: &str) -> Option<&str> {
    let (scheme, rest) = text.split_once(':')?;
    (!rest.starts_with("//")).then_some(scheme)
}

/// JSON-LD 1.1: plain definitions that end in a delimiter are prefixes, and those that say so.
fn is_prefix(definition: &Value, iri: &str) -> bool {
    let plain = definition.is_string() && iri.ends_with(super::DELIMITERS);
    plain || definition.get("@prefix") == Some(&Value::Bool(true))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn names(contexts: &[Value]) -> Result<Names, ContextError> {
        let mut names = Names::new();
        contexts.iter().try_for_each(|context| names.add(context))?;
        Ok(names)
    }

    #[test]
    fn a_meaning_has_one_name_in_all_contexts() {
        let renamed = |contexts: &[Value], term: &str| {
            let found = names(contexts).map(|_| ()).unwrap_err();
            assert_eq!(
                found,
                ContextError::Renamed(term.to_owned()),
                "{contexts:?}"
            );
        };
        let end = json!({"end": "urn:x:end"});
        for other in [
            json!({"stop": "urn:x:end"}),
            json!({"stop": {"@id": "urn:x:end"}}),
            json!({"x": "urn:x:", "stop": "x:end"}),
            json!({"u": "urn:", "x": "u:x:", "stop": {"@id": "x:end"}}),
            json!({"Kind": {"@id": "urn:k", "@context": {"stop": "urn:x:end"}}}),
            json!({"Kind": {"@id": "urn:k", "@context": [{"more": "urn:m"}, {"stop": "urn:x:end"}]}}),
            json!({"stop": {"@reverse": "urn:x:end"}}),
        ] {
            renamed(&[end.clone(), other.clone()], "stop");
            renamed(&[json!({"before": "urn:b"}), other, end.clone()], "end");
        }
        renamed(&[json!({"x": "urn:x:"}), json!({"stop": "x:end"})], "stop");
        renamed(&[json!({"stop": "x:end"}), json!({"x": "urn:x:"})], "x");
        renamed(
            &[end.clone(), json!({"@vocab": "urn:x:", "stop": "end"})],
            "stop",
        );
        renamed(&[json!({"uri": "@id"})], "uri");
        renamed(&[json!({"about": "@graph"})], "about");
        renamed(&[json!({"kind": format!("{RDF}type")})], "kind");
        renamed(&[end.clone(), json!({"@vocab": "urn:x:e"})], "@vocab");
        renamed(
            &[json!({"@vocab": "urn:x:"}), json!({"stop": "urn:x:end"})],
            "stop",
        );
        renamed(
            &[json!({"@vocab": "urn:x:"}), json!({"@vocab": "urn:x:y:"})],
            "@vocab",
        );
        renamed(
            &[json!({"@vocab": "urn:x:y:"}), json!({"@vocab": "urn:x:"})],
            "@vocab",
        );
        names(&[
            end.clone(),
            end,
            json!({"id": "@id", "type": "@type", "@vocab": "urn:x:", "gone": null}),
        ])
        .unwrap();
    }

    #[test]
    fn names_of_documents_fit_or_not() {
        let known =
            names(&[json!({"end": "urn:x:end", "ex": "https://x.example/", "@vocab": "urn:v:"})])
                .unwrap();
        assert!(known.fits("urn:x:end", "end") && !known.fits("urn:x:end", "stop"));
        assert!(known.fits("urn:v:a", "a") && !known.fits("urn:v:a", "b"));
        assert!(known.fits("urn:new", "anything") && !known.fits("@graph", "graph"));
        assert!(known.fits_vocabulary("urn:x:") && !known.fits_vocabulary("urn:x:e"));
        assert!(known.fits_vocabulary("urn:v:") && !known.fits_vocabulary("urn:"));
        assert!(known.is_short("ex:a") && !known.is_short("ex://a") && !known.is_short("end:a"));
    }

    #[test]
    fn prefixes_that_go_round_end() {
        assert!(names(&[json!({"a": "b:x", "b": "a:y"})]).is_ok());
    }
}
