//! The two EdDSA suites: how a document and the options of its proof become the bytes that are signed.

use serde_json::{Map, Value};
use tacit_identity::proof::ProofHash;

use super::IntegrityError;
use crate::context::Contexts;
use crate::rdf;

/// A cryptosuite of vc-di-eddsa 1.0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Suite {
    /// Over canonical JSON (RFC 8785).
    EddsaJcs2022,
    /// Over canonical RDF (RDFC-1.0).
    EddsaRdfc2022,
}

impl Suite {
    /// Its name in proofs.
    pub fn name(self) -> &'static str {
        match self {
            Self::EddsaJcs2022 => "eddsa-jcs-2022",
            Self::EddsaRdfc2022 => "eddsa-rdfc-2022",
        }
    }

    /// The suite of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::EddsaJcs2022, Self::EddsaRdfc2022]
            .into_iter()
            .find(|suite| suite.name() == name)
    }

    /// What is signed. `document` has no proof, or in a chain the proofs that this one covers; `options` has no `proofValue`.
    pub(super) fn hash(
        self,
        document: &Map<String, Value>,
        options: &Map<String, Value>,
        contexts: &Contexts,
        cache: &mut Cache,
    ) -> Result<ProofHash, IntegrityError> {
        let (document, mut options) = (document.clone(), options.clone());
        match self {
            Self::EddsaJcs2022 => Ok(ProofHash::of_json(&options.into(), &document.into())?),
            Self::EddsaRdfc2022 => {
                options.remove("@context");
                if let Some(context) = document.get("@context") {
                    options.insert("@context".to_owned(), context.clone());
                }
                let options = rdf::canonicalize(&options.into(), contexts)?;
                let document = cache.canonicalize(document, contexts)?;
                Ok(ProofHash::of_quads(&options, document))
            }
        }
    }
}

/// The last document that was canonicalised as RDF, so that a set of proofs costs that work once.
#[derive(Default)]
pub(super) struct Cache(Option<(Map<String, Value>, String)>);

impl Cache {
    fn canonicalize(
        &mut self,
        document: Map<String, Value>,
        contexts: &Contexts,
    ) -> Result<&str, IntegrityError> {
        let quads = match self.0.take() {
            Some((known, quads)) if known == document => quads,
            _ => rdf::canonicalize(&document.clone().into(), contexts)?,
        };
        let (_, quads) = self.0.insert((document, quads));
        Ok(quads.as_str())
    }
}
