//! From JSON-LD to canonical N-Quads: what `eddsa-rdfc-2022` signs.
//!
//! Two rules go beyond JSON-LD. What the RDF would not say is refused, not dropped: terms that no context defines, relative
//! and malformed identifiers, nulls, text directions, indexes. And work is bounded before it is begun: RDF canonicalisation is
//! exponential in the worst case (ADR 40).

mod inline;
mod once;
mod poison;
mod safe;
mod types;

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};

use oxjsonld::{JsonLdParser, JsonLdRemoteDocument};
use oxrdf::dataset::{CanonicalizationAlgorithm, CanonicalizationHashAlgorithm};
use oxrdf::vocab::rdf;
use oxrdf::{Dataset, GraphName, Literal, NamedNode, NamedOrBlankNode, Quad, Term};
use serde_json::Value;
use tacit_identity::json::{self, JsonError};

use self::safe::Use;
use crate::context::{Contexts, UNDEFINED, UNDEFINED_SCHEME, shown, undefined_terms};

/// Most statements of one document.
pub const MAX_QUADS: usize = 8192;

/// Why a document has no canonical RDF. Values are never repeated, names of terms and contexts are.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RdfError {
    /// The document has no `@context`.
    #[error("the document has no @context: its terms mean nothing")]
    NoContext,
    /// A context that is not bundled. Nothing is fetched.
    #[error("the context `{0}` is not known here; contexts are never fetched")]
    UnknownContext(String),
    /// A term that no context defines.
    #[error("no context defines the term `{0}`")]
    UndefinedTerm(String),
    /// An identifier that is not an absolute IRI.
    #[error("an identifier in the document is not an absolute IRI")]
    NotAnIri,
    /// A JSON-LD feature whose values RDF would not carry, or that this software leaves out.
    #[error("`{0}` is not accepted in a document that is canonicalised as RDF")]
    Feature(String),
    /// A context that stands in the document itself and does more than name terms.
    #[error("the context inside the document has an entry `{0}` that is not accepted")]
    InlineContext(String),
    /// The JSON-LD processor refused the document: its error code.
    #[error("not processable as JSON-LD: {0}")]
    JsonLd(String),
    /// More than [`MAX_QUADS`] statements, or some hundred contexts.
    #[error("more than {MAX_QUADS} statements, or too many contexts, in one document")]
    TooLarge,
    /// Nodes without names that are too alike to be told apart with bounded work.
    #[error("the document has too many indistinguishable nodes without an `id`")]
    Poisoned,
    /// Not JSON that can be written.
    #[error(transparent)]
    Json(#[from] JsonError),
}

impl RdfError {
    /// The stable reason code.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::NoContext => "RDF_NO_CONTEXT",
            Self::UnknownContext(_) => "CONTEXT_UNKNOWN",
            Self::UndefinedTerm(_) => "RDF_UNDEFINED_TERM",
            Self::NotAnIri => "RDF_NOT_AN_IRI",
            Self::Feature(_) => "RDF_FEATURE",
            Self::InlineContext(_) => "CONTEXT_INLINE",
            Self::JsonLd(_) => "RDF_JSON_LD",
            Self::TooLarge => "RDF_TOO_LARGE",
            Self::Poisoned => "RDF_POISONED",
            Self::Json(error) => error.reason(),
        }
    }
}

/// The canonical N-Quads (RDFC-1.0 with SHA-256) of a JSON-LD document.
///
/// # Errors
/// [`RdfError`] names what is not understood or not accepted; nothing of a document is ever left out.
pub fn canonicalize(document: &Value, contexts: &Contexts) -> Result<String, RdfError> {
    let mut dataset = Dataset::new();
    for quad in quads(document, contexts, Use::Signed)? {
        // The second of two would be signed by nobody.
        if !dataset.insert(&quad) {
            return Err(RdfError::Feature("the same statement twice".to_owned()));
        }
    }
    poison::check(&dataset)?;
    Ok(canonical(dataset))
}

fn canonical(mut dataset: Dataset) -> String {
    dataset.canonicalize(CanonicalizationAlgorithm::Rdfc10 {
        hash_algorithm: CanonicalizationHashAlgorithm::Sha256,
    });
    let mut lines: Vec<String> = dataset.iter().map(|quad| format!("{quad} .\n")).collect();
    lines.sort_unstable();
    lines.concat()
}

/// What JSON-LD alone would make of a document, so that tests can show what the rules of this module are for.
#[cfg(test)]
pub(crate) fn unchecked(document: &Value, contexts: &Contexts) -> Result<String, RdfError> {
    let bytes = json::canonical(&prepared(document, contexts)?)?;
    let quads = parse(&bytes, contexts.clone())?;
    Ok(canonical(quads.iter().collect()))
}

