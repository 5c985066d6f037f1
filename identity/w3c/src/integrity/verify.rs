//! Verifying all proofs of a document: Data Integrity 1.0, sections 4.4 and 4.5.

use std::collections::BTreeSet;

use serde_json::Value;
use tacit_circuits::types::Timestamp;

use super::options::Proof;
use super::suite::Cache;
use super::{IntegrityError, MAX_PROOFS, MethodResolver, Purpose, Suite, VerificationMethod};
use crate::context::Contexts;
use crate::time::DateTimeStamp;

/// What a verifier expects of every proof.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// What the proofs are for.
    pub purpose: Purpose,
    /// The challenge that the proofs answer; `None` accepts any and none.
    pub challenge: Option<&'a str>,
    /// The domains that the proofs are for, exactly these in any order; empty accepts any and none.
    pub domain: &'a [&'a str],
    /// The time of the verification.
    pub now: Timestamp,
}

impl Expected<'_> {
    /// A proof for a purpose, bound to no challenge or domain.
    pub fn purpose(purpose: Purpose, now: Timestamp) -> Self {
        Self {
            purpose,
            challenge: None,
            domain: &[],
            now,
        }
    }
}

/// A proof that verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedProof {
    /// How the document was canonicalised.
    pub suite: Suite,
    /// The URL of the key.
    pub method: String,
    /// Who vouches for the key: what the document claims about its issuer is compared with this.
    pub controller: String,
    /// When the signer says that it signed.
    pub created: Option<DateTimeStamp>,
}

/// A document whose proofs all verified. `Debug` shows the proofs only.
#[derive(Clone, PartialEq, Eq)]
pub struct VerifiedDocument {
    /// The document without its proofs: what was signed, and nothing else.
    pub document: Value,
    /// Its proofs, at least one, in their order.
    pub proofs: Vec<VerifiedProof>,
}

impl std::fmt::Debug for VerifiedDocument {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("VerifiedDocument")
            .field("proofs", &self.proofs)
            .finish_non_exhaustive()
    }
}

/// Verifies every proof of a document. One that fails, or is not understood, refuses the whole document.
///
/// # Errors
/// [`IntegrityError`] names the first thing that is wrong.
pub fn verify(
    secured: &Value,
    expected: &Expected<'_>,
    resolver: &dyn MethodResolver,
    contexts: &Contexts,
) -> Result<VerifiedDocument, IntegrityError> {
    let Value::Object(secured) = secured else {
        return Err(IntegrityError::NotAnObject);
    };
    let mut unsecured = secured.clone();
    let wholes = match unsecured.remove("proof") {
        Some(Value::Array(proofs)) if (1..=MAX_PROOFS).contains(&proofs.len()) => proofs,
        Some(proof @ Value::Object(_)) => vec![proof],
        _ => return Err(IntegrityError::NoProof),
    };
    let context = unsecured.get("@context");
    let proofs = wholes
        .iter()
        .map(|proof| Proof::parse(proof.clone(), context))
        .collect::<Result<Vec<_>, _>>()?;
    let mut verified = Vec::new();
    let mut cache = Cache::default();
    for proof in &proofs {
        let method = check_options(proof, expected, resolver)?;
        let mut signed = unsecured.clone();
        let covered = covered_by(&proof.previous, &wholes)?;
        if !covered.is_empty() {
            signed.insert("proof".to_owned(), Value::Array(covered));
        }
        let hash = proof
            .suite
            .hash(&signed, &proof.options, contexts, &mut cache)?;
        hash.verify(&method.key, &proof.value)
            .map_err(|_| IntegrityError::Signature)?;
        verified.push(VerifiedProof {
            suite: proof.suite,
            method: proof.method.clone(),
            controller: method.controller,
            created: proof.created,
        });
    }
    Ok(VerifiedDocument {
        document: Value::Object(unsecured),
        proofs: verified,
    })
}

/// Everything about a proof but its signature; gives the key.
fn check_options(
    proof: &Proof,
    expected: &Expected<'_>,
    resolver: &dyn MethodResolver,
) -> Result<VerificationMethod, IntegrityError> {
    let purpose = expected.purpose;
    if proof.purpose != purpose.name() {
        return Err(IntegrityError::Purpose(purpose));
    }
    if proof.expires.is_some_and(|end| end <= expected.now.into()) {
        return Err(IntegrityError::Expired);
    }
    if expected.challenge.is_some() && expected.challenge != proof.challenge.as_deref() {
        return Err(IntegrityError::Challenge);
    }
    let domains: BTreeSet<&str> = proof.domain.iter().map(String::as_str).collect();
    if !expected.domain.is_empty() && domains != expected.domain.iter().copied().collect() {
        return Err(IntegrityError::Domain);
    }
    let method = resolver
        .resolve(&proof.method)
        .ok_or(IntegrityError::UnknownMethod)?;
    if !method.purposes.contains(&purpose) {
        return Err(IntegrityError::NotAuthorized(purpose));
    }
    if method.ends.is_some_and(|end| end <= expected.now) {
        return Err(IntegrityError::KeyEnded);
    }
    Ok(method)
}

/// The proofs of a document that `previousProof` names: each once, and each exactly once there.
pub(super) fn covered_by(
    previous: &[String],
    proofs: &[Value],
) -> Result<Vec<Value>, IntegrityError> {
    let different: BTreeSet<&String> = previous.iter().collect();
    if previous.len() > MAX_PROOFS || different.len() < previous.len() {
        return Err(IntegrityError::PreviousProof);
    }
    previous
        .iter()
        .map(|id| {
            let mut named = proofs
                .iter()
                .filter(|proof| proof.get("id").and_then(Value::as_str) == Some(id));
            match (named.next(), named.next()) {
                (Some(proof), None) => Ok(proof.clone()),
                _ => Err(IntegrityError::PreviousProof),
            }
        })
        .collect()
}
