//! Issuing, verifying, and statuses.

use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use std::sync::Arc;

use super::routes::App;
use super::{answer, body};
use crate::w3c::options::{IssueOptions, VerifyOptions};
use crate::w3c::problem::Outcome;
use crate::w3c::status::Update;
use crate::w3c::verify::Report;

/// `POST /credentials/issue`.
pub(super) async fn issue(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    content: Body,
) -> Outcome<Response> {
    app.service.issuer()?;
    app.token.check(&headers)?;
    let (document, options) = body::unwrap(body::read(&headers, content).await?, "credential")?;
    let options = IssueOptions::parse(options)?;
    let issued = app.service.issue(document, options).await?;
    Ok(answer::json(StatusCode::CREATED, &issued))
}

/// `POST /credentials/verify`.
pub(super) async fn verify(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    content: Body,
) -> Response {
    let work = async {
        let content = body::read(&headers, content).await?;
        let (document, options) = body::unwrap(content, "verifiableCredential")?;
        let options = VerifyOptions::parse(options)?;
        app.service.verify_credential(document, options).await
    };
    verified(work.await)
}

/// `POST /presentations/verify`.
pub(super) async fn verify_presentation(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    content: Body,
) -> Response {
    let work = async {
        let content = body::read(&headers, content).await?;
        let (document, options) = body::unwrap(content, "verifiablePresentation")?;
        let options = VerifyOptions::parse(options)?;
        app.service.verify_presentation(document, options).await
    };
    verified(work.await)
}

fn verified(outcome: Outcome<Report>) -> Response {
    match outcome {
        Ok(report) => answer::json(StatusCode::OK, &report.to_json()),
        Err(problem) => answer::not_verified(&problem),
    }
}

/// `POST /credentials/status`.
pub(super) async fn set_status(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    content: Body,
) -> Outcome<Response> {
    app.service.issuer()?;
    app.token.check(&headers)?;
    let update = Update::parse(&body::read(&headers, content).await?)?;
    app.service.set_status(&update).await?;
    Ok(StatusCode::OK.into_response())
}

/// `GET /status/{purpose}/{list}`.
pub(super) async fn list(
    State(app): State<Arc<App>>,
    Path((purpose, number)): Path<(String, String)>,
    headers: HeaderMap,
) -> Outcome<Response> {
    let list = app.service.list(&purpose, &number).await?;
    let accepts = headers
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok());
    let media_type = match accepts {
        Some(accept) if accept.contains("application/vc") => "application/vc",
        _ => "application/json",
    };
    let media_type = HeaderValue::from_static(media_type);
    Ok(answer::typed(StatusCode::OK, media_type, &list))
}
