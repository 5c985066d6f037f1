//! `tacit w3c resolve`: the document of a DID, or what a DID URL names.

use clap::Args;
use serde_json::Value;
use tacit_identity::did::{Content, DereferenceOptions, Options, ResolveError};

use super::Trust;
use crate::errors::{ApiError, ApiResult, catalogue as reason};

/// Arguments of `w3c resolve`.
#[derive(Clone, Debug, Args)]
pub struct ResolveArgs {
    /// The DID or DID URL.
    pub did: String,
    /// Where it is looked for.
    #[command(flatten)]
    pub trust: Trust,
}

/// Why a DID has no document, as the catalogue says it.
fn unresolved(error: &ResolveError) -> ApiError {
    let reason = match error.name() {
        "NOT_FOUND" => &reason::DID_UNKNOWN,
        "METHOD_NOT_SUPPORTED" | "FEATURE_NOT_SUPPORTED" => &reason::DID_METHOD_UNSUPPORTED,
        "INTERNAL_ERROR" => &reason::UNREACHABLE,
        _ => &reason::DID_INVALID,
    };
    ApiError::new(reason, error.to_string())
}

pub(super) async fn resolve(args: &ResolveArgs) -> ApiResult<Value> {
    let service = args.trust.service().await?;
    if args.did.contains(['/', '?', '#']) {
        let options = DereferenceOptions::default();
        let found = service.dereference(args.did.clone(), options).await?;
        return match found.content {
            Ok(Content::Document(value) | Content::Part(value)) => Ok(value),
            Ok(Content::Places(places)) => Ok(places.into()),
            Err(error) => Err(unresolved(&error)),
        };
    }
    let resolution = service
        .resolve(args.did.clone(), Options::default())
        .await?;
    match resolution.document {
        Ok(document) => Ok(document.as_json().clone()),
        Err(error) => Err(unresolved(&error)),
    }
}
