//! Issuing: a document becomes a credential or presentation only when it keeps every rule.

use serde_json::Value;
use tacit_identity::proof::ProofSigner;

use super::{Credential, ModelError, Presentation};
use crate::context::Contexts;
use crate::integrity::{ProofOptions, secure};

/// Signs a credential whose `issuer` is the signer.
///
/// # Errors
/// [`ModelError`] names the rule that the document breaks.
pub fn issue_credential(
    document: Value,
    options: &ProofOptions,
    signer: &dyn ProofSigner,
    contexts: &Contexts,
) -> Result<Value, ModelError> {
    let credential = Credential::parse(document, contexts)?;
    if credential.issuer() != signer.did() {
        return Err(ModelError::NotByIssuer);
    }
    Ok(secure(credential.document(), options, signer, contexts)?)
}

/// Signs a presentation whose `holder`, when it names one, is the signer.
///
/// # Errors
/// [`ModelError`] names the rule that the document breaks.
pub fn present(
    document: Value,
    options: &ProofOptions,
    signer: &dyn ProofSigner,
    contexts: &Contexts,
) -> Result<Value, ModelError> {
    let presentation = Presentation::parse(document, contexts)?;
    if presentation
        .holder()
        .is_some_and(|holder| holder != signer.did())
    {
        return Err(ModelError::NotByHolder);
    }
    Ok(secure(presentation.document(), options, signer, contexts)?)
}
