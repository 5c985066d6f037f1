//! The file of a presentation that verifies with no network: the words and what is revealed, and the chain's evidence.
//!
//! ```text
//! {
//!   "tacit": "presentation-bundle",
//!   "version": 2,
//!   "warning": "…",                 on a development chain: what its evidence has to say, for people
//!   "presentation": { … },          the presentation as the wallet hands it to a verifier
//!   "evidence": "…"                 base64 of the ledger's presentation bundle in its canonical bytes
//! }
//! ```
//!
//! A file has one form only, byte for byte: what is written otherwise, even in its spaces, is refused.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tacit_circuits::keys::VerifyingKey;
use tacit_identity::json;
use tacit_identity::presentation::{Presentation, Shown};
use tacit_identity::schema::Schema;
use tacit_ledger::bundle::{ChainEvidence, PresentationBundle, Trust, VerifiedPresentation};

use super::{MAX_BUNDLE_FILE, VERSION, refused};
use crate::errors::{ApiError, ApiResult};

pub(super) const KIND: &str = "presentation-bundle";

/// A presentation with the evidence that it speaks of a real chain. Nothing in it is verified yet.
#[derive(Clone, Debug)]
pub struct BundleFile {
    presentation: Presentation,
    bundle: PresentationBundle,
}

/// What a file has shown.
#[derive(Debug)]
pub struct VerifiedFile {
    /// What is proven, in words, and what is revealed.
    pub shown: Shown,
    /// What the chain says about it: height, time, issuers, schema.
    pub evidence: VerifiedPresentation,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Document {
    tacit: String,
    version: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    warning: Option<String>,
    pub(super) presentation: Value,
    evidence: String,
}

impl BundleFile {
    /// Joins a presentation with the evidence for the same proof.
    pub fn new(presentation: &Presentation, bundle: &PresentationBundle) -> Self {
        Self {
            presentation: presentation.clone(),
            bundle: bundle.clone(),
        }
    }

    /// The presentation, unverified.
    pub fn presentation(&self) -> &Presentation {
        &self.presentation
    }

    /// The file's bytes.
    ///
    /// # Errors
    /// Never in practice: a presentation always has a document.
    pub fn to_json(&self) -> ApiResult<Vec<u8>> {
        let presentation = self.presentation.to_json().map_err(ApiError::internal)?;
        let document = Document {
            tacit: KIND.to_owned(),
            version: VERSION,
            warning: self.bundle.chain.warning().map(str::to_owned),
            presentation: serde_json::from_slice(&presentation).map_err(ApiError::internal)?,
            evidence: STANDARD.encode(self.bundle.to_bytes()),
        };
        let mut bytes = serde_json::to_vec_pretty(&document).map_err(ApiError::internal)?;
        bytes.push(b'\n');
        Ok(bytes)
    }

    /// Reads the file's bytes, in exactly the form of [`BundleFile::to_json`].
    ///
    /// # Errors
    /// VERIFICATION_FAILED when they are anything else.
    pub fn parse(bytes: &[u8]) -> ApiResult<Self> {
        let document: Document =
            json::parse_as(bytes, MAX_BUNDLE_FILE, KIND).map_err(|error| refused("", error))?;
        if document.tacit != KIND || document.version != VERSION {
            return Err(refused("", "not a presentation bundle of version 2"));
        }
        let presentation = json::canonical(&document.presentation)
            .map_err(|error| refused("the presentation: ", error))?;
        let evidence = STANDARD
            .decode(&document.evidence)
            .map_err(|_| refused("the evidence: ", "not base64"))?;
        let file = Self {
            presentation: Presentation::parse(&presentation)
                .map_err(|error| refused("the presentation: ", error))?,
            bundle: PresentationBundle::from_bytes(&evidence)
                .map_err(|error| refused("the evidence: ", error))?,
        };
        if file.to_json()? != bytes {
            return Err(refused("", "the file was changed since it was written"));
        }
        Ok(file)
    }

    /// What ties the file to its chain.
    pub fn chain(&self) -> &ChainEvidence {
        &self.bundle.chain
    }

    /// Checks everything from what the reader trusts: that the evidence holds, that the words, the schema and the anchor
    /// of the evidence lead to the very statement that is proven, and that the proof verifies.
    ///
    /// Whether the request is the one that the reader made is for the reader to compare.
    ///
    /// # Errors
    /// VERIFICATION_FAILED says what is wrong.
    pub fn verify(&self, trust: &Trust) -> ApiResult<VerifiedFile> {
        let request = self.presentation.request();
        if request.binding() != self.bundle.challenge
            || self.presentation.proof() != &self.bundle.proof
        {
            return Err(refused("", OTHER));
        }
        let evidence = self
            .bundle
            .verify(trust)
            .map_err(|error| refused("the evidence: ", error))?;
        let schema = Schema::parse_registered(evidence.schema.document.as_str().as_bytes())
            .map_err(|error| refused("the schema: ", error))?;
        let pinned = &evidence.spec.genesis().statements.show.verifying_key;
        let key = VerifyingKey::load(&self.bundle.verifying_key.0, pinned)
            .map_err(|error| refused("the verifying key: ", error))?;
        let anchor = &evidence.public.anchor;
        let shown = self
            .presentation
            .verify(&schema, anchor, &key)
            .map_err(|error| refused("the presentation: ", error))?;
        let public = request
            .public(&schema, anchor, shown.nym, &shown.revealed)
            .map_err(|error| refused("the presentation: ", error))?;
        if public != evidence.public {
            return Err(refused("", OTHER));
        }
        Ok(VerifiedFile { shown, evidence })
    }
}

pub(super) const OTHER: &str = "presentation and evidence are not about the same proof";
