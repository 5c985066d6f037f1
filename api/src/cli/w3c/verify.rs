//! `tacit w3c verify`: a credential or presentation of anybody.

use clap::Args;
use serde::Serialize;
use serde_json::Value;
use std::fmt;
use std::path::PathBuf;

use super::{Trust, document};
use crate::errors::ApiResult;
use crate::w3c::options::VerifyOptions;
use crate::w3c::service::What;

/// Arguments of `w3c verify`.
#[derive(Clone, Debug, Args)]
pub struct VerifyArgs {
    /// The credential or presentation (JSON).
    pub document: PathBuf,
    /// Where keys are found.
    #[command(flatten)]
    pub trust: Trust,
    /// The challenge that the proofs must be over.
    #[arg(long)]
    pub challenge: Option<String>,
    /// The domain that the proofs must be for; several times for several.
    #[arg(long)]
    pub domain: Vec<String>,
    /// Every credential of the presentation must be about whoever presents.
    #[arg(long)]
    pub holder_binding: bool,
}

/// What a verification says.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub struct Said(Value);

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let by = ["issuer", "holder"]
            .iter()
            .find_map(|name| self.0.get(*name)?.as_str());
        write!(
            f,
            "verified: signed by {}",
            by.unwrap_or("a key that its document names")
        )?;
        fmt_statuses(&self.0, f)
    }
}

/// Writes the statuses of a report, each on a line of its own.
pub(crate) fn fmt_statuses(report: &Value, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let statuses = report.get("statuses").and_then(Value::as_array);
    for status in statuses.into_iter().flatten() {
        let word = |name: &str| status.get(name).and_then(Value::as_str);
        let purpose = word("purpose").unwrap_or("?");
        write!(f, "\nstatus {purpose}: {}", word("outcome").unwrap_or("?"))?;
        if let Some(reason) = word("reason") {
            write!(f, " ({reason})")?;
        }
    }
    Ok(())
}

pub(super) async fn verify(args: &VerifyArgs) -> ApiResult<Said> {
    let service = args.trust.service().await?;
    let document = document(&args.document)?;
    let options = VerifyOptions {
        challenge: args.challenge.clone(),
        domain: args.domain.clone(),
        holder_binding: args.holder_binding,
        ..VerifyOptions::default()
    };
    let what = match is_presentation(&document) {
        true => What::Presentation,
        false => What::Credential,
    };
    let report = service.verify(what, document, options).await?;
    Ok(Said(report.to_json()))
}

/// True for what is meant as a presentation; the rules decide whether it is one.
fn is_presentation(document: &Value) -> bool {
    let is = |one: &Value| one.as_str() == Some("VerifiablePresentation");
    match document.get("type") {
        Some(Value::Array(types)) => types.iter().any(is),
        Some(one) => is(one),
        None => false,
    }
}
