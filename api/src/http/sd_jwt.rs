//! SD-JWT VCs, and the status list tokens that they name.

use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::Response;
use http::{HeaderMap, HeaderValue, StatusCode};
use serde_json::{Value, json};
use std::sync::Arc;

use super::answer;
use super::body::{self, MAX_BODY, MAX_SD_JWT_BODY};
use super::routes::App;
use crate::errors::ApiError;
use crate::w3c::problem::Outcome;
use crate::w3c::sd_jwt::options::{IssueOptions, VerifyOptions};

/// `POST /sd-jwt/issue`.
pub(super) async fn issue(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    content: Body,
) -> Outcome<Response> {
    app.may_issue(&headers)?;
    let content = body::read(&headers, content, MAX_BODY).await?;
    let (claims, options) = body::unwrap(content, "claims")?;
    let options = IssueOptions::parse(options)?;
    let issued = app.service.issue_sd_jwt(claims, options).await?;
    Ok(answer::json(
        StatusCode::CREATED,
        &json!({ "credential": issued }),
    ))
}

/// `POST /sd-jwt/verify`.
pub(super) async fn verify(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    content: Body,
) -> Response {
    let work = async {
        let content = body::read(&headers, content, MAX_SD_JWT_BODY).await?;
        let (presentation, options) = body::unwrap(content, "presentation")?;
        let Value::String(presentation) = presentation else {
            return Err(ApiError::bad_field("body", "`presentation` is a text").into());
        };
        let options = VerifyOptions::parse(options)?;
        app.service.verify_sd_jwt(presentation, options).await
    };
    answer::report(work.await)
}

/// `GET /status-tokens/{purpose}/{list}`.
pub(super) async fn list(
    State(app): State<Arc<App>>,
    Path((purpose, number)): Path<(String, String)>,
) -> Outcome<Response> {
    let token = app.service.token_list(&purpose, &number).await?;
    let media_type = HeaderValue::from_static("application/statuslist+jwt");
    Ok(answer::text(StatusCode::OK, media_type, &token))
}
