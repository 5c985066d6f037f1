//! JSON-LD contexts: the documents behind the names in `@context`, bundled and pinned, never fetched.

mod names;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tacit_identity::credential::{TACIT_CONTEXT, TACIT_CONTEXT_DOCUMENT};
use tacit_identity::json::{self, JsonError};

use self::names::Names;

/// The base context of VC Data Model 2.0.
pub const CREDENTIALS_V2: &str = "https://www.w3.org/ns/credentials/v2";

/// Terms of Data Integrity for documents that are no credentials.
pub const DATA_INTEGRITY_V2: &str = "https://w3id.org/security/data-integrity/v2";

/// Longest context document, in bytes.
pub const MAX_CONTEXT_BYTES: usize = 64 * 1024;

/// A plain definition whose IRI ends in one of these is a prefix (JSON-LD 1.1, section 4.4).
pub(crate) const DELIMITERS: [char; 7] = [':', '/', '?', '#', '[', ']', '@'];

/// Most characters of a name in an error.
const MAX_SHOWN: usize = 100;

/// The prefix of every term that no context defines. What carries it after processing is refused.
pub(crate) const UNDEFINED: &str = "tacit-undefined://term/";

/// What everything begins with that was resolved against [`UNDEFINED`], such as `//host/path`.
pub(crate) const UNDEFINED_SCHEME: &str = "tacit-undefined:";

/// One bundled document: its name, the SHA-256 of its bytes, the bytes.
struct Bundled {
    name: &'static str,
    sha256: &'static str,
    document: &'static str,
}

const BUNDLED: &[Bundled] = &[
    Bundled {
        name: CREDENTIALS_V2,
        sha256: "8a9f494a89ecc51db093e90e84713e07e84d6d9204364a9b3c7868b21751236f",
        document: include_str!("../../contexts/credentials-v2.jsonld"),
    },
    Bundled {
        name: "https://www.w3.org/ns/credentials/undefined-terms/v2",
        sha256: "82dab514ba44eb18f5d1b0f638c5e140c6a556fbfb5089601bdc0fa5eb8b2581",
        document: include_str!("../../contexts/undefined-terms-v2.jsonld"),
    },
    Bundled {
        name: "https://www.w3.org/ns/credentials/examples/v2",
        sha256: "57393fbc69d6efb9b9b5dc9cb6b9880b0944360abfe2eaf459c9e58cf2279d7c",
        document: include_str!("../../contexts/examples-v2.jsonld"),
    },
    Bundled {
        name: DATA_INTEGRITY_V2,
        sha256: "67f21e6e33a6c14e5ccfd2fc7865f7474fb71a04af7e94136cb399dfac8ae8f4",
        document: include_str!("../../contexts/data-integrity-v2.jsonld"),
    },
    Bundled {
        name: "https://w3id.org/security/multikey/v1",
        sha256: "ba2c182de2d92f7e47184bcca8fcf0beaee6d3986c527bf664c195bbc7c58597",
        document: include_str!("../../contexts/multikey-v1.jsonld"),
    },
    Bundled {
        name: "https://www.w3.org/ns/did/v1",
        sha256: "62c1054bf404d6dd3a4b26b64f830fd72095f6a26edc4469908c94351352ce5f",
        document: include_str!("../../contexts/did-v1.jsonld"),
    },
    Bundled {
        name: TACIT_CONTEXT,
        sha256: "1cda4ceded01d79cad4c7896abfb0ebda8cb5147b02d22871f1a842bb67ef839",
        document: TACIT_CONTEXT_DOCUMENT,
    },
];

/// Why a context document was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ContextError {
    /// Not acceptable JSON.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// The bytes are not those that were pinned.
    #[error("the context document is not the one of the given SHA-256")]
    Hash,
    /// The document has no `@context` object.
    #[error("a context document is an object with an `@context`")]
    Shape,
    /// The name is taken.
    #[error("there is a context of that name already")]
    Known,
    /// A term, or `@vocab`, gives a second name to something that has one in this or another context.
    #[error("the term `{0}` is a second name for what a known context calls otherwise")]
    Renamed(String),
}

impl ContextError {
    /// The stable reason code.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Json(error) => error.reason(),
            Self::Hash => "CONTEXT_HASH",
            Self::Shape => "CONTEXT_SHAPE",
            Self::Known => "CONTEXT_KNOWN",
            Self::Renamed(_) => "CONTEXT_RENAMED",
        }
    }
}

/// The contexts that documents may name.
#[derive(Debug, Clone)]
pub struct Contexts {
    documents: Arc<BTreeMap<String, Vec<u8>>>,
    names: Arc<Names>,
}

impl Contexts {
    /// The bundled ones, each checked against its pin.
    ///
    /// # Errors
    /// [`ContextError`], only when the binary's own data was changed.
    pub fn bundled() -> Result<Self, ContextError> {
        let mut contexts = Self {
            documents: Arc::default(),
            names: Arc::new(Names::new()),
        };
        for Bundled {
            name,
            sha256,
            document,
        } in BUNDLED
        {
            contexts.add(name, document.as_bytes(), sha256)?;
        }
        Ok(contexts)
    }