/// Checks that a document is JSON-LD whose every term is defined, with no protected term redefined. It may have nulls, text
/// directions and lists in lists, which [`canonicalize`] refuses.
///
/// # Errors
/// [`RdfError`] names what is not understood.
pub fn check(document: &Value, contexts: &Contexts) -> Result<(), RdfError> {
    quads(document, contexts, Use::Understood).map(drop)
}

/// The statements of a document, every one of them checked.
fn quads(document: &Value, contexts: &Contexts, what_for: Use) -> Result<Vec<Quad>, RdfError> {
    safe::check(document, contexts, what_for)?;
    let bytes = json::canonical(&prepared(document, contexts)?)?;
    let known = contexts.clone();
    // The parser has states that its authors hold to be unreachable. A document that reaches one is refused like any other.
    catch_unwind(AssertUnwindSafe(|| parse(&bytes, known)))
        .unwrap_or_else(|_| Err(RdfError::JsonLd("unexpected structure".to_owned())))
}

fn parse(bytes: &[u8], known: Contexts) -> Result<Vec<Quad>, RdfError> {
    let parser = JsonLdParser::new()
        // Lenient: what is malformed comes out and is refused below; otherwise the parser drops it without a word.
        .lenient()
        .with_base_iri(UNDEFINED)
        .map_err(|_| RdfError::NotAnIri)?
        .for_slice(bytes)
        .with_load_document_callback(move |name, _| {
            let document = known.document(name).ok_or_else(|| {
                Box::new(io::Error::other("unknown context"))
                    as Box<dyn std::error::Error + Send + Sync>
            })?;
            Ok(JsonLdRemoteDocument {
                document: document.to_vec(),
                document_url: name.to_owned(),
            })
        });
    let mut quads = Vec::new();
    for quad in parser {
        let quad = quad.map_err(|error| {
            let code = error.code().map(|code| code.to_string());
            RdfError::JsonLd(code.unwrap_or_else(|| "malformed".to_owned()))
        })?;
        if types::is_combined(&quad) {
            continue;
        }
        check_quad(&quad)?;
        quads.push(quad);
        if quads.len() > MAX_QUADS {
            return Err(RdfError::TooLarge);
        }
    }
    Ok(quads)
}

/// The document as the processor reads it: before its own contexts comes the one that sees undefined terms.
fn prepared(document: &Value, contexts: &Contexts) -> Result<Value, RdfError> {
    let mut document = document.clone();
    types::combine(&mut document, contexts)?;
    let context = document.get_mut("@context").ok_or(RdfError::NoContext)?;
    let mut all = vec![undefined_terms()];
    match context.take() {
        Value::Array(items) => all.extend(items),
        one => all.push(one),
    }
    *context = Value::Array(all);
    Ok(document)
}

fn check_quad(quad: &Quad) -> Result<(), RdfError> {
    if let NamedOrBlankNode::NamedNode(node) = &quad.subject {
        check_identifier(node)?;
    }
    check_term(&quad.predicate)?;
    match &quad.object {
        Term::NamedNode(node) if quad.predicate == rdf::TYPE => check_term(node)?,
        Term::NamedNode(node) => check_identifier(node)?,
        Term::Literal(literal) => check_literal(literal)?,
        Term::BlankNode(_) => {}
    }
    match &quad.graph_name {
        GraphName::NamedNode(node) => check_identifier(node),
        _ => Ok(()),
    }
}

fn check_literal(literal: &Literal) -> Result<(), RdfError> {
    check_identifier(&literal.datatype().into_owned())?;
    if types::is_reserved(literal.value()) {
        return Err(RdfError::Feature("reserved name".to_owned()));
    }
    match literal.language() {
        Some(tag) if Literal::new_language_tagged_literal("", tag).is_err() => {
            Err(RdfError::Feature("@language".to_owned()))
        }
        _ => Ok(()),
    }
}

/// A property or type: the error names it, for it is a word of the document's vocabulary and not of its data.
fn check_term(node: &NamedNode) -> Result<(), RdfError> {
    match node.as_str().strip_prefix(UNDEFINED) {
        Some(term) => Err(RdfError::UndefinedTerm(shown(term))),
        None => check_identifier(node),
    }
}

fn check_identifier(node: &NamedNode) -> Result<(), RdfError> {
    if node.as_str().starts_with(UNDEFINED_SCHEME) || NamedNode::new(node.as_str()).is_err() {
        return Err(RdfError::NotAnIri);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
