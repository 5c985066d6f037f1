//! Adding a proof to a document.

use serde_json::{Map, Value};
use tacit_identity::datetime::DateTime;
use tacit_identity::proof::ProofSigner;

use super::suite::Cache;
use super::verify::covered_by;
use super::{IntegrityError, MAX_PROOFS, PROOF_TYPE, Purpose, Suite};
use crate::context::Contexts;
use crate::url::is_url;

/// What a signer decides about a proof.
#[derive(Debug, Clone)]
pub struct ProofOptions {
    /// How the document is canonicalised.
    pub suite: Suite,
    /// What the proof is for.
    pub purpose: Purpose,
    /// When it is made; left out of the proof when `None`.
    pub created: Option<DateTime>,
    /// When it ends; never when `None`.
    pub expires: Option<DateTime>,
    /// A verifier's challenge.
    pub challenge: Option<String>,
    /// The verifiers that it is for.
    pub domain: Vec<String>,
    /// A URL by which later proofs of a chain name this one.
    pub id: Option<String>,
    /// The `id`s of the document's proofs that this one covers: a chain. Empty: a set.
    pub previous: Vec<String>,
}

impl ProofOptions {
    /// A proof with nothing but suite, purpose and time.
    pub fn new(suite: Suite, purpose: Purpose, created: DateTime) -> Self {
        Self {
            suite,
            purpose,
            created: Some(created),
            expires: None,
            challenge: None,
            domain: Vec::new(),
            id: None,
            previous: Vec::new(),
        }
    }

    fn members(&self, method: String) -> Map<String, Value> {
        let mut members = Map::new();
        let mut add = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                members.insert(name.to_owned(), value);
            }
        };
        let time = |time: &DateTime| Value::from(time.to_string());
        add("id", self.id.clone().map(Value::from));
        add("type", Some(PROOF_TYPE.into()));
        add("cryptosuite", Some(self.suite.name().into()));
        add("created", self.created.as_ref().map(time));
        add("expires", self.expires.as_ref().map(time));
        add("verificationMethod", Some(method.into()));
        add("proofPurpose", Some(self.purpose.name().into()));
        add("challenge", self.challenge.clone().map(Value::from));
        add("domain", one_or_many(&self.domain));
        add("previousProof", one_or_many(&self.previous));
        members
    }
}

/// Adds a proof to a document, beside those that it has.
///
/// # Errors
/// [`IntegrityError`]: the document cannot be canonicalised, has too many proofs, or `previous` names none of them.
pub fn secure(
    document: &Value,
    options: &ProofOptions,
    signer: &dyn ProofSigner,
    contexts: &Contexts,
) -> Result<Value, IntegrityError> {
    let Value::Object(secured) = document else {
        return Err(IntegrityError::NotAnObject);
    };
    let mut unsecured = secured.clone();
    let mut proofs = match unsecured.remove("proof") {
        None => Vec::new(),
        Some(Value::Array(proofs)) => proofs,
        Some(proof @ Value::Object(_)) => vec![proof],
        Some(_) => return Err(IntegrityError::NoProof),
    };
    if proofs.len() >= MAX_PROOFS {
        return Err(IntegrityError::NoProof);
    }
    if options.id.as_deref().is_some_and(|id| !is_url(id)) {
        return Err(IntegrityError::Option("id"));
    }
    let mut members = options.members(signer.verification_method());
    if let (Suite::EddsaJcs2022, Some(context)) = (options.suite, unsecured.get("@context")) {
        members.insert("@context".to_owned(), context.clone());
    }
    let covered = covered_by(&options.previous, &proofs)?;
    let mut signed = unsecured.clone();
    if !covered.is_empty() {
        signed.insert("proof".to_owned(), Value::Array(covered));
    }
    let hash = options
        .suite
        .hash(&signed, &members, contexts, &mut Cache::default())?;
    members.insert(
        "proofValue".to_owned(),
        signer.sign_proof(&hash).to_string().into(),
    );
    proofs.push(Value::Object(members));
    let proof = match <[Value; 1]>::try_from(proofs) {
        Ok([proof]) => proof,
        Err(proofs) => Value::Array(proofs),
    };
    unsecured.insert("proof".to_owned(), proof);
    Ok(Value::Object(unsecured))
}

fn one_or_many(texts: &[String]) -> Option<Value> {
    match texts {
        [] => None,
        [one] => Some(one.clone().into()),
        many => Some(many.to_vec().into()),
    }
}