    /// Adds a context that the caller vouches for; `sha256` is lower-case hexadecimal.
    ///
    /// # Errors
    /// [`ContextError`]: other bytes than pinned, no context document, a name that is taken, or a term that is called
    /// otherwise in a context that is known.
    pub fn add(&mut self, name: &str, document: &[u8], sha256: &str) -> Result<(), ContextError> {
        if document.len() > MAX_CONTEXT_BYTES || hex::encode(Sha256::digest(document)) != sha256 {
            return Err(ContextError::Hash);
        }
        if self.contains(name) {
            return Err(ContextError::Known);
        }
        // serde_json's reader: `@version` is 1.1, which the strict reader refuses as a fraction. The pin makes that safe.
        let mut value: Value = serde_json::from_slice(document).map_err(|_| ContextError::Shape)?;
        let context = value.get_mut("@context").ok_or(ContextError::Shape)?;
        if !context.is_object() {
            return Err(ContextError::Shape);
        }
        let mut names = Names::clone(&self.names);
        names.add(context)?;
        keep_undefined_terms(context);
        let bytes = json::canonical(&value)?;
        Arc::make_mut(&mut self.documents).insert(name.to_owned(), bytes);
        self.names = Arc::new(names);
        Ok(())
    }

    /// True when documents may name it.
    pub fn contains(&self, name: &str) -> bool {
        self.documents.contains_key(name)
    }

    /// What the JSON-LD processor reads for a name.
    pub(crate) fn document(&self, name: &str) -> Option<&[u8]> {
        self.documents.get(name).map(Vec::as_slice)
    }

    /// True when a document may give this name to this meaning: no known context calls it otherwise.
    pub(crate) fn may_name(&self, iri: &str, name: &str) -> bool {
        self.names.fits(iri, name)
    }

    /// True when a document may get the meaning of its names by putting this before them.
    pub(crate) fn may_prepend(&self, vocabulary: &str) -> bool {
        self.names.fits_vocabulary(vocabulary)
    }

    /// True when a text is an IRI in short, by a prefix of a known context.
    pub(crate) fn is_short(&self, text: &str) -> bool {
        self.names.is_short(text)
    }
}

/// The context that comes before all others, so that terms that no context defines are seen and not dropped.
pub(crate) fn undefined_terms() -> Value {
    json!({ "@vocab": UNDEFINED })
}

/// A name out of a document as an error shows it: its beginning, without control characters.
pub(crate) fn shown(name: &str) -> String {
    let visible = |c: char| if c.is_control() { '\u{FFFD}' } else { c };
    name.chars().take(MAX_SHOWN).map(visible).collect()
}

/// A scoped `"@context": null` forgets all terms: the one that sees undefined terms comes after it again.
fn keep_undefined_terms(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (key, member) in members.iter_mut() {
                if key == "@context" && member.is_null() {
                    *member = json!([null, undefined_terms()]);
                } else {
                    keep_undefined_terms(member);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(keep_undefined_terms),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bundled_contexts_are_those_that_were_pinned() {
        let contexts = Contexts::bundled().unwrap();
        for bundled in BUNDLED {
            assert!(contexts.contains(bundled.name), "{}", bundled.name);
        }
        assert!(!contexts.contains("https://www.w3.org/2018/credentials/v1"));
    }

    #[test]
    fn changed_unfit_and_known_documents_are_refused() {
        let mut contexts = Contexts::bundled().unwrap();
        let pin = |bytes: &[u8]| hex::encode(Sha256::digest(bytes));
        let good = br#"{"@context":{"x":"urn:x"}}"#;
        let other = pin(b"{}");
        assert_eq!(
            contexts.add("urn:new", good, &other),
            Err(ContextError::Hash)
        );
        for bad in [&b"{}"[..], b"[]", b"{\"@context\":[]}", b"{"] {
            assert_eq!(
                contexts.add("urn:new", bad, &pin(bad)),
                Err(ContextError::Shape)
            );
        }
        assert_eq!(
            contexts.add(CREDENTIALS_V2, good, &pin(good)),
            Err(ContextError::Known)
        );
        assert_eq!(contexts.add("urn:new", good, &pin(good)), Ok(()));
    }

    #[test]
    fn names_in_errors_are_short_and_clean() {
        assert_eq!(shown("a\nb\u{1b}"), "a\u{FFFD}b\u{FFFD}");
        assert_eq!(shown(&"é".repeat(1000)).chars().count(), MAX_SHOWN);
    }

    #[test]
    fn no_scoped_context_forgets_that_terms_may_be_undefined() {
        let contexts = Contexts::bundled().unwrap();
        let text = String::from_utf8(contexts.document(CREDENTIALS_V2).unwrap().to_vec()).unwrap();
        assert!(!text.contains(r#""@context":null"#));
        assert!(text.contains(UNDEFINED));
    }
}
