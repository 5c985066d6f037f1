//! Verifying an SD-JWT VC, and what is said about it.

use serde_json::{Value, json};
use tacit_identity::did;
use tacit_identity::sd_jwt::status::{self, FetchedToken, Outcome as Looked, StatusKind, Unknown};
use tacit_identity::sd_jwt::{self, DidIssuers, Expected, ExpectedBinding};

use super::options::VerifyOptions;
use crate::clock::now;
use crate::errors::{ApiError, ApiResult, catalogue as reason};
use crate::w3c::problem::{Outcome, Problem};
use crate::w3c::resolver::Asked;
use crate::w3c::sd_jwt::{LEEWAY_SECS, MAX_AGE_SECS};
use crate::w3c::verify::{Report, Said};

/// What a status in a status list token is called in reports: the mechanism, for its entries have no purpose.
const PURPOSE: &str = "status_list";

/// Verifies a presentation, and its status by the token that was found for it.
pub(super) fn verified(
    text: &str,
    options: &VerifyOptions,
    token: Option<&FetchedToken>,
    resolver: did::Resolver<'_>,
    asked: &Asked<'_>,
) -> Outcome<Report> {
    let keys = DidIssuers(resolver);
    let now = now();
    let expected = Expected {
        audience: &options.audience,
        now,
        leeway_secs: LEEWAY_SECS,
        key_binding: options.nonce.as_deref().map(|nonce| ExpectedBinding {
            nonce,
            max_age_secs: MAX_AGE_SECS,
        }),
    };
    let verified = sd_jwt::verify(text, &keys, &expected).map_err(ApiError::from);
    let verified = asked.or_failed(verified)?;
    let credential = &verified.credential;
    let proven = verified.holder_key.is_some();
    let mut checks = vec!["proof", "validity"];
    if proven {
        checks.push("keyBinding");
    }
    if options.status {
        checks.push("status");
    }
    let mut report = Report::new(checks, ("issuer", credential.issuer().map(str::to_owned)));
    report.note("type", credential.credential_type().into());
    report.note("holderProven", proven.into());
    report.note("claims", Value::Object(credential.claims()));
    if options.status {
        let find = |_: &str| token.cloned();
        let outcome = status::check(credential, &find, &keys, now, LEEWAY_SECS);
        if let Some(outcome) = outcome {
            report.add(said(outcome)?);
        }
    }
    Ok(report)
}

fn said(outcome: Looked) -> ApiResult<Said> {
    Ok(match outcome {
        Looked::Valid => Said::Known(json!({ "purpose": PURPOSE, "outcome": "valid" })),
        Looked::Set { value, kind } => match kind {
            StatusKind::Invalid | StatusKind::Suspended => {
                let what = match kind {
                    StatusKind::Invalid => "the credential is revoked",
                    _ => "the credential is suspended",
                };
                return Err(ApiError::new(&reason::VC_STATUS_SET, what));
            }
            _ => Said::Known(json!({ "purpose": PURPOSE, "outcome": "set", "value": value })),
        },
        Looked::Unknown(why) => Said::Unknown(PURPOSE.to_owned(), problem(&why)),
    })
}

fn problem(why: &Unknown) -> Problem {
    let reason = match why {
        Unknown::Reference(_) => &reason::STATUS_ENTRY,
        Unknown::Unverifiable(_) => &reason::STATUS_LIST_UNVERIFIABLE,
        other => return ApiError::from_code(other.reason(), other).into(),
    };
    ApiError::new(reason, why.to_string()).into()
}
