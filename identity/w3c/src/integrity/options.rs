//! The members of a proof, read and checked for form.

use serde_json::{Map, Value};
use tacit_identity::proof::ProofValue;

use super::{IntegrityError, PROOF_TYPE, Suite};
use crate::time::DateTimeStamp;
use crate::url::is_url;

/// One proof of a document.
pub(super) struct Proof {
    pub(super) suite: Suite,
    pub(super) method: String,
    pub(super) purpose: String,
    pub(super) created: Option<DateTimeStamp>,
    pub(super) expires: Option<DateTimeStamp>,
    pub(super) challenge: Option<String>,
    pub(super) domain: Vec<String>,
    pub(super) previous: Vec<String>,
    pub(super) value: ProofValue,
    /// All members but `proofValue`.
    pub(super) options: Map<String, Value>,
}

impl Proof {
    /// Reads a proof of a document with this `@context`.
    pub(super) fn parse(whole: Value, context: Option<&Value>) -> Result<Self, IntegrityError> {
        let mut options = match &whole {
            Value::Object(options) => options.clone(),
            _ => return Err(IntegrityError::NoProof),
        };
        if text(&options, "type")?.as_deref() != Some(PROOF_TYPE) {
            return Err(IntegrityError::Type);
        }
        let suite = text(&options, "cryptosuite")?.ok_or(IntegrityError::Option("cryptosuite"))?;
        let suite = Suite::from_name(&suite).ok_or(IntegrityError::Cryptosuite)?;
        // The specification lets a document have more contexts than its proof; those would be signed by nobody.
        if options.contains_key("@context") && options.get("@context") != context {
            return Err(IntegrityError::Context);
        }
        let required = |name| text(&options, name)?.ok_or(IntegrityError::Option(name));
        let method = required("verificationMethod")?;
        let purpose = required("proofPurpose")?;
        let value = ProofValue::parse(&required("proofValue")?)
            .map_err(|_| IntegrityError::Option("proofValue"))?;
        let id = text(&options, "id")?;
        if !is_url(&method) {
            return Err(IntegrityError::Option("verificationMethod"));
        }
        if id.as_deref().is_some_and(|id| !is_url(id)) {
            return Err(IntegrityError::Option("id"));
        }
        let proof = Self {
            suite,
            method,
            purpose,
            created: time(&options, "created")?,
            expires: time(&options, "expires")?,
            challenge: text(&options, "challenge")?,
            domain: texts(&options, "domain")?,
            previous: texts(&options, "previousProof")?,
            value,
            options: {
                text(&options, "nonce")?;
                options.remove("proofValue");
                options
            },
        };
        Ok(proof)
    }
}

fn text(
    options: &Map<String, Value>,
    name: &'static str,
) -> Result<Option<String>, IntegrityError> {
    match options.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(IntegrityError::Option(name)),
    }
}

fn texts(options: &Map<String, Value>, name: &'static str) -> Result<Vec<String>, IntegrityError> {
    let refused = IntegrityError::Option(name);
    match options.get(name) {
        None => Ok(Vec::new()),
        Some(Value::String(text)) => Ok(vec![text.clone()]),
        Some(Value::Array(items)) if !items.is_empty() => items
            .iter()
            .map(|item| item.as_str().map(str::to_owned).ok_or(refused.clone()))
            .collect(),
        Some(_) => Err(refused),
    }
}

fn time(
    options: &Map<String, Value>,
    name: &'static str,
) -> Result<Option<DateTimeStamp>, IntegrityError> {
    text(options, name)?
        .map(|text| DateTimeStamp::parse(&text).ok_or(IntegrityError::Option(name)))
        .transpose()
}
