//! Answers: JSON, and problem details (RFC 9457) for everything that goes wrong.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde_json::{Value, json};

use crate::errors::ApiError;
use crate::w3c::problem::{Outcome, Problem};
use crate::w3c::verify::Report;

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const PROBLEM: HeaderValue = HeaderValue::from_static("application/problem+json");
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
const NO_SNIFF: (HeaderName, HeaderValue) = (
    header::X_CONTENT_TYPE_OPTIONS,
    HeaderValue::from_static("nosniff"),
);

/// JSON of a media type.
pub(super) fn typed(status: StatusCode, media_type: HeaderValue, body: &Value) -> Response {
    text(status, media_type, &body.to_string())
}

/// A text of a media type.
pub(super) fn text(status: StatusCode, media_type: HeaderValue, body: &str) -> Response {
    let mut response = Response::new(Body::from(body.to_owned()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, media_type);
    headers.insert(header::CACHE_CONTROL, NO_STORE);
    headers.insert(NO_SNIFF.0, NO_SNIFF.1);
    response
}

/// JSON.
pub(super) fn json(status: StatusCode, body: &Value) -> Response {
    typed(status, JSON, body)
}

/// The report of a verification.
pub(super) fn report(outcome: Outcome<Report>) -> Response {
    match outcome {
        Ok(report) => json(StatusCode::OK, &report.to_json()),
        Err(problem) => not_verified(&problem),
    }
}

/// A reference to another place (303), with no body.
pub(super) fn see(place: HeaderValue) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SEE_OTHER;
    let headers = response.headers_mut();
    headers.insert(header::LOCATION, place);
    headers.insert(header::CACHE_CONTROL, NO_STORE);
    response
}

/// A verification that failed: the problem, and the members that verifiers of the VC API answer with.
fn not_verified(problem: &Problem) -> Response {
    let mut body = details(problem);
    body["verified"] = false.into();
    body["errors"] = json!([problem.to_json()]);
    let mut response = typed(code(problem), PROBLEM, &body);
    retry(problem, &mut response);
    response
}

fn details(problem: &Problem) -> Value {
    let mut body = problem.to_json();
    body["status"] = problem.status().into();
    body
}

fn code(problem: &Problem) -> StatusCode {
    StatusCode::from_u16(problem.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

fn retry(problem: &Problem, response: &mut Response) {
    let headers = response.headers_mut();
    match problem.status() {
        503 => drop(headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"))),
        401 => drop(headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))),
        _ => {}
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = typed(code(&self), PROBLEM, &details(&self));
        retry(&self, &mut response);
        response
    }
}

/// A problem of HTTP itself, with a status that no reason of the catalogue has.
pub(super) fn plain(status: StatusCode, error: &ApiError) -> Response {
    let mut body = Problem::from(error.clone()).to_json();
    body["status"] = status.as_u16().into();
    typed(status, PROBLEM, &body)
}
