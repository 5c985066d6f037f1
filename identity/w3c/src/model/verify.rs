//! Verification of credentials and presentations: form, proofs, who made them, validity.

use serde_json::Value;
use tacit_circuits::types::Timestamp;

use super::{Credential, Enveloped, Held, ModelError, Presentation};
use crate::context::Contexts;
use crate::integrity::{self, Expected, MethodResolver, Purpose, VerifiedProof};

/// A credential that verified. Its status is another question: [`crate::status`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedCredential {
    /// The credential.
    pub credential: Credential,
    /// Its proofs; empty for what a holder states in a presentation of its own.
    pub proofs: Vec<VerifiedProof>,
}

/// A presentation that verified, with all credentials in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedPresentation {
    /// The presentation.
    pub presentation: Presentation,
    /// Its proofs.
    pub proofs: Vec<VerifiedProof>,
    /// The credentials, in their order.
    pub credentials: Vec<VerifiedCredential>,
    /// Enveloped credentials, which are not verified here.
    pub enveloped: Vec<Enveloped>,
}

/// What a verifier asks of a presentation.
#[derive(Debug, Clone, Copy)]
pub struct PresentationPolicy<'a> {
    /// The challenge that it must answer; `None` accepts a replay.
    pub challenge: Option<&'a str>,
    /// The domains that it must be for, exactly these; empty accepts one made for somebody else.
    pub domain: &'a [&'a str],
    /// Every credential must be about the holder.
    pub holder_is_subject: bool,
    /// The time of the verification.
    pub now: Timestamp,
}

/// Verifies a credential: form, all proofs, at least one of them by the issuer, and validity.
///
/// # Errors
/// [`ModelError`] names the first thing that is wrong.
pub fn verify_credential(
    document: Value,
    now: Timestamp,
    resolver: &dyn MethodResolver,
    contexts: &Contexts,
) -> Result<VerifiedCredential, ModelError> {
    verify_parsed(
        Credential::parse(document, contexts)?,
        now,
        resolver,
        contexts,
    )
}

pub(crate) fn verify_parsed(
    credential: Credential,
    now: Timestamp,
    resolver: &dyn MethodResolver,
    contexts: &Contexts,
) -> Result<VerifiedCredential, ModelError> {
    let expected = Expected::purpose(Purpose::AssertionMethod, now);
    let verified = integrity::verify(credential.document(), &expected, resolver, contexts)?;
    let by_issuer = |proof: &VerifiedProof| proof.controller == credential.issuer();
    if !verified.proofs.iter().any(by_issuer) {
        return Err(ModelError::NotByIssuer);
    }
    credential.check_time(now.into())?;
    Ok(VerifiedCredential {
        credential,
        proofs: verified.proofs,
    })
}

/// Verifies a presentation and every credential in it that carries proofs; one without is accepted when the holder itself
/// is its issuer.
///
/// # Errors
/// [`ModelError`] names the first thing that is wrong.
pub fn verify_presentation(
    document: Value,
    policy: &PresentationPolicy<'_>,
    resolver: &dyn MethodResolver,
    contexts: &Contexts,
) -> Result<VerifiedPresentation, ModelError> {
    let presentation = Presentation::parse(document, contexts)?;
    let expected = Expected {
        purpose: Purpose::Authentication,
        challenge: policy.challenge,
        domain: policy.domain,
        now: policy.now,
    };
    let verified = integrity::verify(presentation.document(), &expected, resolver, contexts)?;
    if let Some(holder) = presentation.holder()
        && !verified.proofs.iter().any(|p| p.controller == holder)
    {
        return Err(ModelError::NotByHolder);
    }
    let mut credentials = Vec::new();
    let mut enveloped = Vec::new();
    for held in presentation.held() {
        match held {
            Held::Enveloped(envelope) => enveloped.push(envelope.clone()),
            Held::Credential(credential) if credential.is_secured() => {
                let credential = credential.as_ref().clone();
                credentials.push(verify_parsed(credential, policy.now, resolver, contexts)?);
            }
            Held::Credential(credential) => {
                if presentation.holder() != Some(credential.issuer()) {
                    return Err(ModelError::Unsecured);
                }
                credential.check_time(policy.now.into())?;
                credentials.push(VerifiedCredential {
                    credential: credential.as_ref().clone(),
                    proofs: Vec::new(),
                });
            }
        }
    }
    if policy.holder_is_subject {
        let presenters: Vec<&str> = match presentation.holder() {
            Some(holder) => vec![holder],
            None => verified
                .proofs
                .iter()
                .map(|p| p.controller.as_str())
                .collect(),
        };
        let about = |one: &VerifiedCredential| {
            let subjects = one.credential.subjects();
            subjects.iter().any(|id| presenters.contains(&id.as_str()))
        };
        if !credentials.iter().all(about) || !enveloped.is_empty() {
            return Err(ModelError::NotTheSubject);
        }
    }
    Ok(VerifiedPresentation {
        presentation,
        proofs: verified.proofs,
        credentials,
        enveloped,
    })
}
