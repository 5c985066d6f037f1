//! Issuing, verifying, and statuses.

use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use std::sync::Arc;

use super::answer;
use super::body::{self, MAX_BODY};
use super::routes::App;
use crate::w3c::options::{IssueOptions, VerifyOptions};
use crate::w3c::problem::Outcome;
use crate::w3c::service::What;
use crate::w3c::status::Update;

/// `POST /credentials/issue`.
pub(super) async fn issue(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    content: Body,
) -> Outcome<Response> {
    app.may_issue(&headers)?;
    let content = body::read(&headers, content, MAX_BODY).await?;
    let (document, options) = body::unwrap(content, "credential")?;
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
    verified(&app, What::Credential, &headers, content).await
}

/// `POST /presentations/verify`.
pub(super) async fn verify_presentation(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    content: Body,
) -> Response {
    verified(&app, What::Presentation, &headers, content).await
}

async fn verified(app: &App, what: What, headers: &HeaderMap, content: Body) -> Response {
    let member = match what {
        What::Credential => "verifiableCredential",
        What::Presentation => "verifiablePresentation",
    };
    let work = async {
        let content = body::read(headers, content, MAX_BODY).await?;
        let (document, options) = body::unwrap(content, member)?;
        let options = VerifyOptions::parse(options)?;
        app.service.verify(what, document, options).await
    };
    answer::report(work.await)
}

/// `POST /credentials/status`.
pub(super) async fn set_status(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    content: Body,
) -> Outcome<Response> {
    app.may_issue(&headers)?;
    let update = Update::parse(&body::read(&headers, content, MAX_BODY).await?)?;
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
